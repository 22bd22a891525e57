import { describe, expect, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { generator, randomValue } from "../primitives/harness.ts";
import { Agreement, build, shapeOf } from "./harness.ts";

const d = dims.constant;
const n = dims.symbol("n");
const m = dims.symbol("m");

interface Case {
  readonly what: string;
  /** Sizes of the real operands x0, x1, ... */
  readonly operands: readonly (readonly (number | string)[])[];
  /** Values of the symbols n and m to try; those that do not occur are given nevertheless. */
  readonly sizes?: readonly (readonly [n: number, m: number])[];
  readonly indices?: Readonly<Record<string, { readonly shape: readonly (number | string)[]; readonly bound: number }>>;
  /** Entries of x0, rather than random ones. */
  readonly start?: readonly number[];
  readonly build: (b: GraphBuilder, x: readonly Node[], i: readonly Node[]) => Node;
}

const all: readonly (readonly [number, number])[] = [[0, 2], [1, 1], [2, 0], [3, 5], [7, 1]]; // prettier-ignore
const axis = (start: dims.Dim, size: dims.Dim, step: number) => ({ start, size, step });
const edge = (low: dims.Dim, high: dims.Dim, interior = 0) => ({ low, high, interior });

// prettier-ignore
const cases: Readonly<Record<string, readonly Case[]>> = {
  broadcast: [
    { what: "a vector to rows", operands: [[3]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf("n", 3), axes: [-1] }), sizes: all },
    { what: "a vector to columns", operands: [["n"]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf("n", 3), axes: [-2] }), sizes: all },
    { what: "a batch of vectors", operands: [["m", "n"]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf("n", 3), axes: [-2] }), sizes: all },
    { what: "a scalar", operands: [[]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf("n", 3), axes: [] }), sizes: all },
    { what: "a computed vector to rows", operands: [[3]], build: (b, [x]) => b.create("broadcast", [e.exp(b, x)], { shape: shapeOf("n", 3), axes: [-1] }), sizes: all },
  ],
  reshape: [
    { what: "all axes", operands: [[2, 6]], build: (b, [x]) => e.reshape(b, x, shapeOf(3, 4)) },
    { what: "of a computed value", operands: [[2, 6]], build: (b, [x]) => e.exp(b, e.reshape(b, e.sin(b, x), shapeOf(3, 4))) },
    { what: "the last axes of a batch", operands: [["n", 6]], build: (b, [x]) => b.create("reshape", [x], { consumed: 1, shape: shapeOf(3, 2) }), sizes: all },
    { what: "flattening", operands: [["n", 3, "m"]], build: (b, [x]) => e.reshape(b, x, [dims.multiply(dims.multiply(n, m), d(3))]), sizes: all },
    { what: "flattening a computed value", operands: [["n", 3]], build: (b, [x]) => e.sin(b, e.reshape(b, e.exp(b, x), [dims.multiply(n, d(3))])), sizes: all },
    { what: "axes of one", operands: [["n", 1, 3]], build: (b, [x]) => e.exp(b, e.reshape(b, e.sin(b, x), shapeOf(1, "n", 3, 1))), sizes: all },
    { what: "a scalar to a vector", operands: [[]], build: (b, [x]) => e.reshape(b, x, shapeOf(1, 1)) },
    { what: "a vector to a scalar", operands: [[1]], build: (b, [x]) => e.exp(b, e.reshape(b, x, [])) },
    { what: "of a slice", operands: [[3, 4]], build: (b, [x]) => e.reshape(b, e.slice(b, x, [axis(d(1), d(2), 1), axis(d(0), d(2), 2)]), shapeOf(4)) },
    { what: "of a transpose", operands: [[3, 4]], build: (b, [x]) => e.reshape(b, e.transpose(b, x, [-1, -2]), shapeOf(2, 6)) },
    { what: "of a transpose of a symbolic matrix", operands: [["n", 4]], build: (b, [x]) => e.reshape(b, e.transpose(b, x, [-1, -2]), [dims.multiply(n, d(4))]), sizes: all },
    { what: "of a broadcast", operands: [[3]], build: (b, [x]) => e.reshape(b, e.broadcastTo(b, x, shapeOf("n", 3)), [dims.multiply(n, d(3))]), sizes: all },
    { what: "of nothing", operands: [[0, 3]], build: (b, [x]) => e.reshape(b, x, shapeOf(5, 0)) },
  ],
  transpose: [
    { what: "three axes", operands: [[2, 3, 4]], build: (b, [x]) => e.transpose(b, x, [-1, -3, -2]) },
    { what: "the other way round", operands: [[2, 3, 4]], build: (b, [x]) => e.transpose(b, x, [-2, -1, -3]) },
    { what: "the last axes of a batch", operands: [["n", 3, "m"]], build: (b, [x]) => e.transpose(b, x, [-1, -2]), sizes: all },
    { what: "of a computed value", operands: [["n", 3]], build: (b, [x]) => e.add(b, e.transpose(b, e.exp(b, x), [-1, -2]), e.transpose(b, x, [-1, -2])), sizes: all },
  ],
  slice: [
    { what: "the first entry against all", operands: [["n"], ["n"]], build: (b, [x, y]) => e.add(b, x, e.broadcastTo(b, e.slice(b, y, [axis(d(0), d(1), 1)]), shapeOf("n"))), sizes: [[1, 0], [4, 0]] },
    { what: "a range", operands: [[7]], build: (b, [x]) => e.slice(b, x, [axis(d(2), d(3), 1)]) },
    { what: "every second", operands: [[7]], build: (b, [x]) => e.slice(b, x, [axis(d(1), d(3), 2)]) },
    { what: "backwards", operands: [[7]], build: (b, [x]) => e.slice(b, x, [axis(d(6), d(7), -1)]) },
    { what: "backwards of unknown length", operands: [["n"]], build: (b, [x]) => e.slice(b, x, [axis(dims.subtract(n, d(1)), n, -1)]), sizes: all },
    { what: "backwards by two", operands: [[8]], build: (b, [x]) => e.slice(b, x, [axis(d(6), d(3), -2)]) },
    { what: "nothing", operands: [[5]], build: (b, [x]) => e.slice(b, x, [axis(d(2), d(0), 1)]) },
    { what: "a symbolic range", operands: [["n", 2]], sizes: [[1, 0], [2, 0], [5, 0]], build: (b, [x]) => e.slice(b, x, [axis(d(1), dims.subtract(n, d(1)), 1), axis(d(0), d(2), 1)]) },
    { what: "one axis of a batch", operands: [["n", 5]], build: (b, [x]) => e.slice(b, x, [axis(d(4), d(2), -3)]), sizes: all },
    { what: "of a slice of a computed value", operands: [[4, 6]], build: (b, [x]) => e.slice(b, e.slice(b, e.exp(b, x), [axis(d(3), d(2), -2), axis(d(1), d(4), 1)]), [axis(d(3), d(2), -2)]) },
  ],
  pad: [
    { what: "around", operands: [[3]], build: (b, [x]) => e.pad(b, x, [edge(d(1), d(2))]) },
    { what: "around a batch", operands: [["n", 3]], build: (b, [x]) => e.pad(b, x, [edge(d(1), d(2))]), sizes: all },
    { what: "around a symbolic axis", operands: [["n", 3]], build: (b, [x]) => e.pad(b, e.sin(b, x), [edge(d(2), m), edge(d(0), d(1))]), sizes: all },
    { what: "between", operands: [[3]], build: (b, [x]) => e.pad(b, x, [edge(d(1), d(0), 2)]) },
    { what: "between, two axes", operands: [["n", 3]], build: (b, [x]) => e.pad(b, e.exp(b, x), [edge(d(0), d(1), 1), edge(d(2), d(0), 2)]), sizes: [[1, 0], [2, 0], [3, 0]] },
    { what: "cropping", operands: [[5]], build: (b, [x]) => e.pad(b, x, [edge(d(-1), d(-2))]) },
    { what: "cropping between", operands: [[4]], build: (b, [x]) => e.pad(b, x, [edge(d(-1), d(3), 1)]) },
    { what: "cropping between at both ends", operands: [[4]], build: (b, [x]) => e.pad(b, x, [edge(d(-2), d(-1), 2)]) },
    { what: "shifting out", operands: [[2, 3]], build: (b, [x]) => e.pad(b, x, [edge(d(4), d(-4))]) },
    { what: "an amount without known sign", operands: [["n"]], sizes: [[2, 0], [3, 0], [4, 0], [9, 0]], build: (b, [x]) => e.pad(b, x, [edge(dims.subtract(n, d(4)), d(2))]) },
    { what: "of a gather", operands: [[4, 3]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [x], [i]) => e.pad(b, b.create("gather", [x, i], { batch: 0 }), [edge(d(1), d(1)), edge(d(-1), d(0))]), sizes: all },
    { what: "of a sum", operands: [["n", 3]], build: (b, [x]) => e.pad(b, e.reduceSum(b, x, [-1]), [edge(d(1), d(1))]), sizes: all },
    { what: "used twice, guarded and not", operands: [["n"]], build: (b, [x]) => { const s = e.log(b, e.mul(b, x, x)); return e.add(b, e.pad(b, s, [edge(d(1), d(-1))]), s); }, sizes: [[1, 0], [2, 0], [5, 0]] },
  ],
  concat: [
    { what: "three along the middle", operands: [[2, 1, 2], [2, 3, 2], [2, 2, 2]], build: (b, x) => b.create("concat", x, { axis: -2 }) },
    { what: "symbolic and fixed", operands: [["n"], [2], [0]], build: (b, x) => b.create("concat", x, { axis: -1 }), sizes: all },
    { what: "rows of a batch", operands: [["n", 3], ["n", 2]], build: (b, [x, y]) => e.mul(b, b.create("concat", [e.exp(b, x), y], { axis: -1 }), b.create("concat", [x, e.neg(b, y)], { axis: -1 })), sizes: all },
    { what: "two symbols", operands: [["n", 2], ["m", 2]], build: (b, x) => e.reduceSum(b, b.create("concat", x, { axis: -2 }), [-1]), sizes: all },
    { what: "of itself", operands: [["n"]], build: (b, [x]) => b.create("concat", [x, x, e.neg(b, x)], { axis: -1 }), sizes: all },
  ],
  window: [
    { what: "overlapping", operands: [[6]], build: (b, [x]) => b.create("window", [x], { axis: -1, count: d(4), size: d(3), stride: 1, dilation: 1 }) },
    { what: "strided and dilated, middle axis", operands: [[2, 8, 2]], build: (b, [x]) => b.create("window", [e.exp(b, x)], { axis: -2, count: d(2), size: d(3), stride: 3, dilation: 2 }) },
    { what: "summed", operands: [["m", 6]], build: (b, [x]) => e.reduceMax(b, b.create("window", [x], { axis: -1, count: d(3), size: d(2), stride: 2, dilation: 1 }), [-1]), sizes: all },
  ],
  fold: [
    { what: "overlapping", operands: [[4, 3]], build: (b, [x]) => b.create("fold", [x], { axis: -1, length: d(7), stride: 1, dilation: 1 }) },
    { what: "strided and dilated, middle axis", operands: [["n", 2, 3, 2]], build: (b, [x]) => b.create("fold", [x], { axis: -2, length: d(8), stride: 3, dilation: 2 }), sizes: all },
  ],
  reduce_sum: [
    { what: "one axis", operands: [["n", 3, "m"]], build: (b, [x]) => e.reduceSum(b, x, [-2]), sizes: all },
    { what: "two axes", operands: [[2, "n", 2]], build: (b, [x]) => e.reduceSum(b, x, [-3, -1]), sizes: all },
    { what: "all axes", operands: [["n", "m"]], build: (b, [x]) => e.reduceSum(b, x, [-2, -1]), sizes: all },
    ...[1, 2, 3, 4, 5, 7, 8, 9].map((k): Case => ({ what: `rows of ${k} columns`, operands: [["n", k]], build: (b, [x]) => e.reduceSum(b, x, [-2]), sizes: [[0, 0], [1, 0], [6, 0]] })),
    { what: "computed terms, used again", operands: [["n", 5]], build: (b, [x]) => { const s = e.reduceSum(b, e.exp(b, x), [-1], true); return e.div(b, e.exp(b, x), e.broadcastTo(b, s, shapeOf("n", 5))); }, sizes: all },
    { what: "sum of sums", operands: [["n", "m"]], build: (b, [x]) => e.reduceSum(b, e.exp(b, e.reduceSum(b, x, [-1])), [-1]), sizes: all },
  ],
  reduce_product: [
    { what: "one axis", operands: [["n", 4]], build: (b, [x]) => e.reduceProduct(b, x, [-1]), sizes: all },
    { what: "two axes, not the last", operands: [[2, "n", 3]], build: (b, [x]) => e.reduceProduct(b, x, [-3, -2]), sizes: all },
    { what: "one zero", operands: [[4]], start: [2, 0, 3, -1], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "two zeros", operands: [[4]], start: [2, 0, 0, -1], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "a long row", operands: [[2, 37]], start: Array.from({ length: 74 }, (_, k) => (k === 5 ? 0 : 1 + 0.1 * Math.sin(k))), build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "a row of unknown length", operands: [["n"]], build: (b, [x]) => e.reduceProduct(b, x, [-1]), sizes: all },
  ],
  reduce_max: [
    { what: "one axis", operands: [["n", 4]], build: (b, [x]) => e.reduceMax(b, x, [-1]), sizes: all },
    { what: "two axes", operands: [[2, "n", 2]], build: (b, [x]) => e.reduceMax(b, x, [-3, -1]), sizes: [[1, 0], [3, 0]] },
    { what: "ties", operands: [[5]], start: [1, 3, 3, 2, 3], build: (b, [x]) => e.reduceMax(b, x, [-1]) },
    { what: "NaN", operands: [[4]], start: [1, NaN, 3, 2], build: (b, [x]) => e.reduceMax(b, x, [-1]) },
    { what: "infinite", operands: [[3]], start: [-Infinity, -Infinity, -Infinity], build: (b, [x]) => e.reduceMax(b, x, [-1]) },
  ],
  reduce_min: [
    { what: "one axis", operands: [["n", 5]], build: (b, [x]) => e.reduceMin(b, x, [-2]), sizes: [[1, 0], [4, 0]] },
    { what: "ties", operands: [[2, 3]], start: [1, 1, 2, 0, 0, 0], build: (b, [x]) => e.reduceMin(b, x, [-1]) },
  ],
  contract: [
    { what: "an outer product", operands: [["n"], ["m"]], build: (b, [x, y]) => e.contract(b, [x, ["i"]], [y, ["j"]], ["i", "j"]), sizes: all },
    { what: "a batch of dots", operands: [["n", 3], ["n", 3]], build: (b, [x, y]) => e.contract(b, [x, ["b", "k"]], [y, ["b", "k"]], ["b"]), sizes: all },
    { what: "two summed labels", operands: [[2, 3, "n"], ["m", 3, 2]], build: (b, [x, y]) => e.contract(b, [x, ["p", "q", "i"]], [y, ["j", "q", "p"]], ["i", "j"]), sizes: all },
    { what: "results in another order", operands: [["n", 3], [3, 5]], build: (b, [x, y]) => e.contract(b, [x, ["i", "k"]], [y, ["k", "j"]], ["j", "i"]), sizes: all },
    { what: "extra leading dims on both", operands: [[4, 2, 3], [4, 3, 5]], build: (b, [x, y]) => e.contract(b, [x, ["i", "k"]], [y, ["k", "j"]], ["i", "j"]) },
    { what: "a square with itself", operands: [["n", "n"]], build: (b, [x]) => e.matmul(b, x, x), sizes: all },
    { what: "with a prologue and an epilogue", operands: [["n", 5], [5, 6], [6]], build: (b, [x, w, c]) => e.tanh(b, e.add(b, e.matmul(b, e.sigmoid(b, x), w), e.broadcastTo(b, c, shapeOf("n", 6)))), sizes: all },
    { what: "of a transpose", operands: [["m", "n"], ["m", 5]], build: (b, [x, y]) => e.matmul(b, e.transpose(b, x, [-1, -2]), y), sizes: all },
    { what: "of a slice", operands: [["n", 6], [3, 4]], build: (b, [x, y]) => e.matmul(b, e.slice(b, x, [axis(d(5), d(3), -2)]), y), sizes: all },
    { what: "of a pad", operands: [["n", 2], [4, 4]], build: (b, [x, y]) => e.matmul(b, e.pad(b, x, [edge(d(1), d(1))]), y), sizes: all },
    { what: "of a broadcast", operands: [[4], [4, 4]], build: (b, [x, y]) => e.matmul(b, e.broadcastTo(b, x, shapeOf("n", 4)), y), sizes: all },
    { what: "of a reshape", operands: [["n", 6], [3, 4]], build: (b, [x, y]) => e.matmul(b, e.reshape(b, x, [dims.multiply(n, d(2)), d(3)]), y), sizes: all },
  ],
  gather: [
    { what: "rows", operands: [[4, 3]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [x], [i]) => b.create("gather", [x, i], { batch: 0 }), sizes: all },
    { what: "rows by a matrix of indices", operands: [[4, 3]], indices: { i: { shape: ["n", 2], bound: 4 } }, build: (b, [x], [i]) => b.create("gather", [x, i], { batch: 0 }), sizes: all },
    { what: "entries of a batch", operands: [["n", 4]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [x], [i]) => b.create("gather", [x, i], { batch: 1 }), sizes: all },
    { what: "one row", operands: [[4, 3]], indices: { i: { shape: [], bound: 4 } }, build: (b, [x], [i]) => b.create("gather", [x, i], { batch: 0 }) },
    { what: "computed rows", operands: [[4, 3]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [x], [i]) => e.tanh(b, b.create("gather", [e.exp(b, x), i], { batch: 0 })), sizes: all },
    { what: "by a computed index", operands: [[4, 3]], indices: { i: { shape: ["n"], bound: 2 } }, build: (b, [x], [i]) => b.create("gather", [x, e.add(b, i, e.like(b, 2, i))], { batch: 0 }), sizes: all },
    { what: "the largest of each row", operands: [["n", 4]], build: (b, [x]) => b.create("gather", [x, b.create("argmax", [x], { axis: -1 })], { batch: 1 }), sizes: all },
  ],
  scatter_add: [
    { what: "rows", operands: [["n", 3]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [u], [i]) => b.create("scatter_add", [i, u], { batch: 0, size: d(4) }), sizes: all },
    { what: "entries of a batch", operands: [["n", 2]], indices: { i: { shape: ["n", 2], bound: 3 } }, build: (b, [u], [i]) => b.create("scatter_add", [i, u], { batch: 1, size: d(3) }), sizes: all },
    { what: "one row", operands: [[3]], indices: { i: { shape: [], bound: 4 } }, build: (b, [u], [i]) => b.create("scatter_add", [i, u], { batch: 0, size: d(4) }) },
    { what: "computed updates, read again", operands: [["n", 3]], indices: { i: { shape: ["n"], bound: 4 } }, build: (b, [u], [i]) => { const s = b.create("scatter_add", [i, e.exp(b, u)], { batch: 0, size: d(4) }); return e.mul(b, s, e.sin(b, s)); }, sizes: all },
  ],
  identities: [
    { what: "a mark", operands: [["n"]], build: (b, [x]) => b.mark(e.exp(b, x), "u"), sizes: all },
    { what: "stop_gradient", operands: [["n"]], build: (b, [x]) => e.mul(b, x, e.stopGradient(b, e.exp(b, x))), sizes: all },
    { what: "an input itself", operands: [["n", 2]], build: (_, [x]) => x, sizes: all },
    { what: "a constant", operands: [["n"]], build: (b, [x]) => e.like(b, 2.5, x), sizes: all },
    { what: "a dimension", operands: [["n"]], build: (b, [x]) => e.mul(b, x, e.broadcastTo(b, e.convert(b, b.create("dimension", [], { dim: n }), "real"), shapeOf("n"))), sizes: all },
    { what: "iota", operands: [["n", 3]], build: (b, [x]) => e.mul(b, x, e.broadcastTo(b, e.convert(b, b.create("iota", [], { size: d(3) }), "real"), shapeOf("n", 3))), sizes: all },
    { what: "a symbolic iota", operands: [["n", 3]], build: (b, [x]) => e.mul(b, x, b.create("broadcast", [e.convert(b, b.create("iota", [], { size: n }), "real")], { shape: shapeOf("n", 3), axes: [-2] })), sizes: all },
    { what: "a table, and rows that it chooses", operands: [["n", 3]], build: (b, [x]) => { const t = b.create("table", [], { values: [2, 0, 1] }); const rows = b.create("gather", [e.transpose(b, e.exp(b, x), [-1, -2]), t], { batch: 0 }); return e.mul(b, rows, b.create("broadcast", [e.convert(b, t, "real")], { shape: [d(3), n], axes: [-2] })); }, sizes: all },
    { what: "a long chain", operands: [["n"]], build: (b, [x]) => { let y = x; for (let k = 0; k < 150; k++) y = e.sin(b, e.add(b, y, e.mul(b, x, k / 100))); return y; }, sizes: [[0, 0], [3, 0]] },
    { what: "a wide sum", operands: [[3]], build: (b, [x]) => { let y: Node = x; for (let k = 0; k < 150; k++) y = e.add(b, y, e.exp(b, e.mul(b, x, k / 200))); return y; } },
  ],
};

