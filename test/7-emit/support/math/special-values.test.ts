import { describe, expect, it } from "vitest";
import { mathFunction, mathFunctions, type MathFunction } from "../../../../src/7-emit/support/math/index.ts";

const inf = Infinity;
const pi = Math.PI;

/**
 * Arguments and values that IEEE 754 (9.2) and C99 (annex F.9) fix, NumPy where they are silent (mod, div, sign), and
 * limits for the functions that no standard has (sigmoid, softplus). Exact: Object.is.
 */
const unary: Partial<Record<MathFunction, [number, number][]>> = {
  exp: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [-inf, 0],
    [1e300, inf],
    [-1e300, 0],
    [5e-324, 1],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -1],
    [1e300, inf],
    [-1e300, -1],
    [5e-324, 5e-324],
  ],
  log: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [inf, inf],
    [-1, NaN],
    [-inf, NaN],
    [-5e-324, NaN],
  ],
  log2: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [inf, inf],
    [-1, NaN],
    [8, 3],
    [2 ** -1074, -1074],
    [2 ** 1023, 1023],
  ],
  log10: [
    [1, 0],
    [0, -inf],
    [-0, -inf],
    [inf, inf],
    [-1, NaN],
    [1000, 3],
    [1e22, 22],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, -inf],
    [-2, NaN],
    [inf, inf],
    [-inf, NaN],
    [5e-324, 5e-324],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [inf, NaN],
    [-inf, NaN],
    [-5e-324, -5e-324],
  ],
  cos: [
    [inf, NaN],
    [-inf, NaN],
  ],
  tan: [
    [0, 0],
    [-0, -0],
    [inf, NaN],
    [-inf, NaN],
    [-5e-324, -5e-324],
  ],
  asin: [
    [0, 0],
    [-0, -0],
    [1, pi / 2],
    [-1, -pi / 2],
    [1.1, NaN],
    [-inf, NaN],
  ],
  acos: [
    [1, 0],
    [-1, pi],
    [0, pi / 2],
    [1.1, NaN],
    [inf, NaN],
  ],
  atan: [
    [0, 0],
    [-0, -0],
    [inf, pi / 2],
    [-inf, -pi / 2],
    [-5e-324, -5e-324],
  ],
  sinh: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -inf],
    [1e300, inf],
  ],
  cosh: [
    [0, 1],
    [-0, 1],
    [inf, inf],
    [-inf, inf],
    [-1e300, inf],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [-inf, -1],
    [-1e300, -1],
    [5e-324, 5e-324],
  ],
  asinh: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -inf],
  ],
  acosh: [
    [1, 0],
    [inf, inf],
    [0.5, NaN],
    [-inf, NaN],
  ],
  atanh: [
    [0, 0],
    [-0, -0],
    [1, inf],
    [-1, -inf],
    [1.5, NaN],
    [-inf, NaN],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [inf, 1],
    [-inf, -1],
    [1e300, 1],
  ],
  erfc: [
    [0, 1],
    [-0, 1],
    [inf, 0],
    [-inf, 2],
    [1e300, 0],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [inf, 1],
    [-inf, 0],
    [1e300, 1],
    [-1e300, 0],
  ],
  softplus: [
    [inf, inf],
    [-inf, 0],
    [1e300, 1e300],
    [-1e300, 0],
  ],
  cbrt: [
    [0, 0],
    [-0, -0],
    [inf, inf],
    [-inf, -inf],
    [-27, -3],
    [1e-300, 1e-100],
  ],
  round: [
    [0.5, 0],
    [-0.5, -0],
    [1.5, 2],
    [2.5, 2],
    [-2.5, -2],
    [-0, -0],
    [0, 0],
    [inf, inf],
    [-inf, -inf],
    [2 ** 53 - 1, 2 ** 53 - 1],
    [0.49999999999999994, 0],
  ],
  sign: [
    [5e-324, 1],
    [-inf, -1],
    [0, 0],
    [-0, 0],
  ],
};

