/** Calls: arguments against parameters; functions are elaborated at each call with what their arguments are. */
import type { Expression, FnItem, Parameter } from "../1-parse/ast.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { print as printDim } from "../ir/dim.ts";
import type { Node } from "../ir/graph.ts";
import { runBody } from "./bodies.ts";
import type { Checker, Frame } from "./checker.ts";
import { typeText } from "./conversions.ts";
import { derivativeCall } from "./derivatives.ts";
import { evaluate } from "./expressions.ts";
import { callIntrinsic } from "./intrinsic-calls.ts";
import { callInstance, callLayer } from "./layers.ts";
import { marksOf } from "./marks.ts";
import { isRecursive, mayEnd, newProgress } from "./recursion.ts";
import { candidates, isBroken, itemKind, resolveCallee } from "./names.ts";
import { Scope, type Definition } from "./scope.ts";
import { bindParameters } from "./types.ts";
import { faulty, type Value } from "./value.ts";

export type CallExpression = Extract<Expression, { readonly kind: "call" }>;

/** An argument with its value. */
export interface Given {
  readonly value: Value;
  readonly expression: Expression;
}

/** What a call says of one parameter; null: its default. */
export type Bound = readonly (Given | null)[];

export function call(c: Checker, scope: Scope, e: CallExpression): Value {
  const name = e.callee.text;
  const local = scope.find(name);
  if (local?.instance != null) return callInstance(c, scope, e, local.instance);
  const callee = resolveCallee(c, scope.file, name);
  if (callee === null) {
    for (const argument of e.arguments) evaluate(c, scope, argument.value);
    return unknownCallee(c, scope, e);
  }
  switch (callee.kind) {
    case "derivative":
      return derivativeCall(c, scope, e, callee.operator);
    case "intrinsic":
      return callIntrinsic(c, scope, e, callee.intrinsic);
    case "item": {
      const { item } = callee.definition;
      if (item.kind === "fn") return callFunction(c, scope, e, { item, file: callee.definition.file });
      if (item.kind === "layer") return callLayer(c, scope, e, { item, file: callee.definition.file });
      return c.fault("not-callable", { name, found: itemKind(item) }, e.callee.span);
    }
  }
}

/** What other languages call the size of a tensor. */
const sizeWords: ReadonlySet<string> = new Set(["len", "length", "size", "shape", "numel", "ndims"]);

function unknownCallee(c: Checker, scope: Scope, e: CallExpression): Value {
  const name = e.callee.text;
  const { span } = e.callee;
  if (isBroken(scope.file, name)) return faulty;
  const local = scope.find(name);
  if (local !== null) {
    if (local.value.kind === "faulty") return faulty;
    const related = [{ span: local.span, label: `\`${name}\` is defined here` }];
    return c.fault("not-callable", { name, found: "a value" }, span, { related, help: "write `*` to multiply" });
  }
  if (scope.file.initializers.has(name)) return c.fault("not-callable", { name, found: "an initializer" }, span);
  if (scope.file.optimizers.has(name)) return c.fault("not-callable", { name, found: "an optimizer" }, span);
  const help = sizeWords.has(name)
    ? "the size of an axis has a name in the type: with `x: [n]` it is `n`"
    : didYouMean(name, candidates(scope.file, "functions"));
  return c.fault("unknown-function", { name }, span, { help });
}

/** The arguments of a call, evaluated. */
export function evaluateArguments(c: Checker, scope: Scope, e: CallExpression): readonly Given[] {
  return e.arguments.map(({ value }) => ({ value: evaluate(c, scope, value), expression: value }));
}

