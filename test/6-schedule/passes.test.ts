// Passes over arrays that run as one loop, against the same steps by hand, and which of them do.
import { expect, it } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";

/** Entry i of y moved `by` entries on; `end` where there is none. */
type Move = (y: readonly number[]) => readonly number[];
const behind = (by: number, end: number): Move => (y) => y.map((_, i) => y[i - by] ?? end); // prettier-ignore
const ahead = (by: number, end: number): Move => (y) => y.map((_, i) => y[i + by] ?? end); // prettier-ignore

/** Three stages of which each reads the one before it, moved; `kernels`: how many loops a round takes. */
const rows: readonly (readonly [name: string, moved: string, move: Move, kernels: number])[] = [
  ["one entry back", "concat([[1], y[:-1]])", behind(1, 1), 1],
  [
    "two entries back, of which the last are still wanted when new ones are copied",
    "[i < n] -> if i < 2 then 0.5 else y[i - 2]",
    behind(2, 0.5),
    2,
  ],
  ["one entry on: a stage waits for the one before it", "concat([y[1:], [1]])", ahead(1, 1), 4],
];

it.each(rows)("reads %s", async (_, moved, move, kernels) => {
  const text = `fn f(x: [n]) = for t in 0 : 3 carry y = x {
  k = x * moved(y)
  l = x * moved(y + 0.5 * k)
  m = x * moved(y - l)
  next y = y + (k + 2 * l + m) / 4
}
fn moved(y: [n]) = ${moved}
derive f: value`;
  const { f } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as { f: (x: Float64Array) => Float64Array };
  const x = [0.5, -1.25, 0.75, 2, -0.375, 1.5, -0.625];
  let y: readonly number[] = x;
  for (let t = 0; t < 3; t++) {
    const before = y;
    const k = move(y).map((v, i) => x[i] * v);
    const l = move(y.map((v, i) => v + 0.5 * k[i])).map((v, i) => x[i] * v);
    const m = move(y.map((v, i) => v - l[i])).map((v, i) => x[i] * v);
    y = before.map((v, i) => v + (k[i] + 2 * l[i] + m[i]) / 4);
  }
  [...f(Float64Array.from(x))].forEach((found, i) => {
    expect(Math.abs(found - y[i])).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(y[i])));
  });

  const { printed } = await compile(text, { path: "f.nn", precision: "f64", print: "program" });
  const round = printed?.slice(printed.indexOf("rounds ")) ?? "";
  expect(round.match(/^ {2}kernel /gm)).toHaveLength(kernels);
});
