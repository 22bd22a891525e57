import { expect, test } from "vitest";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { recurrence } from "./loops.ts";

const [h0, xs, u] = [
  [0.5, -0.25],
  [0.1, 0.2, -0.3, 0.4, 0.5, -0.6],
  [0.3, -0.7, 0.9, 0.2],
];

/** The recurrence in plain code. */
function reference(order: readonly number[]): { h: number[]; ys: number[] } {
  let h = h0;
  const ys = new Array<number>(6).fill(NaN);
  for (const t of order) {
    h = [0, 1].map((j) => Math.tanh(h[0] * u[j] + h[1] * u[2 + j] + xs[2 * t + j]));
    h.forEach((v, j) => (ys[2 * t + j] = v * t));
  }
  return { h, ys };
}

function run(reverse: boolean, trip: number) {
  const { graph } = recurrence(createBuilder(), reverse);
  const inputs = new Map([
    ["h0", tensor([2], h0)],
    ["xs", tensor([trip, 2], xs.slice(0, 2 * trip))],
    ["U", tensor([2, 2], u)],
  ]);
  return evaluate(graph, inputs, { dims: new Map([["T", trip]]) });
}

test.each([
  ["forwards", false, [0, 1, 2]],
  ["backwards", true, [2, 1, 0]],
])("a loop runs %s", (_, reverse, order) => {
  const wanted = reference(order);
  const values = run(reverse, 3);
  [...(values.get("h")?.data ?? [])].forEach((v, k) => {
    expect(v).toBeCloseTo(wanted.h[k], 14);
  });
  expect(values.get("ys")?.shape).toEqual([3, 2]);
  [...(values.get("ys")?.data ?? [])].forEach((v, k) => {
    expect(v).toBeCloseTo(wanted.ys[k], 14);
  });
  expect(values.get("h")?.error[0]).toBeGreaterThan(0);
});

test("a loop of no rounds gives its first carries and empty stacks", () => {
  const values = run(false, 0);
  expect([...(values.get("h")?.data ?? [])]).toEqual(h0);
  expect(values.get("ys")?.shape).toEqual([0, 2]);
});
