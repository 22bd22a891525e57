/**
 * Forward mode: tangents from the nodes differentiated by to the results, ẏ = Σ ∂y/∂x · ẋ over the operands of each node
 * (Griewank and Walther, Evaluating Derivatives, ch. 3.1). It uses the same rules as reverse mode.
 */
import { recordOf } from "../ir/facts.ts";
import { is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { forwardLoop } from "./loop.ts";
import { guarded, orZeros, times } from "./product.ts";
import { reach } from "./reach.ts";
import { total } from "./reverse.ts";

/**
 * The tangent of each root when the nodes that `seeds` names move along theirs (of equal shape; their own definitions are
 * not followed). Null where a root does not depend on them.
 */
export function forward(
  context: Context,
  roots: readonly Node[],
  seeds: ReadonlyMap<Node, Node>,
): readonly (Node | null)[] {
  const tangents = new Map<Node, Node>();
  const ofLoops = new Map<Node, readonly (Node | null)[]>();
  for (const node of reach(context.b, roots, new Set(seeds.keys()))) {
    const seed = seeds.get(node);
    if (is(node, "loop")) {
      const moving = node.operands.map((operand) => tangents.get(operand) ?? null);
      ofLoops.set(node, forwardLoop(context, node, moving));
      continue;
    }
    const tangent =
      seed ??
      (is(node, "loop_result")
        ? (ofLoops.get(node.operands[0])?.[node.attributes.index] ?? null)
        : pushForward(
            context,
            node,
            node.operands.map((operand) => tangents.get(operand) ?? null),
          ));
    if (tangent !== null) tangents.set(node, tangent);
  }
  return roots.map((root) => tangents.get(root) ?? null);
}

function pushForward(context: Context, node: Node, tangents: readonly (Node | null)[]): Node | null {
  const { b } = context;
  if (!tangents.some((tangent) => tangent !== null)) return null;
  if (is(node, "mark")) return tangents[0];
  const { derivative } = recordOf(b, node);
  switch (derivative.kind) {
    case "partials":
      return total(
        context,
        tangents.map((tangent, k) => {
          const partial = tangent === null ? null : derivative.partials[k](b, node.operands, node);
          return tangent === null || partial === null ? null : times(context, tangent, partial);
        }),
      );
    case "transpose":
      if (derivative.joint) {
        const operands = node.operands.map((operand, k) =>
          operand.element === "real" ? orZeros(context, tangents[k], operand) : operand,
        );
        return b.withOperands(node, operands);
      }
      return total(
        context,
        tangents.map((tangent, k) => {
          if (tangent === null) return null;
          return guarded(context, b.withOperands(node, node.operands.with(k, tangent)));
        }),
      );
    case "tangent":
      return derivative.tangent(b, node, tangents);
    case "structural":
      throw new Error(`internal: ${node.primitive} is left inside an expression that is differentiated`);
    case "none":
      return null;
  }
}
