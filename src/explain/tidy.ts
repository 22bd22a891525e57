/** Simplification for readers: in exact arithmetic, where no number is rounded to the end of its range and no axis is empty. */
import { rewriteGraph } from "../4-differentiate/rewrite.ts";
import { truthOf } from "../5-simplify/conditions.ts";
import { simplify } from "../5-simplify/simplify.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { is } from "../ir/expressions.ts";
import { FactTable } from "../ir/facts.ts";
import type { Graph, Node } from "../ir/graph.ts";

/**
 * The nodes, which hold no requests for derivatives, simplified together. Choices that only rounding can make otherwise are settled first (`a == 0` never holds
 * for a = sigmoid(z)): code must guard them, a formula need not.
 */
export function tidy(
  nodes: readonly Node[],
  b: GraphBuilder,
  onReplace: (from: Node, to: Node) => void = () => undefined,
): readonly Node[] {
  const graph: Graph = {
    parameters: [],
    outputs: nodes.map((node, k) => ({ name: String(k), node, updates: null })),
    requirements: [],
  };
  // Once derivatives are taken, stop_gradient has done its work.
  const drop = (node: Node, operands: readonly Node[]): Node | null => (is(node, "stop_gradient") ? operands[0] : null);
  const open = rewriteGraph(graph, b, () => drop, onReplace);
  const options = { onReplace, axesHaveEntries: true };
  const first = simplify(open, b, options);
  const facts = new FactTable(b);
  const settle = (node: Node, operands: readonly Node[]): Node | null => {
    if (!is(node, "select")) return null;
    const truth = truthOf(operands[0], facts);
    return truth === null ? null : operands[truth ? 1 : 2];
  };
  const settled = rewriteGraph(first, b, ({ isBody }) => (isBody ? () => null : settle), onReplace);
  const same = settled.outputs.every(({ node }, k) => node === first.outputs[k].node);
  const result = same ? first : simplify(settled, b, options);
  return result.outputs.map(({ node }) => node);
}
