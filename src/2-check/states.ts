/** `state` and `next` in layers and models: stored tensors that a training step changes. */
import type { Statement } from "../1-parse/ast.ts";
import { constantOf, printShape, shapesEqual } from "../ir/dim.ts";
import { select, broadcastTo } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { define } from "./bodies.ts";
import type { Checker } from "./checker.ts";
import { toReal, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import type { ModelState, ModelUnit } from "./model-unit.ts";
import { initialValue, storedShape } from "./parameters.ts";
import type { Scope } from "./scope.ts";
import { faulty, tensor, type Value } from "./value.ts";

type StateStatement = Extract<Statement, { readonly kind: "param" | "state" }>;
type NextStatement = Extract<Statement, { readonly kind: "next" }>;

/** Declares `state name: [shape] = init` in a layer or model. */
export function declareState(c: Checker, scope: Scope, statement: StateStatement): void {
  const { model } = c.unit;
  const { name } = statement;
  if (model === null || scope.prefix === null) return;
  const path = scope.prefix + name.text;
  const value = c.nested(name.span, () => stateValue(c, scope, model, statement, path));
  if (value.kind === "faulty") model.faultyPaths.set(path, name.span);
  define(c, scope, name, value);
}

function stateValue(c: Checker, scope: Scope, model: ModelUnit, statement: StateStatement, path: string): Value {
  const { name, type, initial } = statement;
  const shape = storedShape(c, scope, statement);
  const known = model.states.get(path);
  if (known !== undefined && model.isShared(path)) {
    if (shape === null) return faulty;
    if (shapesEqual(known.node.shape, shape)) return tensor(currentOf(c, model, known));
    const args = { path, first: printShape(known.node.shape), second: printShape(shape) };
    return c.fault("shared-shape", args, type?.span ?? name.span);
  }
  const other = known ?? model.parameters.get(path);
  if (other !== undefined) {
    return c.fault("path-twice", { path }, name.span, {
      related: [{ span: other.span, label: "the first is declared here" }],
    });
  }
  if (initial === null) {
    return c.fault("param-without-initial", { what: "state", name: name.text }, name.span, {
      help: "give it one, as in `= zeros`",
    });
  }
  if (shape === null) return faulty;
  const start = initialValue(c, scope, model, name.text, initial, shape);
  if (start === null) return faulty;
  const node = c.builder.create("parameter", [], {
    name: `state.${path}`,
    type: { element: "real", shape },
    bound: null,
    held: "array",
  });
  c.note(tensor(node), name.span, name.text);
  const sizes = shape.map((dim) => constantOf(dim) ?? 0);
  model.states.set(path, { path, node, shape: sizes, initial: start, span: c.userSpan(name.span), next: null });
  return tensor(node);
}

/**
 * What another call of a shared layer finds: what the call before has made of the state, where a step runs; elsewhere no
 * state changes.
 */
function currentOf(c: Checker, model: ModelUnit, { node, next }: ModelState): Node {
  if (next === null) return node;
  return select(c.builder, broadcastTo(c.builder, model.trainingFlag(), node.shape), next, node);
}

/** `next name = value`: what the state becomes when a step ends; until then the body reads what it was. */
export function setNext(c: Checker, scope: Scope, statement: NextStatement): void {
  const { model } = c.unit;
  const { name, value } = statement;
  if (model === null || scope.prefix === null) return;
  const result = evaluate(c, scope, value);
  const path = scope.prefix + name.text;
  const state = model.states.get(path);
  if (state === undefined) {
    if (scope.find(name.text)?.value.kind !== "faulty") c.fault("next-without-state", { name: name.text }, name.span);
    return;
  }
  if (scope.next.has(name.text)) {
    c.fault("defined-twice", { name: `next ${name.text}` }, name.span);
    return;
  }
  scope.next.add(name.text);
  const what = `\`next ${name.text}\``;
  const x = toTensor(c, result, value.span, what);
  if (x === null) return;
  if (!shapesEqual(x.node.shape, state.node.shape)) {
    const args = { what, wanted: printShape(state.node.shape), found: printShape(x.node.shape) };
    c.fault("wrong-shape", args, value.span);
    return;
  }
  model.states.set(path, { ...state, next: toReal(c, x.node) });
}
