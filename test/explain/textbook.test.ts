import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explain } from "../../src/explain/explain.ts";

const textOf = (source: string, options: Partial<Parameters<typeof explain>[1]> = {}): string => {
  const { text, diagnostics } = explain(source, { path: "a.nn", ...options });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return (text ?? "").replace(/ +/g, " ");
};
const example = (path: string): string => readFileSync(new URL(`../../examples/${path}`, import.meta.url), "utf8");

describe("L = c (a + 2b) at a = 3, b = 1, c = -2, by hand", () => {
  const page = textOf(example("graph/graph.nn"), { at: { a: 3, b: 1, c: -2 } });
  for (const line of [
    "d = 2 * b = 2 * 1 = 2",
    "e = a + d = 3 + 2 = 5",
    "L = c * e = -2 * 5 = -10",
    "L -> c dL/dL = 1 dL/dc = e = 5 1 * 5 = 5",
    "L -> e dL/dL = 1 dL/de = c = -2 1 * (-2) = -2",
    "e -> a dL/de = -2 de/da = 1 -2 * 1 = -2",
    "e -> d dL/de = -2 de/dd = 1 -2 * 1 = -2",
    "d -> b dL/dd = -2 dd/db = 2 -2 * 2 = -4",
  ]) {
    it(line, () => {
      expect(page.split("\n").map((text) => text.trim())).toContain(line);
    });
  }
});

describe("formulas in the names of the program", () => {
  it("finds a - y, a (1 - a) and the derivative of the loss written by hand", () => {
    const loss = "-(y * log(a) + (1 - y) * log(1 - a))";
    const page = textOf(`fn g(z, y) {\n  a = sigmoid(z)\n  l = ${loss}\n  return l\n}\n`);
    expect(page).toContain("dl/dz = a - y\n");
    expect(page).toContain("da/dz = a * (1 - a)\n");
    expect(page).toContain("dl/da = -(y/a - (1 - y)/(1 - a))\n");
  });

  it("finds a - y for bce with other names", () => {
    const page = textOf("fn f(score, truth) {\n  p = sigmoid(score)\n  l = bce(p, truth)\n  return l\n}\n");
    expect(page).toContain("dl/dscore = p - truth\n");
  });
});

describe("the two-layer network, by the hand calculation of its README", () => {
  const W1 = [[0.5, -0.25], [-1, 0.5]]; // prettier-ignore
  const at = { W1, b1: [0.25, 0.5], W2: [0.5, -0.75], b2: -0.5, x: [2, 1], y: 1 };
  const page = textOf(example("two-layer/two-layer.nn"), { item: "twoLayer", at });
  const last = page.slice(page.indexOf("simplified"));
  for (const [input, value] of [
    ["W1", "[[-0.5, -0.25], [0, 0]]"],
    ["b1", "[-0.25, 0]"],
    ["W2", "[-0.5, 0]"],
    ["b2", "-0.5"],
    ["h", "[-0.25, 0.375]"],
    ["x", "[-0.125, 0.0625]"],
    ["y", "0"],
  ]) {
    it(`dL/d${input} = ${value}`, () => {
      const line = last.split("\n").find((text) => text.trim().startsWith(`dtwoLayer/d${input} =`));
      expect(line?.trim().endsWith(`= ${value}`)).toBe(true);
    });
  }
});
