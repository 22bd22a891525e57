/**
 * Jacobians: one lifted pass over groups of unit directions, forward or reverse by which has fewer of them. Entries of the
 * argument (or of the result) that no entry of the other side has in common share a direction, and what it finds is spread
 * over the places that the ties allow (Curtis, Powell and Reid, On the estimation of sparse Jacobian matrices, 1974).
 */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { add, and, constant, convert, dimension, equalTo, lessEqual, like, modulo, mul } from "../ir/expressions.ts";
import { select, transpose } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { forward } from "./forward.ts";
import { addLeading, lift } from "../ir/lift.ts";
import { reverse } from "./reverse.ts";
import { readersOf, readsOf, tiesOf } from "./ties.ts";
import type { Tie } from "./ties.ts";

/** How an axis is seeded: every entry by itself (null), or entries that are `count` apart together. */
type Groups = { readonly count: number } | null;

/** A tie of axis `y` of the result to axis `x` of the argument, neither of them rows. */
interface Pair {
  readonly x: number;
  readonly y: number;
  readonly tie: Tie;
}

/**
 * dy/dx, of y's shape followed by x's, or null where y does not depend on x. The first `batch` axes of both are rows: a row
 * of y depends on its own row of x alone, and they stand once in the result. All rows go in the same direction at once.
 */
export function jacobian(context: Context, y: Node, x: Node, batch = 0): Node | null {
  const { b } = context;
  const rows = y.shape.slice(0, batch);
  const of = y.shape.slice(batch);
  const by = x.shape.slice(batch);
  if (of.length === 0) return reverse(context, [[y, like(b, 1, y)]], [x])[0];
  const pairs = (tiesOf(b, y, x) ?? []).slice(batch).flatMap((tie, k): Pair[] => {
    return tie === null || tie.axis < batch ? [] : [{ x: k, y: tie.axis - batch, tie }];
  });
  const columns = groupsOf(by, pairs, "x");
  const lines = groupsOf(of, pairs, "y");
  const isForward = isForwardCheaper(passes(of, lines), passes(by, columns));
  const [shape, groups] = isForward ? [by, columns] : [of, lines];
  const direction = b.mark(addLeading(b, constant(b, 0), shape), "direction");
  const everywhere = addLeading(b, direction, rows);
  const [found] = isForward
    ? forward(context, [y], new Map([[x, everywhere]]))
    : reverse(context, [[y, everywhere]], [x]);
  if (found === null) return null;
  // Forward: [directions, rows, of]; reverse: [directions, rows, by].
  const blocks = everyDirection(b, found, direction, groups);
  const axes = blocks.shape.map((_, k) => k - blocks.shape.length);
  const p = passes(shape, groups).length;
  const [first, middle, last] = [axes.slice(0, p), axes.slice(p, p + batch), axes.slice(p + batch)];
  const order = isForward ? [...middle, ...last, ...first] : [...middle, ...first, ...last];
  const ordered = transpose(b, blocks, order);
  const before = isForward ? [...rows, ...of] : rows;
  const after = isForward ? [] : by;
  const spread = spreadGroups(b, ordered, before, shape, after, groups);
  const used = pairs.filter((pair) => groups[isForward ? pair.x : pair.y] !== null);
  return masked(b, spread, batch, of.length, used);
}

/** Which entries along each axis share a direction: as far apart as the narrowest tie of the axis asks for. */
function groupsOf(shape: Shape, pairs: readonly Pair[], side: "x" | "y"): readonly Groups[] {
  return shape.map((size, k) => {
    const own = pairs
      .filter((pair) => pair[side] === k)
      .map(({ tie }) => (side === "x" ? readsOf(tie) : readersOf(tie)));
    const count = Math.min(...own);
    const most = dims.constantOf(size) ?? Infinity;
    return count < most ? { count } : null;
  });
}

/** The sizes of the axes that count directions. */
function passes(shape: Shape, groups: readonly Groups[]): Shape {
  return shape.flatMap((size, k) => {
    const group = groups[k];
    return group === null ? [size] : group.count === 1 ? [] : [dims.constant(group.count)];
  });
}

/** A linear expression of a direction, for each group of unit directions: of the passes' shape, then the expression's. */
function everyDirection(b: GraphBuilder, expression: Node, direction: Node, groups: readonly Groups[]): Node {
  const leading = passes(direction.shape, groups);
  const seeds = seedsOf(b, direction.shape, groups);
  const [lifted] = lift(b, [expression], new Map([[direction, seeds]]), leading);
  // An expression without the direction in it is zero, being linear.
  return lifted === expression ? addLeading(b, like(b, 0, expression), leading) : lifted;
}

