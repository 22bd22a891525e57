/**
 * Reverse mode: cotangents from results back to the nodes asked for, by the chain rule
 * x̄ = Σ ȳ · ∂y/∂x over the uses of x (Griewank and Walther, Evaluating Derivatives, ch. 3.2).
 *
 * The pass owns order, reach and accumulation; what a primitive does to cotangents stands in its record.
 */
import { recordOf } from "../ir/facts.ts";
import { is, like } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { reverseLoop } from "./loop.ts";
import { checkShape, guarded, plus, times } from "./product.ts";
import { reach } from "./reach.ts";

/** A result and its cotangent, of the same shape; null counts as zero. */
export type Seed = readonly [node: Node, cotangent: Node | null];

/**
 * The cotangent of each node of `wrt`: Σ seeds · ∂node/∂wrt. Null where no seed depends on it. A node's own definition is
 * followed only as far as it reaches another node of `wrt`.
 */
export function reverse(context: Context, seeds: readonly Seed[], wrt: readonly Node[]): readonly (Node | null)[] {
  const nodes = reach(
    context.b,
    seeds.map(([node]) => node),
    new Set(wrt),
  );
  const cotangents = new Map<Node, Node>();
  const ofResults = new Map<Node, (Node | null)[]>();
  const accumulate = (node: Node, cotangent: Node | null, by: Node): void => {
    if (cotangent === null || !nodes.has(node)) return;
    checkShape(cotangent, node, by);
    const known = cotangents.get(node);
    cotangents.set(node, known === undefined ? cotangent : context.b.create("add", [known, cotangent], {}));
  };
  for (const [node, cotangent] of seeds) accumulate(node, cotangent, node);
  for (const node of [...nodes].reverse()) {
    if (is(node, "loop")) {
      const results = ofResults.get(node);
      if (results === undefined) continue;
      const needed = node.operands.map((operand) => nodes.has(operand));
      reverseLoop(context, node, results, needed).forEach((c, k) => {
        accumulate(node.operands[k], c, node);
      });
      continue;
    }
    const cotangent = cotangents.get(node);
    if (cotangent === undefined) continue;
    if (is(node, "loop_result")) {
      const results = ofResults.get(node.operands[0]) ?? [];
      results[node.attributes.index] = cotangent;
      ofResults.set(node.operands[0], results);
      continue;
    }
    const needed = node.operands.map((operand) => nodes.has(operand));
    if (!needed.includes(true)) continue;
    pullBack(context, node, cotangent, needed).forEach((c, k) => {
      accumulate(node.operands[k], c, node);
    });
  }
  return wrt.map((node) => cotangents.get(node) ?? null);
}

/** The cotangents of a node's operands, those that are needed. */
function pullBack(context: Context, node: Node, cotangent: Node, needed: readonly boolean[]): readonly (Node | null)[] {
  const { b } = context;
  if (node.primitive === "mark") return [cotangent];
  const { derivative } = recordOf(b, node);
  switch (derivative.kind) {
    case "partials":
      return node.operands.map((operand, k) => {
        if (!needed[k] || operand.element !== "real") return null;
        const partial = derivative.partials[k](b, node.operands, node);
        return partial === null ? null : times(context, cotangent, partial);
      });
    case "transpose":
      return node.operands.map((_, k) => {
        const transposed = needed[k] ? derivative.transpose(b, cotangent, node, k) : null;
        return transposed === null ? null : guarded(context, transposed);
      });
    case "tangent": {
      const transposed = node.operands.map((_, k) =>
        needed[k] ? (derivative.transpose?.(b, cotangent, node, k) ?? null) : null,
      );
      // The rule is an expression that is linear in the tangents; reverse mode transposes it. The marks stand for them.
      const tangents = node.operands.map((operand, k) =>
        needed[k] && transposed[k] === null ? b.mark(operand, "tangent") : null,
      );
      const variables = tangents.filter((tangent) => tangent !== null);
      if (variables.length === 0) return transposed.map((t) => (t === null ? null : guarded(context, t)));
      const found = reverse(context, [[derivative.tangent(b, node, tangents), cotangent]], variables);
      return tangents.map((tangent, k) => {
        const own = transposed[k];
        if (own !== null) return guarded(context, own);
        return tangent === null ? null : found[variables.indexOf(tangent)];
      });
    }
    case "structural":
      throw new Error(`internal: ${node.primitive} is left inside an expression that is differentiated`);
    case "none":
      return [];
  }
}

/** The gradients of a scalar with respect to each node of `wrt`; null where it does not depend on it. */
export function gradients(context: Context, y: Node, wrt: readonly Node[]): readonly (Node | null)[] {
  return reverse(context, [[y, like(context.b, 1, y, "real")]], wrt);
}

/** Σ of what is there; null if nothing is. */
export function total(context: Context, parts: readonly (Node | null)[]): Node | null {
  return parts.reduce((sum, part) => plus(context, sum, part), null);
}
