/** `[i < m, 1 <= j < n] -> expression`: the body with an index for each axis, lifted over all of their values. */
import type { Block, Expression } from "../1-parse/ast.ts";
import { add, constant as dimConstant, constantOf, equal, print, subtract, type Dim } from "../ir/dim.ts";
import { add as plus, dimension, reshape } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { addLeading, lift } from "../ir/lift.ts";
import { define, runBody } from "./bodies.ts";
import type { Checker } from "./checker.ts";
import { toDim, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { announceElements, marksOf } from "./marks.ts";
import { callsOpen } from "./recursion.ts";
import { Scope } from "./scope.ts";
import { namesIn } from "./types.ts";
import { dimValue, faulty, tensor, type TensorValue, type Value } from "./value.ts";

type MapExpression = Extract<Expression, { readonly kind: "map" }>;

interface Axis {
  /** Counts 0 .. size - 1. */
  readonly counter: Node<"parameter">;
  readonly from: Dim;
  readonly size: Dim;
  /** The index as the body sees it, of from .. to - 1. */
  readonly value: Value;
}

export function indexNotation(c: Checker, scope: Scope, e: MapExpression): Value {
  const axes = e.indices.map((index) => axisOf(c, scope, e, index));
  const known = axes.filter((axis) => axis !== null);
  const sizes = known.map(({ size }) => constantOf(size) ?? 0);
  // A recursion wants its integers: it ends by them, and equal calls are one.
  const isExpanded = known.length === axes.length && !sizes.includes(0) && callsOpen(c, scope.file, bodyOf(e));
  if (isExpanded) return expanded(c, scope, e, known, sizes);
  const value = valueFor(c, scope, e, axes.map((axis) => axis?.value ?? faulty)); // prettier-ignore
  if (known.length < axes.length) return faulty;
  return each(value, (one) => lifted(c, e, one, known));
}

function bodyOf(e: MapExpression): Block | Expression {
  return e.body.kind === "block" ? e.body.block : e.body.value;
}

/** A bound is a dim: the same for every value of the other indices. */
function boundOf(c: Checker, scope: Scope, e: MapExpression, index: string, of: Expression): Dim | null {
  const own = e.indices.map(({ name }) => name.text);
  const beside = namesIn(of).find(({ name }) => own.includes(name) && scope.find(name) === null);
  const value = beside === undefined ? evaluate(c, scope, of) : faulty;
  const outer = value.kind === "tensor" && c.indices.isKnown(value.node);
  if (beside === undefined && !outer) return toDim(c, value, of.span, "the bound of an index");
  const { source, start, end } = of.span;
  const text = source.text.slice(start, end);
  c.fault("index-bound-varies", { index, bound: text }, of.span, {
    help: `bound it by a dim and leave the rest to a condition: \`sum([${index} < n] -> if ${index} < i then ... else 0)\``,
  });
  return null;
}

/** The body's value where the indices have these. */
function valueFor(c: Checker, scope: Scope, e: MapExpression, indices: readonly Value[]): Value {
  const inner = new Scope({
    file: scope.file,
    place: scope.place,
    parent: scope,
    ...(e.body.kind === "block" ? { marks: marksOf(c, e.body.block) } : { marks: scope.marks, prefix: scope.prefix }),
  });
  inner.layers = scope.layers;
  e.indices.forEach(({ name }, k) => {
    define(c, inner, name, indices[k]);
  });
  announceElements(inner, bodyOf(e));
  if (e.body.kind !== "block") return evaluate(c, inner, e.body.value);
  const [first] = e.indices;
  const span = { ...first.name.span, end: e.indices[e.indices.length - 1].to.span.end };
  return runBody(c, inner, e.body.block, { text: `[${first.name.text} < ...] -> { ... }`, span });
}

/** `of` of a value, or of each of several. */
function each(value: Value, of: (one: Value, k: number) => Value): Value {
  if (value.kind !== "tuple") return of(value, 0);
  const values = value.values.map(of);
  return values.some((one) => one.kind === "faulty") ? faulty : { ...value, values };
}

/** The body elaborated for every index by itself, and stacked. */
function expanded(c: Checker, scope: Scope, e: MapExpression, axes: readonly Axis[], sizes: readonly number[]): Value {
  const results: Value[] = [];
  const count = sizes.reduce((p, n) => p * n, 1);
  for (let k = 0; k < count; k++) {
    c.spend(e.span);
    let rest = k;
    const places = [...sizes].reverse().map((size) => [rest % size, (rest = Math.floor(rest / size))][0]).reverse(); // prettier-ignore
    const indices = axes.map(({ from }, n) => dimValue(add(from, dimConstant(places[n]))));
    const result = valueFor(c, scope, e, indices);
    if (result.kind === "faulty") return faulty;
    results.push(result);
  }
  const shape = axes.map(({ size }) => size);
  return each(results[0], (_, k) => {
    return stacked(c, e, results.map((one) => (one.kind === "tuple" ? one.values[k] : one)), shape); // prettier-ignore
  });
}

/** Values of one shape as a tensor whose first axes, of the sizes `leading`, count them. */
function stacked(c: Checker, e: MapExpression, values: readonly Value[], leading: readonly Dim[]): Value {
  const list = toTensor(c, { kind: "list", elements: values, span: e.span }, e.span, "the body of index notation");
  return (
    (list && tensor(reshape(c.builder, list.node, [...leading, ...list.node.shape.slice(1)]), list.bound)) ?? faulty
  );
}

function axisOf(c: Checker, scope: Scope, e: MapExpression, index: MapExpression["indices"][number]): Axis | null {
  const bound = (of: Expression): Dim | null => boundOf(c, scope, e, index.name.text, of);
  const from = index.from === null ? dimConstant(0) : bound(index.from);
  const to = bound(index.to);
  if (from === null || to === null) return null;
  const size = subtract(to, from);
  const { text } = index.name;
  const { source, start, end } = e.span;
  const reason = `\`${source.text.slice(start, end).split("->")[0].trim()}\``;
  if (!c.require({ left: to, relation: ">=", right: from }, reason)) {
    c.fault("index-counts-down", { index: text, from: print(from), to: print(to) }, index.to.span);
    return null;
  }
  const counter = c.indices.create(text, size, true);
  const isShifted = !equal(from, dimConstant(0));
  const node = isShifted ? plus(c.builder, counter, dimension(c.builder, from)) : counter;
  return { counter, from, size, value: tensor(node, isShifted ? null : to) };
}

/** The value for each index, innermost last: of shape [indices.., its own]. */
function lifted(c: Checker, e: MapExpression, value: Value, axes: readonly Axis[]): TensorValue | typeof faulty {
  const x = toTensor(c, value, e.span, "the body of index notation");
  if (x === null) return faulty;
  let { node } = x;
  for (const { counter, size } of [...axes].reverse()) {
    const every = c.builder.create("iota", [], { size });
    const options = { onLift: c.origins.merge.bind(c.origins), draws: true };
    const [found] = lift(c.builder, [node], new Map([[counter, every]]), [size], options);
    node = found === node ? addLeading(c.builder, node, [size]) : found;
  }
  return tensor(node, x.bound);
}
