/** Exported functions, and what `derive` lines ask of them. */
import type { DeriveItem, File, FnItem, Name, Parameter } from "../1-parse/ast.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { constant, constantOf, printShape, type Shape } from "../ir/dim.ts";
import type { Node } from "../ir/graph.ts";
import { runBody } from "./bodies.ts";
import { callKey, type Bound, type Given } from "./calls.ts";
import { distinct, type CheckedFunction, type CheckedInput, type DerivativeKind } from "./checked.ts";
import { newUnit, type Checker } from "./checker.ts";
import { describeType, toTensor } from "./conversions.ts";
import { marksOf } from "./marks.ts";
import { itemKind } from "./names.ts";
import { newProgress } from "./recursion.ts";
import { Scope, type FileScope } from "./scope.ts";
import { bindParameters, bindSizes, declaredType, type DeclaredType } from "./types.ts";
import { uncalled } from "./usage.ts";
import { tensor, type Value } from "./value.ts";

const kinds: readonly DerivativeKind[] = ["value", "gradient", "jvp", "jacobian", "hessian", "hvp", "sparse_jacobian", "sparse_hessian"]; // prettier-ignore

interface Export {
  readonly item: FnItem;
  readonly lines: readonly DeriveItem[];
}

/** The functions to generate code for: those that no other item uses, and those that a `derive` line names. */
export function exportsOf(c: Checker, scope: FileScope, file: File): readonly Export[] {
  const lines = new Map<string, DeriveItem[]>();
  for (const item of file.items) {
    if (item.kind !== "derive") continue;
    const { text } = item.target;
    if (!isFunction(c, scope, item.target)) continue;
    const others = lines.get(text);
    if (others === undefined) lines.set(text, [item]);
    else {
      others.push(item);
      const related = [{ span: others[0].span, label: "the first is here" }];
      c.fault("derive-twice", { name: text }, item.target.span, {
        related,
        help: "name all that is wanted in one line",
      });
    }
  }
  const roots = uncalled(file.items);
  return file.items.flatMap((item) => {
    if (item.kind !== "fn" || scope.items.get(item.name.text)?.item !== item) return [];
    const own = lines.get(item.name.text) ?? [];
    return own.length > 0 || roots.has(item.name.text) ? [{ item, lines: own }] : [];
  });
}

/** True for a function of the file; anything else is a fault. */
function isFunction(c: Checker, scope: FileScope, target: Name): boolean {
  const { text, span } = target;
  const found = scope.items.get(text);
  if (found?.item.kind === "fn" && found.file === scope) return true;
  if (scope.broken.has(text)) return false;
  const other = found?.item ?? scope.initializers.get(text)?.item ?? scope.optimizers.get(text)?.item;
  if (other !== undefined && found?.item.kind !== "fn") {
    c.fault("wrong-item", { name: text, found: itemKind(other), wanted: "a function" }, span);
    return false;
  }
  const names = [...scope.items].filter(([, { item }]) => item.kind === "fn").map(([name]) => name);
  const help = found === undefined ? didYouMean(text, names) : "it is imported: derive it in its own file";
  c.fault("derive-unknown-function", { name: text }, span, { help });
  return false;
}

/** Elaborates an exported function with symbolic dims; null after a fault, and where nothing is wanted of it. */
export function checkFunction(c: Checker, scope: FileScope, { item, lines }: Export): CheckedFunction | null {
  const integers = item.parameters.filter(isIntegerDefault).map((parameter) => parameter.name.text);
  const attempt = (fixed: ReadonlySet<string>): CheckedFunction | null =>
    c.outside(newUnit(item), () => elaborate(c, scope, item, lines.at(0) ?? null, fixed));
  if (integers.length === 0) return attempt(new Set());
  // An integer default may be a number like others or serve as an axis or size, which must be known.
  const errors = c.trial(() => attempt(new Set()), null);
  const fixed = errors.sound ? errors : c.trial(() => attempt(new Set(integers)), null);
  // Where a recursion does not end by a number of the call, what it does by the default says more.
  const isShown = fixed.sound || errors.codes.includes("endless-recursion") ? fixed : errors;
  isShown.commit();
  return isShown.value;
}

function isIntegerDefault({ type, default: preset }: Parameter): boolean {
  return (
    type === null && isNumber(preset) && plain(preset).every((e) => e.kind !== "number" || /^[0-9_]+$/u.test(e.text))
  );
}

function plain(e: Parameter["default"]): NonNullable<Parameter["default"]>[] {
  if (e === null) return [];
  return e.kind === "unary" ? [e, ...plain(e.operand)] : e.kind === "group" ? plain(e.body) : [e];
}

