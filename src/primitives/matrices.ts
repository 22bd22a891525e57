/** Dense matrices in f64, row by row, as the reference evaluation of linear algebra uses them. */

/** P A Q = L U: `lu` holds both (L has ones on its diagonal), row i of P A is row rows[i] of A, columns likewise. */
export interface Factors {
  readonly n: number;
  readonly lu: Float64Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** That of both permutations. */
  readonly sign: 1 | -1;
}

/**
 * Gaussian elimination. The pivot is the first of the largest entries of its column, or of all entries left; where it is 0,
 * so are the entries below it, and nothing is subtracted (LAPACK's dgetf2).
 */
export function factor(a: Float64Array, n: number, complete: boolean): Factors {
  const lu = a.slice();
  const rows = Int32Array.from({ length: n }, (_, k) => k);
  const columns = rows.slice();
  let sign: 1 | -1 = 1;
  for (let k = 0; k < n; k++) {
    let [p, q, best] = [k, k, Math.abs(lu[k * n + k])];
    for (let i = k; i < n; i++) {
      for (let j = k; j < (complete ? n : k + 1); j++) {
        if (Math.abs(lu[i * n + j]) > best) [p, q, best] = [i, j, Math.abs(lu[i * n + j])];
      }
    }
    if (p !== k) {
      sign = sign === 1 ? -1 : 1;
      for (let j = 0; j < n; j++) swap(lu, k * n + j, p * n + j);
      swap(rows, k, p);
    }
    if (q !== k) {
      sign = sign === 1 ? -1 : 1;
      for (let i = 0; i < n; i++) swap(lu, i * n + k, i * n + q);
      swap(columns, k, q);
    }
    if (best === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const l = (lu[i * n + k] /= lu[k * n + k]);
      if (l !== 0) for (let j = k + 1; j < n; j++) lu[i * n + j] -= l * lu[k * n + j];
    }
  }
  return { n, lu, rows, columns, sign };
}

function swap(x: Float64Array | Int32Array, i: number, j: number): void {
  [x[i], x[j]] = [x[j], x[i]];
}

/** A⁻¹ B or A⁻ᵀ B for B of k columns. */
export function solveFactored(f: Factors, b: Float64Array, k: number, transposed: boolean): Float64Array {
  const { n, lu, rows, columns } = f;
  const [from, to] = transposed ? [columns, rows] : [rows, columns];
  const x = new Float64Array(n * k);
  for (let i = 0; i < n; i++) for (let c = 0; c < k; c++) x[i * k + c] = b[from[i] * k + c];
  const entry = (i: number, j: number): number => (transposed ? lu[j * n + i] : lu[i * n + j]);
  substitute(n, k, x, entry, "forward", !transposed);
  substitute(n, k, x, entry, "backward", transposed);
  const result = new Float64Array(n * k);
  for (let i = 0; i < n; i++) for (let c = 0; c < k; c++) result[to[i] * k + c] = x[i * k + c];
  return result;
}

/** T⁻¹ X in place, for the triangle that `direction` reads: the lower one forward, the upper one backward. */
export function substitute(
  n: number,
  k: number,
  x: Float64Array,
  entry: (i: number, j: number) => number,
  direction: "forward" | "backward",
  unitDiagonal: boolean,
): void {
  const forward = direction === "forward";
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    for (let c = 0; c < k; c++) {
      let value = x[i * k + c];
      for (let j = forward ? 0 : i + 1; j < (forward ? i : n); j++) value -= entry(i, j) * x[j * k + c];
      x[i * k + c] = unitDiagonal ? value : value / entry(i, i);
    }
  }
}

/** The lower factor of A = L Lᵀ from the lower triangle of A, or null at the first pivot that is not positive. */
export function choleskyFactor(a: Float64Array, n: number): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= l[i * n + k] * l[j * n + k];
      if (i === j && !(value > 0)) return null;
      l[i * n + j] = i === j ? Math.sqrt(value) : value / l[j * n + j];
    }
  }
  return l;
}

export function identity(n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) result[i * n + i] = 1;
  return result;
}

export function transposeOf(a: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => a[(at % n) * n + Math.floor(at / n)]);
}

export const absolute = (a: Float64Array): Float64Array => a.map(Math.abs);

/** The product of an n x m and an m x k matrix; 0 times infinity counts as 0 (an exact zero leaves no error). */
export function multiply(a: Float64Array, b: Float64Array, n: number, m: number, k: number): Float64Array {
  const result = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const left = a[i * m + j];
      if (left === 0) continue;
      for (let c = 0; c < k; c++) if (b[j * k + c] !== 0) result[i * k + c] += left * b[j * k + c];
    }
  }
  return result;
}

/** Entry by entry: x + scale * y. */
export function plusScaled(x: Float64Array, y: Float64Array, scale: number): Float64Array {
  return x.map((value, at) => value + (y[at] === 0 ? 0 : scale * y[at]));
}

/** The largest sum of a row of absolute values; Infinity where one is not a number. */
export function largestRowSum(a: Float64Array, n: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(a[i * n + j]);
    largest = Math.max(largest, Number.isNaN(sum) ? Infinity : sum);
  }
  return largest;
}

/** |Pᵀ| |L| |U| |Qᵀ|: what the rounding errors of elimination are relative to (Higham, Accuracy and Stability, th. 9.3). */
export function growth({ n, lu, rows, columns }: Factors): Float64Array {
  const lower = lu.map((value, at) => unitLower(Math.floor(at / n), at % n, Math.abs(value)));
  const upper = lu.map((value, at) => (Math.floor(at / n) <= at % n ? Math.abs(value) : 0));
  const permuted = multiply(lower, upper, n, n, n);
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[rows[i] * n + columns[j]] = permuted[i * n + j];
  return result;
}

/** An entry of a lower triangle with ones on its diagonal. */
export function unitLower(i: number, j: number, value: number): number {
  return i === j ? 1 : i > j ? value : 0;
}
