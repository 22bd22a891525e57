/** Products with the inverse of a matrix. */
import { constant as dimConstant, product as dimProduct } from "../../ir/dim.ts";
import { broadcastTo, constant, is, reduceSum, reshape, transpose } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import { isIdentity } from "../../primitives/linear-algebra.ts";
import type { Rule } from "../rule.ts";

export const matrices: readonly Rule[] = [
  {
    name: "inverse-product",
    law: "A⁻¹ X, as a product with the inverse, is the solution of A Y = X; sums of rows or columns of it are solutions for ones",
    soundness: "rounding",
    on: ["contract", "reduce_sum"],
    apply: (node, { b }) => {
      if (is(node, "reduce_sum")) return sumOfInverse(b, node);
      if (!is(node, "contract")) return null;
      const [x, y] = node.operands;
      const { left, right } = node.attributes;
      return solved(b, node, x, left, y, right) ?? solved(b, node, y, right, x, left);
    },
  },
];

/** Σ_j (A⁻¹)_ij: the solution of A x = 1, and Σ_i likewise of Aᵀ; or null. */
function sumOfInverse(b: GraphBuilder, node: Node<"reduce_sum">): Node | null {
  const [inverse] = node.operands;
  const { axes } = node.attributes;
  const [last, ...others] = [...axes].reverse();
  if (!is(inverse, "solve") || !isIdentity(inverse.operands[2]) || last < -2) return null;
  const [a, f] = inverse.operands;
  const transposed = last === -1 ? inverse.attributes.transposed : !inverse.attributes.transposed;
  const ones = broadcastTo(b, constant(b, 1), [...inverse.shape.slice(0, -1), dimConstant(1)]);
  const x = b.create("solve", [a, f, ones], { transposed });
  // The other axes are those of a vector now.
  return reduceSum(b, reshape(b, x, x.shape.slice(0, -1)), others.map((axis) => axis + 1)); // prettier-ignore
}

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
