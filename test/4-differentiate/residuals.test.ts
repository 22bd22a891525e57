// What the reverse pass of a loop keeps of its rounds, and the minimum cut that chooses it.
import { describe, expect, it } from "vitest";
import { minimumCut } from "../../src/4-differentiate/minimum-cut.ts";
import { compile } from "../../src/compile.ts";

describe("the least cut", () => {
  const cut = (count: number, edges: readonly (readonly [number, number, number])[]): readonly boolean[] =>
    minimumCut(count, edges.map(([from, to, capacity]) => ({ from, to, capacity })), 0, 1); // prettier-ignore

  it("of the network of Cormen et al., figure 26.6: capacity 23, {s, v1, v2, v4}", () => {
    // s = 0, t = 1, v1 .. v4 = 2 .. 5.
    const edges = [[0, 2, 16], [0, 3, 13], [3, 2, 4], [2, 4, 12], [4, 3, 9], [3, 5, 14], [5, 4, 7], [4, 1, 20], [5, 1, 4]] as const; // prettier-ignore
    const side = cut(6, edges);
    expect(side).toEqual([true, false, true, true, false, true]);
    expect(edges.reduce((sum, [from, to, c]) => sum + (side[from] && !side[to] ? c : 0), 0)).toBe(23);
  });

  it("takes back flow along a path that blocks others", () => {
    // Two paths of capacity 1 that cross in the edge 2 -> 3.
    const edges = [[0, 2, 1], [0, 3, 1], [2, 3, 1], [2, 1, 1], [3, 1, 1]] as const; // prettier-ignore
    expect(cut(4, edges)).toEqual([true, false, false, false]);
  });

  it("does not go through edges that must stay", () => {
    expect(cut(3, [[0, 2, Infinity], [2, 1, 3]])).toEqual([true, false, true]); // prettier-ignore
    expect(() => cut(3, [[0, 2, Infinity], [2, 1, Infinity]])).toThrow("without a finite cut"); // prettier-ignore
  });
});

/** How many arrays of residuals the second loop of the gradient of f by x reads. */
const rows: readonly (readonly [name: string, body: string, kept: number])[] = [
  ["the carry, of which everything else is cheap", "h * (1 - h) * (2 + h * (3 - h)) + x", 1],
  ["a function, from its value", "tanh(h) + x", 1],
  ["a function and its derivative, from its value", "h * sigmoid(h) + x", 2],
  ["a series is not computed again", "exp(sin(h)) + x", 2],
  ["a condition and two series, of a chosen product", "(if h > 0 then sin(h) * cos(h) else 1)^3 + x", 3],
  ["what is stacked as a row already", "h * c[t] * (1 + c[t]) + x", 0],
];

it.each(rows)("a round keeps %s", async (_, body, kept) => {
  const text = `fn f(x: [n], c: [T]) = sum(for t in 0 : T carry h = x { next h = ${body} })\nderive f: gradient(x)`;
  const { printed } = await compile(text, { path: "f.nn", print: "simplified", verify: true });
  expect(printed?.match(/each %residual[.\d]* :/g) ?? []).toHaveLength(kept);
});
