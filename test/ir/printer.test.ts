import { expect, test } from "vitest";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { printGraph } from "../../src/ir/printer.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { parameter, shapeOf } from "../primitives/harness.ts";
import { recurrence } from "./loops.ts";

test("one node a line, numbered within the graph, with types and attributes", () => {
  const b = createBuilder();
  e.constant(b, 17);
  const [x, w, v] = [parameter(b, "x", ["batch", 3]), parameter(b, "W", [3, 2]), parameter(b, "v", [2])];
  const y = b.create("parameter", [], { name: "y", type: { element: "index", shape: shapeOf("batch") }, bound: dims.constant(2), held: "array" }); // prettier-ignore
  const z = b.mark(e.add(b, e.matmul(b, x, w), e.broadcastTo(b, v, shapeOf("batch", 2))), "z");
  const best = b.create("argmax", [z], { axis: -1 });
  const rows = e.reduceSum(b, e.powInt(b, z, 2), [-1]);
  const graph: Graph = {
    parameters: [x, w, v, y],
    outputs: [
      { name: "hits", node: e.equalTo(b, best, y), updates: null },
      { name: "rows", node: rows, updates: null },
    ],
    requirements: [
      {
        requirement: { left: dims.symbol("batch"), relation: ">=", right: dims.constant(1) },
        reason: "the mean over `x`",
      },
    ],
  };
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "%x = parameter x : real[batch, 3]
    %W = parameter W : real[3, 2]
    %v = parameter v : real[2]
    %y = parameter y below 2 : index[batch]
    %0 = contract %x, %W n,k;k,m->n,m : real[batch, 2]
    %1 = broadcast %v shape=[batch, 2] axes=[-1] : real[batch, 2]
    %2 = add %0, %1 : real[batch, 2]
    %z = mark %2 z #0 : real[batch, 2]
    %3 = argmax %z axis=-1 : index[batch]
    %4 = power_integer %z exponent=2 : real[batch, 2]
    %5 = reduce_sum %4 axes=[-1] : real[batch]
    %6 = equal %3, %y : bool[batch]
    output hits = %6
    output rows = %5
    require batch >= 1 (the mean over \`x\`)
    "
  `);
  expect(printGraph(graph, (node) => (node === rows ? "squares" : null))).toContain("%squares = reduce_sum");
});

test("loops show their bodies", () => {
  expect(printGraph(recurrence(createBuilder()).graph)).toMatchInlineSnapshot(`
    "%h0 = parameter h0 : real[2]
    %xs = parameter xs : real[T, 2]
    %U = parameter U : real[2, 2]
    %0 = loop %h0, %xs, %U trip=T {
      index %t : index[]
      carry %h : real[2]
      each %x : real[2]
      with %weights : real[2, 2]
      %1 = contract %h, %weights k;k,m->m : real[2]
      %2 = add %1, %x : real[2]
      %3 = tanh %2 : real[2]
      %4 = convert %t to=real : real[]
      %5 = broadcast %4 shape=[2] axes=[] : real[2]
      %6 = multiply %3, %5 : real[2]
      next %h = %3
      yield %6
    }
    %7 = loop_result %0 index=0 : real[2]
    %8 = loop_result %0 index=1 : real[T, 2]
    output h = %7 -> h0
    output ys = %8
    require T >= 1 (\`xs[0]\`)
    "
  `);
});

test("every attribute shows in the text", () => {
  const b = createBuilder();
  const d = dims.constant;
  const x = parameter(b, "x", [2, 6]);
  const i = parameter(b, "i", [4], "index");
  const node = [
    e.slice(b, x, [{ start: d(4), size: d(3), step: -2 }]),
    e.pad(b, x, [{ low: d(1), high: d(-1), interior: 1 }]),
    b.create("window", [x], { axis: -1, count: d(2), size: d(3), stride: 2, dilation: 1 }),
    b.create("concat", [x, x], { axis: -2 }),
    e.transpose(b, x, [-1, -2]),
    e.reshape(b, x, shapeOf(3, 4)),
    e.convert(b, b.create("gather", [x, b.create("iota", [], { size: d(2) })], { batch: 0 }), "real"),
    b.create("scatter_add", [i, parameter(b, "u", [4])], { batch: 0, size: d(5) }),
    b.create("random", [e.constant(b, 1, "index"), e.dimension(b, dims.symbol("n"))], { site: 3, shape: shapeOf(2) }),
    e.constant(b, -0),
  ];
  const outputs = node.map((n, k) => ({ name: `o${k}`, node: n, updates: null }));
  expect(printGraph({ parameters: [x], outputs, requirements: [] })).toMatchInlineSnapshot(`
    "%x = parameter x : real[2, 6]
    %i = parameter i : index[4]
    %0 = slice %x axes=[4+3*-2] : real[2, 3]
    %1 = pad %x axes=[1:-1:1] : real[2, 11]
    %2 = window %x axis=-1 count=2 size=3 stride=2 dilation=1 : real[2, 2, 3]
    %3 = concat %x, %x axis=-2 : real[4, 6]
    %4 = transpose %x permutation=[-1, -2] : real[6, 2]
    %5 = reshape %x consumed=2 shape=[3, 4] : real[3, 4]
    %6 = iota size=2 : index[2]
    %7 = gather %x, %6 batch=0 : real[2, 6]
    %u = parameter u : real[4]
    %8 = scatter_add %i, %u batch=0 size=5 : real[5]
    %9 = constant 1 index : index[]
    %10 = dimension n : index[]
    %11 = random %9, %10 site=3 shape=[2] : real[2]
    %12 = constant -0 : real[]
    output o0 = %0
    output o1 = %1
    output o2 = %2
    output o3 = %3
    output o4 = %4
    output o5 = %5
    output o6 = %7
    output o7 = %8
    output o8 = %11
    output o9 = %12
    "
  `);
});
