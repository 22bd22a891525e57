// Numbers that were rounded when they were stored, compared with numbers that were not.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/evaluate.ts";

type Gradient = (
  x: Float32Array | Float64Array,
  dims?: object,
) => { readonly gradient: { readonly x: ArrayLike<number> } };

describe.each([["f32", Float32Array] as const, ["f64", Float64Array] as const])("under %s", (precision, Reals) => {
  // Neither x / 3 nor 0.7 x is a number of single precision; the largest and the smallest are at known places.
  test.each([
    ["sum(max(x / 3, axis = -1))", 2, 1 / 3],
    ["sum(min(x / 3, axis = -1))", 0, 1 / 3],
    ["max(0.7 * x[1])", 2, 0.7],
  ])("the gradient of %s is at the extreme entry", async (body, place, slope) => {
    const module = await evaluate(`fn f(x: [2, n]) = ${body}`, { path: "case.nn", precision });
    const x = Reals.of(-1.3, 0.1, 2.9, -0.7, 0.2, 1.9);
    const { gradient } = (module.fGradient as Gradient)(x);
    const rows = body.startsWith("sum") ? [0, 1] : [1];
    const expected = Array.from({ length: 6 }, (_, k) => (rows.some((row) => k === 3 * row + place) ? slope : 0));
    expect(Array.from(gradient.x)).toEqual(Array.from(Reals.from(expected)));
  });

  test("and of many rows", async () => {
    const module = await evaluate("fn f(x: [m, n]) = sum(max(x * 0.7, axis = 0))", { path: "case.nn", precision });
    const x = Reals.from(Array.from({ length: 600 }, (_, k) => Math.sin(k * k)));
    const { gradient } = (module.fGradient as Gradient)(x, { m: 20, n: 30 });
    const column = (k: number): number[] => Array.from({ length: 20 }, (_, row) => x[30 * row + (k % 30)]);
    const expected = Array.from(x, (value, k) => (value === Math.max(...column(k)) ? 0.7 : 0));
    expect(Array.from(gradient.x)).toEqual(Array.from(Reals.from(expected)));
  });
});
