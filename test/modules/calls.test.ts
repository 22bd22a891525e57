// Wrong calls of a model: each is refused with an error that says what was wanted, and nothing changes.
import { expect, test } from "vitest";
import { bits, compiled, copies, integers, numbers, type Trainer } from "./support.ts";

const m = await compiled(`model M {
  input x: [batch, 4]
  input word: index(6)[batch]
  input scale
  target y: index(3)[batch]
  hyper smoothing = 0.1
  h = dropout(tanh(dense(x, 5) * scale), 0.3)
  z = dense(h, 3) + expand(word, 1) * 0.1
  output p = softmax(z)
  output top = max(z)
  output q = z * 2
  loss cross_entropy(z, y, label_smoothing = smoothing)
  metric accuracy = mean(argmax(z, axis = -1) == y)
  train adam(lr = 0.01)
}`);

type Batch = Record<string, unknown>;
const inputs = (): Batch => ({ x: numbers(12), word: integers(3, 6), scale: 0.5 });
const batch = (): Batch => ({ ...inputs(), y: integers(3, 3) });
const without = (value: Batch, key: string): Batch =>
  Object.fromEntries(Object.entries(value).filter(([k]) => k !== key));
const started = (): Trainer => {
  const t = m.trainer({ batch: 3, seed: 5 });
  t.step(batch());
  return t;
};
const gradients = (t: Trainer): Record<string, Float32Array> => copies(t.params);
const detached = (): Float32Array => {
  const array = new Float32Array(12);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
};

type Fault = typeof TypeError | typeof RangeError;
type Case = readonly [what: string, fault: Fault, message: RegExp, change: (b: Batch) => unknown];

/** What may be wrong with the arguments of every entry point. */
const wrongBatches: readonly Case[] = [
  ["nothing", TypeError, /object with x, word, scale.*undefined/, () => undefined],
  ["null", TypeError, /null/, () => null],
  ["a number", TypeError, /a number/, () => 5],
  [
    "x missing",
    TypeError,
    /^x: expected a Float32Array of shape \[batch, 4\], found undefined/,
    (b) => without(b, "x"),
  ],
  [
    "word missing",
    TypeError,
    /^word: expected an Int32Array of shape \[batch\], found undefined/,
    (b) => without(b, "word"),
  ],
  ["scale missing", TypeError, /^scale: expected a number, found undefined/, (b) => without(b, "scale")],
  ["an unknown key", TypeError, /unknown key z: expected x, word, scale/, (b) => ({ ...b, z: new Float32Array(1) })],
  ["x a list", TypeError, /^x: .*found an Array$/, (b) => ({ ...b, x: [1, 2, 3, 4] })],
  ["x of integers", TypeError, /^x: .*found an Int32Array$/, (b) => ({ ...b, x: new Int32Array(12) })],
  ["x of bytes", TypeError, /^x: .*found a Uint8Array$/, (b) => ({ ...b, x: new Uint8Array(12) })],
  ["x of doubles", TypeError, /^x: .*a Float64Array/, (b) => ({ ...b, x: new Float64Array(12) })],
  ["x a buffer", TypeError, /^x: .*found an ArrayBuffer$/, (b) => ({ ...b, x: new ArrayBuffer(48) })],
  ["x without a prototype", TypeError, /^x: .*an object/, (b) => ({ ...b, x: Object.create(null) as object })],
  ["word of reals", TypeError, /^word: .*a Float32Array/, (b) => ({ ...b, word: new Float32Array(3) })],
  ["word of 64 bits", TypeError, /^word: .*a BigInt64Array/, (b) => ({ ...b, word: new BigInt64Array(3) })],
  ["scale as text", TypeError, /^scale: .*a string/, (b) => ({ ...b, scale: "1" })],
  ["scale an array", TypeError, /^scale: .*a Float32Array/, (b) => ({ ...b, scale: new Float32Array(1) })],
  ["x not whole rows", RangeError, /^x: shape \[batch, 4\] .*11/, (b) => ({ ...b, x: new Float32Array(11) })],
  [
    "x of other rows",
    RangeError,
    /^(x: shape \[batch, 4\] .*8|word: shape \[batch\] .*3)/,
    (b) => ({ ...b, x: new Float32Array(8) }),
  ],
  ["word of other rows", RangeError, /word|x/, (b) => ({ ...b, word: new Int32Array(2) })],
  ["a word too large", RangeError, /^word\[1\] is 6: .*< 6/, (b) => ({ ...b, word: Int32Array.of(0, 6, 0) })],
  ["a negative word", RangeError, /^word\[2\] is -1/, (b) => ({ ...b, word: Int8Array.of(0, 5, -1) })],
  ["x detached", RangeError, /x|word/, (b) => ({ ...b, x: detached() })],
];

