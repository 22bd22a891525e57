import { describe, expect, it } from "vitest";
import { createContext } from "../../src/4-differentiate/context.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { identity } from "../../src/4-differentiate/jacobian.ts";
import { lift } from "../../src/ir/lift.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { reverse } from "../../src/4-differentiate/reverse.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { constant, symbol } from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Loop, Node } from "../../src/ir/graph.ts";
import { printGraph } from "../../src/ir/printer.ts";
import { verify } from "../../src/ir/verifier.ts";
import { primitives } from "../../src/primitives/index.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { createBuilder, derive, directional, gradient, graphOf, numericGradient, parameter, randoms, run } from "../5-simplify/support.ts"; // prettier-ignore

/** h' = tanh(W h + x_t), y_t = h' * h: a recurrent network over stacked inputs with an invariant. */
function recurrent(
  b: GraphBuilder,
  trip: Dim,
  size: number,
  backwards: boolean,
): Record<"h" | "x" | "W" | "loop", Node> {
  const stackShape = [trip, constant(size)];
  const x = b.create("parameter", [], { name: "x", type: { element: "real", shape: stackShape }, bound: null, held: "array" }); // prettier-ignore
  const h = parameter(b, "h", [size]);
  const W = parameter(b, "W", [size, size]);
  const carry = parameter(b, "carry", [size]);
  const slice = parameter(b, "slice", [size]);
  const weights = parameter(b, "weights", [size, size]);
  const next = e.tanh(b, e.add(b, e.matmul(b, weights, carry), slice));
  const record: Loop = {
    trip,
    reverse: backwards,
    recompute: false,
    counted: false,
    condition: null,
    index: parameter(b, "t", [], "index"),
    carries: [carry],
    stackedInputs: [slice],
    invariants: [weights],
    next: [next],
    stackedOutputs: [e.mul(b, next, carry)],
  };
  return { h, x, W, loop: b.create("loop", [h, x, W], { record }) };
}

/** The same in plain numbers: the final h and the sum of the squares of all y_t. */
function reference(h: readonly number[], x: readonly number[], W: readonly number[], backwards: boolean): number {
  const n = h.length;
  const rounds = x.length / n;
  let state = [...h];
  let sum = 0;
  for (let k = 0; k < rounds; k++) {
    const t = backwards ? rounds - 1 - k : k;
    const next = state.map((_, i) =>
      Math.tanh(state.reduce((s, value, j) => s + W[i * n + j] * value, 0) + x[t * n + i]),
    );
    next.forEach((value, i) => (sum += (value * state[i]) ** 2));
    state = next;
  }
  return sum + state.reduce((s, value) => s + Math.exp(value), 0);
}

function scalarOf(b: GraphBuilder, loop: Node): Node {
  const last = b.create("loop_result", [loop], { index: 0 });
  const ys = b.create("loop_result", [loop], { index: 1 });
  return e.add(b, e.reduceSum(b, e.mul(b, ys, ys), [-2, -1]), e.reduceSum(b, e.exp(b, last), [-1]));
}

const size = 2;
const h = [0.2, -0.4];
const W = [0.5, -0.3, 0.8, 0.1];

