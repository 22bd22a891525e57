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
  /** By `factorKey`. */
  readonly factors: ReadonlyMap<number, Factor>;
  /** By `indicatorKey`. */
  readonly indicators: ReadonlyMap<number, Indicator>;
}

const noFactors: ReadonlyMap<number, Factor> = new Map();
const noIndicators: ReadonlyMap<number, Indicator> = new Map();

/** A number. */
export function numberTerm(numerator: number, denominator = 1): Term {
  return { numerator, denominator, factors: noFactors, indicators: noIndicators };
}

/** base^exponent. */
export function powerTerm(base: Node, exponent: number): Term {
  return { numerator: 1, denominator: 1, factors: new Map([[base.id, { base, exponent }]]), indicators: noIndicators };
}

/** [condition]. */
export function indicatorTerm(indicator: Indicator): Term {
  return { ...numberTerm(1), indicators: new Map([[indicatorKey(indicator), indicator]]) };
}

export function indicatorKey({ condition, when }: Indicator): number {
  return condition.id * 2 + (when ? 1 : 0);
}

/** p q. */
export function multiplyTerms(p: Term, q: Term): Term {
  const factors = new Map(p.factors);
  for (const [key, factor] of q.factors) {
    const exponent = (factors.get(key)?.exponent ?? 0) + factor.exponent;
    if (exponent === 0) factors.delete(key);
    else factors.set(key, { base: factor.base, exponent });
  }
  const indicators = q.indicators.size === 0 ? p.indicators : new Map([...p.indicators, ...q.indicators]);
  return { ...reduce(p.numerator * q.numerator, p.denominator * q.denominator), factors, indicators };
}

/** p times a number. */
export function scaleTerm(p: Term, by: number): Term {
  return by === 1 ? p : { ...p, ...reduce(p.numerator * by, p.denominator) };
}

/** p^n for an integer n; null where p has indicators and n is negative (a quotient by zero is no zero). */
export function raiseTerm(p: Term, n: number): Term | null {
  if (n === 1) return p;
  if (n < 0 && p.indicators.size > 0) return null;
  const factors = new Map([...p.factors].map(([key, f]) => [key, { base: f.base, exponent: f.exponent * n }]));
  const m = Math.abs(n);
  const up = p.numerator ** m;
  const down = p.denominator ** m;
  return { ...(n > 0 ? reduce(up, down) : reduce(down, up)), factors, indicators: p.indicators };
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
  const factors = [...term.factors.values()].map(({ base, exponent }) => `${base.id}^${exponent}`).sort();
  const indicators = [...term.indicators.keys()].sort((p, q) => p - q);
  return `${factors.join(" ")}|${indicators.join(" ")}`;
}

/** The sum of the coefficients of two terms of one monomial. */
export function addCoefficients(p: Term, q: Term): Term {
  if (p.denominator === q.denominator) return { ...p, ...reduce(p.numerator + q.numerator, p.denominator) };
  const numerator = p.numerator * q.denominator + q.numerator * p.denominator;
  return { ...p, ...reduce(numerator, p.denominator * q.denominator) };
}
