/** `train adam(lr = 0.001)`: the optimizer elaborated once a parameter. */
import type { Block, OptimizerItem, Statement } from "../1-parse/ast.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { constantOf, printShape, shapesEqual, type Shape } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { announce, define, misplaced, runStatement } from "./bodies.ts";
import { frameOf, matchArguments, parameterList, type Bound, type CallExpression, type Given } from "./calls.ts";
import type { CheckedOptimizer, CheckedTensor } from "./checked.ts";
import type { Checker } from "./checker.ts";
import { constantNumber } from "./constants.ts";
import { describe, toReal, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { scalarParameter, type ModelParameter, type ModelUnit } from "./model-unit.ts";
import { candidates, isBroken, resolveOptimizer } from "./names.ts";
import { Scope, type Definition } from "./scope.ts";
import { declaredType } from "./types.ts";
import { faulty, tensor, type Value } from "./value.ts";

type Update = CheckedOptimizer["updates"][number];

/** What every optimizer call accepts besides its own parameters. */
const clipNorm = "clip_norm";

export function checkTrain(
  c: Checker,
  scope: Scope,
  model: ModelUnit,
  statement: Extract<Statement, { readonly kind: "train" }>,
  modelName: string,
): CheckedOptimizer | null {
  const e = statement.value;
  if (e.kind !== "call") {
    c.fault("train-form", {}, e.span);
    return null;
  }
  const definition = optimizerOf(c, scope, e);
  if (definition === null) return null;
  const { item } = definition;
  if (!hasForm(c, item)) return null;
  const bound = trainArguments(c, scope, model, e, item);
  if (bound === null) return null;
  const trained = [...model.parameters.values()].filter(({ frozen }) => !frozen);
  if (trained.length === 0) {
    if (model.faultyPaths.size === 0) c.fault("train-without-parameters", { name: modelName }, statement.span);
    return null;
  }
  const updates: Update[] = [];
  const own = ownParameters(item).map((parameter) => parameter.name.text);
  for (const parameter of trained) {
    const frame = frameOf(definition, e, bound.slice(0, own.length), own, item.name.text);
    const update = c.inFrame(frame, () => c.nested(e.span, () => updateOf(c, model, definition, bound, parameter)));
    if (update !== null) updates.push(update);
  }
  const clip = bound.at(-1)?.value ?? null;
  const clipNode = clip === null ? null : toTensor(c, clip, e.span, `\`${clipNorm}\``);
  const bounded = clipNode !== null && !(is(clipNode.node, "constant") && clipNode.node.attributes.value === Infinity);
  return { name: item.name.text, span: e.span, updates, clipNorm: bounded ? toReal(c, clipNode.node) : null };
}

function optimizerOf(c: Checker, scope: Scope, e: CallExpression): Definition<OptimizerItem> | null {
  const { text, span } = e.callee;
  const definition = resolveOptimizer(c, scope.file, text);
  if (definition !== null || isBroken(scope.file, text)) return definition;
  c.fault("unknown-optimizer", { name: text }, span, { help: didYouMean(text, candidates(scope.file, "optimizers")) });
  return null;
}

function ownParameters(item: OptimizerItem): OptimizerItem["parameters"] {
  return item.parameters.filter(({ name }) => name.text !== "p" && name.text !== "g");
}

function hasForm(c: Checker, item: OptimizerItem): boolean {
  const name = item.name.text;
  for (const wanted of ["p", "g"]) {
    if (item.parameters.some((parameter) => parameter.name.text === wanted)) continue;
    c.fault("optimizer-form", { name, why: `has no parameter \`${wanted}\`` }, item.name.span, {
      help: "`p` is the parameter trained, `g` its gradient: `optimizer name(p, g, lr) { ... }`",
    });
    return false;
  }
  if (item.body.statements.some((s) => s.kind === "next" && s.name.text === "p")) return true;
  c.fault("optimizer-form", { name, why: "never says what `p` becomes" }, item.name.span, {
    help: "add a line `next p = ...`",
  });
  return false;
}

/** The arguments in the order of the parameters, clip_norm last; plain numbers become hypers. */
function trainArguments(
  c: Checker,
  scope: Scope,
  model: ModelUnit,
  e: CallExpression,
  item: OptimizerItem,
): Bound | null {
  const inner = new Scope({ file: scope.file, place: "model", parent: scope });
  inner.bind("step", tensor(model.step), e.span);
  const own = parameterList(ownParameters(item));
  const parameters = own.some(({ name }) => name === clipNorm) ? own : [...own, { name: clipNorm, optional: true }];
  const given = e.arguments.map(({ value }): Given => ({ value: evaluate(c, inner, value), expression: value }));
  const bound = matchArguments(c, e, given, parameters);
  if (bound === null || given.some(({ value }) => value.kind === "faulty")) return null;
  const values: (Given | null)[] = [];
  for (const [k, argument] of bound.entries()) {
    const { name } = parameters[k];
    const value = argument === null ? null : trainArgument(c, model, name, argument);
    if (value?.kind === "faulty") return null;
    values.push(argument === null || value === null ? null : { ...argument, value });
  }
  return own.length === parameters.length
    ? [...values, values[own.findIndex(({ name }) => name === clipNorm)]]
    : values;
}

function trainArgument(c: Checker, model: ModelUnit, name: string, { value, expression }: Given): Value {
  if (value.kind === "flag") return value;
  const number = constantNumber(c, value);
  if (number === null) {
    if (value.kind === "tensor" && value.node.shape.length === 0) return value;
    return c.fault(
      "argument-value",
      { name: "train", argument: name, wanted: "a number", found: describe(value) },
      expression.span,
    );
  }
  const before = model.hypers.get(name);
  if (before !== undefined) {
    return c.fault("defined-twice", { name: `hyper.${name}` }, expression.span, {
      related: [{ span: before.span, label: `\`${name}\` is a hyper here` }],
      help: `write \`${name} = ${name}\` to use it`,
    });
  }
  const node = scalarParameter(c.builder, `hyper.${name}`, "real");
  c.note(tensor(node), expression.span, name);
  model.hypers.set(name, { initial: number, node, span: expression.span });
  return tensor(node);
}

interface State extends CheckedTensor {
  readonly name: string;
}

function updateOf(
  c: Checker,
  model: ModelUnit,
  { item, file }: Definition<OptimizerItem>,
  bound: Bound,
  parameter: ModelParameter,
): Update | null {
  const { shape } = parameter.node;
  const gradient = c.builder.create("parameter", [], {
    name: `gradient.${parameter.path}`,
    type: { element: "real", shape },
    bound: null,
    held: "array",
  });
  const scope = new Scope({ file, place: "optimizer" });
  scope.bind("step", tensor(model.step), item.name.span);
  let position = 0;
  for (const { name, default: preset } of item.parameters) {
    let value: Value;
    if (name.text === "p") value = tensor(parameter.node);
    else if (name.text === "g") value = tensor(gradient);
    else value = bound[position++]?.value ?? (preset === null ? faulty : evaluate(c, scope, preset));
    scope.bind(name.text, value, name.span);
  }
  const states: State[] = [];
  const next = new Map<string, Node>();
  if (!runOptimizer(c, scope, model, item.body, parameter, states, next)) return null;
  const updated = next.get("p");
  if (updated === undefined) return null;
  const all = states.map((state) => ({ ...state, next: next.get(state.name) ?? state.node }));
  const kept = needed(updated, all);
  return {
    parameter: parameter.path,
    gradient,
    next: updated,
    states: kept.map(({ path, node, shape: sizes, initial, span, next: value }) => ({
      path,
      node,
      shape: sizes,
      initial,
      span,
      next: value,
    })),
  };
}

/** States that `next p` depends on, in this step or through other states in later ones. */
function needed<S extends { readonly node: Node; readonly next: Node }>(
  updated: Node,
  states: readonly S[],
): readonly S[] {
  const kept = new Set<S>();
  let reached = new Set(topological([updated]));
  for (;;) {
    const more = states.filter((state) => !kept.has(state) && reached.has(state.node));
    if (more.length === 0) return states.filter((state) => kept.has(state));
    for (const state of more) kept.add(state);
    reached = new Set(topological([updated, ...[...kept].map((state) => state.next)]));
  }
}

/** Runs the statements; false after a fault. */
function runOptimizer(
  c: Checker,
  scope: Scope,
  model: ModelUnit,
  body: Block,
  parameter: ModelParameter,
  states: State[],
  next: Map<string, Node>,
): boolean {
  let sound = true;
  for (const statement of announce(scope, body)) {
    if (statement.kind === "state") {
      const state = declareState(c, scope, model, statement, parameter);
      if (state === null) sound = false;
      else states.push(state);
      define(c, scope, statement.name, state === null ? faulty : tensor(state.node));
    } else if (statement.kind === "next") {
      const node = nextValue(c, scope, statement, parameter, states);
      if (node === null) sound = false;
      else if (next.has(statement.name.text)) {
        c.fault("defined-twice", { name: `next ${statement.name.text}` }, statement.name.span);
      } else next.set(statement.name.text, node);
    } else if (statement.kind === "let" || statement.kind === "const") runStatement(c, scope, statement);
    else {
      misplaced(c, scope, statement);
      sound = false;
    }
  }
  return sound;
}

function nextValue(
  c: Checker,
  scope: Scope,
  { name, value }: Extract<Statement, { readonly kind: "next" }>,
  parameter: ModelParameter,
  states: readonly State[],
): Node | null {
  const state = states.find((other) => other.name === name.text);
  const result = evaluate(c, scope, value);
  if (name.text !== "p" && state === undefined) {
    if (scope.find(name.text)?.value.kind !== "faulty") c.fault("next-without-state", { name: name.text }, name.span);
    return null;
  }
  const x = toTensor(c, result, value.span, `\`next ${name.text}\``);
  if (x === null) return null;
  const wanted = (state ?? parameter).node.shape;
  if (shapesEqual(x.node.shape, wanted)) return toReal(c, x.node);
  const args = { what: `\`next ${name.text}\``, wanted: printShape(wanted), found: printShape(x.node.shape) };
  c.fault("wrong-shape", args, value.span);
  return null;
}

/** `state m = zeros_like(p)`: what it starts as sees `p` as that starts. */
function declareState(
  c: Checker,
  scope: Scope,
  model: ModelUnit,
  { name, type, initial }: Extract<Statement, { readonly kind: "param" | "state" }>,
  parameter: ModelParameter,
): State | null {
  if (initial === null) {
    c.fault("param-without-initial", { what: "state", name: name.text }, name.span, {
      help: "give it one, as in `= zeros_like(p)`",
    });
    return null;
  }
  const start = new Scope({ file: scope.file, place: "optimizer", parent: scope });
  if (parameter.initial !== null) start.bind("p", tensor(parameter.initial), name.span);
  const declared = type === null ? null : declaredType(c, scope, type, { symbols: false });
  if (type !== null && declared === null) return null;
  const value = model.whileInitial(() => evaluate(c, start, initial));
  const x = toTensor(c, value, initial.span, `the initial value of \`${name.text}\``);
  if (x === null) return null;
  const shape: Shape = declared?.shape ?? x.node.shape;
  if (!shapesEqual(shape, x.node.shape)) {
    const args = { name: name.text, wanted: printShape(shape), found: printShape(x.node.shape) };
    c.fault("initial-shape", args, initial.span);
    return null;
  }
  const node = toReal(c, x.node);
  const foreign = topological([node]).find((reached) => is(reached, "parameter") && reached !== model.seed);
  if (foreign !== undefined && is(foreign, "parameter")) {
    c.fault("initial-depends", { name: name.text, on: foreign.attributes.name }, initial.span);
    return null;
  }
  const path = `optimizer.${parameter.path}.${name.text}`;
  const stored = c.builder.create("parameter", [], {
    name: path,
    type: { element: "real", shape },
    bound: null,
    held: "array",
  });
  const sizes = shape.map((dim) => constantOf(dim) ?? 0);
  return { name: name.text, path, node: stored, shape: sizes, initial: node, span: c.userSpan(name.span) };
}
