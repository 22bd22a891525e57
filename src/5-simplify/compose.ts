/** Builds graphs from sums of terms: like terms collected, common factors in front, divisions together. */
import { add, broadcastTo, constant, convert, div, mul, neg, not, powInt, select, sub } from "../ir/expressions.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Shape } from "../ir/dim.ts";
import type { ElementType, Node } from "../ir/graph.ts";
import { type FactTable } from "../ir/facts.ts";
import { repeat } from "./axes.ts";
import { uniformDivisor } from "./reciprocal.ts";
import {
  addCoefficients,
  exponentOf,
  monomialKey,
  multiplyTerms,
  numberTerm,
  powerTerm,
  scaleTerm,
  sortFactors,
} from "./term.ts";
import type { Factor, Indicator, Term } from "./term.ts";

/** Above this many terms only factors common to all of them are put in front. */
const maxGrouped = 32;

export interface Composition {
  readonly b: GraphBuilder;
  readonly shape: Shape;
  readonly element: ElementType;
  readonly rounded: FactTable;
  /** Nodes that the graph has anyway are preferred. */
  readonly isLive: (node: Node) => boolean;
}

/** Terms of equal monomials added up; those that vanish are gone. */
export function collect(terms: readonly Term[]): Term[] {
  const byMonomial = new Map<string, Term>();
  for (const term of terms) {
    const key = monomialKey(term);
    const known = byMonomial.get(key);
    byMonomial.set(key, known === undefined ? term : addCoefficients(known, term));
  }
  return [...byMonomial.values()].filter((term) => term.numerator !== 0);
}

/** How many atoms, numbers and conditions terms are written with. */
export function countLeaves(terms: readonly Term[]): number {
  let count = 0;
  for (const term of terms) {
    count += term.indicators.size;
    for (const factor of term.factors) count += Math.abs(factor.exponent) === 1 ? 1 : 2;
    if (Math.abs(term.numerator) !== 1) count++;
    if (term.denominator !== 1) count++;
  }
  return count;
}

/** Whether all terms (of two or more) have something in common. */
export function hasCommon(c: Composition, terms: readonly Term[]): boolean {
  return terms.length > 1 && common(c, terms) !== null;
}

/** The sum of terms of distinct monomials. */
export function compose(c: Composition, terms: readonly Term[]): Node {
  if (terms.length === 0) return broadcastTo(c.b, constant(c.b, 0, c.element), c.shape);
  if (terms.length === 1) return composeTerm(c, terms[0]);
  const shared = common(c, terms);
  if (shared !== null) {
    const rest = terms.map((term) => without(term, shared));
    return composeTerm(c, shared, compose(c, collect(rest)));
  }
  const frequent = terms.length <= maxGrouped ? mostFrequent(c, terms) : null;
  if (frequent !== null) {
    const inside = terms.filter((term) => hasFactor(term, frequent));
    const outside = terms.filter((term) => !hasFactor(term, frequent));
    return addUp(c, [{ node: compose(c, inside), negative: false }, ...outside.map((term) => signed(c, term))]);
  }
  return addUp(
    c,
    terms.map((term) => signed(c, term)),
  );
}

interface Signed {
  readonly node: Node;
  readonly negative: boolean;
}

function signed(c: Composition, term: Term): Signed {
  const negative = term.numerator < 0;
  return { node: composeTerm(c, negative ? scaleTerm(term, -1) : term), negative };
}

/** Positive addends first, so that no sign is left over where there is one. */
function addUp({ b }: Composition, addends: readonly Signed[]): Node {
  const ordered = [...addends.filter((a) => !a.negative), ...addends.filter((a) => a.negative)];
  const [first, ...rest] = ordered;
  if (first.negative)
    return neg(
      b,
      rest.reduce((sum, { node }) => add(b, sum, node), first.node),
    );
  return rest.reduce((sum, { node, negative }) => (negative ? sub(b, sum, node) : add(b, sum, node)), first.node);
}

/** What all terms share: factors to their lowest power, conditions, and a number. Null if nothing. */
function common(c: Composition, terms: readonly Term[]): Term | null {
  const [first, ...rest] = terms;
  const isCertain = termIsCertain(c, terms);
  const factors: Factor[] = [];
  for (const factor of first.factors) {
    let exponent = factor.exponent;
    for (const term of rest) if (exponent !== 0) exponent = nearerToZero(exponent, exponentOf(term, factor.base));
    if (exponent !== 0 && isCertain) factors.push({ base: factor.base, exponent });
  }
  const indicators = sharedIndicators(terms);
  const size = Math.abs(first.numerator);
  const sameSize = rest.every((t) => Math.abs(t.numerator) === size && t.denominator === first.denominator);
  const negative = terms.every((term) => term.numerator < 0) ? -1 : 1;
  const numerator = negative * (sameSize ? size : 1);
  const denominator = sameSize ? first.denominator : 1;
  const isTrivial = factors.length === 0 && indicators.size === 0 && Math.abs(numerator) === 1 && denominator === 1;
  return isTrivial ? null : { numerator, denominator, factors, indicators };
}

