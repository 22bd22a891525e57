// A sum of no terms is 0 whatever factor its terms had: rules that take factors out of sums leave it so.
import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate } from "../../src/evaluate.ts";
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

function fires(b: GraphBuilder, node: Node, rule: string, known: Partial<Graph> = {}): boolean {
  const fired: string[] = [];
  const disable = new Set(all.filter((name) => name !== rule));
  simplify({ ...graphOf({ node }), ...known }, b, { disable, trace: (event) => fired.push(event.rule) });
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

describe("what is known of symbols", () => {
  const b = createBuilder();
  const x = parameter(b, "x", ["n"]);
  const node = sums["sum-of-multiple"](b, x, e.div(b, 1, parameter(b, "s")));
  const required = (least: number): Partial<Graph> => {
    const requirement = { left: dims.symbol("n"), relation: ">=", right: dims.constant(least) } as const;
    return { requirements: [{ requirement, reason: "x[0]" }] };
  };

  it("requirements and entry points that refuse empty batches make axes have entries", () => {
    expect(fires(b, node, "sum-of-multiple", { symbolsFromOne: true })).toBe(true);
    expect(fires(b, node, "sum-of-multiple", required(1))).toBe(true);
    expect(fires(b, node, "sum-of-multiple", required(3))).toBe(true);
  });

  it("neither does for an axis of n - 1 entries, nor a requirement of 0", () => {
    expect(fires(b, node, "sum-of-multiple", required(0))).toBe(false);
    const tail = e.slice(b, node.operands[0], [{ start: dims.constant(1), size: dims.subtract(dims.symbol("n"), dims.constant(1)), step: 1 }]); // prettier-ignore
    const shorter = e.mul(b, tail, e.broadcastTo(b, e.div(b, 1, parameter(b, "s")), tail.shape));
    expect(fires(b, e.reduceSum(b, shorter, [-1]), "sum-of-multiple", { symbolsFromOne: true })).toBe(false);
  });

  it("of a model `forward` alone takes an empty batch, and sums nothing to 0", async () => {
    const source = `
      model M {
        input x: [batch]
        param s = ones
        output p = sum(x / s)
        loss sum(x / s)
        train sgd(lr = 0.1)
      }`;
    const m = (await evaluate(source, { path: "m.nn" })) as Record<string, (options: object) => Trainer>;
    const model = m.createMTrainer({ batch: 2, params: { s: Float32Array.of(0) } });
    expect(model.forward({ x: new Float32Array(0) })).toEqual({ p: 0 });
    expect(() => model.evaluate({ x: new Float32Array(0) })).toThrow(/batch is 0/);
  });
});

interface Trainer {
  readonly forward: (inputs: object) => object;
  readonly evaluate: (batch: object) => object;
}

it("an axis of n + 1 entries has entries", () => {
  const b = createBuilder();
  const x = b.create("parameter", [], { name: "x", type: { element: "real", shape: [dims.add(dims.symbol("n"), dims.constant(1))] }, bound: null, held: "array" }); // prettier-ignore
  expect(fires(b, sums["sum-of-multiple"](b, x, e.div(b, 1, parameter(b, "s"))), "sum-of-multiple")).toBe(true);
});
