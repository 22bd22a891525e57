/** Linear algebra on complex matrices, by definitions and plain elimination. */
import * as c from "./complex.ts";
import type { Complex } from "./complex.ts";

export type Matrix = readonly (readonly Complex[])[];

const zero = c.complex(0);
const one = c.complex(1);
const size = (z: Complex): number => Math.hypot(z.re, z.im);

/** Rows of A beside those of B, brought to triangular form with the largest pivots of each column; the product of them. */
function eliminate(a: Matrix, b: Matrix): { readonly a: Complex[][]; readonly b: Complex[][]; readonly det: Complex } {
  const [left, right] = [a.map((row) => [...row]), b.map((row) => [...row])];
  let det = one;
  for (let k = 0; k < left.length; k++) {
    let p = k;
    for (let i = k + 1; i < left.length; i++) if (size(left[i][k]) > size(left[p][k])) p = i;
    if (p !== k) {
      [left[k], left[p]] = [left[p], left[k]];
      if (right.length > 0) [right[k], right[p]] = [right[p], right[k]];
      det = c.negate(det);
    }
    det = c.multiply(det, left[k][k]);
    if (size(left[k][k]) === 0) continue;
    for (let i = k + 1; i < left.length; i++) {
      const factor = c.divide(left[i][k], left[k][k]);
      left[i] = left[i].map((z, j) => c.subtract(z, c.multiply(factor, left[k][j])));
      if (right.length > 0) right[i] = right[i].map((z, j) => c.subtract(z, c.multiply(factor, right[k][j])));
    }
  }
  return { a: left, b: right, det };
}

export function determinant(a: Matrix): Complex {
  return eliminate(a, []).det;
}

export function solve(a: Matrix, b: Matrix): Complex[][] {
  const { a: upper, b: x } = eliminate(a, b);
  for (let i = a.length - 1; i >= 0; i--) {
    x[i] = x[i].map((z, k) => {
      let value = z;
      for (let j = i + 1; j < a.length; j++) value = c.subtract(value, c.multiply(upper[i][j], x[j][k]));
      return c.divide(value, upper[i][i]);
    });
  }
  return x;
}

export function transpose(a: Matrix): Complex[][] {
  return a.map((_, i) => a.map((row) => row[i]));
}

/** The lower triangle alone. */
export function lower(a: Matrix): Complex[][] {
  return a.map((row, i) => row.map((z, j) => (j <= i ? z : zero)));
}

/** Entry (i, j): the sum over all ways to replace rows other than i by those of the directions of the determinant with row j of the identity as row i. */
export function cofactors(a: Matrix, directions: readonly Matrix[]): Complex[][] {
  return a.map((_, i) =>
    a.map((__, j) => {
      const unit = a.map((___, k) => (k === j ? one : zero));
      const total = (rows: Matrix, left: readonly Matrix[], free: readonly number[]): Complex => {
        const [direction, ...others] = left;
        if (left.length === 0) return determinant(rows);
        return free
          .map((r) =>
            total(
              rows.with(r, direction[r]),
              others,
              free.filter((k) => k !== r),
            ),
          ) // prettier-ignore
          .reduce(c.add, zero);
      };
      const free = a.map((___, k) => k).filter((k) => k !== i);
      return total(a.with(i, unit), directions, free);
    }),
  );
}

/** The lower factor of (A + Aᵀ) / 2 = L Lᵀ (no conjugates: it is analytic). */
export function cholesky(a: Matrix): Complex[][] {
  const l = a.map((row) => row.map(() => zero));
  for (let j = 0; j < a.length; j++) {
    for (let i = j; i < a.length; i++) {
      let value = c.scale(c.add(a[i][j], a[j][i]), 0.5);
      for (let k = 0; k < j; k++) value = c.subtract(value, c.multiply(l[i][k], l[j][k]));
      l[i][j] = i === j ? c.sqrt(value) : c.divide(value, l[j][j]);
    }
  }
  return l;
}
