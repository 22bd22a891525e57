/** Random functions: of tensors with named sizes, and of tensors with any axes in front. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import type { Construct, Grow } from "./construct.ts";
import { ofAnyShape } from "./elementwise.ts";
import { scalarOf } from "./products.ts";
import type { Fn, Home, Parameter } from "./program.ts";
import type { Rng } from "./rng.ts";
import { d, entries, Scope, type Counter, type Items, type ScopeOptions } from "./scope.ts";
import {
  call,
  infix,
  op,
  reach,
  real,
  reference,
  strength,
  typeOf,
  type Binding,
  type Term,
  type Type,
} from "./terms.ts";

/** What all items of a program are made with. */
export interface Making {
  readonly rng: Rng;
  readonly counter: Counter;
  readonly items: Items;
  readonly home: Home;
  readonly constructs: readonly Construct[];
  readonly grow: Grow;
}

/** A file sees what lies in it and in files of greater number. */
function visible({ consts, initializers, functions }: Items, home: Home): Items {
  return {
    consts: consts.filter((c) => c.home >= home),
    initializers: initializers.filter((i) => i.home >= home),
    functions: functions.filter((f) => f.home >= home),
  };
}

export function scopeFor(
  { rng, counter, items, home }: Making,
  options: Pick<ScopeOptions, "sizes"> & Partial<ScopeOptions>,
): Scope {
  const seen = visible(items, home);
  const s = new Scope({
    rng,
    counter,
    parameter: () => null,
    inline: false,
    items: seen,
    home,
    layers: null,
    ...options,
  });
  for (const c of seen.consts) if (c.binding.type.element !== "bool") s.pool.push(reference(c.binding));
  return s;
}

/** Words of the grammar, of JavaScript and of other alphabets that are names all the same. */
const oddNames = ["next", "input", "from", "state", "carry", "bool", "class", "new", "delete", "constructor", "arguments", "σ", "ŷ", "λ2", "W1"]; // prettier-ignore

/** Parameters that are added while the body is made. */
export class Parameters {
  readonly list: Parameter[] = [];
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  add(type: Type, more: Partial<Omit<Parameter, "type">> = {}): Parameter {
    const odd = this.#rng.pick(oddNames);
    const isOdd = this.#rng.chance(0.08) && this.list.every((p) => p.name !== odd);
    const name = isOdd ? odd : `x${String(this.list.length)}`;
    const parameter = { name, type, definition: null, axes: null, preset: null, isOpen: false, isSize: false, ...more };
    this.list.push(parameter);
    return parameter;
  }

  /** What has a default stands behind what has none. */
  sorted(): readonly Parameter[] {
    return [...this.list.filter((p) => p.preset === null), ...this.list.filter((p) => p.preset !== null)];
  }
}

function sizesOf(rng: Rng): readonly Dim[] {
  const known = [d(2), d(3), d(1), d(4)];
  const [n, m] = [dims.symbol("n"), dims.symbol("m")];
  const kind = rng.next();
  // An axis without entries.
  if (kind < 0.04) return [d(0), d(2), d(1)];
  if (kind < 0.45) return known;
  if (kind < 0.52) return [d(2), n, dims.add(n, d(1)), dims.multiply(d(2), n)];
  return kind < 0.75 ? [...known.slice(0, 3), n] : [d(3), n, m, d(2)];
}

function parameterType(rng: Rng, s: Scope): Type {
  const rank = rng.pick([0, 0, 1, 1, 1, 2, 2, 3]);
  if (rng.chance(0.12)) return typeOf("index", s.shape(Math.min(rank, 2)), 2 + rng.below(3));
  if (rng.chance(0.05)) return typeOf("bool", s.shape(Math.min(rank, 2)));
  return real(s.shape(rank));
}

const docs = ["What a function computes: `x` and 1/2.", "σ(x) = 1 / (1 + e⁻ˣ)", "*/ nothing ends here", null, null, null, null, null, null]; // prettier-ignore

export function emptyFunction(making: Making, name: string, kind: Fn["kind"]): Omit<Fn, "parameters" | "results"> {
  const { rng, counter, home } = making;
  const alias = rng.chance(0.5) ? `${name}_as` : name;
  const style = rng.chance(0.3) ? "short" : "block";
  return {
    id: counter.next++,
    kind,
    name,
    alias,
    home,
    doc: rng.pick(docs),
    stored: [],
    style,
    wanted: null,
    shapes: "",
  };
}

