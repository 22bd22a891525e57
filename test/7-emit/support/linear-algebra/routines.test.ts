// The routines on whole matrices: residuals within Higham's bounds, offsets into arrays, rank, pivots.
import { describe, expect, test } from "vitest";
import { choleskyFactor } from "../../../../src/7-emit/support/linear-algebra/cholesky.ts";
import {
  cofactorMinors,
  cofactorsBack,
  moveDirection,
} from "../../../../src/7-emit/support/linear-algebra/cofactors.ts";
import { luComplete, luPartial, luSolve, luSolveTransposed } from "../../../../src/7-emit/support/linear-algebra/lu.ts";
import { triangularSolve, triangularSolveTransposed } from "../../../../src/7-emit/support/linear-algebra/substitution.ts"; // prettier-ignore
import { generator } from "../../../primitives/harness.ts";

type Reals = Float32Array | Float64Array;
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 13];
const precisions = [
  { name: "f64", Type: Float64Array, unit: 2 ** -53 },
  { name: "f32", Type: Float32Array, unit: 2 ** -24 },
];
/** Where matrices begin in their arrays; the rest stays as it is. */
const start = 3;

function random(Type: typeof Float32Array | typeof Float64Array, count: number, seed: number): Reals {
  const next = generator(seed);
  const numbers = new Type(start + count);
  for (let k = 0; k < numbers.length; k++) numbers[k] = 2 * next() - 1;
  return numbers;
}

/** |P A Q - L U| and |L| |U|, entry by entry. */
function residuals(a: Reals, f: Reals, n: number): { readonly found: number[]; readonly size: number[] } {
  const step = n + 1;
  const entry = (i: number, j: number): number => f[start + i * step + j];
  const [found, size]: [number[], number[]] = [[], []];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let [sum, absolute] = [0, 0];
      for (let k = 0; k <= Math.min(i, j); k++) {
        const product = (k === i ? 1 : entry(i, k)) * entry(k, j);
        sum += product;
        absolute += Math.abs(product);
      }
      found.push(Math.abs(a[start + entry(i, n) * n + entry(n, j)] - sum));
      size.push(absolute);
    }
  }
  return { found, size };
}

describe.each(precisions)("$name", ({ Type, unit }) => {
  test.each(sizes)("factors of a matrix of %i rows", (n) => {
    const a = random(Type, n * n, 5 + n);
    for (const routine of [luPartial, luComplete]) {
      const f = new Type(start + (n + 1) ** 2 + 1).fill(99);
      routine(f, start, a, start, n);
      const { found, size } = residuals(a, f, n);
      found.forEach((r, k) => {
        expect(r).toBeLessThanOrEqual((n + 1) * unit * size[k]);
      });
      expect([f[start - 1], f[f.length - 1]]).toEqual([99, 99]);
      for (let i = 1; i < n; i++)
        for (let j = 0; j < i; j++) expect(Math.abs(f[start + i * (n + 1) + j])).toBeLessThanOrEqual(1);
    }
  });

  test.each(sizes)("solutions for %i unknowns, of one to six columns", (n) => {
    const a = random(Type, n * n, 50 + n);
    for (let i = 0; i < n; i++) a[start + i * n + i] += 3 * (i % 2 === 0 ? 1 : -1);
    // The lower triangle alone is read: what is above it does not count.
    const f = new Type(start + (n + 1) ** 2);
    luPartial(f, start, a, start, n);
    for (const count of [1, 4, 6]) {
      const b = random(Type, n * count, 70 + n + count);
      const solvers = [
        { solve: luSolve, matrix: f, entry: (i: number, j: number) => a[start + i * n + j] },
        { solve: luSolveTransposed, matrix: f, entry: (i: number, j: number) => a[start + j * n + i] },
        { solve: triangularSolve, matrix: a, entry: (i: number, j: number) => (j <= i ? a[start + i * n + j] : 0) },
        { solve: triangularSolveTransposed, matrix: a, entry: (i: number, j: number) => (i <= j ? a[start + j * n + i] : 0) }, // prettier-ignore
      ];
      for (const { solve, matrix, entry } of solvers) {
        const x = new Type(start + n * count);
        solve(x, start, matrix, start, b, start, n, count);
        for (let i = 0; i < n; i++) {
          for (let c = 0; c < count; c++) {
            let [sum, size] = [0, Math.abs(b[start + i * count + c])];
            for (let j = 0; j < n; j++) {
              sum += entry(i, j) * x[start + j * count + c];
              size += Math.abs(entry(i, j) * x[start + j * count + c]);
            }
            // The factors of so dominant a matrix grow by little.
            expect(Math.abs(sum - b[start + i * count + c])).toBeLessThanOrEqual(12 * (n + 1) * unit * size);
          }
        }
      }
    }
  });

  test.each(sizes)("Cholesky factors of %i rows", (n) => {
    const x = random(Type, n * n, 90 + n);
    const a = new Type(start + n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        a[start + i * n + j] = i === j ? 0.5 : 0;
        for (let k = 0; k < n; k++) a[start + i * n + j] += x[start + i * n + k] * x[start + j * n + k];
      }
    const l = new Type(start + n * n);
    choleskyFactor(l, start, a, start, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let [sum, size] = [0, 0];
        for (let k = 0; k <= j; k++) {
          sum += l[start + i * n + k] * l[start + j * n + k];
          size += Math.abs(l[start + i * n + k] * l[start + j * n + k]);
        }
        expect(Math.abs(sum - a[start + i * n + j])).toBeLessThanOrEqual(2 * (n + 1) * unit * size);
      }
    }
  });
});

test("complete pivoting shows the rank", () => {
  // The last row is the sum of the others; pivots are powers of two, so that nothing is rounded.
  const a = Float64Array.of(8, 4, 0, 4, 0, 2, 2, 0, 0, 0, 0, 0, 8, 6, 2, 4);
  const f = new Float64Array(25);
  luComplete(f, 0, a, 0, 4);
  expect([f[0], f[6], f[12], f[18]].map((pivot) => pivot !== 0)).toEqual([true, true, false, false]);
});

test("cofactors of third order vanish with fewer rows, and are permutations of three", () => {
  // Of the zero matrix along B and C: cofactor (i, j) is the mixed minor; for diagonal B = C = 1 that is 2 on the diagonal.
  const n = 3;
  const [a, one] = [new Float64Array(9), Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)];
  const [f, w, m] = [new Float64Array(16), new Float64Array(27), new Float64Array(9)];
  luComplete(f, 0, a, 0, n);
  moveDirection(w, 9, f, 0, one, 0, n);
  moveDirection(w, 18, f, 0, one, 0, n);
  cofactorMinors(m, 0, w, 0, f, 0, n, 2);
  cofactorsBack(m, 0, f, 0, w, 0, n);
  expect([...m]).toEqual([2, 0, 0, 0, 2, 0, 0, 0, 2]);
  cofactorMinors(m, 0, w, 0, f, 0, n, 1);
  cofactorsBack(m, 0, f, 0, w, 0, n);
  expect([...m].map(Math.abs)).toEqual(new Array(9).fill(0));
});
