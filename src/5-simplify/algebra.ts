/**
 * The algebra of sums and products over whole expressions: like terms, cancelling quotients, common factors, merged powers
 * and conditions. An expression is read as a sum of terms, in two ways (as it stands, and with products of sums multiplied
 * out), written down again, and exchanged if the graph gets cheaper by it.
 */
import { is, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { excludesZero } from "../ir/facts.ts";
import { collect, compose, countLeaves, hasCommon } from "./compose.ts";
import type { Composition } from "./compose.ts";
import { decide } from "./conditions.ts";
import { Decomposer } from "./decompose.ts";
import { Liveness } from "./liveness.ts";
import type { RuleContext, Soundness } from "./rule.ts";
import { multiplyTerms, powerTerm } from "./term.ts";
import type { Term } from "./term.ts";

interface AlgebraRow {
  readonly name: string;
  readonly law: string;
  readonly soundness: Soundness;
}

/** Named like rules; each can be switched off. */
export const algebraRows = [
  {
    name: "collect-terms",
    law: "a m + b m = (a + b) m; m^i m^j = m^(i+j); x y + x z = x (y + z); [c] [c] = [c]",
    soundness: "rounding",
  },
  { name: "expand-products", law: "x (y + z) = x y + x z, where terms cancel by it", soundness: "rounding" },
] as const satisfies readonly AlgebraRow[];

type RowName = (typeof algebraRows)[number]["name"];

/** How far shared expressions are looked into. */
const expansionLimit = 60;

/** The replacements that pay, by the node replaced; which of the rows found each stands beside. */
export function simplifyAlgebra(
  context: RuleContext,
  roots: readonly Node[],
  disable: ReadonlySet<string>,
): ReadonlyMap<Node, { readonly node: Node; readonly row: RowName }> {
  const found = new Map<Node, { node: Node; row: RowName }>();
  const live = new Liveness(roots);
  const absorbed = new Set<Node>();
  const isLive = (node: Node): boolean => live.isLive(node);
  for (const node of topological(roots).reverse()) {
    if (!isArithmetic(node) || !live.isLive(node)) continue;
    // What an expression around it has read as a part of itself is no expression of its own.
    const own = new Decomposer(context.b, (n) => live.uses(n) === 1 && isArithmetic(n), isLive);
    const c: Composition = { b: context.b, shape: node.shape, element: node.element, isLive };
    if (absorbed.has(node)) continue;
    const terms = own.sum(node);
    for (const inner of own.entered) if (inner !== node) absorbed.add(inner);
    const [x, y] = node.operands;
    if (x !== y && !node.operands.some(isArithmetic)) continue;
    const candidates: { node: Node; row: RowName }[] = [];
    const propose = (row: RowName, read: readonly Term[] | null, leaves: number): void => {
      if (read === null || disable.has(row)) return;
      const settled = settle(context, read);
      if (settled === null) return;
      const collected = collect(settled);
      if (countLeaves(collected) >= leaves && !hasCommon(collected)) return;
      candidates.push({ node: compose(c, collected), row });
    };
    propose("collect-terms", terms, own.leaves);
    const all = new Decomposer(context.b, isArithmetic, isLive, expansionLimit);
    const wide = all.sum(node);
    const expanded = all.exceeded ? null : all.expand(wide);
    if (!all.exceeded) propose("expand-products", expanded, all.leaves);
    for (const candidate of candidates) {
      const current = found.get(node)?.node ?? node;
      if (candidate.node === current || !live.exchange(current, candidate.node)) continue;
      found.set(node, candidate);
    }
  }
  return found;
}

/** Nodes that terms are made of. */
function isArithmetic(node: Node): boolean {
  switch (node.primitive) {
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
    case "negate":
    case "power_integer":
    case "convert":
      return true;
    case "select":
      return node.element !== "bool";
    case "broadcast":
      return is(node.operands[0], "multiply") || is(node.operands[0], "divide") || is(node.operands[0], "negate");
    default:
      return false;
  }
}

/** Decides conditions that facts decide, and roots that were squared. Null where a term is not a finite number of atoms. */
function settle(context: RuleContext, terms: readonly Term[]): Term[] | null {
  const result: Term[] = [];
  for (const term of terms) {
    if (!Number.isFinite(term.numerator) || !Number.isFinite(term.denominator) || term.denominator === 0) return null;
    if (term.numerator === 0 && !isFiniteTerm(context, term)) return null;
    const settled = settleIndicators(context, squareRoots(term));
    if (settled !== null) result.push(settled);
  }
  return result;
}

/** sqrt(x)^2 = x, where it is defined. */
function squareRoots(term: Term): Term {
  let result = term;
  for (const { base, exponent } of term.factors.values()) {
    if (!is(base, "sqrt") || Math.abs(exponent) < 2) continue;
    const pairs = Math.trunc(exponent / 2);
    result = multiplyTerms(result, powerTerm(base, -2 * pairs));
    result = multiplyTerms(result, powerTerm(base.operands[0], pairs));
  }
  return result;
}

/** The term without conditions that always hold; null if one never does. */
function settleIndicators(context: RuleContext, term: Term): Term | null {
  if (term.indicators.size === 0) return term;
  const indicators = new Map(term.indicators);
  for (const [key, { condition, when }] of term.indicators) {
    const taken = decide(context, condition, (branch) => branch !== when || isFiniteTerm(context, term));
    if (taken === null) continue;
    if (taken !== when) return null;
    indicators.delete(key);
  }
  return { ...term, indicators };
}

/** Whether a term is finite as it is computed, overflow aside. */
function isFiniteTerm({ rounded }: RuleContext, term: Term): boolean {
  return [...term.factors.values()].every(({ base, exponent }) => {
    const facts = rounded.of(base);
    return facts.finite && (exponent > 0 || excludesZero(facts));
  });
}