describe.each([
  { name: "forwards", backwards: false, trip: constant(3) },
  { name: "backwards", backwards: true, trip: constant(3) },
  { name: "with a symbolic count", backwards: false, trip: symbol("T") },
])("a loop $name", ({ backwards, trip }) => {
  const b = createBuilder();
  const { h: start, x, W: weights, loop } = recurrent(b, trip, size, backwards);
  const y = scalarOf(b, loop);
  const v = parameter(b, "v", [size, size]);
  const gW = gradient(b, y, weights);
  const outputs = {
    y,
    gh: gradient(b, y, start),
    gx: gradient(b, y, x),
    gW,
    jvp: b.create("jvp", [y, weights, v], {}),
    forwardReverse: b.create("jvp", [gW, weights, v], {}),
    reverseReverse: gradient(b, e.reduceSum(b, e.mul(b, gW, v), [-2, -1]), weights),
    reverseForward: gradient(b, b.create("jvp", [y, weights, v], {}), weights),
  };
  const graphs: readonly Graph[] = [differentiate(graphOf(outputs), b), derive(graphOf(outputs), b)];
  const rounds = 3;
  const xs = randoms(2, rounds * size);
  const direction = randoms(4, size * size);
  const inputs = { h, x: xs, W, v: direction };

  it.each([0, 1])("evaluates and differentiates in both modes to order two (simplified: %i)", (which) => {
    const graph = graphs[which];
    verify(graph, primitives);
    const found = run(graph, inputs, { T: rounds });
    expect(found.y[0]).toBeCloseTo(reference(h, xs, W, backwards), 12);
    const near = (actual: readonly number[], expected: readonly number[]): void => {
      expect(actual.length).toBe(expected.length);
      actual.forEach((value, k) => {
        expect(Math.abs(value - expected[k])).toBeLessThan(1e-7);
      });
    };
    near(
      found.gh,
      numericGradient((at) => reference(at, xs, W, backwards), h),
    );
    near(
      found.gx,
      numericGradient((at) => reference(h, at, W, backwards), xs),
    );
    near(
      found.gW,
      numericGradient((at) => reference(h, xs, at, backwards), W),
    );
    near(found.jvp, [directional((at) => reference(h, xs, at, backwards), W, direction)]);
    const second = W.map((_, k) =>
      directional((at) => numericGradient((w) => reference(h, xs, w, backwards), at)[k], W, direction, 1e-2),
    );
    near(found.forwardReverse, second);
    near(found.reverseReverse, second);
    near(found.reverseForward, second);
  });

  it("runs no round at all", () => {
    if (trip.terms.every((term) => term.factors.length === 0)) return;
    const found = run(graphs[0], { ...inputs, x: [] }, { T: 0 });
    expect(found.gh).toEqual(h.map(Math.exp));
    expect(found.gW).toEqual([0, 0, 0, 0]);
    expect(found.gx).toEqual([]);
  });

  it("prints", () => {
    const text = printGraph(graphs[0]);
    expect(text).toMatch(/loop/);
    expect(text).toMatch(/reverse/);
  });
});

