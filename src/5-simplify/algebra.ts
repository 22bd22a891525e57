/**
 * The algebra of sums and products over whole expressions: like terms, cancelling quotients, common factors, merged powers
 * and conditions. An expression is read as a sum of terms, in two ways (as it stands, and with products of sums multiplied
 * out), written down again, and exchanged if the graph gets cheaper by it.
 */
import { constant as dimConstant, divideExact, product } from "../ir/dim.ts";
import { constantValue, is, neg, reduceSum, sigmoid, slice, topological } from "../ir/expressions.ts";
import type { Node, SliceAxis } from "../ir/graph.ts";
import { excludesZero } from "../ir/facts.ts";
import { sizesAt, withoutAxes } from "./axes.ts";
import { collect, compose, countLeaves, hasCommon } from "./compose.ts";
import type { Composition } from "./compose.ts";
import { decide, mayLeaveSum } from "./conditions.ts";
import { Decomposer } from "./decompose.ts";
import { Liveness } from "./liveness.ts";
import type { RuleContext, Soundness } from "./rule.ts";
import { multiplyTerms, numberTerm, powerTerm } from "./term.ts";
import type { Term } from "./term.ts";

const zero = dimConstant(0);

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
  {
    name: "distribute-sum",
    law: "sum(c x + d y) = c sum(x) + d sum(y) for c and d that do not vary along the axes",
    soundness: { domain: "c and d are finite, or the axes have entries" },
  },
  {
    name: "slice-of-product",
    law: "(Σ_k x_ik y_k)[a:b] = Σ_k x[a:b]_ik y_k, where nothing else is left of the product",
    soundness: "exact",
  },
  { name: "complement", law: "1 - σ(x) = σ(-x), where σ(x) is not needed beside it", soundness: "rounding" },
  { name: "expand-products", law: "x (y + z) = x y + x z, where terms cancel by it", soundness: "rounding" },
] as const satisfies readonly AlgebraRow[];

type RowName = (typeof algebraRows)[number]["name"];

/** Up to so many terms a form is tried even if nothing in it cancels: quotients and conditions may have come together. */
const maxSmall = 6;

/** How much more a clearly shorter formula may cost: what it shares with others might be shared no longer. */
const shorterSlack = 0.05;

/** How far shared expressions are looked into. */
const expansionLimit = 32;

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
    if (!live.isLive(node)) continue;
    if (is(node, "reduce_sum") && !disable.has("distribute-sum")) {
      const distributed = distributeSum(context, node, live);
      if (distributed !== null && live.exchange(node, distributed, 0)) {
        found.set(node, { node: distributed, row: "distribute-sum" });
      }
      continue;
    }
    if (is(node, "slice") && !disable.has("slice-of-product")) {
      const cut = sliceOfProduct(context, node);
      if (cut !== null && live.exchange(node, cut, 0)) found.set(node, { node: cut, row: "slice-of-product" });
      continue;
    }
    if (!isArithmetic(node)) continue;
    const other = disable.has("complement") ? null : complement(context, node);
    if (other !== null && live.exchange(node, other, 0)) {
      found.set(node, { node: other, row: "complement" });
      continue;
    }
    // What an expression around it has read as a part of itself is no expression of its own.
    const own = new Decomposer(context.b, (n) => live.uses(n) === 1 && isArithmetic(n), isLive);
    const c: Composition = { b: context.b, rounded: context.rounded, shape: node.shape, element: node.element, isLive };
    if (absorbed.has(node)) continue;
    const terms = own.sum(node);
    for (const inner of own.entered) if (inner !== node) absorbed.add(inner);
    const [x, y] = node.operands;
    if (x !== y && !node.operands.some(isArithmetic)) continue;
    const candidates: { node: Node; row: RowName; slack: number }[] = [];
    const propose = (row: RowName, read: readonly Term[], leaves: number, needsCancelling: boolean): void => {
      if (disable.has(row)) return;
      const settled = settle(context, read);
      if (settled === null) return;
      const collected = collect(settled);
      if (needsCancelling && collected.length >= read.length) return;
      const size = countLeaves(collected);
      if (collected.length > maxSmall && size >= leaves && !hasCommon(c, collected)) return;
      candidates.push({ node: compose(c, collected), row, slack: size < leaves - 1 ? shorterSlack : 0 });
    };
    propose("collect-terms", terms, own.leaves, false);
    const all = new Decomposer(context.b, isArithmetic, isLive, expansionLimit);
    const wide = all.sum(node);
    if (!all.exceeded) {
      const { leaves } = all;
      if (all.entered.size > own.entered.size) propose("collect-terms", wide, leaves, false);
      const expanded = all.expand(wide);
      const turned = all.choices === 0 ? null : new Decomposer(context.b, isArithmetic, isLive, expansionLimit, true);
      const opposite = turned?.expand(turned.sum(node)) ?? null;
      if (
        turned !== null &&
        opposite !== null &&
        (expanded === null || length(context, opposite) < length(context, expanded))
      ) {
        propose("expand-products", opposite, turned.leaves, turned.cancelled === 0);
      } else if (expanded !== null) propose("expand-products", expanded, all.leaves, all.cancelled === 0);
    }
    for (const candidate of candidates) {
      const current = found.get(node)?.node ?? node;
      if (candidate.node === current || !live.exchange(current, candidate.node, candidate.slack)) continue;
      found.set(node, candidate);
    }
  }
  return found;
}