/** A literal, perhaps with a sign. */
function isNumber(e: Parameter["default"]): boolean {
  const parts = plain(e);
  return (
    parts.length > 0 &&
    parts.every((part) => part.kind === "number" || (part.kind === "unary" && part.operator === "-"))
  );
}

function elaborate(
  c: Checker,
  file: FileScope,
  item: FnItem,
  line: DeriveItem | null,
  fixed: ReadonlySet<string>,
): CheckedFunction | null {
  const types = new Scope({ file, place: "fn" });
  const inputs: CheckedInput[] = [];
  const bound: (Given | null)[] = [];
  let sound = checkDeriveNames(c, item, line);
  for (const { name, type } of line?.parameters ?? []) {
    const own = item.parameters.find((parameter) => parameter.name.text === name.text);
    if (own !== undefined) bindSizes(c, types, own.type, type);
  }
  for (const parameter of item.parameters) {
    const { name } = parameter;
    const shaped = line?.parameters?.find((other) => other.name.text === name.text);
    // A default that is no number (an axis, a flag) is not an argument of the generated function.
    if (
      parameter.default !== null &&
      (fixed.has(name.text) || (parameter.type === null && !isNumber(parameter.default)))
    ) {
      bound.push(null);
      continue;
    }
    const declared = inputType(c, types, shaped ?? parameter);
    if (declared === null) {
      sound = false;
      bound.push(null);
      continue;
    }
    const input = inputOf(c, parameter, declared);
    inputs.push(input);
    bound.push({
      value: tensor(input.node, declared.bound),
      expression: { kind: "name", name: name.text, span: shaped?.span ?? name.span },
    });
  }
  const body = new Scope({ file, place: "fn", marks: marksOf(c, item.body) });
  if (line?.parameters == null) for (const [name, { value, span }] of types.names) body.bind(name, value, span);
  if (!sound || !bind(c, body, file, item, bound)) return null;
  c.elaborated.add(item);
  c.unit.progress = newProgress(callKey(bound), bound.map((argument) => argument?.value ?? null)); // prettier-ignore
  const value = runBody(c, body, item.body, item.name);
  const results = resultsOf(c, item, value);
  if (results === null) return null;
  const wanted = wantedOf(
    c,
    item,
    line,
    inputs,
    results.map(({ node }) => node),
  );
  if (wanted === null) return null;
  return {
    name: item.name.text,
    doc: item.doc,
    span: item.name.span,
    inputs,
    results,
    requirements: distinct([...c.unit.requirements.values()]),
    wanted,
  };
}

function bind(c: Checker, body: Scope, file: FileScope, item: FnItem, bound: Bound): boolean {
  return bindParameters(c, body, { item, file }, bound, null);
}

/** The names in the parentheses of `derive f(x: [3])` are parameters of the function. */
function checkDeriveNames(c: Checker, item: FnItem, line: DeriveItem | null): boolean {
  let sound = true;
  for (const { name } of line?.parameters ?? []) {
    const names = item.parameters.map((parameter) => parameter.name.text);
    if (names.includes(name.text)) continue;
    const args = { name: item.name.text, argument: name.text };
    c.fault("unknown-argument", args, name.span, { help: didYouMean(name.text, names) });
    sound = false;
  }
  return sound;
}

/** The type of an argument of the generated function: leading dims are none unless a `derive` line gives them. */
function inputType(c: Checker, types: Scope, { type }: Parameter): DeclaredType | null {
  const declared = declaredType(c, types, type, { symbols: true });
  return declared === null ? null : { ...declared, leading: false };
}

function inputOf(c: Checker, { name }: Parameter, { element, shape, bound }: DeclaredType): CheckedInput {
  const node = c.builder.create("parameter", [], {
    name: name.text,
    type: { element, shape },
    bound,
    held: shape.length === 0 ? "number" : "array",
  });
  c.note(tensor(node), name.span, name.text);
  return { name: name.text, node, span: name.span };
}

function resultsOf(c: Checker, item: FnItem, value: Value): CheckedFunction["results"] | null {
  const { span } = item.body.statements.find((statement) => statement.kind === "return") ?? item.name;
  const values = value.kind === "tuple" ? value.values : [value];
  const names = value.kind === "tuple" ? value.names : [null];
  const results: { name: string | null; node: Node }[] = [];
  for (const [k, part] of values.entries()) {
    const x = toTensor(c, part, span, "the result");
    if (x === null) return null;
    const own = names[k];
    const repeated = own !== null && names.indexOf(own) !== k;
    const name = values.length === 1 ? null : own === null || repeated ? `result${k}` : own;
    results.push({ name, node: x.node });
  }
  return results;
}

