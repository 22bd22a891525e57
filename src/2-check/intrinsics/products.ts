/** Products of tensors, by NumPy's rules. All give reals. */
import { equal, print, printShape, product } from "../../ir/dim.ts";
import { contract, isScalar, matmul, mul, reshape } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { convolutionIntrinsics } from "./convolution.ts";
import { einsumIntrinsic } from "./einsum.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { broadcastShape, real, tensor } from "./support.ts";

const a = { name: "a", kind: "tensor" } as const;
const b = { name: "b", kind: "tensor" } as const;

/**
 * `x @ y`: [.., n, k] @ [.., k, m]; a vector on either side loses its axis; leading axes broadcast.
 * @throws ShapeFault naming both shapes where the inner sizes differ.
 */
export function matrixProduct(builder: GraphBuilder, x: Node, y: Node): Node {
  if (isScalar(x) || isScalar(y))
    throw new ShapeFault("`@` needs a vector or matrix on both sides; use `*` with a scalar");
  const inner = y.shape[Math.max(0, y.shape.length - 2)];
  const last = x.shape[x.shape.length - 1];
  if (!equal(last, inner)) {
    throw new ShapeFault(
      `${printShape(x.shape)} @ ${printShape(y.shape)}: the inner sizes ${print(last)} and ${print(inner)} differ`,
    );
  }
  broadcastShape([x.shape.slice(0, -2), y.shape.slice(0, -2)]);
  return matmul(builder, real(builder, x), real(builder, y));
}

/** `dot`: the sum over the last axis of a and the last but one (or only) of b; all other axes are kept, a's first. */
function dot(builder: GraphBuilder, p: Node, q: Node): Node {
  const [x, y] = [real(builder, p), real(builder, q)];
  if (isScalar(x) || isScalar(y)) return mul(builder, x, y);
  const left = x.shape.map((_, k) => (k === x.shape.length - 1 ? "k" : `a${String(k)}`));
  const summed = Math.max(0, y.shape.length - 2);
  const right = y.shape.map((_, k) => (k === summed ? "k" : `b${String(k)}`));
  if (!equal(x.shape[x.shape.length - 1], y.shape[summed])) {
    throw new ShapeFault(
      `dot of ${printShape(x.shape)} and ${printShape(y.shape)}: ${print(x.shape[x.shape.length - 1])} and ${print(y.shape[summed])} differ`,
    );
  }
  const result = [...left, ...right].filter((label) => label !== "k");
  return contract(builder, [x, left], [y, right], result);
}

export const productIntrinsics: readonly Intrinsic[] = [
  define("matmul", [a, b], ({ builder }, args) => tensor(matrixProduct(builder, args.a.node, args.b.node))),
  define("dot", [a, b], ({ builder }, args) => tensor(dot(builder, args.a.node, args.b.node))),
  define("outer", [a, b], ({ builder }, args) => {
    const flat = [args.a.node, args.b.node].map((node) => reshape(builder, real(builder, node), [product(node.shape)]));
    return tensor(contract(builder, [flat[0], ["i"]], [flat[1], ["j"]], ["i", "j"]));
  }),
  einsumIntrinsic,
  ...convolutionIntrinsics,
];
