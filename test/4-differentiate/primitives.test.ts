import { describe, expect, it } from "vitest";
import { constant as dim } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { createContext } from "../../src/4-differentiate/context.ts";
import { forward } from "../../src/4-differentiate/forward.ts";
import { reverse } from "../../src/4-differentiate/reverse.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { createBuilder, directional, graphOf, parameter, randoms, run } from "../5-simplify/support.ts";

/** The operation of some real tensors, by name, with operands drawn from an interval. */
interface Case {
  readonly sizes: readonly (readonly number[])[];
  readonly build: (b: GraphBuilder, xs: readonly Node[]) => Node;
}

const index = (b: GraphBuilder, values: readonly number[]): Node =>
  values
    .map((value, k) => ({ value, k }))
    .reduce<Node>(
      (sum, { value, k }) => {
        const numbers = b.create("iota", [], { size: dim(values.length) });
        return e.add(b, sum, e.mul(b, value, e.convert(b, e.equalTo(b, numbers, k), "index")));
      },
      e.like(b, 0, b.create("iota", [], { size: dim(values.length) })),
    );

const cases: Readonly<Record<string, Case>> = {
  broadcast: { sizes: [[3]], build: (b, [x]) => e.broadcastTo(b, x, parameter(b, "s", [2, 3]).shape) },
  reshape: { sizes: [[2, 3]], build: (b, [x]) => e.reshape(b, x, [dim(3), dim(2)]) },
  transpose: { sizes: [[2, 3, 2]], build: (b, [x]) => e.transpose(b, x, [-1, -3, -2]) },
  slice: {
    sizes: [[5, 4]],
    build: (b, [x]) => e.slice(b, x, [{ start: dim(4), size: dim(2), step: -3 }, { start: dim(1), size: dim(3), step: 1 }]), // prettier-ignore
  },
  pad: { sizes: [[3, 2]], build: (b, [x]) => e.pad(b, x, [{ low: dim(1), high: dim(2), interior: 2 }, { low: dim(-1), high: dim(1), interior: 0 }]) }, // prettier-ignore
  concat: { sizes: [[2, 3], [2, 1]], build: (b, xs) => b.create("concat", xs, { axis: -1 }) }, // prettier-ignore
  window: { sizes: [[2, 7]], build: (b, [x]) => b.create("window", [x], { axis: -1, count: dim(2), size: dim(3), stride: 2, dilation: 2 }) }, // prettier-ignore
  fold: { sizes: [[2, 2, 3]], build: (b, [x]) => b.create("fold", [x], { axis: -1, length: dim(7), stride: 2, dilation: 2 }) }, // prettier-ignore
  reduce_sum: { sizes: [[2, 3, 2]], build: (b, [x]) => e.reduceSum(b, x, [-3, -1]) },
  reduce_product: { sizes: [[2, 4]], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
  reduce_max: { sizes: [[2, 4]], build: (b, [x]) => e.reduceMax(b, x, [-1]) },
  reduce_min: { sizes: [[2, 4]], build: (b, [x]) => e.reduceMin(b, x, [-2]) },
  contract: { sizes: [[2, 3], [3, 4]], build: (b, [x, y]) => e.matmul(b, x, y) }, // prettier-ignore
  "batched contract": { sizes: [[2, 2, 3], [2, 3, 2]], build: (b, [x, y]) => e.matmul(b, x, y) }, // prettier-ignore
  "outer product": { sizes: [[2], [3]], build: (b, [x, y]) => e.contract(b, [x, ["i"]], [y, ["j"]], ["j", "i"]) }, // prettier-ignore
  gather: { sizes: [[4, 2]], build: (b, [x]) => b.create("gather", [x, index(b, [3, 0, 3])], { batch: 0 }) },
  scatter_add: { sizes: [[3, 2]], build: (b, [x]) => b.create("scatter_add", [index(b, [3, 0, 3]), x], { batch: 0, size: dim(4) }) }, // prettier-ignore
  select: { sizes: [[4], [4]], build: (b, [x, y]) => e.select(b, e.less(b, x, 0), e.mul(b, x, y), y) }, // prettier-ignore
  add: { sizes: [[3], [3]], build: (b, [x, y]) => e.add(b, x, y) }, // prettier-ignore
  subtract: { sizes: [[3], [3]], build: (b, [x, y]) => e.sub(b, x, y) }, // prettier-ignore
  multiply: { sizes: [[3], [3]], build: (b, [x, y]) => e.mul(b, x, y) }, // prettier-ignore
  divide: { sizes: [[3], [3]], build: (b, [x, y]) => e.div(b, x, e.add(b, 3, y)) }, // prettier-ignore
  power: { sizes: [[3], [3]], build: (b, [x, y]) => e.pow(b, e.add(b, 3, x), y) }, // prettier-ignore
  maximum: { sizes: [[3], [3]], build: (b, [x, y]) => e.max(b, x, y) }, // prettier-ignore
  atan2: { sizes: [[3], [3]], build: (b, [x, y]) => e.atan2(b, x, y) }, // prettier-ignore
  hypot: { sizes: [[3], [3]], build: (b, [x, y]) => e.hypot(b, x, y) }, // prettier-ignore
};

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, k) => sum + v * y[k], 0);
const count = (sizes: readonly number[]): number => sizes.reduce((p, n) => p * n, 1);

describe("one rule serves both modes: <w, J v> = <Jᵀ w, v>, and both agree with differences", () => {
  for (const [name, { sizes, build }] of Object.entries(cases)) {
    it(name, () => {
      const b = createBuilder();
      const xs = sizes.map((size, k) => parameter(b, `x${k}`, size));
      const vs = sizes.map((size, k) => parameter(b, `v${k}`, size));
      const y = build(b, xs);
      const w = b.create("parameter", [], { name: "w", type: { element: "real", shape: y.shape }, bound: null, held: "array" }); // prettier-ignore
      const context = createContext(b);
      const [tangent] = forward(context, [y], new Map(xs.map((x, k) => [x, vs[k]])));
      const cotangents = reverse(context, [[y, w]], xs);
      if (tangent === null) throw new Error("no tangent");
      const outputs: Record<string, Node> = { y, tangent };
      cotangents.forEach((c, k) => (outputs[`c${k}`] = c ?? e.zerosLike(b, xs[k])));
      const graph = graphOf(outputs);
      const points = sizes.map((size, k) => randoms(11 + k, count(size)));
      const directions = sizes.map((size, k) => randoms(21 + k, count(size)));
      const inputs: Record<string, readonly number[]> = {};
      points.forEach((point, k) => (inputs[`x${k}`] = point));
      directions.forEach((direction, k) => (inputs[`v${k}`] = direction));
      const cells = run(graphOf({ y }), inputs).y.length;
      const weights = randoms(31, cells);
      const found = run(graph, { ...inputs, w: weights });
      const backward = sizes.reduce((sum, _, k) => sum + dot(found[`c${k}`], directions[k]), 0);
      const ahead = dot(weights, found.tangent);
      expect(Math.abs(ahead - backward)).toBeLessThan(1e-12 * (1 + Math.abs(ahead)));
      const flat = points.flat();
      const value = (at: readonly number[]): number => {
        let from = 0;
        const moved: Record<string, readonly number[]> = { ...inputs };
        sizes.forEach((size, k) => (moved[`x${k}`] = at.slice(from, (from += count(size)))));
        return dot(weights, run(graphOf({ y }), moved).y);
      };
      const differences = directional(value, flat, directions.flat(), 1e-4);
      expect(Math.abs(ahead - differences)).toBeLessThan(1e-7 * (1 + Math.abs(ahead)));
    });
  }
});
