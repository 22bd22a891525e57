/** Calls of the program's own functions, and arguments by name. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import type { Fn, Parameter } from "./program.ts";
import { d, type Scope } from "./scope.ts";
import { signatureOf } from "./signatures.ts";
import { op, type Term, type Type } from "./terms.ts";

/** The dims that a call gives a callee's symbols. */
type Symbols = Map<string, Dim>;

/** Whether an argument fits; binds the symbols that its shape tells. */
function bindShape(wanted: Shape, given: Shape, symbols: Symbols): boolean {
  return (
    wanted.length === given.length &&
    wanted.every((size, k) => {
      const name = [...dims.symbolsOf(size)].at(0);
      if (name === undefined) return dims.equal(size, given[k]);
      const known = symbols.get(name);
      if (known === undefined && dims.equal(size, dims.symbol(name))) symbols.set(name, given[k]);
      return dims.equal(dims.substitute(size, symbols), given[k]);
    })
  );
}

export interface Bound {
  /** Arguments as the call says them; `name`: by name. */
  readonly given: readonly { readonly name: string | null; readonly term: Term | string }[];
  readonly types: readonly Type[];
  readonly symbols: ReadonlyMap<string, Dim>;
}

/** Arguments for a function or layer; null where none fit. `fixed`: sizes that are told already. */
export function argumentsFor(s: Scope, f: Fn, fixed: ReadonlyMap<string, Dim> = new Map()): Bound | null {
  const symbols: Symbols = new Map(fixed);
  const given: { readonly name: string | null; readonly term: Term | string }[] = [];
  let lead: Shape = [];
  let named = false;
  for (const parameter of f.parameters) {
    if (fixed.has(parameter.name)) {
      named = true;
      continue;
    }
    const isLeftOut = parameter.preset !== null && s.rng.chance(0.5);
    if (parameter.isSize) {
      const size = isLeftOut ? d(Number(parameter.preset)) : d(1 + s.rng.below(3));
      symbols.set(parameter.name, size);
      if (!isLeftOut) given.push({ name: named || s.rng.chance(0.5) ? parameter.name : null, term: s.sizeText(size) });
      named ||= isLeftOut || given.at(-1)?.name !== null;
      continue;
    }
    if (isLeftOut) {
      named = true;
      continue;
    }
    const found = argumentFor(s, parameter, symbols);
    if (found === null) return null;
    if (parameter.isOpen) lead = found.type.shape.slice(0, found.type.shape.length - parameter.type.shape.length);
    named ||= parameter.preset !== null && s.rng.chance(0.5);
    given.push({ name: named ? parameter.name : null, term: found });
  }
  const types = f.results.map((r): Type => {
    const shape = r.type.shape.map((size) => dims.substitute(size, symbols));
    return { ...r.type, shape: [...lead, ...shape] };
  });
  return types.some((t) => !s.isSmall(t.shape)) ? null : { given, types, symbols };
}

function argumentFor(s: Scope, { type, isOpen }: Parameter, symbols: Symbols): Term | null {
  const open = isOpen || type.shape.some((size) => [...dims.symbolsOf(size)].some((name) => !symbols.has(name)));
  const shapeOf = (t: Type): Shape =>
    isOpen ? t.shape.slice(Math.max(0, t.shape.length - type.shape.length)) : t.shape;
  const fitsType = (t: Type, into: Symbols): boolean =>
    t.element === type.element &&
    (type.bound === null || (t.bound ?? Infinity) <= type.bound) &&
    bindShape(type.shape, shapeOf(t), into);
  const term = open
    ? s.find((t) => fitsType(t, new Map(symbols)))
    : s.want({ ...type, shape: type.shape.map((size) => dims.substitute(size, symbols)) });
  return term !== null && fitsType(term.type, symbols) ? term : null;
}

/** The call as a term, several values as names. */
export function callOf(name: string, f: Fn, { given, types }: Bound): Term {
  const operands = given.flatMap(({ term }) => (typeof term === "string" ? [] : [term]));
  const text = (o: readonly string[]): string => {
    const left = [...o];
    const parts = given.map(({ name: by, term }) => `${by === null ? "" : `${by} = `}${typeof term === "string" ? term : left.shift() ?? ""}`); // prettier-ignore
    return `${name}(${parts.join(", ")})`;
  };
  return op("call", types[0], operands, text, { callee: f });
}

function callOwn(s: Scope): Term | null {
  const functions = s.options.items.functions.filter((f) => f.kind === "fn");
  if (functions.length === 0) return null;
  const f = s.rng.pick(functions);
  const bound = argumentsFor(s, f);
  if (bound === null || (bound.types.length > 1 && s.options.inline)) return null;
  const term = callOf(f.home === s.options.home ? f.name : f.alias, f, bound);
  if (bound.types.length === 1) return term;
  const values = s.defineAll(term, bound.types);
  s.pool.push(...values.slice(1));
  return values[0];
}

/** A call of a public function with its arguments by their names, from some place on. */
export function withNames(term: Term, from: number): Term {
  const signature = signatureOf(term.construct);
  if (signature === null) return term;
  const text = (operands: readonly string[]): string => {
    const whole = term.text(operands);
    const open = whole.indexOf("(");
    if (whole.slice(0, open) !== term.construct || !whole.endsWith(")")) return whole;
    const parts = partsOf(whole.slice(open + 1, -1));
    if (parts === null || parts.length > signature.length) return whole;
    const first = Math.min(from, parts.length - 1);
    const shown = parts.map((part, k) =>
      k < first || /^\w+ = /u.test(part) ? part : `${signature[k].name} = ${part}`,
    );
    return `${term.construct}(${shown.join(", ")})`;
  };
  return { ...term, text };
}

/** What commas outside of brackets part; null where the brackets do not close. */
function partsOf(text: string): readonly string[] | null {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let k = 0; k < text.length; k++) {
    const c = text[k];
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, k).trim());
      start = k + 1;
    }
    if (depth < 0) return null;
  }
  parts.push(text.slice(start).trim());
  return parts.some((p) => p === "") || /^repeat\b/mu.test(text) ? null : parts;
}

export const ownCalls: readonly Construct[] = [{ name: "call-own", weight: 3, make: callOwn }];
