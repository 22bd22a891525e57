/** The names of one function or model while it is being made up, and the ways to get an operand of a wanted type. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { Const, Fn, Home, TextItem } from "./program.ts";
import type { Rng } from "./rng.ts";
import { bindingOf, call, fits, infix, isStatic, literal, op, real, reference, strength, typeOf } from "./terms.ts";
import type { Binding, Let, Term, Type } from "./terms.ts";

export const d = dims.constant;

/** Tensors stay this small, symbols counted as 4. */
const maxEntries = 72;
/** What has more parts than this gets a name of its own, so that it is not written twice. */
const maxInline = 7;

/** What a whole program shares: numbers of definitions and functions. */
export interface Counter {
  next: number;
}

/** What the items of a program may refer to. */
export interface Items {
  readonly consts: readonly Const[];
  readonly initializers: readonly TextItem[];
  /** Functions, layers and optimizers. */
  readonly functions: readonly Fn[];
}

export interface ScopeOptions {
  readonly rng: Rng;
  readonly counter: Counter;
  readonly sizes: readonly Dim[];
  /** Makes a parameter of a type where no term fits; null: none of this type may be added. */
  readonly parameter: (type: Type) => Binding | null;
  /** A loop's body: no statements, so nothing gets a name. */
  readonly inline: boolean;
  readonly items: Items;
  readonly home: Home;
  /** Where layers may be called; symbols are those that every call knows. */
  readonly layers: { readonly symbols: ReadonlySet<string> } | null;
}

export class Scope {
  readonly rng: Rng;
  readonly options: ScopeOptions;
  readonly pool: Term[] = [];
  readonly bindings: Binding[] = [];

  readonly consts: ReadonlySet<Binding>;

  constructor(options: ScopeOptions) {
    this.options = options;
    this.rng = options.rng;
    this.consts = new Set(options.items.consts.map((c) => c.binding));
  }

  get sizes(): readonly Dim[] {
    return this.options.sizes;
  }

  /** A parameter's name, for operands to refer to. */
  declare(binding: Binding): Term {
    this.bindings.push(binding);
    const term = reference(binding);
    this.pool.push(term);
    return term;
  }

  /** Keeps a new term, with or without a name. */
  keep(term: Term, named = false): Term {
    const bound = !this.options.inline && (named || term.size > maxInline || this.rng.chance(0.5));
    const kept = bound ? this.define(term) : term;
    this.pool.push(kept);
    return kept;
  }

  /** `t3 = term`. */
  define(term: Term): Term {
    if (term.binding !== null) return term;
    const [name] = this.defineAll(term, [term.type]);
    return name;
  }

  /** `t3, t4 = term`. */
  defineAll(term: Term, types: readonly Type[]): readonly Term[] {
    const id = this.options.counter.next++;
    const names = types.map((_, k) => (types.length === 1 ? `t${String(id)}` : `t${String(id)}_${String(k)}`));
    const definition: Let = { id, word: null, names, term: { root: term } };
    return names.map((name, k) => {
      const binding = bindingOf(name, types[k], definition);
      this.bindings.push(binding);
      return reference(binding);
    });
  }

  /** `const k3 = term` or `use enc3 = term`. */
  declareAs(word: "const" | "use", term: Term): Term {
    const id = this.options.counter.next++;
    const name = `${word === "const" ? "k" : "enc"}${String(id)}`;
    return reference(bindingOf(name, term.type, { id, word, names: [name], term: { root: term } }));
  }

  isStatic(term: Term): boolean {
    return isStatic(term, this.consts);
  }

  /** A size as a user may write it: now and then by a const, or as a sum, quotient or extremum that comes to it. */
  sizeText(size: Dim): string {
    const known = dims.constantOf(size);
    const text = dims.print(size);
    if (!this.rng.chance(0.15)) return text;
    if (known === null) return this.rng.pick([`${text} + 1 - 1`, `2 * (${text}) / 2`, `(${text})^1`]);
    const named = this.options.items.consts.filter((c) => c.size === known);
    if (named.length > 0) return this.rng.pick(named).name;
    const n = String(known);
    return this.rng.pick([`${String(known + 1)} - 1`, `${String(2 * known)} / 2`, `div(${String(2 * known + 1)}, 2)`, `minimum(${n}, 99)`, `max(${n}, 0)`, `mod(${n}, 97)`]); // prettier-ignore
  }

  shapeText(shape: Shape): string {
    return `[${shape.map((size) => this.sizeText(size)).join(", ")}]`;
  }

  size(): Dim {
    return this.rng.pick(this.sizes);
  }

  shape(rank: number): Shape {
    for (;;) {
      const shape = Array.from({ length: rank }, () => this.size());
      if (entries(shape) <= maxEntries) return shape;
    }
  }

  /** A term that a predicate holds of; what was made last is preferred, so that chains grow. */
  find(wanted: (type: Type) => boolean): Term | null {
    const fitting = this.pool.filter((t) => wanted(t.type));
    const last = fitting.at(-1);
    if (last === undefined) return null;
    return this.rng.chance(0.4) ? last : this.rng.pick(fitting);
  }

  /** A tensor of reals (or, now and then, of integers or bools, which count as numbers). */
  number(wanted: (type: Type) => boolean = () => true): Term | null {
    const anything = this.rng.chance(0.06);
    return (
      this.find((t) => (anything || t.element === "real") && wanted(t)) ??
      this.find((t) => t.element === "real" && wanted(t))
    );
  }

