/** Windows as the language writes them: convolutions and pools. */
import { constant, constantOf, equal, print as printDim, type Dim } from "../ir/dim.ts";
import { constantValue, is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { call, name, number, type Argument, type Formula } from "./formula.ts";
import type { Reading } from "./product-formula.ts";

/** How the windows of one axis are laid. */
interface Steps {
  readonly size: Dim;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Dim;
}

/** The last axes of `source` as windows; the first of `steps` is that of the first of these axes. */
interface Windows {
  readonly source: Node;
  readonly steps: readonly Steps[];
}

/** How a node that joins windows is written; null for any other. */
export function windowReading(node: Node): Reading | null {
  if (is(node, "contract")) return convolution(node);
  if (is(node, "reduce_max")) return pool(node, "max_pool2d", insideOf);
  if (!is(node, "divide") && !is(node, "multiply")) return null;
  const mean = meanOf(node);
  return mean === null ? null : pool(mean.sum, "avg_pool2d", zerosAround, mean.entries);
}

/** The windows that a node is a view of, whichever was laid first; `around` finds the padding. Null for other axes than the last. */
function windowsOf(node: Node, around: Around): Windows | null {
  const laid: Node<"window">[] = [];
  let source = node;
  for (; is(source, "window"); [source] = source.operands) laid.unshift(source);
  // For each axis the axis of the source, or -1 for the entries of a window.
  let axes = source.shape.map((_, k) => k);
  const found = new Map<number, Node<"window">>();
  for (const window of laid) {
    const place = axes.length + window.attributes.axis;
    found.set(axes[place], window);
    axes = axes.toSpliced(place + 1, 0, -1);
  }
  const count = laid.length;
  const last = source.shape.map((_, k) => k).slice(source.shape.length - count);
  const split = last.map((axis) => found.get(axis)).filter((window) => window !== undefined);
  if (count === 0 || split.length < count) return null;
  const own = around(source, count);
  const steps = split.map(({ attributes: { size, stride, dilation } }, k): Steps => {
    return { size, stride, dilation, padding: own.widths[k] };
  });
  return { source: own.inner, steps };
}

/** A tensor with what lies around its last `count` axes. */
type Around = (node: Node, count: number) => { readonly inner: Node; readonly widths: readonly Dim[] };

const zero = constant(0);

/** Zeros of one width on both sides of each of the last axes. */
const zerosAround: Around = (node, count) => {
  const nothing = { inner: node, widths: Array.from({ length: count }, () => zero) };
  if (!is(node, "pad")) return nothing;
  const { axes } = node.attributes;
  const isEven = axes.every(({ low, high, interior }) => interior === 0 && equal(low, high));
  const isLast = axes.slice(0, -count).every(({ low }) => constantOf(low) === 0);
  if (!isEven || !isLast || axes.length < count) return nothing;
  return { inner: node.operands[0], widths: axes.slice(-count).map(({ low }) => low) };
};

/** if pad(true) then pad(x) else -inf: cells around that no maximum is. */
const insideOf: Around = (node, count) => {
  const nothing = { inner: node, widths: Array.from({ length: count }, () => zero) };
  if (!is(node, "select") || constantValue(node.operands[2]) !== -Infinity) return nothing;
  const [condition, entries] = node.operands;
  const inside = is(condition, "pad") && constantValue(condition.operands[0]) === 1;
  return inside ? zerosAround(entries, count) : nothing;
};

function convolution(node: Node<"contract">): Reading | null {
  const { left, right, result } = node.attributes;
  const [p, q] = node.operands;
  if (left.length !== p.shape.length || right.length !== q.shape.length) return null;
  const isLeft = is(p, "window");
  const [view, kernel] = isLeft ? [p, q] : [q, p];
  const [labels, own] = isLeft ? [left, right] : [right, left];
  const windows = windowsOf(view, zerosAround);
  if (windows === null) return null;
  const count = windows.steps.length;
  const lead = labels.length - 2 * count - 1;
  if (count > 2 || lead < 0 || lead > 1 || own.length !== count + 2) return null;
  const laid = labels.slice(lead + 1);
  const [places, inside] = [0, 1].map((side) => laid.filter((_, k) => k % 2 === side));
  const out = own.find((label) => !labels.includes(label));
  if (out === undefined || !same([...labels.slice(0, lead), out, ...places], result)) return null;
  // [out, in, k..], in whatever order the axes of the kernel come.
  const wanted = [out, labels[lead], ...inside];
  if (wanted.some((label) => !own.includes(label))) return null;
  const order = wanted.map((label) => own.indexOf(label));
  const isPlain = order.every((axis, k) => axis === k);
  const axes: Formula = { kind: "list", elements: order.map((axis) => number(axis - own.length)) };
  return {
    of: [windows.source, kernel],
    formula: ([x, w]) =>
      written(`conv${count}d`, [x, isPlain ? w : call("permute", w, axes)], [
        ...option("stride", windows.steps.map(({ stride }) => number(stride)), "1"),
        ...option("padding", windows.steps.map(({ padding }) => size(padding)), "0"),
        ...option("dilation", windows.steps.map(({ dilation }) => number(dilation)), "1"),
      ]), // prettier-ignore
  };
}

function pool(
  node: Node<"reduce_max"> | Node<"reduce_sum">,
  callee: string,
  around: Around,
  entries?: number,
): Reading | null {
  if (!same(node.attributes.axes, [-3, -1])) return null;
  const windows = windowsOf(node.operands[0], around);
  if (windows?.steps.length !== 2 || windows.steps.some(({ dilation }) => dilation !== 1)) return null;
  const sizes = windows.steps.map((own) => own.size);
  const known = sizes.map(constantOf);
  if (entries !== undefined && (known[0] ?? NaN) * (known[1] ?? NaN) !== entries) return null;
  const isTiling = windows.steps.every(({ stride }, k) => stride === known[k]);
  return {
    of: [windows.source],
    formula: ([x]) =>
      written(callee, [x, joined(sizes.map(size))], [
        ...(isTiling ? [] : option("stride", windows.steps.map(({ stride }) => number(stride)), null)),
        ...option("padding", windows.steps.map(({ padding }) => size(padding)), "0"),
      ]), // prettier-ignore
  };
}

/** sum / n or 1/n * sum for a number n. */
function meanOf(
  node: Node<"divide"> | Node<"multiply">,
): { readonly sum: Node<"reduce_sum">; readonly entries: number } | null {
  const [p, q] = node.operands;
  const [sum, factor] = is(p, "reduce_sum") ? [p, constantValue(q)] : [q, constantValue(p)];
  if (!is(sum, "reduce_sum") || factor === null || (is(node, "divide") && sum !== p)) return null;
  return { sum, entries: is(node, "divide") ? factor : 1 / factor };
}

function written(callee: string, positional: readonly Formula[], named: readonly Argument[]): Formula {
  return { kind: "call", callee, arguments: [...positional.map((value) => ({ name: null, value })), ...named] };
}

/** `stride = 2` or `stride = [2, 1]`; nothing where all are as without. */
function option(argument: string, values: readonly Formula[], preset: string | null): readonly Argument[] {
  if (preset !== null && values.every((value) => textOf(value) === preset)) return [];
  return [{ name: argument, value: joined(values) }];
}

/** One for all axes, or a list. */
function joined(values: readonly Formula[]): Formula {
  const isOne = values.every((value) => textOf(value) === textOf(values[0]));
  return isOne ? values[0] : { kind: "list", elements: values };
}

function size(dim: Dim): Formula {
  const known = constantOf(dim);
  return known === null ? name(printDim(dim)) : number(known);
}

function textOf(value: Formula): string {
  return value.kind === "number" ? String(value.value) : value.kind === "name" ? value.text : "";
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, k) => item === b[k]);
}
