// Colourings: as few groups as known patterns need, and every entry of a random matrix read back from the sums of groups.
import { describe, expect, test } from "vitest";
import { columnColouring, fromRows, rowsOf, starColouring, symmetricPart, transposed } from "../../src/4-differentiate/colouring.ts"; // prettier-ignore
import { planOf } from "../../src/4-differentiate/sparse.ts";
import type { SparsityPattern } from "../../src/ir/graph.ts";
import { generator } from "../primitives/harness.ts";

const square = (n: number, has: (i: number, j: number) => boolean): SparsityPattern =>
  fromRows(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => j).filter((j) => has(i, j))), n); // prettier-ignore

test.each([
  { what: "a diagonal", pattern: square(20, (i, j) => i === j), columns: 1, stars: 1 },
  { what: "a band of three", pattern: square(20, (i, j) => Math.abs(i - j) <= 1), columns: 3, stars: 3 },
  { what: "an arrow", pattern: square(20, (i, j) => i === j || i === 0 || j === 0), columns: 20, stars: 2 },
  { what: "an arrow with its hub last", pattern: square(20, (i, j) => i === j || i === 19 || j === 19), columns: 20, stars: 2 },
  { what: "blocks", pattern: square(20, (i, j) => Math.floor(i / 4) === Math.floor(j / 4)), columns: 4, stars: 4 },
  { what: "nothing", pattern: square(20, () => false), columns: 1, stars: 1 },
  { what: "everything", pattern: square(6, () => true), columns: 6, stars: 6 },
])("$what", ({ pattern, columns, stars }) => {
  expect(columnColouring(pattern).count).toBe(columns);
  expect(starColouring(pattern).count).toBe(stars);
}); // prettier-ignore

test("rows, columns and what a pattern has in common with its transpose", () => {
  const pattern = fromRows([[0, 2], [1], []], 3);
  expect(rowsOf(transposed(pattern))).toEqual([[0], [1], [0]]);
  expect(rowsOf(transposed(transposed(pattern)))).toEqual(rowsOf(pattern));
  expect(rowsOf(symmetricPart(pattern))).toEqual([[0], [1], []]);
  expect(pattern).toEqual({ rowCount: 3, columnCount: 3, starts: [0, 2, 3, 3], columns: [0, 2, 1] });
});

describe("every entry stands alone where it is read", () => {
  const next = generator(5);
  test.each(Array.from({ length: 60 }, (_, k) => k))("random pattern %i", (k) => {
    const symmetric = k % 2 === 0;
    const n = 1 + Math.floor(next() * 14);
    const m = symmetric ? n : 1 + Math.floor(next() * 14);
    const density = next() ** 2;
    const matrix = Array.from({ length: m }, () =>
      Array.from({ length: n }, () => (next() < density ? next() + 1 : 0)),
    );
    const entry = (i: number, j: number): number => (symmetric ? matrix[Math.min(i, j)][Math.max(i, j)] : matrix[i][j]);
    const rows = Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => j).filter((j) => entry(i, j) !== 0)); // prettier-ignore
    const pattern = fromRows(rows, n);
    const { isForward, colouring, sources } = planOf(pattern, symmetric);
    expect(colouring.count).toBeLessThanOrEqual(Math.max(1, isForward ? n : m));
    // The sums of a colour's columns, or rows.
    const width = isForward ? m : n;
    const sums = new Float64Array(colouring.count * width);
    colouring.colours.forEach((colour, member) => {
      for (let at = 0; at < width; at++) sums[colour * width + at] += isForward ? entry(at, member) : entry(member, at);
    });
    const wanted = rows.flatMap((columns, i) => columns.map((j) => entry(i, j)));
    expect(sources.map((source) => sums[source])).toEqual(wanted);
  });
});
