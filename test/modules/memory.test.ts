// Arrays over memory that is shared, subclassed, resized or taken away between calls: right results, or refused.
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import { bits, compiled } from "./support.ts";

type Call = (...args: readonly unknown[]) => unknown;
const m = (await evaluate("fn f(x: [n], y: [n]) = x * y + 1", { path: "f.nn" })) as Record<string, Call>;
const { trainer } = await compiled(
  "model M { input x: [batch, 2]\n param w: [2] = ones\n output p = x * w\n loss sum(p)\n train sgd(lr = 0.5) }",
);
const y = Float32Array.of(3, 4);

class Named extends Float32Array {
  readonly label = "mine";
}

/** A view that follows the length of its buffer, which TypeScript's library does not know yet. */
function following(
  bytes: number,
  most: number,
): { readonly view: Float32Array; readonly resize: (bytes: number) => void } {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer & { resize: (bytes: number) => void }; // prettier-ignore
  const buffer = new Resizable(bytes, { maxByteLength: most });
  return {
    view: new Float32Array(buffer),
    resize: (size) => {
      buffer.resize(size);
    },
  };
}

test("shared memory and subclasses serve as arguments and results", () => {
  const shared = new SharedArrayBuffer(24);
  const whole = new Float32Array(shared).fill(7);
  const x = whole.subarray(1, 3);
  x.set([1, 2]);
  const out = whole.subarray(3, 5);
  expect(m.f(x, y, out)).toBe(out);
  expect([...whole]).toEqual([7, 1, 2, 4, 9, 7]);
  expect(() => m.f(x, y, whole.subarray(2, 4))).toThrow(RangeError);
  const named = new Named(2);
  expect(m.f(Named.of(1, 2), y, named)).toBe(named);
  expect([...named]).toEqual([4, 9]);
});

test("a view whose buffer shrinks or grows between calls counts by what it has", () => {
  const { view, resize } = following(8, 16);
  view.set([1, 2]);
  const out = new Float32Array(2).fill(7);
  expect(m.f(view, y, out)).toEqual(Float32Array.of(4, 9));
  resize(4);
  out.fill(7);
  expect(() => m.f(view, y, out)).toThrow(RangeError);
  expect(() => m.f(y, y, view)).toThrow(RangeError);
  expect([...view]).toEqual([1]);
  resize(16);
  expect(() => m.f(view, y, out)).toThrow(RangeError);
  expect(() => m.f(y, y, view)).toThrow(RangeError);
  expect([...view]).toEqual([1, 0, 0, 0]);
  expect(out).toEqual(Float32Array.of(7, 7));
});

test("arrays that were transferred away since the last call are refused, and the model is as it was", () => {
  const t = trainer({ batch: 2, seed: 1 });
  const x = Float32Array.of(1, 2, 3, 4);
  const p = new Float32Array(4);
  const w = new Float32Array(2);
  expect(t.forward({ x }, { out: { p } })["p"]).toEqual(x);
  t.gradient({ x }, { out: { gradient: { w } } });
  expect(w).toEqual(Float32Array.of(4, 6));
  const before = bits(t);
  for (const array of [p, w]) structuredClone(array, { transfer: [array.buffer] });
  expect(() => t.forward({ x }, { out: { p } })).toThrow(RangeError);
  expect(() => t.gradient({ x }, { out: { gradient: { w } } })).toThrow(RangeError);
  structuredClone(x, { transfer: [x.buffer] });
  expect(() => t.step({ x })).toThrow(RangeError);
  expect(bits(t)).toBe(before);
});
