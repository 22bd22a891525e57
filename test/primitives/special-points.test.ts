import { describe, expect, test } from "vitest";
import { constant as dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { AttributesOf, PrimitiveName } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { forward, parameter, reverse, valueOf } from "./harness.ts";

type Row = readonly [
  name: PrimitiveName,
  operands: readonly number[],
  value: number,
  partials: readonly number[],
  attributes?: AttributesOf[PrimitiveName],
];

const inf = Infinity;
const around = { low: dim(0), high: dim(1), interior: 0 };

/** Kinks, poles and zeros, by hand: the conventions of the language. */
const rows: readonly Row[] = [
  ["abs", [0], 0, [0]],
  ["abs", [-2], 2, [-1]],
  ["abs", [NaN], NaN, [NaN]],
  ["maximum", [1, 1], 1, [0.5, 0.5]],
  ["maximum", [2, 1], 2, [1, 0]],
  ["maximum", [1, 2], 2, [0, 1]],
  ["maximum", [NaN, 1], NaN, [1, 1]],
  ["minimum", [1, 1], 1, [0.5, 0.5]],
  ["minimum", [2, 1], 1, [0, 1]],
  ["minimum", [1, NaN], NaN, [1, 1]],
  ["hypot", [0, 0], 0, [0, 0]],
  ["hypot", [3, 4], 5, [0.6, 0.8]],
  ["sqrt", [0], 0, [inf]],
  ["sqrt", [4], 2, [0.25]],
  ["cbrt", [0], 0, [inf]],
  ["log", [0], -inf, [inf]],
  ["log1p", [-1], -inf, [inf]],
  ["asin", [1], Math.PI / 2, [inf]],
  ["acos", [-1], Math.PI, [-inf]],
  ["atanh", [1], inf, [inf]],
  ["acosh", [1], 0, [inf]],
  ["sign", [0], 0, [0]],
  ["floor", [1], 1, [0]],
  ["round", [0.5], 0, [0]],
  ["exp", [-1000], 0, [0]],
  ["sigmoid", [-1000], 0, [0]],
  ["sigmoid", [1000], 1, [0]],
  ["softplus", [1000], 1000, [1]],
  ["softplus", [-1000], 0, [0]],
  ["tanh", [100], 1, [0]],
  ["erf", [0], 0, [2 / Math.sqrt(Math.PI)]],
  ["divide", [1, 0], inf, [inf, -inf]],
  ["modulo", [-7, 3], 2, [1, 3]],
  ["floor_divide", [-7, 3], -3, [0, 0]],
  ["power", [0, 2], 0, [0, 0]],
  ["power", [0, 1], 0, [1, 0]],
  ["power", [0, 0.5], 0, [inf, 0]],
  ["power", [0, 0], 1, [0, 0]],
  // y x^(y - 1) and x^y log x, from above
  ["power", [0, -1], inf, [-inf, -inf]],
  ["power", [-2, 3], -8, [12, NaN]],
  ["power", [2, 0], 1, [0, Math.log(2)]],
  ["power", [1, 5], 1, [5, 0]],
  ["power", [1, Infinity], 1, [inf, 0]],
  ["power", [1, NaN], 1, [NaN, 0]],
  ["power_integer", [0], 1, [0], { exponent: 0 }],
  ["power_integer", [0], 0, [1], { exponent: 1 }],
  ["power_integer", [0], 0, [0], { exponent: 2 }],
  ["power_integer", [-3], 9, [-6], { exponent: 2 }],
  ["power_integer", [-2], -0.125, [-0.1875], { exponent: -3 }],
  ["power_integer", [0], inf, [-inf], { exponent: -1 }],
  ["atan2", [0, -1], Math.PI, [-1, -0]],
  ["atan2", [1, 0], Math.PI / 2, [0, -1]],
];

describe("kinks and hard points", () => {
  test.each(rows.map((row) => ({ row, title: `${row[0]}(${row[1].join(", ")})` })))("$title", ({ row }) => {
    const [name, x, value, partials, attributes = {}] = row;
    const b = createBuilder();
    const operands = x.map((_, k) => parameter(b, `x${k}`, []));
    const inputs = Object.fromEntries(x.map((v, k) => [`x${k}`, tensor([], [v])]));
    const node = b.create(name, operands, attributes);
    expect(valueOf(node, inputs).data[0]).toBe(value);
    operands.forEach((operand, k) => {
      const back = reverse(b, node, operand, e.like(b, 1, node)) ?? e.constant(b, 0);
      const found = valueOf(back, inputs).data[0];
      if (isFinite(partials[k])) expect(found).toBeCloseTo(partials[k], 14);
      else expect(found).toBe(partials[k]);
    });
  });

  test("select gives the branch not taken an exact zero, whatever it holds", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [2]);
    const node = e.select(b, e.less(b, 0, x), x, e.like(b, 0, x));
    const back = reverse(b, node, x, e.mul(b, x, Infinity)) ?? x;
    expect([...valueOf(back, { x: tensor([2], [0, 1]) }).data]).toEqual([0, Infinity]);
  });

  const reduce = (name: "reduce_max" | "reduce_min" | "reduce_product", entries: readonly number[]) => {
    const b = createBuilder();
    const x = parameter(b, "x", [entries.length]);
    const node = b.create(name, [x], { axes: [-1] });
    const inputs = { x: tensor([entries.length], entries) };
    const back = reverse(b, node, x, e.like(b, 1, node)) ?? x;
    return { value: valueOf(node, inputs).data[0], gradient: [...valueOf(back, inputs).data] };
  };

  test("what only moves entries keeps the sign of -0", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [1]);
    for (const node of [b.create("concat", [x], { axis: -1 }), e.pad(b, x, []), e.pad(b, x, [around])]) {
      expect(Object.is(valueOf(node, { x: tensor([1], [-0]) }).data[0], -0)).toBe(true);
    }
  });

  test("ties of max and min share equally", () => {
    expect(reduce("reduce_max", [3, 1, 3, 3])).toEqual({ value: 3, gradient: [1 / 3, 0, 1 / 3, 1 / 3] });
    expect(reduce("reduce_min", [1, 1])).toEqual({ value: 1, gradient: [0.5, 0.5] });
    expect(reduce("reduce_max", [Infinity, 0])).toEqual({ value: Infinity, gradient: [1, 0] });
  });

  test("the tangent of an extremum of no entries is 0, and not a mean of nothing", () => {
    const b = createBuilder();
    const [x, v] = [parameter(b, "x", [2, 0]), parameter(b, "v", [2, 0])];
    const tangent = forward(b, b.create("reduce_max", [x], { axes: [-1] }), x, v);
    const none = tensor([2, 0], []);
    expect([...valueOf(tangent, { x: none, v: none }).data]).toEqual([0, 0]);
  });

  test("NaN propagates through max and its gradient", () => {
    const { value, gradient } = reduce("reduce_max", [1, NaN]);
    expect(value).toBeNaN();
    expect(gradient).toEqual([NaN, NaN]);
  });

  test("the gradient of a product is exact with zeros", () => {
    expect(reduce("reduce_product", [2, 0, 3])).toEqual({ value: 0, gradient: [0, 6, 0] });
    expect(reduce("reduce_product", [0, 0, 3])).toEqual({ value: 0, gradient: [0, 0, 0] });
    expect(reduce("reduce_product", [1e-200, 1e-200, 1e300])).toEqual({ value: 0, gradient: [1e100, 1e100, 0] });
  });

  test("argmax takes the first of ties, and the first NaN", () => {
    const at = (name: "argmax" | "argmin", entries: readonly number[]): number => {
      const b = createBuilder();
      const node = b.create(name, [parameter(b, "x", [entries.length])], { axis: -1 });
      return valueOf(node, { x: tensor([entries.length], entries) }).data[0];
    };
    expect(at("argmax", [1, 5, 5, 2])).toBe(1);
    expect(at("argmin", [3, 1, 1])).toBe(1);
    expect(at("argmax", [1, NaN, 9, NaN])).toBe(1);
  });
});
