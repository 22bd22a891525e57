/** Functions that make tensors from sizes, and those that mask by the place of an entry. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { constant as dimConstant, constantOf, equal, maximum, minimum, print, printShape, subtract } from "../../ir/dim.ts"; // prettier-ignore
import type { Dim, Shape } from "../../ir/dim.ts";
import { add, and, broadcastTo, convert, dimension, div, equalTo, less, lessEqual, like, mul, reduceSum, reshape, select, sub } from "../../ir/expressions.ts"; // prettier-ignore
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { sliceAxis } from "./movement.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { countAlong, filled, number, real, requireWithin, tensor } from "./support.ts";

const zero = dimConstant(0);
const one = dimConstant(1);
const x = { name: "x", kind: "tensor" } as const;
const shape = { name: "shape", kind: "shape" } as const;
const n = { name: "n", kind: "dim" } as const;

/** True where row and column of the last two axes are equal. */
function diagonal(b: GraphBuilder, of: Shape): Node {
  return equalTo(b, countAlong(b, of, -2), countAlong(b, of, -1));
}

/** The diagonal of the leading square of a matrix. Entries off it play no part, whatever they are. */
function diagonalOf(b: GraphBuilder, matrix: Node): Node {
  const [rows, columns] = matrix.shape;
  const size = minimum(rows, columns);
  const tall = equal(rows, size) ? matrix : sliceAxis(b, matrix, -2, zero, size);
  const square = equal(columns, size) ? tall : sliceAxis(b, tall, -1, zero, size);
  return reduceSum(b, select(b, diagonal(b, square.shape), square, like(b, 0, square)), [-1]);
}

function requireMatrix(node: Node, what: string): void {
  if (node.shape.length !== 2) throw new ShapeFault(`${what} takes a matrix, not ${printShape(node.shape)}`);
}

/** tril (column <= row + k) and triu (column >= row + k) of the last two axes; zero elsewhere. */
function triangle(name: "tril" | "triu"): Intrinsic {
  const k = { name: "k", kind: "dim", default: { kind: "dim", dim: zero } } as const;
  return define(name, [x, k], ({ builder: b }, args) => {
    const node = number(b, args.x.node);
    if (node.shape.length < 2) throw new ShapeFault(`${name} takes a matrix, not ${printShape(node.shape)}`);
    const row = add(b, countAlong(b, node.shape, -2), dimension(b, args.k));
    const column = countAlong(b, node.shape, -1);
    const kept = name === "tril" ? lessEqual(b, column, row) : lessEqual(b, row, column);
    return tensor(select(b, kept, node, like(b, 0, node)), args.x.bound);
  });
}

function requireSize(size: Dim, what: string): void {
  const known = constantOf(size);
  if (known !== null && known < 0) throw new ShapeFault(`${what} of negative size ${print(size)}`);
}

export const creationIntrinsics: readonly Intrinsic[] = [
  define("zeros", [shape], ({ builder }, args) => tensor(filled(builder, 0, args.shape))),
  define("ones", [shape], ({ builder }, args) => tensor(filled(builder, 1, args.shape))),
  // Reals for a number, so that full(shape, 0) is zeros(shape); a bool stays one.
  define("full", [shape, { name: "value", kind: "tensor" }], ({ builder: b }, args) => {
    const value = args.value.node;
    return tensor(broadcastTo(b, value.element === "bool" ? value : real(b, value), args.shape));
  }),
  define("zeros_like", [x], ({ builder }, args) => tensor(filled(builder, 0, args.x.node.shape))),
  define("ones_like", [x], ({ builder }, args) => tensor(filled(builder, 1, args.x.node.shape))),

  define("arange", [n], ({ builder }, args) => {
    requireSize(args.n, "arange");
    return tensor(builder.create("iota", [], { size: args.n }), args.n);
  }),

  // n numbers from a to b, both included; the last is b itself, whatever the roundings (as NumPy's).
  define("linspace", [{ name: "a", kind: "tensor" }, { name: "b", kind: "tensor" }, n], ({ builder }, args) => {
    requireSize(args.n, "linspace");
    const [first, last] = [real(builder, args.a.node), real(builder, args.b.node)];
    if (first.shape.length + last.shape.length > 0) throw new ShapeFault("linspace goes between two scalars");
    const place = builder.create("iota", [], { size: args.n });
    const intervals = convert(builder, dimension(builder, maximum(subtract(args.n, one), one)), "real");
    const step = div(builder, sub(builder, last, first), intervals);
    const inner = add(builder, first, mul(builder, real(builder, place), step));
    const end = dimension(builder, subtract(args.n, one));
    const isEnd = and(builder, equalTo(builder, place, end), less(builder, 0, place));
    return tensor(select(builder, isEnd, last, inner));
  }),

  define("eye", [n], ({ builder, require }, args) => {
    require(args.n, ">=", zero, "the size of eye");
    return tensor(real(builder, diagonal(builder, [args.n, args.n])));
  }),

  define("one_hot", [{ name: "i", kind: "tensor" }, n], (context, { i, n: size }) => {
    const b = context.builder;
    if (i.node.element !== "index")
      throw new ShapeFault(`one_hot takes integers (index), not ${i.node.element} numbers`);
    requireWithin(context, i, size, "an integer of one_hot");
    const to = [...i.node.shape, size];
    const places = broadcastTo(b, reshape(b, i.node, [...i.node.shape, one]), to);
    return tensor(real(b, equalTo(b, places, countAlong(b, to, -1))));
  }),

  // A vector becomes a diagonal matrix, of a matrix the diagonal is taken.
  define("diag", [x], ({ builder: b }, args) => {
    const node = number(b, args.x.node);
    if (node.shape.length === 1) {
      const to = [node.shape[0], node.shape[0]];
      const rows = b.create("broadcast", [node], { shape: to, axes: [-1] });
      return tensor(select(b, diagonal(b, to), rows, like(b, 0, rows)), args.x.bound);
    }
    if (node.shape.length !== 2) {
      throw new ShapeFault(`diag takes a vector or a matrix, not ${printShape(node.shape)}`);
    }
    return tensor(diagonalOf(b, node), args.x.bound);
  }),

  define("trace", [x], ({ builder: b }, args) => {
    requireMatrix(args.x.node, "trace");
    return tensor(reduceSum(b, diagonalOf(b, number(b, args.x.node)), [-1]));
  }),

  triangle("tril"),
  triangle("triu"),
];
