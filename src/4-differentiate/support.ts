/**
 * Where an adjoint is zero because a value was not selected.
 *
 * "A value that was not selected contributes 0 to a gradient, never NaN." An adjoint that comes out of a select is 0
 * where the other branch was taken; multiplied by a partial that is infinite there it would be NaN. The support of a
 * node is a bool node of its shape outside of which the node is 0 by construction. It is read off the node's structure,
 * so adjoints need not carry it along and derivatives of derivatives have it too. It is built only where a factor is not
 * provably finite, which is rare.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import {
  and,
  constant,
  constantValue,
  convert,
  equalTo,
  less,
  like,
  not,
  or,
  reduceSum,
  transpose,
} from "../ir/expressions.ts";
import { constantOf, shapesEqual } from "../ir/dim.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import { visitPending } from "../ir/visit.ts";

/** Supports of nodes, built on demand and remembered; null where nothing is known to be zero. */
export class Supports {
  readonly #b: GraphBuilder;
  readonly #known = new Map<Node, Node | null>();

  constructor(b: GraphBuilder) {
    this.#b = b;
  }

  /** A bool node outside of which `node` is exactly 0, or null. */
  of(node: Node): Node | null {
    visitPending(
      node,
      (n) => this.#known.has(n),
      (n) => this.#known.set(n, this.#compute(n as AnyNode)),
      relevantOperands,
    );
    return this.#known.get(node) ?? null;
  }

  #compute(node: AnyNode): Node | null {
    const b = this.#b;
    const [x, y] = relevantOperands(node).map((operand) => this.#known.get(operand) ?? null);
    switch (node.primitive) {
      case "select": {
        const [condition, then, otherwise] = node.operands;
        if (constantValue(otherwise) === 0) return both(b, condition, x);
        if (constantValue(then) === 0) return both(b, not(b, condition), y);
        if (x === null || y === null) return null;
        return or(b, and(b, condition, x), and(b, not(b, condition), y));
      }
      case "convert":
        return node.operands[0].element === "bool" ? node.operands[0] : x;
      case "multiply":
        return both(b, x, y);
      case "add":
      case "subtract":
        // Forward mode puts zeros in the place of tangents that are not there.
        if (constantValue(node.operands[0]) === 0) return y;
        if (constantValue(node.operands[1]) === 0) return x;
        return x === null || y === null ? null : or(b, x, y);
      case "divide":
      case "negate":
      case "mark":
      case "stop_gradient":
        return x;
      case "broadcast":
      case "reshape":
      case "transpose":
      case "slice":
      case "pad":
      case "window":
        return x === null ? null : b.withOperands(node, [x]);
      case "scatter_add":
        return chosenRows(b, node, x);
      case "gather":
        return x === null ? null : b.withOperands(node, [x, node.operands[1]]);
      case "reduce_sum":
        return x === null ? null : anyOver(b, x, node.attributes.axes);
      case "contract": {
        const { left, right, result } = node.attributes;
        const relabel = (s: Node | null, labels: readonly string[]): Node | null =>
          s === null ? null : followLabels(b, s, labels, result, node.shape);
        return both(b, relabel(x, left), relabel(y, right));
      }
      default:
        return null;
    }
  }
}

/** The operands whose supports decide that of the node. */
function relevantOperands(node: Node): readonly Node[] {
  switch (node.primitive) {
    case "select":
      return node.operands.slice(1);
    case "multiply":
    case "add":
    case "subtract":
    case "contract":
      return node.operands;
    case "scatter_add":
      return node.operands.slice(1);
    case "convert":
    case "divide":
    case "negate":
    case "mark":
    case "stop_gradient":
    case "broadcast":
    case "reshape":
    case "transpose":
    case "slice":
    case "pad":
    case "window":
    case "gather":
    case "reduce_sum":
      return node.operands.slice(0, 1);
    default:
      return [];
  }
}

