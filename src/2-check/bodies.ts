/** The statements of functions and layers. */
import type { Block, Expression, Name, Statement } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Checker } from "./checker.ts";
import { isKnown } from "./constants.ts";
import { evaluate } from "./expressions.ts";
import { layerNamesOf, makeInstance } from "./layers.ts";
import { marked } from "./marks.ts";
import { declareParameter } from "./parameters.ts";
import type { Place, Scope } from "./scope.ts";
import { declareState, setNext } from "./states.ts";
import { runUntyped } from "./unused.ts";
import { faulty, type Value } from "./value.ts";

/** Elaborates the body of a function, layer or initializer; its value is what `return` gives. */
export function runBody(c: Checker, scope: Scope, block: Block, name: Name): Value {
  const start = block.statements.find((statement) => statement.kind === "return");
  if (start === undefined) {
    for (const statement of announce(scope, block)) runStatement(c, scope, statement);
    return c.fault("no-return", { name: name.text }, name.span, { help: "end the body with `return ...`" });
  }
  let result: Value = faulty;
  let done = false;
  for (const statement of announce(scope, block)) {
    if (done) {
      c.fault("unreachable", {}, statement.span);
      break;
    }
    if (statement.kind === "return") {
      result = returned(c, scope, statement);
      done = true;
    } else runStatement(c, scope, statement);
  }
  return result;
}

/** Makes the names that the block defines known as "later"; gives its statements. */
export function announce(scope: Scope, block: Block): readonly Statement[] {
  for (const statement of block.statements) {
    for (const { text, span } of namesOf(statement)) if (!scope.later.has(text)) scope.later.set(text, span);
  }
  return block.statements;
}

function namesOf(statement: Statement): readonly Name[] {
  switch (statement.kind) {
    case "let":
      return statement.targets;
    case "const":
    case "hyper":
    case "input":
    case "target":
    case "param":
    case "state":
    case "use":
      return [statement.name];
    case "output":
      return statement.value === null ? [] : [statement.name];
    default:
      return [];
  }
}

function returned(c: Checker, scope: Scope, statement: Extract<Statement, { readonly kind: "return" }>): Value {
  scope.layers = scope.prefix === null ? null : layerNamesOf(c, scope, statement.values, null);
  const values = statement.values.map((value) => evaluate(c, scope, value));
  scope.layers = null;
  const [first] = values;
  if (values.length === 1) return first;
  if (values.some((value) => value.kind === "faulty")) return faulty;
  for (const [k, value] of values.entries()) {
    if (value.kind === "tuple") {
      return c.fault("several-values", { what: "this", count: value.values.length }, statement.values[k].span);
    }
  }
  return { kind: "tuple", values, names: statement.values.map(nameOfResult) };
}

function nameOfResult(e: Expression): string | null {
  let at = e;
  while (at.kind === "group") at = at.body;
  return at.kind === "name" ? at.name : null;
}

/** A statement that may stand in any body; others are reported as misplaced. */
export function runStatement(c: Checker, scope: Scope, statement: Statement): void {
  switch (statement.kind) {
    case "let":
      runLet(c, scope, statement);
      return;
    case "const": {
      const value = c.set.get(statement) ?? evaluate(c, scope, statement.value);
      define(c, scope, statement.name, knownConst(c, statement.name, value));
      return;
    }
    case "param":
      if (scope.place !== "layer" && scope.place !== "model") break;
      if (c.untyped) runUntyped(c, scope, statement);
      else declareParameter(c, scope, statement);
      return;
    case "use":
      if (scope.place !== "layer" && scope.place !== "model") break;
      makeInstance(c, scope, statement);
      return;
    case "state":
      if (scope.place !== "layer" && scope.place !== "model") break;
      if (c.untyped) runUntyped(c, scope, statement);
      else declareState(c, scope, statement);
      return;
    case "next":
      if (scope.place !== "layer" && scope.place !== "model") break;
      if (c.untyped) runUntyped(c, scope, statement);
      else setNext(c, scope, statement);
      return;
    default:
      break;
  }
  misplaced(c, scope, statement);
}

