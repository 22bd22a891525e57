/** Nodes that show the entries of another one in another place or type: slices, transposes, inserted axes, one_hot. */
import {
  constantOf,
  equal,
  negate,
  print as printDim,
  shapesEqual,
  subtract,
  type Dim,
  type Shape,
} from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { Node, SliceAxis } from "../ir/graph.ts";
import { call, comparison, name, number, transposed, type Formula, type Operator } from "./formula.ts";

/** A node written as a formula of one that is not always its operand. */
export interface View {
  readonly of: Node;
  readonly formula: (f: Formula) => Formula;
}

/** How a view is written; null for a node that computes. */
export function viewOf(node: Node): View | null {
  if (is(node, "mark")) return same(node.operands[0]);
  if (is(node, "convert")) return oneHot(node) ?? same(node.operands[0]);
  if (is(node, "not")) return opposite(node);
  if (is(node, "broadcast")) return broadcastView(node);
  if (is(node, "reshape")) return reshapeView(node);
  if (is(node, "slice")) return sliceView(node, node.attributes.axes, new Set());
  if (is(node, "transpose")) {
    const [of] = node.operands;
    const { permutation } = node.attributes;
    if (permutation.length === 2) return { of, formula: transposed };
    const axes: Formula = { kind: "list", elements: permutation.map((axis) => number(axis)) };
    return { of, formula: (f) => call("permute", f, axes) };
  }
  return null;
}

function same(of: Node): View {
  return { of, formula: (f) => f };
}

/** not (a < b) is b <= a. */
function opposite(node: Node<"not">): View | null {
  const [inner] = node.operands;
  // A comparison that has its number on the right already keeps its sides.
  const turn = (from: Operator, to: Operator): View => ({
    of: inner,
    formula: (f) => {
      if (f.kind !== "binary") return { kind: "not", operand: f };
      return f.operator === from ? comparison(to, f.right, f.left) : comparison(to, f.left, f.right);
    },
  });
  if (is(inner, "less")) return turn("<", "<=");
  if (is(inner, "less_equal")) return turn("<=", "<");
  if (is(inner, "equal")) {
    return {
      of: inner,
      formula: (f) => (f.kind === "binary" ? { ...f, operator: "!=" } : { kind: "not", operand: f }),
    };
  }
  return null;
}

/** (i == arange(n)) as numbers is one_hot(i, n). */
function oneHot(node: Node<"convert">): View | null {
  return node.attributes.to === "real" ? oneHotOf(node.operands[0]) : null;
}

/** one_hot(i, n) for the condition i == arange(n), the classes along the last axis. */
export function oneHotOf(condition: Node): View | null {
  if (!is(condition, "equal")) return null;
  const [p, q] = condition.operands;
  const rank = condition.shape.length;
  for (const [classes, other] of [
    [p, q],
    [q, p],
  ] as const) {
    const count = is(classes, "broadcast") ? classes.operands[0] : classes;
    if (!is(count, "iota") || !is(other, "broadcast")) continue;
    const [indices] = other.operands;
    const isLast = !is(classes, "broadcast") || classes.attributes.axes[0] === -1;
    const leads = other.attributes.axes.every((axis, k) => axis === k - rank);
    if (!isLast || !leads || indices.shape.length !== rank - 1) continue;
    const { size } = count.attributes;
    const isIdentity = is(indices, "iota") && equal(indices.attributes.size, size);
    return {
      of: indices,
      formula: (f) => (isIdentity ? call("eye", dimName(size)) : call("one_hot", f, dimName(size))),
    };
  }
  return null;
}

/** Axes that NumPy's rule aligns need no word; others are inserted with `expand`. */
function broadcastView(node: Node<"broadcast">): View {
  const [x] = node.operands;
  const { axes } = node.attributes;
  if (is(x, "reshape") && alignsWith(x.operands[0].shape, node, x)) return same(x.operands[0]);
  const missing: number[] = [];
  for (let axis = axes.at(0) ?? 0; axis < 0; axis++) if (!axes.includes(axis)) missing.push(axis);
  return { of: x, formula: (f) => (f.kind === "number" ? f : expanded(f, missing)) };
}

