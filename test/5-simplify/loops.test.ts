import { expect, it } from "vitest";
import { tidyLoops } from "../../src/5-simplify/loops.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Loop, Node } from "../../src/ir/graph.ts";
import { createBuilder, graphOf, parameter, randoms, run } from "./support.ts";

const inputs = { start: 0.5, xs: [0.25, -1, 2], w: 0.75 };

/** Parameters of a body, each name followed by `mark`. */
function bodyOf(b: GraphBuilder, mark: string) {
  const scalar = (name: string): Node<"parameter"> => parameter(b, `${name}${mark}`);
  const index = parameter(b, `t${mark}`, [], "index");
  return { index, c: scalar("c"), d: scalar("d"), x: scalar("x"), w: scalar("v") };
}

type Body = ReturnType<typeof bodyOf>;

/** A loop of one carry c over entries x with an invariant w. */
function loopOver(
  b: GraphBuilder,
  body: Body,
  next: Node,
  stacks: readonly Node[],
  operands: readonly Node[],
  condition: Node | null = null,
): Node {
  const record: Loop = {
    trip: dims.symbol("n"),
    reverse: false,
    counted: false,
    recompute: false,
    condition,
    index: body.index,
    carries: [body.c],
    stackedInputs: [body.x],
    invariants: [body.w],
    next: [next],
    stackedOutputs: stacks,
  };
  return b.create("loop", operands, { record });
}

const resultOf = (b: GraphBuilder, loop: Node, index: number): Node => b.create("loop_result", [loop], { index });

function loopsOf(graph: Graph): readonly Node<"loop">[] {
  return e.topological(graph.outputs.map(({ node }) => node)).filter((node) => e.is(node, "loop"));
}

function expectSameValues(before: Graph, after: Graph): void {
  expect(run(after, inputs, { n: 3 })).toEqual(run(before, inputs, { n: 3 }));
}

it("drops carries and stacks that nothing reads, makes an invariant of a carry that stays, and computes outside what does not change", () => {
  const b = createBuilder();
  const { index, c, d, x, w } = bodyOf(b, "");
  const [still, g] = [parameter(b, "still"), parameter(b, "g")];
  const sine = e.sin(b, w);
  const [start, xs, outer] = [parameter(b, "start"), parameter(b, "xs", ["n"]), parameter(b, "w")];
  const record: Loop = {
    trip: dims.symbol("n"),
    reverse: false,
    counted: false,
    recompute: false,
    condition: null,
    index,
    carries: [c, d, still, g],
    stackedInputs: [x],
    invariants: [w],
    next: [
      e.add(b, e.mul(b, c, e.exp(b, w)), e.mul(b, x, still)),
      e.mul(b, d, c),
      still,
      e.sub(b, e.mul(b, g, sine), x),
    ],
    stackedOutputs: [e.mul(b, c, x), e.sin(b, d), e.sub(b, c, x)],
  };
  const loop = b.create("loop", [start, start, outer, start, xs, outer], { record });
  const graph = graphOf({ g: resultOf(b, loop, 3), last: resultOf(b, loop, 6), c: resultOf(b, loop, 0), still: resultOf(b, loop, 2), first: resultOf(b, loop, 4) }); // prettier-ignore
  const tidy = tidyLoops(graph, b);
  const [found, ...others] = loopsOf(tidy);
  expect(others).toEqual([]);
  const { carries, stackedInputs, invariants, stackedOutputs } = found.attributes.record;
  // All in the order that they had, however they are read.
  expect(carries).toEqual([c, g]);
  expect(stackedInputs).toEqual([x]);
  expect(stackedOutputs).toEqual([e.mul(b, c, x), e.sub(b, c, x)]);
  expect(invariants.length).toBe(3);
  expect(found.operands).toEqual([start, start, xs, outer, e.sin(b, outer), e.exp(b, outer)]);
  expect(tidy.outputs[3].node).toBe(outer);
  expectSameValues(graph, tidy);
});

it("makes one of loops over the same rounds, also of one that reads what others made one give", () => {
  const b = createBuilder();
  const [p, q] = [bodyOf(b, "P"), bodyOf(b, "Q")];
  const [start, xs, w] = [parameter(b, "start"), parameter(b, "xs", ["n"]), parameter(b, "w")];
  const next = ({ c, x, w: v }: Body): Node => e.add(b, e.mul(b, c, v), x);
  const first = loopOver(b, p, next(p), [e.sub(b, p.c, p.x)], [start, xs, w]);
  const second = loopOver(b, p, next(p), [e.mul(b, p.c, p.x)], [start, xs, w]);
  const third = loopOver(b, q, next(q), [], [start, xs, w]);
  // The same carry by name only: what it runs over is another list.
  const fourth = loopOver(b, q, next(q), [e.sin(b, q.c)], [start, resultOf(b, second, 1), w]);
  const graph = graphOf({
    third: resultOf(b, third, 0),
    fourth: resultOf(b, fourth, 0),
    stack: resultOf(b, fourth, 1),
    first: resultOf(b, first, 0),
    another: resultOf(b, first, 1),
  });
  const tidy = tidyLoops(graph, b);
  expect(loopsOf(tidy).map(({ attributes: { record } }) => record.carries.length)).toEqual([1, 2]);
  expectSameValues(graph, tidy);
});

