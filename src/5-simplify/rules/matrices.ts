/** Products with the inverse of a matrix. */
import { product as dimProduct } from "../../ir/dim.ts";
import { is, reshape, transpose } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import { isIdentity } from "../../primitives/linear-algebra.ts";
import type { Rule } from "../rule.ts";

export const matrices: readonly Rule[] = [
  {
    name: "inverse-product",
    law: "A⁻¹ X, as a product with the inverse, is the solution of A Y = X",
    soundness: "rounding",
    on: ["contract"],
    apply: (node, { b }) => {
      if (!is(node, "contract")) return null;
      const [x, y] = node.operands;
      const { left, right } = node.attributes;
      return solved(b, node, x, left, y, right) ?? solved(b, node, y, right, x, left);
    },
  },
];

/** The solution that takes the place of `inverse` times `other`, summed over rows or columns of the inverse; or null. */
function solved(
  b: GraphBuilder,
  { attributes: { result } }: Node<"contract">,
  inverse: Node,
  labels: readonly string[],
  other: Node,
  names: readonly string[],
): Node | null {
  if (!is(inverse, "solve") || !isIdentity(inverse.operands[2])) return null;
  if (inverse.shape.length !== labels.length || other.shape.length !== names.length) return null;
  const batch = labels.slice(0, -2);
  const [row, column] = labels.slice(-2);
  const isSummed = (label: string): boolean => names.includes(label) && !result.includes(label);
  const [summed, kept] = isSummed(column) ? [column, row] : [row, column];
  if (!isSummed(summed) || names.includes(kept) || !result.includes(kept)) return null;
  // The batch of both is one, and nothing else is summed.
  if (!batch.every((label) => names.includes(label))) return null;
  const rest = names.filter((label) => !batch.includes(label) && label !== summed);
  if (![...batch, ...rest].every((label) => result.includes(label))) return null;
  const [a, f] = inverse.operands;
  const right = arranged(b, other, names, [...batch, summed, ...rest]);
  const lead = right.shape.slice(0, batch.length + 1);
  const columns = right.shape.slice(batch.length + 1);
  const transposed = summed === column ? inverse.attributes.transposed : !inverse.attributes.transposed;
  const x = b.create("solve", [a, f, reshape(b, right, [...lead, dimProduct(columns)])], { transposed });
  return arranged(b, reshape(b, x, [...lead, ...columns]), [...batch, kept, ...rest], result);
}

/** `x`, whose axes have these labels, with its axes in another order of them. */
function arranged(b: GraphBuilder, x: Node, labels: readonly string[], wanted: readonly string[]): Node {
  return transpose(
    b,
    x,
    wanted.map((label) => labels.indexOf(label) - labels.length),
  );
}
