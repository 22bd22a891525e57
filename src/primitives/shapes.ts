/** Helpers for shape rules. Their messages reach users, so they speak of shapes, axes and sizes as users write them. */
import { constant, equal, isNonNegative, printShape, subtract } from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { ElementType, TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";

const words: Readonly<Record<ElementType, string>> = {
  real: "real numbers",
  index: "integers",
  bool: "truth values",
};

/** @throws ShapeFault unless the type's elements are among those `allowed`. */
export function requireElement(type: TensorType, allowed: readonly ElementType[], what: string): void {
  if (allowed.includes(type.element)) return;
  const wanted = allowed.map((element) => words[element]).join(" or ");
  throw new ShapeFault(`${what} wants ${wanted}, not ${words[type.element]}`);
}

/** @throws ShapeFault naming the first axis, from the end, on which two shapes differ. */
export function requireSameShape(a: Shape, b: Shape): void {
  if (a.length !== b.length) {
    throw new ShapeFault(`${printShape(a)} and ${printShape(b)} differ in the number of axes`);
  }
  for (let axis = -1; axis >= -a.length; axis--) {
    if (equal(sizeAt(a, axis), sizeAt(b, axis))) continue;
    throw new ShapeFault(`${printShape(a)} and ${printShape(b)} differ on axis ${axis}`);
  }
}

/**
 * The size of a negative axis.
 * @throws ShapeFault if the shape has no such axis.
 */
export function sizeAt(shape: Shape, axis: number): Dim {
  const size = axis < 0 ? shape.at(axis) : undefined;
  if (size === undefined) throw new ShapeFault(`${printShape(shape)} has no axis ${axis}`);
  return size;
}

/** The shape without the given negative axes. */
export function withoutAxes(shape: Shape, axes: readonly number[]): Dim[] {
  for (const axis of axes) sizeAt(shape, axis);
  return shape.filter((_, k) => !axes.includes(k - shape.length));
}

/** The shape with the size of one negative axis replaced by others. */
export function replaceAxis(shape: Shape, axis: number, ...sizes: readonly Dim[]): Dim[] {
  sizeAt(shape, axis);
  const at = shape.length + axis;
  return [...shape.slice(0, at), ...sizes, ...shape.slice(at + 1)];
}

/** @throws ShapeFault if a shape has fewer than `count` axes. */
export function requireRank(shape: Shape, count: number, what: string): void {
  if (shape.length >= count) return;
  throw new ShapeFault(`${what} needs ${count} ${count === 1 ? "axis" : "axes"}, but ${printShape(shape)} has ${shape.length}`); // prettier-ignore
}

/** @throws ShapeFault where `a <= b` certainly fails; a symbolic relation is the caller's requirement to check on entry. */
export function requireAtMost(a: Dim, b: Dim, message: string): void {
  if (isNonNegative(subtract(b, a)) === false) throw new ShapeFault(message);
}

/** Whether a shape certainly has at least one entry along every one of the given axes. */
export function surelyNonEmpty(sizes: readonly Dim[]): boolean {
  return sizes.every((size) => isNonNegative(subtract(size, constant(1))) === true);
}
