/** Removes marks once nothing refers to them any more. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { rewriteGraph } from "./rewrite.ts";

/** Drops marks and stop_gradient, in loop bodies too. `onReplace` hears of each node that another one takes the place of. */
export function eraseMarks(
  graph: Graph,
  b: GraphBuilder,
  onReplace: (from: Node, to: Node) => void = () => undefined,
): Graph {
  const erase = (node: Node, operands: readonly Node[]): Node | null =>
    node.primitive === "mark" || node.primitive === "stop_gradient" ? operands[0] : null;
  return rewriteGraph(graph, b, () => erase, onReplace);
}
