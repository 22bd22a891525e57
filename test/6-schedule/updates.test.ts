// Stored tensors that are written over at the end of a call: everything else still sees what they held before.
import { test } from "vitest";
import { constant, subtract } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { randomValue, generator } from "../primitives/harness.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { Agreement } from "./harness.ts";

type Parts = readonly [b: ReturnType<typeof createBuilder>, x: Node, y: Node, z: Node];

/** What is returned, and what is written over x, y and z. */
const cases: Record<string, (...parts: Parts) => { returned: Record<string, Node>; updates: Record<string, Node> }> = {
  "one value over two tensors that are read afterwards": (b, x, y, z) => {
    const most = e.max(b, y, x);
    const loss = e.reduceSum(b, e.tanh(b, e.mul(b, e.max(b, most, y), z)), [-1]);
    return {
      returned: { most, g: b.create("gradient", [loss, x], {}) },
      updates: { x: most, z: most, y: e.max(b, most, y) },
    };
  },
  "a swap": (_b, x, y) => ({ returned: {}, updates: { x: y, y: x } }),
  "a rotation": (_b, x, y, z) => ({ returned: {}, updates: { x: y, y: z, z: x } }),
  "a swap with work": (b, x, y) => ({ returned: {}, updates: { x: e.exp(b, y), y: e.sin(b, x) } }),
  "turned around": (b, x, y) => {
    const [size] = x.shape;
    const turned = (of: Node): Node => e.slice(b, of, [{ start: subtract(size, constant(1)), size, step: -1 }]);
    return { returned: {}, updates: { x: turned(x), y: e.add(b, turned(y), x) } };
  },
  "sums of the old values after the update": (b, x, y) => {
    const total = e.reduceSum(b, e.exp(b, x), [-1]);
    const step = e.sub(b, x, e.mul(b, y, 0.1));
    const again = e.reduceSum(b, e.mul(b, x, step), [-1]);
    const next = e.add(b, step, e.broadcastTo(b, total, x.shape));
    return { returned: { total, again }, updates: { x: next, y: step } };
  },
  "products with the old values after the update": (b, x, y) => {
    const outer = e.contract(b, [x, ["i"]], [y, ["j"]], ["i", "j"]);
    const next = e.reduceSum(b, outer, [-1]);
    return { returned: { back: e.matmul(b, outer, x) }, updates: { x: next, y: e.reduceSum(b, outer, [-2]) } };
  },
};

for (const sizes of [[5], ["n"], [300]] as const) {
  test.each(Object.entries(cases))(`%s, of shape [${String(sizes[0])}]`, (_, make) => {
    const b = createBuilder();
    const [x, y, z] = ["x", "y", "z"].map((name) => parameter(b, name, sizes));
    const { returned, updates } = make(b, x, y, z);
    const plain = graphOf({
      ...returned,
      ...Object.fromEntries(Object.entries(updates).map(([k, n]) => [`new_${k}`, n])),
    });
    const graph: Graph = {
      ...plain,
      parameters: [x, y, z],
      outputs: plain.outputs.map((o) => (o.name.startsWith("new_") ? { ...o, updates: o.name.slice(4) } : o)),
    };
    const agreement = new Agreement(graph, b);
    for (const n of typeof sizes[0] === "number" ? [sizes[0]] : [1, 3, 0]) {
      const next = generator(n);
      agreement.check({ x: randomValue(next, [n]), y: randomValue(next, [n]), z: randomValue(next, [n]) }, { n });
    }
  });
}
