import type { Reals } from "./reals.ts";
import { substituteBackward, substituteForward } from "./substitution.ts";

/**
 * P A = L U with the largest entry of each column as pivot, into the (n + 1) x (n + 1) array F: row i has L and U, then the row
 * of A that stands there; the last row has the columns 0, 1, ..., then the sign of the permutation. A pivot of 0 has zeros
 * below it and stays. Column by column by inner products, so that each entry is rounded once (Crout's order; Higham, Accuracy
 * and Stability, 9.2). Until the end the last row holds the column at work.
 */
export function luPartial(f: Reals, fAt: number, a: Reals, aAt: number, n: number): void {
  const step = n + 1;
  const column = fAt + n * step;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) f[fAt + i * step + j] = a[aAt + i * n + j];
    f[fAt + i * step + n] = i;
  }
  let sign = 1;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) {
      const row = fAt + i * step;
      let s0 = f[row + j];
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let k = 0;
      for (; k + 3 < i; k += 4) {
        s0 -= f[row + k] * f[column + k];
        s1 -= f[row + k + 1] * f[column + k + 1];
        s2 -= f[row + k + 2] * f[column + k + 2];
        s3 -= f[row + k + 3] * f[column + k + 3];
      }
      for (; k < i; k++) s0 -= f[row + k] * f[column + k];
      f[row + j] = s0 + s1 + (s2 + s3);
      f[column + i] = f[row + j];
    }
    let i = j;
    for (; i + 3 < n; i += 4) {
      const row0 = fAt + i * step;
      const row1 = row0 + step;
      const row2 = row1 + step;
      const row3 = row2 + step;
      let s0 = f[row0 + j];
      let s1 = f[row1 + j];
      let s2 = f[row2 + j];
      let s3 = f[row3 + j];
      for (let k = 0; k < j; k++) {
        const u = f[column + k];
        s0 -= f[row0 + k] * u;
        s1 -= f[row1 + k] * u;
        s2 -= f[row2 + k] * u;
        s3 -= f[row3 + k] * u;
      }
      f[row0 + j] = s0;
      f[row1 + j] = s1;
      f[row2 + j] = s2;
      f[row3 + j] = s3;
    }
    for (; i < n; i++) {
      const row = fAt + i * step;
      let sum = f[row + j];
      for (let k = 0; k < j; k++) sum -= f[row + k] * f[column + k];
      f[row + j] = sum;
    }
    let pivot = j;
    let best = Math.abs(f[fAt + j * step + j]);
    for (let k = j + 1; k < n; k++) {
      const size = Math.abs(f[fAt + k * step + j]);
      if (size > best) {
        best = size;
        pivot = k;
      }
    }
    if (pivot !== j) {
      sign = -sign;
      const p = fAt + pivot * step;
      const q = fAt + j * step;
      for (let k = 0; k <= n; k++) {
        const kept = f[p + k];
        f[p + k] = f[q + k];
        f[q + k] = kept;
      }
    }
    if (best !== 0) {
      const divisor = f[fAt + j * step + j];
      for (let k = j + 1; k < n; k++) f[fAt + k * step + j] /= divisor;
    }
  }
  for (let j = 0; j < n; j++) f[column + j] = j;
  f[column + n] = sign;
}

/**
 * P A Q = L U with the largest of all entries left as pivot, laid out as `luPartial` does; the last row has the columns that Q
 * takes. After a pivot of 0 nothing is left: the rank shows. The next pivot is sought while entries change.
 */
export function luComplete(f: Reals, fAt: number, a: Reals, aAt: number, n: number): void {
  const step = n + 1;
  const last = fAt + n * step;
  let best = -1;
  let p = 0;
  let q = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = a[aAt + i * n + j];
      f[fAt + i * step + j] = value;
      const size = Math.abs(value);
      if (size > best) {
        best = size;
        p = i;
        q = j;
      }
    }
    f[fAt + i * step + n] = i;
    f[last + i] = i;
  }
  let sign = 1;
  for (let k = 0; k < n; k++) {
    if (p !== k && best > 0) {
      sign = -sign;
      for (let j = 0; j <= n; j++) {
        const kept = f[fAt + p * step + j];
        f[fAt + p * step + j] = f[fAt + k * step + j];
        f[fAt + k * step + j] = kept;
      }
    }
    if (q !== k && best > 0) {
      sign = -sign;
      for (let i = 0; i <= n; i++) {
        const kept = f[fAt + i * step + q];
        f[fAt + i * step + q] = f[fAt + i * step + k];
        f[fAt + i * step + k] = kept;
      }
    }
    if (best === 0) break;
    const row = fAt + k * step;
    const divisor = f[row + k];
    best = -1;
    p = k + 1;
    q = k + 1;
    for (let i = k + 1; i < n; i++) {
      const own = fAt + i * step;
      const factor = f[own + k] / divisor;
      f[own + k] = factor;
      for (let j = k + 1; j < n; j++) {
        const value = f[own + j] - factor * f[row + j];
        f[own + j] = value;
        const size = Math.abs(value);
        if (size > best) {
          best = size;
          p = i;
          q = j;
        }
      }
    }
  }
  f[last + n] = sign;
}

/** X = A⁻¹ B from the factors that `luPartial` made of A, for `count` columns of B. X is not B. */
export function luSolve(
  x: Reals,
  xAt: number,
  f: Reals,
  fAt: number,
  b: Reals,
  bAt: number,
  n: number,
  count: number,
): void {
  const step = n + 1;
  for (let i = 0; i < n; i++) {
    const from = bAt + f[fAt + i * step + n] * count;
    for (let c = 0; c < count; c++) x[xAt + i * count + c] = b[from + c];
  }
  substituteForward(x, xAt, count, f, fAt, step, 1, n, true);
  substituteBackward(x, xAt, count, f, fAt, step, 1, n, false);
}

/** X = A⁻ᵀ B. Row i of the triangular systems is kept where X has it: at the row of A that stands at i. */
export function luSolveTransposed(
  x: Reals,
  xAt: number,
  f: Reals,
  fAt: number,
  b: Reals,
  bAt: number,
  n: number,
  count: number,
): void {
  const step = n + 1;
  for (let i = 0; i < n; i++) {
    const at = xAt + f[fAt + i * step + n] * count;
    for (let c = 0; c < count; c++) {
      let sum = b[bAt + i * count + c];
      for (let j = 0; j < i; j++) {
        const row = fAt + j * step;
        sum -= f[row + i] * x[xAt + f[row + n] * count + c];
      }
      x[at + c] = sum / f[fAt + i * step + i];
    }
  }
  for (let i = n - 2; i >= 0; i--) {
    const at = xAt + f[fAt + i * step + n] * count;
    for (let c = 0; c < count; c++) {
      let sum = x[at + c];
      for (let j = i + 1; j < n; j++) {
        const row = fAt + j * step;
        sum -= f[row + i] * x[xAt + f[row + n] * count + c];
      }
      x[at + c] = sum;
    }
  }
}
