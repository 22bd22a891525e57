/**
 * Recursion: a function calls itself, perhaps through others, until a condition on dims, consts and literals ends it.
 * Each call is elaborated with what its arguments are; equal calls are elaborated once.
 */
import type { FnItem, Parameter } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { constantOf } from "../ir/dim.ts";
import type { CallExpression } from "./calls.ts";
import { Abandoned, type Checker } from "./checker.ts";
import type { Definition, FileScope } from "./scope.ts";
import { cyclesOf } from "./usage.ts";
import type { Value } from "./value.ts";

/** What is known of a body that is being elaborated, for the calls in it that lead back to it. */
export interface Progress {
  /** The arguments: equal calls have equal keys. Null for an item that no call elaborates. */
  readonly key: string | null;
  /** What the arguments are, but for their numbers. */
  readonly kinds: string;
  /** Something was decided at compile time: the next call may take another way. */
  decided: boolean;
  /** The conditions around what is elaborated that are decided when the program runs. */
  readonly undecided: Condition[];
}

export interface Condition {
  readonly span: Span;
  /** It speaks of dims alone: sizes would decide it. */
  readonly ofDims: boolean;
}

export function newProgress(key: string | null = null, arguments_: readonly (Value | null)[] = []): Progress {
  return { key, kinds: arguments_.map(kindOf).join(" "), decided: false, undecided: [] };
}

/** How deep calls of one function may nest. */
const maxRecursion = 100;

const none: ReadonlySet<string> = new Set();

/** True for a function that calls itself, perhaps through others of its file. */
export function isRecursive(c: Checker, { item, file }: Definition): boolean {
  return recursiveNames(c, file).has(item.name.text);
}

function recursiveNames(c: Checker, file: FileScope): ReadonlySet<string> {
  if (file.prelude) return none;
  const known = c.recursive.get(file);
  if (known !== undefined) return known;
  const names = cyclesOf(file.files.flatMap(({ items }) => items));
  c.recursive.set(file, names);
  return names;
}

/** True where an expression of this file calls a function whose body is being elaborated, so that it is part of a recursion. */
export function callsOpen(c: Checker, file: FileScope, e: SyntaxNode): boolean {
  const names = recursiveNames(c, file);
  if (names.size === 0) return false;
  const pending: SyntaxNode[] = [e];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node));
    if (!("kind" in node) || node.kind !== "call" || !names.has(node.callee.text)) continue;
    const called = file.items.get(node.callee.text);
    if (called !== undefined && c.isOpen(called.item)) return true;
  }
  return false;
}

/** Where a call leads back to a function that is being elaborated: false, after a fault, if it is certain to go on without end. */
export function mayEnd(c: Checker, e: CallExpression, definition: Definition<FnItem>, progress: Progress): boolean {
  const { item } = definition;
  const name = item.name.text;
  const first = c.frames.findLastIndex((frame) => frame.definition.item === item);
  if (first < 0 && c.unit.item !== item) return true;
  const before = first < 0 ? c.unit.progress : c.frames[first].progress;
  const way = [before, ...c.frames.slice(first + 1).map((frame) => frame.progress)];
  if (before.key !== null && before.key === progress.key) {
    c.fault("endless-recursion", { name, why: "it has the arguments that it was called with" }, e.span);
    return false;
  }
  if (before.kinds === progress.kinds && way.every(({ decided }) => !decided)) {
    reportUndecided(c, e, definition, way.flatMap(({ undecided }) => undecided)); // prettier-ignore
    return false;
  }
  const calls = c.frames.filter((frame) => frame.definition.item === item);
  if (calls.length < maxRecursion) return true;
  reportDepth(c, e.span);
  throw new Abandoned();
}

function reportUndecided(
  c: Checker,
  e: CallExpression,
  { item }: Definition<FnItem>,
  conditions: readonly Condition[],
): void {
  const name = item.name.text;
  const last = conditions.at(-1);
  if (last === undefined) {
    c.fault("endless-recursion", { name, why: "no condition stands before this call" }, e.span, {
      help: "a recursion ends by a condition on dims, consts or literals, as in `if n == 1 then ... else ...`",
    });
    return;
  }
  const { source, start, end } = last.span;
  const why = `\`${source.text.slice(start, end)}\` is not decided at compile time`;
  const ofDims = conditions.find((condition) => condition.ofDims);
  const related = conditions.map(({ span }) => ({ span, label: "this is decided when the program runs" }));
  const help =
    ofDims === undefined
      ? `only dims, consts and literals end a recursion: call \`${name}\` with an integer, or write what data ends as a \`while\` loop`
      : sizesHelp(c);
  c.fault("endless-recursion", { name, why }, e.span, { related, help });
}

/** How to give the exported function sizes that are numbers. */
function sizesHelp(c: Checker): string {
  const item = c.unit.item;
  if (item === null || !("parameters" in item)) return "give sizes that are numbers";
  const { name, parameters } = item as FnItem;
  const shaped = parameters.flatMap((parameter) => sizedText(parameter) ?? []);
  return shaped.length === 0
    ? "give sizes that are numbers"
    : `give sizes, as in \`derive ${name.text}(${shaped.join(", ")})\``;
}

/** `a: [4, 4]` for `a: [n, n]`; null where no name stands in the shape. */
function sizedText({ name, type }: Parameter): string | null {
  if (type === null || type.dims.every((dim) => dim.kind === "number")) return null;
  const dims = type.dims.map((dim) => (dim.kind === "number" ? dim.text : "4"));
  return `${name.text}: [${dims.join(", ")}]`;
}

/** Reports that calls nest too deep; names the function that calls itself most, and its last calls. False where none does. */
export function reportDepth(c: Checker, span: Span): boolean {
  const items = c.frames.map((frame) => frame.definition.item);
  const deepest = [...c.frames].sort((p, q) => count(items, q.definition.item) - count(items, p.definition.item)).at(0);
  const calls = c.frames.filter((frame) => frame.definition.item === deepest?.definition.item);
  if (deepest === undefined || calls.length < 3) return false;
  const texts = calls.map((frame) => `\`${frame.describe()}\``);
  const chain = texts.length <= 5 ? texts : [...texts.slice(0, 3), "...", ...texts.slice(-2)];
  c.fault(
    "recursion-too-deep",
    { name: deepest.definition.item.name.text, limit: calls.length, calls: chain.join(", ") },
    span,
    { help: "each call must come nearer to a condition that ends the recursion" },
  );
  return true;
}

function count(items: readonly object[], item: object): number {
  return items.filter((other) => other === item).length;
}

function kindOf(value: Value | null): string {
  if (value === null) return "-";
  if (value.kind === "tensor") return `${value.node.element}${value.node.shape.length}`;
  if (value.kind === "dim") return constantOf(value.dim) === null ? "dim" : "integer";
  return value.kind === "list" ? `[${value.elements.map(kindOf).join(" ")}]` : value.kind;
}
