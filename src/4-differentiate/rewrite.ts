/** Rebuilds graphs bottom up, the bodies of loops included. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Loop, Node } from "../ir/graph.ts";
import { is } from "../ir/expressions.ts";
import { bodyRoots, withRoots } from "../ir/loop-parts.ts";
import { visitPending } from "../ir/visit.ts";

/** What takes the place of a node whose operands are rebuilt already; null: itself over these operands. */
export type Replace = (node: Node, operands: readonly Node[]) => Node | null;

/** A closed graph that is being rebuilt: the whole graph, or the body of a loop. */
export interface Scope {
  /** What it computes, before. */
  readonly outputs: readonly Node[];
  readonly isBody: boolean;
  /** What took the place of a node; undefined for one that was not come to yet. */
  readonly rebuilt: ReadonlyMap<Node, Node>;
}

/** The graph with every node rebuilt. `enter` is asked once for the graph and once for the body of every loop. */
export function rewriteGraph(
  graph: Graph,
  b: GraphBuilder,
  enter: (scope: Scope) => Replace,
  onReplace: (from: Node, to: Node) => void = () => undefined,
): Graph {
  const roots = graph.outputs.map((output) => output.node);
  const nodes = rewriteNodes(roots, b, enter, onReplace, false);
  return { ...graph, outputs: graph.outputs.map((output, k) => ({ ...output, node: nodes[k] })) };
}

function rewriteNodes(
  roots: readonly Node[],
  b: GraphBuilder,
  enter: (scope: Scope) => Replace,
  onReplace: (from: Node, to: Node) => void,
  isBody: boolean,
): readonly Node[] {
  const done = new Map<Node, Node>();
  const replace = enter({ outputs: roots, isBody, rebuilt: done });
  const visit = (node: Node): void => {
    const operands = node.operands.map((operand) => done.get(operand) ?? operand);
    const rebuilt = replace(node, operands) ?? rebuild(node, operands);
    if (rebuilt !== node) onReplace(node, rebuilt);
    done.set(node, rebuilt);
  };
  const rebuild = (node: Node, operands: readonly Node[]): Node => {
    if (!is(node, "loop")) return b.withOperands(node, operands);
    const { record } = node.attributes;
    const body = rewriteLoop(record, b, enter, onReplace);
    return body === record ? b.withOperands(node, operands) : b.create("loop", operands, { record: body });
  };
  for (const root of roots) visitPending(root, (node) => done.has(node), visit);
  return roots.map((root) => done.get(root) ?? root);
}

function rewriteLoop(
  record: Loop,
  b: GraphBuilder,
  enter: (scope: Scope) => Replace,
  onReplace: (from: Node, to: Node) => void,
): Loop {
  const roots = bodyRoots(record);
  const nodes = rewriteNodes(roots, b, enter, onReplace, true);
  return nodes.every((node, k) => node === roots[k]) ? record : withRoots(record, nodes);
}