it("makes one of loops that end alike, not of loops whose ends are those of other carries", () => {
  const b = createBuilder();
  const body = bodyOf(b, "");
  const [start, xs, w] = [parameter(b, "start"), parameter(b, "xs", ["n"]), parameter(b, "w")];
  const next = e.add(b, e.mul(b, body.c, body.w), body.x);
  const condition = e.less(b, -0.5, body.c);
  const results = (from: Node): Graph => {
    const one = loopOver(b, body, next, [], [start, xs, w], condition);
    const other = loopOver(b, body, next, [e.mul(b, body.c, body.x)], [from, xs, w], condition);
    return graphOf({ one: resultOf(b, one, 0), other: resultOf(b, other, 0), stack: resultOf(b, other, 1) });
  };
  for (const [graph, count] of [
    [results(start), 1],
    [results(e.neg(b, start)), 2],
  ] as const) {
    const tidy = tidyLoops(graph, b);
    expect(loopsOf(tidy).length).toBe(count);
    expectSameValues(graph, tidy);
  }
});

it("sums products over all rounds at once, added or taken off, from any start, and leaves the rest to the rounds", () => {
  const b = createBuilder();
  const [index, c, s, t, u] = [parameter(b, "i", [], "index"), parameter(b, "c"), ...["s", "t", "u"].map((name) => parameter(b, name, [8, 8]))]; // prettier-ignore
  const [p, q, P, Q] = [parameter(b, "p", [8]), parameter(b, "q", [8]), parameter(b, "P", [20, 8]), parameter(b, "Q", [20, 8])]; // prettier-ignore
  const outer = (x: Node, y: Node): Node => e.contract(b, [x, ["i"]], [y, ["j"]], ["i", "j"]);
  const rowsOf = (x: Node): Node => e.broadcastTo(b, x, s.shape);
  const record: Loop = {
    trip: dims.symbol("n"),
    reverse: false,
    counted: false,
    recompute: false,
    condition: null,
    index,
    carries: [s, t, u, c],
    stackedInputs: [p, q, P, Q],
    invariants: [],
    next: [
      e.sub(b, e.add(b, e.sub(b, e.add(b, s, outer(p, q)), outer(e.sin(b, p), q)), rowsOf(e.exp(b, p))), rowsOf(q)),
      e.sub(b, t, outer(p, e.cos(b, q))),
      // The stacks are there: that they are larger than the product costs nothing.
      e.add(b, u, e.contract(b, [P, ["k", "i"]], [Q, ["k", "j"]], ["i", "j"])),
      e.add(b, e.mul(b, c, 0.5), e.reduceSum(b, p, [-1])),
    ],
    stackedOutputs: [e.sin(b, q)],
  };
  const zeros = e.broadcastTo(b, e.constant(b, 0), s.shape);
  const given = { s: [8, 8], c: [], u: [8, 8], p: ["n", 8], q: ["n", 8], P: ["n", 20, 8], Q: ["n", 20, 8] };
  const outside = new Map(Object.entries(given).map(([name, shape]) => [name, parameter(b, `all.${name}`, shape)]));
  const starts = ["s", "t", "u", "c"].map((name) => outside.get(name) ?? zeros);
  const rows = ["p", "q", "P", "Q"].flatMap((name) => outside.get(name) ?? []);
  const loop = b.create("loop", [...starts, ...rows], { record });
  const graph = graphOf(
    Object.fromEntries(["s", "t", "u", "c", "stack"].map((name, k) => [name, resultOf(b, loop, k)])),
  );
  const tidy = tidyLoops(graph, b, undefined, true);
  expect(loopsOf(tidy).map(({ attributes: { record: found } }) => found.carries)).toEqual([[s, c]]);
  const values = Object.fromEntries(
    [...outside].map(([name, { shape }], k) => [`all.${name}`, randoms(k + 1, dims.evaluate(dims.product(shape), new Map([["n", 3]])))]), // prettier-ignore
  );
  const [wanted, found] = [graph, tidy].map((of) => run(of, values, { n: 3 }));
  for (const [name, numbers] of Object.entries(wanted)) {
    // Sums of at most 64 products of numbers below 1 in another order.
    numbers.forEach((value, k) => {
      expect(Math.abs(found[name][k] - value)).toBeLessThanOrEqual(64 * 64 * 2 ** -53);
    });
  }
});

it("does not make one loop of two that wait for each other through others that are one", () => {
  const b = createBuilder();
  const [p, q] = [bodyOf(b, "p"), bodyOf(b, "q")];
  const [start, xs, outer] = [parameter(b, "start"), parameter(b, "xs", ["n"]), parameter(b, "w")];
  const over = (body: Body, rows: Node, next: Node): Node => {
    return resultOf(b, loopOver(b, body, next, [e.mul(b, next, body.w)], [start, rows, outer]), 1);
  };
  const a1 = over(p, xs, e.add(b, p.c, e.mul(b, p.x, p.w)));
  const b1 = over(q, xs, e.sub(b, q.c, e.mul(b, q.x, q.w)));
  // One loop of the first and this, and one of the second and the last, would each need the other's rows.
  const a2 = over(p, b1, e.add(b, e.mul(b, p.c, p.w), p.x));
  const b2 = over(q, a1, e.sub(b, e.mul(b, q.c, q.w), q.x));
  const before = graphOf({ a: a2, b: b2 });
  const after = tidyLoops(before, b);
  expect(loopsOf(before)).toHaveLength(4);
  expect(loopsOf(after)).toHaveLength(3);
  expectSameValues(before, after);
});
