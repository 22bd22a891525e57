/** Windows and the sums that are their adjoints: a convolution's gradient is a convolution, and zeros are laid once. */
import { add, constant, constantOf, equal, isNonNegative, multiply, negate, subtract } from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { constantValue, contract, is, pad, reshape, slice } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node, PadAxis, SliceAxis } from "../../ir/graph.ts";
import type { Rule, RuleContext } from "../rule.ts";

const zero = constant(0);
const one = constant(1);
const unpadded: PadAxis = { low: zero, high: zero, interior: 0 };

export const windows: readonly Rule[] = [
  {
    name: "fold-of-tiles",
    law: "windows that lie side by side are rows of a matrix; one window alone is all there is",
    soundness: "rounding",
    on: ["fold"],
    apply: (node, { b }) => {
      if (!is(node, "fold")) return null;
      const [x] = node.operands;
      const { axis, length, stride, dilation } = node.attributes;
      const place = x.shape.length + axis;
      const [count, size] = [x.shape[place - 1], x.shape[place]];
      const isOne = constantOf(count) === 1 && dilation === 1;
      const isTiling = constantOf(size) === stride && (dilation === 1 || stride === 1);
      if (!isOne && !isTiling) return null;
      const cells = multiply(count, size);
      const row = reshape(b, x, [...x.shape.slice(0, place - 1), cells, ...x.shape.slice(place + 1)]);
      return padded(b, row, axis, { low: zero, high: subtract(length, cells), interior: 0 });
    },
  },
  {
    name: "fold-of-product",
    law: "Σ_{i + k = n} x_i y_k = Σ_k x_{n-k} y_k, with zeros around x",
    soundness: { domain: "y is finite" },
    on: ["fold"],
    apply: (node, context) => (is(node, "fold") ? correlated(node, context) : null),
  },
  {
    name: "pad-of-window",
    law: "zeros beside windows of x are zeros beside x",
    soundness: "exact",
    on: ["pad"],
    apply: (node, { b }) => {
      if (!is(node, "pad")) return null;
      const [x] = node.operands;
      if (!is(x, "window")) return null;
      const around = everyAxis(node.attributes.axes, x.shape.length, () => unpadded);
      const place = x.shape.length - 1 + x.attributes.axis;
      if (!isUnpadded(around[place]) || !isUnpadded(around[place + 1])) return null;
      return b.create("window", [pad(b, x.operands[0], around.toSpliced(place, 1))], x.attributes);
    },
  },
  {
    name: "pad-of-pad",
    law: "zeros around zeros are more zeros",
    soundness: "exact",
    on: ["pad"],
    apply: (node, { b }) => {
      if (!is(node, "pad")) return null;
      const [x] = node.operands;
      if (!is(x, "pad")) return null;
      const rank = x.shape.length;
      const [outer, inner] = [node, x].map(({ attributes }) => everyAxis(attributes.axes, rank, () => unpadded));
      // What was cropped away does not come back.
      const mayJoin = (first: Dim, second: Dim): boolean =>
        isNonNegative(first) === true || isNonNegative(negate(second)) === true;
      const fits = outer.every((own, k) => {
        const { low, high, interior } = inner[k];
        if (isUnpadded(own) || isUnpadded(inner[k])) return true;
        return own.interior === 0 && interior === 0 && mayJoin(low, own.low) && mayJoin(high, own.high);
      });
      if (!fits) return null;
      const joined = outer.map((own, k): PadAxis => {
        const { low, high, interior } = inner[k];
        return { low: add(own.low, low), high: add(own.high, high), interior: Math.max(own.interior, interior) };
      });
      return pad(b, x.operands[0], joined);
    },
  },
  {
    name: "pads-that-meet",
    law: "x with zeros behind + y with zeros in front = x and y joined, where one ends as the other begins",
    soundness: "rounding",
    on: ["add"],
    apply: ({ operands: [first, second] }, { b }) => joinedPads(b, first, second) ?? joinedPads(b, second, first),
  },
  {
    name: "slice-of-window",
    law: "some of the windows of x are the windows of a part of x",
    soundness: "exact",
    on: ["slice"],
    apply: (node, { b }) => {
      if (!is(node, "slice")) return null;
      const [x] = node.operands;
      if (!is(x, "window")) return null;
      const { axis, size, stride, dilation } = x.attributes;
      const cuts = everyAxis(node.attributes.axes, x.shape.length, (k) => whole(x.shape[k]));
      const place = x.shape.length - 1 + axis;
      const [source] = x.operands;
      if (!isWhole(cuts[place + 1], size)) return null;
      const taken = cuts[place];
      let part = whole(source.shape[place]);
      if (!isWhole(taken, x.shape[place])) {
        if (taken.step !== 1) return null;
        const reach = (count: Dim, step: number): Dim => multiply(subtract(count, one), constant(step));
        const span = add(add(reach(taken.size, stride), reach(size, dilation)), one);
        part = { start: multiply(taken.start, constant(stride)), size: span, step: 1 };
        // Also where no window is left.
        const rest = subtract(source.shape[place], add(part.start, span));
        if (isNonNegative(span) !== true || isNonNegative(rest) !== true) return null;
      }
      const cut = slice(b, source, cuts.toSpliced(place, 2, part));
      return b.create("window", [cut], { ...x.attributes, count: taken.size });
    },
  },
  {
    name: "slice-of-pad",
    law: "a part of x with zeros around has other zeros around, or fewer of x",
    soundness: "exact",
    on: ["slice"],
    apply: (node, { b }) => {
      if (!is(node, "slice")) return null;
      const [x] = node.operands;
      if (!is(x, "pad")) return null;
      const [source] = x.operands;
      const rank = x.shape.length;
      const around = everyAxis(x.attributes.axes, rank, () => unpadded);
      const cuts = everyAxis(node.attributes.axes, rank, (k) => whole(x.shape[k]));
      if (around.some(({ interior }) => interior > 0) || cuts.some(({ step }) => step !== 1)) return null;
      const left = around.map(({ low }, k): PadAxis => {
        const before = subtract(low, cuts[k].start);
        return { low: before, high: subtract(cuts[k].size, add(source.shape[k], before)), interior: 0 };
      });
      const isInside = left.every(({ low, high }) => [low, high].every((dim) => isNonNegative(negate(dim)) === true));
      if (!isInside) return pad(b, source, left);
      return slice(b, source, left.map(({ low }, k) => ({ start: negate(low), size: cuts[k].size, step: 1 }))); // prettier-ignore
    },
  },
  {
    name: "slice-of-guarded",
    law: "(if inside then x else y)[inside] = x[inside], where inside is 1 with zeros around",
    soundness: "exact",
    on: ["slice"],
    apply: (node, { b }) => {
      if (!is(node, "slice")) return null;
      const [x] = node.operands;
      if (!is(x, "select")) return null;
      const [condition, then] = x.operands;
      if (!is(condition, "pad") || constantValue(condition.operands[0]) !== 1) return null;
      const rank = x.shape.length;
      const around = everyAxis(condition.attributes.axes, rank, () => unpadded);
      const cuts = everyAxis(node.attributes.axes, rank, (k) => whole(x.shape[k]));
      const isInside = around.every(({ low, interior }, k) => {
        const { start, size, step } = cuts[k];
        const [before, after] = [
          subtract(start, low),
          subtract(add(low, condition.operands[0].shape[k]), add(start, size)),
        ];
        return interior === 0 && step === 1 && isNonNegative(before) === true && isNonNegative(after) === true;
      });
      return isInside ? slice(b, then, node.attributes.axes) : null;
    },
  },
];

