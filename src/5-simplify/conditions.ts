/** What facts say about conditions. */
import type { Shape } from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import { excludesZero } from "../ir/facts.ts";
import type { FactTable } from "../ir/facts.ts";
import type { Facts } from "../ir/primitive.ts";
import type { Node } from "../ir/graph.ts";
import type { RuleContext } from "./rule.ts";

/**
 * Whether factor^exponent may be taken out of a sum over axes of such sizes. A sum of nothing is 0, and 0 times what is not
 * finite is NaN: there are terms, or the factor is finite (but for being divided by the length of an empty axis).
 */
export function mayLeaveSum(context: RuleContext, factor: Node, exponent: number, sizes: Shape): boolean {
  if (sizes.every((size) => context.hasEntries(size))) return true;
  const facts = context.nonEmpty.of(factor);
  return facts.finite && (exponent > 0 || excludesZero(facts));
}

/** Whether a bool node always or never holds under the facts of a table; null if neither is known. */
export function truthOf(condition: Node, facts: FactTable): boolean | null {
  if (is(condition, "not")) {
    const inner = truthOf(condition.operands[0], facts);
    return inner === null ? null : !inner;
  }
  if (is(condition, "broadcast")) return truthOf(condition.operands[0], facts);
  // Whether a value is NaN is asked by those who expect what facts exclude.
  if (is(condition, "is_nan") || is(condition, "is_finite")) return null;
  if (is(condition, "equal") && areApart(facts.of(condition.operands[0]), facts.of(condition.operands[1])))
    return false;
  const known = facts.of(condition);
  if (known.lower === 1) return true;
  return known.upper === 0 ? false : null;
}

function areApart(x: Facts, y: Facts): boolean {
  return isBelow(x, y) || isBelow(y, x);
}

function isBelow(x: Facts, y: Facts): boolean {
  return x.upper < y.lower || (x.upper === y.lower && (x.upperOpen || y.lowerOpen));
}

/**
 * Which branch a condition takes, where it may be decided: rounding attains the open end of a range (sigmoid(-800) is 0),
 * so a condition that only exact arithmetic decides is decided only if the branch taken stays finite all the same.
 */
export function decide(
  { facts, rounded }: RuleContext,
  condition: Node,
  isFiniteBranch: (branch: boolean) => boolean,
): boolean | null {
  const surely = truthOf(condition, rounded);
  if (surely !== null) return surely;
  const exactly = truthOf(condition, facts);
  return exactly !== null && isFiniteBranch(exactly) ? exactly : null;
}
