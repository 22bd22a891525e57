/**
 * The determinant, its cofactor matrix, and the derivatives of that in given directions, right where the matrix is singular.
 *
 * Complete pivoting gives A = X D Y with D diagonal and X, Y well conditioned, of determinant 1 or -1. Cofactors are
 * multiplicative, cof(A) = ±X⁻ᵀ cof(D) Y⁻ᵀ, and cof(D) takes no division (Stewart, On the adjugate matrix, 1998). A
 * direction B becomes X⁻¹ B Y⁻¹, and what is left are sums of minors beside a diagonal matrix.
 */
import { roundingError } from "./evaluate.ts";
import { absolute, factor, growth, identity, multiply, plusScaled, substitute, transposeOf, unitLower } from "./matrices.ts"; // prettier-ignore
import type { Factors } from "./matrices.ts";

/** A matrix and bounds on the errors of its entries. */
export interface Uncertain {
  readonly data: Float64Array;
  readonly error: Float64Array;
}

/** A = X D Y, with the inverses of X and Y. */
interface Revealed {
  readonly factors: Factors;
  readonly d: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xInverse: Float64Array;
  readonly yInverse: Float64Array;
}

function reveal(a: Float64Array, n: number): Revealed {
  const factors = factor(a, n, true);
  const { lu, rows, columns } = factors;
  const d = Float64Array.from({ length: n }, (_, i) => lu[i * n + i]);
  const lower = (i: number, j: number): number => unitLower(i, j, lu[i * n + j]);
  // Where a pivot is 0 nothing is left of its row.
  const upper = (i: number, j: number): number => unitLower(j, i, d[i] === 0 ? 0 : lu[i * n + j] / d[i]);
  const [l, u] = [identity(n), identity(n)];
  substitute(n, n, l, lower, "forward", true);
  substitute(n, n, u, upper, "backward", true);
  const [x, y, xInverse, yInverse] = [0, 1, 2, 3].map(() => new Float64Array(n * n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      x[rows[i] * n + j] = lower(i, j);
      y[i * n + columns[j]] = upper(i, j);
      xInverse[i * n + rows[j]] = l[i * n + j];
      yInverse[columns[i] * n + j] = u[i * n + j];
    }
  }
  return { factors, d, x, y, xInverse, yInverse };
}

const product3 = (a: Float64Array, b: Float64Array, c: Float64Array, n: number): Float64Array =>
  multiply(multiply(a, b, n, n, n), c, n, n, n);

/** A bound on the backward error of elimination in the program's precision, and on that of substitutions. */
const gamma = (n: number, unitRoundoff: number): number => 2 * (3 * n + 8) * unitRoundoff;

/** How far X⁻¹ A Y⁻¹ may be from D, as the emitted program has it. */
function uncertainty(a: Uncertain, n: number, r: Revealed, unitRoundoff: number): Float64Array {
  const total = plusScaled(a.error, growth(r.factors), gamma(n, unitRoundoff));
  return product3(absolute(r.xInverse), total, absolute(r.yInverse), n);
}

/** What a determinant is known to be: its value with a bound on the error, and one relative to it. */
export interface Determinant {
  readonly value: number;
  readonly error: number;
  readonly logarithm: number;
  readonly relative: number;
  readonly sign: number;
}

export function determinantOf(a: Uncertain, n: number, unitRoundoff: number): Determinant {
  const r = reveal(a.data, n);
  const e = uncertainty(a, n, r, unitRoundoff);
  let [value, hat, base, logarithm, relative, sign] = [r.factors.sign, 1, 1, 0, 1, r.factors.sign as number];
  r.d.forEach((d, i) => {
    const own = rowSum(e, n, i, -1);
    value *= d;
    base *= Math.abs(d);
    hat *= Math.abs(d) + own;
    logarithm += Math.log(Math.abs(d));
    relative *= 1 + own / Math.abs(d);
    sign *= Math.sign(d);
  });
  const rounding = roundingError(hat, 2 * n + 4, unitRoundoff);
  return { value, error: infiniteIfNaN(hat - base + rounding), logarithm, relative: relative - 1, sign };
}

