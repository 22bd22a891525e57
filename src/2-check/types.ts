/** Types in signatures: declared with symbolic dims, or matched against the arguments of a call. */
import type { Expression, FnItem, LayerItem, Parameter, TypeExpression } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import {
  add,
  constant as dimConstant,
  constantOf,
  decide,
  divideExact,
  equal,
  multiply,
  print,
  substitute,
  subtract,
  symbol,
  type Dim,
} from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { TensorType } from "../ir/graph.ts";
import type { Bound, Given } from "./calls.ts";
import type { Checker, Frame } from "./checker.ts";
import { describe, describeType, toDim, toReal, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { marked } from "./marks.ts";
import { Scope, type Definition } from "./scope.ts";
import { dimValue, faulty, tensor, type TensorValue, type Value } from "./value.ts";

/** A type with its shape; `leading`: there may be further dims in front. */
export interface DeclaredType extends TensorType {
  readonly bound: Dim | null;
  readonly leading: boolean;
}

const scalar: DeclaredType = { element: "real", shape: [], bound: null, leading: false };

/**
 * The type as declared; null after a fault. With `symbols` a name that is not defined becomes a symbolic dim of the scope, else it is
 * a fault.
 */
export function declaredType(
  c: Checker,
  scope: Scope,
  type: TypeExpression | null,
  options: { readonly symbols: boolean },
): DeclaredType | null {
  if (type === null) return scalar;
  if (options.symbols) {
    for (const { name, span } of namesIn(type)) {
      if (!isKnownName(scope, name)) scope.bind(name, dimValue(symbol(name)), span);
    }
  }
  const shape = type.dims.map((dim) => sizeOf(c, scope, dim));
  const bound = type.bound === null ? null : sizeOf(c, scope, type.bound);
  if (type.bound !== null && bound === null) return null;
  const known: Dim[] = [];
  for (const dim of shape) {
    if (dim === null) return null;
    known.push(dim);
  }
  return { element: type.element, shape: known, bound, leading: type.leading };
}

/** A dim of a type: an integer that is not negative. */
function sizeOf(c: Checker, scope: Scope, e: Expression): Dim | null {
  const dim = toDim(c, evaluate(c, scope, e), e.span, "a dimension");
  if (dim === null) return null;
  if (decide({ left: dim, relation: ">=", right: dimConstant(0) }) !== false) return dim;
  c.fault("dim-negative", { dim: print(dim) }, e.span);
  return null;
}

/** Every name in a type or expression. */
export function namesIn(e: Expression | TypeExpression): { readonly name: string; readonly span: Span }[] {
  const found: { name: string; span: Span }[] = [];
  const pending: SyntaxNode[] = [e];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if ("kind" in node && node.kind === "name") found.push({ name: node.name, span: node.span });
    pending.push(...childrenOf(node));
  }
  return found;
}

/**
 * Gives the names that are dims of `declared` the sizes that stand in their places in `given`: a `derive` line that makes
 * `x: [n]` an `[8]` makes n an 8 for all other arguments too.
 */
export function bindSizes(
  c: Checker,
  scope: Scope,
  declared: TypeExpression | null,
  given: TypeExpression | null,
): void {
  if (declared === null || given === null || declared.leading || given.leading) return;
  if (declared.dims.length !== given.dims.length) return;
  declared.dims.forEach((e, k) => {
    const size = given.dims[k];
    const isPlain = size.kind === "number" || (size.kind === "name" && isKnownName(scope, size.name));
    if (e.kind !== "name" || isKnownName(scope, e.name) || !isPlain) return;
    const dim = toDim(c, evaluate(c, scope, size), size.span, "a dimension");
    if (dim !== null) scope.bind(e.name, dimValue(dim), e.span);
  });
}

/** True where a dim's name stands for something already. */
function isKnownName(scope: Scope, name: string): boolean {
  return scope.find(name) !== null || scope.findLater(name) !== null || scope.file.items.has(name);
}

/** How a type reads: as written. */
function writtenType(type: TypeExpression): string {
  return type.span.source.text.slice(type.span.start, type.span.end).replace(/\s+/gu, " ");
}

interface Open {
  readonly e: Expression;
  readonly actual: Dim;
  readonly parameter: Parameter;
  readonly given: Given;
}

/** Binds a callee's parameters to what a call gives. */
class Matcher {
  readonly #c: Checker;
  readonly #body: Scope;
  readonly #definition: Definition<FnItem | LayerItem>;
  /** Which argument gave a dim its value. */
  readonly #from = new Map<string, Given>();
  readonly #open: Open[] = [];

  constructor(c: Checker, body: Scope, definition: Definition<FnItem | LayerItem>) {
    this.#c = c;
    this.#body = body;
    this.#definition = definition;
  }

