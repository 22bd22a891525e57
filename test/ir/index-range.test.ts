// Bounds of integers, each by hand.
import { expect, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { isInside, rangesOf } from "../../src/ir/index-range.ts";
import { createBuilder, parameter } from "../5-simplify/support.ts";

const c = dims.constant;
const whole = (b: GraphBuilder, value: number): Node => e.constant(b, value, "index");

/** Over i of 0 .. 4, j of 0 .. 2 and k of 0 .. n - 1, which stands along n entries. */
type Build = (b: GraphBuilder, p: Readonly<Record<"i" | "j" | "k", Node>>) => Node;

const rows: readonly (readonly [what: string, build: Build, low: string, high: string])[] = [
  ["a number", (b) => whole(b, 7), "7", "7"],
  ["a size", (b) => e.dimension(b, dims.symbol("n")), "n", "n"],
  ["a parameter", (_, { i }) => i, "0", "4"],
  ["counters", (b) => b.create("iota", [], { size: dims.symbol("n") }), "0", "n - 1"],
  ["a table", (b) => b.create("table", [], { values: [3, -2, 5] }), "-2", "5"],
  ["a table of nothing", (b) => b.create("table", [], { values: [] }), "0", "-1"],
  ["the place of the largest", (b) => b.create("argmax", [parameter(b, "x", [3, 6])], { axis: -2 }), "0", "2"],
  ["a flag as a number", (b, { i, j }) => e.convert(b, e.less(b, i, j), "index"), "0", "1"],
  ["rows of a list that data chooses", (b, { i, k }) => b.create("gather", [k, i], { batch: 0 }), "0", "n - 1"],
  ["a sum", (b, { i, j }) => e.add(b, i, j), "0", "6"],
  ["a difference", (b, { i, j }) => e.sub(b, i, j), "-2", "4"],
  ["a negated difference", (b, { i, j }) => e.neg(b, e.sub(b, i, j)), "-4", "2"],
  ["a multiple", (b, { i }) => e.mul(b, e.add(b, i, whole(b, 2)), whole(b, 3)), "6", "18"],
  ["a multiple, the other way round", (b, { i }) => e.mul(b, whole(b, 3), e.add(b, i, whole(b, 1))), "3", "15"],
  ["the larger", (b, { i, j }) => e.max(b, e.sub(b, i, whole(b, 2)), j), "0", "2"],
  ["the smaller", (b, { i, j }) => e.min(b, e.sub(b, i, whole(b, 2)), j), "-2", "2"],
  ["a remainder", (b, { i, j }) => e.modulo(b, e.sub(b, j, i), whole(b, 3)), "0", "2"],
  ["a quotient", (b, { i }) => e.floorDivide(b, e.sub(b, i, whole(b, 3)), whole(b, 2)), "-2", "0"],
  ["a choice", (b, { i, j }) => e.select(b, e.less(b, i, j), e.sub(b, i, whole(b, 9)), j), "-9", "2"],
  ["zeros around", (b, { k }) => e.pad(b, e.add(b, k, e.like(b, 3, k)), [{ low: c(1), high: c(1), interior: 0 }]), "0", "n + 2"], // prettier-ignore
  ["joined lists", (b, { k }) => b.create("concat", [k, e.sub(b, k, e.like(b, 4, k))], { axis: -1 }), "-4", "n - 1"],
];

const unknown: readonly (readonly [what: string, build: Build])[] = [
  ["a number below 0 times what varies", (b, { i }) => e.mul(b, i, whole(b, -1))],
  ["a product of two that vary", (b, { i, j }) => e.mul(b, i, j)],
  ["a remainder by what varies, or may be 0", (b, { i, j }) => e.modulo(b, i, j)],
  ["a remainder by 0", (b, { i }) => e.modulo(b, i, whole(b, 0))],
  ["a quotient by what is not above 0", (b, { i }) => e.floorDivide(b, i, whole(b, -2))],
  ["a parameter without a bound", (b) => parameter(b, "free", [], "index")],
  ["a sum with it", (b, { i }) => e.add(b, i, parameter(b, "free", [], "index"))],
  ["a choice of it", (b, { i, j }) => e.select(b, e.less(b, i, j), parameter(b, "free", [], "index"), j)],
];

function rangeOf(build: Build): readonly [string, string] | null {
  const b = createBuilder();
  const node = build(b, {
    i: parameter(b, "i", [], "index", 5),
    j: parameter(b, "j", [], "index", 3),
    k: b.create("iota", [], { size: dims.symbol("n") }),
  });
  const found = rangesOf(e.topological([node])).get(node);
  return found === undefined || found === null ? null : [dims.print(found.low), dims.print(found.high)];
}

test.each(rows)("the range of %s", (_, build, low, high) => {
  expect(rangeOf(build)).toEqual([low, high]);
});

test.each(unknown)("nothing is known of %s", (_, build) => {
  expect(rangeOf(build)).toBeNull();
});

test("a range lies inside of an axis up to its last entry", () => {
  const to = (low: dims.Dim, high: dims.Dim, size: dims.Dim): boolean => isInside({ low, high }, size);
  const n = dims.symbol("n");
  expect([to(c(0), c(4), c(5)), to(c(0), c(4), c(4)), to(c(-1), c(2), c(5)), to(c(3), c(3), c(4))]).toEqual([true, false, false, true]); // prettier-ignore
  expect([to(c(0), dims.subtract(n, c(1)), n), to(c(0), n, n), to(c(0), n, dims.add(n, c(1)))]).toEqual([true, false, true]); // prettier-ignore
  expect(isInside(null, n)).toBe(false);
});