describe.each(Object.entries(cases))("%s", (_, list) => {
  test.each(list.map((c) => [c.what, c] as const))("%s", (_what, c) => {
    const b = createBuilder();
    const x = c.operands.map((shape, k) => parameter(b, `x${k}`, shape));
    const indices = Object.entries(c.indices ?? {});
    const i = indices.map(([name, { shape, bound }]) => parameter(b, name, shape, "index", bound));
    const y = c.build(b, x, i);
    // Every symbol is settled by an argument of its own.
    const settled = [parameter(b, "sizeN", ["n"]), parameter(b, "sizeM", ["m"])];
    const outputs: Record<string, Node> = { y, s: e.reduceSum(b, b.create("concat", settled, { axis: -1 }), [-1]) };
    const total = e.reduceSum(b, e.mul(b, y, weights(b, y)), e.allAxes(y));
    x.forEach((operand, k) => {
      const g = b.create("gradient", [total, operand], {});
      outputs[`g${k}`] = g;
      const v = parameter(b, `v${k}`, c.operands[k]);
      outputs[`t${k}`] = b.create("jvp", [y, operand, v], {});
      outputs[`h${k}`] = b.create("jvp", [g, operand, v], {});
    });
    const agreement = new Agreement(graphOf(outputs), b);
    const next = generator(11);
    for (const [n, m] of c.sizes ?? [[2, 3]]) {
      const symbols: Readonly<Record<string, number>> = { n, m };
      const known = (shape: readonly (number | string)[]): number[] => shape.map((s) => (typeof s === "number" ? s : symbols[s])); // prettier-ignore
      const inputs: Record<string, Value> = { sizeN: randomValue(next, [n]), sizeM: randomValue(next, [m]) };
      c.operands.forEach((shape, k) => {
        inputs[`x${k}`] =
          k === 0 && c.start !== undefined ? tensor(known(shape), c.start) : randomValue(next, known(shape));
        inputs[`v${k}`] = randomValue(next, known(shape));
      });
      for (const [name, { shape, bound }] of indices) {
        const { data } = randomValue(next, known(shape), 0, bound);
        inputs[name] = tensor(known(shape), data.map(Math.floor), "index");
      }
      agreement.check(inputs, symbols);
    }
  });
});