/** Where a scatter_add adds something: at the rows that its indices name, as far as the updates have a support. */
function chosenRows(b: GraphBuilder, node: Node<"scatter_add">, updated: Node | null): Node {
  const [indices, updates] = node.operands;
  const { batch, size } = node.attributes;
  const { shape } = node;
  if (indices.shape.length > batch) {
    const counts = convert(b, updated ?? like(b, 1, updates, "bool"), "real");
    return less(b, constant(b, 0), b.create("scatter_add", [indices, counts], node.attributes));
  }
  // One index a row: i = k.
  const rank = shape.length;
  const rows = Array.from({ length: batch }, (_, k) => k - rank);
  const over = (part: Node, axes: readonly number[]): Node =>
    axes.length === rank ? part : b.create("broadcast", [part], { shape, axes });
  const chosen = equalTo(b, over(indices, rows), over(b.create("iota", [], { size }), [batch - rank]));
  if (updated === null) return chosen;
  const cells = Array.from({ length: rank - batch - 1 }, (_, k) => k + batch + 1 - rank);
  return and(b, chosen, over(updated, [...rows, ...cells]));
}

function both(b: GraphBuilder, x: Node | null, y: Node | null): Node | null {
  if (x === null || y === null) return x ?? y;
  return x === y ? x : and(b, x, y);
}

/** Whether any entry along the axes is true; without arithmetic if all are the same. */
export function anyOver(b: GraphBuilder, x: Node, axes: readonly number[]): Node {
  if (axes.length === 0) return x;
  const ones = axes.filter((axis) => constantOf(x.shape[x.shape.length + axis]) === 1);
  const bare = ones.length === 0 ? null : withoutOnes(x, ones);
  if (bare !== null) {
    const left = axes.filter((axis) => !ones.includes(axis));
    return anyOver(b, bare, left.map((axis) => axis + ones.filter((one) => one > axis).length)); // prettier-ignore
  }
  return dropUniform(b, x, axes) ?? less(b, constant(b, 0), reduceSum(b, convert(b, x, "real"), axes));
}

/** What stands behind axes of one entry. */
function withoutOnes(x: Node, axes: readonly number[]): Node | null {
  const [from] = x.operands;
  const rank = x.shape.length;
  const kept = x.shape.filter((_, k) => !axes.includes(k - rank));
  return x.primitive === "reshape" && shapesEqual(from.shape, kept) ? from : null;
}

/** `x` without axes along which it is known to be constant, or null if it is not known to be. */
function dropUniform(b: GraphBuilder, x: Node, axes: readonly number[]): Node | null {
  if (axes.length === 0) return x;
  const node = x as AnyNode;
  const rank = x.shape.length;
  if (node.primitive === "not" || node.primitive === "and" || node.primitive === "or") {
    const parts = node.operands.map((operand) => dropUniform(b, operand, axes));
    const known = parts.filter((part) => part !== null);
    return known.length === parts.length ? b.withOperands(node, known) : null;
  }
  if (node.primitive !== "broadcast" || node.attributes.axes.some((axis) => axes.includes(axis))) return null;
  const shape = x.shape.filter((_, k) => !axes.includes(k - rank));
  const kept = node.attributes.axes.map((axis) => axis + axes.filter((dropped) => dropped > axis).length);
  return shape.length === node.operands[0].shape.length
    ? node.operands[0]
    : b.create("broadcast", [node.operands[0]], { shape, axes: kept });
}

/**
 * The support of a contraction from that of one operand: an entry is a sum over labels, of which any may count. (Where the
 * support varies along these labels it costs a reduction; it is asked for only beside a factor that may be infinite.)
 */
function followLabels(
  b: GraphBuilder,
  support: Node,
  labels: readonly string[],
  result: readonly string[],
  shape: Node["shape"],
): Node | null {
  const n = labels.length;
  if (support.shape.length !== n || shape.length !== result.length) return null;
  const gone = labels.flatMap((label, k) => (result.includes(label) ? [] : [k - n]));
  const kept = labels.filter((label) => result.includes(label));
  return spread(b, anyOver(b, support, gone), kept, result, shape);
}

/** A tensor of axes `labels` as one of axes `result`, which has all of them, of shape `shape`. */
export function spread(
  b: GraphBuilder,
  x: Node,
  labels: readonly string[],
  result: readonly string[],
  shape: Node["shape"],
): Node {
  const ordered = result.filter((label) => labels.includes(label));
  const permutation = ordered.map((label) => labels.indexOf(label) - labels.length);
  const turned = transpose(b, x, permutation);
  if (ordered.length === result.length) return turned;
  return b.create("broadcast", [turned], {
    shape,
    axes: ordered.map((label) => result.indexOf(label) - result.length),
  });
}
