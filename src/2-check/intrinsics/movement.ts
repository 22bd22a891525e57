/** Functions that move entries without changing them: shapes, axes, order. */
import { constant as dimConstant, constantOf, divideExact, equal, multiply, print, printShape, product, subtract } from "../../ir/dim.ts"; // prettier-ignore
import type { Dim, Shape } from "../../ir/dim.ts";
import { broadcastTo, dimension, modulo, reshape, slice, sub, transpose } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { axisOf, sizeOf, tensor, withAxis } from "./support.ts";

const x = { name: "x", kind: "tensor" } as const;
const one = dimConstant(1);

/**
 * The shape asked of `reshape`, with -1 replaced by what is left of `total` entries.
 * @throws ShapeFault if the entries do not fit, or more than one size is -1.
 */
export function solveShape(from: Shape, to: Shape): Shape {
  const total = product(from);
  const free = to.filter((dim) => constantOf(dim) === -1).length;
  if (free > 1) throw new ShapeFault(`only one size of ${printShape(to)} may be -1`);
  const rest = product(to.filter((dim) => constantOf(dim) !== -1));
  const told = `${printShape(from)} has ${print(total)} ${constantOf(total) === 1 ? "entry" : "entries"}`;
  if (to.some((dim) => (constantOf(dim) ?? 0) < -1)) throw new ShapeFault(`${printShape(to)} has a negative size`);
  if (free === 0) {
    if (!equal(total, rest)) throw new ShapeFault(`${told}, and ${printShape(to)} has ${print(rest)}`);
    return to;
  }
  const size = constantOf(rest) === 0 ? null : divideExact(total, rest);
  if (size === null) throw new ShapeFault(`${told}, which do not divide by the ${print(rest)} of the other sizes`);
  return to.map((dim) => (constantOf(dim) === -1 ? size : dim));
}

/** Entry `k` of a list of integers, one for each axis of `node`. */
function perAxis<T>(list: readonly T[], node: Node, what: string): readonly T[] {
  if (list.length === node.shape.length) return list;
  const [n, m] = [String(list.length), String(node.shape.length)];
  throw new ShapeFault(`${what} has ${n} entries, but ${printShape(node.shape)} has ${m} axes`);
}

/** Every entry along an axis. */
function whole(size: Dim): { readonly start: Dim; readonly size: Dim; readonly step: number } {
  return { start: dimConstant(0), size, step: 1 };
}

/** Entries start .. start + size - 1 of a negative axis. */
export function sliceAxis(b: Parameters<typeof slice>[0], node: Node, axis: number, start: Dim, size: Dim): Node {
  const later = node.shape.slice(node.shape.length + axis + 1).map(whole);
  return slice(b, node, [{ start, size, step: 1 }, ...later]);
}

