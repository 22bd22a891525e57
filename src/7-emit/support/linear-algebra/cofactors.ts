import type { Reals } from "./reals.ts";
import { substituteBackward, substituteForward } from "./substitution.ts";

/*
 * The cofactor matrix, and its derivatives in given directions, from the factors that `luComplete` made: P A Q = L D U with ones
 * on the diagonals of L and U. Cofactors are multiplicative, those of D are products without division, and L and U are well
 * conditioned, so that all of it holds where A is singular (Stewart, On the adjugate matrix, 1998).
 */

/** W = L⁻¹ P B Q U⁻¹. */
export function moveDirection(w: Reals, wAt: number, f: Reals, fAt: number, b: Reals, bAt: number, n: number): void {
  const step = n + 1;
  const columns = fAt + n * step;
  for (let i = 0; i < n; i++) {
    const from = bAt + f[fAt + i * step + n] * n;
    for (let j = 0; j < n; j++) w[wAt + i * n + j] = b[from + f[columns + j]];
  }
  substituteForward(w, wAt, n, f, fAt, step, 1, n, true);
  for (let i = 0; i < n; i++) {
    const row = wAt + i * n;
    for (let k = 0; k < n; k++) {
      const own = fAt + k * step;
      // Where a pivot is 0 nothing is left of its row.
      if (f[own + k] === 0) break;
      const factor = w[row + k] / f[own + k];
      for (let j = k + 1; j < n; j++) w[row + j] -= factor * f[own + j];
    }
  }
}

/** The rows chosen from D and from the directions, while `cofactorMinors` runs. */
const chosenRows = /* @__PURE__ */ new Int32Array(32);

/**
 * W = the derivative of the cofactor matrix at D in the k directions that stand behind W, moved: entry (i, j) is the sum, over
 * all ways to take rows other than i from them, one from each, of the determinant of D with these rows and with row j of the
 * identity as row i. Of `m`, n entries are overwritten.
 */
export function cofactorMinors(
  m: Reals,
  mAt: number,
  w: Reals,
  wAt: number,
  f: Reals,
  fAt: number,
  n: number,
  k: number,
): void {
  for (let at = wAt; at < wAt + n * n; at++) w[at] = 0;
  chooseRows(m, mAt, w, wAt, f, fAt, n, k, 0);
}

/** Chooses row number `level` of 0 .. k in all ways, and adds up what each choice of all of them gives. */
export function chooseRows(
  m: Reals,
  mAt: number,
  w: Reals,
  wAt: number,
  f: Reals,
  fAt: number,
  n: number,
  k: number,
  level: number,
): void {
  if (level < k) {
    for (let r = 0; r < n; r++) {
      if (isChosen(r, level)) continue;
      chosenRows[level] = r;
      chooseRows(m, mAt, w, wAt, f, fAt, n, k, level + 1);
    }
    return;
  }
  // The last row: products of the other pivots, from the end and from the start.
  let rest = 1;
  for (let r = n - 1; r >= 0; r--) {
    m[mAt + r] = rest;
    if (!isChosen(r, k)) rest *= f[fAt + r * (n + 2)];
  }
  let before = 1;
  for (let r = 0; r < n; r++) {
    if (isChosen(r, k)) continue;
    chosenRows[k] = r;
    const others = before * m[mAt + r];
    const row = wAt + chosenRows[0] * n;
    for (let p = 0; p <= k; p++) {
      expandMinor(w, wAt, n, k, 1, 1 << p);
      w[row + chosenRows[p]] += others * (p % 2 === 0 ? minors[1] : -minors[1]);
    }
    before *= f[fAt + r * (n + 2)];
  }
}

function isChosen(row: number, count: number): boolean {
  for (let level = 0; level < count; level++) if (chosenRows[level] === row) return true;
  return false;
}

/** What `expandMinor` finds, by level: engines would allocate a number that it returned. */
const minors = /* @__PURE__ */ new Float64Array(33);

/** The determinant of the chosen rows `level` .. k of the directions, in the chosen columns whose bits are not in `without`. */
export function expandMinor(w: Reals, wAt: number, n: number, k: number, level: number, without: number): void {
  if (level > k) {
    minors[level] = 1;
    return;
  }
  const row = wAt + (level * n + chosenRows[level]) * n;
  let sum = 0;
  let sign = 1;
  for (let p = 0; p <= k; p++) {
    if ((without & (1 << p)) !== 0) continue;
    expandMinor(w, wAt, n, k, level + 1, without | (1 << p));
    sum += sign * w[row + chosenRows[p]] * minors[level + 1];
    sign = -sign;
  }
  minors[level] = sum;
}

/** M = det(P) det(Q) Pᵀ L⁻ᵀ W U⁻ᵀ Qᵀ. Overwrites W. */
export function cofactorsBack(m: Reals, mAt: number, f: Reals, fAt: number, w: Reals, wAt: number, n: number): void {
  const step = n + 1;
  const columns = fAt + n * step;
  const sign = f[columns + n];
  for (let i = 0; i < n; i++) {
    const row = wAt + i * n;
    for (let j = n - 1; j >= 0; j--) {
      const own = fAt + j * step;
      if (f[own + j] === 0) continue;
      let sum = 0;
      for (let k = j + 1; k < n; k++) sum += f[own + k] * w[row + k];
      w[row + j] -= sum / f[own + j];
    }
  }
  substituteBackward(w, wAt, n, f, fAt, 1, step, n, true);
  for (let i = 0; i < n; i++) {
    const to = mAt + f[fAt + i * step + n] * n;
    for (let j = 0; j < n; j++) m[to + f[columns + j]] = sign * w[wAt + i * n + j];
  }
}
