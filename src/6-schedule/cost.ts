/** What the cost sheet counts. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import type { AnyNode, Node } from "../ir/graph.ts";

/** Multiply-adds of a contraction, additions of a reduction; elementwise work is not counted. */
export function operationsOf(any: Node): Dim {
  const node = any as AnyNode;
  if (node.primitive === "contract") {
    const [x, y] = node.operands;
    const { left, right, result } = node.attributes;
    const summed = [...new Set([...left, ...right])].filter((label) => !result.includes(label));
    const sizes = summed.map((label) => {
      const k = left.indexOf(label);
      if (k >= 0) return x.shape[x.shape.length - left.length + k];
      return y.shape[y.shape.length - right.length + right.indexOf(label)];
    });
    return dims.product([...node.shape, ...sizes]);
  }
  const n = node.shape.at(-1) ?? dims.constant(1);
  switch (node.primitive) {
    case "lu":
    case "cholesky": {
      const size = node.operands[0].shape[node.operands[0].shape.length - 1];
      const cube = dims.product([size, size, size]);
      return dims.product([...node.shape.slice(0, -2), dims.floorDivide(cube, dims.constant(node.primitive === "lu" ? 3 : 6))]); // prettier-ignore
    }
    case "solve":
      return dims.product([...node.shape, node.shape[node.shape.length - 2]]);
    case "triangular_solve":
      return dims.product([...node.shape, dims.floorDivide(node.shape[node.shape.length - 2], dims.constant(2))]);
    case "cofactor":
      return dims.product([...node.shape, ...node.operands.slice(1).map(() => n)]);
    default:
  }
  return node.primitive.startsWith("reduce_") ? dims.product(node.operands[0].shape) : dims.constant(0);
}
