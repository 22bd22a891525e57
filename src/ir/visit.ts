/** Walks over graphs that do not recurse on their depth. */
import type { Node } from "./graph.ts";

/**
 * Calls `visit` for the root and everything it depends on through `operandsOf` that `isDone` does not know, operands
 * first. `visit` must make `isDone` true for its node.
 */
export function visitPending(
  root: Node,
  isDone: (node: Node) => boolean,
  visit: (node: Node) => void,
  operandsOf: (node: Node) => readonly Node[] = (node) => node.operands,
): void {
  if (isDone(root)) return;
  const pending: Node[] = [root];
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    if (isDone(node)) {
      pending.pop();
      continue;
    }
    const before = pending.length;
    for (const operand of operandsOf(node)) if (!isDone(operand)) pending.push(operand);
    if (pending.length > before) continue;
    pending.pop();
    visit(node);
  }
}
