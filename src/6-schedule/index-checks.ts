/** Which subscripts may lie outside the axis that they choose from: where data decides, the program checks. */
import type { Dim } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import { bodyRoots } from "../ir/loop-parts.ts";
import { isInside, rangesOf } from "../ir/index-range.ts";

/** Entries of `index` must be 0 .. size - 1. */
export interface IndexCheck {
  readonly index: Node;
  readonly size: Dim;
}

/** Among a graph's nodes, the subscripts of gathers and scatters that are not inside for certain, each with each size once. */
export function uncertainIndices(nodes: readonly AnyNode[]): readonly IndexCheck[] {
  const ranges = rangesOf(nodes);
  const found = new Map<string, IndexCheck>();
  for (const node of nodes) {
    const check = subscriptOf(node);
    if (check === null || isInside(ranges.get(check.index) ?? null, check.size)) continue;
    found.set(`${check.index.id} ${check.size.key}`, check);
  }
  return [...found.values()];
}

/** Whether any subscript is uncertain, those in the bodies of loops included. */
export function hasChecks(nodes: readonly Node[]): boolean {
  if (uncertainIndices(nodes as readonly AnyNode[]).length > 0) return true;
  return nodes.some((node) => is(node, "loop") && hasChecks(topological(bodyRoots(node.attributes.record))));
}

function subscriptOf(node: AnyNode): IndexCheck | null {
  if (node.primitive === "gather")
    return { index: node.operands[1], size: node.operands[0].shape[node.attributes.batch] };
  return node.primitive === "scatter_add" ? { index: node.operands[0], size: node.attributes.size } : null;
}
