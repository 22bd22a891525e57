/** Bounds of integers by interval arithmetic on dims. */
import * as dims from "./dim.ts";
import type { Dim } from "./dim.ts";
import type { AnyNode, Node } from "./graph.ts";

/** Every entry is one of low .. high. */
export interface Range {
  readonly low: Dim;
  readonly high: Dim;
}

const one = dims.constant(1);
const zero = dims.constant(0);

/** Whether a range lies in 0 .. size - 1 for certain. */
export function isInside(range: Range | null, size: Dim): boolean {
  if (range === null || dims.isNonNegative(range.low) !== true) return false;
  return dims.isNonNegative(dims.subtract(dims.subtract(size, one), range.high)) === true;
}

/** The ranges of the integers among nodes that are in topological order; null where nothing is known. */
export function rangesOf(nodes: readonly Node[]): ReadonlyMap<Node, Range | null> {
  const ranges = new Map<Node, Range | null>();
  for (const node of nodes) {
    ranges.set(node, node.element === "index" ? rangeOf(node as AnyNode, (o) => ranges.get(o) ?? null) : null);
  }
  return ranges;
}

/** Null where nothing is known. `of` gives the ranges of operands. */
export function rangeOf(node: AnyNode, of: (operand: Node) => Range | null): Range | null {
  const known = node.operands.map((operand) => of(operand));
  const [a, b] = known;
  const point = (d: Dim): Range => ({ low: d, high: d });
  const below = (d: Dim): Range => ({ low: zero, high: dims.subtract(d, one) });
  switch (node.primitive) {
    case "constant":
      return Number.isSafeInteger(node.attributes.value) ? point(dims.constant(node.attributes.value)) : null;
    case "dimension":
      return point(node.attributes.dim);
    case "parameter":
      return node.attributes.bound === null ? null : below(node.attributes.bound);
    case "iota":
      return below(node.attributes.size);
    case "table": {
      const { values } = node.attributes;
      if (values.length === 0) return below(zero);
      const most = values.reduce((p, q) => Math.max(p, q));
      return { low: dims.constant(values.reduce((p, q) => Math.min(p, q))), high: dims.constant(most) };
    }
    case "argmax":
    case "argmin": {
      const [x] = node.operands;
      return below(x.shape[x.shape.length + node.attributes.axis]);
    }
    case "convert":
      return node.operands[0].element === "bool" ? { low: zero, high: one } : a;
    case "mark":
    case "stop_gradient":
    case "broadcast":
    case "reshape":
    case "transpose":
    case "slice":
    case "window":
    case "gather":
      return a;
    case "pad":
      return union([a, point(zero)]);
    case "concat":
      return union(known);
    case "select":
      return union(known.slice(1));
    default:
      return a === null || (node.operands.length > 1 && b === null) ? null : arithmetic(node, a, b ?? a);
  }
}

function arithmetic(node: AnyNode, a: Range, b: Range): Range | null {
  switch (node.primitive) {
    case "add":
      return { low: dims.add(a.low, b.low), high: dims.add(a.high, b.high) };
    case "subtract":
      return { low: dims.subtract(a.low, b.high), high: dims.subtract(a.high, b.low) };
    case "negate":
      return { low: dims.negate(a.high), high: dims.negate(a.low) };
    case "multiply":
      return scaled(a, b) ?? scaled(b, a);
    case "maximum":
      return { low: dims.maximum(a.low, b.low), high: dims.maximum(a.high, b.high) };
    case "minimum":
      return { low: dims.minimum(a.low, b.low), high: dims.minimum(a.high, b.high) };
    case "modulo": {
      const divisor = pointOf(b);
      if (divisor === null || dims.isNonNegative(dims.subtract(divisor, one)) !== true) return null;
      return { low: zero, high: dims.subtract(divisor, one) };
    }
    case "floor_divide": {
      const divisor = pointOf(b);
      if (divisor === null || (dims.constantOf(divisor) ?? 0) < 1) return null;
      return { low: dims.floorDivide(a.low, divisor), high: dims.floorDivide(a.high, divisor) };
    }
    default:
      return null;
  }
}

/** a times a known number >= 0. */
function scaled(a: Range, b: Range): Range | null {
  const factor = pointOf(b);
  if (factor === null || dims.isNonNegative(factor) !== true) return null;
  return { low: dims.multiply(a.low, factor), high: dims.multiply(a.high, factor) };
}

function pointOf({ low, high }: Range): Dim | null {
  return dims.equal(low, high) ? low : null;
}

function union(ranges: readonly (Range | null)[]): Range | null {
  return ranges.reduce((a, b) =>
    a === null || b === null ? null : { low: dims.minimum(a.low, b.low), high: dims.maximum(a.high, b.high) },
  );
}
