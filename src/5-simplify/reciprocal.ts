/** Divisions by what does not vary: one reciprocal instead of many quotients. */
import { constantValue } from "../ir/expressions.ts";
import type { FactTable } from "../ir/facts.ts";
import type { Node } from "../ir/graph.ts";
import { asRepeated } from "./axes.ts";
import type { Repeated } from "./axes.ts";
import { estimateElements } from "../ir/cost.ts";

/**
 * A divisor that is worth a reciprocal: it is repeated often, and 1/y does not overflow where x/y would not (y is an
 * integer or |y| > 1e-30). Null if it is not.
 */
export function uniformDivisor(y: Node, rounded: FactTable): Repeated | null {
  const repeated = asRepeated(y);
  if (repeated === null || constantValue(y) !== null) return null;
  if (estimateElements(repeated.source.shape) * 2 > estimateElements(y.shape)) return null;
  const facts = rounded.of(repeated.source);
  const isLarge = facts.lower > 1e-30 || facts.upper < -1e-30;
  return facts.finite && (isLarge || facts.integer) ? repeated : null;
}
