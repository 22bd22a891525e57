/** Linear algebra on the last two axes; leading ones are a batch and broadcast, as in numpy.linalg and torch.linalg. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { constant as dimConstant, constantOf, equal, print, printShape } from "../../ir/dim.ts";
import type { Shape } from "../../ir/dim.ts";
import { broadcastTo, constant, less, reshape, select } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { identityLike } from "../../primitives/linear-algebra.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { broadcastShape, real, tensor } from "./support.ts";

const A = { name: "A", kind: "tensor" } as const;

/** @throws ShapeFault unless the last two axes are one size. */
function square(b: GraphBuilder, x: Node, what: string): Node {
  const { shape } = x;
  if (shape.length < 2) throw new ShapeFault(`${what} takes a square matrix [.., n, n], not ${printShape(shape)}`);
  const [rows, columns] = shape.slice(-2);
  if (!equal(rows, columns)) {
    const hint = constantOf(rows) === null || constantOf(columns) === null ? "; if they are equal, say so by one name: [n, n]" : ""; // prettier-ignore
    throw new ShapeFault(
      `${what} takes a square matrix, but ${printShape(shape)} has ${print(rows)} rows and ${print(columns)} columns${hint}`,
    );
  }
  return real(b, x);
}

function factors(b: GraphBuilder, a: Node, complete: boolean): Node {
  return b.create("lu", [a], { complete });
}

/** A⁻¹ B: a one-dimensional right side is a vector, any other a matrix or a batch of them (NumPy 2). */
function solve(b: GraphBuilder, matrix: Node, right: Node): Node {
  const a = square(b, matrix, "solve");
  const isVector = right.shape.length === 1;
  if (right.shape.length === 0) {
    throw new ShapeFault(
      `solve takes a vector [n] or a matrix [.., n, k] for b, not a scalar; \`b / A\` divides by one`,
    );
  }
  const size = a.shape[a.shape.length - 1];
  const rows = right.shape[isVector ? 0 : right.shape.length - 2];
  if (!equal(rows, size)) {
    const hint = !isVector && equal(right.shape[right.shape.length - 1], size) ? "; a batch of vectors is [.., n, 1]" : ""; // prettier-ignore
    throw new ShapeFault(
      `solve: A is ${printShape(a.shape)}, so b needs ${print(size)} rows, but ${printShape(right.shape)} has ${print(rows)}${hint}`,
    );
  }
  const columns = isVector ? reshape(b, right, [size, dimConstant(1)]) : right;
  const lead = leading(a.shape, columns.shape);
  const everywhere = (x: Node): Node => broadcastTo(b, x, [...lead, ...x.shape.slice(-2)]);
  const operands = [a, factors(b, a, false), real(b, columns)].map(everywhere);
  const x = b.create("solve", operands, { transposed: false });
  return isVector ? reshape(b, x, x.shape.slice(0, -1)) : x;
}

/** The batch of both. @throws ShapeFault naming both shapes. */
function leading(a: Shape, right: Shape): Shape {
  try {
    return broadcastShape([a.slice(0, -2), right.slice(0, -2)]);
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error;
    throw new ShapeFault(`solve: the batches of A ${printShape(a)} and b ${printShape(right)} do not broadcast`);
  }
}

/** log det A; -inf where A is singular, NaN where the determinant is negative (with gradient 0, as torch.logdet). */
function logdet(b: GraphBuilder, matrix: Node): Node {
  const a = square(b, matrix, "logdet");
  const f = factors(b, a, false);
  const sign = b.create("determinant_sign", [f], {});
  const nan = broadcastTo(b, constant(b, NaN), sign.shape);
  return select(b, less(b, sign, 0), nan, b.create("log_determinant", [a, f], {}));
}

export const linearAlgebraIntrinsics: readonly Intrinsic[] = [
  define("solve", [A, { name: "b", kind: "tensor" }], ({ builder }, args) =>
    tensor(solve(builder, args.A.node, args.b.node)),
  ),
  define("inv", [A], ({ builder: b }, args) => {
    const a = square(b, args.A.node, "inv");
    return tensor(b.create("solve", [a, factors(b, a, false), identityLike(b, a)], { transposed: false }));
  }),
  define("det", [A], ({ builder: b }, args) => {
    const a = square(b, args.A.node, "det");
    return tensor(b.create("determinant", [a, factors(b, a, true)], {}));
  }),
  define("logdet", [A], ({ builder }, args) => tensor(logdet(builder, args.A.node))),
  define("cholesky", [A], ({ builder: b }, args) =>
    tensor(b.create("cholesky", [square(b, args.A.node, "cholesky")], {})),
  ),
];
