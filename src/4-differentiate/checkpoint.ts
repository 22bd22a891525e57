/** Checkpoints: loops that reverse mode would keep values of all rounds of are cut into segments before they are differentiated. */
import type { GraphBuilder } from "../ir/builder.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Graph, Loop, Node } from "../ir/graph.ts";
import { bodyRoots, withRoots } from "../ir/loop-parts.ts";
import { segmentLoop, type SegmentedLoop } from "../ir/segment-loop.ts";
import { createContext } from "./context.ts";
import { isRequest } from "./differentiate.ts";
import { keepsRounds, UnboundedLoop } from "./loop.ts";
import { reach } from "./reach.ts";
import { rewriteGraph } from "./rewrite.ts";
import type { Replace, Scope } from "./rewrite.ts";

type OnReplace = (from: Node, to: Node) => void;

/** Which loops of a graph or body are cut: for each, which of its operands a derivative may be asked for by. */
type Choose = (scope: Scope) => ReadonlyMap<Node, readonly boolean[]>;

/**
 * The graph with every loop in segments through which a gradient or Jacobian passes and of which reverse mode would keep
 * what it needs of every round, and with it the loops in its body. To be done before requests for derivatives are answered.
 */
export function checkpointLoops(graph: Graph, b: GraphBuilder, onReplace: OnReplace = () => undefined): Graph {
  return cutLoops(graph, b, (scope) => underRequests(b, scope), onReplace);
}

function cutLoops(graph: Graph, b: GraphBuilder, choose: Choose, onReplace: OnReplace): Graph {
  const enter = (scope: Scope): Replace => {
    const chosen = choose(scope);
    const cut = new Map<Node, SegmentedLoop>();
    return (node, operands) => {
      if (is(node, "loop_result")) return cut.get(node.operands[0])?.result(node.attributes.index) ?? null;
      const needed = is(node, "loop") ? chosen.get(node) : undefined;
      if (!is(node, "loop") || needed === undefined || !isWorthIt(b, node, needed)) return null;
      const record = withCutBody(b, node.attributes.record, onReplace);
      const segmented = segmentLoop(b, record, operands, onReplace);
      if (segmented === null) return b.create("loop", operands, { record });
      cut.set(node, segmented);
      return segmented.loop;
    };
  };
  return rewriteGraph(graph, b, enter, onReplace);
}

/** The loops of a scope that lie between a value and a name that it is differentiated by. */
function underRequests(b: GraphBuilder, { outputs }: Scope): ReadonlyMap<Node, readonly boolean[]> {
  const found = new Map<Node, readonly boolean[]>();
  for (const request of topological(outputs)) {
    if (!isRequest(request) || is(request, "jvp")) continue;
    const [y, x] = request.operands;
    const reached = reach(b, [y], new Set([x]));
    for (const node of reached) {
      if (!is(node, "loop")) continue;
      const before = found.get(node);
      found.set(node, node.operands.map((operand, k) => before?.[k] === true || reached.has(operand))); // prettier-ignore
    }
  }
  return found;
}

/** The loop with the loops of its body in segments: reverse mode through it passes through all of them. */
function withCutBody(b: GraphBuilder, record: Loop, onReplace: OnReplace): Loop {
  const roots = bodyRoots(record);
  const outputs = roots.map((node, k) => ({ name: String(k), node, updates: null }));
  const everyLoop: Choose = (scope) => {
    const loops = topological(scope.outputs).filter((node) => is(node, "loop"));
    return new Map(loops.map((loop) => [loop, loop.operands.map((operand) => operand.element === "real")]));
  };
  const cut = cutLoops({ parameters: [], outputs, requirements: [] }, b, everyLoop, onReplace);
  return withRoots(record, cut.outputs.map((output) => output.node)); // prettier-ignore
}

/** Whether reverse mode keeps anything of every round. What derivatives in the body need is not known yet. */
function isWorthIt(b: GraphBuilder, loop: Node<"loop">, needed: readonly boolean[]): boolean {
  if (asksWithin(loop.attributes.record)) return true;
  try {
    return keepsRounds(createContext(b, { body: true }), loop, needed);
  } catch (error) {
    // It is refused where it is differentiated.
    if (error instanceof UnboundedLoop) return false;
    throw error;
  }
}

/** Whether a body, or that of a loop in it, asks for derivatives. */
function asksWithin(record: Loop): boolean {
  return topological(bodyRoots(record)).some(
    (node) => isRequest(node) || (is(node, "loop") && asksWithin(node.attributes.record)),
  );
}
