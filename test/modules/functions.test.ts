// Generated functions: names, arguments, results and `out` as the contract has them, and wrong calls.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";

type Call = (...args: readonly unknown[]) => unknown;

async function functions(text: string, precision: "f32" | "f64" = "f32"): Promise<Record<string, Call>> {
  return (await evaluate(text, { path: "f.nn", precision })) as Record<string, Call>;
}

const f32 = (...x: readonly number[]): Float32Array => Float32Array.from(x);
const f64 = (...x: readonly number[]): Float64Array => Float64Array.from(x);

describe("results", () => {
  test("a scalar is a number, never rounded; [1] is an array of one; bool and index scalars", async () => {
    const m = await functions(`
fn third(x) = x / 3
fn one(x: [1]) = x / 3
fn positive(x) = x > 0
fn signs(x: [n]) = x > 0
fn place(x: [n]) = argmax(x)
fn places(x: [n, 2]) = argmax(x, axis = -1)
`);
    expect(m.third(1)).toBe(1 / 3);
    expect(m.one(f32(1))).toEqual(f32(1 / 3));
    expect(m.positive(2)).toBe(true);
    expect(m.positive(-2)).toBe(false);
    expect(m.signs(f32(1, -1, 0))).toEqual(Uint8Array.of(1, 0, 0));
    expect(m.place(f32(1, 3, 2))).toBe(1);
    expect(m.places(f32(1, 3, 2, 0))).toEqual(Int32Array.of(1, 0));
    expect(Object.keys(m)).toEqual(["third", "thirdGradient", "one", "positive", "signs", "place", "places"]);
  });

  test("several results are keyed by what was returned, unnamed ones by their place", async () => {
    const m = await functions(`
fn cell(x: [n], c: [n]) {
  h = tanh(x + c)
  c2 = c * 0.5
  return h, c2
}
fn pair(a, b) { return a + b, a * b }
fn mixed(x: [n]) {
  s = sum(x)
  return x * 2, s, s > 0
}
`, "f64"); // prettier-ignore
    expect(Object.keys(m.cell(f64(0), f64(2)) as object)).toEqual(["h", "c2"]);
    expect(m.pair(3, 4)).toEqual({ result0: 7, result1: 12 });
    expect(m.mixed(f64(1, 2))).toEqual({ result0: f64(2, 4), s: 3, result2: true });
    const out = { result0: f64(0, 0) };
    expect(m.mixed(f64(1, 2), out)).toBe(out);
    expect(out).toEqual({ result0: f64(2, 4), s: 3, result2: true });
  });

  test("every kind of derivative, in the layout of the contract", async () => {
    const m = await functions(`
fn f(x: [2], y) = x[0]^2 * x[1] + y * x[0]
fn g(x: [2], y) { u = x * y
  v = sum(x) * y
  return u, v }
derive f: value, gradient, jvp, hessian, hvp, jacobian
derive g: value, jvp, jacobian(x)
`, "f64"); // prettier-ignore
    const x = f64(2, 3);
    expect(m.f(x, 5)).toBe(22);
    expect(m.fGradient(x, 5)).toEqual({ value: 22, gradient: { x: f64(17, 4), y: 2 } });
    expect(m.fJvp(x, 5, { x: f64(1, 10), y: 100 })).toEqual({ value: 22, tangent: 17 + 40 + 200 });
    expect(m.fJacobian(x, 5)).toEqual({ value: 22, jacobian: { x: f64(17, 4), y: 2 } });
    expect(m.fHvp(x, 5, { x: f64(1, 10), y: 100 })).toEqual({ value: 22, hvp: { x: f64(6 + 40 + 100, 4), y: 1 } });
    expect(m.fHessian(x, 5)).toEqual({
      value: 22,
      gradient: { x: f64(17, 4), y: 2 },
      hessian: { x: { x: f64(6, 4, 4, 0), y: f64(1, 0) }, y: { x: f64(1, 0), y: 0 } },
    });
    expect(m.gJvp(x, 5, { x: f64(1, 0), y: 1 })).toEqual({ value: { u: f64(10, 15), v: 25 }, tangent: { u: f64(7, 3), v: 10 } });
    expect(m.gJacobian(x, 5)).toEqual({ value: { u: f64(10, 15), v: 25 }, jacobian: { u: { x: f64(5, 0, 0, 5) }, v: { x: f64(5, 5) } } });
    expect(Object.keys(m)).toEqual(["f", "fGradient", "fJvp", "fHessian", "fHvp", "fJacobian", "g", "gJvp", "gJacobian"]);
  }); // prettier-ignore

  test("out is written and returned, fresh arrays are fresh", async () => {
    const m = await functions("fn f(x: [n]) = x * 2\nderive f: value, jacobian\nfn s(x: [n]) = sum(x * x)");
    const out = f32(9, 9);
    expect(m.f(f32(1, 2), out)).toBe(out);
    expect(out).toEqual(f32(2, 4));
    expect(m.f(f32(1, 2))).not.toBe(m.f(f32(1, 2)));
    const into = { value: f32(0, 0), jacobian: { x: f32(1, 1, 1, 1) } };
    expect(m.fJacobian(f32(1, 2), into)).toBe(into);
    expect(into).toEqual({ value: f32(2, 4), jacobian: { x: f32(2, 0, 0, 2) } });
    const gradient = { gradient: { x: f32(0, 0) } };
    expect(m.sGradient(f32(1, 2), gradient)).toBe(gradient);
    expect(gradient).toEqual({ value: 5, gradient: { x: f32(2, 4) } });
  });

  test("dims come before out, and only where lengths do not settle them", async () => {
    const m = await functions("fn f(x: [n, m]) = sum(x, axis = 0)\nfn g(x: [n, m], y: [m]) = x @ y\nfn h(x: [n, n]) = trace(x)\nfn k(x: [2 * n + 1]) = x[:n]");
    expect(m.f(f32(1, 2, 3, 4, 5, 6), { m: 2, n: 3 })).toEqual(f32(9, 12));
    const out = f32(0, 0, 0);
    expect(m.f(f32(1, 2, 3, 4, 5, 6), { m: 3, n: 2 }, out)).toBe(out);
    expect(m.g(f32(1, 2, 3, 4), f32(1, 1))).toEqual(f32(3, 7));
    expect(m.h(f32(1, 2, 3, 4))).toBe(5);
    expect(m.k(f32(1, 2, 3, 4, 5))).toEqual(f32(1, 2));
    expect(() => m.h(f32(1, 2, 3))).toThrow(/^x: .*\[n, n\].*3/);
    expect(() => m.k(f32(1, 2))).toThrow(RangeError);
  }); // prettier-ignore

  test("functions that need temporaries may be called again and again, at other sizes", async () => {
    const m = await functions("fn f(x: [n, 8]) = tanh(x @ x.T) @ x\nderive f: value, jvp", "f64");
    const numbers = (n: number): Float64Array => Float64Array.from({ length: 8 * n }, (_, k) => Math.sin(k));
    const first = m.f(numbers(3));
    m.f(numbers(50));
    m.fJvp(numbers(20), { x: numbers(20) });
    expect(m.f(numbers(3))).toEqual(first);
    expect(m.f(numbers(0))).toEqual(new Float64Array(0));
  });
});

