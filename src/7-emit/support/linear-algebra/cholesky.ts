import type { Reals } from "./reals.ts";

/**
 * The lower factor of A = L Lᵀ, from the lower triangle of A; zeros above. Where A is not positive definite, the lower triangle
 * of L is NaN. Row by row, each entry rounded once (Golub and Van Loan, Matrix Computations, 4.2.5).
 */
export function choleskyFactor(l: Reals, lAt: number, a: Reals, aAt: number, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = lAt + i * n;
    for (let j = 0; j <= i; j++) {
      const other = lAt + j * n;
      let s0 = a[aAt + i * n + j];
      let s1 = 0;
      let k = 0;
      for (; k + 1 < j; k += 2) {
        s0 -= l[row + k] * l[other + k];
        s1 -= l[row + k + 1] * l[other + k + 1];
      }
      if (k < j) s0 -= l[row + k] * l[other + k];
      const sum = s0 + s1;
      if (j < i) {
        l[row + j] = sum / l[other + j];
      } else if (sum > 0) {
        l[row + j] = Math.sqrt(sum);
      } else {
        for (let p = 0; p < n; p++) for (let q = 0; q < n; q++) l[lAt + p * n + q] = q <= p ? NaN : 0;
        return;
      }
    }
    for (let j = i + 1; j < n; j++) l[row + j] = 0;
  }
}
