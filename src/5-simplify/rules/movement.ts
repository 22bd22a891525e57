/** Cells that are moved or repeated: as late, as seldom and as few as can be. */
import { add, constant as dimConstant, constantOf, equal, multiply, shapesEqual } from "../../ir/dim.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import { constantValue, div, is, isScalar, like, mul, reshape, transpose } from "../../ir/expressions.ts";
import { recordOf } from "../../ir/facts.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node, PrimitiveName, SliceAxis } from "../../ir/graph.ts";
import { asRepeated, axisAmong, repeat, sizesAt } from "../axes.ts";
import { uniformDivisor } from "../reciprocal.ts";
import type { Rule } from "../rule.ts";

const elementwise: readonly PrimitiveName[] = [
  "add", "subtract", "multiply", "divide", "negate", "power", "power_integer", "maximum", "minimum", "atan2", "hypot",
  "modulo", "floor_divide", "abs", "sign", "floor", "ceil", "round", "stored", "sqrt", "cbrt", "exp", "expm1", "log", "log1p",
  "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf",
  "erfc", "sigmoid", "softplus", "equal", "less", "less_equal", "not", "and", "or", "is_nan", "is_finite", "select",
  "convert",
]; // prettier-ignore

export const movement: readonly Rule[] = [
  {
    name: "sink-broadcast",
    law: "f(broadcast(x), broadcast(y)) = broadcast(f(x, y))",
    soundness: "exact",
    on: elementwise,
    apply: (node, { b }) => {
      const operands = node.operands.map(asRepeated);
      const known = operands.filter((operand) => operand !== null);
      if (known.length !== operands.length) return null;
      const axes = [...new Set(known.flatMap((operand) => operand.axes))].sort((p, q) => p - q);
      if (axes.length === node.shape.length) return null;
      const shape = sizesAt(node.shape, axes);
      const inner = known.map(({ source, axes: own }) =>
        repeat(b, { source, axes: own.map((axis) => axisAmong(axes, axis)) }, shape),
      );
      return repeat(b, { source: b.withOperands(node, inner), axes }, node.shape);
    },
  },
  {
    name: "uniform-divisor",
    law: "x / broadcast(y) = x broadcast(1 / y)",
    soundness: { domain: "y is an integer or |y| > 1e-30, so that 1/y does not overflow where x/y would not" },
    on: ["divide"],
    apply: ({ operands: [x, y] }, { b, rounded }) => {
      const repeated = constantValue(x) === null ? uniformDivisor(y, rounded) : null;
      if (repeated === null) return null;
      return mul(b, x, repeat(b, { ...repeated, source: div(b, 1, repeated.source) }, y.shape));
    },
  },
  {
    name: "broadcast-of-broadcast",
    law: "broadcast(broadcast(x)) = broadcast(x); broadcast(x) = x for equal shapes",
    soundness: "exact",
    on: ["broadcast"],
    apply: (node, { b }) => {
      const outer = asRepeated(node);
      if (outer === null) return null;
      if (outer.axes.length === node.shape.length) return outer.source;
      const inner = asRepeated(outer.source);
      if (inner === null) return null;
      const axes = inner.axes.map((axis) => outer.axes[outer.axes.length + axis]);
      return repeat(b, { source: inner.source, axes }, node.shape);
    },
  },
  {
    name: "reshape-of-reshape",
    law: "reshape(reshape(x)) = reshape(x); reshape(x) = x for equal shapes; a uniform tensor has any shape",
    soundness: "exact",
    on: ["reshape"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      if (shapesEqual(x.shape, node.shape)) return x;
      if (is(x, "reshape")) return reshape(b, x.operands[0], node.shape);
      const repeated = asRepeated(x);
      if (repeated === null || !isScalar(repeated.source)) return null;
      return repeat(b, { source: repeated.source, axes: [] }, node.shape);
    },
  },
  {
    name: "transpose-of-transpose",
    law: "transpose(transpose(x)) is one transpose; one that moves nothing is none",
    soundness: "exact",
    on: ["transpose"],
    apply: (node, { b }) => {
      if (!is(node, "transpose")) return null;
      const { permutation } = node.attributes;
      const [x] = node.operands;
      const n = permutation.length;
      if (permutation.every((axis, k) => axis === k - n)) return x;
      if (is(x, "transpose")) {
        const inner = x.attributes.permutation;
        const rank = Math.max(n, inner.length);
        const p = padPermutation(permutation, rank);
        const q = padPermutation(inner, rank);
        return transpose(b, x.operands[0], p.map((axis) => q[rank + axis])); // prettier-ignore
      }
      const repeated = asRepeated(x);
      if (repeated === null) return null;
      // Axes of the source that keep their order need no transpose.
      const full = padPermutation(permutation, node.shape.length);
      const axes = repeated.axes.map((axis) => full.indexOf(axis) - full.length);
      const isAscending = axes.every((axis, k) => k === 0 || axes[k - 1] < axis);
      return isAscending ? repeat(b, { source: repeated.source, axes }, node.shape) : null;
    },
  },
  {
    name: "slice-of-slice",
    law: "x[a:][b:] = x[a + b:]; a slice of everything is x; a slice of a uniform tensor is smaller",
    soundness: "exact",
    on: ["slice"],
    apply: (node, { b }) => {
      if (!is(node, "slice")) return null;
      const { axes } = node.attributes;
      const [x] = node.operands;
      const isWhole = axes.every((axis, k) => {
        const size = x.shape[x.shape.length - axes.length + k];
        return axis.step === 1 && constantOf(axis.start) === 0 && equal(axis.size, size);
      });
      if (isWhole) return x;
      if (is(x, "slice")) {
        const inner = x.attributes.axes;
        const count = Math.max(axes.length, inner.length);
        const [first, second] = [allAxes(inner, x.operands[0].shape, count), allAxes(axes, x.shape, count)];
        return b.create("slice", [x.operands[0]], { axes: second.map((outer, k) => joinSlices(first[k], outer)) });
      }
      const repeated = asRepeated(x);
      if (repeated === null) return null;
      const rank = x.shape.length;
      const whole = [...Array<null>(rank - axes.length).fill(null), ...axes];
      const own = repeated.axes.map((axis) => whole[rank + axis]);
      if (own.every((axis, k) => axis === null || isEverything(axis, repeated.source.shape[k]))) {
        return repeat(b, repeated, node.shape);
      }
      const parts = own.map((axis, k) => axis ?? everything(repeated.source.shape[k]));
      const source = b.create("slice", [repeated.source], { axes: parts });
      return repeat(b, { source, axes: repeated.axes }, node.shape);
    },
  },
  {
    name: "parts-of-joined",
    law: "concat(x, y)[a:b] = concat(x[a:], y[:b]); concat(x[:a], x[a:]) = x",
    soundness: "exact",
    on: ["slice", "concat"],
    apply: (node, { views }) => {
      if (is(node, "slice") && !isJoined(node.operands[0])) return null;
      const after = views.normal(node);
      return is(node, "slice") || !is(after, "concat") || after.operands.length < node.operands.length ? after : null;
    },
  },
  {
    name: "trivial-pad",
    law: "a pad by nothing is x; a pad of zeros is zeros",
    soundness: "exact",
    on: ["pad"],
    apply: (node, { b }) => {
      if (!is(node, "pad")) return null;
      const [x] = node.operands;
      if (constantValue(x) === 0) return like(b, 0, node);
      const isTrivial = node.attributes.axes.every(
        ({ low, high, interior }) => constantOf(low) === 0 && constantOf(high) === 0 && interior === 0,
      );
      return isTrivial ? x : null;
    },
  },
  {
    name: "trivial-concat",
    law: "concat(x) = x",
    soundness: "exact",
    on: ["concat"],
    apply: ({ operands }) => (operands.length === 1 ? operands[0] : null),
  },
  {
    name: "gather-elementwise",
    law: "f(x, y)[i] = f(x[i], y[i]); broadcast(x)[i] = x along the axis chosen from; select(i = k, x, y)[i, i] = x[i, i]",
    soundness: "exact",
    on: ["gather"],
    apply: (node, { b }) => {
      if (!is(node, "gather")) return null;
      const [x, indices] = node.operands;
      const { batch } = node.attributes;
      // Only where one entry of each row is chosen: fewer operations by the length of a row.
      if (x.shape.length !== batch + 1 || indices.shape.length !== batch) return null;
      const repeated = asRepeated(x);
      if (repeated !== null && !repeated.axes.includes(-1)) {
        const axes = repeated.axes.map((axis) => axis + 1);
        return repeat(b, { source: repeated.source, axes }, node.shape);
      }
      const decided = onDiagonal(b, x, indices);
      if (decided !== null) return b.create("gather", [decided, indices], { batch });
      if (recordOf(b, x).code === null || x.element === "bool") return null;
      // Two gathers in the place of one would read two tensors that otherwise need not be stored.
      const isWhole = (o: Node): boolean => constantValue(o) === null && asRepeated(o)?.axes.includes(-1) !== false;
      const gathered = new Set(x.operands.filter(isWhole));
      if (gathered.size > 1) return null;
      const chosen = x.operands.map((operand) => b.create("gather", [operand, indices], { batch }));
      return b.withOperands(x, chosen);
    },
  },
];

