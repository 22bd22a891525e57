import { describe, expect, test } from "vitest";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { verify } from "../../src/ir/verifier.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { parameter, shapeOf } from "../primitives/harness.ts";
import { recurrence } from "./loops.ts";

function sample() {
  const b = createBuilder();
  const x = parameter(b, "x", ["n"]);
  const y = e.exp(b, x);
  const z = e.reduceSum(b, e.mul(b, y, y), [-1]);
  return { b, x, y, z };
}

function graph(parameters: readonly Node<"parameter">[], node: Node): Graph {
  return { parameters, outputs: [{ name: "out", node, updates: null }], requirements: [] };
}

const check = (g: Graph, options = {}) => {
  verify(g, primitives, options);
};

describe("sound graphs pass", () => {
  test("plain", () => {
    const { x, z } = sample();
    check(graph([x], z), { differentiated: true, erased: true });
  });
  test("with a loop", () => {
    check(recurrence(createBuilder()).graph);
  });
});

describe("faults are found", () => {
  test("a wrong shape, with the lines around it", () => {
    const { x, y } = sample();
    const wrong: Node = { ...y, shape: shapeOf("m") };
    const after: Node = { ...y, id: y.id + 1, operands: [wrong], shape: shapeOf("m") };
    expect(() => {
      check(graph([x], after));
    }).toThrowErrorMatchingInlineSnapshot(`
      [InvalidGraph: internal: %1 (exp) has shape [m] where its rule gives [n]
        %0 = parameter x : real[n]
      > %1 = exp %0 : real[m]
        %2 = exp %1 : real[m]]
    `);
  });
  test("a wrong element type, arity and order", () => {
    const { x, y } = sample();
    expect(() => { check(graph([x], { ...y, element: "bool" })); }).toThrow("holds bool values where its rule gives real"); // prettier-ignore
    expect(() => { check(graph([x], { ...y, operands: [x, x] })); }).toThrow("has 2 operands, not 1"); // prettier-ignore
    expect(() => { check(graph([x], { ...y, id: x.id })); }).toThrow("comes before its operand"); // prettier-ignore
  });
  test("attributes out of order", () => {
    const { x, z } = sample();
    const bad = { ...z, attributes: { axes: [-1, -1] } };
    expect(() => { check(graph([x], bad)); }).toThrow("must be negative and ascending"); // prettier-ignore
  });
  test("parameters: unlisted, or two of one name", () => {
    const { b, x, z } = sample();
    expect(() => { check(graph([], z)); }).toThrow("is a parameter x that is not listed"); // prettier-ignore
    expect(() => { check(graph([x, parameter(b, "x", [])], z)); }).toThrow("two parameters are called x"); // prettier-ignore
  });
  test("outputs: two of one name, or updating what does not fit", () => {
    const { x, z } = sample();
    const twice = { ...graph([x], z), outputs: [0, 1].map(() => ({ name: "out", node: z, updates: null })) };
    expect(() => { check(twice); }).toThrow("two outputs are called out"); // prettier-ignore
    const update = (updates: string): Graph => ({ ...graph([x], z), outputs: [{ name: "out", node: z, updates }] });
    expect(() => { check(update("x")); }).toThrow("which has another type"); // prettier-ignore
    check(update("w")); // written and not read: the initial value of w
  });
  test("requests and marks that should be gone", () => {
    const { b, x, z } = sample();
    const request = graph([x], b.create("gradient", [z, x], {}));
    check(request);
    expect(() => { check(request, { differentiated: true }); }).toThrow("a derivative request that nothing replaced"); // prettier-ignore
    expect(() => { check(graph([x], b.mark(x, "u")), { erased: true }); }).toThrow("a mark that nothing erased"); // prettier-ignore
  });
  test("a loop body that reaches outside", () => {
    const b = createBuilder();
    const { graph: whole, record } = recurrence(b);
    const leak = { ...record, next: [e.add(b, record.next[0], parameter(b, "outside", [2]))] };
    const loop = b.create("loop", whole.outputs[0].node.operands[0].operands, { record: leak });
    const bad = { ...whole, outputs: [{ name: "h", node: b.create("loop_result", [loop], { index: 0 }), updates: null }] }; // prettier-ignore
    expect(() => { check(bad); }).toThrow("is a parameter outside that is not listed"); // prettier-ignore
    expect(() => b.create("loop_result", [loop], { index: 2 })).toThrow("a loop has no result 2");
    const short = { ...record, trip: dims.constant(3) };
    expect(() => b.create("loop", loop.operands, { record: short })).toThrow("[3, 2] and [T, 2] differ on axis -2");
  });
});
