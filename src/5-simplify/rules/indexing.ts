/** Subscripts that count: x[i], x[2 i + k] are slices and windows of x, and what is added there is padded and folded. */
import { add, constant, constantOf, equal, isNonNegative, multiply, negate, subtract, type Dim } from "../../ir/dim.ts";
import { constantValue, is, reduceSum, reshape, slice } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { AnyNode, Node, PadAxis } from "../../ir/graph.ts";
import { isInside } from "../../ir/index-range.ts";
import type { Rule } from "../rule.ts";

const zero = constant(0);
const one = constant(1);

/** offset + the sum of step[k] times the position along axis k. */
interface Affine {
  readonly offset: Dim;
  readonly steps: readonly Dim[];
}

/** An axis along which an affine subscript moves. */
interface Moving {
  /** Of the subscript. */
  readonly axis: number;
  readonly size: Dim;
  readonly step: number;
}

/** How an affine subscript walks through an axis of `size` entries, in which it stays. */
interface Walk {
  readonly offset: Dim;
  readonly moving: readonly Moving[];
}

export const indexing: readonly Rule[] = [
  {
    name: "gather-affine",
    law: "x[a + c i] = x[a : : c], x[i + k] = windows of x",
    soundness: "exact",
    on: ["gather"],
    apply: (node, { b }) => {
      if (!is(node, "gather")) return null;
      const [x, indices] = node.operands;
      const { batch } = node.attributes;
      const walk = walkOf(indices, batch, x.shape[batch]);
      const taken = walk === null ? null : take(b, x, batch, walk);
      if (walk === null || taken === null) return null;
      // [batch.., moving.., rest..]: repeated along the axes of the subscript that do not move.
      const lead = [...Array.from({ length: batch }, (_, k) => k), ...walk.moving.map(({ axis }) => axis)];
      const rest = x.shape.slice(batch + 1).map((_, k) => indices.shape.length + k);
      const rank = node.shape.length;
      if (taken.shape.length === rank) return taken;
      return b.create("broadcast", [taken], { shape: node.shape, axes: [...lead, ...rest].map((k) => k - rank) });
    },
  },
  {
    name: "scatter-affine",
    law: "x added at a + c i = x padded, at i + k = x folded",
    soundness: "rounding",
    on: ["scatter_add"],
    apply: (node, { b }) => {
      if (!is(node, "scatter_add")) return null;
      const [indices, updates] = node.operands;
      const { batch, size } = node.attributes;
      const walk = walkOf(indices, batch, size);
      if (walk === null) return null;
      const still = indices.shape
        .map((_, k) => k)
        .filter((k) => k >= batch && !walk.moving.some(({ axis }) => axis === k));
      const rank = updates.shape.length;
      const summed = still.length === 0 ? updates : reduceSum(b, updates, still.map((k) => k - rank)); // prettier-ignore
      return put(b, summed, batch, walk, size);
    },
  },
  {
    name: "guarded-pad",
    law: "select(i < k, 0, pad(x)) = pad(x) where k zeros are in front",
    soundness: "exact",
    on: ["select"],
    apply: (node, { b }) => {
      const [condition, x, y] = node.operands;
      for (const [branch, other, holds] of [
        [x, y, true],
        [y, x, false],
      ] as const) {
        if (!is(branch, "pad") || !Object.is(constantValue(other), 0)) continue;
        const left = undecided(b, condition, branch, holds);
        if (left === null) return branch;
        if (left !== condition) return b.withOperands(node, [left, x, y]);
      }
      return null;
    },
  },
];

/** What is left of a condition for a choice between `of` where it has the value `holds` and 0; null where zeros say it already. */
function undecided(b: GraphBuilder, condition: Node, of: Node<"pad">, holds: boolean): Node | null {
  if (is(condition, holds ? "and" : "or")) {
    const parts = condition.operands.flatMap((part) => undecided(b, part, of, holds) ?? []);
    return parts.length === 2 ? b.withOperands(condition, parts) : (parts.at(0) ?? null);
  }
  return isZeroOutside(condition, of, holds) ? null : condition;
}