function sharedIndicators([first, ...rest]: readonly Term[]): ReadonlyMap<number, Indicator> {
  return new Map([...first.indicators].filter(([key]) => rest.every((term) => term.indicators.has(key))));
}

/**
 * Whether factors of all terms may be taken out of their sum: some term is there whatever the conditions. Where they leave
 * none the sum is 0; 0 times a factor that is not finite there would be NaN, and so would a derivative that is not finite
 * there times a sum of numbers, which no longer tells that nothing was selected.
 */
function termIsCertain(c: Composition, terms: readonly Term[]): boolean {
  const shared = sharedIndicators(terms);
  const own = terms.map(({ indicators }) => [...indicators].filter(([key]) => !shared.has(key)));
  if (own.some((indicators) => indicators.length === 0)) return true;
  // [c] x and [not c] y: one of the two is there.
  const single = own.flatMap((indicators) =>
    indicators.length === 1 ? indicators.map(([, indicator]) => indicator) : [],
  );
  return single.some((p) => single.some((q) => areComplements(c, p, q)));
}

/** Whether q is the condition of p negated, as it is written. */
function areComplements({ b }: Composition, p: Indicator, q: Indicator): boolean {
  if (p.condition === q.condition) return p.when !== q.when;
  return p.when === q.when && not(b, p.condition) === q.condition;
}

function nearerToZero(p: number, q: number): number {
  if (p > 0) return q > 0 ? Math.min(p, q) : 0;
  return q < 0 ? Math.max(p, q) : 0;
}

function without(term: Term, shared: Term): Term {
  let rest: Term = {
    ...term,
    indicators: new Map([...term.indicators].filter(([key]) => !shared.indicators.has(key))),
  };
  for (const { base, exponent } of shared.factors) rest = multiplyTerms(rest, powerTerm(base, -exponent));
  return multiplyTerms(rest, numberTerm(shared.denominator, shared.numerator));
}

function hasFactor(term: Term, factor: Factor): boolean {
  return exponentOf(term, factor.base) * factor.exponent > 0;
}

/** The factor that most terms have, if more than one has it. */
function mostFrequent(c: Composition, terms: readonly Term[]): Factor | null {
  const counts = new Map<string, { factor: Factor; count: number }>();
  for (const term of terms) {
    for (const factor of term.factors) {
      const name = `${factor.base.id}${factor.exponent > 0 ? "+" : "-"}`;
      const known = counts.get(name);
      counts.set(name, { factor: known?.factor ?? factor, count: (known?.count ?? 0) + 1 });
    }
  }
  let best: { factor: Factor; count: number } | null = null;
  for (const entry of counts.values()) {
    if (entry.count <= (best?.count ?? 1)) continue;
    const inside = terms.filter((term) => hasFactor(term, entry.factor));
    if (termIsCertain(c, inside)) best = entry;
  }
  return best?.factor ?? null;
}

/** One term, times `inner` if given. Conditions go outside: what they exclude is not even multiplied. */
function composeTerm(c: Composition, term: Term, inner: Node | null = null): Node {
  const { b, element } = c;
  const indicators = [...term.indicators.values()];
  const product = composeProduct(c, term, inner);
  if (indicators.length === 0) return product ?? numberOf(c, term);
  const condition = indicators
    .map((indicator) => (indicators.length > 1 ? positive(b, indicator) : indicator.condition))
    .reduce((p, q) => b.create("and", [p, q], {}));
  const when = indicators.length > 1 || indicators[0].when;
  if (product === null && term.numerator === 1 && term.denominator === 1) {
    return convert(b, when ? condition : not(b, condition), element);
  }
  const value = product ?? numberOf(c, term);
  return when ? select(b, condition, value, 0) : select(b, condition, 0, value);
}

function positive(b: GraphBuilder, { condition, when }: Indicator): Node {
  return when ? condition : not(b, condition);
}

function numberOf({ b, shape, element }: Composition, { numerator, denominator }: Term): Node {
  return broadcastTo(b, constant(b, numerator / denominator, element), shape);
}

