/** Jacobians: one lifted pass over all unit directions, forward or reverse by which has fewer of them. */
import { constantOf, product } from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { constant, convert, equalTo, like, mul, transpose } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { forward } from "./forward.ts";
import { addLeading, lift } from "./lift.ts";
import { reverse } from "./reverse.ts";

/** dy/dx, of y's shape followed by x's, or null where y does not depend on x. */
export function jacobian(context: Context, y: Node, x: Node): Node | null {
  const { b } = context;
  const m = y.shape.length;
  const n = x.shape.length;
  if (m === 0) return reverse(context, [[y, constant(b, 1)]], [x])[0];
  if (isForwardCheaper(y.shape, x.shape)) {
    const direction = b.mark(like(b, 0, x, "real"), "direction");
    const [tangent] = forward(context, [y], new Map([[x, direction]]));
    if (tangent === null) return null;
    const columns = everyDirection(b, tangent, direction);
    const order = [...y.shape.map((_, k) => k - m), ...x.shape.map((_, k) => k - m - n)];
    return transpose(b, columns, order);
  }
  const direction = b.mark(like(b, 0, y, "real"), "direction");
  const [cotangent] = reverse(context, [[y, direction]], [x]);
  return cotangent === null ? null : everyDirection(b, cotangent, direction);
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
