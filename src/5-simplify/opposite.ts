/** Negations without a sign: y - x of x - y, 2 x of -2 x, as the rules for signs leave them. */
import type { GraphBuilder } from "../ir/builder.ts";
import { constantValue, is, like } from "../ir/expressions.ts";
import type { AnyNode, Node } from "../ir/graph.ts";

/** Forms that the negation of a node takes where no sign is left in front of it: each is the same number but for its sign. */
export function opposites(b: GraphBuilder, node: Node): readonly Node[] {
  const at = node as AnyNode;
  switch (at.primitive) {
    case "negate":
      return [at.operands[0]];
    case "subtract":
      return [b.create("subtract", [at.operands[1], at.operands[0]], {})];
    case "multiply":
    case "divide": {
      const [x, y] = at.operands;
      const left = signless(b, x).map((opposite) => b.withOperands(node, [opposite, y]));
      const right =
        at.primitive === "divide" ? [] : signless(b, y).map((opposite) => b.withOperands(node, [x, opposite]));
      return [...left, ...right];
    }
    case "broadcast":
      return opposites(b, at.operands[0]).map((opposite) => b.withOperands(node, [opposite]));
    default:
      return [];
  }
}

function signless(b: GraphBuilder, node: Node): readonly Node[] {
  const value = constantValue(node);
  if (value !== null) return [like(b, -value, node)];
  return is(node, "subtract") ? opposites(b, node) : [];
}
