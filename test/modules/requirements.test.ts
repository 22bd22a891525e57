// Requirements on dims bind the entry points that compute what needs them, and no others.
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import { compiled, type Named } from "./support.ts";

/** A network over sequences whose parts need sequences of different lengths. */
const { create, trainer } = await compiled(`
  fn late(v: [k]) = sum(v[2:])
  model M {
    input x: [n]
    target y: [n]
    param w = 2
    slope = w * (x[1:] - x[:-1])
    width = zeros_like(x[3:]) + w
    output p = w * x
    output s = sum(width)
    metric bend = sum(x[2:] - 2 * x[1:-1] + x[:-2])
    metric last = x[-1]
    loss sum(slope^2) + late(y)
    train sgd(lr = 0.1)
  }`);
const f32 = (...values: number[]): Float32Array => Float32Array.from(values);
const three = f32(1, 2, 4);
const one = f32(5);

test("forward needs what its outputs need, also where only a shape does", () => {
  const m = create({ n: 4 });
  expect(m.forward({ x: three })).toEqual({ p: f32(2, 4, 8), s: 0 });
  expect(m.forward({ x: f32(1, 2, 3, 4) })).toEqual({ p: f32(2, 4, 6, 8), s: 2 });
  expect(() => m.forward({ x: f32(1, 2) })).toThrow("M: `x[3:]` needs n >= 3, found n = 2");
});

test("the loss and the metrics have requirements of their own", () => {
  const t = trainer({ n: 4 });
  // Differences 1 and 2 times w, and the entry 9 of the target; second difference 1.
  expect(t.evaluate({ x: three, y: f32(0, 0, 9) })).toEqual({ loss: 4 + 16 + 9, bend: 1, last: 4 });
  expect(() => t.evaluate({ x: one, y: one })).toThrow(RangeError);
  // w^2 * (1 + 4): derivative 2 * 2 * 5.
  expect(t.gradient({ x: three, y: f32(0, 0, 9) })).toEqual({ loss: 29, gradient: { w: f32(20) } });
  expect(t.gradient({ x: f32(1, 2), y: f32(0, 0) })).toEqual({ loss: 4, gradient: { w: f32(4) } });
  const refused = (call: () => unknown): void => {
    expect(call).toThrow(/`v\[2:\]` needs (k|n) >= 2/);
  };
  refused(() => t.gradient({ x: one, y: one }));
  refused(() => t.step({ x: one, y: one }));
  expect(t.step({ x: f32(1, 2), y: f32(0, 0) })).toBe(4);
});

test("a requirement of the loss alone leaves forward free", async () => {
  const m = await compiled(`model M {
    input x: [n]
    param w = 3
    output p = w * x
    loss w * sum(x[2:])
    train sgd(lr = 1)
  }`);
  const t = m.trainer({ n: 3 });
  expect(t.forward({ x: one })).toEqual({ p: f32(15) });
  expect(t.forward({ x: f32() })).toEqual({ p: f32() });
  for (const entry of ["evaluate", "gradient", "step"] as const) {
    expect(() => t[entry]({ x: one })).toThrow(/needs n >= 2/);
  }
  expect(t.params).toEqual({ w: f32(3) } satisfies Named);
});

test("a requirement whose result nothing computes binds every entry point", async () => {
  const m = await compiled(`model M {
    input x: [n]
    unused = x[2:]
    output p = 3 * x
  }`);
  expect(() => m.create({ n: 3 }).forward({ x: one })).toThrow(/needs n >= 2/);
});

test("what was found is told of every symbol", async () => {
  const module: Named = await evaluate("fn f(x: [n], y: [m]) = sum(x[m + 1:])", { path: "f.nn" });
  const f = module["f"] as (x: Float32Array, y: Float32Array) => number;
  expect(f(three, f32(0))).toBe(4);
  expect(() => f(three, three)).toThrow("f: `x[m + 1:]` needs n >= m + 1, found n = 3, m = 3");
});

// As NumPy: "zero-size array to reduction operation minimum which has no identity"; sums, products and truth values have one.
const reductions = "min max argmin argmax logsumexp softmax log_softmax".split(" ");
const empties = await evaluate(
  [
    ...reductions.map((name) => `fn ${name}_of(x: [n]) = ${name}(x)\nderive ${name}_of: value`),
    ...["min", "max"].map((name) => `fn ${name}_rows(x: [n, m]) = ${name}(x, axis = 1)`),
    "fn widest(x: [n]) = norm(x, inf)",
    "fn narrowest(x: [n]) = norm(x, -inf)",
    "fn smallest(x: [n]) = min(1 / (0 * x))",
    "fn others(x: [n]) { return sum(1 / x), prod(1 / x), any(x > 0), all(x > 0), norm(x), mean(x), var(x) }",
  ].join("\n"),
  { path: "f.nn" },
);
const callOf = (name: string) => empties[name] as (...args: readonly unknown[]) => unknown;

test.each([...reductions.map((name) => `${name}_of`), "widest", "narrowest", "smallest"])(
  "%s: no entry, no result",
  (name) => {
    expect(() => callOf(name)(f32())).toThrow(/(min|max) of \[n\] on axis -1 needs n >= 1, found n = 0/);
    expect(() => callOf(name)(f32(Infinity, -Infinity, 1))).not.toThrow();
  },
);

test("rows without entries are refused, also where there is no row; no rows have no extremum to find", () => {
  for (const name of ["min_rows", "max_rows"]) {
    const rows = callOf(name);
    expect(rows(f32(), { n: 0, m: 3 })).toEqual(f32());
    expect(() => rows(f32(), { n: 3, m: 0 })).toThrow(/needs m >= 1, found m = 0/);
    expect(() => rows(f32(), { n: 0, m: 0 })).toThrow(RangeError);
    expect(rows(f32(Infinity, -Infinity, Infinity, Infinity), { n: 2, m: 2 })).toEqual(
      name === "min_rows" ? f32(-Infinity, Infinity) : f32(Infinity, Infinity),
    );
  }
});

test("reductions with an identity have it where there is no entry", () => {
  // numpy: sum 0, prod 1, any False, all True, norm 0; mean and var are 0 / 0.
  const found = Object.values(callOf("others")(f32()) as object);
  expect(found).toEqual([0, 1, false, true, 0, NaN, NaN]);
});
