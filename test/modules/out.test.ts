// Memory that callers give in `out`: each member is read once, and a call that is refused has changed nothing.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import { compiled, numbers } from "./support.ts";

type Call = (...args: readonly unknown[]) => unknown;
const source = `
fn f(x: [n], y) = sum(x * x) * y
derive f: value, gradient, hessian
fn g(x: [n]) {
  double = x * 2
  total = sum(x)
  return double, total
}`;
const m = (await evaluate(source, { path: "f.nn", precision: "f64" })) as Record<string, Call>;
const f64 = (...x: readonly number[]): Float64Array => Float64Array.from(x);
const x = f64(1, 2);

/** Everything an object that cannot be written may be. */
const refusing: readonly (readonly [string, (members: object) => object])[] = [
  ["frozen", (members) => Object.freeze({ total: 0, ...members })],
  ["sealed, without the number", (members) => Object.seal({ ...members })],
  ["with a number that is read-only", (members) => Object.defineProperty({ ...members }, "total", { value: 0 })],
  ["with a getter for the number", (members) => Object.defineProperty({ ...members }, "total", { get: () => 0 })],
  [
    "heir of a frozen object",
    (members) => Object.assign(Object.create(Object.freeze({ total: 0 })) as object, members),
  ],
];

test.each(refusing)("an object that is %s is refused before anything is written", (_, make) => {
  const double = f64(7, 7);
  const out = make({ double });
  const before = Object.getOwnPropertyDescriptors(out);
  expect(() => m.g(x, out)).toThrow(TypeError);
  expect(double).toEqual(f64(7, 7));
  expect(Object.getOwnPropertyDescriptors(out)).toEqual(before);
});

test("a frozen object inside is refused too; one whose members alone are arrays is not", () => {
  const arrays = { x: f64(7, 7) };
  expect(() => m.fGradient(x, 3, { gradient: Object.freeze(arrays) })).toThrow(TypeError);
  expect(() => m.fGradient(x, 3, Object.freeze({ gradient: { ...arrays } }))).toThrow(TypeError);
  expect(arrays.x).toEqual(f64(7, 7));
  const out = { hessian: { x: Object.freeze({ x: f64(0, 0, 0, 0), y: f64(0, 0) }), y: { x: f64(0, 0) } }, gradient: { x: f64(0, 0) } };
  expect(m.fHessian(x, 3, out)).toBe(out);
  // f = y (x0^2 + x1^2): the gradient (2 y x, 5), the Hessian (2 y I, 2 x; 2 x, 0).
  expect(out).toEqual({
    value: 15,
    gradient: { x: f64(6, 12), y: 5 },
    hessian: { x: { x: f64(6, 0, 0, 6), y: f64(2, 4) }, y: { x: f64(2, 4), y: 0 } },
  });
}); // prettier-ignore

test("members of every depth are read once, so that a getter cannot give one array to the checks and another to the results", () => {
  const first = f64(0, 0);
  const others = f64(9);
  let reads = 0;
  const gradient = {
    get x(): Float64Array {
      reads++;
      return reads === 1 ? first : others;
    },
  };
  let holders = 0;
  const out = {
    get gradient(): object {
      holders++;
      return holders === 1 ? gradient : {};
    },
  };
  expect(m.fGradient(x, 3, out)).toBe(out);
  expect([reads, holders]).toEqual([1, 1]);
  expect(first).toEqual(f64(6, 12));
  expect(others).toEqual(f64(9));
  expect((gradient as { y?: number }).y).toBe(5);
});

test("a refused call leaves the numbers of `out` alone, and a setter is called with the result at last", () => {
  const kept = { double: f64(7), total: 4 };
  expect(() => m.g(x, kept)).toThrow(RangeError);
  expect(kept).toEqual({ double: f64(7), total: 4 });
  const written: number[] = [];
  const out = {
    double: f64(0, 0),
    get total(): number {
      return 4;
    },
    set total(value: number) {
      written.push(value);
    },
  };
  expect(m.g(x, out)).toBe(out);
  expect(written).toEqual([4, 3]);
});

test("a setter that throws for the result has the last word: the arrays hold the whole result by then", () => {
  const double = f64(0, 0);
  let writes = 0;
  const out = {
    double,
    get total(): number {
      return 4;
    },
    set total(value: number) {
      writes++;
      if (value !== 4) throw new Error("not this one");
    },
  };
  expect(() => m.g(x, out)).toThrow("not this one");
  expect(writes).toBe(2);
  expect(double).toEqual(f64(2, 4));
});

describe("models", async () => {
  const { trainer } = await compiled(
    "model M { input x: [batch, 2]\n param w: [2] = ones\n frozen param c: [2] = ones\n output p = x * w * c\n output total = sum(p)\n loss sum(p)\n train sgd(lr = 0.5) }",
  );
  const batch = { x: numbers(4) };

  test("`forward` and `gradient` refuse frozen objects before they write", () => {
    const t = trainer({ batch: 2, seed: 1 });
    const p = Float32Array.of(7, 7, 7, 7);
    expect(() => t.forward(batch, { out: Object.freeze({ p, total: 0 }) })).toThrow(TypeError);
    expect(() => t.forward(batch, { out: Object.seal({ p }) })).toThrow(TypeError);
    expect(p).toEqual(Float32Array.of(7, 7, 7, 7));
    const w = Float32Array.of(7, 7);
    expect(() => t.gradient(batch, { out: Object.freeze({ gradient: { w }, loss: 1 }) })).toThrow(TypeError);
    expect(() => t.gradient(batch, { out: { gradient: {}, loss: 1 } })).toThrow(TypeError);
    expect(() => t.gradient(batch, { out: { loss: 1 } })).toThrow(TypeError);
    expect(w).toEqual(Float32Array.of(7, 7));
    const given = { gradient: Object.freeze({ w, c: null }) };
    expect(t.gradient(batch, { out: given })).toBe(given);
    expect(given).toEqual({ loss: t.gradient(batch).loss, gradient: { w: t.gradient(batch).gradient["w"], c: null } });
  });

  test("`out` and what it holds are read once", () => {
    const t = trainer({ batch: 2, seed: 1 });
    const reads: string[] = [];
    const watched = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(of, key) {
          reads.push(String(key));
          return Reflect.get(of, key) as unknown;
        },
      });
    const w = new Float32Array(2);
    t.gradient(batch, watched({ out: watched({ gradient: watched({ w }) }) }));
    expect(reads).toEqual(["out", "gradient", "w"]);
    expect(w).toEqual(t.gradient(batch).gradient["w"]);
    reads.length = 0;
    const p = new Float32Array(4);
    t.forward(batch, watched({ out: watched({ p }) }));
    expect(reads).toEqual(["out", "p"]);
    expect(p).toEqual(t.forward(batch)["p"]);
  });
}); // prettier-ignore
