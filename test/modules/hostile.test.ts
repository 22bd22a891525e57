// Callers whose objects are not what they seem.
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { bits, compiled, numbers } from "./support.ts";

const { trainer } = await compiled(
  "model M { input x: [batch, 2]\n param w: [2] = ones\n output p = x * w\n loss sum(p)\n train sgd(lr = 0.5) }",
);

test("what others added to Object.prototype was not given", () => {
  const plain = trainer({ batch: 2, seed: 1 });
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  prototype["polluted"] = new Float32Array(2);
  try {
    const t = trainer({ batch: 2, seed: 1, params: {} });
    expect(t.forward({ x: numbers(4) })["p"]).toEqual(plain.forward({ x: numbers(4) })["p"]);
    expect(t.step({ x: numbers(4) })).toBe(plain.step({ x: numbers(4) }));
  } finally {
    delete prototype["polluted"];
  }
});

test("a getter or proxy that throws, and arrays of another realm, change nothing", () => {
  const t = trainer({ batch: 2, seed: 1 });
  const before = bits(t);
  const throwing = {
    get x(): Float32Array {
      throw new Error("no");
    },
  };
  const proxy = new Proxy({ x: numbers(4) }, {
    get: () => {
      throw new Error("no");
    },
  }); // prettier-ignore
  for (const batch of [throwing, proxy]) expect(() => t.step(batch)).toThrow("no");
  const foreign = runInNewContext("new Float32Array(4)") as Float32Array;
  expect(() => t.step({ x: foreign })).toThrow(TypeError);
  expect(bits(t)).toBe(before);
});