/** How many terms are left when like ones are collected. */
function length(context: RuleContext, terms: readonly Term[]): number {
  const settled = settle(context, terms);
  return settled === null ? Infinity : collect(settled).length;
}

/** A sum over axes of several terms as several sums, of which some cancel or are there already. */
function distributeSum(context: RuleContext, node: Node<"reduce_sum">, live: Liveness): Node | null {
  const { b, rounded } = context;
  const [x] = node.operands;
  const { axes } = node.attributes;
  if (!is(x, "add") && !is(x, "subtract")) return null;
  const isLive = (n: Node): boolean => live.isLive(n);
  const inner = new Decomposer(b, isArithmetic, isLive, expansionLimit);
  const addends = inner.sum(x);
  if (inner.exceeded || addends.length > maxSmall) return null;
  const small: Composition = { b, rounded, shape: x.shape, element: x.element, isLive };
  const sums = addends.map((term): Term => {
    let outside = numberTerm(term.numerator, term.denominator);
    let inside: Term = { ...term, numerator: 1, denominator: 1 };
    for (const { base, exponent } of term.factors) {
      const uniform = withoutAxes(b, base, axes);
      if (uniform === null || !mayLeaveSum(context, uniform, exponent, sizesAt(x.shape, axes))) continue;
      outside = multiplyTerms(outside, powerTerm(uniform, exponent));
      inside = multiplyTerms(inside, powerTerm(base, -exponent));
    }
    return multiplyTerms(outside, powerTerm(reduceSum(b, compose(small, [inside]), axes), 1));
  });
  const settled = settle(context, sums);
  if (settled === null) return null;
  const collected = collect(settled);
  // A sum of differences keeps digits that a difference of sums loses: only what cancels is worth it.
  return collected.length < addends.length ? compose({ ...small, shape: node.shape }, collected) : null;
}

/** σ(-x) for 1 - σ(x), and -σ(-x) for σ(x) - 1: what is left of 1 has all its digits. */
function complement({ b }: RuleContext, node: Node): Node | null {
  if (!is(node, "subtract")) return null;
  const [x, y] = node.operands;
  const [one, other] = is(y, "sigmoid") ? [x, y] : [y, x];
  if (!is(other, "sigmoid") || constantValue(one) !== 1) return null;
  const [z] = other.operands;
  const rest = sigmoid(b, is(z, "negate") ? z.operands[0] : neg(b, z));
  return other === y ? rest : neg(b, rest);
}

/** The product of what a slice of a product needs of each factor. */
function sliceOfProduct({ b }: RuleContext, node: Node<"slice">): Node | null {
  const [product] = node.operands;
  if (!is(product, "contract")) return null;
  const { left, right, result } = product.attributes;
  const cuts = node.attributes.axes;
  if (cuts.length > result.length) return null;
  const cutOf = (label: string): SliceAxis | undefined => cuts[result.indexOf(label) - (result.length - cuts.length)];
  const factor = (x: Node, labels: readonly string[]): Node => {
    const own = labels.map((label, k): SliceAxis => {
      const size = x.shape[x.shape.length - labels.length + k];
      return cutOf(label) ?? { start: zero, size, step: 1 };
    });
    return slice(b, x, own);
  };
  return b.create(
    "contract",
    [factor(product.operands[0], left), factor(product.operands[1], right)],
    product.attributes,
  );
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
  for (const { base, exponent } of term.factors) {
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
  return term.factors.every(({ base, exponent }) => {
    const facts = rounded.of(base);
    return facts.finite && (exponent > 0 || excludesZero(facts) || isOwnSize(base));
  });
}

/** Whether a node is a number of entries of itself: not 0 where it has entries at all. */
function isOwnSize(node: Node): boolean {
  let at = node;
  while (is(at, "broadcast") || is(at, "convert")) at = at.operands[0];
  return is(at, "dimension") && divideExact(product(node.shape), at.attributes.dim) !== null;
}
