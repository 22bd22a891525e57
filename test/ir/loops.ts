/** A recurrent network as a hand-built loop graph: h = tanh(h @ U + x[t]), with the running states stacked. */
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph, Loop } from "../../src/ir/graph.ts";
import { parameter } from "../primitives/harness.ts";

export function recurrence(b: GraphBuilder, reverse = false): { graph: Graph; record: Loop } {
  const inputs = { h0: parameter(b, "h0", [2]), xs: parameter(b, "xs", ["T", 2]), u: parameter(b, "U", [2, 2]) };
  const body = {
    t: parameter(b, "t", [], "index"),
    h: parameter(b, "h", [2]),
    x: parameter(b, "x", [2]),
    u: parameter(b, "weights", [2, 2]),
  };
  const next = e.tanh(b, e.add(b, e.matmul(b, body.h, body.u), body.x));
  const record: Loop = {
    trip: dims.symbol("T"),
    reverse,
    counted: false,
    recompute: false,
    condition: null,
    index: body.t,
    carries: [body.h],
    stackedInputs: [body.x],
    invariants: [body.u],
    next: [next],
    stackedOutputs: [e.mul(b, next, e.convert(b, body.t, "real"))],
  };
  const loop = b.create("loop", [inputs.h0, inputs.xs, inputs.u], { record });
  const graph: Graph = {
    parameters: Object.values(inputs),
    outputs: [
      { name: "h", node: b.create("loop_result", [loop], { index: 0 }), updates: "h0" },
      { name: "ys", node: b.create("loop_result", [loop], { index: 1 }), updates: null },
    ],
    requirements: [
      { requirement: { left: dims.symbol("T"), relation: ">=", right: dims.constant(1) }, reason: "`xs[0]`" },
    ],
  };
  return { graph, record };
}
