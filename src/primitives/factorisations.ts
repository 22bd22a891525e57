/**
 * Factorisations and solutions of linear systems with bounds on the errors of an emitted program: what eliminations and
 * substitutions make is a small change of the matrix (Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch. 8
 * to 10), and a change of the matrix moves the result as far as its inverse says.
 */
import type { Uncertain } from "./cofactors.ts";
import { roundingError } from "./evaluate.ts";
import { absolute, choleskyFactor, factor, growth, identity, largestRowSum, multiply, plusScaled, solveFactored, substitute, transposeOf } from "./matrices.ts"; // prettier-ignore

/** Roundings of an inner product and of storing what it gives; twice, for the evaluation here. */
const gamma = (n: number, unitRoundoff: number): number => 2 * (3 * n + 4) * unitRoundoff;

const everywhere = (size: number, error: number): Float64Array => new Float64Array(size).fill(error);

/** The packed factors of `lu`. Errors are infinite where a pivot may be another one. */
export function factorBounded(a: Uncertain, n: number, complete: boolean, unitRoundoff: number): Uncertain {
  const { lu, rows, columns, sign } = factor(a.data, n, complete);
  const size = n + 1;
  const data = new Float64Array(size * size);
  const error = new Float64Array(size * size);
  const errors = new Float64Array(n * n);
  const work = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      work[i * n + j] = a.data[rows[i] * n + columns[j]];
      errors[i * n + j] = a.error[rows[i] * n + columns[j]];
    }
  }
  let certain = true;
  for (let k = 0; k < n; k++) {
    const pivot = Math.abs(work[k * n + k]);
    for (let i = k; i < n; i++) {
      for (let j = k; j < (complete ? n : k + 1); j++) {
        const other = i !== k || j !== k;
        if (other && Math.abs(work[i * n + j]) + errors[i * n + j] > pivot - errors[k * n + k]) {
          if (errors[i * n + j] + errors[k * n + k] > 0) certain = false;
        }
      }
    }
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const l = work[i * n + k] / work[k * n + k];
      const from = errors[i * n + k] + Math.abs(l) * errors[k * n + k];
      work[i * n + k] = l;
      errors[i * n + k] = from / (pivot - errors[k * n + k]) + roundingError(l, 4, unitRoundoff);
      for (let j = k + 1; j < n; j++) {
        const [u, eu, el] = [Math.abs(work[k * n + j]), errors[k * n + j], errors[i * n + k]];
        work[i * n + j] -= l * work[k * n + j];
        const rounding = roundingError(Math.abs(work[i * n + j]) + Math.abs(l) * u, 4, unitRoundoff);
        if (l !== 0 || el !== 0) errors[i * n + j] += Math.abs(l) * eu + el * (u + eu) + rounding;
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      data[i * size + j] = lu[i * n + j];
      const own = errors[i * n + j] + roundingError(lu[i * n + j], 2, unitRoundoff);
      error[i * size + j] = certain && !Number.isNaN(own) ? own : Infinity;
    }
    data[i * size + n] = rows[i];
    data[n * size + i] = columns[i];
    if (!certain) error[i * size + n] = error[n * size + i] = Infinity;
  }
  data[n * size + n] = sign;
  if (!certain) error[n * size + n] = Infinity;
  return { data, error };
}

/** A⁻¹ B or A⁻ᵀ B, for B of `count` columns. */
export function solveBounded(
  a: Uncertain,
  b: Uncertain,
  n: number,
  count: number,
  transposed: boolean,
  unitRoundoff: number,
): Uncertain {
  const factors = factor(a.data, n, false);
  const x = solveFactored(factors, b.data, count, transposed);
  const inverse = solveFactored(factors, identity(n), n, transposed);
  const change = plusScaled(a.error, growth(factors), gamma(n, unitRoundoff));
  return bounded(x, inverse, transposed ? transposeOf(change, n) : change, b.error, n, count, unitRoundoff);
}

