/** The random program of a seed: functions that call each other, and models. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { elementwise } from "./elementwise.ts";
import { idioms } from "./idioms.ts";
import { randomModel } from "./models.ts";
import { products, scalarOf } from "./products.ts";
import { Rng } from "./rng.ts";
import { d, entries, Scope, type Counter } from "./scope.ts";
import { structure } from "./structure.ts";
import { real, reference, typeOf, type Binding, type Fn, type Program, type Term, type Type } from "./terms.ts";

const constructs: readonly Construct[] = [...elementwise, ...structure, ...idioms, ...products(() => constructs, grow)];

/** Tries constructs until `count` of them have made something. */
export function grow(s: Scope, rows: readonly Construct[], count: number): void {
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  let made = 0;
  for (let tries = 0; made < count && tries < 8 * count; tries++) {
    let at = s.rng.next() * total;
    const row = rows.find(({ weight }) => (at -= weight) < 0) ?? rows[0];
    const term = row.make(s);
    if (term === null || !s.isSmall(term.type.shape)) continue;
    s.keep(term);
    made++;
  }
}

export function allConstructs(): readonly Construct[] {
  return constructs;
}

function sizesOf(rng: Rng): readonly Dim[] {
  const known = [d(2), d(3), d(1), d(4)];
  const symbols = [dims.symbol("n"), dims.symbol("m")];
  const kind = rng.next();
  return kind < 0.45 ? known : kind < 0.75 ? [...known.slice(0, 3), symbols[0]] : [d(3), ...symbols, d(2)];
}

function parameterType(rng: Rng, s: Scope): Type {
  const rank = rng.pick([0, 0, 1, 1, 1, 2, 2, 3]);
  if (rng.chance(0.12)) return typeOf("index", s.shape(Math.min(rank, 2)), 2 + rng.below(3));
  if (rng.chance(0.05)) return typeOf("bool", s.shape(Math.min(rank, 2)));
  return real(s.shape(rank));
}

function randomFunction(
  rng: Rng,
  name: string,
  counter: Counter,
  functions: readonly Fn[],
  consts: readonly Binding[],
  steps: number,
): Fn {
  const id = counter.next++;
  const parameters: Binding[] = [];
  const parameter = (type: Type): Binding => {
    const binding: Binding = { name: `x${String(parameters.length)}`, type, definition: null };
    parameters.push(binding);
    return binding;
  };
  const s = new Scope({
    rng,
    counter,
    sizes: sizesOf(rng),
    parameter: (t) => parameter(t),
    inline: false,
    functions,
    inModel: false,
  });
  for (const c of consts) s.pool.push(reference(c));
  const symbols = s.sizes.filter((size) => dims.constantOf(size) === null);
  // Every symbol is one that an argument tells.
  if (symbols.length > 0) s.declare(parameter(real(symbols)));
  const count = 1 + rng.below(3);
  for (let k = 0; k < count; k++)
    s.declare(parameter(k === 0 ? real(s.shape(rng.pick([0, 1, 1, 2]))) : parameterType(rng, s)));
  grow(s, constructs, steps);
  return { id, name, parameters, results: resultsOf(s), style: rng.chance(0.3) ? "short" : "block", wanted: null };
}

/** What a function returns: mostly a scalar made of the last terms, so that everything has derivatives. */
function resultsOf(s: Scope): Term[] {
  const last = s.pool[s.pool.length - 1];
  const kind = s.rng.next();
  if (kind < 0.5) {
    const scalar = last.type.element === "real" && last.type.shape.length === 0 ? last : scalarOf(s);
    if (scalar !== null) return [scalar];
  }
  if (kind < 0.75 || s.pool.length < 3) return [last];
  const other = s.rng.pick(s.pool.slice(Math.floor(s.pool.length / 2)));
  return other === last ? [last] : [s.define(last), s.define(other)];
}

/** The derivatives that a function's parameters and results allow. */
function wantedOf(rng: Rng, f: Fn): string[] | null {
  const reals = f.parameters.filter((p) => p.type.element === "real");
  const names = reals.map((p) => p.name);
  const size = reals.reduce((sum, p) => sum + entries(p.type.shape), 0);
  const isReal = f.results.every((r) => r.type.element === "real");
  if (reals.length === 0 || !isReal || rng.chance(0.15)) return rng.chance(0.5) ? ["value"] : null;
  const isScalar = f.results.length === 1 && f.results[0].type.shape.length === 0;
  const by = rng.chance(0.2) ? `(${rng.pick(names)})` : "";
  const wanted = ["value"];
  if (isScalar && rng.chance(0.9)) wanted.push(`gradient${by}`);
  if (rng.chance(isScalar ? 0.2 : 0.5)) wanted.push(`jvp${by}`);
  if (isScalar && rng.chance(0.2)) wanted.push("hvp");
  const results = f.results.reduce((sum, r) => sum + entries(r.type.shape), 0);
  if (size * results <= 72 && rng.chance(isScalar ? 0.1 : 0.4)) wanted.push(`jacobian${by}`);
  if (isScalar && size <= 8 && rng.chance(0.2)) wanted.push("hessian");
  return wanted.length > 3 ? [wanted[0], ...rng.shuffled(wanted.slice(1)).slice(0, 2)] : wanted;
}

/** The program of a seed. */
export function generate(seed: number): Program {
  const rng = new Rng(seed, "program");
  const counter: Counter = { next: 0 };
  const consts = rng.chance(0.25)
    ? [
        { binding: { name: "K1", type: typeOf("index", []), definition: null }, value: rng.pick(["2", "3", "-1"]) },
        { binding: { name: "K2", type: real([]), definition: null }, value: rng.pick(["0.25", "-1.5", "pi / 2"]) },
      ]
    : [];
  const bindings = consts.map((c) => c.binding);
  const helpers: Fn[] = [];
  const helperCount = rng.pick([0, 0, 1, 1, 2]);
  for (let k = 0; k < helperCount; k++)
    helpers.push(randomFunction(rng, `g${String(k)}`, counter, helpers, bindings, 1 + rng.below(3)));
  if (rng.chance(0.25)) {
    return { seed, consts, functions: [], models: [randomModel(rng, counter, helpers, constructs, grow)] };
  }
  const f = randomFunction(rng, "f", counter, helpers, bindings, 2 + rng.below(8));
  f.wanted = wantedOf(rng, f);
  return { seed, consts, functions: [f], models: [] };
}