describe("loops", () => {
  it("stack what the derivative of a round needs, and neither invariants nor what is made of them", () => {
    const b = createBuilder();
    const { W: weights, loop } = recurrent(b, symbol("T"), size, false);
    const graph = differentiate(graphOf({ g: gradient(b, scalarOf(b, loop), weights) }), b);
    const records = e
      .topological(graph.outputs.map((output) => output.node))
      .filter((node) => e.is(node, "loop"))
      .map((node) => node.attributes.record);
    const backward = records.find((record) => record.reverse);
    // Two cotangents come stacked with the residuals h and tanh(...); no matrix is among them.
    expect(backward?.stackedInputs.every((p) => p.shape.length === 1)).toBe(true);
    expect(backward?.carries.map((p) => p.shape.length)).toEqual([1, 2]);
  });

  it("differentiate requests inside their body", () => {
    const b = createBuilder();
    const carry = parameter(b, "carry");
    const square = e.powInt(b, carry, 2);
    // A step of gradient descent on h^2 is h - 0.1 * 2 h.
    const next = e.sub(b, carry, e.mul(b, 0.1, gradient(b, square, carry)));
    const record: Loop = {
      trip: constant(4),
      reverse: false,
      recompute: false,
      counted: false,
      condition: null,
      index: parameter(b, "t", [], "index"),
      carries: [carry],
      stackedInputs: [],
      invariants: [],
      next: [next],
      stackedOutputs: [],
    };
    const start = parameter(b, "start");
    const end = b.create("loop_result", [b.create("loop", [start], { record })], { index: 0 });
    const graph = derive(graphOf({ end, g: gradient(b, end, start) }), b);
    const found = run(graph, { start: 3 });
    expect(found.end[0]).toBeCloseTo(3 * 0.8 ** 4, 12);
    expect(found.g[0]).toBeCloseTo(0.8 ** 4, 12);
  });

  it("nest", () => {
    const b = createBuilder();
    // inner: s -> s + sin(a s), twice; outer: a -> sin(a * inner(a)), three times
    const s = parameter(b, "s");
    const a = parameter(b, "a");
    const index = parameter(b, "t", [], "index");
    const inner: Loop = {
      trip: constant(2),
      reverse: false,
      recompute: false,
      counted: false,
      condition: null,
      index,
      carries: [s],
      stackedInputs: [],
      invariants: [a],
      next: [e.add(b, s, e.sin(b, e.mul(b, a, s)))],
      stackedOutputs: [],
    };
    const carried = parameter(b, "carried");
    const grown = b.create("loop_result", [b.create("loop", [carried, carried], { record: inner })], { index: 0 });
    const outer: Loop = {
      trip: constant(3),
      reverse: false,
      recompute: false,
      counted: false,
      condition: null,
      index,
      carries: [carried],
      stackedInputs: [],
      invariants: [],
      next: [e.sin(b, e.mul(b, carried, grown))],
      stackedOutputs: [],
    };
    const x = parameter(b, "x");
    const y = b.create("loop_result", [b.create("loop", [x], { record: outer })], { index: 0 });
    const graph = derive(graphOf({ y, g: gradient(b, y, x), gg: gradient(b, gradient(b, y, x), x) }), b);
    const f = ([start]: readonly number[]): number => {
      let at = start;
      for (let k = 0; k < 3; k++) {
        let sum = at;
        for (let j = 0; j < 2; j++) sum += Math.sin(at * sum);
        at = Math.sin(at * sum);
      }
      return at;
    };
    const found = run(graph, { x: 0.6 });
    expect(found.y[0]).toBeCloseTo(f([0.6]), 12);
    expect(found.g[0]).toBeCloseTo(numericGradient(f, [0.6], 1e-4)[0], 7);
    const slope = (at: readonly number[]): number => run(graph, { x: at[0] }).g[0];
    expect(found.gg[0]).toBeCloseTo(numericGradient(slope, [0.6], 1e-4)[0], 5);
  });

  it("lift: the jacobian of a loop", () => {
    const b = createBuilder();
    const { h: start, loop } = recurrent(b, constant(3), size, false);
    const last = b.create("loop_result", [loop], { index: 0 });
    const ys = b.create("loop_result", [loop], { index: 1 });
    const graph = differentiate(
      graphOf({
        J: b.create("jacobian", [last, start], { batch: 0 }),
        Jy: b.create("jacobian", [ys, start], { batch: 0 }),
        last,
        ys,
      }),
      b,
    );
    const xs = randoms(2, 3 * size);
    const at = (point: readonly number[]): Record<string, number[]> => run(graph, { h: point, x: xs, W });
    const found = at(h);
    const wanted = found.last.map((_, k) => numericGradient((point) => at(point).last[k], h)).flat();
    const wantedY = found.ys.map((_, k) => numericGradient((point) => at(point).ys[k], h)).flat();
    found.J.forEach((value, k) => {
      expect(value).toBeCloseTo(wanted[k], 8);
    });
    found.Jy.forEach((value, k) => {
      expect(value).toBeCloseTo(wantedY[k], 8);
    });
  });

  it("lift in reverse mode", () => {
    const b = createBuilder();
    const { W: weights, loop } = recurrent(b, constant(3), size, true);
    const last = b.create("loop_result", [loop], { index: 0 });
    const direction = b.mark(e.zerosLike(b, last), "direction");
    const [cotangent] = reverse(createContext(b), [[last, direction]], [weights]);
    if (cotangent === null) throw new Error("no cotangent");
    const [J] = lift(b, [cotangent], new Map([[direction, identity(b, last.shape)]]), last.shape);
    const graph = eraseMarks(graphOf({ J, last }), b);
    verify(simplify(graph, b), primitives);
    const xs = randoms(2, 3 * size);
    const at = (w: readonly number[]): Record<string, number[]> => run(graph, { h, x: xs, W: w });
    const wanted = h.map((_, k) => numericGradient((w) => at(w).last[k], W)).flat();
    at(W).J.forEach((value, k) => {
      expect(value).toBeCloseTo(wanted[k], 8);
    });
  });
});
