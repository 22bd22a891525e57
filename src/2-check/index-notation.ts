/** `[i < m, 1 <= j < n] -> expression`: the body with an index for each axis, lifted over all of their values. */
import type { Body, Expression } from "../1-parse/ast.ts";
import { constant as dimConstant, equal, print, subtract, type Dim } from "../ir/dim.ts";
import { add as plus, dimension } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { addLeading, lift } from "../ir/lift.ts";
import { define, runBody } from "./bodies.ts";
import type { Checker } from "./checker.ts";
import { toDim, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { announceElements, marksOf } from "./marks.ts";
import { Scope } from "./scope.ts";
import { faulty, tensor, type TensorValue, type Value } from "./value.ts";

type MapExpression = Extract<Expression, { readonly kind: "map" }>;

interface Axis {
  /** Counts 0 .. size - 1. */
  readonly counter: Node<"parameter">;
  readonly size: Dim;
  /** The index as the body sees it, of from .. to - 1. */
  readonly value: Value;
}

export function indexNotation(c: Checker, scope: Scope, e: MapExpression): Value {
  const axes = e.indices.map((index) => axisOf(c, scope, e, index));
  const inner = new Scope({
    file: scope.file,
    place: scope.place,
    parent: scope,
    ...(e.body.kind === "block" ? { marks: marksOf(c, e.body.block) } : { marks: scope.marks, prefix: scope.prefix }),
  });
  inner.layers = scope.layers;
  e.indices.forEach(({ name }, k) => {
    define(c, inner, name, axes[k]?.value ?? faulty);
  });
  announceElements(inner, e.body.kind === "block" ? e.body.block : e.body.value);
  const value = bodyValue(c, inner, e.body, e.indices[0].name);
  const known = axes.filter((axis) => axis !== null);
  if (known.length < axes.length) return faulty;
  if (value.kind !== "tuple") return lifted(c, e, value, known);
  const values = value.values.map((one) => lifted(c, e, one, known));
  return values.some((one) => one.kind === "faulty") ? faulty : { ...value, values };
}

function axisOf(c: Checker, scope: Scope, e: MapExpression, index: MapExpression["indices"][number]): Axis | null {
  const bound = (of: Expression): Dim | null => toDim(c, evaluate(c, scope, of), of.span, "the bound of an index");
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
  const counter = c.indices.create(text, size);
  const isShifted = !equal(from, dimConstant(0));
  const node = isShifted ? plus(c.builder, counter, dimension(c.builder, from)) : counter;
  return { counter, size, value: tensor(node, isShifted ? null : to) };
}

function bodyValue(c: Checker, scope: Scope, body: Body, name: MapExpression["indices"][number]["name"]): Value {
  return body.kind === "block" ? runBody(c, scope, body.block, name) : evaluate(c, scope, body.value);
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