/** Which argument each parameter takes; null after a fault. `optional` tells parameters that may be left out. */
export function matchArguments(
  c: Checker,
  e: CallExpression,
  given: readonly Given[],
  parameters: readonly { readonly name: string; readonly optional: boolean }[],
): Bound | null {
  const name = e.callee.text;
  const bound: (Given | null)[] = parameters.map(() => null);
  let named = false;
  let position = 0;
  for (const [k, argument] of e.arguments.entries()) {
    let index: number;
    if (argument.name === null) {
      if (named) {
        c.fault("positional-after-named", {}, argument.span);
        return null;
      }
      index = position++;
      if (index >= parameters.length) {
        c.fault("too-many-arguments", { name, wanted: parameters.length, found: e.arguments.length }, argument.span);
        return null;
      }
    } else {
      named = true;
      const { text } = argument.name;
      index = parameters.findIndex((parameter) => parameter.name === text);
      if (index < 0) {
        const names = parameters.map((parameter) => parameter.name);
        const help =
          didYouMean(text, names) ??
          (names.length === 0 ? null : `it takes ${names.map((n) => `\`${n}\``).join(", ")}`);
        c.fault("unknown-argument", { name, argument: text }, argument.name.span, { help });
        return null;
      }
    }
    const before = bound[index];
    if (before !== null) {
      const related = [{ span: before.expression.span, label: "first here" }];
      c.fault("argument-twice", { name, argument: parameters[index].name }, argument.span, { related });
      return null;
    }
    bound[index] = given[k];
  }
  const missing = parameters.find((parameter, k) => bound[k] === null && !parameter.optional);
  if (missing !== undefined) {
    c.fault("missing-argument", { name, argument: missing.name }, e.span);
    return null;
  }
  return bound;
}

/** Parameters of an item as matchArguments wants them. */
export function parameterList(
  parameters: readonly Parameter[],
): readonly { readonly name: string; readonly optional: boolean }[] {
  return parameters.map((parameter) => ({ name: parameter.name.text, optional: parameter.default !== null }));
}

/** The frame of a call, whose description tells the arguments' types. */
export function frameOf(
  definition: Definition,
  e: CallExpression,
  bound: Bound,
  names: readonly string[],
  label: string,
  progress = newProgress(),
): Frame {
  const describe = (): string => {
    const parts = bound.flatMap((given, k) => (given === null ? [] : [`${names[k]}: ${typeText(given.value)}`]));
    return `${e.callee.text}(${parts.join(", ")})`;
  };
  return { definition, call: e.span, describe, label, progress };
}

function callFunction(c: Checker, scope: Scope, e: CallExpression, definition: Definition<FnItem>): Value {
  const { item, file } = definition;
  const given = evaluateArguments(c, scope, e);
  const matched = matchArguments(c, e, given, parameterList(item.parameters));
  if (matched === null || given.some(({ value }) => value.kind === "faulty")) return faulty;
  // Calls with the same parts of a tensor are one, however the parts were cut out of it.
  const bound = isRecursive(c, definition) ? matched.map((argument) => argument && inNormalForm(c, argument)) : matched;
  const results = memoOf(c, item);
  const key = `${callKey(bound)} ${c.indices.keyFor(bound.flatMap((argument) => nodesOf(argument)))}`;
  const known = results.get(key);
  if (known !== undefined) {
    noteLibraryCall(c, definition, bound, known);
    return known;
  }
  const progress = newProgress(key, bound.map((argument) => argument?.value ?? null)); // prettier-ignore
  if (!mayEnd(c, e, definition, progress)) return faulty;
  const draws = c.unit.model?.draws ?? 0;
  const names = item.parameters.map((parameter) => parameter.name.text);
  const frame = frameOf(definition, e, bound, names, item.name.text, progress);
  const body = new Scope({ file, place: "fn", marks: marksOf(c, item.body) });
  if (!bindParameters(c, body, definition, bound, frame)) return faulty;
  const result = c.inFrame(frame, () => runBody(c, body, item.body, item.name));
  // Two draws at different places differ, so that a result with draws stands for this call alone.
  if ((c.unit.model?.draws ?? 0) === draws) results.set(key, result);
  noteLibraryCall(c, definition, bound, result);
  return result;
}

function inNormalForm(c: Checker, given: Given): Given {
  const { value } = given;
  return value.kind === "tensor" ? { ...given, value: { ...value, node: c.views.normal(value.node) } } : given;
}

/** Keeps what the user called by name, for explanations: inlining leaves no trace of it. */
function noteLibraryCall(c: Checker, { item, file }: Definition<FnItem>, bound: Bound, result: Value): void {
  if (!c.markAll || !file.prelude || c.insidePrelude || result.kind !== "tensor") return;
  const given = item.parameters.map(({ name }, k) => ({ parameter: name.text, value: argumentValue(bound[k]) }));
  c.origins.noteCall(result.node, { callee: item.name.text, arguments: given });
}

function argumentValue(given: Given | null): Node | string | null {
  if (given === null) return null;
  const { value } = given;
  switch (value.kind) {
    case "tensor":
      return value.node;
    case "dim":
      return printDim(value.dim);
    case "flag":
      return String(value.value);
    default: {
      const { source, start, end } = given.expression.span;
      return source.text.slice(start, end);
    }
  }
}

function memoOf(c: Checker, item: object): Map<string, Value> {
  const known = c.unit.memo.get(item);
  if (known !== undefined) return known;
  const fresh = new Map<string, Value>();
  c.unit.memo.set(item, fresh);
  return fresh;
}

function nodesOf(given: Given | null): readonly Node[] {
  return given?.value.kind === "tensor" && given.value.node.element === "index" ? [given.value.node] : [];
}

/** Calls of a function with equal keys give the same. */
export function callKey(bound: Bound): string {
  return bound.map((argument) => (argument === null ? "-" : memoKey(argument.value))).join(";");
}

function memoKey(value: Value): string {
  switch (value.kind) {
    case "tensor":
      return `t${value.node.id},${value.bound?.key ?? ""},${value.ratio?.numerator.key ?? ""}/${value.ratio?.denominator.key ?? ""}`;
    case "dim":
      return `d${value.dim.key}`;
    case "flag":
      return `f${value.value}`;
    case "text":
      return JSON.stringify(value.value);
    case "list":
      return `[${value.elements.map(memoKey).join(",")}]`;
    case "tuple":
      return `(${value.values.map(memoKey).join(",")})`;
    case "all":
    case "faulty":
      return value.kind;
  }
}
