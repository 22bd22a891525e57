/** Recognises rows with a single one, and chooses instead of multiplying by them. */
import { add, constant, equal, isNonNegative, subtract } from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { is, reduceSum, transpose } from "../ir/expressions.ts";
import type { FactTable } from "../ir/facts.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import { asRepeated } from "./axes.ts";

/** 1 where the entry along `axis` is the number of the entry, elsewhere 0: [i = k]. */
export interface OneHot {
  /** An index tensor. */
  readonly indices: Node;
  /** Axis k of the indices is axis `axes[k]` (negative, ascending) of the whole. */
  readonly axes: readonly number[];
  /** The axis that is numbered, and its length. */
  readonly axis: number;
  readonly size: Dim;
}

/**
 * A comparison of an index with the numbers of an axis, each of which is in range: the ways to see it so, none if it is no
 * such thing. An identity matrix has two.
 */
export function asOneHot(node: Node, facts: FactTable): readonly OneHot[] {
  const condition = is(node, "convert") && node.element !== "bool" ? node.operands[0] : node;
  if (!is(condition, "equal")) return [];
  const [x, y] = condition.operands;
  return [oneHotOf(x, y, facts), oneHotOf(y, x, facts)].filter((found) => found !== null);
}

function oneHotOf(numbers: Node, index: Node, facts: FactTable): OneHot | null {
  const rank = numbers.shape.length;
  const counted = asRepeated(numbers) ?? { source: numbers, axes: [-1] };
  if (!is(counted.source, "iota") || (counted.source === numbers && rank !== 1)) return null;
  const [axis] = counted.axes;
  const repeated = asRepeated(index);
  if (repeated === null || repeated.axes.includes(axis)) return null;
  // An axis that neither varies along is no axis of a one-hot tensor, but a repetition of one.
  if (repeated.axes.length !== rank - 1) return null;
  const { size } = counted.source.attributes;
  return isBelow(repeated.source, size, facts) ? { indices: repeated.source, axes: repeated.axes, axis, size } : null;
}

/** Whether every entry of an index tensor is surely one of 0 .. size - 1. */
function isBelow(indices: Node, size: Dim, facts: FactTable): boolean {
  const known = facts.of(indices);
  if (known.lower >= 0 && Number.isFinite(known.upper)) {
    const room = subtract(size, add(constant(Math.floor(known.upper)), constant(1)));
    if (isNonNegative(room) === true) return true;
  }
  let at = indices as AnyNode;
  for (;;) {
    switch (at.primitive) {
      case "parameter":
        return at.attributes.bound !== null && equal(at.attributes.bound, size);
      case "iota":
        return equal(at.attributes.size, size);
      case "argmax":
      case "argmin": {
        const [x] = at.operands;
        return equal(x.shape[x.shape.length + at.attributes.axis], size);
      }
      case "broadcast":
      case "reshape":
      case "transpose":
      case "slice":
      case "gather":
      case "mark":
      case "stop_gradient":
        at = at.operands[0] as AnyNode;
        continue;
      default:
        return false;
    }
  }
}

/** A one-hot tensor with a label for each of its axes, and that of the numbered one. */
export interface LabelledOneHot {
  readonly indices: Node;
  /** Labels of the axes of `indices`. */
  readonly labels: readonly string[];
  readonly numbered: string;
}

/**
 * Σ over labels not in `result` of [i = k] x, with k summed over: the entries of x that i chooses, as a tensor of axes
 * `result`. Null where k is kept or x lacks it.
 */
export function choose(
  b: GraphBuilder,
  { indices, labels, numbered }: LabelledOneHot,
  x: Node,
  xLabels: readonly string[],
  result: readonly string[],
): Node | null {
  if (result.includes(numbered) || !xLabels.includes(numbered)) return null;
  const batch = labels.filter((label) => xLabels.includes(label));
  const choices = labels.filter((label) => !xLabels.includes(label));
  const rest = xLabels.filter((label) => label !== numbered && !batch.includes(label));
  const table = arrange(b, x, xLabels, [...batch, numbered, ...rest]);
  const chosen = arrange(b, indices, labels, [...batch, ...choices]);
  const gathered = b.create("gather", [table, chosen], { batch: batch.length });
  const order = [...batch, ...choices, ...rest];
  const summed = order.flatMap((label, k) => (result.includes(label) ? [] : [k - order.length]));
  const kept = order.filter((label) => result.includes(label));
  if (kept.length !== result.length) return null;
  return arrange(b, reduceSum(b, gathered, summed), kept, result);
}

/** Brings the axes of a tensor into another order of their labels. */
export function arrange(b: GraphBuilder, x: Node, labels: readonly string[], wanted: readonly string[]): Node {
  return transpose(b, x, wanted.map((label) => labels.indexOf(label) - labels.length)); // prettier-ignore
}
