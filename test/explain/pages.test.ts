import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradients, page, resultOf, walked } from "./support.ts";

const example = (path: string): string => readFileSync(new URL(`../../examples/${path}`, import.meta.url), "utf8");

// L = c (a + 2b) at a = 3, b = 1, c = -2, by hand: d = 2, e = 5, L = -10; dL/dc = e, dL/de = c, and from there along the edges.
describe("the computation graph", () => {
  it("is shown node by node and edge by edge", () => {
    expect(page(example("graph/graph.nn"), { at: { a: 3, b: 1, c: -2 } })).toBe(`\
L(a, b, c) at a = 3, b = 1, c = -2
==================================
A computation graph: L = c (a + 2b), one named node a line.

Forward pass

  a                      = 3
  b                      = 1
  c                      = -2
  d = 2 * b   = 2 * 1    = 2
  e = a + d   = 3 + 2    = 5
  L = c * e   = -2 * 5   = -10

Backward pass: downstream = upstream * local, edge by edge

  edge     upstream     local            downstream
  L -> c   dL/dL = 1    dL/dc = e = 5    1 * 5 = 5
  L -> e   dL/dL = 1    dL/de = c = -2   1 * (-2) = -2
  e -> a   dL/de = -2   de/da = 1        -2 * 1 = -2
  e -> d   dL/de = -2   de/dd = 1        -2 * 1 = -2
  d -> b   dL/dd = -2   dd/db = 2        -2 * 2 = -4

Chain rule: a gradient is the sum over the edges that lead to it

  dL/dL                                = 1
  dL/dc = dL/dL * dL/dc   = 1 * 5      = 5
  dL/de = dL/dL * dL/de   = 1 * (-2)   = -2
  dL/da = dL/de * de/da   = -2 * 1     = -2
  dL/dd = dL/de * de/dd   = -2 * 1     = -2
  dL/db = dL/dd * dd/db   = -2 * 2     = -4

Derivatives of L, simplified

  dL/dc = e       = 5
  dL/de = c       = -2
  dL/da = c       = -2
  dL/dd = c       = -2
  dL/db = 2 * c   = -4
`);
  });

  it("is shown in formulas without values", () => {
    expect(page(example("graph/graph.nn"))).toBe(`\
L(a, b, c)
==========
A computation graph: L = c (a + 2b), one named node a line.

Definitions

  d = 2 * b
  e = a + d
  L = c * e

Local derivatives

  dd/db = 2
  de/da = 1
  de/dd = 1

Derivatives of L, simplified

  dL/dc = e
  dL/de = c
  dL/da = c
  dL/dd = c
  dL/db = 2 * c
`);
  });

  it("adds up over several ways, and tells partial derivatives from whole ones", () => {
    const text = page("fn f(x) { u = x^2\n return x * u }", { at: { x: 3 } });
    expect(text).toContain("f -> x   df/df = 1   ∂f/∂x = u = 9       1 * 9 = 9");
    expect(text).toContain("df/dx = df/df * ∂f/∂x + df/du * du/dx   = 1 * 9 + 3 * 6   = 27");
    expect(text).toContain("df/dx = 3 * u   = 27");
  });
});

// The calculation stands in examples/two-layer/README.md.
describe("the two-layer network", () => {
  const source = example("two-layer/two-layer.nn");
  const point = { W1: [[0.5, -0.25], [-1, 0.5]], b1: [0.25, 0.5], W2: [0.5, -0.75], b2: -0.5, x: [2, 1], y: 1 }; // prettier-ignore
  const byHand: Readonly<Record<string, readonly number[]>> = {
    W2: [-1 / 2, 0],
    b2: [-1 / 2],
    h: [-1 / 4, 3 / 8],
    W1: [-1 / 2, -1 / 4, 0, 0],
    b1: [-1 / 4, 0],
  };

  it("has the gradients of the calculation by hand", () => {
    const walk = walked(source, point, "twoLayer");
    expect(resultOf(walk)[0]).toBeCloseTo(Math.log(2), 14);
    const found = gradients(walk);
    for (const [name, wanted] of Object.entries({ ...byHand, a: [-2], x: [-1 / 8, 1 / 16], y: [0] })) {
      expect(found[name].length, name).toBe(wanted.length);
      wanted.forEach((value, k) => {
        expect(found[name][k], name).toBeCloseTo(value, 14);
      });
    }
  });

  it("starts a model's parameters where the program says", () => {
    const found = gradients(walked(source, { x: [[2], [1]], y: [[1]] }, "TwoLayerColumn"));
    for (const [name, wanted] of Object.entries(byHand)) {
      wanted.forEach((value, k) => {
        expect(found[name][k], name).toBeCloseTo(value, 14);
      });
    }
    expect(Object.keys(found)).not.toContain("x");
  });

  it("takes parameters that are given", () => {
    const walk = walked(source, { x: [[2], [1]], y: [[1]], W2: [[0, 0]], b2: [[0]] }, "TwoLayerColumn");
    expect(resultOf(walk)[0]).toBeCloseTo(Math.log(2), 14);
    expect(gradients(walk).h).toEqual([0, 0]);
  });

  it("reads like a textbook", () => {
    const text = page(source, { item: "TwoLayerColumn", at: { x: [[2], [1]], y: [[1]] } });
    for (const line of [
      "  h    = relu(u2)         = [[1], [0]]",
      "  loss = bce(a, y)        = 0.693147",
      "  a -> u4     dloss/da = [[-2]]               da/du4 = a * (1 - a) = [[0.25]]",
      "  u4 -> u3    dloss/du4 = [[-0.5]]            du4/du3 = 1",
      "  u3 -> h     dloss/du3 = [[-0.5]]            W2.T @ dloss/du3",
      "  u1 -> W1    dloss/du1 = [[-0.25], [0]]      dloss/du1 @ x.T",
      "  dloss/db1 = if W1 @ x + b1 < 0 then 0 else dloss/dh   = [[-0.25], [0]]",
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe("tensors", () => {
  it("takes sizes from the values", () => {
    const text = page("fn f(x: [n]) = sum(x^2) / n", { at: { x: [1, 2, 3] } });
    expect(text).toContain("x  [n]         = [1, 2, 3]");
    expect(text).toContain("df/dx = 2 * x / n");
    expect(text).toContain("= [0.666667, 1.33333, 2]");
  });

  it("summarises large ones", () => {
    const x = Array.from({ length: 100 }, (_, k) => k);
    expect(page("fn f(x: [n]) = sum(x)", { at: { x } })).toContain("[100 numbers, 0 to 99, mean 49.5]");
  });

  it("offers jacobians where there is no single gradient", () => {
    const text = page("fn f(W: [m, n], x: [n]) = W @ x", { at: { W: [[1, 2]], x: [3, 4] } });
    expect(text).toContain("There is no single gradient to pass back: f is no scalar.");
    expect(text).toContain("df/dx = W");
    expect(text).toContain("= [[1, 2]]");
    expect(page("fn f(x: [n]) { return sum(x), x }", { at: { x: [1, 2] } })).toContain("there are 2 results");
    expect(page("fn f(x: [n]) = x > 0")).toContain("There is nothing to differentiate");
  });
});
