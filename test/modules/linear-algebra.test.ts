// Linear algebra in compiled modules: singular matrices, orders up to three, batches, both precisions.
import { beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";

type Numbers = Float64Array | Float32Array;
type Emitted = (...args: readonly unknown[]) => unknown;

const source = `
fn solution(A: [n, n], b: [n]) = solve(A, b)
fn inverse(A: [n, n]) = inv(A)
fn determinant(A: [n, n]) = det(A)
derive determinant: value, gradient, hessian
fn logarithm(A: [n, n]) = logdet(A)
fn factor(A: [..., n, n]) = cholesky(A)
derive factor(A: [2, 2, 2]): value

/// -1/2 b A⁻¹ b - 1/2 log det A: value and gradient share the factors.
fn likelihood(A: [n, n], b: [n]) = -0.5 * b @ solve(A, b) - 0.5 * logdet(A)

/// Along A + t U at t = 0: derivatives of orders one to three.
fn determinants(A: [n, n], U: [n, n], t) {
  y = det(A + t * U)
  first = jvp(y, t, 1)
  second = jvp(first, t, 1)
  return first, second, jvp(second, t, 1)
}
derive determinants: value
fn solutions(A: [n, n], U: [n, n], b: [n], t) {
  y = solve(A + t * U, b)
  first = jvp(y, t, 1)
  second = jvp(first, t, 1)
  return first, second, jvp(second, t, 1)
}
derive solutions: value
fn logarithms(A: [n, n], U: [n, n], t) {
  y = logdet(A + t * U)
  first = grad(y, t)
  second = grad(first, t)
  return first, second, grad(second, t)
}
derive logarithms: value
fn factors(L: [n, n], M: [n, n], t) {
  y = cholesky((L + t * M) @ (L + t * M).T)
  first = jvp(y, t, 1)
  second = jvp(first, t, 1)
  return first, second, jvp(second, t, 1)
}
derive factors: value
`;

let doubles: Record<string, Emitted>;
let floats: Record<string, Emitted>;
beforeAll(async () => {
  doubles = (await evaluate(source, { path: "matrices.nn", precision: "f64" })) as Record<string, Emitted>;
  floats = (await evaluate(source, { path: "matrices.nn", precision: "f32" })) as Record<string, Emitted>;
});

const f64 = (...entries: readonly number[]): Float64Array => Float64Array.from(entries);
const near = (found: unknown, wanted: readonly number[], digits = 12): void => {
  const numbers = typeof found === "number" ? [found] : [...(found as Numbers)];
  expect(numbers).toHaveLength(wanted.length);
  wanted.forEach((value, k) => {
    expect(Math.abs(numbers[k] - value)).toBeLessThanOrEqual(10 ** -digits * (1 + Math.abs(value)));
  });
};

const rankTwo = f64(1, 2, 3, 2, 4, 6, 0.5, 0, 1);

describe("a singular matrix", () => {
  test("makes solutions and inverses that are not finite, and throws nothing", () => {
    const singular = f64(1, 2, 2, 4);
    expect([...(doubles.solution(singular, f64(1, 1)) as Numbers)].every((x) => !Number.isFinite(x))).toBe(true);
    expect([...(doubles.inverse(singular) as Numbers)].every((x) => !Number.isFinite(x))).toBe(true);
    expect([...(doubles.inverse(f64(0)) as Numbers)]).toEqual([Infinity]);
  });

  test("has determinant 0 and the transposed adjugate as its gradient, by hand", () => {
    const { value, gradient } = doubles.determinantGradient(rankTwo) as { value: number; gradient: { A: Numbers } };
    expect(value).toBe(0);
    // Cofactors: 4·1 - 6·0, -(2·1 - 6·0.5), 2·0 - 4·0.5; ...
    near(gradient.A, [4, 1, -2, -2, -0.5, 1, 0, 0, 0], 14);
    // Of rank one all cofactors vanish; the Hessian does not: d² det / (da dd) = 1 for [[a, b], [c, d]].
    const zero = doubles.determinantHessian(f64(0, 0, 0, 0)) as { gradient: { A: Numbers }; hessian: { A: { A: Numbers } } }; // prettier-ignore
    expect([...zero.gradient.A].map(Math.abs)).toEqual([0, 0, 0, 0]);
    near(zero.hessian.A.A, [0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0], 15);
  });

  test("has -inf as the logarithm of its determinant; a negative determinant has NaN", () => {
    expect(doubles.logarithm(rankTwo)).toBe(-Infinity);
    const { value, gradient } = doubles.logarithmGradient(f64(0, 1, 1, 0)) as { value: number; gradient: { A: Numbers } }; // prettier-ignore
    expect([value, ...gradient.A]).toEqual([NaN, 0, 0, 0, 0]);
  });
});

test("the factor of a matrix that is not positive definite is NaN below; the upper triangle is not read", () => {
  const found = doubles.factor(f64(4, 99, 2, 5, 1, 2, 2, 1)) as Numbers;
  expect([...found]).toEqual([2, 0, 1, 2, NaN, 0, NaN, NaN]);
});

test("no rows and no columns: a determinant of 1 and nothing else", () => {
  expect(doubles.determinant(f64())).toBe(1);
  expect(doubles.logarithm(f64())).toBe(0);
  expect([...(doubles.solution(f64(), f64()) as Numbers)]).toEqual([]);
});

describe("orders one to three", () => {
  const A = f64(0, 2, 1, -1, 1, 0.5, 3, 0, -2);
  const U = f64(1, 0.5, 0, 0.25, -1, 2, 0, 1, 1);
  const det = (m: Numbers): number => doubles.determinant(m) as number;
  const at = (t: number): Float64Array => A.map((a, k) => a + t * U[k]);

  test("of a determinant: the cubic det (A + t U), at a singular matrix too", () => {
    // c₃ = det U; c₁ and c₂ from the values at 1 and -1.
    const cubic = (base: (t: number) => Float64Array): number[] => {
      const [up, down, none, top] = [det(base(1)), det(base(-1)), det(base(0)), det(U)];
      return [(up - down) / 2 - top, up + down - 2 * none, 6 * top];
    };
    for (const base of [at, (t: number) => rankTwo.map((a, k) => a + t * U[k]), (t: number) => U.map((u) => t * u)]) {
      const found = doubles.determinants(base(0), U, 0) as Record<string, number>;
      near(f64(...Object.values(found)), cubic(base), 13);
    }
  });

  test("of a solution and of log det: powers of A⁻¹ U", () => {
    const inverse = doubles.inverse(A) as Numbers;
    const times = (x: Numbers, y: Numbers, k: number): Float64Array =>
      Float64Array.from({ length: 3 * k }, (_, c) => [0, 1, 2].reduce((sum, j) => sum + x[Math.floor(c / k) * 3 + j] * y[j * k + (c % k)], 0)); // prettier-ignore
    const step = times(inverse, U, 3);
    const b = f64(1, -2, 0.5);
    const [x0, scale] = [times(inverse, b, 1), [-1, 2, -6]];
    let x = x0;
    for (const [k, found] of Object.values(doubles.solutions(A, U, b, 0) as Record<string, Numbers>).entries()) {
      x = times(step, x, 1);
      near(found, [...x].map((v) => v * scale[k]), 11); // prettier-ignore
    }
    expect(det(A)).toBeLessThan(0);
    const flipped = A.map((a, k) => (k < 3 ? -a : a));
    const turned = U.map((u, k) => (k < 3 ? -u : u));
    let power = step;
    for (const [k, found] of Object.values(
      doubles.logarithms(flipped, turned, 0) as Record<string, number>,
    ).entries()) {
      near(found, [(power[0] + power[4] + power[8]) * [1, -1, 2][k]], 11);
      power = times(power, step, 3);
    }
  });

  test("of a Cholesky factor: the factor of (L + t M)(L + t M)ᵀ moves along M and bends nowhere", () => {
    const [L, M] = [f64(2, 0, 0, -1, 1, 0, 0.5, 3, 1.5), f64(1, 0, 0, 2, -1, 0, 0.25, 0, 1)];
    const { first, second, result2 } = doubles.factors(L, M, 0) as Record<string, Numbers>;
    near(first, [...M], 12);
    near(second, new Array<number>(9).fill(0), 12);
    near(result2, new Array<number>(9).fill(0), 11);
  });
});

test("f32: factors are rounded once, so that a solution errs by what the matrix is rounded to", () => {
  // A symmetric matrix of condition about 30: relative errors of a few units of 2^-24 times that.
  const n = 40;
  const A = Float32Array.from({ length: n * n }, (_, k) => Math.sin(k * k + 1) + (k % (n + 1) === 0 ? 12 : 0));
  const b = Float32Array.from({ length: n }, (_, k) => Math.cos(3 * k));
  const [single, double] = [floats.solution(A, b), doubles.solution(Float64Array.from(A), Float64Array.from(b))] as [Numbers, Numbers]; // prettier-ignore
  const error = Math.hypot(...single.map((x, k) => x - double[k])) / Math.hypot(...double);
  expect(error).toBeLessThan(30 * 4 * 2 ** -24);
  const { gradient } = floats.likelihoodGradient(Float32Array.of(2, 0.5, 0.5, 1), Float32Array.of(1, -1)) as { gradient: { A: Numbers; b: Numbers } }; // prettier-ignore
  // A⁻¹ = [1, -0.5; -0.5, 2] / 1.75; x = A⁻¹ b: 1/2 x xᵀ - 1/2 A⁻¹, and -x.
  const x = [1.5 / 1.75, -2.5 / 1.75];
  near(gradient.b, [-x[0], -x[1]], 6);
  near(gradient.A, [(x[0] * x[0] - 1 / 1.75) / 2, (x[0] * x[1] + 0.5 / 1.75) / 2, (x[0] * x[1] + 0.5 / 1.75) / 2, (x[1] * x[1] - 2 / 1.75) / 2], 6); // prettier-ignore
});