/** A function of tensors whose shapes are told. */
export function randomFunction(making: Making, name: string, steps: number, results: (s: Scope) => Term[]): Fn {
  const { rng, constructs, grow } = making;
  const own = emptyFunction(making, name, "fn");
  const parameters = new Parameters(rng);
  // A size by name is known in each call.
  const size = rng.chance(0.12) ? parameters.add(typeOf("index", []), { name: `size${String(own.id)}`, preset: rng.pick(["2", "3"]), isSize: true }) : null; // prettier-ignore
  const sizes = sizesOf(rng);
  const isOfSize = (x: Dim): boolean => size !== null && dims.symbolsOf(x).has(size.name);
  const s = scopeFor(making, {
    sizes: size === null ? sizes : [...sizes, dims.symbol(size.name)],
    parameter: (type) => (type.shape.some(isOfSize) ? null : parameters.add(type)),
  });
  const shapes = scopeFor(making, { sizes });
  const symbols = sizes.filter((x) => dims.equal(x, dims.symbol("n")) || dims.equal(x, dims.symbol("m")));
  // Every symbol is one that an argument tells.
  if (symbols.length > 0) s.declare(parameters.add(real(symbols)));
  const count = 1 + rng.below(3);
  for (let k = 0; k < count; k++) {
    const type = k === 0 ? real(shapes.shape(rng.pick([0, 1, 1, 2]))) : parameterType(rng, shapes);
    s.declare(parameters.add(type, { axes: type.shape.length === 0 ? null : s.shapeText(type.shape) }));
  }
  if (rng.chance(0.15)) s.declare(parameters.add(real([]), { preset: rng.pick(["0.5", "-1.5", "2", "1e-2"]) }));
  if (rng.chance(0.1))
    s.pool.push(
      s.declareAs(
        "const",
        op("number", real([]), [], () => "1.25 * 2"),
      ),
    );
  grow(s, constructs, steps);
  return { ...own, parameters: parameters.sorted(), results: results(s) };
}

/** A function of a tensor with any axes in front, `[...]` or `[..., k]`, entry by entry and along the last axis. */
export function openFunction(making: Making, name: string): Fn {
  const { rng, grow } = making;
  const own = emptyFunction(making, name, "fn");
  const parameters = new Parameters(rng);
  const last = rng.chance(0.5) ? [dims.symbol("k")] : [];
  const s = scopeFor(making, { sizes: [] });
  const axes = `[...${last.length === 0 ? "" : ", k"}]`;
  const preset = rng.chance(0.1) && last.length === 0 ? "0.5" : null;
  const x = s.declare(parameters.add(real(last), { axes, preset, isOpen: true }));
  if (last.length > 0 && rng.chance(0.4)) s.declare(parameters.add(real(last), { axes: "[k]" }));
  if (rng.chance(0.5)) s.declare(parameters.add(real([]), { preset: rng.chance(0.5) ? "0.75" : null }));
  grow(s, last.length === 0 ? ofAnyShape : [...ofAnyShape, ...alongLast], 1 + rng.below(4));
  return { ...own, parameters: parameters.sorted(), results: [openResult(s, x)] };
}

/** The last term of the shape of x that x is part of: in front it has the axes of x. */
export function openResult(s: Scope, x: Term): Term {
  const found = [...s.pool].reverse().find((t) => t.type.element === "real" && dims.shapesEqual(t.type.shape, x.type.shape) && dependsOn(t, x)); // prettier-ignore
  return found ?? x;
}

export function dependsOn(term: Term, x: Term): boolean {
  return reach([term]).some((t) => t.binding !== null && t.binding === x.binding);
}

/** Along the last axis, whatever stands in front. */
export const alongLast: readonly Construct[] = [
  {
    name: "along-last",
    weight: 6,
    make: (s) => {
      const x = s.number((t) => t.shape.length === 1 && t.element === "real");
      if (x === null) return null;
      const name = s.rng.name(["softmax", "log_softmax", "mean", "max", "sum", "std"]);
      if (name.endsWith("softmax")) return call(name, x.type, [x]);
      return call(name, real([d(1)]), [x], "axis = -1", "keep = true");
    },
  },
];

