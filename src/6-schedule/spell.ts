/** One element of an elementwise node as a scalar operation. */
import type { AnyNode, ElementType, Node } from "../ir/graph.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import type { Combine, Scalar } from "../ir/program.ts";
import { primitives } from "../primitives/index.ts";
import type { ScalarBuilder } from "./scalars.ts";

/** The operation that computes one element of `node` from one element of each operand. */
export function elementwiseScalar(scalars: ScalarBuilder, node: AnyNode, operands: readonly Scalar[]): Scalar {
  const operation: ElementwiseName | null = primitives[node.primitive].code;
  if (operation === null) throw new Error(`internal: ${node.primitive} is not elementwise`);
  if (node.primitive !== "power_integer") return scalars.operation(operation, operands, node.element);
  const { exponent } = node.attributes;
  const [x] = operands;
  const times = (a: Scalar, b: Scalar): Scalar => scalars.operation("multiply", [a, b], node.element);
  if (exponent === 2) return times(x, x);
  if (exponent === 3) return times(times(x, x), x);
  return scalars.operation(operation, operands, node.element, exponent);
}

/** How a reduction or contraction combines its terms. */
export function combineOf(node: Node): Combine {
  const products = ["reduce_product", "determinant", "determinant_sign"];
  if (products.includes(node.primitive)) return "multiply";
  if (node.primitive === "reduce_max") return "maximum";
  return node.primitive === "reduce_min" ? "minimum" : "add";
}

/** What combining starts from. */
export function neutral(combine: Combine, element: ElementType): number {
  // The largest truth value is any, the smallest is all.
  if (element === "bool" && combine === "maximum") return 0;
  if (element === "bool" && combine === "minimum") return 1;
  return { add: 0, multiply: 1, maximum: -Infinity, minimum: Infinity }[combine];
}
