// Where running error bounds must say more than rounding does: results that underflowed, poles, branch cuts, signs of zeros.
import { describe, expect, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { evaluate, type EvaluateOptions } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder, graphOf, parameter } from "../5-simplify/support.ts";

type Build = (b: GraphBuilder, x: Node, y: Node) => Node;

/** The value and its bound at x and y, which are known to `error`. */
function at(build: Build, [x, y]: readonly [number, number], error = 0, options: Partial<EvaluateOptions> = {}): Value {
  const b = createBuilder();
  const [p, q] = [parameter(b, "x"), parameter(b, "y")];
  const graph = graphOf({ result: e.reshape(b, build(b, p, q), []) });
  const given = (value: number): Value => ({ element: "real", shape: [], data: Float64Array.of(value), error: Float64Array.of(error) }); // prettier-ignore
  const inputs = new Map([["x", given(x)], ["y", given(y)]]); // prettier-ignore
  const found = evaluate(graph, inputs, { dims: new Map(), ...options }).get("result");
  if (found === undefined) throw new Error("no result");
  return found;
}

const power =
  (exponent: number): Build =>
  (b, x) =>
    b.create("power_integer", [x], { exponent });

describe("a result that underflowed to 0 has an error, an exact 0 has none", () => {
  const cases: readonly (readonly [string, Build, readonly [number, number], readonly [number, number]])[] = [
    ["multiply", (b, x, y) => e.mul(b, x, y), [1e-200, 1e-200], [0, 1e-200]],
    ["divide", (b, x, y) => e.div(b, x, y), [1e-200, 1e200], [1, Infinity]],
    ["power", (b, x, y) => e.pow(b, x, y), [1e-200, 2.5], [0, 2.5]],
    ["power_integer", power(3), [-1e-200, 0], [0, 0]],
    ["exp", (b, x) => e.exp(b, x), [-1e30, 0], [-Infinity, 0]],
    ["sigmoid", (b, x) => e.sigmoid(b, x), [-1e30, 0], [-Infinity, 0]],
    ["softplus", (b, x) => e.softplus(b, x), [-1e30, 0], [-Infinity, 0]],
    ["erfc", (b, x) => b.create("erfc", [x], {}), [1e30, 0], [Infinity, 0]],
    ["atan2", (b, x, y) => b.create("atan2", [x, y], {}), [1e-200, 1e200], [0, 1]],
  ];
  test.each(cases)("%s", (_, build, vanishing, exact) => {
    for (const unitRoundoff of [2 ** -53, 2 ** -24]) {
      const [small, zero] = [vanishing, exact].map((point) => at(build, point, 0, { unitRoundoff }));
      expect([small.data[0], zero.data[0]].map(Math.abs)).toEqual([0, 0]);
      expect(small.error[0]).toBeGreaterThan(0);
      expect(small.error[0]).toBeLessThan(1e-40);
      expect(zero.error[0]).toBe(0);
    }
  });

  test("so that a choice by whether it is 0 may be the other one", () => {
    const guarded: Build = (b, x) => e.select(b, e.equalTo(b, e.sigmoid(b, x), 0), 0, 1);
    expect(at(guarded, [-1e30, 0]).error[0]).toBe(1);
    expect(at(guarded, [1, 0]).error[0]).toBe(0);
  });
});

describe("signs of zeros, where rewriting does not keep them", () => {
  const freeZeros = true;
  const atan2: Build = (b, x, y) => b.create("atan2", [x, y], {});
  const apart: readonly (readonly [string, Build, readonly [number, number], number])[] = [
    ["atan2(0, -1): -pi or pi", atan2, [0, -1], 2 * Math.PI],
    ["atan2(-0, -0): any of four", atan2, [-0, -0], 2 * Math.PI],
    ["1/0", (b, x, y) => e.div(b, x, y), [1, 0], Infinity],
    ["0^-1", power(-1), [0, 0], Infinity],
    ["0^-1.5", (b, x, y) => e.pow(b, x, y), [0, -1.5], Infinity],
  ];
  test.each(apart)("%s", (_, build, point, bound) => {
    expect(at(build, point, 0, { freeZeros }).error[0]).toBeGreaterThanOrEqual(bound);
    expect(at(build, point).error[0]).toBeLessThan(1e-14);
  });

  test("no others", () => {
    for (const [build, point] of [
      [atan2, [0, 1]],
      [atan2, [1, -0]],
      [(b, x, y) => e.div(b, x, y), [0, 2]],
      [power(2), [0, 0]],
    ] as readonly (readonly [Build, readonly [number, number]])[]) {
      expect(at(build, point, 0, { freeZeros }).error[0]).toBeLessThan(1e-14);
    }
  });
});

describe("a pole or a cut within the error of an operand", () => {
  test.each([-1, -2, -3])("x^%i", (exponent) => {
    expect(at(power(exponent), [1e-3, 0], 1e-2).error[0]).toBe(Infinity);
    expect(at(power(exponent), [1, 0], 1e-2).error[0]).toBeLessThan(0.1);
  });

  test("atan2 moves by a whole turn", () => {
    const atan2: Build = (b, x, y) => b.create("atan2", [x, y], {});
    expect(at(atan2, [1e-17, -1], 1e-16).error[0]).toBeGreaterThanOrEqual(2 * Math.PI);
    expect(at(atan2, [1e-17, 1], 1e-16).error[0]).toBeLessThan(1e-15);
  });
});
