/** `repeat l < 12 carry h = x { ... }`: expanded at compile time, each round with parameters of its own. */
import type { Expression } from "../1-parse/ast.ts";
import { announce, define, definition, misplaced, runStatement } from "./bodies.ts";
import type { Checker } from "./checker.ts";
import { toInteger } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { marksOf } from "./marks.ts";
import { Scope } from "./scope.ts";
import { constant as dimConstant } from "../ir/dim.ts";
import { dimValue, faulty, type Value } from "./value.ts";

const maxRounds = 10_000;

export function repeat(c: Checker, scope: Scope, e: Extract<Expression, { readonly kind: "repeat" }>): Value {
  const count = toInteger(c, evaluate(c, scope, e.count), e.count.span, "the number of rounds");
  let carried = e.carries.map(({ initial }) => evaluate(c, scope, initial));
  if (count === null) return faulty;
  if (count > maxRounds) return c.fault("too-many-rounds", { found: count, limit: maxRounds }, e.count.span);
  c.progress.decided = true;
  const base = scope.layers?.base ?? null;
  for (let round = 0; round < count; round++) {
    c.spend(e.span);
    carried = c.nested(e.span, () => runRound(c, scope, e, round, carried, base));
    if (carried.some((value) => value.kind === "faulty")) return faulty;
  }
  const [only] = carried;
  if (carried.length === 1) return only;
  return { kind: "tuple", values: carried, names: e.carries.map(({ name }) => name.text) };
}

/** One round: all `next` take effect together, at its end. */
function runRound(
  c: Checker,
  outer: Scope,
  e: Extract<Expression, { readonly kind: "repeat" }>,
  round: number,
  carried: readonly Value[],
  base: string | null,
): Value[] {
  const prefix = base === null ? null : `${base}.${round}.`;
  const marks = marksOf(c, e.body);
  if (prefix !== null) for (const name of marks) c.unit.model?.marks.add(prefix + name);
  const scope = new Scope({ file: outer.file, place: outer.place, parent: outer, marks, prefix, block: e.body });
  define(c, scope, e.index, dimValue(dimConstant(round)));
  for (const [k, { name }] of e.carries.entries()) define(c, scope, name, carried[k]);
  const next = new Map<string, Value>();
  for (const statement of announce(scope, e.body)) {
    if (statement.kind !== "next") {
      if (statement.kind === "return") misplaced(c, scope, statement);
      else runStatement(c, scope, statement);
      continue;
    }
    const { name, value } = statement;
    if (!e.carries.some((carry) => carry.name.text === name.text)) {
      c.fault("next-without-carry", { name: name.text }, name.span);
      continue;
    }
    if (next.has(name.text)) c.fault("defined-twice", { name: `next ${name.text}` }, name.span);
    // The layers of the only carry are those of the round itself: `h.0.W`.
    const path = prefix === null ? null : e.carries.length === 1 ? prefix.slice(0, -1) : prefix + name.text;
    next.set(name.text, definition(c, scope, value, path));
  }
  return e.carries.map(({ name }, k) => next.get(name.text) ?? carried[k]);
}
