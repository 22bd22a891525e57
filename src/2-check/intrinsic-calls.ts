/** Calls of built-in functions: arguments as their kinds want them. */
import type { Expression } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import {
  add,
  constant as dimConstant,
  constantOf,
  floorDivide,
  negate,
  print,
  printShape,
  type Dim,
} from "../ir/dim.ts";
import type { CallExpression, Given } from "./calls.ts";
import { evaluateArguments, matchArguments } from "./calls.ts";
import { Silent, type Checker } from "./checker.ts";
import { describe, exactDim, ratioOf, toDim, toInteger, toTensor } from "./conversions.ts";
import type {
  Intrinsic,
  IntrinsicContext,
  IntrinsicParameter,
  ParameterKinds,
  WrittenTensor,
  WrittenText,
} from "./intrinsics/intrinsic.ts";
import type { Scope } from "./scope.ts";
import { dimValue, faulty, type TensorValue, type Value } from "./value.ts";

type Converted = ParameterKinds[keyof ParameterKinds];

export function callIntrinsic(c: Checker, scope: Scope, e: CallExpression, intrinsic: Intrinsic): Value {
  const given = evaluateArguments(c, scope, e);
  const extreme = extremeOfDims(c, intrinsic, e, given);
  if (extreme !== null) return dimValue(extreme);
  const bound = matchArguments(c, e, given, parametersFor(intrinsic, e));
  if (bound === null || given.some(({ value }) => value.kind === "faulty")) return faulty;
  const argumentOf = ({ name, like, default: value }: IntrinsicParameter): Given => {
    const place = intrinsic.parameters.findIndex((parameter) => parameter.name === name);
    const other = intrinsic.parameters.findIndex((parameter) => parameter.name === like);
    return bound[place] ?? (other < 0 ? null : bound[other]) ?? { value: value ?? faulty, expression: e };
  };
  const all = intrinsic.parameters.map(argumentOf);
  const others = bound.slice(all.length).filter((argument) => argument !== null);
  const known = staticValue(intrinsic, all);
  if (known !== null) return dimValue(known);
  const context = contextOf(c, e);
  const args = new Map<string, Converted>();
  // Axes count from the end of the first tensor, which is converted first.
  let first: TensorValue | null = null;
  for (const tensors of [true, false]) {
    for (const [k, parameter] of intrinsic.parameters.entries()) {
      if ((parameter.kind === "tensor") !== tensors) continue;
      const isRest = parameter.kind === "operands";
      const value: Converted | null = isRest
        ? operandsOf(c, intrinsic.name, [all[k], ...others])
        : convertArgument(c, intrinsic.name, parameter, all[k], first);
      if (value === null) return faulty;
      args.set(parameter.name, value);
      if (tensors && first === null && typeof value === "object" && "node" in value) first = value;
    }
  }
  const result = intrinsic.elaborate(context, Object.fromEntries(args));
  if ("kind" in result) return result;
  return { kind: "tuple", values: result, names: result.map(() => null) };
}

/** The parameters, and one more for each argument that joins the operands. */
function parametersFor(
  { parameters }: Intrinsic,
  e: CallExpression,
): readonly { readonly name: string; readonly optional: boolean }[] {
  const own = parameters.map(({ name, like, default: value }) => ({ name, optional: (value ?? like) !== undefined }));
  if (parameters.at(-1)?.kind !== "operands") return own;
  const extra = e.arguments.filter((argument) => argument.name === null).length - own.length;
  return [...own, ...Array.from({ length: Math.max(0, extra) }, () => ({ name: "", optional: true }))];
}

/** `min(n, 3)` of integers: as a reduction it would be one of a scalar along an axis, which there is not. */
function extremeOfDims(c: Checker, intrinsic: Intrinsic, e: CallExpression, given: readonly Given[]): Dim | null {
  const name = intrinsic.name === "min" ? "minimum" : intrinsic.name === "max" ? "maximum" : null;
  if (name === null || given.length !== 2 || e.arguments.some((argument) => argument.name !== null)) return null;
  const dims = given.flatMap(({ value }) => (value.kind === "dim" ? [value.dim] : []));
  return dims.length === 2 ? (c.intrinsics.get(name)?.static?.(dims) ?? null) : null;
}

/** What integers and dims give at compile time. */
function staticValue(intrinsic: Intrinsic, all: readonly Given[]): Dim | null {
  if (all.length === 1 && (intrinsic.name === "floor" || intrinsic.name === "ceil")) {
    const ratio = ratioOf(all[0].value);
    if (ratio === null) return null;
    const { numerator, denominator } = ratio;
    if (intrinsic.name === "floor") return floorDivide(numerator, denominator);
    const size = constantOf(denominator);
    if (size === null || size < 1) return negate(floorDivide(negate(numerator), denominator));
    return floorDivide(add(numerator, dimConstant(size - 1)), denominator);
  }
  if (intrinsic.static === null) return null;
  const dims = all.flatMap(({ value }) => exactDim(value) ?? []);
  return dims.length === all.length ? intrinsic.static(dims) : null;
}