/** Whether entries of the pad are zeros wherever the condition does not have the value `holds`. */
function isZeroOutside(condition: Node, of: Node<"pad">, holds: boolean): boolean {
  const margin = marginOf(condition);
  if (margin === null) return false;
  const axes = margin.affine.steps.flatMap((step, axis) => (equal(step, zero) ? [] : [axis]));
  const [axis] = axes;
  const own = of.attributes.axes.at(axis - of.shape.length);
  const step = axes.length === 1 ? constantOf(margin.affine.steps[axis]) : null;
  if (own === undefined || axis < of.shape.length - of.attributes.axes.length || Math.abs(step ?? 0) !== 1)
    return false;
  const end = subtract(of.shape[axis], own.high);
  // The condition is offset + step i >= 0, or = 0: it changes at the entry -offset / step.
  const place = step === 1 ? negate(margin.affine.offset) : margin.affine.offset;
  const before = (last: Dim): boolean => isNonNegative(subtract(subtract(own.low, one), last)) === true;
  const behind = (first: Dim): boolean => isNonNegative(subtract(first, end)) === true;
  if (margin.relation === "=") return !holds && (before(place) || behind(place));
  if (holds) return step === 1 ? before(subtract(place, one)) : behind(add(place, one));
  return step === 1 ? behind(place) : before(place);
}

interface Margin {
  readonly relation: ">=" | "=";
  readonly affine: Affine;
}

/** A comparison of affine integers as one of an affine integer with 0. */
function marginOf(condition: Node): Margin | null {
  if (is(condition, "broadcast")) {
    const inner = marginOf(condition.operands[0]);
    return inner && { ...inner, affine: broadcastOf(condition, inner.affine) };
  }
  if (!is(condition, "less") && !is(condition, "less_equal") && !is(condition, "equal")) return null;
  const [x, y] = condition.operands.map((operand) => (operand.element === "index" ? affineOf(operand) : null));
  if (x === null || y === null) return null;
  const gap = is(condition, "less") ? one : zero;
  const offset = subtract(subtract(y.offset, x.offset), gap);
  const affine = { offset, steps: y.steps.map((step, k) => subtract(step, x.steps[k])) };
  return { relation: is(condition, "equal") ? "=" : ">=", affine };
}

/** The affine form of a broadcast by that of its operand. */
function broadcastOf(node: Node<"broadcast">, inner: Affine): Affine {
  const { axes } = node.attributes;
  const steps = node.shape.map(() => zero);
  const lead = inner.steps.length - axes.length;
  inner.steps.forEach((step, k) => (steps[k < lead ? k : node.shape.length + axes[k - lead]] = step));
  return { offset: inner.offset, steps };
}

/** The affine form of an integer tensor; null where it has none. */
function affineOf(node: Node): Affine | null {
  const any = node as AnyNode;
  switch (any.primitive) {
    case "iota":
      return { offset: zero, steps: [one] };
    case "dimension":
      return { offset: any.attributes.dim, steps: [] };
    case "constant":
      return Number.isSafeInteger(any.attributes.value) ? { offset: constant(any.attributes.value), steps: [] } : null;
    case "broadcast": {
      const inner = affineOf(any.operands[0]);
      return inner && broadcastOf(any, inner);
    }
    case "negate": {
      const x = affineOf(any.operands[0]);
      return x === null ? null : scaled(x, constant(-1));
    }
    case "add":
    case "subtract": {
      const [x, y] = any.operands.map(affineOf);
      if (x === null || y === null) return null;
      const combine = any.primitive === "add" ? add : subtract;
      return { offset: combine(x.offset, y.offset), steps: x.steps.map((step, k) => combine(step, y.steps[k])) };
    }
    case "multiply": {
      const [x, y] = any.operands.map(affineOf);
      if (x === null || y === null) return null;
      if (isStill(x)) return scaled(y, x.offset);
      return isStill(y) ? scaled(x, y.offset) : null;
    }
    default:
      return null;
  }
}

function isStill({ steps }: Affine): boolean {
  return steps.every((step) => equal(step, zero));
}

function scaled({ offset, steps }: Affine, by: Dim): Affine {
  return { offset: multiply(offset, by), steps: steps.map((step) => multiply(step, by)) };
}