describe("names", () => {
  // Words that JavaScript reserves or generated code uses, as arguments, results and symbols.
  const words = "class new arguments eval out dims Math await delete static v s given options step result value memory constructor prototype hasOwnProperty toString Number Float32Array RangeError checkArray undefined NaN Infinity async yield".split(" "); // prettier-ignore

  test.each(words)("an argument and a result called %s", async (word) => {
    const m = await functions(`fn f(${word}: [n], b: [n]) = sum(${word}^2 * b)\nderive f: value, gradient, hvp\nfn g(x: [n]) { ${word} = x * 2\n other = x + 1\n return ${word}, other }`, "f64");
    const { value, gradient } = m.fGradient(f64(1, 2), f64(3, 4)) as { value: number; gradient: Record<string, unknown> };
    expect(value).toBe(19);
    expect(Object.keys(gradient)).toEqual([word, "b"]);
    expect(Object.getOwnPropertyDescriptor(gradient, word)?.value).toEqual(f64(6, 16));
    const hvp = m.fHvp(f64(1, 2), f64(3, 4), Object.fromEntries([[word, f64(1, 0)], ["b", f64(0, 0)]])) as { hvp: object }; // prettier-ignore
    expect(Object.getOwnPropertyDescriptor(hvp.hvp, word)?.value).toEqual(f64(6, 0));
    const results = m.g(f64(1)) as object;
    expect(Object.keys(results)).toEqual([word, "other"]);
    expect(Object.getOwnPropertyDescriptor(results, word)?.value).toEqual(f64(2));
  }); // prettier-ignore

  test.each(words)("a symbol and a function called %s", async (word) => {
    const text = `fn f(x: [${word}], y: [${word}, m]) = x @ y\nderive f: value`;
    const m = await functions(text, "f64");
    expect(m.f(f64(1, 2), f64(1, 2, 3, 4))).toEqual(f64(7, 10));
    expect((await functions(`fn ${word}(x) = x * 2\n`))[word](4)).toBe(8);
  });

  test("Unicode names, and names that differ by what identifiers drop", async () => {
    const m = await functions("fn f(σ: [n], ŷ) = sum(σ) * ŷ\nderive f: value, gradient");
    expect(m.fGradient(f32(1, 2), 3)).toEqual({ value: 9, gradient: { σ: f32(3, 3), ŷ: 3 } });
  });
});