type Wanted = CheckedFunction["wanted"][number];

/** What the `derive` line names, or the default; null after a fault. */
function wantedOf(
  c: Checker,
  item: FnItem,
  line: DeriveItem | null,
  inputs: readonly CheckedInput[],
  results: readonly Node[],
): readonly Wanted[] | null {
  const real = inputs.filter(({ node }) => node.element === "real").map(({ name }) => name);
  const [first] = results;
  const isScalar = results.length === 1 && first.element === "real" && first.shape.length === 0;
  if (line === null) {
    const value: Wanted = { kind: "value", wrt: [] };
    return isScalar && real.length > 0 ? [value, { kind: "gradient", wrt: real }] : [value];
  }
  const wanted: Wanted[] = [];
  let sound = true;
  for (const { name, arguments: by } of line.wanted) {
    if (name.text === "none") continue;
    const kind = kinds.find((known) => known === name.text);
    if (kind === undefined) {
      c.fault("derive-unknown-kind", { found: name.text }, name.span, {
        help: didYouMean(name.text, [...kinds, "none"]),
      });
      sound = false;
    } else if (kind === "value") wanted.push({ kind, wrt: [] });
    else if (!canDerive(c, item, kind, name, results, inputs)) sound = false;
    else {
      const wrt = by === null ? real : argumentsOf(c, item, by, inputs);
      if (wrt === null) sound = false;
      else if (wrt.length > 0) wanted.push({ kind, wrt });
      else {
        c.fault("derive-no-reals", { name: item.name.text, kind }, name.span);
        sound = false;
      }
    }
  }
  return sound ? wanted : null;
}

function canDerive(
  c: Checker,
  item: FnItem,
  kind: DerivativeKind,
  name: Name,
  results: readonly Node[],
  inputs: readonly CheckedInput[],
): boolean {
  const [first] = results;
  const what = `\`${item.name.text}\``;
  const related = [{ span: item.name.span, label: `\`${item.name.text}\` is defined here` }];
  if (results.some(({ element }) => element !== "real")) {
    const other = results.find(({ element }) => element !== "real") ?? first;
    c.fault("gradient-of-integers", { what, type: describeType(other) }, name.span, { related });
    return false;
  }
  const isSparse = kind === "sparse_jacobian" || kind === "sparse_hessian";
  const open = isSparse ? inputs.filter(({ node }) => node.shape.some((dim) => constantOf(dim) === null)) : [];
  if (open.length > 0) {
    const sized = open.map((input) => `${input.name}: ${sizedType(input)}`).join(", ");
    const help = `give the sizes, as in \`derive ${item.name.text}(${sized}): ${kind}\``;
    const [{ name: argument, node }] = open;
    c.fault("sparse-without-sizes", { kind, argument, shape: printShape(node.shape) }, name.span, { help, related });
    return false;
  }
  if (
    kind === "jvp" ||
    kind === "jacobian" ||
    kind === "sparse_jacobian" ||
    (results.length === 1 && first.shape.length === 0)
  )
    return true;
  const help = `\`${kind === "sparse_hessian" ? "sparse_jacobian" : "jacobian"}\` differentiates a tensor`;
  const shape = results.length === 1 ? printShape(first.shape) : shapesText(results.map((node) => node.shape));
  c.fault("gradient-of-tensor", { what, shape }, name.span, { help, related });
  return false;
}

/** The declared type with a number for each symbol. */
function sizedType({ node }: CheckedInput): string {
  const shape = printShape(node.shape.map((dim) => (constantOf(dim) === null ? constant(100) : dim)));
  const { bound } = node.attributes;
  if (node.element === "real") return shape;
  return bound === null ? `${node.element}${shape}` : `${node.element}(${constantOf(bound) ?? 100})${shape}`;
}

function shapesText(shapes: readonly Shape[]): string {
  return shapes.map((shape) => printShape(shape)).join(", ");
}

function argumentsOf(c: Checker, item: FnItem, by: readonly Name[], inputs: readonly CheckedInput[]): string[] | null {
  const found: string[] = [];
  for (const { text, span } of by) {
    const input = inputs.find(({ name }) => name === text);
    if (input === undefined) {
      const help = didYouMean(
        text,
        inputs.map(({ name }) => name),
      );
      c.fault("derive-unknown-argument", { name: item.name.text, argument: text }, span, { help });
      return null;
    }
    if (input.node.element !== "real") {
      c.fault("derive-index-argument", { argument: text, type: describeType(input.node) }, span);
      return null;
    }
    if (!found.includes(text)) found.push(text);
  }
  return found;
}