const belongs: Readonly<Record<Statement["kind"], string>> = {
  let: "any body",
  const: "any body",
  return: "a function, layer or initializer",
  hyper: "a model",
  input: "a model",
  target: "a model",
  output: "a model",
  loss: "a model",
  metric: "a model",
  train: "a model",
  param: "a layer or model",
  state: "an optimizer, layer or model",
  next: "an optimizer, layer, model or loop",
  use: "a layer or model",
};

const placeNames: Readonly<Record<Place, string>> = {
  const: "a const",
  fn: "a function",
  layer: "a layer",
  model: "a model",
  initializer: "an initializer",
  optimizer: "an optimizer",
};

/** Reports a statement that has no place here; what it would define is faulty. */
export function misplaced(c: Checker, scope: Scope, statement: Statement): void {
  const word = statement.kind === "param" && statement.frozen ? "frozen param" : statement.kind;
  c.fault(
    "misplaced-statement",
    {
      statement: word,
      where: scope.loop === null ? placeNames[scope.place] : `the body of \`${scope.loop}\``,
      belongs: belongs[statement.kind],
    },
    statement.span,
  );
  for (const name of namesOf(statement)) scope.bind(name.text, faulty, name.span);
}

/** A const's value, or a fault where it depends on what a call brings. */
export function knownConst(c: Checker, name: Name, value: Value): Value {
  if (isKnown(value)) return value;
  return c.fault("const-not-known", { name: name.text }, name.span);
}

function runLet(c: Checker, scope: Scope, statement: Extract<Statement, { readonly kind: "let" }>): void {
  const [first] = statement.targets;
  const path = scope.prefix === null ? null : scope.prefix + first.text;
  const value = definition(c, scope, statement.value, path);
  bindTargets(c, scope, statement.targets, value, statement.span, path);
}

/** The value of a definition, whose layer calls have their parameters under `path`. */
export function definition(c: Checker, scope: Scope, e: Expression, path: string | null): Value {
  scope.layers = path === null ? null : layerNamesOf(c, scope, [e], path);
  const value = evaluate(c, scope, e);
  scope.layers = null;
  if (path !== null && value.kind === "faulty") c.unit.model?.faultyPaths.set(path, e.span);
  return value;
}

/** Binds one value, or several to as many names; `_` discards. */
export function bindTargets(
  c: Checker,
  scope: Scope,
  targets: readonly Name[],
  value: Value,
  span: Span,
  path: string | null,
): void {
  const [only] = targets;
  if (targets.length === 1) {
    const single =
      value.kind === "tuple" ? c.fault("value-count", { wanted: 1, found: value.values.length }, span) : value;
    define(c, scope, only, single, path);
    return;
  }
  const values = value.kind === "tuple" ? value.values : null;
  if (value.kind !== "faulty" && values?.length !== targets.length) {
    c.fault("value-count", { wanted: targets.length, found: values?.length ?? 1 }, span);
  }
  for (const [k, target] of targets.entries()) {
    const part = values?.length === targets.length ? values[k] : faulty;
    define(c, scope, target, part, k === 0 ? path : null);
  }
}

/** Binds a name of the block: a mark where a derivative refers to it. Twice is a fault that shows both places. */
export function define(c: Checker, scope: Scope, name: Name, value: Value, path: string | null = null): void {
  if (name.text === "_") return;
  const before = scope.names.get(name.text);
  if (before !== undefined) {
    c.fault("defined-twice", { name: name.text }, name.span, {
      related: [{ span: before.span, label: `\`${name.text}\` is defined here first` }],
    });
    return;
  }
  const bound = marked(c, scope, name.text, value, name.span);
  c.note(bound, name.span, name.text);
  scope.bind(name.text, bound, name.span, path);
}