/**
 * Where entry k of row k is chosen from select(row = column, x, y): x, under the same axes. Null for other choices.
 */
function onDiagonal(b: GraphBuilder, node: Node, indices: Node): Node | null {
  const row = countedAxis(indices);
  const permutation = is(node, "transpose") ? node.attributes.permutation : null;
  const chosen = is(node, "transpose") ? node.operands[0] : node;
  if (row === null || !is(chosen, "select") || !is(chosen.operands[0], "equal")) return null;
  // Axis k of the select, counted from its front, is axis `at(k)` of the node.
  const rank = node.shape.length;
  const lead = rank - (permutation?.length ?? 0);
  const at = (axis: number): number => (permutation === null || axis < lead ? axis : lead + permutation.indexOf(axis - rank)); // prettier-ignore
  const counted = chosen.operands[0].operands.map(countedAxis);
  const axes = counted.map((axis) => (axis === null ? null : at(rank + axis)));
  if (!axes.includes(rank - 1) || !axes.includes(rank - 1 + row)) return null;
  const [, then] = chosen.operands;
  return permutation === null ? then : b.create("transpose", [then], { permutation });
}

/** The axis (negative) along which a node counts 0, 1, 2, ...; null if it is no such thing. */
function countedAxis(node: Node): number | null {
  if (is(node, "iota")) return -1;
  const repeated = asRepeated(node);
  return repeated !== null && is(repeated.source, "iota") ? repeated.axes[0] : null;
}