/** The derivative of the cofactor matrix of A in the directions given. */
export function cofactorsOf(
  a: Uncertain,
  directions: readonly Uncertain[],
  n: number,
  unitRoundoff: number,
): Uncertain {
  const r = reveal(a.data, n);
  const [xi, yi] = [absolute(r.xInverse), absolute(r.yInverse)];
  const g = gamma(n, unitRoundoff);
  const xCondition = multiply(xi, absolute(r.x), n, n, n);
  const yCondition = multiply(absolute(r.y), yi, n, n, n);
  const moved = directions.map((b): Uncertain => {
    const size = product3(xi, absolute(b.data), yi, n);
    const rounding = product3(xCondition, size, yCondition, n);
    return {
      data: product3(r.xInverse, b.data, r.yInverse, n),
      error: plusScaled(product3(xi, b.error, yi, n), rounding, g),
    };
  });
  const e = uncertainty(a, n, r, unitRoundoff);
  const minors = besideDiagonal(r.d, e, moved, n);
  const [xt, yt] = [transposeOf(r.xInverse, n), transposeOf(r.yInverse, n)];
  const data = product3(xt, minors.data, yt, n).map((value) => value * r.factors.sign);
  const [xa, ya] = [absolute(xt), absolute(yt)];
  const rounding = product3(
    transposeOf(xCondition, n),
    product3(xa, minors.size, ya, n),
    transposeOf(yCondition, n),
    n,
  );
  const error = plusScaled(product3(xa, minors.error, ya, n), rounding, g);
  return { data, error: error.map((bound, at) => infiniteIfNaN(bound + roundingError(data[at], 2, unitRoundoff))) };
}

/**
 * The derivative of the cofactor matrix at a diagonal matrix D, known up to `e`, in the directions given: entry (i, j) is
 * the sum, over all ways to take rows other than i from the directions, one from each, of the determinant of D with these
 * rows and with row j of the identity as row i. `size`: sums of absolute values.
 */
function besideDiagonal(
  d: Float64Array,
  e: Float64Array,
  directions: readonly Uncertain[],
  n: number,
): Uncertain & { readonly size: Float64Array } {
  const [data, error, size] = [0, 1, 2].map(() => new Float64Array(n * n));
  const taken: number[] = [];
  const add = (i: number): void => {
    const own = [i, ...taken];
    let rest = 1;
    d.forEach((value, r) => (rest *= own.includes(r) ? 1 : value));
    for (let j = 0; j < n; j++) {
      if (own.includes(j)) {
        const rows = own.map((_, at) =>
          own.map((column) => (at === 0 ? Number(column === j) : directions[at - 1].data[own[at] * n + column])),
        );
        data[i * n + j] += rest * smallDeterminant(rows);
      }
      let [base, hat] = [1, 1];
      for (let r = 0; r < n; r++) {
        if (r === i) continue;
        const which = taken.indexOf(r);
        const plain = which < 0 ? (r === j ? 0 : Math.abs(d[r])) : rowSum(directions[which].data, n, r, j);
        base *= plain;
        hat *= plain + rowSum(which < 0 ? e : directions[which].error, n, r, j);
      }
      error[i * n + j] += hat - base;
      size[i * n + j] += hat;
    }
  };
  const extend = (i: number): void => {
    if (taken.length === directions.length) {
      add(i);
      return;
    }
    for (let r = 0; r < n; r++) {
      if (r === i || taken.includes(r)) continue;
      taken.push(r);
      extend(i);
      taken.pop();
    }
  };
  for (let i = 0; i < n; i++) extend(i);
  return { data, error, size };
}

/** Expansion along the first row. */
function smallDeterminant(rows: readonly (readonly number[])[]): number {
  if (rows.length === 0) return 1;
  const [first, ...others] = rows;
  return first.reduce((sum, value, j) => {
    if (value === 0) return sum;
    const minor = smallDeterminant(others.map((row) => row.filter((_, k) => k !== j)));
    return sum + (j % 2 === 0 ? value : -value) * minor;
  }, 0);
}

/** The sum of absolute values of row i, without column `without`. */
function rowSum(a: Float64Array, n: number, i: number, without: number): number {
  let sum = 0;
  for (let j = 0; j < n; j++) if (j !== without) sum += Math.abs(a[i * n + j]);
  return sum;
}

const infiniteIfNaN = (bound: number): number => (Number.isNaN(bound) ? Infinity : bound);