function contextOf(c: Checker, e: CallExpression): IntrinsicContext {
  return {
    builder: c.builder,
    require: (left, relation, right, reason) => {
      if (c.require({ left, relation, right }, reason)) return;
      const sign = relation === "divides" ? "to divide" : relation;
      const help = `it comes from: ${reason}`;
      c.fault("requirement", { requirement: `${print(left)} ${sign} ${print(right)}` }, e.span, { help });
      throw new Silent();
    },
    fault: (code, args, span, extras) => {
      c.fault(code, args, span, extras);
      return new Silent();
    },
    random: (shape) => {
      if (c.unit.model !== null) return c.unit.model.draw(shape);
      c.fault("draw-outside-model", {}, e.span);
      throw new Silent();
    },
    training: () => {
      if (c.unit.model !== null) return c.unit.model.trainingFlag();
      c.fault("draw-outside-model", {}, e.span);
      throw new Silent();
    },
    drawing: () => {
      if (c.unit.model !== null) return c.unit.model.drawingFlag();
      c.fault("draw-outside-model", {}, e.span);
      throw new Silent();
    },
  };
}

/** The argument as its kind wants it; null after a fault. */
function convertArgument(
  c: Checker,
  callee: string,
  { name, kind }: IntrinsicParameter,
  { value, expression }: Given,
  first: TensorValue | null,
): Converted | null {
  const { span } = expression;
  const what = `\`${name}\` of \`${callee}\``;
  const wrong = (wanted: string): null => {
    if (value.kind !== "faulty") c.fault("wrong-kind", { what, wanted, found: describe(value) }, span);
    return null;
  };
  switch (kind) {
    case "tensor":
      return toTensor(c, value, span, what);
    case "dim":
      return toDim(c, value, span, what);
    case "axis": {
      const axis = toInteger(c, value, span, what);
      return axis === null || first === null ? axis : axisOf(c, axis, first, span);
    }
    case "axes":
      return axesOf(c, value, first, span, what);
    case "shape":
    case "integers": {
      if (value.kind !== "list") {
        const only =
          value.kind === "dim" || ratioOf(value) !== null
            ? toDim(c, value, span, what)
            : wrong(kind === "shape" ? "a list of integers" : "an integer or a list of them");
        return only === null ? null : [only];
      }
      return dimsOf(c, value.elements, span, `an element of ${what}`);
    }
    case "sections":
      return value.kind === "list"
        ? dimsOf(c, value.elements, span, `an element of ${what}`)
        : toDim(c, value, span, what);
    case "pairs":
      return pairsOf(c, value, span, what);
    case "list": {
      const parts = value.kind === "list" ? value.elements : value.kind === "tuple" ? value.values : null;
      if (parts === null) return wrong("a list of tensors");
      const tensors: TensorValue[] = [];
      for (const part of parts) {
        const element = toTensor(c, part, span, `an element of ${what}`);
        if (element === null) return null;
        tensors.push(element);
      }
      return tensors;
    }
    case "text":
      return value.kind === "text" ? writtenText(value.value, expression) : wrong("a text");
    case "operands":
      return null;
    case "flag":
      return value.kind === "flag" ? value.value : wrong("`true` or `false`");
  }
}

/** Characters of a text that stands in the call have places of their own; others that of the argument. */
function writtenText(text: string, { kind, span }: Expression): WrittenText {
  const inside = span.start + 1;
  return {
    text,
    span: (from, to) => (kind === "text" ? { ...span, start: inside + from, end: inside + to } : span),
  };
}

/** The tensors that the rest of the arguments are; null after a fault. */
function operandsOf(c: Checker, callee: string, given: readonly Given[]): readonly WrittenTensor[] | null {
  const operands: WrittenTensor[] = [];
  for (const { value, expression } of given) {
    const operand = toTensor(c, value, expression.span, `an operand of \`${callee}\``);
    if (operand === null) return null;
    operands.push({ value: operand, span: expression.span });
  }
  return operands;
}

function dimsOf(c: Checker, elements: readonly Value[], span: Span, what: string): readonly Dim[] | null {
  const dims: Dim[] = [];
  for (const element of elements) {
    const dim = toDim(c, element, span, what);
    if (dim === null) return null;
    dims.push(dim);
  }
  return dims;
}

/** A negative axis of the tensor; null after a fault. */
function axisOf(c: Checker, axis: number, of: TensorValue, span: Span): number | null {
  const { shape } = of.node;
  const rank = shape.length;
  if (axis >= -rank && axis < rank) return axis < 0 ? axis : axis - rank;
  c.fault("axis-out-of-range", { axis, shape: printShape(shape), rank }, span);
  return null;
}

function axesOf(
  c: Checker,
  value: Value,
  first: TensorValue | null,
  span: Span,
  what: string,
): readonly number[] | null {
  if (value.kind === "all") return (first?.node.shape ?? []).map((_, k, { length }) => k - length);
  const axes: number[] = [];
  for (const element of value.kind === "list" ? value.elements : [value]) {
    const written = toInteger(c, element, span, what);
    const axis = written === null || first === null ? written : axisOf(c, written, first, span);
    if (axis === null || written === null) return null;
    if (axes.includes(axis)) {
      c.fault("axis-twice", { axis: written }, span);
      return null;
    }
    axes.push(axis);
  }
  return axes.sort((a, b) => a - b);
}

function pairsOf(c: Checker, value: Value, span: Span, what: string): readonly (readonly [Dim, Dim])[] | null {
  const pairs: (readonly [Dim, Dim])[] = [];
  for (const element of value.kind === "list" ? value.elements : [value]) {
    if (element.kind !== "list" || element.elements.length !== 2) {
      c.fault(
        "wrong-kind",
        { what, wanted: "pairs of integers, [[before, after], ...]", found: describe(element) },
        span,
      );
      return null;
    }
    const dims = dimsOf(c, element.elements, span, what);
    if (dims === null) return null;
    pairs.push([dims[0], dims[1] ?? dimConstant(0)]);
  }
  return pairs;
}
