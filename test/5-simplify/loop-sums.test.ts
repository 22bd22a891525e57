// Products that a loop would add up round by round are one product over all rounds, where that takes no more room.
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.ts";

async function gradientOf(text: string): Promise<string> {
  const { printed, diagnostics } = await compile(`${text}\nderive f: gradient(W)`, {
    path: "f.nn",
    print: "simplified",
    verify: true,
  });
  expect(diagnostics).toEqual([]);
  return printed ?? "";
}

const rows: readonly (readonly [name: string, text: string, product: string, carried: boolean])[] = [
  [
    "the weights of a recurrence: cotangents and states are stacked",
    "fn f(W: [n, n], x: [T, n]) = sum(for t in 0 : T carry h = zeros([n]) { next h = tanh(W @ h + x[t]) })",
    "v0,n;v0,k->n,k : real[n, n]",
    false,
  ],
  [
    "the same over rows: rounds and rows are one axis",
    "fn f(W: [n, n], x: [T, m, n]) = sum(for t in 0 : T carry h = zeros([m, n]) { next h = tanh(h @ W + x[t]) })",
    "v0,m;v0,k->k,m : real[n, n]",
    false,
  ],
  [
    "few weights: a round adds to them",
    "fn f(W: [3, 3], x: [T, 3]) = sum(for t in 0 : T carry h = zeros([3]) { next h = tanh(W @ h + x[t]) })",
    "n;k->n,k : real[3, 3]",
    true,
  ],
  [
    "rows that are larger than the weights",
    "fn f(W: [9, 9], x: [T, 64, 9]) = sum(for t in 0 : T carry h = zeros([64, 9]) { next h = tanh(h @ W + x[t]) })",
    "n,m;n,k->k,m : real[9, 9]",
    true,
  ],
  [
    "rounds that data counts: rows of others hold anything",
    "fn f(W: [n, n], x: [T, n], k: index(T)) = sum(for t in 0 : k carry h = zeros([n]) max T { next h = tanh(W @ h + x[t]) })",
    "n;k->n,k : real[n, n]",
    true,
  ],
];

describe("gradients of weights in loops", () => {
  it.each(rows)("%s", async (_, text, product, carried) => {
    const printed = await gradientOf(text);
    expect(printed).toContain(product);
    expect(printed.includes("carry %adjoint.W :")).toBe(carried);
  });
});