/** Weights that tell the entries of y apart, without derivative. */
function weights(b: GraphBuilder, y: Node): Node {
  return e.stopGradient(b, e.cos(b, e.add(b, y, e.like(b, 0.3, y))));
}

describe("argmax and argmin", () => {
  const rows = [[3, 1, 3], [-1, -1, -5], [NaN, 2, NaN], [1, NaN, 7], [-Infinity, -Infinity, 0], [Infinity, 2, Infinity]]; // prettier-ignore

  test.each(["argmax", "argmin"] as const)("%s: the first of ties, the first NaN", (primitive) => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n", 3]);
    const y = b.create(primitive, [x], { axis: -1 });
    const down = b.create(primitive, [x], { axis: -2 });
    const whole = b.create(primitive, [e.reshape(b, x, [dims.multiply(dims.symbol("n"), d(3))])], { axis: -1 });
    const agreement = new Agreement(graphOf({ y, down, whole }), b);
    for (const count of [1, 3, 6])
      agreement.check({ x: tensor([count, 3], rows.slice(0, count).flat()) }, { n: count });
    const static3 = parameter(b, "x", [6, 3]);
    new Agreement(graphOf({ y: b.create(primitive, [static3], { axis: -1 }) }), b).check({
      x: tensor([6, 3], rows.flat()),
    });
  });

  test.each(["argmax", "argmin"] as const)("%s of integers and truth values", (primitive) => {
    const b = createBuilder();
    const i = parameter(b, "i", ["n", 4], "index", 9);
    const t = parameter(b, "t", ["n", 4], "bool");
    const graph = graphOf({
      i: b.create(primitive, [i], { axis: -1 }),
      t: b.create(primitive, [e.convert(b, t, "index")], { axis: -1 }),
    });
    new Agreement(graph, b).check(
      { i: tensor([2, 4], [1, 5, 5, 0, 8, 8, 8, 8], "index"), t: tensor([2, 4], [0, 1, 0, 1, 0, 0, 0, 0], "bool") },
      { n: 2 },
    );
  });
});

