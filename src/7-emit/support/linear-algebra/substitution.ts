import type { Reals } from "./reals.ts";

/**
 * Solves T X = B for the lower triangle of T in place: B, `count` columns row by row from `xAt`, becomes X. Entry (i, j) of T
 * stands at tAt + i * down + j * right; `unit`: its diagonal is taken as ones. Each entry is rounded once.
 */
export function substituteForward(
  x: Reals,
  xAt: number,
  count: number,
  t: Reals,
  tAt: number,
  down: number,
  right: number,
  n: number,
  unit: boolean,
): void {
  let c = 0;
  for (; c + 3 < count; c += 4) {
    for (let i = 0; i < n; i++) {
      const at = xAt + i * count + c;
      let s0 = x[at];
      let s1 = x[at + 1];
      let s2 = x[at + 2];
      let s3 = x[at + 3];
      let from = tAt + i * down;
      for (let j = xAt + c; j < at; j += count) {
        const factor = t[from];
        s0 -= factor * x[j];
        s1 -= factor * x[j + 1];
        s2 -= factor * x[j + 2];
        s3 -= factor * x[j + 3];
        from += right;
      }
      const pivot = unit ? 1 : t[from];
      x[at] = s0 / pivot;
      x[at + 1] = s1 / pivot;
      x[at + 2] = s2 / pivot;
      x[at + 3] = s3 / pivot;
    }
  }
  for (; c < count; c++) {
    for (let i = 0; i < n; i++) {
      const at = xAt + i * count + c;
      let sum = x[at];
      let from = tAt + i * down;
      for (let j = xAt + c; j < at; j += count) {
        sum -= t[from] * x[j];
        from += right;
      }
      x[at] = unit ? sum : sum / t[from];
    }
  }
}

/** Likewise for the upper triangle of T, from the last row up. */
export function substituteBackward(
  x: Reals,
  xAt: number,
  count: number,
  t: Reals,
  tAt: number,
  down: number,
  right: number,
  n: number,
  unit: boolean,
): void {
  const end = xAt + n * count;
  let c = 0;
  for (; c + 3 < count; c += 4) {
    for (let i = n - 1; i >= 0; i--) {
      const at = xAt + i * count + c;
      let s0 = x[at];
      let s1 = x[at + 1];
      let s2 = x[at + 2];
      let s3 = x[at + 3];
      const diagonal = tAt + i * (down + right);
      let from = diagonal + right;
      for (let j = at + count; j < end; j += count) {
        const factor = t[from];
        s0 -= factor * x[j];
        s1 -= factor * x[j + 1];
        s2 -= factor * x[j + 2];
        s3 -= factor * x[j + 3];
        from += right;
      }
      const pivot = unit ? 1 : t[diagonal];
      x[at] = s0 / pivot;
      x[at + 1] = s1 / pivot;
      x[at + 2] = s2 / pivot;
      x[at + 3] = s3 / pivot;
    }
  }
  for (; c < count; c++) {
    for (let i = n - 1; i >= 0; i--) {
      const at = xAt + i * count + c;
      let sum = x[at];
      const diagonal = tAt + i * (down + right);
      let from = diagonal + right;
      for (let j = at + count; j < end; j += count) {
        sum -= t[from] * x[j];
        from += right;
      }
      x[at] = unit ? sum : sum / t[diagonal];
    }
  }
}

/** X = L⁻¹ B for the lower triangle of the n x n matrix L, and `count` columns of B. */
export function triangularSolve(
  x: Reals,
  xAt: number,
  l: Reals,
  lAt: number,
  b: Reals,
  bAt: number,
  n: number,
  count: number,
): void {
  for (let k = 0; k < n * count; k++) x[xAt + k] = b[bAt + k];
  substituteForward(x, xAt, count, l, lAt, n, 1, n, false);
}

/** X = L⁻ᵀ B. */
export function triangularSolveTransposed(
  x: Reals,
  xAt: number,
  l: Reals,
  lAt: number,
  b: Reals,
  bAt: number,
  n: number,
  count: number,
): void {
  for (let k = 0; k < n * count; k++) x[xAt + k] = b[bAt + k];
  substituteBackward(x, xAt, count, l, lAt, 1, n, n, false);
}