/** L⁻¹ B or L⁻ᵀ B for the lower triangle of L. */
export function solveTriangular(
  l: Uncertain,
  b: Uncertain,
  n: number,
  count: number,
  transposed: boolean,
  unitRoundoff: number,
): Uncertain {
  const entry = (i: number, j: number): number => (transposed ? l.data[j * n + i] : l.data[i * n + j]);
  const direction = transposed ? "backward" : "forward";
  const [x, inverse] = [b.data.slice(), identity(n)];
  substitute(n, count, x, entry, direction, false);
  substitute(n, n, inverse, entry, direction, false);
  const isLower = (at: number): boolean => at % n <= Math.floor(at / n);
  const error = l.error.map((own, at) => (isLower(at) ? own : 0));
  const size = l.data.map((own, at) => (isLower(at) ? Math.abs(own) : 0));
  const change = plusScaled(error, size, gamma(n, unitRoundoff));
  return bounded(x, inverse, transposed ? transposeOf(change, n) : change, b.error, n, count, unitRoundoff);
}

/** |A⁻¹| (|dA| |X| + |dB|), and what is left of the series where dA is not small beside A. */
function bounded(
  x: Float64Array,
  inverse: Float64Array,
  change: Float64Array,
  ofRight: Float64Array,
  n: number,
  count: number,
  unitRoundoff: number,
): Uncertain {
  const size = absolute(inverse);
  const condition = largestRowSum(multiply(size, change, n, n, n), n);
  const isUsable = condition < 0.5 && x.every((value) => isFinite(value));
  if (!isUsable) return { data: x, error: everywhere(x.length, Infinity) };
  const right = plusScaled(multiply(change, absolute(x), n, n, count), ofRight, 1);
  const first = multiply(size, right, n, n, count);
  const largest = first.reduce((most, value) => Math.max(most, value), 0);
  const rest = (condition / (1 - condition)) * largest;
  // Underflow on the way adds to the right side.
  const least = largestRowSum(size, n) * roundingError(Number.MIN_VALUE, n + 2, unitRoundoff);
  return {
    data: x,
    error: first.map((value, at) => 1.1 * (value + rest + least) + roundingError(x[at], 2, unitRoundoff)),
  };
}

/**
 * The lower factor of A = L Lᵀ; the lower triangle is NaN where A is not positive definite. A change E of A moves L by
 * L Φ(L⁻¹ E L⁻ᵀ) and a second-order rest (Sun, Rounding-error and perturbation bounds for the Cholesky factorization, 1992).
 */
export function choleskyBounded(a: Uncertain, n: number, unitRoundoff: number): Uncertain {
  const l = choleskyFactor(a.data, n);
  const isLower = (at: number): boolean => at % n <= Math.floor(at / n);
  if (l === null) {
    const doubt = isSurelyIndefinite(a, n, unitRoundoff) ? 0 : Infinity;
    const data = new Float64Array(n * n).map((_, at) => (isLower(at) ? NaN : 0));
    return { data, error: data.map((_, at) => (isLower(at) ? doubt : 0)) };
  }
  const lower = absolute(l);
  const size = multiply(lower, transposeOf(lower, n), n, n, n);
  const total = plusScaled(a.error, size, gamma(n, unitRoundoff));
  const change = total.map((own, at) => (isLower(at) ? own : total[(at % n) * n + Math.floor(at / n)]));
  const inverse = identity(n);
  substitute(n, n, inverse, (i, j) => l[i * n + j], "forward", false);
  const outer = absolute(inverse);
  const moved = multiply(multiply(outer, change, n, n, n), transposeOf(outer, n), n, n, n);
  if (!(largestRowSum(moved, n) < 0.2)) return { data: l, error: l.map((_, at) => (isLower(at) ? Infinity : 0)) };
  const first = multiply(lower, moved.map((own, at) => (isLower(at) ? own : 0)), n, n, n); // prettier-ignore
  return { data: l, error: first.map((own, at) => 2 * own + roundingError(l[at], 2, unitRoundoff)) };
}

/** Whether a diagonal entry settles it; what only elimination shows may be a matter of rounding. */
function isSurelyIndefinite(a: Uncertain, n: number, unitRoundoff: number): boolean {
  for (let j = 0; j < n; j++) {
    const [value, error] = [a.data[j * n + j], a.error[j * n + j]];
    if (Number.isNaN(value) ? error === 0 : value + error + (error === 0 ? 0 : gamma(n, unitRoundoff)) <= 0)
      return true;
  }
  return false;
}