/**
 * The fold of x_i y_k over i + d k, where i is an axis of x alone and k one of y alone, as a sum over k: as many products as
 * there are entries, and none of them stored.
 */
function correlated(node: Node<"fold">, { b, rounded }: RuleContext): Node | null {
  const [product] = node.operands;
  const { axis, length, stride, dilation } = node.attributes;
  if (!is(product, "contract") || stride !== 1) return null;
  const { left, right, result } = product.attributes;
  const place = result.length + axis;
  if (place < 1) return null;
  const [i, k] = [result[place - 1], result[place]];
  const [count, size] = [product.shape.at(axis - 1), product.shape.at(axis)];
  if (count === undefined || size === undefined) return null;
  // Of two factors of one kind the shorter is summed over.
  const summed = isShorter(size, count) ? k : dilation === 1 && isShorter(count, size) ? i : null;
  if (summed === null) return null;
  const moved = summed === k ? i : k;
  const [short, long] = summed === k ? [size, count] : [count, size];
  const reach = multiply(subtract(short, one), constant(dilation));
  const rest = constantOf(subtract(subtract(length, long), reach));
  // A long rest of zeros would be many products for nothing.
  if (rest === null || rest < 0 || rest > (constantOf(long) ?? rest)) return null;
  const isMoved = (own: readonly string[], other: readonly string[]): boolean =>
    own.includes(moved) && !own.includes(summed) && other.includes(summed) && !other.includes(moved);
  const first = isMoved(left, right);
  if (!first && !isMoved(right, left)) return null;
  const [x, y] = first ? product.operands : [product.operands[1], product.operands[0]];
  const [xLabels, yLabels] = first ? [left, right] : [right, left];
  if (!rounded.of(y).finite) return null;
  const at = xLabels.indexOf(moved) - xLabels.length;
  const around = padded(b, x, at, { low: reach, high: subtract(length, long), interior: 0 });
  const view = b.create("window", [around], { axis: at, count: length, size: short, stride: 1, dilation });
  const viewLabels = xLabels.toSpliced(xLabels.indexOf(moved), 1, moved, summed);
  const turned = flipped(b, y, yLabels.indexOf(summed) - yLabels.length);
  const kept = result.toSpliced(place - 1, 2, moved);
  return first
    ? contract(b, [view, viewLabels], [turned, yLabels], kept)
    : contract(b, [turned, yLabels], [view, viewLabels], kept);
}

