/**
 * Terms of a sum: a number times atoms to integer powers, under conditions. Data and its arithmetic only.
 *
 * `[c]` stands for the indicator of a condition: 1 where it holds and 0 elsewhere; select(c, x, 0) is [c] x and a bool
 * converted to a number is [c]. A term with an indicator is 0 outside of it whatever its other factors are.
 */
import type { Node } from "../ir/graph.ts";

export interface Factor {
  readonly base: Node;
  /** Not 0. */
  readonly exponent: number;
}

export interface Indicator {
  readonly condition: Node;
  readonly when: boolean;
}

export interface Term {
  /** The coefficient as a fraction, whose denominator is kept so that x/3 stays a division. */
  readonly numerator: number;
  readonly denominator: number;
  /** Ascending by the id of the base, each base once. */
  readonly factors: readonly Factor[];
  /** By `indicatorKey`. */
  readonly indicators: ReadonlyMap<number, Indicator>;
}

const noFactors: readonly Factor[] = [];
const noIndicators: ReadonlyMap<number, Indicator> = new Map();

/** A number. */
export function numberTerm(numerator: number, denominator = 1): Term {
  return { numerator, denominator, factors: noFactors, indicators: noIndicators };
}

/** base^exponent. */
export function powerTerm(base: Node, exponent: number): Term {
  return { numerator: 1, denominator: 1, factors: [{ base, exponent }], indicators: noIndicators };
}

/** A number that no other condition has, and the condition's opposite neither. */
export function indicatorKey({ condition, when }: Indicator): number {
  return condition.id * 2 + (when ? 1 : 0);
}

/** p q. */
export function multiplyTerms(p: Term, q: Term): Term {
  const factors = mergeFactors(p.factors, q.factors);
  const indicators = q.indicators.size === 0 ? p.indicators : new Map([...p.indicators, ...q.indicators]);
  return { ...reduce(p.numerator * q.numerator, p.denominator * q.denominator), factors, indicators };
}

function mergeFactors(p: readonly Factor[], q: readonly Factor[]): readonly Factor[] {
  if (p.length === 0) return q;
  if (q.length === 0) return p;
  const merged: Factor[] = [];
  let j = 0;
  for (const factor of p) {
    while (j < q.length && q[j].base.id < factor.base.id) merged.push(q[j++]);
    if (j < q.length && q[j].base === factor.base) {
      const exponent = factor.exponent + q[j++].exponent;
      if (exponent !== 0) merged.push({ base: factor.base, exponent });
    } else merged.push(factor);
  }
  while (j < q.length) merged.push(q[j++]);
  return merged;
}

/** The power to which a term has a base; 0 if it has not got it. */
export function exponentOf({ factors }: Term, base: Node): number {
  let low = 0;
  let high = factors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (factors[middle].base.id < base.id) low = middle + 1;
    else high = middle;
  }
  return low < factors.length && factors[low].base === base ? factors[low].exponent : 0;
}

/** Factors in the order that terms keep them in; those to the power 0 are gone. */
export function sortFactors(factors: Iterable<Factor>): readonly Factor[] {
  return [...factors].filter((factor) => factor.exponent !== 0).sort((p, q) => p.base.id - q.base.id);
}

/** p times a number. */
export function scaleTerm(p: Term, by: number): Term {
  return by === 1 ? p : { ...p, ...reduce(p.numerator * by, p.denominator) };
}

function reduce(numerator: number, denominator: number): { numerator: number; denominator: number } {
  if (denominator === 1) return { numerator, denominator };
  const quotient = numerator / denominator;
  // Exact quotients by powers of two and between integers become one number.
  const isDyadic = Math.log2(Math.abs(denominator)) % 1 === 0;
  if (isDyadic || Number.isInteger(quotient)) return { numerator: quotient, denominator: 1 };
  return denominator < 0 ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator };
}

/** The same text for terms that differ in their coefficients only. */
export function monomialKey(term: Term): string {
  const factors = term.factors.map(({ base, exponent }) => `${base.id}^${exponent}`);
  const indicators = [...term.indicators.keys()].sort((p, q) => p - q);
  return `${factors.join(" ")}|${indicators.join(" ")}`;
}

/** The sum of the coefficients of two terms of one monomial. */
export function addCoefficients(p: Term, q: Term): Term {
  if (p.denominator === q.denominator) return { ...p, ...reduce(p.numerator + q.numerator, p.denominator) };
  const numerator = p.numerator * q.denominator + q.numerator * p.denominator;
  return { ...p, ...reduce(numerator, p.denominator * q.denominator) };
}
