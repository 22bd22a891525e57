/** Reading and writing the axes of broadcasts. */

import type { Shape } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";

/** A node seen as `source` repeated: axis k of the source is axis `axes[k]` (negative, ascending) of the whole. */
export interface Repeated {
  readonly source: Node;
  readonly axes: readonly number[];
}

/** The node as a repetition of something smaller, or null if it is no broadcast of all its axes. */
export function asRepeated(node: Node): Repeated | null {
  if (!is(node, "broadcast")) return null;
  const { axes } = node.attributes;
  const [source] = node.operands;
  return source.shape.length === axes.length ? { source, axes } : null;
}

/** Repeats a source over a shape. */
export function repeat(b: GraphBuilder, { source, axes }: Repeated, shape: Shape): Node {
  return axes.length === shape.length ? source : b.create("broadcast", [source], { shape, axes });
}

/** Where `axis` of a tensor stands among `kept` of its axes (negative, ascending), counted from their end. */
export function axisAmong(kept: readonly number[], axis: number): number {
  return kept.indexOf(axis) - kept.length;
}

/** The dims of a shape at some of its axes. */
export function sizesAt(shape: Shape, axes: readonly number[]): Shape {
  return axes.map((axis) => shape[shape.length + axis]);
}

/** All axes of a rank but some. */
export function axesWithout(rank: number, axes: readonly number[]): number[] {
  const kept: number[] = [];
  for (let axis = -rank; axis < 0; axis++) if (!axes.includes(axis)) kept.push(axis);
  return kept;
}

/** A node that does not vary along some axes, without them; null if it may vary. */
export function withoutAxes(b: GraphBuilder, node: Node, axes: readonly number[]): Node | null {
  const repeated = asRepeated(node);
  if (repeated === null || repeated.axes.some((axis) => axes.includes(axis))) return null;
  const kept = axesWithout(node.shape.length, axes);
  return repeat(
    b,
    { source: repeated.source, axes: repeated.axes.map((axis) => axisAmong(kept, axis)) },
    sizesAt(node.shape, kept),
  );
}