export const movementIntrinsics: readonly Intrinsic[] = [
  define("reshape", [x, { name: "shape", kind: "shape" }], ({ builder }, args) =>
    tensor(reshape(builder, args.x.node, solveShape(args.x.node.shape, args.shape)), args.x.bound),
  ),

  define("flatten", [x], ({ builder }, { x: { node, bound } }) =>
    tensor(reshape(builder, node, [product(node.shape)]), bound),
  ),

  define("transpose", [x], ({ builder }, { x: { node, bound } }) =>
    tensor(
      transpose(
        builder,
        node,
        node.shape.map((_, k) => -1 - k),
      ),
      bound,
    ),
  ),

  define("permute", [x, { name: "axes", kind: "integers" }], ({ builder }, { x: { node, bound }, axes }) => {
    const order = perAxis(axes, node, "`axes`").map((axis) => axisOf(axis, node.shape.length));
    if (new Set(order).size < order.length) throw new ShapeFault("`axes` names an axis twice");
    return tensor(transpose(builder, node, order), bound);
  }),

  define("expand", [x, { name: "axis", kind: "dim" }], ({ builder }, { x: { node, bound }, axis }) => {
    const rank = node.shape.length + 1;
    const shape = [...node.shape];
    shape.splice(rank + axisOf(axis, rank), 0, one);
    return tensor(reshape(builder, node, shape), bound);
  }),

  define("squeeze", [x, { name: "axis", kind: "axes" }], ({ builder }, { x: { node, bound }, axis: axes }) => {
    for (const axis of axes) {
      const size = sizeOf(node, axis);
      if (constantOf(size) !== 1) {
        throw new ShapeFault(`axis ${String(axis)} of ${printShape(node.shape)} has size ${print(size)}, not 1`);
      }
    }
    return tensor(
      reshape(
        builder,
        node,
        node.shape.filter((_, k) => !axes.includes(k - node.shape.length)),
      ),
      bound,
    );
  }),

  define("broadcast", [x, { name: "shape", kind: "shape" }], ({ builder }, { x: { node, bound }, shape }) =>
    tensor(broadcastTo(builder, node, shape), bound),
  ),

  define("tile", [x, { name: "reps", kind: "integers" }], ({ builder: b }, { x: { node, bound }, reps }) => {
    const rank = Math.max(node.shape.length, reps.length);
    const padded = (list: readonly Dim[]): Dim[] => [...Array<Dim>(rank - list.length).fill(one), ...list];
    const times = padded(reps);
    const sizes = padded(node.shape);
    // [a, b] -> [1, a, 1, b] -> [r, a, s, b] -> [r a, s b]
    const apart = reshape(
      b,
      node,
      sizes.flatMap((size) => [one, size]),
    );
    const repeated = broadcastTo(
      b,
      apart,
      sizes.flatMap((size, k) => [times[k], size]),
    );
    return tensor(
      reshape(
        b,
        repeated,
        sizes.map((size, k) => multiply(times[k], size)),
      ),
      bound,
    );
  }),

  define(
    "repeat",
    [x, { name: "n", kind: "dim" }, { name: "axis", kind: "axis" }],
    ({ builder: b }, { x: { node, bound }, n, axis }) => {
      const size = sizeOf(node, axis);
      const apart = reshape(b, node, withAxis(node.shape, axis, size, one));
      const repeated = broadcastTo(b, apart, withAxis(node.shape, axis, size, n));
      return tensor(reshape(b, repeated, withAxis(node.shape, axis, multiply(size, n))), bound);
    },
  ),

  define("flip", [x, { name: "axis", kind: "axes" }], ({ builder }, { x: { node, bound }, axis: axes }) => {
    const cuts = node.shape.map((size, k) =>
      axes.includes(k - node.shape.length) ? { start: subtract(size, one), size, step: -1 } : whole(size),
    );
    return tensor(slice(builder, node, cuts), bound);
  }),

  define(
    "roll",
    [x, { name: "shift", kind: "dim" }, { name: "axis", kind: "axis" }],
    ({ builder: b }, { x: { node, bound }, shift, axis }) => {
      const size = sizeOf(node, axis);
      const [known, by] = [constantOf(size), constantOf(shift)];
      if (known === 0 || by === 0) return tensor(node, bound);
      if (known !== null && by !== null) {
        const first = (((-by % known) + known) % known) % known;
        if (first === 0) return tensor(node, bound);
        const cut = dimConstant(first);
        const head = sliceAxis(b, node, axis, dimConstant(0), cut);
        const tail = sliceAxis(b, node, axis, cut, subtract(size, cut));
        return tensor(b.create("concat", [tail, head], { axis }), bound);
      }
      // Where the shift wraps is known at run time only: entry i is entry (i - shift) mod size.
      const places = modulo(b, sub(b, b.create("iota", [], { size }), dimension(b, shift)), dimension(b, size));
      const rank = node.shape.length;
      const toFront = [axis, ...node.shape.map((_, k) => k - rank).filter((other) => other !== axis)];
      const moved = b.create("gather", [transpose(b, node, toFront), places], { batch: 0 });
      const back = node.shape.map((_, k) => toFront.indexOf(k - rank) - rank);
      return tensor(transpose(b, moved, back), bound);
    },
  ),
];