  /** A term of a type: one that is there, a new parameter, or one that is made. */
  want(type: Type): Term {
    const known = this.rng.chance(0.75) ? this.find((t) => fits(t, type)) : null;
    if (known !== null) return known;
    const added = this.rng.chance(0.4) ? this.#parameter(type) : null;
    if (added !== null) return added;
    if (type.element === "real") return this.#made(type.shape);
    if (type.element === "bool") {
      const zero = this.#made(type.shape);
      return infix(this.rng.pick(["<", ">=", "!="]), type, zero, literal("0.5"), strength.compare);
    }
    return this.integers(type.shape, type.bound ?? 3);
  }

  /** Integers 0 .. bound - 1 of a shape. */
  integers(shape: Shape, bound: number): Term {
    const type = typeOf("index", shape, bound);
    const known = this.find((t) => fits(t, type));
    if (known !== null) return known;
    const any = this.find((t) => t.element === "index" && dims.shapesEqual(t.shape, shape));
    if (any !== null && bound > 0) return call("mod", type, [any], String(bound));
    const added = this.rng.chance(0.6) ? this.#parameter(type) : null;
    if (added !== null) return added;
    const size = shape.length === 1 ? shape[0] : null;
    if (size !== null) {
      const count = call("arange", typeOf("index", shape, dims.constantOf(size)), [], this.sizeText(size));
      return call("mod", type, [count], String(bound));
    }
    const zeros = this.#made(shape);
    const flag = infix(">", typeOf("bool", shape), zeros, literal("0"), strength.compare);
    // A bool counts as 0 or 1.
    const sum = infix("+", typeOf("index", shape), flag, literal("0"), strength.add);
    return call("mod", type, [sum], String(bound));
  }

  #parameter(type: Type): Term | null {
    const added = this.options.parameter(type);
    return added === null ? null : this.declare(added);
  }

  #made(shape: Shape): Term {
    const type = real(shape);
    if (shape.length === 0) {
      const other = this.find((t) => t.element === "real" && t.shape.length > 0 && entries(t.shape) <= 12);
      if (other !== null && this.rng.chance(0.5)) return call("sum", type, [other]);
      return literal(this.rng.pick(["0.5", "-1.25", "1.5", "3e-1", ".25", "2.", "1_0.5"]));
    }
    const vector = this.find((t) => t.element === "real" && t.shape.length < shape.length && endsWith(shape, t.shape));
    const rank = this.shapeText(shape);
    if (vector !== null && this.rng.chance(0.7)) return call("broadcast", type, [vector], rank);
    return this.rng.chance(0.5)
      ? call("ones", type, [], rank)
      : op("full", type, [this.want(real([]))], ([a]) => `full(${rank}, ${a})`);
  }

  /** A term whose shape broadcasts with that of x, into no more than the pool holds. */
  partner(x: Term): { readonly term: Term; readonly shape: Shape } {
    for (let round = 0; round < 3; round++) {
      const term = this.number();
      if (term === null) break;
      const shape = broadcast(x.type.shape, term.type.shape);
      if (shape !== null && entries(shape) <= maxEntries) return { term, shape };
    }
    const cut = x.type.shape.slice(this.rng.below(x.type.shape.length + 1));
    const added = this.rng.chance(0.5) ? this.#parameter(real(cut)) : null;
    if (added !== null) return { term: added, shape: x.type.shape };
    return {
      term: this.rng.chance(0.5) ? literal(this.rng.pick(["0.5", "2", "-1.5", "0", "1", "-1", "3"])) : x,
      shape: x.type.shape,
    };
  }

  /** A name of reals, to differentiate by, that `y` depends on. */
  nameWithin(y: Term, most: number): Term | null {
    const names: Term[] = [];
    const seen = new Set<Term>();
    const pending = [y];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const { binding } = at;
      // `h.W` is a name as well.
      const isName = binding === null ? at.construct === "member" : this.bindings.includes(binding);
      if (isName && at.type.element === "real" && at !== y && entries(at.type.shape) <= most) names.push(at);
      pending.push(...at.operands);
      if (binding?.definition != null) pending.push(binding.definition.term.root);
    }
    const members = names.filter((t) => t.construct === "member");
    if (names.length === 0) return null;
    return this.rng.pick(members.length > 0 && this.rng.chance(0.5) ? members : names);
  }

  isSmall(shape: Shape): boolean {
    return shape.length <= 4 && entries(shape) <= maxEntries;
  }
}

/** The number of entries, symbols counted as 4. */
export function entries(shape: Shape): number {
  return shape.reduce((p, size) => p * estimate(size), 1);
}

function estimate(size: Dim): number {
  const values = new Map([...dims.symbolsOf(size)].map((s) => [s, 4]));
  return dims.evaluate(size, values);
}

function endsWith(shape: Shape, end: Shape): boolean {
  return end.every((size, k) => dims.equal(size, shape[shape.length - end.length + k]));
}

/** Whether no axis is known to be empty. */
export function hasEntries({ shape }: Type): boolean {
  return shape.every((size) => dims.constantOf(size) !== 0);
}

export function isOne(size: Dim): boolean {
  return dims.constantOf(size) === 1;
}

/** NumPy's broadcasting; null where two sizes differ. */
export function broadcast(a: Shape, b: Shape): Shape | null {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const lead = long.length - short.length;
  const result: Dim[] = [];
  for (const [k, size] of long.entries()) {
    const other = k < lead ? size : short[k - lead];
    if (dims.equal(size, other) || isOne(other)) result.push(size);
    else if (isOne(size)) result.push(other);
    else return null;
  }
  return result;
}

/** Numbers that keep functions with a narrow domain inside it. */
export function tamed(x: Term): Term {
  return call("tanh", x.type.element === "real" ? x.type : real(x.type.shape), [x]);
}

export function positive(x: Term): Term {
  const type = real(x.type.shape);
  const size = op("abs", type, [x], ([a]) => `abs(${a})`);
  return infix("+", type, size, literal("0.5"), strength.add);
}