/** The product of a term's factors (and `inner`) with its number; null if there are none. */
function composeProduct(c: Composition, term: Term, inner: Node | null): Node | null {
  const { b } = c;
  const factors = gatherBroadcasts(c, withLiveQuotients(c, term.factors));
  const up: Node[] = [];
  const down: Node[] = [];
  // What is divided by again and again instead of by its power.
  const again: Node[] = [];
  for (const factor of factors) {
    const { base, exponent } = factor;
    if (exponent > 0) up.push(powerOf(b, base, exponent));
    else if (isPowerInRange(c, factor)) down.push(powerOf(b, base, -exponent));
    else {
      down.push(base);
      for (let k = 1; k < -exponent; k++) again.push(base);
    }
  }
  if (inner !== null) up.unshift(inner);
  if (up.length === 0 && down.length === 0) return null;
  const size = Math.abs(term.numerator);
  const negative = term.numerator < 0;
  const over = product(b, down);
  // A number stands in front; a fraction's denominator joins the divisor, or is one.
  let result = product(b, up);
  if (result !== null && size !== 1) result = mul(b, size, result);
  if (over !== null) {
    const divisor = term.denominator === 1 ? over : mul(b, term.denominator, over);
    result = div(b, result ?? size, divisor);
  } else if (result !== null && term.denominator !== 1) {
    result = div(b, result, term.denominator);
  }
  result = again.reduce<Node | null>((quotient, base) => (quotient === null ? null : div(b, quotient, base)), result);
  return result !== null && negative ? neg(b, result) : result;
}

/** Where its power would be below it a divisor is one that is 0. */
const leastPower = 1e-290;

/** Whether a negative power may be written as a division by a power: it does not vanish, or the graph has it anyway. */
function isPowerInRange({ b, rounded, isLive }: Composition, { base, exponent }: Factor): boolean {
  if (exponent === -1 || isLive(powInt(b, base, -exponent))) return true;
  const { lower, upper, integer } = rounded.of(base);
  const least = leastPower ** (-1 / exponent);
  return integer || lower >= least || upper <= -least;
}

/** Integers have no power of their own: they are multiplied out. */
function powerOf(b: GraphBuilder, base: Node, exponent: number): Node {
  if (base.element === "real") return powInt(b, base, exponent);
  return Array.from({ length: exponent - 1 }, () => base).reduce((p, q) => mul(b, p, q), base);
}

function product(b: GraphBuilder, nodes: readonly Node[]): Node | null {
  return nodes.reduce<Node | null>((p, q) => (p === null ? q : mul(b, p, q)), null);
}

/** Factors that are broadcast alike are multiplied before they are broadcast. */
function gatherBroadcasts(c: Composition, factors: readonly Factor[]): Factor[] {
  const { b } = c;
  const groups = new Map<string, Factor[]>();
  const result: (Factor | Factor[])[] = [];
  for (const factor of factors) {
    if (factor.base.primitive !== "broadcast") {
      result.push(factor);
      continue;
    }
    const node = factor.base as Node<"broadcast">;
    const key = node.attributes.axes.join(",");
    const group = groups.get(key);
    if (group === undefined) {
      const started = [factor];
      groups.set(key, started);
      result.push(started);
    } else group.push(factor);
  }
  return result.map((entry): Factor => {
    if (!Array.isArray(entry)) return entry;
    if (entry.length === 1) return withReciprocal(c, entry[0]);
    const outer = entry[0].base as Node<"broadcast">;
    const [source] = outer.operands;
    const inner = sortFactors(entry.map(({ base, exponent }) => ({ base: base.operands[0], exponent })));
    const small = { ...c, shape: source.shape };
    const node = composeProduct(small, { ...numberTerm(1), factors: inner }, null);
    return { base: b.create("broadcast", [node ?? source], outer.attributes), exponent: 1 };
  });
}

/** 1/y to a positive power, where y is repeated often and has a safe reciprocal. */
function withReciprocal(c: Composition, factor: Factor): Factor {
  const divisor = factor.exponent < 0 ? uniformDivisor(factor.base, c.rounded) : null;
  if (divisor === null) return factor;
  const inverse = repeat(c.b, { ...divisor, source: div(c.b, 1, divisor.source) }, c.shape);
  return { base: inverse, exponent: -factor.exponent };
}

/**
 * Where the graph divides one factor by another already, that quotient is used; as often as both are there, where the power
 * of the divisor might vanish.
 */
function withLiveQuotients(c: Composition, factors: readonly Factor[]): readonly Factor[] {
  for (const down of factors.filter((f) => f.exponent === -1 || (f.exponent < 0 && !isPowerInRange(c, f)))) {
    for (const up of factors.filter((f) => f.exponent === 1 || (f.exponent > 0 && down.exponent < -1))) {
      const quotient = div(c.b, up.base, down.base);
      if (!c.isLive(quotient)) continue;
      const count = Math.min(up.exponent, -down.exponent);
      const left = [
        { base: up.base, exponent: up.exponent - count },
        { base: down.base, exponent: down.exponent + count },
      ];
      const others = factors.filter((f) => f !== up && f !== down);
      return [{ base: quotient, exponent: count }, ...sortFactors(left), ...others];
    }
  }
  return factors;
}
