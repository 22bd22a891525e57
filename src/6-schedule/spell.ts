/** One element of an elementwise node as a scalar operation. */
import type { AnyNode } from "../ir/graph.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import type { Scalar } from "../ir/program.ts";
import { primitives } from "../primitives/index.ts";
import type { ScalarBuilder } from "./scalars.ts";

/** The operation that computes one element of `node` from one element of each operand. */
export function elementwiseScalar(scalars: ScalarBuilder, node: AnyNode, operands: readonly Scalar[]): Scalar {
  const operation: ElementwiseName | null = primitives[node.primitive].code;
  if (operation === null) throw new Error(`internal: ${node.primitive} is not elementwise`);
  const exponent = node.primitive === "power_integer" ? node.attributes.exponent : null;
  return scalars.operation(operation, operands, node.element, exponent);
}
