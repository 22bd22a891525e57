/** `param` and `frozen param`: stored tensors with their initial values. */
import type { Expression, InitializerItem, Statement } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import {
  constant as dimConstant,
  constantOf,
  multiply,
  print,
  printShape,
  product,
  shapesEqual,
  symbolsOf,
  type Dim,
  type Shape,
} from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { define, runBody } from "./bodies.ts";
import { evaluateArguments, frameOf, matchArguments, parameterList, type Bound, type CallExpression } from "./calls.ts";
import type { Checker } from "./checker.ts";
import { describe, toReal, toTensor } from "./conversions.ts";
import { evaluate, guarded } from "./expressions.ts";
import { isKernel } from "./kernels.ts";
import { markValue } from "./marks.ts";
import type { ModelUnit } from "./model-unit.ts";
import { candidates, isBroken, resolveCallee, resolveInitializer } from "./names.ts";
import { Scope, type Definition } from "./scope.ts";
import { declaredType } from "./types.ts";
import { dimValue, faulty, tensor, type Value } from "./value.ts";

type Fans = readonly [fanIn: Dim, fanOut: Dim];
type ParamStatement = Extract<Statement, { readonly kind: "param" | "state" }>;

/** Declares `param name: [shape] = init` in a layer or model. */
export function declareParameter(c: Checker, scope: Scope, statement: ParamStatement): void {
  const { model } = c.unit;
  const { name } = statement;
  if (model === null || scope.prefix === null) return;
  const path = scope.prefix + name.text;
  const value = c.nested(name.span, () => parameterValue(c, scope, model, statement, path));
  if (value.kind === "faulty") model.faultyPaths.set(path, name.span);
  define(c, scope, name, value);
}

function parameterValue(c: Checker, scope: Scope, model: ModelUnit, statement: ParamStatement, path: string): Value {
  const { name, type, frozen, initial } = statement;
  const shape = storedShape(c, scope, statement);
  const known = model.parameters.get(path);
  const other = known ?? model.states.get(path);
  if (known !== undefined && model.isShared(path)) {
    if (shape === null) return faulty;
    const before = known.node.shape;
    if (shapesEqual(before, shape)) return known.value;
    const args = { path, first: printShape(before), second: printShape(shape) };
    return c.fault("shared-shape", args, type?.span ?? name.span);
  }
  if (other !== undefined) {
    return c.fault("path-twice", { path }, name.span, {
      related: [{ span: other.span, label: "the first is declared here" }],
    });
  }
  if (initial === null && !frozen) {
    const help = "give it one, as in `= zeros` or `= glorot_uniform`";
    return c.fault("param-without-initial", { what: "parameter", name: name.text }, name.span, { help });
  }
  if (shape === null) return faulty;
  const start = initial === null ? null : initialValue(c, scope, model, name.text, initial, shape);
  if (initial !== null && start === null) return faulty;
  const node = c.builder.create("parameter", [], {
    name: `params.${path}`,
    type: { element: "real", shape },
    bound: null,
    held: "array",
  });
  c.note(tensor(node), name.span, name.text);
  const marking = model.marks.has(path) || scope.marks.has(name.text);
  const value = marking ? markValue(c, name.text, tensor(node), name.span) : tensor(node);
  const sizes = shape.map((dim) => constantOf(dim) ?? 0);
  model.parameters.set(path, { path, node, shape: sizes, initial: start, span: c.userSpan(name.span), frozen, value });
  return value;
}

/** The shape of a stored tensor, which no symbol may decide. */
export function storedShape(c: Checker, scope: Scope, { kind, name, type }: ParamStatement): Shape | null {
  const declared = declaredType(c, scope, type, { symbols: false });
  if (declared === null) return null;
  const span = type?.span ?? name.span;
  if (declared.leading) {
    c.fault("leading-dims-here", { name: name.text }, span);
    return null;
  }
  if (declared.element !== "real") {
    c.fault("wrong-kind", { what: "a parameter", wanted: "reals", found: declared.element }, span);
    return null;
  }
  const symbols = [...new Set(declared.shape.flatMap((dim) => [...symbolsOf(dim)]))];
  if (symbols.length > 0) {
    c.fault("symbolic-parameter", { what: kind === "param" ? "parameter" : "state", name: name.text, shape: printShape(declared.shape), symbols }, span); // prettier-ignore
    return null;
  }
  if (Number(print(product(declared.shape))) > 2 ** 31) {
    c.fault("tensor-too-large", { shape: printShape(declared.shape), elements: print(product(declared.shape)) }, span);
    return null;
  }
  return declared.shape;
}