  get #name(): string {
    return this.#definition.item.name.text;
  }

  untyped(parameter: Parameter, { value, expression }: Given): Value | null {
    if (value.kind === "tuple") {
      this.#c.fault("several-values", { what: "this", count: value.values.length }, expression.span);
      return null;
    }
    if (value.kind === "tensor" && value.node.shape.length > 0 && !this.#definition.file.prelude) {
      return this.#mismatch(parameter, "a number", describeType(value.node), expression.span, {
        help: `declare it as \`${parameter.name.text}: [...]\` to take tensors`,
      });
    }
    return value;
  }

  /** The argument as the parameter's type wants it; dims that are names are bound, others wait for `solve`. */
  typed(parameter: Parameter, type: TypeExpression, given: Given): TensorValue | null {
    const { value, expression } = given;
    const x = toTensor(this.#c, value, expression.span, `\`${parameter.name.text}\``);
    if (x === null) return null;
    const { node } = x;
    const wanted = writtenType(type);
    if (type.element === "index" && node.element !== "index") {
      const what = `\`${parameter.name.text}\` of \`${this.#name}\``;
      this.#c.fault("index-wanted", { what, found: describe(x) }, expression.span);
      return null;
    }
    if (type.element === "bool" && node.element !== "bool") {
      const what = `\`${parameter.name.text}\` of \`${this.#name}\``;
      this.#c.fault("bool-wanted", { what, found: describe(x) }, expression.span);
      return null;
    }
    const lead = node.shape.length - type.dims.length;
    if (lead < 0 || (lead > 0 && !type.leading)) {
      return this.#mismatch(parameter, wanted, describe(value), expression.span);
    }
    for (const [k, e] of type.dims.entries()) {
      if (!this.#dim(e, node.shape[lead + k], parameter, given)) return null;
    }
    if (type.bound !== null && x.bound !== null) {
      if (type.bound.kind === "name" && !isKnownName(this.#body, type.bound.name)) {
        this.#body.bind(type.bound.name, dimValue(x.bound), type.bound.span);
      } else if (!this.#checkBound(type.bound, x.bound, parameter, given)) return null;
    }
    if (type.bound !== null && !this.#checkLiteral(type.bound, x, parameter, given)) return null;
    return type.element === "real" ? tensor(toReal(this.#c, node)) : x;
  }

  #dim(e: Expression, actual: Dim, parameter: Parameter, given: Given): boolean {
    if (e.kind !== "name" || this.#known(e.name)) {
      this.#open.push({ e, actual, parameter, given });
      return true;
    }
    const before = this.#from.get(e.name);
    if (before === undefined) {
      this.#from.set(e.name, given);
      this.#body.bind(e.name, dimValue(actual), e.span);
      return true;
    }
    return this.#same(e.name, actual, before, given);
  }

  /** True for a name that this call does not bind: a const, or another parameter. */
  #known(name: string): boolean {
    return !this.#from.has(name) && isKnownName(this.#body, name);
  }

  #same(dim: string, actual: Dim, before: Given, given: Given): boolean {
    const first = this.#body.find(dim)?.value;
    if (first?.kind !== "dim" || equal(first.dim, actual)) return true;
    const related =
      before === given ? [] : [{ span: before.expression.span, label: `\`${dim}\` is ${print(first.dim)} from this` }];
    this.#c.fault(
      "dim-conflict",
      { name: this.#name, dim, first: print(first.dim), second: print(actual) },
      given.expression.span,
      { related },
    );
    return false;
  }

  #checkBound(e: Expression, bound: Dim, parameter: Parameter, given: Given): boolean {
    const wanted = toDim(this.#c, evaluate(this.#c, this.#body, e), e.span, "the bound of an index");
    if (wanted === null) return false;
    if (decide({ left: wanted, relation: ">=", right: bound }) !== false) return true;
    const what = `\`${parameter.name.text}\` of \`${this.#name}\``;
    const found = print(subtract(bound, dimConstant(1)));
    this.#c.fault("index-bound", { what, found, size: print(wanted) }, given.expression.span);
    return false;
  }

  #checkLiteral(e: Expression, x: TensorValue, parameter: Parameter, given: Given): boolean {
    if (!is(x.node, "constant") || (e.kind === "name" && !isKnownName(this.#body, e.name))) return true;
    const wanted = toDim(this.#c, evaluate(this.#c, this.#body, e), e.span, "the bound of an index");
    if (wanted === null) return false;
    const { value } = x.node.attributes;
    const size = constantOf(wanted);
    if (value >= 0 && (size === null || value < size)) return true;
    this.#c.fault("index-out-of-range", { index: String(value), size: print(wanted) }, given.expression.span, {
      related: [{ span: parameter.span, label: `\`${parameter.name.text}\` is declared here` }],
    });
    return false;
  }

  /** Checks the dims that are not plain names; one with a single new name is solved for it. */
  solve(): boolean {
    let open = this.#open;
    for (;;) {
      const waiting: Open[] = [];
      for (const entry of open) {
        const names = new Set(namesIn(entry.e).map(({ name }) => name));
        const unknown = [...names].filter((name) => !isKnownName(this.#body, name));
        if (unknown.length > 1) waiting.push(entry);
        else if (!this.#check(entry, unknown.length === 1 ? unknown[0] : null)) return false;
      }
      if (waiting.length === 0) return true;
      if (waiting.length === open.length) {
        const [{ e, parameter }] = waiting;
        const names = namesIn(e).map(({ name }) => name);
        this.#c.fault("dims-not-solved", { name: this.#name, argument: parameter.name.text, dims: names }, e.span);
        return false;
      }
      open = waiting;
    }
  }

  #check({ e, actual, parameter, given }: Open, unknown: string | null): boolean {
    const scope = new Scope({ file: this.#body.file, place: this.#body.place, parent: this.#body });
    const stand = `${unknown ?? ""}'`;
    if (unknown !== null) scope.bind(unknown, dimValue(symbol(stand)), e.span);
    const wanted = toDim(this.#c, evaluate(this.#c, scope, e), e.span, "a dimension");
    if (wanted === null) return false;
    if (unknown === null) {
      if (equal(wanted, actual)) return true;
      this.#mismatch(parameter, this.#expected(parameter), describe(given.value), given.expression.span);
      return false;
    }
    // wanted = slope * s + offset
    const offset = substitute(wanted, new Map([[stand, dimConstant(0)]]));
    const slope = subtract(substitute(wanted, new Map([[stand, dimConstant(1)]])), offset);
    const linear = equal(wanted, add(multiply(slope, symbol(stand)), offset));
    const solution = linear ? divideExact(subtract(actual, offset), slope) : null;
    if (solution === null || decide({ left: solution, relation: ">=", right: dimConstant(0) }) === false) {
      this.#mismatch(parameter, this.#expected(parameter), describe(given.value), given.expression.span);
      return false;
    }
    this.#from.set(unknown, given);
    this.#body.bind(unknown, dimValue(solution), e.span);
    return true;
  }

  /** The declared type with the dims that are known by now. */
  #expected(parameter: Parameter): string {
    const { type } = parameter;
    if (type === null) return "a number";
    const dims = type.dims.map((e) => {
      const value = e.kind === "name" ? this.#body.find(e.name)?.value : undefined;
      return value?.kind === "dim" ? print(value.dim) : writtenText(e);
    });
    const written = writtenType(type);
    const shape = `[${[...(type.leading ? ["..."] : []), ...dims].join(", ")}]`;
    const prefix = type.element === "real" ? "" : written.slice(0, written.lastIndexOf("["));
    return `${prefix}${shape}`;
  }

  #mismatch(parameter: Parameter, wanted: string, found: string, span: Span, extras: { help?: string } = {}): null {
    const related = this.#definition.file.prelude
      ? []
      : [{ span: parameter.span, label: `\`${parameter.name.text}\` is declared here` }];
    const argument = parameter.name.text;
    this.#c.fault("argument-shape", { name: this.#name, argument, wanted, found }, span, { related, ...extras });
    return null;
  }
}

function writtenText(e: Expression): string {
  return e.span.source.text.slice(e.span.start, e.span.end);
}

/**
 * Binds the parameters of a function or layer in the scope of its body: what the call gives, then defaults, in which earlier
 * parameters and dims can stand. False after a fault. `frame` is null where no call but an export elaborates the body.
 */
export function bindParameters(
  c: Checker,
  body: Scope,
  definition: Definition<FnItem | LayerItem>,
  bound: Bound,
  frame: Frame | null,
): boolean {
  const { parameters } = definition.item;
  const matcher = new Matcher(c, body, definition);
  let sound = true;
  const values: Value[] = parameters.map(() => faulty);
  for (const [k, parameter] of parameters.entries()) {
    const given = bound[k];
    if (given === null || parameter.type !== null) continue;
    const value = matcher.untyped(parameter, given);
    if (value === null) sound = false;
    else {
      values[k] = value;
      body.bind(parameter.name.text, value, parameter.name.span);
    }
  }
  for (const [k, parameter] of parameters.entries()) {
    const given = bound[k];
    if (given === null || parameter.type === null) continue;
    const value = matcher.typed(parameter, parameter.type, given);
    if (value === null) sound = false;
    else values[k] = value;
  }
  if (!sound || !matcher.solve()) return false;
  const finish = (): boolean => {
    for (const [k, parameter] of parameters.entries()) {
      const { text, span } = parameter.name;
      let value = values[k];
      if (bound[k] === null) {
        if (parameter.default === null) return false;
        value = evaluate(c, body, parameter.default);
        if (value.kind === "faulty") return false;
      }
      const final = marked(c, body, text, value, span);
      c.note(final, span, text);
      body.bind(text, final, span);
    }
    return true;
  };
  return frame === null ? finish() : c.inFrame(frame, finish);
}
