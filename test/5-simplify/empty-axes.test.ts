// A sum of no terms is 0 whatever factor its terms had: rules that take factors out of sums leave it so.
import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { algebraRows } from "../../src/5-simplify/algebra.ts";
import { rules } from "../../src/5-simplify/rules/index.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { createBuilder, graphOf, parameter, run } from "./support.ts";

/** Sums over the axis of x[n], of terms with the factor c. */
const sums: Readonly<Record<string, (b: GraphBuilder, x: Node, c: Node) => Node>> = {
  "sum-of-multiple": (b, x, c) => e.reduceSum(b, e.mul(b, x, e.broadcastTo(b, c, x.shape)), [-1]),
  "sum-of-broadcast": (b, x, c) => e.reduceSum(b, e.broadcastTo(b, c, x.shape), [-1]),
  "contract-broadcast": (b, x, c) => e.contract(b, [x, ["i"]], [e.broadcastTo(b, c, x.shape), ["i"]], []),
  // Σ (c Y x - c X y) with X = Σ x, Y = Σ y.
  "distribute-sum": (b, x, c) => {
    const factor = e.broadcastTo(b, c, x.shape);
    const y = e.tanh(b, x);
    const [p, q] = [x, y].map((z) => e.mul(b, factor, e.broadcastTo(b, e.reduceSum(b, z, [-1]), x.shape)));
    return e.reduceSum(b, e.sub(b, e.mul(b, q, x), e.mul(b, p, y)), [-1]);
  },
};

/** Factors that are no numbers for s = 0. */
const poles: Readonly<Record<string, (b: GraphBuilder, s: Node) => Node>> = {
  reciprocal: (b, s) => e.div(b, 1, s),
  logarithm: (b, s) => e.log(b, s),
  "negative power": (b, s) => e.powInt(b, s, -2),
};

const all = [...rules, ...algebraRows].map((rule) => rule.name);

function fires(b: GraphBuilder, node: Node, rule: string): boolean {
  const fired: string[] = [];
  const disable = new Set(all.filter((name) => name !== rule));
  simplify(graphOf({ node }), b, { disable, trace: (event) => fired.push(event.rule) });
  return fired.includes(rule);
}

describe.each(Object.entries(sums))("%s", (rule, sum) => {
  const b = createBuilder();
  const x = parameter(b, "x", ["n"]);
  const s = parameter(b, "s");

  it.each(Object.entries(poles))("leaves what may be infinite inside: a %s", (_, pole) => {
    const node = sum(b, x, pole(b, s));
    expect(fires(b, node, rule)).toBe(false);
    const simplified = simplify(graphOf({ node }), b);
    const inputs = { x: [], s: 0 };
    expect(run(graphOf({ node }), inputs, { n: 0 })).toEqual({ node: [0] });
    expect(run(simplified, inputs, { n: 0 })).toEqual({ node: [0] });
  });

  it("takes out what is finite, and what there surely are terms for", () => {
    expect(fires(b, sum(b, x, e.tanh(b, s)), rule)).toBe(true);
    const some = parameter(b, "y", [3]);
    expect(fires(b, sum(b, some, e.div(b, 1, s)), rule)).toBe(true);
  });

  it("takes out a division by the length of the axis: the mean of nothing is NaN anyway", () => {
    const length = e.convert(b, e.dimension(b, dims.symbol("n")), "real");
    expect(fires(b, sum(b, x, e.div(b, e.tanh(b, s), length)), rule)).toBe(true);
  });
});

it("an axis of n + 1 entries has entries", () => {
  const b = createBuilder();
  const x = b.create("parameter", [], { name: "x", type: { element: "real", shape: [dims.add(dims.symbol("n"), dims.constant(1))] }, bound: null, held: "array" }); // prettier-ignore
  expect(fires(b, sums["sum-of-multiple"](b, x, e.div(b, 1, parameter(b, "s"))), "sum-of-multiple")).toBe(true);
});
