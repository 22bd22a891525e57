// Subscripts that data decides: inside they choose, outside the call is refused, whatever else the kernels do.
import { describe, expect, test } from "vitest";
import * as e from "../../src/ir/expressions.ts";
import type { AnyNode, Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import { uncertainIndices } from "../../src/6-schedule/index-checks.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { evaluateText } from "../2-check/support.ts";
import { Agreement } from "./harness.ts";
import { evaluate } from "../../src/evaluate.ts";

type Made = (b: ReturnType<typeof createBuilder>, i: Node) => Node;
const plus =
  (k: number): Made =>
  (b, i) =>
    e.add(b, i, e.like(b, k, i));

/** x[f(i)] for i below 4, x of 4 rows unless said otherwise. */
function uncertain(make: Made, rows: number | string = 4): number {
  const b = createBuilder();
  const x = parameter(b, "x", [rows, 2]);
  const i = parameter(b, "i", ["m"], "index", 4);
  return uncertainIndices(e.topological([b.create("gather", [x, make(b, i)], { batch: 0 })]) as AnyNode[]).length;
}

describe("what is certain to be inside is not checked", () => {
  const inside: Record<string, Made> = {
    itself: (_, i) => i,
    reversed: (b, i) => e.sub(b, e.like(b, 3, i), i),
    modulo: (b, i) => e.modulo(b, e.add(b, i, e.like(b, 9, i)), e.like(b, 4, i)),
    halved: (b, i) => e.floorDivide(b, e.add(b, i, i), e.like(b, 2, i)),
    clamped: (b, i) => e.min(b, e.max(b, e.sub(b, e.add(b, i, i), e.like(b, 2, i)), e.like(b, 0, i)), e.like(b, 3, i)),
    chosen: (b, i) => e.select(b, e.less(b, i, e.like(b, 2, i)), i, e.like(b, 0, i)),
  };
  test.each(Object.entries(inside))("%s", (_, make) => {
    expect(uncertain(make)).toBe(0);
  });

  test("what may be outside is", () => {
    expect(uncertain(plus(1))).toBe(1);
    expect(uncertain(plus(-1))).toBe(1);
    expect(uncertain((b, i) => e.add(b, i, i))).toBe(1);
    expect(uncertain((b, i) => e.mul(b, i, e.sub(b, i, e.like(b, 1, i))))).toBe(1);
    expect(uncertain((_, i) => i, "n")).toBe(1);
  });
});

describe("what is outside is refused", () => {
  const rows = (count: number) =>
    tensor(
      [count, 2],
      Array.from({ length: 2 * count }, (_, k) => k / 4 - 1),
    );

  test.each([
    ["an input", (_b, i) => i],
    ["one more", plus(1)],
    ["one less", plus(-1)],
    ["twice", (b, i) => e.add(b, i, i)],
  ] as [string, Made][])("%s", (_, make) => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n", 2]);
    const i = parameter(b, "i", ["m"], "index", 4);
    const at = make(b, i);
    const chosen = b.create("gather", [x, at], { batch: 0 });
    const loss = e.reduceSum(b, e.mul(b, chosen, chosen), [-2, -1]);
    const graph = graphOf({ chosen, at, loss, g: b.create("gradient", [loss, x], {}) });
    const agreement = new Agreement(graph, b);
    for (const count of [1, 2, 3, 5, 8]) {
      for (const given of [[0], [1, 2, 3], [3], [1, 0, 1], []]) {
        agreement.check({ x: rows(count), i: tensor([given.length], given, "index") }, { n: count, m: given.length });
      }
    }
  });

  test("a single subscript, and one per row of a batch", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n", 3]);
    const k = parameter(b, "k", [], "index", 9);
    const one = b.create("gather", [x, k], { batch: 0 });
    const largest = b.create("gather", [x, b.create("argmax", [one], { axis: -1 })], { batch: 0 });
    const j = parameter(b, "j", ["n"], "index", 5);
    const each = b.create("gather", [x, j], { batch: 1 });
    const agreement = new Agreement(graphOf({ one, largest, each }), b);
    for (const [at, own] of [
      [0, [0, 1]],
      [1, [2, 2]],
      [2, [0, 0]],
      [1, [0, 3]],
    ] as const) {
      // prettier-ignore
      const inputs = { x: tensor([2, 3], [1, 2, 3, 6, 5, 4]), k: tensor([], [at], "index"), j: tensor([2], own, "index") };
      agreement.check(inputs, { n: 2 });
    }
  });

  test.each([3, 400])("a refused step of a model changes nothing, at width %i", async (width) => {
    const module = await evaluate(
      `model M {
  input words: index(9)[batch]
  target y: [batch, ${width}]
  e = embedding(words, 9, ${width})
  h = tanh(dense(e, ${width}))
  k = dropout(h, 0.5)
  output p = k + e.E[words + argmax(abs(e.E), axis = -1)[words] * 0 + 1]
  loss mse(p, y)
  train adam(lr = 0.1)
}`,
      { path: "m.nn" },
    );
    const create = module.createMTrainer as (options: object) => {
      step: (b: object) => number;
      save: () => Uint8Array;
    };
    const m = create({ batch: 3, seed: 1 });
    const y = new Float32Array(3 * width).fill(0.5);
    expect(m.step({ words: Int32Array.of(0, 7, 3), y })).toBeGreaterThan(0);
    const before = m.save();
    expect(() => m.step({ words: Int32Array.of(0, 8, 3), y })).toThrow(RangeError);
    expect(() => m.step({ words: Int32Array.of(0, 9, 3), y })).toThrow(/words\[1\] is 9/);
    expect(Buffer.compare(m.save(), before)).toBe(0);
    expect(m.step({ words: Int32Array.of(0, 7, 3), y })).toBeGreaterThan(0);
  });

  const held: readonly (readonly [string, string])[] = [
    ["something else of the same shape", "a = i * 2 + 1\n return a, x[i + 1], exp(x)"],
    ["the subscript itself", "at = i + 1\n return at, x[at], x"],
    ["what the subscript is computed from", "a = x * 2\n b = a[i] + 0\n return x[argmax(a) + i + 1], a, i"],
    ["the result twice", "at = i + 1\n return x[at], at, at"],
    ["a sum and its epilogue", "w = outer(x, x)\n a = w @ x\n return a, a[i] + 1, a[i + argmax(a) * 0 + 1]"],
  ];
  test.each(held)("a refused call leaves `out` as it is: %s", async (_, body) => {
    const f = (await evaluate(`fn f(x: [n], i: index(7)[m]) {\n ${body}\n}`, { path: "f.nn", verify: true })).f as (
      ...args: unknown[]
    ) => Record<string, Float32Array | Int32Array>;
    const x = Float32Array.of(3, 2, 1);
    const free = f(x, Int32Array.of(0, 1));
    const out = Object.fromEntries(Object.entries(free).map(([name, array]) => [name, array.slice().fill(9)]));
    const before = structuredClone(out);
    expect(() => f(x, Int32Array.of(1, 4), out)).toThrow(RangeError);
    expect(out).toEqual(before);
    expect(f(x, Int32Array.of(0, 1), out)).toEqual(free);
    expect(Object.values(free)).not.toContainEqual(Object.values(before)[0]);
  });

  test("a refused call of a model leaves `out` and what is stored as they are", async () => {
    const module = await evaluate(
      `model M {
  input i: index(5)[batch]
  input x: [batch]
  param w: [4] = constant(1)
  h = w * 2
  output h
  output at = i + 1
  output seen = x * 2
  output p = h[i + 1] * x
  loss sum(p)
  train sgd(lr = 0.25)
}`,
      { path: "m.nn", verify: true },
    );
    type Arrays = Record<string, Float32Array | Int32Array>;
    const m = (module.createMTrainer as (options: object) => unknown)({ batch: 2 }) as {
      forward: (inputs: object, options: object) => Arrays;
      gradient: (batch: object, options: object) => unknown;
      step: (batch: object) => number;
      params: Arrays;
    };
    const x = Float32Array.of(1, 3);
    const [inside, outside] = [Int32Array.of(0, 2), Int32Array.of(0, 3)];
    const out: Arrays = {
      h: new Float32Array(4),
      at: new Int32Array(2),
      seen: new Float32Array(2),
      p: new Float32Array(2),
    };
    const zeros = structuredClone(out);
    expect(() => m.forward({ i: outside, x }, { out })).toThrow(RangeError);
    expect(out).toEqual(zeros);
    m.forward({ i: inside, x }, { out });
    expect(out).toEqual({
      h: Float32Array.of(2, 2, 2, 2),
      at: Int32Array.of(1, 3),
      seen: Float32Array.of(2, 6),
      p: Float32Array.of(2, 6),
    });
    const gradient = { w: new Float32Array(4) };
    expect(() => m.gradient({ i: outside, x }, { out: { gradient } })).toThrow(RangeError);
    expect(gradient.w).toEqual(new Float32Array(4));
    expect(() => m.step({ i: outside, x })).toThrow(RangeError);
    expect(m.params.w).toEqual(Float32Array.of(1, 1, 1, 1));
    expect(m.step({ i: inside, x })).toBe(8);
    expect(m.params.w).toEqual(Float32Array.of(1, 0.5, 1, -0.5));
  });

  test("the message says what was chosen", async () => {
    const text = "fn f(x: [n], i: index(7)[m]) = x[i + 1]";
    const f = (await evaluate(text, { path: "f.nn" })).f as (x: Float32Array, i: Int32Array) => Float32Array;
    expect([...f(Float32Array.of(1, 2, 3), Int32Array.of(0, 1))]).toEqual([2, 3]);
    expect(() => f(Float32Array.of(1, 2, 3), Int32Array.of(0, 2))).toThrow(RangeError);
    expect(() => f(Float32Array.of(1, 2, 3), Int32Array.of(0, 2))).toThrow(/3/);
    const [y] = evaluateText(text, { x: tensor([3], [1, 2, 3]), i: tensor([2], [0, 1], "index") }, { n: 3, m: 2 });
    expect([...y.data]).toEqual([2, 3]);
  });
});