/** The initial value as a node over the seed alone; null after a fault. */
export function initialValue(
  c: Checker,
  scope: Scope,
  model: ModelUnit,
  name: string,
  initial: Expression,
  shape: Shape,
): Node | null {
  const mayBeKernel = scope.block !== null && shape.length > 2;
  const fans = fansOf(shape, mayBeKernel && isKernel(c, scope.file, scope.block, name));
  const value = model.whileInitial(() =>
    guarded(c, initial.span, () => initializerValue(c, scope, initial, shape, fans) ?? evaluate(c, scope, initial)),
  );
  const x = toTensor(c, value, initial.span, `the initial value of \`${name}\``);
  if (x === null) return null;
  if (!shapesEqual(x.node.shape, shape)) {
    const help = x.node.shape.length === 0 ? "`constant(value)` fills a shape" : null;
    const args = { name, wanted: printShape(shape), found: printShape(x.node.shape) };
    c.fault("initial-shape", args, initial.span, { help });
    return null;
  }
  const node = toReal(c, x.node);
  return isIndependent(c, model, name, node, initial.span) ? node : null;
}

/** An initial value is made before any call: of what calls bring, only the seed exists. */
function isIndependent(c: Checker, model: ModelUnit, name: string, node: Node, span: Span): boolean {
  for (const reached of topological([node])) {
    if (reached === model.seed) continue;
    if (!is(reached, "parameter") && !is(reached, "dimension")) continue;
    const on = is(reached, "parameter") ? (c.origins.nameOf(reached) ?? reached.attributes.name) : "a dimension";
    c.fault("initial-depends", { name, on }, span);
    return false;
  }
  return true;
}

/** What an initializer gives; null where the expression is none. */
function initializerValue(c: Checker, scope: Scope, e: Expression, shape: Shape, fans: Fans): Value | null {
  let at = e;
  while (at.kind === "group") at = at.body;
  if (at.kind === "name") {
    const { name, span } = at;
    if (scope.find(name) !== null || scope.file.items.get(name)?.item.kind === "const") return null;
    const definition = resolveInitializer(c, scope.file, name);
    if (definition === null) return unknownInitializer(c, scope, name, span);
    const call: CallExpression = { kind: "call", callee: { text: name, span }, arguments: [], span };
    return runInitializer(c, scope, definition, call, shape, fans);
  }
  if (at.kind !== "call") return null;
  const { text, span } = at.callee;
  const definition = resolveInitializer(c, scope.file, text);
  if (definition === null) {
    const other = scope.find(text) !== null || resolveCallee(c, scope.file, text) !== null;
    return other ? null : unknownInitializer(c, scope, text, span);
  }
  // `zeros([2, 3])` is the function of a shape.
  const first = at.arguments.at(0)?.value;
  if (first?.kind === "list" && resolveCallee(c, scope.file, text) !== null) return null;
  return runInitializer(c, scope, definition, at, shape, fans);
}

/** A bare name after `=` that stands for nothing was meant as an initializer. */
function unknownInitializer(c: Checker, scope: Scope, name: string, span: Span): Value | null {
  const { file } = scope;
  if (scope.findLater(name) !== null || isBroken(file, name) || file.items.has(name)) return null;
  const names = [...candidates(file, "initializers"), ...candidates(file, "functions"), ...scope.visible()];
  return c.fault("unknown-initializer", { name }, span, { help: didYouMean(name, names) });
}

function runInitializer(
  c: Checker,
  scope: Scope,
  definition: Definition<InitializerItem>,
  e: CallExpression,
  shape: Shape,
  [fanIn, fanOut]: Fans,
): Value {
  const { item, file } = definition;
  const given: ReadonlyMap<string, Value> = new Map<string, Value>([
    ["shape", { kind: "list", elements: shape.map(dimValue), span: e.span }],
    ["fan_in", dimValue(fanIn)],
    ["fan_out", dimValue(fanOut)],
  ]);
  const own = item.parameters.filter((parameter) => !given.has(parameter.name.text));
  const values = evaluateArguments(c, scope, e);
  const bound = matchArguments(c, e, values, parameterList(own));
  if (bound === null || values.some(({ value }) => value.kind === "faulty")) return faulty;
  const names = own.map((parameter) => parameter.name.text);
  const frame = frameOf(definition, e, bound, names, item.name.text);
  return c.inFrame(frame, () => initializerBody(c, { item, file }, bound, given));
}

function initializerBody(
  c: Checker,
  { item, file }: Definition<InitializerItem>,
  bound: Bound,
  given: ReadonlyMap<string, Value>,
): Value {
  const body = new Scope({ file, place: "initializer" });
  let position = 0;
  for (const { name, default: preset } of item.parameters) {
    const known = given.get(name.text);
    const argument = known === undefined ? bound[position++] : null;
    const value = known ?? argument?.value ?? (preset === null ? faulty : evaluate(c, body, preset));
    if (value.kind === "tuple")
      return c.fault("wrong-kind", { what: name.text, wanted: "a value", found: describe(value) }, name.span);
    body.bind(name.text, value, name.span);
  }
  return runBody(c, body, item.body, item.name);
}

/** fan_in and fan_out: n and m of [.., n, m]; of a kernel [out, in, places..] in and out, each times the places. */
function fansOf(shape: Shape, kernel: boolean): Fans {
  if (kernel) {
    const places = product(shape.slice(2));
    return [multiply(shape[1], places), multiply(shape[0], places)];
  }
  const one = dimConstant(1);
  const last = shape.at(-1) ?? one;
  return [shape.at(-2) ?? last, last];
}