/** And of those that have targets. */
const wrongTargets: readonly Case[] = [
  ["y missing", TypeError, /^y: expected an Int32Array of shape \[batch\], found undefined/, (b) => without(b, "y")],
  ["y too large", RangeError, /^y\[0\] is 3: .*< 3/, (b) => ({ ...b, y: Int32Array.of(3, 0, 0) })],
  ["y of other rows", RangeError, /y|x/, (b) => ({ ...b, y: new Int32Array(4) })],
  ["an empty batch", RangeError, /empty/, (b) => ({ ...b, x: new Float32Array(0), word: new Int32Array(0), y: new Int32Array(0) })],
  ["more than created for", RangeError, /createMTrainer\(\{ batch: 5 \}\)/, (b) => ({ ...b, x: new Float32Array(20), word: new Int32Array(5), y: new Int32Array(5) })],
]; // prettier-ignore

const calls = {
  forward: (t: Trainer, b: unknown): unknown => t.forward(b),
  evaluate: (t: Trainer, b: unknown): unknown => t.evaluate(b),
  gradient: (t: Trainer, b: unknown): unknown => t.gradient(b),
  step: (t: Trainer, b: unknown): unknown => t.step(b),
};

/** The call throws, and the trainer goes on as one that was never called so. */
function refused(call: (t: Trainer) => unknown, fault: Fault, message: RegExp): void {
  const t = started();
  const before = bits(t);
  let error: unknown;
  try {
    call(t);
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(fault);
  expect((error as Error).message).toMatch(message);
  expect(bits(t)).toBe(before);
  const untouched = started();
  expect(t.forward(inputs())).toEqual(untouched.forward(inputs()));
  expect(t.step(batch())).toBe(untouched.step(batch()));
  expect(bits(t)).toBe(bits(untouched));
}

const batchCases = Object.entries(calls).flatMap(([entry, call]) =>
  [...wrongBatches, ...(entry === "forward" ? [] : wrongTargets)].map(([what, ...rest]) => [entry, what, call, ...rest] as const),
); // prettier-ignore

test.each(batchCases)("%s with %s", (entry, _, call, fault, message, change) => {
  const given = entry === "forward" ? inputs() : batch();
  refused((t) => call(t, change(given)), fault, message);
});

test("forward says which call creates a model that is large enough", () => {
  const larger = { x: new Float32Array(28), word: new Int32Array(7), scale: 1 };
  refused((t) => t.forward(larger), RangeError, /createMTrainer\(\{ batch: 7 \}\)/);
  expect(() => m.create({ batch: 3 }).forward(larger)).toThrow(/createM\(\{ batch: 7 \}\)/);
  expect(m.create({ batch: 7 }).forward(larger)["p"]).toHaveLength(21);
  expect(() => m.create({ batch: 3 }).forward(batch())).toThrow(/unknown key y/);
});

const shared = new Float32Array(40);
type Options = (t: Trainer, given: Batch) => unknown;
const forwardOptions: readonly (readonly [string, Fault, RegExp, Options])[] = [
  ["no object", TypeError, /options/, () => 5],
  ["an unknown option", TypeError, /unknown key output/, () => ({ output: {} })],
  ["out no object", TypeError, /out/, () => ({ out: 5 })],
  ["out without a result", TypeError, /out\.q.*undefined/, () => ({ out: { p: new Float32Array(9) } })],
  ["an unknown result", TypeError, /unknown key r/, () => ({ out: { p: new Float32Array(9), q: new Float32Array(9), r: 1 } })],
  ["a result of doubles", TypeError, /out\.p/, () => ({ out: { p: new Float64Array(9), q: new Float32Array(9) } })],
  ["a short result", RangeError, /out\.p: shape \[batch, 3\] needs 9 elements, found 8/, () => ({ out: { p: new Float32Array(8), q: new Float32Array(9) } })],
  ["a result for the capacity", RangeError, /out\.q/, () => ({ out: { p: new Float32Array(9), q: new Float32Array(12) } })],
  ["results that overlap", RangeError, /overlaps/, () => ({ out: { p: shared.subarray(0, 9), q: shared.subarray(8, 17) } })],
  ["a result over an input", RangeError, /out\.p overlaps x/, (_, g) => ({ out: { p: (g["x"] as Float32Array).subarray(0, 9), q: new Float32Array(9) } })],
  ["a result in the parameters", RangeError, /out\.p is memory of the model/, (t) => ({ out: { p: t.params["h.W"].subarray(0, 9), q: new Float32Array(9) } })],
]; // prettier-ignore

test.each(forwardOptions)("forward with %s", (_, fault, message, options) => {
  const given = inputs();
  refused((t) => t.forward(given, options(t, given)), fault, message);
  expect(given).toEqual(inputs());
});

const gradientOptions: readonly (readonly [string, Fault, RegExp, Options])[] = [
  ["an unknown option", TypeError, /unknown key gradient/, (t) => ({ gradient: gradients(t) })],
  ["out without gradient", TypeError, /gradient/, () => ({ out: {} })],
  ["out of parameters", TypeError, /unknown key h\.W/, (t) => ({ out: gradients(t) })],
  ["out without a parameter", TypeError, /out\.gradient\.h\.W/, (t) => ({ out: { gradient: without(gradients(t), "h.W") } })],
  ["a gradient of other length", RangeError, /out\.gradient\.h\.b: shape \[5\] needs 5 elements, found 4/, (t) => ({ out: { gradient: { ...gradients(t), "h.b": new Float32Array(4) } } })],
  ["gradients over the parameters", RangeError, /memory of the model/, (t) => ({ out: { gradient: t.params } })],
  ["gradients that overlap", RangeError, /overlaps/, (t) => ({ out: { gradient: { ...gradients(t), "h.b": shared.subarray(0, 5), "z.b": shared.subarray(4, 7) } } })],
  ["a gradient over an input", RangeError, /overlaps x/, (t, g) => ({ out: { gradient: { ...gradients(t), "h.b": (g["x"] as Float32Array).subarray(0, 5) } } })],
]; // prettier-ignore

test.each(gradientOptions)("gradient with %s", (_, fault, message, options) => {
  const given = batch();
  refused((t) => t.gradient(given, options(t, given)), fault, message);
  expect(given).toEqual(batch());
});

const wrongGradients: readonly (readonly [string, Fault, RegExp, (t: Trainer) => unknown])[] = [
  ["nothing", TypeError, /apply/, () => undefined],
  ["a missing parameter", TypeError, /h\.W/, (t) => without(gradients(t), "h.W")],
  ["an unknown parameter", TypeError, /unknown key h\.V/, (t) => ({ ...gradients(t), "h.V": new Float32Array(1) })],
  ["doubles", TypeError, /z\.b/, (t) => ({ ...gradients(t), "z.b": new Float64Array(3) })],
  ["another length", RangeError, /z\.b: shape \[3\] needs 3 elements, found 2/, (t) => ({ ...gradients(t), "z.b": new Float32Array(2) })],
  ["the parameters themselves", RangeError, /memory of the model/, (t) => t.params],
]; // prettier-ignore

test.each(wrongGradients)("apply with %s", (_, fault, message, given) => {
  refused(
    (t) => {
      t.apply(given(t));
    },
    fault,
    message,
  );
});

test("a step whose input lies in the parameters", () => {
  refused((t) => t.step({ ...batch(), x: t.params["h.W"].subarray(0, 12) }), RangeError, /memory of the model/);
});

test.each([["text"], [null], [1.5], [NaN], [Infinity], [2 ** 53]])("reset(%s)", (seed) => {
  refused(
    (t) => {
      t.reset(seed);
    },
    typeof seed === "number" ? RangeError : TypeError,
    /reset: seed/,
  );
});

const wrongOptions: readonly (readonly [string, Fault | typeof Error, RegExp, unknown])[] = [
  ["nothing", TypeError, /createM(Trainer)?: expected an object with batch/, undefined],
  ["no capacity", TypeError, /option batch: expected a number, found undefined/, {}],
  ["a capacity as text", TypeError, /option batch/, { batch: "3" }],
  ["an empty capacity", RangeError, /option batch: expected an integer >= 1, found 0/, { batch: 0 }],
  ["a negative capacity", RangeError, /option batch/, { batch: -3 }],
  ["a broken capacity", RangeError, /option batch/, { batch: 2.5 }],
  ["an endless capacity", RangeError, /option batch/, { batch: Infinity }],
  ["an unknown option", TypeError, /unknown key btach: expected batch/, { batch: 3, btach: 3 }],
  ["another engine", Error, /engine wasm is not in this module/, { batch: 3, engine: "wasm" }],
  ["parameters that are a list", TypeError, /params/, { batch: 3, params: [1] }],
  ["parameters that are null", TypeError, /params/, { batch: 3, params: null }],
  ["an unknown parameter", TypeError, /unknown key h\.V: expected h\.W, h\.b/, { batch: 3, params: { "h.V": new Float32Array(20) } }],
  ["a parameter of doubles", TypeError, /h\.W: expected a Float32Array, found a Float64Array/, { batch: 3, params: { "h.W": new Float64Array(20) } }],
  ["a parameter of other length", RangeError, /h\.W.*20 elements, found 19/, { batch: 3, params: { "h.W": new Float32Array(19) } }],
]; // prettier-ignore

test.each(wrongOptions)("creating with %s", (_, fault, message, options) => {
  for (const create of [m.create, m.trainer]) {
    expect(() => create(options)).toThrow(fault);
    expect(() => create(options)).toThrow(message);
  }
});

test("options that only trainers have", () => {
  expect(() => m.create({ batch: 3, seed: 1 })).toThrow(/unknown key seed/);
  expect(() => m.trainer({ batch: 3, seed: 1.5 })).toThrow(RangeError);
  expect(() => m.trainer({ batch: 3, seed: "1" })).toThrow(TypeError);
  expect(() => m.trainer({ batch: 3, threads: 4 })).toThrow(/1 thread/);
  expect(m.trainer({ batch: 3, seed: -5, engine: "ts", threads: 1 }).engine).toBe("ts");
});

test("no call writes beyond the arrays that it is given", () => {
  const t = started();
  const memory = new Float32Array(64).fill(7);
  const q = new Float32Array(9);
  t.forward(inputs(), { out: { p: memory.subarray(10, 19), q } });
  expect(Array.from(memory.subarray(0, 10)).concat(Array.from(memory.subarray(19)))).toEqual(Array(55).fill(7));
  expect(memory.subarray(10, 19)).toEqual(t.forward(inputs())["p"]);
});
