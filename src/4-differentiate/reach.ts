/** Which nodes lie on a path along which derivatives flow. */
import type { GraphBuilder } from "../ir/builder.ts";
import { recordOf } from "../ir/facts.ts";
import type { Node } from "../ir/graph.ts";

/**
 * The nodes between `roots` and `wrt` (both included) through which derivatives flow, in ascending order. Definitions of
 * nodes in `wrt` are entered only where they reach another of them.
 */
export function reach(b: GraphBuilder, roots: Iterable<Node>, wrt: ReadonlySet<Node>): Set<Node> {
  // What a node depends on is older than it, so nothing older than the oldest of `wrt` can reach one of them.
  let oldest = Infinity;
  for (const node of wrt) oldest = Math.min(oldest, node.id);
  const seen = new Set<Node>();
  const stack = [...roots].filter((root) => root.id >= oldest);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const operand of node.operands) if (operand.id >= oldest && !seen.has(operand)) stack.push(operand);
  }
  const reached = new Set<Node>();
  for (const node of [...seen].sort((p, q) => p.id - q.id)) {
    if (wrt.has(node) || (passes(b, node) && node.operands.some((operand) => reached.has(operand)))) reached.add(node);
  }
  return reached;
}

/** Whether derivatives flow from the parameters to each of the results. */
export function flows(b: GraphBuilder): (results: readonly Node[], parameters: readonly Node[]) => readonly boolean[] {
  return (results, parameters) => {
    const reached = reach(b, results, new Set(parameters));
    return results.map((result) => reached.has(result));
  };
}

/** Whether derivatives of a node's operands flow into it. */
function passes(b: GraphBuilder, node: Node): boolean {
  if (node.primitive === "loop") return true;
  if (node.element !== "real" || node.primitive === "stop_gradient") return false;
  return recordOf(b, node).derivative.kind !== "none";
}