/** Null where the subscript is not affine, moves along more than two axes, by no number, or may leave the axis. */
function walkOf(indices: Node, batch: number, size: Dim): Walk | null {
  const affine = indices.element === "index" ? affineOf(indices) : null;
  if (affine === null) return null;
  const moving: Moving[] = [];
  let [low, high] = [affine.offset, affine.offset];
  for (const [axis, step] of affine.steps.entries()) {
    if (equal(step, zero) || constantOf(indices.shape[axis]) === 1) continue;
    const by = constantOf(step);
    if (by === null || axis < batch) return null;
    moving.push({ axis, size: indices.shape[axis], step: by });
    const last = multiply(step, subtract(indices.shape[axis], one));
    if (by > 0) high = add(high, last);
    else low = add(low, last);
  }
  if (!isInside({ low, high }, size) || moving.length > 2) return null;
  if (moving.length === 2 && moving.some(({ step }) => step < 0)) return null;
  return { offset: affine.offset, moving };
}

/** How many entries two moving axes span. */
function spanOf([p, q]: readonly Moving[]): Dim {
  const reach = ({ size, step }: Moving): Dim => multiply(constant(step), subtract(size, one));
  return add(add(reach(p), reach(q)), one);
}

/** Axis `batch` of x as the axes along which the walk moves; null where an empty walk would need a slice of less than nothing. */
function take(b: GraphBuilder, x: Node, batch: number, { offset, moving }: Walk): Node | null {
  const whole = x.shape.slice(batch + 1).map((size) => ({ start: zero, size, step: 1 }));
  const cut = (size: Dim, step: number): Node => {
    if (step === 1 && equal(offset, zero) && equal(size, x.shape[batch])) return x;
    return slice(b, x, [{ start: offset, size, step }, ...whole]);
  };
  const [first, second] = moving;
  if (moving.length === 0) return reshape(b, cut(one, 1), [...x.shape.slice(0, batch), ...x.shape.slice(batch + 1)]);
  if (moving.length === 1) return cut(first.size, first.step);
  const span = spanOf(moving);
  if (isNonNegative(span) !== true) return null;
  const steps = { count: first.size, size: second.size, stride: first.step, dilation: second.step };
  return b.create("window", [cut(span, 1)], { axis: batch - x.shape.length, ...steps });
}

/** The adjoint of `take`. */
function put(b: GraphBuilder, x: Node, batch: number, { offset, moving }: Walk, size: Dim): Node | null {
  const rest = x.shape.length - batch - moving.length;
  const padded = (of: Node, low: Dim, length: Dim, interior: number): Node => {
    const high = subtract(subtract(size, low), length);
    if (equal(low, zero) && equal(high, zero) && interior === 0) return of;
    const whole = Array.from({ length: rest }, (): PadAxis => ({ low: zero, high: zero, interior: 0 }));
    return b.create("pad", [of], { axes: [{ low, high, interior }, ...whole] });
  };
  const [first] = moving;
  if (moving.length === 0) {
    const row = reshape(b, x, [...x.shape.slice(0, batch), one, ...x.shape.slice(batch)]);
    return padded(row, offset, one, 0);
  }
  if (moving.length === 2) {
    const length = spanOf(moving);
    if (isNonNegative(length) !== true) return null;
    const [count, step] = moving;
    const axes = { axis: -rest - 1, stride: count.step, dilation: step.step };
    return padded(b.create("fold", [x], { ...axes, length }), offset, length, 0);
  }
  const stride = Math.abs(first.step);
  const reach = multiply(constant(stride), subtract(first.size, one));
  // Gaps between no entries would be gaps all the same.
  if (stride > 1 && isNonNegative(reach) !== true) return null;
  if (first.step > 0) return padded(x, offset, add(reach, one), stride - 1);
  const whole = x.shape.slice(batch + 1).map((length) => ({ start: zero, size: length, step: 1 }));
  const turned = slice(b, x, [{ start: subtract(first.size, one), size: first.size, step: -1 }, ...whole]);
  return padded(turned, add(offset, negate(reach)), add(reach, one), stride - 1);
}
