/** Values that the user gives: checked against names, shapes and types, with the sizes of symbolic dims. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Code, MessageArgs } from "../diagnostics/catalogue/index.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import * as dims from "../ir/dim.ts";
import { planSolution, solve } from "../ir/dim-solve.ts";
import type { Node } from "../ir/graph.ts";
import { evaluate, scalar, tensor } from "../ir/interpreter.ts";
import { printRequirement } from "../ir/printer.ts";
import type { Value } from "../ir/value.ts";
import { numberText } from "./number-text.ts";
import type { Subject, Variable } from "./subject.ts";

/** A number or a tensor as nested lists. */
export type Given = number | readonly Given[];

export interface Point {
  /** By the names of the parameter nodes, seeds included. */
  readonly values: ReadonlyMap<string, Value>;
  /** The sizes of symbolic dims. */
  readonly dims: ReadonlyMap<string, number>;
}

class Fault extends Error {
  override readonly name = "Fault";
  readonly diagnostic: Diagnostic;

  constructor(found: Diagnostic) {
    super(found.message);
    this.diagnostic = found;
  }
}

function fault<C extends Code>(code: C, args: MessageArgs[C], text: string, help: string | null = null): Fault {
  return new Fault(diagnostic(code, args, atOption(text), { help }));
}

/** A place in the command line: `--at`, with the part that is meant. */
function atOption(text: string): Diagnostic["span"] {
  return { source: { path: "--at", text }, start: 0, end: text.length };
}

/** The values of all variables: those given, and the initial ones of the rest. What is wrong with them is a diagnostic. */
export function pointOf(subject: Subject, given: Readonly<Record<string, Given>>): Point | Diagnostic {
  try {
    return read(subject, given);
  } catch (error) {
    if (error instanceof Fault) return error.diagnostic;
    throw error;
  }
}

function read(subject: Subject, given: Readonly<Record<string, Given>>): Point {
  const names = subject.variables.map(({ name }) => name);
  for (const [name, value] of Object.entries(given)) {
    if (names.includes(name)) continue;
    const help = didYouMean(name, names) ?? `there are ${listed(names)}`;
    throw fault("value-unknown", { item: subject.name, name }, assignment(name, value), help);
  }
  const missing = subject.variables.filter(({ name, initial }) => initial === null && !Object.hasOwn(given, name));
  if (missing.length > 0) {
    const wanted = missing.map(({ name, node }) => {
      return `${name}=${node.shape.length === 0 ? "1" : dims.printShape(node.shape)}`;
    });
    const help = `give them as in \`--at ${wanted.join(",")}\``;
    const what = listed(missing.map(({ name }) => name));
    throw fault("value-missing", { item: subject.name, names: what }, Object.keys(given).join(","), help);
  }
  const tensors = new Map<Variable, Tensor>();
  for (const variable of subject.variables) {
    const value = Object.hasOwn(given, variable.name) ? given[variable.name] : null;
    if (value !== null) tensors.set(variable, flatten(variable, value));
  }
  const sizes = sizesOf(tensors);
  checkRequirements(subject, sizes);
  const values = new Map<string, Value>();
  for (const [variable, { shape, data }] of tensors) {
    checkEntries(variable, data, sizes);
    values.set(variable.node.attributes.name, tensor(shape, data, variable.node.element));
  }
  for (const [seed, value] of subject.seeds) values.set(seed.attributes.name, scalar(value, "index"));
  for (const variable of subject.variables) {
    if (tensors.has(variable) || variable.initial === null) continue;
    values.set(variable.node.attributes.name, initialValue(subject, variable.initial));
  }
  return { values, dims: sizes };
}

interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Nested lists as shape and entries; the lengths must be equal on each level. */
function flatten({ name, node }: Variable, value: Given): Tensor {
  const shape: number[] = [];
  for (let at: Given | undefined = value; isList(at); at = at[0]) shape.push(at.length);
  const data: number[] = [];
  const walk = (at: Given, axis: number): void => {
    const ragged = isList(at) ? at.length !== shape.at(axis) : axis !== shape.length;
    if (ragged) throw fault("value-ragged", { name }, assignment(name, value));
    if (isList(at)) for (const entry of at) walk(entry, axis + 1);
    else data.push(at);
  };
  walk(value, 0);
  // An empty list says nothing of the axes below it.
  while (data.length === 0 && shape.length < node.shape.length)
    shape.push(dims.constantOf(node.shape[shape.length]) ?? 0);
  if (shape.length !== node.shape.length) throw misshaped(name, node, shape, value);
  return { shape, data };
}

function isList(value: Given | undefined): value is readonly Given[] {
  return typeof value === "object";
}

