/** How many results of a sum of expressions are computed side by side, so that what they share is read once. */
import type { Node } from "../ir/graph.ts";
import { roleOf } from "./materialize.ts";

/** Operations of a term beyond which it is not written out for every cell of a tile. */
const largestTerm = 6;

/**
 * The widths along `kept` axes of x, which is summed over its other axes and read through `isStored` nodes: two rows by four
 * columns where one part of the term does not vary along the rows and another not along the columns, as in
 * Σ_l (a[i, l] - b[j, l])^2; null where there is no such pair of axes.
 */
export function productTiles(
  x: Node,
  kept: readonly number[],
  isStored: (node: Node) => boolean,
): readonly number[] | null {
  const leaves = leavesOf(x, isStored);
  if (leaves === null) return null;
  const lacks = (axis: number, other: number): boolean =>
    leaves.some((own) => !own.has(axis - x.shape.length) && own.has(other - x.shape.length));
  const column = kept.at(-1);
  if (column === undefined) return null;
  const row = kept.find((axis) => axis !== column && lacks(axis, column) && lacks(column, axis));
  if (row === undefined) return null;
  return kept.map((axis) => (axis === column ? 4 : axis === row ? 2 : 1));
}

/** For each read of the expression x the axes of x, counted from the end, along which it varies; null if it is a large one. */
function leavesOf(x: Node, isStored: (node: Node) => boolean): readonly ReadonlySet<number>[] | null {
  const leaves: ReadonlySet<number>[] = [];
  const seen = new Set<Node>();
  let operations = 0;
  const pending = [{ node: x, axes: x.shape.map((_, k) => k - x.shape.length) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, axes } = next;
    if (node.primitive === "broadcast" && !(node !== x && isStored(node))) {
      const { axes: places } = (node as Node<"broadcast">).attributes;
      const lead = node.operands[0].shape.length - places.length;
      pending.push({
        node: node.operands[0],
        axes: [...axes.slice(0, lead), ...places.map((place) => axes[axes.length + place])],
      });
    } else if (roleOf(node) === "elementwise" && !(node !== x && isStored(node))) {
      if (!seen.has(node)) operations += 1;
      seen.add(node);
      if (operations > largestTerm) return null;
      pending.push(...node.operands.map((o) => ({ node: o, axes })));
    } else {
      leaves.push(new Set(axes));
    }
  }
  return leaves;
}
