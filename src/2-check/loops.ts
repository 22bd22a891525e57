/** `for`, `scan` and `while`: the body once, over parameters for what is carried, closed into a loop of the graph. */
import type { Expression, Name } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { CarriedName, closeLoop, type OpenCarry } from "../ir/close-loop.ts";
import { add as plus, constant as dimConstant, equal, print, subtract, type Dim } from "../ir/dim.ts";
import { add, broadcastTo, dimension, is, sub, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { unbounded } from "../ir/loop-parts.ts";
import { announce, define, definition, misplaced, runStatement } from "./bodies.ts";
import type { Checker } from "./checker.ts";
import { broadcastShapes, commonElement, describeType, toDim, toElement, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { marksOf } from "./marks.ts";
import { toBool } from "./operators.ts";
import { Scope } from "./scope.ts";
import { faulty, tensor, type TensorValue, type Value } from "./value.ts";

type LoopExpression = Extract<Expression, { readonly kind: "for" | "scan" | "while" }>;

/** How many rounds there are, and the index that counts them. */
interface Rounds {
  readonly trip: Dim;
  readonly counter: Node<"parameter">;
  /** The index as the body sees it; null for `while`. */
  readonly value: Value | null;
  /** The number of rounds where data decides it. */
  readonly count: Node | null;
}

export function loop(c: Checker, scope: Scope, e: LoopExpression): Value {
  const rounds = roundsOf(c, scope, e);
  const initial = e.carries.map(({ initial }) =>
    toTensor(c, evaluate(c, scope, initial), initial.span, "a carried value"),
  );
  if (e.carries.length === 0 && e.kind !== "scan") c.fault("loop-without-carry", { word: e.kind }, e.span);
  if (rounds === null || initial.includes(null)) {
    namesOnly(c, scope, e);
    return faulty;
  }
  return closed(c, scope, e, rounds, initial.filter((x) => x !== null)); // prettier-ignore
}

/** Runs the body for its faults of names alone. */
function namesOnly(c: Checker, scope: Scope, e: LoopExpression): void {
  const inner = innerScope(c, scope, e);
  if (e.kind !== "while") define(c, inner, e.index, faulty);
  for (const { name } of e.carries) define(c, inner, name, faulty);
  if (e.kind === "while") evaluate(c, inner, e.condition);
  runRound(c, inner, e);
}

function innerScope(c: Checker, scope: Scope, e: LoopExpression): Scope {
  return new Scope({ file: scope.file, place: scope.place, parent: scope, marks: marksOf(c, e.body), loop: e.kind });
}

/** The rounds of `from : to`, or as many as `max` says; null after a fault. */
function roundsOf(c: Checker, scope: Scope, e: LoopExpression): Rounds | null {
  const most = e.max === null ? null : toDim(c, evaluate(c, scope, e.max), e.max.span, "`max`");
  if (e.max !== null && most === null) return null;
  if (e.kind === "while") {
    const trip = most ?? unbounded;
    return { trip, counter: c.indices.create("round", trip), value: null, count: null };
  }
  const from = toDim(c, evaluate(c, scope, e.from), e.from.span, "the start of a range");
  const end = evaluate(c, scope, e.to);
  if (from === null || end.kind === "faulty") return null;
  const { text } = e.index;
  if (end.kind === "tensor" && end.ratio === undefined) {
    return countedRounds(c, e, from, end, most);
  }
  const to = toDim(c, end, e.to.span, "the end of a range");
  if (to === null) return null;
  const trip = subtract(to, from);
  const { source, start } = e.span;
  const reason = `\`${source.text.slice(start, e.to.span.end)}\``;
  if (!c.require({ left: to, relation: ">=", right: from }, reason)) {
    c.fault("index-counts-down", { index: text, from: print(from), to: print(to) }, e.to.span);
    return null;
  }
  if (most !== null && !c.require({ left: most, relation: ">=", right: trip }, reason)) {
    c.fault("loop-max-too-small", { rounds: print(trip), max: print(most) }, e.max?.span ?? e.span);
    return null;
  }
  return { ...indexOf(c, text, from, trip), count: null };
}

function indexOf(c: Checker, name: string, from: Dim, trip: Dim): Pick<Rounds, "trip" | "counter" | "value"> {
  const counter = c.indices.create(name, trip);
  const isShifted = !equal(from, dimConstant(0));
  const node = isShifted ? add(c.builder, counter, dimension(c.builder, from)) : counter;
  return { trip, counter, value: tensor(node, isShifted ? null : trip) };
}

/** A run-time integer says how many rounds there are. */
function countedRounds(
  c: Checker,
  e: Extract<LoopExpression, { readonly kind: "for" | "scan" }>,
  from: Dim,
  end: TensorValue,
  most: Dim | null,
): Rounds | null {
  const { node } = end;
  if (node.element !== "index" || node.shape.length > 0) {
    c.fault("index-wanted", { what: "the end of a range", found: describeType(node) }, e.to.span, {
      help: "an argument holds integers as `index(n)`",
    });
    return null;
  }
  if (most === null) {
    c.fault("loop-count-unknown", { found: "a run-time integer" }, e.to.span, {
      help: `say how many there are at most: \`${e.kind} ${e.index.text} in ... max 100 ...\``,
    });
    return null;
  }
  const isZero = equal(from, dimConstant(0));
  const count = isZero ? node : sub(c.builder, node, dimension(c.builder, from));
  // Choosing among 0 .. most refuses any other number, as subscripts do.
  const choices = c.builder.create("iota", [], { size: plus(most, dimConstant(1)) });
  return { ...indexOf(c, e.index.text, from, most), count: c.builder.create("gather", [choices, count], { batch: 0 }) };
}

/** What one round computes. */
interface Round {
  readonly next: ReadonlyMap<string, Value>;
  readonly scope: Scope;
}

/** One round: all `next` take effect together, at its end. */
function runRound(c: Checker, scope: Scope, e: LoopExpression): Round {
  const next = new Map<string, Value>();
  for (const statement of announce(scope, e.body)) {
    if (statement.kind !== "next") {
      if (statement.kind === "let" || statement.kind === "const") runStatement(c, scope, statement);
      else misplaced(c, scope, statement);
      continue;
    }
    const { name, value } = statement;
    const found = definition(c, scope, value, null);
    if (!e.carries.some((carry) => carry.name.text === name.text)) {
      c.fault("next-without-carry", { name: name.text }, name.span);
      continue;
    }
    if (next.has(name.text)) c.fault("defined-twice", { name: `next ${name.text}` }, name.span);
    next.set(name.text, found);
  }
  return { next, scope };
}

/** The body over parameters, with carries as wide as what follows them (`carry s = 0` of reals is real). */
function closed(c: Checker, scope: Scope, e: LoopExpression, rounds: Rounds, initial: readonly TensorValue[]): Value {
  let starts: readonly Node[] = initial.map((x) => x.node);
  for (;;) {
    const before = starts;
    const tried = c.trial<Attempt>(() => attempt(c, scope, e, rounds, before), failed);
    if (tried.value.widened !== null) {
      starts = tried.value.widened;
      continue;
    }
    // Integers that are written out may be meant as reals: a derivative by what is carried wants those.
    const asReals = before.map((node) => (isWritten(node) ? toElement(c, node, "real") : node));
    const again = tried.sound ? tried : c.trial<Attempt>(() => attempt(c, scope, e, rounds, asReals), failed);
    const { value, commit } = again.sound ? again : tried;
    commit();
    return value.widened === null ? value.value : faulty;
  }
}

/** Integers made of literals and dims alone. */
function isWritten(node: Node): boolean {
  if (node.element !== "index") return false;
  return topological([node]).every(({ operands, primitive }) => operands.length > 0 || primitive === "constant");
}

/** The loop, or what it starts with as wider element types. */
type Attempt = { readonly widened: readonly Node[] } | { readonly widened: null; readonly value: Value };

const failed: Attempt = { widened: null, value: faulty };

function attempt(c: Checker, scope: Scope, e: LoopExpression, rounds: Rounds, starts: readonly Node[]): Attempt {
  const { builder: b } = c;
  const inner = innerScope(c, scope, e);
  if (e.kind !== "while") define(c, inner, e.index, rounds.value ?? faulty);
  const parameters = e.carries.map(({ name }, k) => {
    const { element, shape } = starts[k];
    const attributes = {
      name: `${name.text} ${b.size}`,
      type: { element, shape },
      bound: null,
      held: "array",
    } as const;
    const parameter = b.create("parameter", [], attributes);
    define(c, inner, name, tensor(parameter));
    return parameter;
  });
  const condition = e.kind === "while" ? conditionOf(c, inner, e.condition) : null;
  const round = runRound(c, inner, e);
  const next = e.carries.map(({ name }, k) => {
    const value = round.next.get(name.text);
    return value === undefined ? parameters[k] : (toTensor(c, value, name.span, `\`next ${name.text}\``)?.node ?? null);
  });
  const outputs = yieldsOf(c, e, round, next);
  if (next.includes(null) || outputs === null || (e.kind === "while" && condition === null)) return failed;
  const nodes = next.filter((node) => node !== null);
  const elements = nodes.map((node, k) => commonElement([node, starts[k]]));
  if (elements.some((element, k) => element !== starts[k].element)) {
    return { widened: starts.map((node, k) => toElement(c, node, elements[k])) };
  }
  const carries: OpenCarry[] = [];
  for (const [k, { name }] of e.carries.entries()) {
    const fitted = fit(c, name, nextSpan(e, name), nodes[k], starts[k]);
    if (fitted === null) return failed;
    carries.push({ parameter: parameters[k], initial: starts[k], next: fitted });
  }
  const { trip, counter, count } = rounds;
  const roots = [...carries.map((carry) => carry.next), ...outputs];
  if (equal(trip, unbounded) && topological(roots).some((node) => is(node, "random") && node.id > counter.id)) {
    c.fault("draw-in-endless-loop", {}, e.span, { help: "write `max N` after `carry ...`" });
    return failed;
  }
  try {
    const onReplace = c.origins.merge.bind(c.origins);
    const node = closeLoop(b, { trip, index: counter, carries, outputs, condition, count }, onReplace);
    return { widened: null, value: resultsOf(c, e, node) };
  } catch (error) {
    if (!(error instanceof CarriedName)) throw error;
    const help = "carry its derivative along, as in `carry dh = ... { next dh = ... }`";
    c.fault("derivative-through-rounds", { name: error.by }, c.origins.spansOf(error.request).at(-1) ?? e.span, {
      help,
    });
    return failed;
  }
}

function conditionOf(c: Checker, scope: Scope, e: Expression): Node | null {
  const value = toBool(c, evaluate(c, scope, e), e.span, "`while`");
  const condition = value === null ? null : toTensor(c, value, e.span);
  if (condition === null || condition.node.shape.length === 0) return condition?.node ?? null;
  c.fault("loop-condition", { found: describeType(condition.node) }, e.span, {
    help: "`any(...)` or `all(...)` makes one of them",
  });
  return null;
}

/** What `scan` stacks; of a carried name the value after the round. */
function yieldsOf(c: Checker, e: LoopExpression, round: Round, next: readonly (Node | null)[]): readonly Node[] | null {
  if (e.kind !== "scan") return [];
  const nodes = e.yields.map((name) => {
    const carried = e.carries.findIndex((carry) => carry.name.text === name.text);
    if (carried >= 0) return next[carried];
    const binding = round.scope.names.get(name.text);
    if (binding === undefined) {
      c.fault("yield-undefined", { name: name.text }, name.span, { help: `define it there: \`${name.text} = ...\`` });
      return null;
    }
    return toTensor(c, binding.value, name.span, "what is yielded")?.node ?? null;
  });
  return nodes.includes(null) ? null : nodes.filter((node) => node !== null);
}

/** The next value of a carry in its type; null after a fault. */
function fit(c: Checker, name: Name, span: Span, next: Node, start: Node): Node | null {
  const node = toElement(c, next, start.element);
  const shape = broadcastShapes(node.shape, start.shape);
  if (shape !== null && shape.length === start.shape.length && shape.every((size, k) => equal(size, start.shape[k]))) {
    return broadcastTo(c.builder, node, shape);
  }
  const help = start.shape.length === 0 ? `start with its shape: \`carry ${name.text} = zeros(...)\`` : null;
  const args = { name: name.text, start: describeType(start), next: describeType(next) };
  c.fault("carry-changes", args, span, { help });
  return null;
}

function nextSpan(e: LoopExpression, name: Name): Span {
  const statement = e.body.statements.find((s) => s.kind === "next" && s.name.text === name.text);
  return statement?.kind === "next" ? statement.value.span : name.span;
}

function resultsOf(c: Checker, e: LoopExpression, node: Node<"loop">): Value {
  const names = [...e.carries.map((carry) => carry.name), ...(e.kind === "scan" ? e.yields : [])];
  const values = names.map((name, index) => {
    const value = tensor(c.builder.create("loop_result", [node], { index }));
    c.note(value, e.span, name.text);
    return value;
  });
  if (values.length === 1) return values[0];
  return { kind: "tuple", values, names: names.map((name) => name.text) };
}