/** True for joined tensors, also under other axes. */
function isJoined(node: Node): boolean {
  let at = node;
  while (is(at, "slice") || is(at, "reshape") || is(at, "transpose")) at = at.operands[0];
  return is(at, "concat");
}

function padPermutation(permutation: readonly number[], rank: number): number[] {
  const lead: number[] = [];
  for (let axis = -rank; axis < -permutation.length; axis++) lead.push(axis);
  return [...lead, ...permutation];
}

/** Entry k of the outer slice is entry start + step k of the inner one. */
function joinSlices(inner: SliceAxis, outer: SliceAxis): SliceAxis {
  return {
    start: add(inner.start, multiply(dimConstant(inner.step), outer.start)),
    size: outer.size,
    // One entry is the same whatever would follow it.
    step: constantOf(outer.size) === 1 ? 1 : inner.step * outer.step,
  };
}

/** The last `count` axes of a slice, those that it leaves whole among them. */
function allAxes(axes: readonly SliceAxis[], shape: Shape, count: number): readonly SliceAxis[] {
  const whole = shape.slice(shape.length - count, shape.length - axes.length).map(everything);
  return [...whole, ...axes];
}

function everything(size: Dim): SliceAxis {
  return { start: dimConstant(0), size, step: 1 };
}

function isEverything(axis: SliceAxis, size: Dim): boolean {
  return axis.step === 1 && constantOf(axis.start) === 0 && equal(axis.size, size);
}