const binary: Partial<Record<MathFunction, [number, number, number][]>> = {
  atan2: [
    [0, 0, 0],
    [-0, 0, -0],
    [0, -0, pi],
    [-0, -0, -pi],
    [0, -1, pi],
    [-0, -1, -pi],
    [0, 1, 0],
    [-0, 1, -0],
    [1, 0, pi / 2],
    [-1, -0, -pi / 2],
    [inf, inf, pi / 4],
    [inf, -inf, (3 * pi) / 4],
    [-inf, -inf, (-3 * pi) / 4],
    [1, inf, 0],
    [-1, inf, -0],
    [1, -inf, pi],
    [-1, -inf, -pi],
    [inf, 1, pi / 2],
    [-inf, -1, -pi / 2],
    [NaN, 0, NaN],
    [0, NaN, NaN],
    [NaN, inf, NaN],
  ],
  pow: [
    [1, 1e308, 1],
    [1, -1e300, 1],
    [-1, 1e308, 1],
    [0, 3, 0],
    [-0, 3, -0],
    [-0, 2, 0],
    [0, -3, inf],
    [-0, -3, -inf],
    [-0, -2, inf],
    [-0, 0.5, 0],
    [-0, -0.5, inf],
    [NaN, 0, 1],
    [1, NaN, 1],
    [1, inf, 1],
    [-1, inf, 1],
    [-1, -inf, 1],
    [NaN, 1, NaN],
    [2, NaN, NaN],
    [0.5, inf, 0],
    [0.5, -inf, inf],
    [-2, inf, inf],
    [2, -inf, 0],
    [inf, 2, inf],
    [inf, -1, 0],
    [-inf, 3, -inf],
    [-inf, -3, -0],
    [-inf, 2, inf],
    [-inf, 0.5, inf],
    [-8, 1 / 3, NaN],
    [-2, 1e300, inf],
    [-2, 3, -8],
    [0, inf, 0],
    [0, -inf, inf],
    [2, 1e300, inf],
    [0.5, 1e300, 0],
  ],
  powi: [
    [0, 0, 1],
    [NaN, 0, 1],
    [-0, 3, -0],
    [-0, -3, -inf],
    [0, -2, inf],
    [-inf, 3, -inf],
    [-inf, -3, -0],
    [-2, 5, -32],
    [3, 33, 5559060566555523],
    [-7, 18, 1628413597910449],
    [2, -1074, 5e-324],
    [2, 1023, 2 ** 1023],
    [2, 1024, inf],
    [inf, -1, 0],
  ],
  hypot: [
    [0, -0, 0],
    [-3, 4, 5],
    [inf, NaN, inf],
    [NaN, -inf, inf],
    [NaN, 1, NaN],
    [5e-324, 0, 5e-324],
    [3e307, 4e307, 5e307],
  ],
  mod: [
    [-1, 3, 2],
    [1, -3, -2],
    [6, -3, -0],
    [-6, 3, 0],
    [5, inf, 5],
    [-5, inf, inf],
    [5, 0, NaN],
    [inf, 2, NaN],
    [5.5, 2, 1.5],
    [NaN, 1, NaN],
  ],
  div: [
    [-1, 3, -1],
    [7, 2, 3],
    [-7, 2, -4],
    [7, -2, -4],
    [1, 0, inf],
    [-1, 0, -inf],
    [0, 0, NaN],
    [5, inf, 0],
    [-5, inf, -1],
    [NaN, 1, NaN],
    [-0, 1, -0],
  ],
};

describe.each(["f32", "f64"] as const)("special values, %s", (precision) => {
  const stored = precision === "f32" ? Math.fround : (x: number): number => x;
  const same = (a: number, b: number): boolean => Object.is(stored(a), stored(b));

  it.each(Object.entries(unary))("%s", (name, cases) => {
    const f = mathFunction(name as MathFunction, precision);
    for (const [x, expected] of [...cases, [NaN, NaN]]) {
      const result = f(x, 0);
      if (!same(result, expected)) expect.fail(`${name}(${x}) = ${result}, not ${expected}`);
    }
  });

  it.each(Object.entries(binary))("%s", (name, cases) => {
    const f = mathFunction(name as MathFunction, precision);
    for (const [x, y, expected] of cases) {
      const result = f(x, y);
      if (!same(result, expected)) expect.fail(`${name}(${x}, ${y}) = ${result}, not ${expected}`);
    }
  });

  it("covers every function", () => {
    expect(Object.keys({ ...unary, ...binary }).sort()).toEqual([...mathFunctions].sort());
  });
});
