import { expect, test } from "vitest";
import { threefry, uniform } from "../../src/ir/random.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { parameter, shapeOf, valueOf } from "./harness.ts";

// Known answers published with the Random123 library (kat_vectors, threefry2x32, 20 rounds): counter, key, result.
test.each([
  [
    [0x00000000, 0x00000000],
    [0x00000000, 0x00000000],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
])("threefry of counter %j under key %j", (counter, key, wanted) => {
  const words = [0, 1].map((word) => threefry(key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0, word) >>> 0);
  expect(words).toEqual(wanted);
});

test("uniform numbers are multiples of 2^-24 in [0, 1), with the moments of the uniform distribution", () => {
  const draws = Array.from({ length: 50_000 }, (_, k) => uniform(42, 3, 1, k));
  expect(draws.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24))).toBe(true);
  const mean = draws.reduce((sum, u) => sum + u, 0) / draws.length;
  const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / draws.length;
  // Four standard errors: 4 sqrt(1/12/n) and 4 sqrt(1/180/n).
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.0052);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0014);
});

test("each of seed, step, site and element changes the draw; neighbours are uncorrelated", () => {
  const draws = [
    uniform(7, 1, 2, 10),
    uniform(8, 1, 2, 10),
    uniform(7 + 2 ** 32, 1, 2, 10),
    uniform(7, 2, 2, 10),
    uniform(7, 1, 3, 10),
    uniform(7, 1, 2, 11),
    uniform(7, 1, 2, 12),
  ];
  expect(new Set(draws).size).toBe(draws.length);
  const pairs = Array.from({ length: 20_000 }, (_, k) => [uniform(1, 0, 0, k), uniform(1, 1, 0, k)]);
  const correlation = pairs.reduce((sum, [u, v]) => sum + (u - 0.5) * (v - 0.5), 0) / pairs.length / (1 / 12);
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(20_000));
});

test("the primitive draws element by element in row-major order", () => {
  const b = createBuilder();
  const [seed, step] = ["seed", "step"].map((name) => parameter(b, name, [], "index"));
  const node = b.create("random", [seed, step], { site: 3, shape: shapeOf(2, 3) });
  const value = valueOf(node, { seed: tensor([], [5], "index"), step: tensor([], [9], "index") });
  expect([...value.data]).toEqual([0, 1, 2, 3, 4, 5].map((k) => uniform(5, 9, 3, k)));
});
