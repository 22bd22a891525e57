/** How the reference evaluation of elementwise primitives bounds errors. */
import type { ElementType } from "../ir/graph.ts";
import type { Evaluation } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";

/** A fresh value with zeros and no error. */
export function blank(shape: readonly number[], element: ElementType): Value {
  const size = sizeOf(shape);
  return { element, shape, data: new Float64Array(size), error: new Float64Array(size) };
}

/** The number of entries of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The largest finite number that the emitted program can store. */
export function largest(unitRoundoff: number): number {
  return unitRoundoff > 2 ** -53 ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE;
}

/** The error of rounding `x` to the program's precision `times` over, underflow and overflow included. */
export function roundingError(x: number, times: number, unitRoundoff: number): number {
  if (x === 0 || !isFinite(x)) return 0;
  if (unitRoundoff > 2 ** -53) {
    return Math.abs(x) > largest(unitRoundoff) ? Infinity : times * Math.max(Math.abs(x) * unitRoundoff, 2 ** -150);
  }
  return times * Math.max(Math.abs(x) * unitRoundoff, Number.MIN_VALUE);
}

/** The error of a result that underflowed to 0, of a function of so many roundings. */
function underflowError(times: number, unitRoundoff: number): number {
  return times * (unitRoundoff > 2 ** -53 ? 2 ** -150 : Number.MIN_VALUE);
}

/** How far two computed numbers are apart: 0 for equal infinities and for two NaNs. */
export function distance(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const gap = Math.abs(a - b);
  return Number.isNaN(gap) ? Infinity : gap;
}

export type Scalar = (...operands: readonly number[]) => number;

/** How the error of a function is bounded. */
export interface Bounds {
  /** Roundings of the function itself, as multiples of the unit roundoff; 0 where the result is exact (but stored). */
  readonly roundings: number;
  /** What those roundings are relative to, if not to the result. */
  readonly scale?: (operands: readonly number[]) => number;
  /**
   * The propagated error where the corners of the operands' error intervals do not show it: at a pole, over a period, at
   * a jump. Null leaves it to the corners.
   */
  readonly propagated?: (operands: readonly number[], errors: readonly number[]) => number | null;
  /** Whether a result of 0 is one that underflowed: exact arithmetic gives a number that is none. */
  readonly underflows?: (operands: readonly number[]) => boolean;
  /** How far apart the results are for zeros of either sign among the operands; 0 if not given. */
  readonly byZeroSign?: (operands: readonly number[]) => number;
}

/** The error of storing a value in the program's precision; nothing where it is representable. */
export function storageError(x: number, unitRoundoff: number): number {
  return unitRoundoff <= 2 ** -53 || Object.is(Math.fround(x), x) ? 0 : roundingError(x, 1, unitRoundoff);
}

/**
 * Evaluates `fn` at each entry. The error of an entry is the largest change of `fn` between the operands and the
 * corners of their error intervals (where the functions are monotone in between), plus the function's own roundings.
 */
export function elementwise(
  fn: Scalar,
  bounds: Bounds,
  operands: readonly Value[],
  { shape, element, unitRoundoff, freeZeros }: Evaluation,
): Value {
  const result = blank(shape, element);
  const count = operands.length;
  const x = new Array<number>(count).fill(0);
  const e = new Array<number>(count).fill(0);
  for (let i = 0; i < result.data.length; i++) {
    for (let k = 0; k < count; k++) {
      x[k] = operands[k].data[i];
      e[k] = operands[k].error[i];
    }
    const value = fn(...x);
    result.data[i] = value;
    let own = 0;
    if (element === "real") {
      if (bounds.roundings === 0) own = storageError(value, unitRoundoff);
      else if (value === 0 && bounds.underflows?.(x) === true) own = underflowError(bounds.roundings, unitRoundoff);
      else own = roundingError(bounds.scale?.(x) ?? value, bounds.roundings, unitRoundoff);
    }
    if (freeZeros === true) own += bounds.byZeroSign?.(x) ?? 0;
    result.error[i] = (bounds.propagated?.(x, e) ?? propagate(fn, x, e, value)) + own;
  }
  return result;
}

function propagate(fn: Scalar, x: readonly number[], e: readonly number[], value: number): number {
  if (e.every((error) => error === 0)) return 0;
  if (e.includes(Infinity)) return x.some((v, k) => Number.isNaN(v) && e[k] === 0) ? 0 : Infinity;
  let worst = 0;
  for (let corner = 0; corner < 2 ** x.length; corner++) {
    const moved = x.map((v, k) => (corner & (1 << k) ? v + e[k] : v - e[k]));
    worst = Math.max(worst, distance(fn(...moved), value));
  }
  return worst;
}

/** For a function of one operand that jumps: infinite where it differs at the ends of the error interval. */
export function jumps(fn: (x: number) => number): Bounds {
  return {
    roundings: 0,
    propagated: ([x], [e]) => (e === 0 || distance(fn(x - e), fn(x + e)) === 0 ? 0 : Infinity),
  };
}
