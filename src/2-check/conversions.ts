/** From values to what an operation wants: tensors, reals, integers, flags. */
import type { Span } from "../diagnostics/diagnostic.ts";
import {
  constant as dimConstant,
  constantOf,
  divideExact,
  equal,
  floorDivide,
  print,
  printShape,
  shapesEqual,
  type Dim,
  type Shape,
} from "../ir/dim.ts";
import { constant, convert, dimension, is, reshape } from "../ir/expressions.ts";
import type { ElementType, Node } from "../ir/graph.ts";
import type { Checker } from "./checker.ts";
import { tensor, type Ratio, type TensorValue, type Value } from "./value.ts";

/** How a value reads in messages: "an index tensor [n]". */
export function describe(value: Value): string {
  switch (value.kind) {
    case "tensor":
      return isLiteral(value.node) ? `the number ${value.node.attributes.value}` : describeType(value.node);
    case "dim":
      return constantOf(value.dim) === null ? `the dimension ${print(value.dim)}` : `the integer ${print(value.dim)}`;
    case "flag":
      return `\`${value.value}\``;
    case "text":
      return "a text";
    case "list":
      return "a list";
    case "all":
      return "`all`";
    case "tuple":
      return `${value.values.length} values`;
    case "faulty":
      return "a faulty expression";
  }
}

/** "a number", "a tensor [n, 3]", "an index tensor [batch]". */
export function describeType(type: { readonly element: ElementType; readonly shape: Shape }): string {
  if (type.shape.length === 0) return { real: "a number", index: "an integer", bool: "a bool" }[type.element];
  const shape = printShape(type.shape);
  return { real: `a tensor ${shape}`, index: `an index tensor ${shape}`, bool: `a bool tensor ${shape}` }[type.element];
}

/** The type of a value as an annotation: `[n, 3]`, `index[n]`, `number`. */
export function typeText(value: Value): string {
  switch (value.kind) {
    case "tensor": {
      const { element, shape } = value.node;
      if (shape.length === 0) return element === "real" ? "number" : element;
      return `${element === "real" ? "" : element}${printShape(shape)}`;
    }
    case "dim":
      return print(value.dim);
    case "flag":
      return String(value.value);
    case "list":
      return `[${value.elements.map(typeText).join(", ")}]`;
    case "text":
      return JSON.stringify(value.value);
    case "all":
      return "all";
    case "tuple":
      return `(${value.values.map(typeText).join(", ")})`;
    case "faulty":
      return "?";
  }
}

/** The value as a tensor; lists are stacked. Null after a fault was reported, or silently for a faulty value. */
export function toTensor(c: Checker, value: Value, span: Span, what = "this"): TensorValue | null {
  switch (value.kind) {
    case "tensor":
      return value;
    case "dim":
      return tensor(dimension(c.builder, value.dim));
    case "flag":
      return tensor(constant(c.builder, value.value ? 1 : 0, "bool"));
    case "list":
      return stackList(c, value, span);
    case "faulty":
      return null;
    case "tuple":
      c.fault("several-values", { what: "this", count: value.values.length }, span);
      return null;
    case "text":
    case "all":
      c.fault("wrong-kind", { what, wanted: "a number or tensor", found: describe(value) }, span);
      return null;
  }
}

function stackList(c: Checker, list: Extract<Value, { kind: "list" }>, span: Span): TensorValue | null {
  if (list.elements.length === 0) {
    c.fault("empty-list", {}, list.span);
    return null;
  }
  const parts = list.elements.map((element) =>
    c.nested(span, () => toTensor(c, element, list.span, "an element of a list")),
  );
  const nodes: Node[] = [];
  for (const part of parts) {
    if (part === null) return null;
    nodes.push(part.node);
  }
  const [first] = nodes;
  const other = nodes.find((node) => !shapesEqual(node.shape, first.shape));
  if (other !== undefined) {
    c.fault("list-mixed", { first: describeType(first), other: describeType(other) }, list.span);
    return null;
  }
  const element = commonElement(nodes);
  const rows = nodes.map((node) => reshape(c.builder, toElement(c, node, element), [dimConstant(1), ...node.shape]));
  const axis = -first.shape.length - 1;
  return tensor(rows.length === 1 ? rows[0] : c.builder.create("concat", rows, { axis }));
}

