/** Replaces nodes of a graph fragment, building what depends on them anew. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/graph.ts";

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
  const pending: Node[] = [...roots];
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    if (done.has(node)) {
      pending.pop();
      continue;
    }
    const waiting = node.operands.filter((operand) => !done.has(operand));
    if (waiting.length > 0) {
      pending.push(...waiting);
      continue;
    }
    pending.pop();
    const replaced = b.withOperands(
      node,
      node.operands.map((operand) => done.get(operand) ?? operand),
    );
    if (replaced !== node) onReplace(node, replaced);
    done.set(node, replaced);
  }
  return roots.map((root) => done.get(root) ?? root);
}