function misshaped(name: string, node: Node, shape: readonly number[], value: Given | null, found = ""): Fault {
  const wanted = node.shape.length === 0 ? "a number" : dims.printShape(node.shape);
  const given = shape.length === 0 ? "a number" : `[${shape.join(", ")}]`;
  const text = value === null ? name : assignment(name, value);
  return fault("value-shape", { name, wanted: wanted + found, found: given }, text);
}

/** The sizes of symbolic dims that make all shapes fit. */
function sizesOf(tensors: ReadonlyMap<Variable, Tensor>): ReadonlyMap<string, number> {
  const axes = [...tensors].flatMap(([variable, { shape }]) =>
    variable.node.shape.map((dim, k) => ({ variable, dim, length: shape[k] })),
  );
  const plan = planSolution(axes.map(({ variable, dim }) => ({ name: variable.name, shape: [dim] })));
  let sizes: ReadonlyMap<string, number> = new Map();
  try {
    const lengths = axes.map(({ length }) => length);
    sizes = solve(plan, lengths, new Map(plan.unsolved.map((symbol) => [symbol, 0])));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The axis that does not fit is found below, where the sizes can be told.
    for (const { dim, length } of axes) {
      const [symbol] = dim.terms.length === 1 ? dims.symbolsOf(dim) : [];
      if (dim.key === symbol && !sizes.has(symbol)) sizes = new Map([...sizes, [symbol, length]]);
    }
  }
  for (const [{ name, node }, { shape }] of tensors) {
    const known = node.shape.every((dim) => [...dims.symbolsOf(dim)].every((symbol) => sizes.has(symbol)));
    if (known && node.shape.every((dim, k) => dims.evaluate(dim, sizes) === shape[k])) continue;
    const symbols = [...new Set(node.shape.flatMap((dim) => [...dims.symbolsOf(dim)]))].filter((s) => sizes.has(s));
    const found = symbols.length === 0 ? "" : ` with ${dimsText(symbols, sizes)}`;
    throw misshaped(name, node, shape, null, found);
  }
  return sizes;
}

function dimsText(symbols: readonly string[], sizes: ReadonlyMap<string, number>): string {
  return symbols.map((symbol) => `${symbol} = ${sizes.get(symbol) ?? 0}`).join(", ");
}

function checkRequirements(subject: Subject, sizes: ReadonlyMap<string, number>): void {
  for (const { requirement, reason } of subject.requirements) {
    const { left, relation, right } = requirement;
    const symbols = [...new Set([...dims.symbolsOf(left), ...dims.symbolsOf(right)])];
    if (symbols.some((symbol) => !sizes.has(symbol))) continue;
    const decided = dims.decide({
      left: dims.constant(dims.evaluate(left, sizes)),
      relation,
      right: dims.constant(dims.evaluate(right, sizes)),
    });
    if (decided !== false) continue;
    const text = printRequirement({ requirement, reason: "" })
      .replace(/^require /, "")
      .replace(/ \(\)$/, "");
    throw fault("value-requirement", { reason, requirement: text, found: dimsText(symbols, sizes) }, "");
  }
}

/** Integers within their bound, and truth values as 0 and 1. */
function checkEntries({ name, node }: Variable, data: readonly number[], sizes: ReadonlyMap<string, number>): void {
  if (node.element === "real") return;
  const { bound } = node.attributes;
  const end = node.element === "bool" ? 2 : bound === null ? Infinity : dims.evaluate(bound, sizes);
  const start = node.element === "bool" || bound !== null ? 0 : -Infinity;
  const bad = data.find((x) => !Number.isInteger(x) || x < start || x >= end);
  if (bad === undefined) return;
  const wanted = end === Infinity ? "integers" : `integers 0 to ${end - 1}`;
  throw fault("value-type", { name, wanted, found: numberText(bad) }, name);
}

function initialValue(subject: Subject, initial: number | Node): Value {
  if (typeof initial === "number") return scalar(initial);
  const parameters = subject.seeds.map(([node]) => node);
  const inputs = new Map(subject.seeds.map(([node, value]) => [node.attributes.name, scalar(value, "index")]));
  const graph = { parameters, outputs: [{ name: "initial", node: initial, updates: null }], requirements: [] };
  const value = evaluate(graph, inputs, { dims: new Map() }).get("initial");
  if (value === undefined) throw new Error("internal: the initial value is missing");
  return value;
}

function assignment(name: string, value: Given): string {
  const text = JSON.stringify(value);
  return `${name}=${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}

/** "`a`, `b` and `c`" */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted[quoted.length - 1]}`;
}