describe("truth values", () => {
  test("any, all and counts over rows and over everything", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n", 3]);
    const positive = e.less(b, e.like(b, 0, x), x);
    const graph = graphOf({
      positive,
      any: b.create("reduce_max", [positive], { axes: [-1] }),
      all: b.create("reduce_min", [positive], { axes: [-1] }),
      some: b.create("reduce_max", [positive], { axes: [-2, -1] }),
      every: b.create("reduce_min", [positive], { axes: [-2, -1] }),
      chosen: e.select(b, e.not(b, positive), x, 1),
      count: e.reduceSum(b, e.convert(b, positive, "real"), [-1]),
    });
    const agreement = new Agreement(graph, b);
    agreement.check({ x: tensor([2, 3], [1, -1, 0, 2, 3, 4]) }, { n: 2 });
    agreement.check({ x: tensor([1, 3], [-1, -1, 0]) }, { n: 1 });
    agreement.check({ x: tensor([0, 3], []) }, { n: 0 });
  });

  test("inputs, padded, joined, sliced and gathered", () => {
    const b = createBuilder();
    const t = parameter(b, "t", ["n", 3], "bool");
    const i = parameter(b, "i", ["n"], "index", 3);
    const graph = graphOf({
      padded: e.pad(b, t, [edge(d(1), d(1))]),
      joined: b.create("concat", [t, e.not(b, t)], { axis: -1 }),
      gathered: b.create("gather", [t, i], { batch: 1 }),
      both: e.and(b, t, e.not(b, e.slice(b, t, [axis(d(2), d(3), -1)]))),
      padding: e.pad(b, i, [edge(d(0), d(2))]),
    });
    const agreement = new Agreement(graph, b);
    agreement.check({ t: tensor([2, 3], [1, 0, 1, 0, 0, 1], "bool"), i: tensor([2], [2, 0], "index") }, { n: 2 });
    agreement.check({ t: tensor([0, 3], [], "bool"), i: tensor([0], [], "index") }, { n: 0 });
  });
});

