/** Replaces requests for derivatives by expressions, innermost first. */
import type { GraphBuilder } from "../ir/builder.ts";
import { broadcastTo, constant, is, topological } from "../ir/expressions.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { createContext } from "./context.ts";
import type { Context } from "./context.ts";
import { forward } from "./forward.ts";
import { jacobian } from "./jacobian.ts";
import { gradients } from "./reverse.ts";
import { rewriteGraph } from "./rewrite.ts";
import type { Replace, Scope } from "./rewrite.ts";

export interface DifferentiateOptions {
  /** Hears of requests (gradient, jvp or jacobian) of which x is no part of y; they become zeros. */
  readonly onIndependent?: (request: Node) => void;
  /** Hears of each node that another one takes the place of. */
  readonly onReplace?: (from: Node, to: Node) => void;
}

/**
 * The graph with an expression in the place of every gradient, jvp and jacobian. y is differentiated as a function of the
 * name x: what x itself is made of is not looked through. Requests may be nested and stand in loop bodies; the gradients
 * of one y are taken in one pass.
 */
export function differentiate(graph: Graph, b: GraphBuilder, options: DifferentiateOptions = {}): Graph {
  const enter = (scope: Scope): Replace => {
    const requests = topological(scope.outputs).filter(isRequest);
    if (requests.length === 0) return () => null;
    const madeOf = new Map<Node, ReadonlySet<Node>>();
    const answered = new Map<Node, Node | null>();
    return (node, operands) => {
      if (!isRequest(node)) return null;
      if (!answered.has(node)) {
        const together = is(node, "gradient") ? requests.filter((r) => isSameGradient(r, node)) : [node];
        const context = createContext(b, { body: scope.isBody, roots: operands.slice(0, 1) });
        answer(context, together, operands, scope.rebuilt).forEach((found, k) => answered.set(together[k], found));
      }
      const [y, x] = node.operands;
      const known = madeOf.get(y) ?? new Set(topological([y]));
      madeOf.set(y, known);
      if (!known.has(x)) options.onIndependent?.(node);
      return answered.get(node) ?? broadcastTo(b, constant(b, 0), node.shape);
    };
  };
  return rewriteGraph(graph, b, enter, options.onReplace);
}

/** Whether a node asks for a derivative. */
export function isRequest(node: Node): boolean {
  return node.primitive === "gradient" || node.primitive === "jvp" || node.primitive === "jacobian";
}

function isSameGradient(request: Node, other: Node): boolean {
  return request.primitive === "gradient" && request.operands[0] === other.operands[0];
}

/** The derivatives that requests of one y ask for; null is zero. */
function answer(
  context: Context,
  requests: readonly Node[],
  [y, x, v]: readonly Node[],
  rebuilt: ReadonlyMap<Node, Node>,
): readonly (Node | null)[] {
  const [request] = requests;
  if (is(request, "jacobian")) return [jacobian(context, y, x, request.attributes.batch)];
  switch (request.primitive) {
    case "jvp":
      return forward(context, [y], new Map([[x, v]]));
    default: {
      // A name that was not come to yet is no part of y.
      const names = requests.map((request) => rebuilt.get(request.operands[1]) ?? request.operands[1]);
      return gradients(context, y, names);
    }
  }
}