function expanded(f: Formula, axes: readonly number[]): Formula {
  return axes.reduce<Formula>((at, axis) => call("expand", at, number(axis)), f);
}

/** True where `shape`, less its axes of size 1, lies along the axes that the broadcast keeps. */
function alignsWith(shape: Shape, node: Node<"broadcast">, reshaped: Node): boolean {
  const kept: number[] = [];
  const dims: Dim[] = [];
  for (let axis = -shape.length; axis < 0; axis++) {
    const dim = shape.at(axis);
    const wanted = node.shape.at(axis);
    if (dim === undefined || wanted === undefined || -axis > node.shape.length) return false;
    if (equal(dim, wanted)) {
      kept.push(axis);
      dims.push(dim);
    } else if (constantOf(dim) !== 1) return false;
  }
  const { axes } = node.attributes;
  return (
    kept.length === axes.length &&
    kept.every((axis, k) => axis === axes[k]) &&
    dims.every((dim, k) => equal(dim, reshaped.shape[k]))
  );
}

function reshapeView(node: Node<"reshape">): View {
  const [x] = node.operands;
  if (is(x, "reshape") && shapesEqual(x.operands[0].shape, node.shape)) return same(x.operands[0]);
  const dropped = droppedAxes(x.shape, node.shape);
  if (is(x, "slice") && dropped !== null) {
    const { axes } = x.attributes;
    const isIndex = (axis: number): boolean => -axis <= axes.length && constantOf(axes[axes.length + axis].size) === 1;
    if (dropped.every(isIndex)) return sliceView(x, axes, new Set(dropped));
  }
  if (dropped?.length === 1) return { of: x, formula: (f) => call("squeeze", f, number(dropped[0])) };
  const added = droppedAxes(node.shape, x.shape);
  if (added !== null) return { of: x, formula: (f) => expanded(f, added) };
  if (node.shape.length === 1) return { of: x, formula: (f) => call("flatten", f) };
  const shape: Formula = { kind: "list", elements: node.shape.map((dim) => name(printDim(dim))) };
  return { of: x, formula: (f) => call("reshape", f, shape) };
}

/** The axes of size 1 of `shape` without which it is `without`; null where there are none such. */
function droppedAxes(shape: Shape, without: Shape): number[] | null {
  const dropped: number[] = [];
  let k = 0;
  shape.forEach((dim, axis) => {
    if (k < without.length && equal(dim, without[k])) k++;
    else dropped.push(axis - shape.length);
  });
  const fits = k === without.length && dropped.every((axis) => constantOf(shape[shape.length + axis]) === 1);
  return fits && dropped.length > 0 ? dropped : null;
}

/** x[1:, :-1, 0]; axes of `indexed` show an integer. */
function sliceView(node: Node<"slice">, axes: readonly SliceAxis[], indexed: ReadonlySet<number>): View {
  const [x] = node.operands;
  const lead = x.shape.length - axes.length;
  const entries = x.shape.map((dim, k) => {
    if (k < lead) return ":";
    return indexed.has(k - x.shape.length) ? bound(axes[k - lead].start, dim) : range(axes[k - lead], dim);
  });
  while (entries.length > 1 && entries.at(-1) === ":") entries.pop();
  return { of: x, formula: (f) => ({ kind: "subscript", object: f, entries }) };
}

function range({ start, size, step }: SliceAxis, dim: Dim): string {
  const from = constantOf(start) === 0 ? "" : bound(start, dim);
  if (step === -1 && equal(size, dim)) return "::-1";
  if (step !== 1) return `${from}::${step}`;
  const left = subtract(subtract(dim, start), size);
  const rest = constantOf(left);
  if (rest === 0) return `${from}:`;
  // Counted from the end where the size itself is no number.
  return `${from}:${rest !== null && constantOf(dim) === null ? `-${rest}` : printDim(subtract(dim, left))}`;
}

/** An index, counted from the end where only its distance from there is a number. */
function bound(start: Dim, dim: Dim): string {
  const fromEnd = subtract(dim, start);
  return printDim(constantOf(start) === null && constantOf(fromEnd) !== null ? negate(fromEnd) : start);
}

function dimName(dim: Dim): Formula {
  const value = constantOf(dim);
  return value === null ? name(printDim(dim)) : number(value);
}
