/** Results of several loops, joined: the loops write them side by side, and nothing is copied. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { AnyNode, Graph, Node } from "../ir/graph.ts";

/** The stacked output of a loop as a part of something: `start` entries come before it. */
export interface Part {
  readonly result: Node<"loop_result">;
  readonly start: Dim;
}

/**
 * Of a graph's nodes those that join stacked outputs along the first axis. A result is part of one joined tensor at most, and
 * no output by itself; others may read it where it stands.
 */
export function joinedResults({ outputs }: Graph, nodes: readonly AnyNode[]): ReadonlyMap<Node, readonly Part[]> {
  const found = new Map<Node, readonly Part[]>();
  const taken = new Set<Node>(outputs.map(({ node }) => behindShapes(node)));
  for (const node of nodes) {
    if (node.primitive !== "concat" || node.attributes.axis !== -node.shape.length) continue;
    let start = dims.constant(0);
    const parts = node.operands.flatMap((operand): Part[] => {
      const part = { result: stackedResult(operand), start };
      start = dims.add(start, dims.product(operand.shape));
      return part.result === null ? [] : [{ ...part, result: part.result }];
    });
    const results = new Set(parts.map(({ result }) => result));
    if (results.size < node.operands.length || parts.some(({ result }) => taken.has(result))) continue;
    for (const result of results) taken.add(result);
    found.set(node, parts);
  }
  return found;
}

/** The result of a loop that a node is another shape of, or the node itself. */
export function behindShapes(node: Node): Node {
  let at = node;
  while (is(at, "reshape")) at = at.operands[0];
  return is(at, "loop_result") && at.shape.length > 0 ? at : node;
}

/** The stacked output that a node is, or is another shape of, if all of its rounds run. */
function stackedResult(node: Node): Node<"loop_result"> | null {
  const at = behindShapes(node);
  const [loop] = at.operands;
  if (!is(at, "loop_result") || !is(loop, "loop")) return null;
  const { carries, counted, condition } = loop.attributes.record;
  // Where rounds may not run, what is around the result would be cleared with it.
  return at.attributes.index < carries.length || counted || condition !== null ? null : at;
}