describe("scalars that are stored as arrays, as models hold them", () => {
  test("read and combined", () => {
    const b = createBuilder();
    const type = { element: "real", shape: [] } as const;
    const s = b.create("parameter", [], { name: "s", type, bound: null, held: "array" });
    const x = parameter(b, "x", ["n"]);
    const y = e.mul(b, x, e.broadcastTo(b, e.exp(b, s), shapeOf("n")));
    new Agreement(graphOf({ y, t: e.add(b, s, 1) }), b).check(
      { s: tensor([], [0.5]), x: tensor([2], [1, 2]) },
      { n: 2 },
    );
  });
});

describe("random", () => {
  test("draws are those of the interpreter, wherever they are computed", () => {
    const b = createBuilder();
    const seed = parameter(b, "seed", [], "index");
    const step = parameter(b, "step", [], "index");
    const x = parameter(b, "x", ["n", 3]);
    const r = b.create("random", [seed, step], { site: 5, shape: shapeOf("n", 3) });
    const q = b.create("random", [seed, step], { site: 6, shape: shapeOf("n", 3) });
    const graph = graphOf({
      r,
      mask: e.select(b, e.less(b, r, e.like(b, 0.5, r)), x, 0),
      transposed: e.transpose(b, q, [-1, -2]),
      sum: e.reduceSum(b, e.mul(b, q, x), [-1]),
    });
    const agreement = new Agreement(graph, b);
    for (const [s, t, n] of [
      [1, 1, 2],
      [-5, 7, 1],
      [2 ** 40 + 3, 1000, 3],
      [0, 0, 0],
    ]) {
      // prettier-ignore
      const inputs = { seed: tensor([], [s], "index"), step: tensor([], [t], "index"), x: randomValue(generator(s), [n, 3]) };
      agreement.check(inputs, { n });
    }
  });
});

test("the harness refuses numbers that are off, and those of another length", () => {
  const b = createBuilder();
  const x = parameter(b, "x", ["n"]);
  const graph = graphOf({ y: e.exp(b, x) });
  const other = graphOf({ y: e.exp(b, e.mul(b, x, 1 + 1e-6)) });
  const given = new Map([["x", tensor([2], [1, 2])]]);
  const computed = build(other, { precision: "f32", unroll: false }).call(given, { n: 2 });
  const agreement = new Agreement(graph, b);
  expect(agreement.fault({ x: tensor([2], [1, 2]) }, { n: 2 })).toBeNull();
  expect(Math.abs(computed.y[1] / Math.exp(2) - 1)).toBeGreaterThan(1e-6);
});
