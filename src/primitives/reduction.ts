/** Reductions along axes: sum, product, largest, smallest, and where these are. */
import * as dims from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import * as e from "../ir/expressions.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { ElementType, Node, TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { Evaluation, Facts, PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { linear, none, plain } from "./define.ts";
import { blank, roundingError, sizeOf, storageError } from "./evaluate.ts";
import { above, below, between, closed, exactly, hull, lowerOf, multiplyFacts, unknown, upperOf } from "./facts.ts";
import { productTangent } from "./product.ts";
import { requireElement, sizeAt, surelyNonEmpty, withoutAxes } from "./shapes.ts";
import { stridesOf, view } from "./strided.ts";

interface Axes {
  readonly axes: readonly number[];
}

const print = ({ axes }: Axes): string => `axes=[${axes.join(", ")}]`;

function shapeRule(what: string, allowed: readonly ElementType[]) {
  return ([x]: readonly TensorType[], { axes }: Axes): TensorType => {
    requireElement(x, allowed, what);
    if (axes.some((axis, k) => axis >= 0 || (k > 0 && axis <= axes[k - 1]))) {
      throw new ShapeFault("the axes of a reduction must be negative and ascending");
    }
    return { element: x.element, shape: withoutAxes(x.shape, axes) };
  };
}

/** Brings the reduced axes to the end: [kept.., cells to reduce], row-major. */
function rows(x: Value, axes: readonly number[]): { readonly data: Value; readonly count: number } {
  const rank = x.shape.length;
  const reduced = axes.map((axis) => rank + axis);
  const order = [...x.shape.keys()].filter((k) => !reduced.includes(k)).concat(reduced);
  const strides = stridesOf(x.shape);
  const shape = order.map((k) => x.shape[k]);
  const count = sizeOf(reduced.map((k) => x.shape[k]));
  return { data: view(x, shape, order.map((k) => strides[k])), count }; // prettier-ignore
}

/** Evaluates a reduction row by row; `fold` gets the row's values and errors. */
function evaluate(
  [x]: readonly Value[],
  axes: readonly number[],
  at: Evaluation,
  fold: (values: Float64Array, errors: Float64Array) => readonly [value: number, error: number],
): Value {
  const { data, count } = rows(x, axes);
  const result = blank(at.shape, at.element);
  for (let i = 0; i < result.data.length; i++) {
    const [begin, end] = [i * count, (i + 1) * count];
    const [value, error] = fold(data.data.subarray(begin, end), data.error.subarray(begin, end));
    result.data[i] = value;
    result.error[i] = error;
  }
  return result;
}

export const reduceSum: PrimitiveRecord<"reduce_sum"> = {
  ...plain,
  name: "reduce_sum",
  arity: 1,
  print,
  shape: shapeRule("sum", ["real", "index"]),
  meaning: (operands, { axes }, at) =>
    evaluate(operands, axes, at, (values, errors) => {
      const [sum, magnitude] = [values.reduce(plus, 0), values.reduce((s, v) => s + Math.abs(v), 0)];
      const own = at.element === "real" ? roundingError(magnitude, values.length, at.unitRoundoff) : 0;
      return [sum, errors.reduce(plus, 0) + own];
    }),
  // d sum(x) = sum(dx): every entry gets the cotangent
  derivative: linear((b, cotangent, { operands: [x], attributes: { axes } }) =>
    e.unreduce(b, cotangent, axes, x.shape),
  ),
  facts: ([x], { axes }, shapes) =>
    sumFacts(x, shapes === undefined ? null : axes.map((axis) => sizeAt(shapes[0], axis))),
};

const plus = (a: number, b: number): number => a + b;

/** Facts of a sum of as many terms as the sizes say (null: unknown), each with the facts `x`. */
export function sumFacts(x: Facts, sizes: Shape | null): Facts {
  const count = sizes === null ? null : dims.constantOf(dims.product(sizes));
  if (count !== null) return multiplyFacts(x, exactly(count));
  const some = sizes !== null && surelyNonEmpty(sizes);
  const [lower, upper] = [lowerOf(x), upperOf(x)];
  // Without terms the sum is 0; with terms of one sign it is at least the bound of one.
  const low = above(x, 0, true) ? (some ? lower : closed(0)) : closed(-Infinity);
  const high = below(x, 0, true) ? (some ? upper : closed(0)) : closed(Infinity);
  return between(low, high, { integer: x.integer, finite: x.finite });
}

export const reduceProduct: PrimitiveRecord<"reduce_product"> = {
  ...plain,
  name: "reduce_product",
  arity: 1,
  print,
  shape: shapeRule("prod", ["real", "index"]),
  meaning: (operands, { axes }, at) =>
    evaluate(operands, axes, at, (values, errors) => {
      let [value, error] = [1, 0];
      values.forEach((factor, k) => {
        // |xy - (x + e)(y + f)| <= |x| f + |y| e + e f
        const propagated =
          bounded(Math.abs(value), errors[k]) + bounded(Math.abs(factor), error) + bounded(error, errors[k]);
        value *= factor;
        error = propagated + (at.element === "real" ? roundingError(value, 2, at.unitRoundoff) : 0);
      });
      return [value, error];
    }),
  // d prod(x) = sum over i of dx_i times the product of the others: see product.ts
  derivative: { kind: "tangent", tangent: (b, { operands: [x], attributes: { axes } }, [tangent]) => productTangent(b, x, tangent ?? e.zerosLike(b, x), axes) }, // prettier-ignore
  facts: ([x]) => {
    const positive = above(x, 0);
    if (!x.finite) return unknown;
    const [least, most] = [above(x, 0, true) ? { at: 0, open: positive } : closed(-Infinity), below(x, 1, true) && above(x, -1, true) ? closed(1) : closed(Infinity)]; // prettier-ignore
    return between(least, most, { integer: x.integer, finite: true });
  },
};

