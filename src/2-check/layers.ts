/** Layers: functions with parameters, whose paths follow from the definitions that call them. */
import type { Expression, LayerItem, Statement } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";
import { define, runBody } from "./bodies.ts";
import {
  evaluateArguments,
  frameOf,
  matchArguments,
  parameterList,
  type Bound,
  type CallExpression,
  type Given,
} from "./calls.ts";
import type { Checker } from "./checker.ts";
import { evaluate } from "./expressions.ts";
import { marksOf } from "./marks.ts";
import { isBroken, resolveCallee } from "./names.ts";
import { Scope, type Definition, type LayerInstance, type LayerNames } from "./scope.ts";
import { bindParameters } from "./types.ts";
import { faulty, type Value } from "./value.ts";

/**
 * The paths of the layer calls in a definition. One call has the definition's own path; several are named each by its layer, numbered in
 * the order of the text if equal. What a layer returns (`base` null) has no name, so that its calls are named by their layers too.
 */
export function layerNamesOf(c: Checker, scope: Scope, of: readonly Expression[], base: string | null): LayerNames {
  const calls = of.flatMap((e) => layerCalls(c, scope, e));
  const paths = new Map<Expression, string>();
  if (calls.length === 1 && base !== null) paths.set(calls[0], base);
  else {
    const prefix = base === null ? (scope.prefix ?? "") : `${base}.`;
    for (const [k, call] of calls.entries()) {
      const name = call.callee.text;
      const equal = calls.filter((other) => other.callee.text === name);
      const number =
        equal.length === 1 ? "" : String(calls.slice(0, k).filter((o) => o.callee.text === name).length + 1);
      paths.set(call, `${prefix}${name}${number}`);
    }
  }
  return { paths, base };
}

/** Calls of layers in the order of the text. What `repeat` holds is named by its rounds. */
function layerCalls(c: Checker, scope: Scope, e: Expression): readonly CallExpression[] {
  const found: CallExpression[] = [];
  const pending: SyntaxNode[] = [e];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if ("statements" in node) continue;
    pending.push(...[...childrenOf(node)].reverse());
    if (!("kind" in node) || node.kind !== "call" || scope.find(node.callee.text)?.instance != null) continue;
    const callee = resolveCallee(c, scope.file, node.callee.text);
    if (callee?.kind === "item" && callee.definition.item.kind === "layer") found.push(node);
  }
  return found.sort((p, q) => p.span.start - q.span.start);
}

export function callLayer(c: Checker, scope: Scope, e: CallExpression, definition: Definition<LayerItem>): Value {
  const { item } = definition;
  const name = item.name.text;
  const given = evaluateArguments(c, scope, e);
  if (c.untyped) {
    matchArguments(c, e, given, parameterList(item.parameters));
    return faulty;
  }
  const path = scope.layers?.paths.get(e) ?? null;
  if (c.unit.model === null || (scope.place !== "model" && scope.place !== "layer")) {
    const help = scope.place === "fn" ? "make this function a `layer`" : null;
    return c.fault("layer-outside-model", { name }, e.span, { help });
  }
  if (path === null && scope.loop !== null) {
    const help = `one for all rounds: \`use ${name}1 = ${name}(...)\` above the loop; one each: \`repeat\``;
    return c.fault("layer-in-loop", { name, word: scope.loop }, e.span, { help });
  }
  if (path === null) return c.fault("layer-in-expression", { name }, e.span);
  const bound = matchArguments(c, e, given, parameterList(item.parameters));
  if (bound === null || given.some(({ value }) => value.kind === "faulty")) return failed(c, path, e);
  return elaborateLayer(c, definition, bound, e, path);
}

function failed(c: Checker, path: string, e: CallExpression): Value {
  c.unit.model?.faultyPaths.set(path, e.span);
  return faulty;
}

function elaborateLayer(
  c: Checker,
  definition: Definition<LayerItem>,
  bound: Bound,
  e: CallExpression,
  path: string,
): Value {
  const { item, file } = definition;
  if (c.isOpen(item)) {
    return c.fault("recursion-of-layer", { name: item.name.text }, e.span, {
      help: "`repeat` makes layers of layers, each round with parameters of its own",
    });
  }
  const marks = marksOf(c, item.body);
  for (const name of marks) c.unit.model?.marks.add(`${path}.${name}`);
  const body = new Scope({ file, place: "layer", marks, prefix: `${path}.`, block: item.body });
  const names = item.parameters.map((parameter) => parameter.name.text);
  const label = path.slice(path.lastIndexOf(".") + 1);
  const frame = frameOf(definition, e, bound, names, label);
  if (!bindParameters(c, body, definition, bound, frame)) return failed(c, path, e);
  const result = c.inFrame(frame, () => runBody(c, body, item.body, item.name));
  return result.kind === "faulty" ? failed(c, path, e) : result;
}

/** `use enc = dense(units = 64)`: one instance, whose parameters every `enc(x)` shares. */
export function makeInstance(c: Checker, scope: Scope, statement: Extract<Statement, { readonly kind: "use" }>): void {
  const { name, value } = statement;
  if (value.kind !== "call") {
    c.fault("use-form", {}, value.span);
    define(c, scope, name, faulty);
    return;
  }
  const callee = resolveCallee(c, scope.file, value.callee.text);
  const item = callee?.kind === "item" ? callee.definition.item : null;
  if (callee?.kind !== "item" || item?.kind !== "layer") {
    if (!isBroken(scope.file, value.callee.text)) c.fault("use-form", {}, value.callee.span);
    define(c, scope, name, faulty);
    return;
  }
  const fixed = new Map<string, Given>();
  for (const argument of value.arguments) {
    if (argument.name === null) {
      c.fault("use-form", {}, argument.span);
      define(c, scope, name, faulty);
      return;
    }
    fixed.set(argument.name.text, { value: evaluate(c, scope, argument.value), expression: argument.value });
  }
  define(c, scope, name, faulty);
  const binding = scope.names.get(name.text);
  if (binding?.span !== name.span) return; // defined twice
  const path = (scope.prefix ?? "") + name.text;
  const definition = { item, file: callee.definition.file };
  c.unit.model?.shared.add(path);
  scope.names.set(name.text, { ...binding, path, instance: { definition, call: value, fixed, path } });
}

/** `enc(x)` */
export function callInstance(c: Checker, scope: Scope, e: CallExpression, instance: LayerInstance): Value {
  const { definition, fixed, path } = instance;
  const given = evaluateArguments(c, scope, e);
  const parameters = parameterList(definition.item.parameters);
  const free = parameters.filter(({ name }) => !fixed.has(name));
  const unknown = instance.call.arguments.find(({ name }) => !parameters.some((p) => p.name === name?.text));
  if (unknown?.name != null) {
    const args = { name: definition.item.name.text, argument: unknown.name.text };
    c.fault("unknown-argument", args, unknown.name.span);
    return failed(c, path, e);
  }
  const matched = matchArguments(c, e, given, free);
  const values = [...given, ...fixed.values()];
  if (matched === null || values.some(({ value }) => value.kind === "faulty")) return failed(c, path, e);
  const bound = parameters.map(({ name }) => fixed.get(name) ?? matched[free.findIndex((p) => p.name === name)]);
  return elaborateLayer(c, definition, bound, e, path);
}
