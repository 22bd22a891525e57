// Sums of terms by themselves: read off a graph, collected, multiplied out and written down again, whatever it costs.
import { describe, expect, it } from "vitest";
import { constantOf } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import { FactTable } from "../../src/ir/facts.ts";
import type { Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { collect, compose } from "../../src/5-simplify/compose.ts";
import { Decomposer } from "../../src/5-simplify/decompose.ts";
import type { Term } from "../../src/5-simplify/term.ts";
import { createBuilder, formula, graphOf, parameter, randoms } from "./support.ts";

const isProduct = (node: Node): boolean => e.is(node, "multiply") || e.is(node, "divide") || e.is(node, "negate");
const mayEnter = (node: Node): boolean =>
  isProduct(node) ||
  (e.is(node, "broadcast") && isProduct(node.operands[0])) ||
  ["add", "subtract", "power_integer", "convert", "select"].includes(node.primitive);

function termsOf(
  b: GraphBuilder,
  node: Node,
): { readonly read: readonly Term[]; readonly expanded: readonly Term[] | null } {
  const decomposer = new Decomposer(b, mayEnter, () => false, 64);
  const read = decomposer.sum(node);
  return { read, expanded: decomposer.exceeded ? null : decomposer.expand(read) };
}

/** `live`: what the graph has anyway. */
function written(b: GraphBuilder, terms: readonly Term[], node: Node, live: readonly Node[] = []): Node {
  const rounded = new FactTable(b, { rounded: true });
  const isLive = (other: Node): boolean => live.includes(other);
  return compose({ b, rounded, shape: node.shape, element: node.element, isLive }, collect(terms));
}

function valueOf(node: Node, inputs: Readonly<Record<string, readonly number[]>>): Value {
  const graph = graphOf({ result: node });
  const given = graph.parameters.map(({ attributes: { name }, element, shape }): [string, Value] => [
    name,
    tensor(shape.map((size) => constantOf(size) ?? 0), inputs[name], element), // prettier-ignore
  ]);
  const found = evaluate(graph, new Map(given), { dims: new Map() }).get("result");
  if (found === undefined) throw new Error("no result");
  return found;
}

const inputs = { x: [0.3, 1.25, 2], y: [2.5, 0.5, 1.5], z: [1, 3, 0.75], s: [1.75] };

/** A random expression of x, y, z (of three entries) and s (a number), of sums, products, powers and conditions. */
function randomExpression(b: GraphBuilder, seed: number): Node {
  const numbers = randoms(seed, 400, 0, 1);
  let at = 0;
  const next = (count: number): number => Math.floor(numbers[at++ % numbers.length] * count);
  const leaves = ["x", "y", "z"].map((name) => parameter(b, name, [3]));
  const s = parameter(b, "s");
  const conditions = [e.less(b, leaves[0], leaves[1]), e.less(b, leaves[2], leaves[1]), e.less(b, leaves[0], 1)];
  const make = (depth: number): Node => {
    const leaf = leaves[next(3)];
    if (depth === 0) return next(4) === 0 ? e.like(b, [2, 3, -5, 0.5, 1, -1][next(6)], leaf) : leaf;
    const condition = conditions[next(3)];
    switch (next(12)) {
      case 0:
      case 1:
        return e.add(b, make(depth - 1), make(depth - 1));
      case 2:
      case 3:
        return e.sub(b, make(depth - 1), make(depth - 1));
      case 4:
      case 5:
        return e.mul(b, make(depth - 1), make(depth - 1));
      case 6:
        return e.div(b, make(depth - 1), next(2) === 0 ? leaf : e.like(b, [3, -3, 7, 4][next(4)], leaf));
      case 7:
        return e.neg(b, make(depth - 1));
      case 8:
        return b.create("power_integer", [next(2) === 0 ? leaf : e.mul(b, leaf, leaves[next(3)])], { exponent: [-2, -1, 2, 3][next(4)] }); // prettier-ignore
      case 9:
        return next(2) === 0 ? e.select(b, condition, make(depth - 1), 0) : e.select(b, condition, 0, make(depth - 1));
      case 10:
        return e.mul(b, make(depth - 1), e.convert(b, condition, "real"));
      default:
        return e.mul(
          b,
          make(depth - 1),
          e.broadcastTo(b, next(2) === 0 ? e.mul(b, s, -3) : e.div(b, 2, s), leaf.shape),
        );
    }
  };
  return make(4);
}

describe("sums of terms", () => {
  it("are what they were read from, as they stand and multiplied out, whatever the expression", () => {
    let compared = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const b = createBuilder();
      const node = randomExpression(b, seed);
      const wanted = valueOf(node, inputs);
      const { read, expanded } = termsOf(b, node);
      for (const terms of [read, expanded]) {
        if (terms === null) continue;
        const actual = valueOf(written(b, terms, node), inputs);
        expect(actual.data.length).toBe(wanted.data.length);
        actual.data.forEach((value, k) => {
          if (!Number.isFinite(wanted.data[k])) return;
          const isClose = Math.abs(value - wanted.data[k]) <= wanted.error[k] + actual.error[k];
          expect([seed, formula(node), value, wanted.data[k], isClose]).toEqual([seed, formula(node), value, wanted.data[k], true]); // prettier-ignore
          compared++;
        });
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  type Parts = Readonly<Record<"x" | "y" | "z" | "c" | "d", Node>>;
  const forms: Readonly<Record<string, readonly [build: (b: GraphBuilder, p: Parts) => Node, wanted: string]>> = {
    "a sign that all share in front": [
      (b, { x, y, z }) => e.sub(b, e.neg(b, e.mul(b, x, y)), e.mul(b, x, z)),
      "-((y + z) * x)",
    ],
    "one divisor that all share": [(b, { x, y }) => e.add(b, e.div(b, x, 3), e.div(b, y, 3)), "((x + y) / 3)"],
    "the divisor of each": [(b, { x, y }) => e.add(b, e.div(b, x, 3), e.div(b, y, 5)), "((x / 3) + (y / 5))"],
    "what most have in common taken out": [
      (b, { x, y, z }) => e.add(b, e.add(b, e.mul(b, x, y), z), e.mul(b, x, x)),
      "(((y + x) * x) + z)",
    ],
    "conditions in any order collected": [
      (b, { x, c, d }) => e.add(b, e.select(b, c, e.select(b, d, x, 0), 0), e.select(b, d, e.select(b, c, x, 0), 0)),
      "select(and((x < y), (y < z)), (2 * x), 0)",
    ],
    // Where neither holds the sum is 0, even if x is.
    "a divisor kept under conditions that may both fail": [
      (b, { x, y, z, c, d }) => e.add(b, e.select(b, c, e.div(b, y, x), 0), e.select(b, d, e.div(b, z, x), 0)),
      "(select((x < y), (y / x), 0) + select((y < z), (z / x), 0))",
    ],
    "a quotient again where the divisor's square might vanish": [
      (b, { x, y }) => {
        const divisor = e.log(b, e.sigmoid(b, y));
        return e.div(b, e.div(b, x, divisor), divisor);
      },
      "((x / log(sigmoid(y))) / log(sigmoid(y)))",
    ],
    "the divisor's square where it is far from 0": [
      (b, { x, y }) => {
        const divisor = e.min(b, e.log(b, e.sigmoid(b, y)), -1);
        return e.div(b, e.div(b, x, divisor), divisor);
      },
      "(x / minimum(log(sigmoid(y)), -1)^2)",
    ],
    "a divisor taken out of both branches": [
      (b, { x, y, z, c }) => e.add(b, e.select(b, c, e.div(b, y, x), 0), e.select(b, c, 0, e.div(b, z, x))),
      "((select((x < y), y, 0) + select((x < y), 0, z)) / x)",
    ],
    "a divisor taken from under a condition and its opposite": [
      (b, { x, y, z, c }) => e.add(b, e.select(b, c, e.div(b, y, x), 0), e.select(b, e.not(b, c), e.div(b, z, x), 0)),
      "((select((x < y), y, 0) + select(not((x < y)), z, 0)) / x)",
    ],
    "a divisor taken from under an opposite and its condition": [
      (b, { x, y, z, c }) => e.add(b, e.select(b, e.not(b, c), e.div(b, z, x), 0), e.select(b, c, e.div(b, y, x), 0)),
      "((select(not((x < y)), z, 0) + select((x < y), y, 0)) / x)",
    ],
  };
  for (const [what, [build, wanted]] of Object.entries(forms)) {
    it(`are written with ${what}`, () => {
      const b = createBuilder();
      const [x, y, z] = ["x", "y", "z"].map((name) => parameter(b, name));
      const node = build(b, { x, y, z, c: e.less(b, x, y), d: e.less(b, y, z) });
      expect(formula(written(b, termsOf(b, node).read, node))).toBe(wanted);
    });
  }

  it("are written with quotients and powers that the graph has anyway", () => {
    const b = createBuilder();
    const [x, y, z] = ["x", "y", "z"].map((name) => parameter(b, name));
    const scaled = e.div(b, e.mul(b, x, z), y);
    const again = e.div(b, e.div(b, x, y), y);
    const form = (node: Node, live: readonly Node[]): string => formula(written(b, termsOf(b, node).read, node, live));
    expect(form(scaled, [])).toBe("((x * z) / y)");
    expect(form(scaled, [e.div(b, x, y)])).toBe("((x / y) * z)");
    expect(form(e.mul(b, x, y), [e.div(b, x, y)])).toBe("(x * y)");
    expect(form(e.div(b, e.mul(b, x, x), y), [e.div(b, x, y)])).toBe("(x^2 / y)");
    // The square of y might vanish, but it does so anyway.
    expect(form(again, [])).toBe("((x / y) / y)");
    expect(form(again, [e.powInt(b, y, 2)])).toBe("(x / y^2)");
  });

  it("are one where they differ in the order of their conditions", () => {
    const b = createBuilder();
    const [x, y, z] = ["x", "y", "z"].map((name) => parameter(b, name));
    const [c, d] = [e.less(b, x, y), e.less(b, y, z)];
    const either = (p: Node, q: Node): Node => e.select(b, p, e.select(b, q, x, 0), 0);
    expect(collect(termsOf(b, e.add(b, either(c, d), either(d, c))).read)).toHaveLength(1);
  });
});