describe("wrong calls", () => {
  const source = `
fn f(x: [n, 3], w: [3], k: index(4)[n], s, j: index(3)) = sum(x @ w * s) + sum(w[j] * x[0]) + sum(k)
fn t(x: [n], y: [n]) = x * y
derive t: value, jvp
fn late(x: [n]) = x[2:] - x[:-2]
fn both(x: [n, m]) = sum(x, axis = 0)
fn bits(x: [n], c) = where(x > 0, x, c)
`;
  const good = (): unknown[] => [f32(1, 2, 3, 4, 5, 6), f32(1, 0, 1), Int32Array.of(0, 3), 2, 1];
  const replaced = (at: number, by: unknown): unknown[] => good().with(at, by);

  test.each([
    ["another typed array", replaced(0, f64(1, 2, 3)), TypeError, /^x: expected a Float32Array of shape \[n, 3\], found a Float64Array/],
    ["a list", replaced(1, [1, 0, 1]), TypeError, /^w: .*found an? Array/],
    ["nothing", replaced(0, undefined), TypeError, /^x: .*undefined/],
    ["null", replaced(1, null), TypeError, /^w: .*null/],
    ["too few arguments", good().slice(0, 3), TypeError, /^s: expected a number, found undefined/],
    ["a text for a number", replaced(3, "2"), TypeError, /^s: .*a string/],
    ["an array for a number", replaced(3, f32(2)), TypeError, /^s: /],
    ["a length that is no multiple", replaced(0, f32(1, 2, 3, 4)), RangeError, /^x: .*\\[n, 3\\].*4/],
    ["a length that another contradicts", replaced(2, Int32Array.of(0)), RangeError, /^[kx]: .*(1|6)/],
    ["a fixed length", replaced(1, f32(1, 2)), RangeError, /^w: .*\\[3\\].*3.*2/],
    ["an index too large", replaced(2, Int32Array.of(0, 4)), RangeError, /^k\\[1\\] is 4: .*4/],
    ["a negative index", replaced(2, Int32Array.of(-1, 0)), RangeError, /^k\\[0\\] is -1/],
    ["reals for indices", replaced(2, f32(0, 1)), TypeError, /^k: expected an Int32Array|^k: expected a Int32Array/],
    ["an index scalar too large", replaced(4, 3), RangeError, /^j is 3/],
    ["a fraction as an index", replaced(4, 0.5), RangeError, /^j is 0.5/],
    ["a NaN as an index", replaced(4, NaN), RangeError, /^j is NaN/],
  ] as [string, unknown[], new () => Error, RegExp][])("%s", async (_, args, type, message) => {
    const m = await functions(source);
    let caught: unknown;
    try {
      m.f(...args);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(type);
    expect((caught as Error).message).toMatch(new RegExp(message.source.replaceAll("\\\\", "\\")));
  }); // prettier-ignore

  test("out of a wrong type or length, with unknown or missing keys, or overlapping an input", async () => {
    const m = await functions(source);
    const x = f32(1, 2);
    const memory = new Float32Array(4);
    expect(() => m.t(x, x, f64(0, 0))).toThrow(TypeError);
    expect(() => m.t(x, x, f32(0))).toThrow(/^out: .*2.*1/);
    expect(() => m.t(x, x, x)).toThrow(/^out overlaps x/);
    expect(() => m.t(x, memory.subarray(0, 2), memory.subarray(1, 3))).toThrow(/^out overlaps y/);
    expect(m.t(x, memory.subarray(0, 2), memory.subarray(2, 4))).toEqual(f32(0, 0));
    expect(() => m.t(x, x, null)).toThrow(TypeError);
    const v = { x, y: x };
    expect(() => m.tJvp(x, x, v, { value: f32(7, 7) })).toThrow(/tangent/);
    expect(() => m.tJvp(x, x, v, { value: f32(7, 7), tangent: f32(0, 0), more: 1 })).toThrow(/unknown key more/);
    expect(() => m.tJvp(x, x, { x })).toThrow(TypeError);
    expect(() => m.tJvp(x, x, { x, y: x, z: x })).toThrow(/unknown key z/);
    expect(() => m.tJvp(x, x, { x, y: f32(1) })).toThrow(/^v\.y: /);
    const same = f32(7, 7);
    expect(() => m.tJvp(x, x, v, { value: same, tangent: same })).toThrow(RangeError);
    expect(() => m.tJvp(x, x, v, { value: same, tangent: v.x })).toThrow(RangeError);
    expect(same).toEqual(f32(7, 7));
  });

  test("requirements and dims that do not hold", async () => {
    const m = await functions(source);
    expect(() => m.late(f32(1))).toThrow(/needs n >= 2/);
    expect(m.late(f32(1, 2))).toEqual(f32());
    expect(() => m.both(f32(1, 2, 3, 4))).toThrow(TypeError);
    expect(() => m.both(f32(1, 2, 3, 4), { n: 2, m: 3 })).toThrow(/^x: .*6.*4/);
    expect(() => m.both(f32(1, 2, 3, 4), { n: -2, m: -2 })).toThrow(RangeError);
    expect(() => m.both(f32(1, 2, 3, 4), { n: 2.5, m: 1.6 })).toThrow(RangeError);
    expect(() => m.both(f32(1, 2, 3, 4), { n: 2, m: 2, k: 1 })).toThrow(/unknown key k/);
    expect(() => m.both(f32(1, 2, 3, 4), { n: 2 })).toThrow(TypeError);
    expect(() => m.bits(f32(1), true)).toThrow(/^c: expected a number/);
  });

  test("detached and resizable memory", async () => {
    const m = await functions(source);
    const buffer = new ArrayBuffer(8);
    const detached = new Float32Array(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    expect(m.t(detached, detached)).toEqual(f32());
    expect(() => m.t(f32(1, 2), detached)).toThrow(RangeError);
    const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer;
    const tracking = new Float32Array(resizable).fill(3);
    expect(m.t(tracking, tracking)).toEqual(f32(9, 9));
    (resizable as unknown as { resize: (n: number) => void }).resize(16);
    expect(m.t(tracking, tracking)).toEqual(f32(9, 9, 0, 0));
  });
});

describe("names that functions of the generated code have", () => {
  test("a user's function may be called as a model's private ones", async () => {
    const m = await functions(`
fn netForward(x) = x + 1
fn netTensors(x) = x + 2
fn createNetStore(x) = x + 3
fn netForwardKernel1(x) = x + 4
model Net {
  input x: [batch, 40]
  output p = dense(x, 60)
}
`);
    expect([m.netForward(1), m.netTensors(1), m.createNetStore(1), m.netForwardKernel1(1)]).toEqual([2, 3, 4, 5]);
    const net = m.createNet({ batch: 1 }) as { forward: Call };
    expect(Object.keys(net.forward({ x: new Float32Array(40) }) as object)).toEqual(["p"]);
  });
});

test("nothing selected has no share in a gradient, though the terms have a factor in common", async () => {
  const text = "fn f(u, p: bool, q: bool) = sqrt((if p then u else 0) + (if q then 3 * u else 0))\nderive f: gradient";
  const { fGradient } = (await evaluate(text, { path: "f.nn" })) as {
    fGradient: (u: number, p: boolean, q: boolean) => { gradient: { u: number } };
  };
  expect(fGradient(2, false, false).gradient.u).toBe(0);
  // d sqrt(4 u) = 1 / sqrt(u)
  expect(fGradient(4, true, true).gradient.u).toBe(0.5);
});
