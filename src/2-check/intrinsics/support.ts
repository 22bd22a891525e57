/** What the elaboration of built-in functions and operators shares: element types, broadcasting, axes. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { constant as dimConstant, constantOf, equal, print, printShape, product } from "../../ir/dim.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import {
  apply,
  broadcastTo,
  constant,
  constantValue,
  convert,
  equalTo,
  is,
  isScalar,
  not,
  powInt,
} from "../../ir/expressions.ts";
import type { PlainName } from "../../ir/expressions.ts";
import type { ElementType, Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import type { TensorValue } from "../value.ts";
import type { IntrinsicContext } from "./intrinsic.ts";

/** A node as a value; `bound` says that its integers are 0 .. bound - 1. */
export function tensor(node: Node, bound: Dim | null = null): TensorValue {
  return { kind: "tensor", node, bound: node.element === "index" ? bound : null };
}

/** The node under another element type; a constant stays one. */
export function asElement(b: GraphBuilder, x: Node, element: ElementType): Node {
  if (is(x, "constant")) return constant(b, x.attributes.value, element);
  return convert(b, x, element);
}

/** The node as reals. */
export function real(b: GraphBuilder, x: Node): Node {
  return asElement(b, x, "real");
}

/** Bools as the integers 0 and 1; numbers as they are. */
export function number(b: GraphBuilder, x: Node): Node {
  return x.element === "bool" ? asElement(b, x, "index") : x;
}

/** Bools as they are; a number is true where it differs from 0 (NaN is true). */
export function truth(b: GraphBuilder, x: Node): Node {
  return x.element === "bool" ? x : not(b, equalTo(b, x, 0));
}

/** The most general of the element types of `nodes`: bool, then index, then real. */
export function commonElement(nodes: readonly Node[]): ElementType {
  if (nodes.some((node) => node.element === "real")) return "real";
  return nodes.some((node) => node.element === "index") ? "index" : "bool";
}

/** All nodes converted to the most general of their element types. */
export function promoted(b: GraphBuilder, nodes: readonly Node[]): Node[] {
  const element = commonElement(nodes);
  return nodes.map((node) => asElement(b, node, element));
}

/**
 * The shape that `shapes` broadcast to by NumPy's rule: aligned at the end, axes of size 1 stretch.
 * @throws ShapeFault naming the two shapes that do not fit.
 */
export function broadcastShape(shapes: readonly Shape[]): Shape {
  let result: readonly Dim[] = [];
  for (const shape of shapes) {
    const [long, short] = shape.length > result.length ? [shape, result] : [result, shape];
    const lead = long.length - short.length;
    result = long.map((dim, k) => {
      if (k < lead) return dim;
      const other = short[k - lead];
      if (equal(dim, other) || constantOf(other) === 1) return dim;
      if (constantOf(dim) === 1) return other;
      throw new ShapeFault(
        `${printShape(result)} and ${printShape(shape)} do not broadcast: ${print(dim)} and ${print(other)} differ on axis ${String(k - long.length)}`,
      );
    });
  }
  return result;
}

/** The nodes stretched to their common shape. */
export function broadcastTogether(b: GraphBuilder, nodes: readonly Node[]): Node[] {
  const shape = broadcastShape(nodes.map((node) => node.shape));
  return nodes.map((node) => broadcastTo(b, node, shape));
}

/** An elementwise primitive over operands that are stretched to their common shape. */
export function elementwise(b: GraphBuilder, primitive: PlainName, nodes: readonly Node[]): Node {
  return apply(b, primitive, ...broadcastTogether(b, nodes));
}

/** x^y. A literal integer exponent is exact everywhere, also where x is 0 or negative. */
export function power(b: GraphBuilder, x: Node, y: Node): Node {
  const exponent = isScalar(y) ? literal(y) : null;
  if (exponent !== null && Number.isInteger(exponent) && Math.abs(exponent) < 2 ** 31)
    return powInt(b, real(b, x), exponent);
  return elementwise(b, "power", [real(b, x), real(b, y)]);
}

/** The number that a scalar is at compile time: a literal, a const or a constant dim; otherwise null. */
export function literal(node: Node): number | null {
  let at = node;
  let sign = 1;
  for (; at.primitive === "convert" || at.primitive === "negate"; at = at.operands[0]) {
    if (at.primitive === "negate") sign = -sign;
  }
  const value = at.shape.length === 0 ? constantValue(at) : null;
  return value === null ? null : sign * value;
}

/** One more than the largest integer that a scalar known at compile time, or a bounded tensor, can be. */
export function boundOf(value: TensorValue): Dim | null {
  if (value.bound !== null) return value.bound;
  const known = value.node.element === "index" ? literal(value.node) : null;
  return known === null || known < 0 ? null : dimConstant(known + 1);
}

/** Requires that places `0 .. size - 1` hold every integer of `i`, as far as that is known before a call. */
export function requireWithin(context: IntrinsicContext, i: TensorValue, size: Dim, what: string): void {
  const known = literal(i.node);
  if (known !== null && known < 0) throw new ShapeFault(`${what} is ${String(known)}; integers count from 0`);
  const bound = boundOf(i);
  if (bound !== null) context.require(size, ">=", bound, `${what} below ${print(bound)}`);
}

/** One integer known at compile time. @throws ShapeFault naming `what`. */
export function integerOf(dim: Dim, what: string): number {
  const value = constantOf(dim);
  if (value === null) throw new ShapeFault(`${what} must be a number, not ${print(dim)}`);
  return value;
}

/** An axis given as -rank .. rank - 1, counted from the end. @throws ShapeFault outside that range. */
export function axisOf(dim: Dim, rank: number, what = "axis"): number {
  const axis = integerOf(dim, what);
  if (axis < -rank || axis >= rank) {
    throw new ShapeFault(`${what} ${String(axis)} is outside -${String(rank)} .. ${String(rank - 1)}`);
  }
  return axis < 0 ? axis : axis - rank;
}

/** The size of a negative axis. */
export function sizeOf(x: Node, axis: number): Dim {
  const dim = x.shape.at(axis);
  if (dim === undefined || axis < -x.shape.length) {
    throw new ShapeFault(`there is no axis ${String(axis)} in ${printShape(x.shape)}`);
  }
  return dim;
}

/** The product of the sizes of negative axes. */
export function sizeOver(x: Node, axes: readonly number[]): Dim {
  return product(axes.map((axis) => sizeOf(x, axis)));
}

/** Requires at least one entry along the axes: max, argmax and their kind have no value for none. */
export function requireEntries(context: IntrinsicContext, x: Node, axes: readonly number[], what: string): void {
  for (const axis of axes) {
    context.require(sizeOf(x, axis), ">=", dimConstant(1), `${what} of ${printShape(x.shape)} on axis ${String(axis)}`); // prettier-ignore
  }
}

/** The shape with other sizes on one axis. */
export function withAxis(shape: Shape, axis: number, ...sizes: readonly Dim[]): Shape {
  const position = shape.length + axis;
  return [...shape.slice(0, position), ...sizes, ...shape.slice(position + 1)];
}

/** Numbers 0, 1, ... along a negative axis of `shape`, the same on all others. */
export function countAlong(b: GraphBuilder, shape: Shape, axis: number): Node {
  const size = shape.at(axis) ?? dimConstant(1);
  return b.create("broadcast", [b.create("iota", [], { size })], { shape, axes: [axis] });
}

/** `value` in every entry of `shape`. */
export function filled(b: GraphBuilder, value: number, shape: Shape, element: ElementType = "real"): Node {
  return broadcastTo(b, constant(b, value, element), shape);
}