/** δ[i.., j..] over two copies of the axes. */
export function identity(b: GraphBuilder, shape: Shape): Node {
  return seedsOf(
    b,
    shape,
    shape.map(() => null),
  );
}

/** 1 where an entry belongs to a group: of the passes' shape, then `shape`. */
function seedsOf(b: GraphBuilder, shape: Shape, groups: readonly Groups[]): Node {
  const leading = passes(shape, groups);
  const both = [...leading, ...shape];
  let pass = 0;
  const parts = shape.flatMap((size, k): Node[] => {
    const group = groups[k];
    if (group?.count === 1) return [];
    const along = (x: Node, axis: number): Node =>
      b.create("broadcast", [x], { shape: both, axes: [axis - both.length] });
    const entry = b.create("iota", [], { size });
    const member = group === null ? entry : modulo(b, entry, group.count);
    const row = along(b.create("iota", [], { size: leading[pass] }), pass++);
    return [convert(b, equalTo(b, row, along(member, leading.length + k)), "real")];
  });
  return parts.length === 0 ? addLeading(b, constant(b, 1), both) : parts.reduce((p, q) => mul(b, p, q));
}

/**
 * [before, passes, after] -> [before, shape, after]: each entry along an axis has what its group found. Entries where two of
 * a group do not meet are right, others are to be masked.
 */
function spreadGroups(
  b: GraphBuilder,
  found: Node,
  before: Shape,
  shape: Shape,
  after: Shape,
  groups: readonly Groups[],
): Node {
  let node = found;
  let at = before.length;
  shape.forEach((size, k) => {
    const group = groups[k];
    if (group?.count === 1) return;
    if (group !== null) {
      const member = modulo(b, b.create("iota", [], { size }), group.count);
      const n = node.shape.length;
      const axes = node.shape.map((_, axis) => axis - n);
      const [own] = axes.splice(at, 1);
      const chosen = b.create("gather", [transpose(b, node, [own, ...axes]), member], { batch: 0 });
      const back = node.shape.map((_, axis) => (axis === at ? -n : axis < at ? axis + 1 - n : axis - n));
      node = transpose(b, chosen, back);
    }
    at++;
  });
  const full = [...before, ...shape, ...after];
  const kept = full.flatMap((_, axis) => {
    const k = axis - before.length;
    return k >= 0 && k < shape.length && groups[k]?.count === 1 ? [] : [axis - full.length];
  });
  return kept.length === full.length ? node : b.create("broadcast", [node], { shape: full, axes: kept });
}

/** Zeros where a tie says so. */
function masked(b: GraphBuilder, blocks: Node, batch: number, ofRank: number, pairs: readonly Pair[]): Node {
  const { shape } = blocks;
  const places = (axis: number, by: number, from: Dim = dims.constant(0)): Node => {
    const entry = b.create("iota", [], { size: shape[axis] });
    const scaled = by === 1 ? entry : mul(b, entry, constant(b, by, "index"));
    const moved = dims.constantOf(from) === 0 ? scaled : add(b, scaled, broadcastIndex(b, from, shape[axis]));
    return b.create("broadcast", [moved], { shape, axes: [axis - shape.length] });
  };
  const conditions = pairs.map(({ x, y, tie }) => {
    const [row, column] = [batch + y, batch + ofRank + x];
    const [i, j] = [places(row, tie.of, tie.base), places(column, tie.by)];
    if (tie.width === 0) return equalTo(b, i, j);
    const end = dims.add(tie.base, dims.constant(tie.width));
    return and(b, lessEqual(b, i, j), lessEqual(b, j, places(row, tie.of, end)));
  });
  if (conditions.length === 0) return blocks;
  return select(
    b,
    conditions.reduce((p, q) => and(b, p, q)),
    blocks,
    0,
  );
}

function broadcastIndex(b: GraphBuilder, dim: Dim, size: Dim): Node {
  return addLeading(b, dimension(b, dim), [size]);
}

/** Forward mode costs a pass a group of entries of x, reverse mode one of entries of y; equal numbers go forward. */
function isForwardCheaper(y: Shape, x: Shape): boolean {
  const rows = dims.product(y);
  const columns = dims.product(x);
  if (rows.key === columns.key) return true;
  const p = dims.constantOf(rows);
  const q = dims.constantOf(columns);
  if (p !== null && q !== null) return q <= p;
  // One number against a symbol: the number is taken to be the smaller one.
  return p === null && q !== null;
}