/**
 * The tensors inside two pads joined along the one axis that they are padded on. Only results of loops: they stand in memory
 * in any case, where others may be computed where they are read.
 */
function joinedPads(b: GraphBuilder, first: Node, second: Node): Node | null {
  if (!is(first, "pad") || !is(second, "pad")) return null;
  const [[x], [y]] = [first.operands, second.operands];
  if (!isResult(x) || !isResult(y)) return null;
  const rank = x.shape.length;
  const [behind, front] = [first, second].map(({ attributes }) => everyAxis(attributes.axes, rank, () => unpadded));
  const place = behind.findIndex((width) => !isUnpadded(width));
  if (place < 0 || [behind, front].some((widths) => widths.some((width, k) => k !== place && !isUnpadded(width)))) return null; // prettier-ignore
  const [p, q] = [behind[place], front[place]];
  const meets = p.interior === 0 && q.interior === 0 && equal(p.low, zero) && equal(q.high, zero);
  if (!meets || !equal(p.high, y.shape[place]) || !equal(q.low, x.shape[place])) return null;
  return b.create("concat", [x, y], { axis: place - rank });
}

/** Whether a node is the result of a loop, in whatever shape. */
function isResult(node: Node): boolean {
  let at = node;
  while (is(at, "reshape")) at = at.operands[0];
  return is(at, "loop_result");
}

/** Whether an axis has a known size, and no more than another. */
function isShorter(size: Dim, other: Dim): boolean {
  const [own, most] = [constantOf(size), constantOf(other)];
  return own !== null && own > 0 && (most === null || own <= most);
}

function padded(b: GraphBuilder, x: Node, axis: number, width: PadAxis): Node {
  if (isUnpadded(width)) return x;
  return pad(
    b,
    x,
    Array.from({ length: -axis }, (_, k) => (k === 0 ? width : unpadded)),
  );
}

function flipped(b: GraphBuilder, x: Node, axis: number): Node {
  const last = (size: Dim): SliceAxis => ({ start: subtract(size, one), size, step: -1 });
  const place = x.shape.length + axis;
  return slice(b, x, x.shape.map((size, k) => (k === place ? last(size) : whole(size)))); // prettier-ignore
}

function isUnpadded({ low, high, interior }: PadAxis): boolean {
  return interior === 0 && equal(low, zero) && equal(high, zero);
}

function whole(size: Dim): SliceAxis {
  return { start: zero, size, step: 1 };
}

function isWhole(cut: SliceAxis, size: Dim): boolean {
  return cut.step === 1 && equal(cut.start, zero) && equal(cut.size, size);
}

/** Entries of attributes, which speak of the last axes, for all axes. */
function everyAxis<T>(last: readonly T[], rank: number, missing: (axis: number) => T): readonly T[] {
  return [...Array.from({ length: rank - last.length }, (_, k) => missing(k)), ...last];
}
