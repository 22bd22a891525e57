/** Jacobians: one lifted pass over all unit directions, forward or reverse by which has fewer of them. */
import { constantOf, product } from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { constant, convert, equalTo, like, mul, transpose } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { forward } from "./forward.ts";
import { addLeading, lift } from "../ir/lift.ts";
import { reverse } from "./reverse.ts";

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
  const isForward = isForwardCheaper(of, by);
  const direction = b.mark(addLeading(b, constant(b, 0), isForward ? by : of), "direction");
  const everywhere = addLeading(b, direction, rows);
  const [found] = isForward
    ? forward(context, [y], new Map([[x, everywhere]]))
    : reverse(context, [[y, everywhere]], [x]);
  if (found === null) return null;
  // Forward: [by, rows, of]; reverse: [of, rows, by].
  const blocks = everyDirection(b, found, direction);
  const p = direction.shape.length;
  const axes = blocks.shape.map((_, k) => k);
  const [first, middle, last] = [axes.slice(0, p), axes.slice(p, p + batch), axes.slice(p + batch)];
  const order = isForward ? [...middle, ...last, ...first] : [...middle, ...first, ...last];
  return transpose(
    b,
    blocks,
    order.map((axis) => axis - axes.length),
  );
}

/** A linear expression of a direction, for each unit direction: of the direction's shape followed by the expression's. */
function everyDirection(b: GraphBuilder, expression: Node, direction: Node): Node {
  const shape = direction.shape;
  const [lifted] = lift(b, [expression], new Map([[direction, identity(b, shape)]]), shape);
  // An expression without the direction in it is zero, being linear.
  return lifted === expression ? addLeading(b, like(b, 0, expression), shape) : lifted;
}

/** δ[i.., j..] over two copies of the axes. */
export function identity(b: GraphBuilder, shape: Shape): Node {
  const n = shape.length;
  const both = [...shape, ...shape];
  if (n === 0) return constant(b, 1);
  return shape
    .map((size, k) => {
      const row = b.create("iota", [], { size });
      const along = (axis: number): Node => b.create("broadcast", [row], { shape: both, axes: [axis] });
      return convert(b, equalTo(b, along(k - 2 * n), along(k - n)), "real");
    })
    .reduce((x, y) => mul(b, x, y));
}

/** Forward mode costs a pass an entry of x, reverse mode one an entry of y; equal sizes go forward. */
function isForwardCheaper(y: Shape, x: Shape): boolean {
  const rows = product(y);
  const columns = product(x);
  if (rows.key === columns.key) return true;
  const p = constantOf(rows);
  const q = constantOf(columns);
  if (p !== null && q !== null) return q <= p;
  // One number against a symbol: the number is taken to be the smaller one.
  return p === null && q !== null;
}