// 0 times an infinite error is no error: an exact zero annihilates.
function bounded(magnitude: number, error: number): number {
  return magnitude === 0 || error === 0 ? 0 : magnitude * error;
}

/** Facts of an extremum: those of the entries, and the identity where there may be none. */
function extremumFacts(x: Facts, axes: readonly number[], shapes: readonly Shape[] | undefined, empty: number): Facts {
  const some = shapes !== undefined && surelyNonEmpty(axes.map((axis) => sizeAt(shapes[0], axis)));
  return some ? x : hull(x, exactly(empty));
}

function extremum<P extends "reduce_max" | "reduce_min">(
  name: P,
  what: string,
  pick: (a: number, b: number) => number,
  empty: number,
): PrimitiveRecord<P> {
  return {
    ...plain,
    name,
    arity: 1,
    print,
    shape: shapeRule(what, ["real", "index", "bool"]),
    meaning: (operands, { axes }, at) =>
      evaluate(operands, axes, at, (values, errors) => {
        // The largest of no truth values is false, the smallest true.
        const start = at.element === "bool" ? Math.max(0, Math.min(1, empty)) : empty;
        const value = values.reduce((best, v) => pick(best, v), start);
        const error =
          at.element === "bool" ? boolError(values, errors, start) : errors.reduce((a, b) => Math.max(a, b), 0);
        return [value, error + (at.element === "real" ? storageError(value, at.unitRoundoff) : 0)];
      }),
    // d max(x) = the mean of dx over the entries equal to max(x); NaN where the maximum is NaN, 0 of no entries
    derivative: {
      kind: "tangent",
      tangent: (b, node, [tangent]) => tiedMean(b, node, tangent ?? e.zerosLike(b, node.operands[0])),
    },
    facts: ([x], { axes }, shapes) => extremumFacts(x, axes, shapes, empty),
  };
}

// `any` of surely true is true, `all` of surely false false, whatever the other entries are.
function boolError(values: Float64Array, errors: Float64Array, identity: number): number {
  return values.some((value, k) => value !== identity && errors[k] === 0) ? 0 : Math.max(0, ...errors);
}

function tiedMean(b: GraphBuilder, node: Node<"reduce_max" | "reduce_min">, tangent: Node): Node {
  const { operands: [x], attributes: { axes } } = node; // prettier-ignore
  if (axes.some((axis) => dims.constantOf(sizeAt(x.shape, axis)) === 0)) return e.zerosLike(b, node);
  const best = e.unreduce(b, node, axes, x.shape);
  // Either side may come from memory, where it was rounded, or be computed anew.
  const [entry, extreme] = [e.stored(b, x), e.stored(b, best)];
  // Not worse, rather than equal: where the extremum is NaN, every entry takes part in what then is NaN.
  const tied = e.not(b, node.primitive === "reduce_max" ? e.less(b, entry, extreme) : e.less(b, extreme, entry));
  const sum = e.reduceSum(b, e.select(b, tied, tangent, e.zerosLike(b, tangent)), axes);
  const count = e.reduceSum(b, e.convert(b, tied, "real"), axes);
  return e.div(b, sum, e.select(b, e.isNaN(b, node), NaN, count));
}

export const reduceMax = extremum("reduce_max", "max", Math.max, -Infinity);
export const reduceMin = extremum("reduce_min", "min", Math.min, Infinity);

function locate<P extends "argmax" | "argmin">(
  name: P,
  better: (candidate: number, best: number) => boolean,
): PrimitiveRecord<P> {
  return {
    ...plain,
    name,
    arity: 1,
    print: ({ axis }) => `axis=${axis}`,
    shape: ([x], { axis }) => {
      requireElement(x, ["real", "index"], name);
      if (dims.constantOf(sizeAt(x.shape, axis)) === 0) throw new ShapeFault(`${name} of an axis without entries`);
      return { element: "index", shape: withoutAxes(x.shape, [axis]) };
    },
    meaning: (operands, { axis }, at) =>
      evaluate(operands, [axis], at, (values, errors) => {
        // As NumPy: the first NaN, or the first of the best.
        let best = 0;
        values.forEach((value, k) => {
          if (!Number.isNaN(values[best]) && (Number.isNaN(value) || better(value, values[best]))) best = k;
        });
        const close = (value: number, k: number): boolean =>
          k !== best && errors[k] + errors[best] > 0 && !(Math.abs(value - values[best]) > errors[k] + errors[best]);
        return [best, values.some(close) ? Infinity : 0];
      }),
    derivative: none,
    facts: (_, { axis }, shapes) => {
      const size = shapes === undefined ? null : dims.constantOf(sizeAt(shapes[0], axis));
      return between(closed(0), closed(size === null ? Infinity : Math.max(size - 1, 0)), {
        integer: true,
        finite: true,
      });
    },
  };
}

export const argmax = locate("argmax", (candidate, best) => candidate > best);
export const argmin = locate("argmin", (candidate, best) => candidate < best);
