// What cuts take of an axis, by hand: runs as `start+size*step`.
import { expect, test } from "vitest";
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import { everything, joinPicks, listed, slicePick, type AxisPick } from "../../src/ir/picks.ts";

const c = dims.constant;
const [n, m] = [dims.symbol("n"), dims.symbol("m")];
const plus = (x: Dim, by: number): Dim => dims.add(x, c(by));
const cut = (of: AxisPick, start: Dim, size: Dim, step = 1): AxisPick => {
  const found = slicePick(of, { start, size, step });
  if (found === null) throw new Error("nothing is known of the cut");
  return found;
};
const shown = ({ runs }: AxisPick): readonly string[] =>
  runs.map(({ start, size, step }) => `${dims.print(start)}+${dims.print(size)}*${step}`);

const all = everything(n);
const long = everything(c(9000));

const rows: readonly (readonly [what: string, pick: AxisPick, runs: readonly string[]])[] = [
  ["a part", cut(all, c(2), plus(n, -3)), ["2+n - 3*1"]],
  ["an axis turned round", cut(all, plus(n, -1), n, -1), ["n - 1+n*-1"]],
  ["every other one of an axis turned round", cut(cut(all, plus(n, -1), n, -1), c(1), m, 2), ["n - 2+m*-2"]],
  ["a part of every third", cut(cut(all, c(1), m, 3), c(2), plus(m, -2)), ["7+m - 2*3"]],
  ["two parts that meet", joinPicks([cut(all, c(0), m), cut(all, m, dims.subtract(n, m))]), ["0+n*1"]],
  ["two parts of every other one that meet", joinPicks([cut(all, c(0), m, 2), cut(all, dims.multiply(c(2), m), n, 2)]), ["0+m + n*2"]], // prettier-ignore
  ["parts that do not meet", joinPicks([cut(all, c(0), m), cut(all, plus(m, 1), n)]), ["0+m*1", "m + 1+n*1"]],
  ["one entry and what follows it, between others", joinPicks([cut(all, c(0), m), cut(all, plus(m, 3), c(1), -1), cut(all, plus(m, 4), n)]), ["0+m*1", "m + 3+n + 1*1"]], // prettier-ignore
  ["entries in steps", listed([1, 3, 5, 7]), ["1+4*2"]],
  ["two entries", listed([4, 9]), ["4+2*5"]],
  ["pairs that are no neighbours", listed([0, 3, 5, 9]), ["0+1*1", "3+1*1", "5+1*1", "9+1*1"]],
  ["the same, fewer before", listed([9, 0, 5, 1]), ["9+1*1", "0+1*1", "5+1*1", "1+1*1"]],
  ["neighbours among others", listed([7, 6, 0, 2, 3]), ["7+2*-1", "0+1*1", "2+2*1"]],
  ["more entries than are listed one by one", joinPicks([cut(long, c(0), c(4000)), cut(long, c(6000), c(2), 7), cut(long, c(5000), c(100))]), ["0+4000*1", "6000+2*7", "5000+100*1"]], // prettier-ignore
];

test.each(rows)("%s", (_, pick, runs) => {
  expect(shown(pick)).toEqual(runs);
});
