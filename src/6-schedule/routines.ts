/** What routines of the support code want: whole matrices in storage, and room to work in. */
import * as dims from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";

/** The operands that the routine of a node reads: of a matrix that was factored, its factors alone. */
export function routineOperands(node: Node): readonly Node[] {
  return node.primitive === "solve" || node.primitive === "cofactor" ? node.operands.slice(1) : node.operands;
}

/** The node behind one whose matrices (the last two axes) are the same storage, or null. */
export function behind(node: Node): Node | null {
  const [x] = node.operands;
  if (is(node, "reshape") || node.primitive === "stop_gradient") return x;
  if (!is(node, "broadcast") || x.shape.length < 2) return null;
  // Axes in front of a matrix: it is read again for each of their entries.
  const { axes } = node.attributes;
  return axes.at(-2) === -2 && axes.at(-1) === -1 ? x : null;
}

/** What must be stored so that the matrices of `operand` stand one after another somewhere; null if they do. */
export function wholeMatrices(operand: Node, isStored: (node: Node) => boolean): Node | null {
  let reshaped = false;
  for (let node = operand; ;) {
    if (is(node, "parameter") && node.attributes.held === "array") return null;
    if (isStored(node) && node.shape.length > 0) return null;
    const next = behind(node);
    // A reshape of storage is storage; of what is broadcast it is not.
    if (next === null || next.shape.length === 0 || (reshaped && is(node, "broadcast")))
      return reshaped ? operand : node;
    reshaped ||= is(node, "reshape");
    node = next;
  }
}

/** Room for a routine to work in, for one matrix at a time: of `cofactor`, the directions moved, and the result before it is moved back. */
export function workShape(node: Node): Shape | null {
  return is(node, "cofactor") ? [dims.constant(node.operands.length - 1), ...node.shape.slice(-2)] : null;
}