/** The widest element type: bool, then index, then real. */
export function commonElement(nodes: readonly Node[]): ElementType {
  if (nodes.some((node) => node.element === "real")) return "real";
  return nodes.some((node) => node.element === "index") ? "index" : "bool";
}

/** The same numbers under a wider element type; constants stay constants. */
export function toElement(c: Checker, node: Node, element: ElementType): Node {
  if (node.element === element) return node;
  if (is(node, "constant")) return constant(c.builder, node.attributes.value, element);
  return convert(c.builder, node, element);
}

export function toReal(c: Checker, node: Node): Node {
  return toElement(c, node, "real");
}

/** A dim, or the quotient of dims that a tensor is. */
export function ratioOf(value: Value): Ratio | null {
  if (value.kind === "dim") return { numerator: value.dim, denominator: dimConstant(1) };
  return value.kind === "tensor" ? (value.ratio ?? null) : null;
}

/** The integer that a dim is, or that a quotient of dims is for certain; null for anything else. */
export function exactDim(value: Value): Dim | null {
  const ratio = ratioOf(value);
  return ratio !== null && constantOf(ratio.denominator) === 1 ? ratio.numerator : null;
}

/**
 * The value as an integer known at compile time (a dim). A quotient of dims must be exact: proved, or required on entry.
 * Null after a fault was reported, or silently for a faulty value.
 */
export function toDim(c: Checker, value: Value, span: Span, what: string): Dim | null {
  if (value.kind === "dim") return value.dim;
  if (value.kind === "faulty") return null;
  const ratio = ratioOf(value);
  if (ratio === null) {
    reportNoDim(c, value, span, what);
    return null;
  }
  const { numerator, denominator } = ratio;
  const exact = divideExact(numerator, denominator);
  if (exact !== null) return exact;
  const [left, right] = [print(numerator), print(denominator)];
  if (!c.require({ left: denominator, relation: "divides", right: numerator }, `${left} / ${right}`)) {
    c.fault("dim-not-exact", { left, right }, span, { help: "`div(a, b)` rounds down" });
    return null;
  }
  return floorDivide(numerator, denominator);
}

function reportNoDim(c: Checker, value: Value, span: Span, what: string): void {
  if (value.kind !== "tensor" || value.node.element !== "index" || value.node.shape.length > 0) {
    const help =
      value.kind === "tensor" && is(value.node, "parameter") ? "it is an argument, known only in a call" : null;
    c.fault("not-an-integer", { what, found: describe(value) }, span, { help });
    return;
  }
  if (!c.indices.isKnown(value.node)) {
    c.fault("not-an-integer", { what, found: "one of a call" }, span);
    return;
  }
  const { source, start, end } = span;
  const found = `\`${source.text.slice(start, end)}\`, which an index counts`;
  c.fault("not-an-integer", { what, found }, span, { help: what === "a slice bound" ? windowHelp : countedHelp });
}

const windowHelp =
  "a window has an index of its own, as in `[k < 3] -> x[i + k]`; a part that grows has a condition, as in `sum([k < n] -> if k < i then x[k] else 0)`";
const countedHelp = "sizes and axes are the same for every value of an index";

/** A number as the user wrote or computed it at compile time. */
function isLiteral(node: Node): node is Node<"constant"> {
  return is(node, "constant") && node.element === "real";
}

/** An integer whose value is known, not merely a dim. */
export function toInteger(c: Checker, value: Value, span: Span, what: string): number | null {
  const dim = toDim(c, value, span, what);
  if (dim === null) return null;
  const number = constantOf(dim);
  if (number === null) c.fault("not-an-integer", { what, found: describe({ kind: "dim", dim }) }, span);
  return number;
}

/** NumPy's rule: aligned at the end, sizes equal or 1. Null where the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let k = 0; k < rank; k++) {
    const fromEnd = rank - k;
    const p = fromEnd <= a.length ? a[a.length - fromEnd] : null;
    const q = fromEnd <= b.length ? b[b.length - fromEnd] : null;
    if (p !== null && (q === null || equal(p, q) || constantOf(q) === 1)) result.push(p);
    else if (q !== null && (p === null || constantOf(p) === 1)) result.push(q);
    else return null;
  }
  return result;
}
