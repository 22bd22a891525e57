/** Overlapping windows along an axis, and their adjoint: what convolutions and pools are made of. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import type { AttributesOf } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import { linear, plain } from "./define.ts";
import { blank } from "./evaluate.ts";
import { above, below, between, closed, unknown } from "./facts.ts";
import { replaceAxis, requireAtMost, requireElement, sizeAt, surelyNonEmpty } from "./shapes.ts";
import { place, stridesOf, view, walk } from "./strided.ts";

type Steps = Pick<AttributesOf["window"], "stride" | "dilation">;

function requireSteps({ stride, dilation }: Steps): void {
  if (![stride, dilation].every((step) => Number.isInteger(step) && step > 0)) {
    throw new ShapeFault("the stride and dilation of a window are positive integers");
  }
}

/** @throws ShapeFault if the last window certainly ends behind the axis. */
function requireFit(count: Dim, size: Dim, { stride, dilation }: Steps, length: Dim): void {
  if (!surelyNonEmpty([count, size])) return;
  const one = dims.constant(1);
  const scaled = (dim: Dim, by: number): Dim => dims.multiply(dims.subtract(dim, one), dims.constant(by));
  const end = dims.add(dims.add(scaled(count, stride), scaled(size, dilation)), one);
  requireAtMost(end, length, `windows reach entry ${dims.print(end)} of an axis of ${dims.print(length)}`);
}

export const window: PrimitiveRecord<"window"> = {
  ...plain,
  name: "window",
  arity: 1,
  print: ({ axis, count, size, stride, dilation }) =>
    `axis=${axis} count=${dims.print(count)} size=${dims.print(size)} stride=${stride} dilation=${dilation}`,
  shape: ([x], { axis, count, size, ...steps }) => {
    requireSteps(steps);
    requireFit(count, size, steps, sizeAt(x.shape, axis));
    return { element: x.element, shape: replaceAxis(x.shape, axis, count, size) };
  },
  meaning: ([x], { axis, stride, dilation }, at) => {
    const from = stridesOf(x.shape);
    const k = x.shape.length + axis;
    const [count, size] = [at.shape[k], at.shape[k + 1]];
    if (count > 0 && size > 0 && (count - 1) * stride + (size - 1) * dilation >= x.shape[k]) {
      throw new RangeError(`${count} windows of ${size} do not fit an axis of ${x.shape[k]}`);
    }
    return view(x, at.shape, [...from.slice(0, k), from[k] * stride, from[k] * dilation, ...from.slice(k + 1)]);
  },
  derivative: linear((b, cotangent, { operands: [x], attributes: { axis, stride, dilation } }) =>
    b.create("fold", [cotangent], { axis, length: sizeAt(x.shape, axis), stride, dilation }),
  ),
  facts: ([x]) => x,
};

export const fold: PrimitiveRecord<"fold"> = {
  ...plain,
  name: "fold",
  arity: 1,
  print: ({ axis, length, stride, dilation }) =>
    `axis=${axis} length=${dims.print(length)} stride=${stride} dilation=${dilation}`,
  shape: ([x], { axis, length, ...steps }) => {
    requireElement(x, ["real", "index"], "fold");
    requireSteps(steps);
    requireFit(sizeAt(x.shape, axis - 1), sizeAt(x.shape, axis), steps, length);
    const k = x.shape.length + axis;
    return { element: x.element, shape: [...x.shape.slice(0, k - 1), length, ...x.shape.slice(k + 1)] };
  },
  meaning: ([x], { axis, stride, dilation }, at) => {
    const result = blank(at.shape, x.element);
    const to = stridesOf(at.shape);
    const k = x.shape.length + axis - 1;
    const [count, size] = [x.shape[k], x.shape[k + 1]];
    if (count > 0 && size > 0 && (count - 1) * stride + (size - 1) * dilation >= at.shape[k]) {
      throw new RangeError(`${count} windows of ${size} do not fit an axis of ${at.shape[k]}`);
    }
    const strides = [...to.slice(0, k), to[k] * stride, to[k] * dilation, ...to.slice(k + 1)];
    place(x, result, strides, 0, true);
    // Each entry sums at most min(count, size) numbers.
    const magnitude = new Float64Array(result.data.length);
    walk(x.shape, [strides], (cell, [offset]) => (magnitude[offset] += Math.abs(x.data[cell])));
    // Where folds of two axes are one sum, that has the product of their terms, p q <= p²/2 + q²/2.
    const own = Math.min(count, size);
    const terms = at.element === "real" ? Math.max(own, own ** 2 / 2) : 0;
    magnitude.forEach((sum, cell) => (result.error[cell] += terms * at.unitRoundoff * sum));
    return result;
  },
  derivative: linear((b, cotangent, { operands: [x], attributes: { axis, stride, dilation } }) => {
    const [count, size] = [sizeAt(x.shape, axis - 1), sizeAt(x.shape, axis)];
    return b.create("window", [cotangent], { axis, count, size, stride, dilation });
  }),
  // An entry sums any number of cells, or none.
  facts: ([x]) => {
    const lower = above(x, 0, true) ? closed(0) : closed(-Infinity);
    const upper = below(x, 0, true) ? closed(0) : closed(Infinity);
    return x.finite ? between(lower, upper, { integer: x.integer, finite: true }) : unknown;
  },
};
