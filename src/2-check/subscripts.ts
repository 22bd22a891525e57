/** `x[i]`, `x[a:b:s]`, `E[words]`, with NumPy's meaning; on symbolic dims bounds are requirements instead of clamping. */
import type { Expression, Subscript } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import {
  add,
  constant as dimConstant,
  constantOf,
  decide,
  equal,
  floorDivide,
  isNonNegative,
  maximum,
  negate,
  print,
  printShape,
  substitute,
  subtract,
  symbol,
  symbolsOf,
  type Dim,
  type Shape,
} from "../ir/dim.ts";
import {
  broadcastTo,
  constantValue,
  dimension,
  is,
  pad,
  reshape,
  slice,
  topological,
  transpose,
} from "../ir/expressions.ts";
import type { Node, PadAxis, SliceAxis } from "../ir/graph.ts";
import { isInside } from "../ir/index-range.ts";
import type { Checker } from "./checker.ts";
import { broadcastShapes, describe, toDim, toInteger, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { elementKey, markValue } from "./marks.ts";
import type { Scope } from "./scope.ts";
import { namesIn } from "./types.ts";
import { faulty, tensor, type TensorValue, type Value } from "./value.ts";

type SubscriptExpression = Extract<Expression, { readonly kind: "subscript" }>;

/** What one subscript does with its axis. `drop`: the axis, sliced to one entry, goes. `around`: zeros beside it, which the index counts. */
type Choice =
  | { readonly kind: "slice"; readonly axis: SliceAxis | null; readonly drop: boolean }
  | { readonly kind: "gather"; readonly index: TensorValue; readonly around?: PadAxis };

const zero = dimConstant(0);
const one = dimConstant(1);

export function subscript(c: Checker, scope: Scope, e: SubscriptExpression): Value {
  const key = elementKey(e);
  const holder = key === null ? null : scope.withElement(key);
  if (key === null || holder === null) return entriesOf(c, scope, e);
  const known = holder.elements.get(key) ?? markValue(c, key, entriesOf(c, scope, e), e.span);
  holder.elements.set(key, known);
  return known;
}

function entriesOf(c: Checker, scope: Scope, e: SubscriptExpression): Value {
  const object = evaluate(c, scope, e.object);
  const indices = e.subscripts.map((s) => (s.kind === "at" ? indexValue(c, scope, s.index) : null));
  if (object.kind === "list" && e.subscripts.length === 1 && indices[0]?.kind === "dim") {
    return elementOf(c, object, e, indices[0].dim);
  }
  const x = toTensor(c, object, e.object.span, "a subscript");
  if (x === null) return faulty;
  const { shape } = x.node;
  if (e.subscripts.length > shape.length) {
    const args = { found: e.subscripts.length, rank: shape.length, shape: printShape(shape) };
    return c.fault("too-many-subscripts", args, e.span);
  }
  const choices: Choice[] = [];
  let sound = true;
  for (const [k, s] of e.subscripts.entries()) {
    const choice =
      s.kind === "at" ? chosen(c, scope, e, s.index, indices[k] ?? faulty, shape[k]) : sliced(c, scope, e, s, shape[k]);
    if (choice === null) sound = false;
    else choices.push(choice);
  }
  if (!sound) return faulty;
  return apply(c, e, x, choices);
}

/** What stands in a subscript; an unknown name there was meant as an index. */
function indexValue(c: Checker, scope: Scope, e: Expression): Value {
  const isUnknown = e.kind === "name" && scope.find(e.name) === null && scope.findLater(e.name) === null;
  if (!isUnknown || e.name.length > 1 || scope.file.items.has(e.name)) return evaluate(c, scope, e);
  return c.fault("unknown-name", { name: e.name }, e.span, {
    help: `an index is known in the body of its index notation: \`[${e.name} < n] -> ...\``,
  });
}

/** An element of a list that is still one: a shape, a list of tensors. */
function elementOf(c: Checker, list: Extract<Value, { kind: "list" }>, e: SubscriptExpression, dim: Dim): Value {
  const index = constantOf(dim);
  const size = list.elements.length;
  const element = index === null ? undefined : list.elements.at(index);
  if (index !== null && index >= -size && index < size && element !== undefined) return element;
  return c.fault("index-out-of-range", { index: print(dim), size: String(size) }, e.subscripts[0].span);
}

/** `x[i]`: one entry, or those that an index tensor names. */
function chosen(
  c: Checker,
  scope: Scope,
  e: SubscriptExpression,
  of: Expression,
  value: Value,
  size: Dim,
): Choice | null {
  const { span } = of;
  if (value.kind === "faulty") return null;
  if (value.kind === "dim" || (value.kind === "tensor" && value.ratio !== undefined)) {
    const index = toDim(c, value, span, "a subscript");
    if (index === null) return null;
    const start = entry(c, e, of, index, size);
    return start === null ? null : { kind: "slice", axis: { start, size: one, step: 1 }, drop: true };
  }
  const i = toTensor(c, value, span, "a subscript");
  if (i === null) return null;
  if (i.node.element === "bool") {
    c.fault("bool-subscript", {}, span, { help: "`where(condition, a, b)` chooses elementwise" });
    return null;
  }
  if (i.node.element === "real") {
    c.fault("index-wanted", { what: "a subscript", found: describe(i) }, span, { help: integerHelp(scope, of, i) });
    return null;
  }
  if (c.indices.isKnown(i.node)) return covered(c, e, of, i, size);
  if (i.bound !== null && decide({ left: size, relation: ">=", right: i.bound }) === false) {
    c.fault("index-bound", { what: "this", found: print(subtract(i.bound, one)), size: print(size) }, span);
    return null;
  }
  return checkEntries(c, value, size, span) ? { kind: "gather", index: i } : null;
}

/** How to make integers of the reals that stand in a subscript. */
function integerHelp(scope: Scope, e: Expression, { node }: TensorValue): string | null {
  const names = namesIn(e).map(({ name }) => scope.find(name)?.value);
  const isInteger = (value: Value | undefined): boolean => value?.kind === "dim" || (value?.kind === "tensor" && value.node.element === "index"); // prettier-ignore
  const isQuotient = topological([node]).some(({ primitive }) => primitive === "divide");
  if (isQuotient && names.every(isInteger)) return "`/` makes reals; `div(a, b)` divides integers and rounds down";
  if (!is(node, "parameter") || e.kind !== "name") return null;
  return `an argument that holds integers is declared as \`${e.name}: index(n)${node.shape.length === 0 ? "" : printShape(node.shape)}\``;
}

/** A subscript of indices and dims: it lies in the axis for certain, or by requirement. */
function covered(c: Checker, e: SubscriptExpression, of: Expression, i: TensorValue, size: Dim): Choice | null {
  const { builder: b } = c;
  const [anywhere, here] = [c.indices.range(i.node, false), c.indices.range(i.node, true)];
  if (anywhere === null || here === null) return { kind: "gather", index: tensor(c.indices.chosen(i.node), null) };
  if (isInside(anywhere, size)) return { kind: "gather", index: i };
  const last = subtract(size, one);
  const isNowhere = c.indices.isNowhere();
  const sound =
    isNowhere ||
    (!isHopeless(here.low) &&
      !isHopeless(subtract(last, here.high)) &&
      c.require({ left: here.low, relation: ">=", right: zero }, textOf(e)) &&
      c.require({ left: last, relation: ">=", right: here.high }, textOf(e)));
  if (!sound) {
    const { start, end, source } = of.span;
    const args = { index: source.text.slice(start, end), low: print(here.low), high: print(here.high) };
    const help =
      "bound the index, as in `[1 <= i < n] -> x[i - 1]`, or guard it, as in `if i > 0 then x[i - 1] else 0`";
    c.fault("index-range", { ...args, size: print(size), last: print(last) }, of.span, { help });
    return null;
  }
  const isNarrower = isNowhere || !equal(anywhere.low, here.low) || !equal(anywhere.high, here.high);
  if (!isNarrower) return { kind: "gather", index: i };
  // Where the condition does not hold the value is not selected: any element serves, or a zero.
  if (c.indices.isWalk(i.node)) {
    const around = { low: maximum(negate(anywhere.low), zero), high: maximum(subtract(anywhere.high, last), zero), interior: 0 }; // prettier-ignore
    const moved = b.create("add", [i.node, broadcastTo(b, dimension(b, around.low), i.node.shape)], {});
    return { kind: "gather", index: tensor(moved, add(size, add(around.low, around.high))), around };
  }
  const below = b.create("minimum", [i.node, broadcastTo(b, dimension(b, last), i.node.shape)], {});
  const clamped = b.create("maximum", [below, broadcastTo(b, dimension(b, zero), i.node.shape)], {});
  return { kind: "gather", index: tensor(clamped, size) };
}

/** Whether a dim that should not be negative is so for all sizes but 0 and 1: nobody means that. */
function isHopeless(margin: Dim): boolean {
  const moved = [...symbolsOf(margin)].map((name) => [name, add(symbol(name), dimConstant(2))] as const);
  return isNonNegative(subtract(negate(substitute(margin, new Map(moved))), one)) === true;
}

/** Literal entries of a list are checked here. */
function checkEntries(c: Checker, value: Value, size: Dim, span: Span): boolean {
  if (value.kind === "list") return value.elements.every((element) => checkEntries(c, element, size, span));
  const index =
    value.kind === "dim" ? constantOf(value.dim) : value.kind === "tensor" ? constantValue(value.node) : null;
  const count = constantOf(size);
  if (index === null || (index >= 0 && (count === null || index < count))) return true;
  c.fault("index-out-of-range", { index: String(index), size: print(size) }, span);
  return false;
}

/** The place of a known index, negative ones counted from the end. */
function entry(c: Checker, e: SubscriptExpression, of: Expression, index: Dim, size: Dim): Dim | null {
  const fromEnd = isNonNegative(index) === false;
  const place = fromEnd ? add(size, index) : index;
  const reason = textOf(e);
  const sound =
    c.require({ left: place, relation: ">=", right: zero }, reason) &&
    c.require({ left: size, relation: ">=", right: add(place, one) }, reason);
  if (sound) return place;
  c.fault("index-out-of-range", { index: print(index), size: print(size) }, of.span);
  return null;
}

/** What a requirement came from. */
function textOf(e: SubscriptExpression): string {
  const { start, end, source } = e.span;
  return `\`${source.text.slice(start, end).replace(/\s+/gu, " ")}\``;
}

/** `a:b:s`: on an axis of known size bounds clamp as NumPy's do; else they are requirements. */
function sliced(
  c: Checker,
  scope: Scope,
  e: SubscriptExpression,
  s: Extract<Subscript, { readonly kind: "slice" }>,
  size: Dim,
): Choice | null {
  const bound = (of: Expression | null): Dim | null | undefined =>
    of === null ? undefined : toDim(c, evaluate(c, scope, of), of.span, "a slice bound");
  const step = s.step === null ? 1 : toInteger(c, evaluate(c, scope, s.step), s.step.span, "the step of a slice");
  const start = bound(s.start);
  const stop = bound(s.stop);
  if (step === null || start === null || stop === null) return null;
  if (step === 0) {
    c.fault("slice-step", {}, s.step?.span ?? s.span);
    return null;
  }
  if (start === undefined && stop === undefined && step === 1) return { kind: "slice", axis: null, drop: false };
  const [length, from, to] = [constantOf(size), start && constantOf(start), stop && constantOf(stop)];
  const axis =
    length !== null && from !== null && to !== null
      ? clampedSlice(length, from, to, step)
      : requiredSlice(c, e, s, size, start, stop, step);
  return axis === null ? null : { kind: "slice", axis, drop: false };
}

/** Python's slice.indices. */
function clampedSlice(length: number, start: number | undefined, stop: number | undefined, step: number): SliceAxis {
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (at: number | undefined, otherwise: number): number =>
    at === undefined ? otherwise : Math.min(Math.max(at < 0 ? at + length : at, low), high);
  const from = clamp(start, step > 0 ? low : high);
  const to = clamp(stop, step > 0 ? high : low);
  const size = Math.max(0, Math.ceil((to - from) / step));
  return { start: dimConstant(size === 0 ? 0 : from), size: dimConstant(size), step };
}

/** A slice whose bounds lie in the axis by requirement. */
function requiredSlice(
  c: Checker,
  e: SubscriptExpression,
  s: Extract<Subscript, { readonly kind: "slice" }>,
  size: Dim,
  start: Dim | undefined,
  stop: Dim | undefined,
  step: number,
): SliceAxis | null {
  const place = (at: Dim): Dim => (isNonNegative(at) === false ? add(size, at) : at);
  const forward = step > 0;
  const last = subtract(size, one);
  const from = start === undefined ? (forward ? zero : last) : place(start);
  const to = stop === undefined ? (forward ? size : dimConstant(-1)) : place(stop);
  const [low, high] = forward ? [from, to] : [to, from];
  // Forward: 0 <= from <= to <= size. Backward: -1 <= to <= from <= size - 1.
  const needs: readonly (readonly [Dim, Dim])[] = [
    [low, forward ? zero : dimConstant(-1)],
    [high, low],
    [forward ? size : last, high],
  ];
  for (const [left, right] of needs) {
    if (c.require({ left, relation: ">=", right }, textOf(e))) continue;
    const slice = e.span.source.text.slice(s.span.start, s.span.end);
    c.fault("slice-bounds", { slice, size: print(size), requirement: `${print(left)} >= ${print(right)}` }, s.span);
    return null;
  }
  const length = subtract(high, low);
  const stride = Math.abs(step);
  const count = stride === 1 ? length : floorDivide(add(length, dimConstant(stride - 1)), dimConstant(stride));
  return { start: from, size: count, step };
}

/** Slices first, then drops axes of single entries, then gathers. */
function apply(c: Checker, e: SubscriptExpression, x: TensorValue, choices: readonly Choice[]): Value {
  const { builder: b } = c;
  const { shape } = x.node;
  const axes = shape.map((size, k): SliceAxis => {
    const choice = choices.at(k);
    const whole: SliceAxis = { start: zero, size, step: 1 };
    return k < choices.length && choice?.kind === "slice" ? (choice.axis ?? whole) : whole;
  });
  const isWhole = (axis: SliceAxis, k: number): boolean =>
    axis.step === 1 && equal(axis.start, zero) && equal(axis.size, shape[k]);
  const first = axes.findIndex((axis, k) => !isWhole(axis, k));
  const cut = first < 0 ? x.node : slice(b, x.node, axes.slice(first));
  const dropped = (k: number): boolean => {
    const choice = choices.at(k);
    return k < choices.length && choice?.kind === "slice" && choice.drop;
  };
  const kept = reshape(
    b,
    cut,
    cut.shape.filter((_, k) => !dropped(k)),
  );
  const places = choices.flatMap((choice, k) => (choice.kind === "gather" ? [k] : []));
  const indices = choices.flatMap((choice) => (choice.kind === "gather" ? [choice.index.node] : []));
  if (indices.length === 0) return tensor(kept, x.bound);
  const axesOf = places.map((place) => choices.slice(0, place).filter((_, k) => !dropped(k)).length);
  const around = kept.shape.map((_, axis): PadAxis => {
    const choice = choices.at(places.at(axesOf.indexOf(axis)) ?? -1);
    const zeros = axesOf.includes(axis) && choice?.kind === "gather" ? choice.around : undefined;
    return zeros ?? { low: zero, high: zero, interior: 0 };
  });
  const isPadded = around.some(({ low, high }) => !equal(low, zero) || !equal(high, zero));
  const padded = isPadded ? pad(b, kept, around) : kept;
  const common = indices.map(({ shape }) => shape).reduce<Shape | null>((p, q) => p && broadcastShapes(p, q), []);
  if (common === null) {
    const [left, right] = indices.map((index) => printShape(index.shape));
    return c.fault("shapes-differ", { operator: "[]", left, right }, e.span);
  }
  // NumPy: an integer that a slice separates from the index tensor moves the new axes to the front.
  const advanced = choices.flatMap((choice, k) => (choice.kind === "gather" || dropped(k) ? [k] : []));
  const apart = advanced[advanced.length - 1] - advanced[0] >= advanced.length;
  return tensor(gatherAlong(c, padded, axesOf, indices, common, apart), x.bound);
}

/** x with its axes `axes` replaced by the entries that `indices`, of the shape `common`, name; with `front` these stand first. */
function gatherAlong(
  c: Checker,
  x: Node,
  axes: readonly number[],
  indices: readonly Node[],
  common: Shape,
  front: boolean,
): Node {
  const { builder: b } = c;
  const rank = x.shape.length;
  const order = [...axes, ...[...x.shape.keys()].filter((k) => !axes.includes(k))];
  const turned = transpose(
    b,
    x,
    order.map((k) => k - rank),
  );
  const count = common.length;
  const picked = indices.reduce((from, index, k) => {
    return b.create("gather", [from, broadcastTo(b, index, common)], { batch: k === 0 ? 0 : count });
  }, turned);
  const [axis] = axes;
  if (axis === 0 || front) return picked;
  const total = picked.shape.length;
  const places = [...picked.shape.keys()];
  const back = [...places.slice(count, count + axis), ...places.slice(0, count), ...places.slice(count + axis)];
  return transpose(
    b,
    picked,
    back.map((k) => k - total),
  );
}
