/** Replaces nodes of a graph fragment, building what depends on them anew. */
import type { GraphBuilder } from "./builder.ts";
import type { Node } from "./graph.ts";
import { visitPending } from "./visit.ts";

/**
 * The roots with every node in `replacements` replaced. What depends on no replaced node stays the same object; marks
 * that do are made anew, one for each old one, so that requests still name the right definition.
 */
export function substitute(
  b: GraphBuilder,
  roots: readonly Node[],
  replacements: ReadonlyMap<Node, Node>,
  onReplace: (from: Node, to: Node) => void = () => undefined,
): readonly Node[] {
  const done = new Map<Node, Node>(replacements);
  const visit = (node: Node): void => {
    const replaced = b.withOperands(
      node,
      node.operands.map((operand) => done.get(operand) ?? operand),
    );
    if (replaced !== node) onReplace(node, replaced);
    done.set(node, replaced);
  };
  for (const root of roots) visitPending(root, (node) => done.has(node), visit);
  return roots.map((root) => done.get(root) ?? root);
}