/** What a function returns: mostly a scalar made of the last terms, so that everything has derivatives. */
export function resultsOf(s: Scope): Term[] {
  const last = s.pool[s.pool.length - 1];
  const kind = s.rng.next();
  if (kind < 0.6) {
    const scalar = last.type.element === "real" && last.type.shape.length === 0 ? last : scalarOf(s);
    if (scalar !== null) return [withMore(s, scalar)];
  }
  if (kind < 0.8 || s.pool.length < 3) return [last];
  const other = s.rng.pick(s.pool.slice(Math.floor(s.pool.length / 2)));
  return other === last ? [last] : [s.define(last), s.define(other)];
}

/** The sum of a scalar and of others that it does not hang on, so that less of what was made is thrown away. */
export function withMore(s: Scope, scalar: Term): Term {
  let total = scalar;
  for (const term of [...s.pool].reverse().slice(0, 8)) {
    const isMade = term.operands.length > 0 || (term.binding?.definition ?? null) !== null;
    if (total.size > 30 || !isMade || s.rng.chance(0.5) || reach([total]).includes(term)) continue;
    const { element, shape } = term.type;
    const part = shape.length === 0 && element !== "bool" ? term : call(s.rng.name(["sum", "mean"]), real([]), [term]);
    total = infix("+", real([]), total, part, strength.add);
  }
  return total;
}

/** The derivatives that a function's parameters and results allow. */
export function wantedOf(rng: Rng, f: Fn): string[] | null {
  const reals = f.parameters.filter((p) => p.type.element === "real");
  const names = reals.map((p) => p.name);
  const size = reals.reduce((sum, p) => sum + entries(p.type.shape), 0);
  const isReal = f.results.every((r) => r.type.element === "real");
  if (names.length === 0 || !isReal || rng.chance(0.15)) return rng.chance(0.5) ? ["value"] : null;
  const isScalar = f.results.length === 1 && f.results[0].type.shape.length === 0;
  const by = rng.chance(0.2) ? `(${rng.shuffled(names).slice(0, 2).join(", ")})` : "";
  const wanted = ["value"];
  if (isScalar && rng.chance(0.9)) wanted.push(`gradient${by}`);
  if (rng.chance(isScalar ? 0.17 : 0.4)) wanted.push(`jvp${by}`);
  if (isScalar && rng.chance(0.15)) wanted.push("hvp");
  const results = f.results.reduce((sum, r) => sum + entries(r.type.shape), 0);
  if (size * results <= 72 && rng.chance(isScalar ? 0.08 : 0.3)) wanted.push(`jacobian${by}`);
  if (isScalar && size <= 8 && rng.chance(0.2)) wanted.push("hessian");
  const isSized = f.parameters.every((p) => p.type.shape.every((dim) => dims.constantOf(dim) !== null));
  if (isSized && size * results <= 72 && rng.chance(0.3)) wanted.push(`sparse_jacobian${by}`);
  if (isSized && isScalar && size <= 12 && rng.chance(0.3)) wanted.push("sparse_hessian");
  return wanted.length > 3 ? [wanted[0], ...rng.shuffled(wanted.slice(1)).slice(0, 2)] : wanted;
}

/** The `derive` line of an open function: with shapes, or as a function of its last axes. */
export function deriveOpen(rng: Rng, f: Fn): Fn {
  const [x] = f.parameters.filter((p) => p.isOpen);
  const size = rng.pick([2, 3]);
  const lead = rng.pick([[], [2], [2, 1]]);
  const sized = (p: Binding): number[] => p.type.shape.map(() => size);
  const typed = f.parameters.filter((p) => p.type.shape.length > 0 || p === x);
  const shapes = typed.map((p) => {
    const shape = p === x ? [...lead, ...sized(p)] : sized(p);
    return shape.length === 0 ? p.name : `${p.name}: [${shape.join(", ")}]`;
  });
  return {
    ...f,
    shapes: `(${shapes.join(", ")})`,
    wanted: rng.pick([["value"], ["value", "jvp"], ["jacobian"], ["none"]]),
  };
}
