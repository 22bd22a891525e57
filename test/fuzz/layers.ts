/** Layers: calls of those that the language has and of the program's own, shared instances, and random layers. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import { argumentsFor, callOf, type Bound } from "./calls-of-own.ts";
import type { Construct } from "./construct.ts";
import { ofAnyShape } from "./elementwise.ts";
import { alongLast, dependsOn, emptyFunction, openResult, Parameters, scopeFor, type Making } from "./functions.ts";
import { initialText } from "./items.ts";
import type { Fn, Stored } from "./program.ts";
import { d, entries, type Scope } from "./scope.ts";
import { bindingOf, call, infix, op, real, reach, strength, typeOf, type Term, type Type } from "./terms.ts";

/** Whether a stored tensor may have this size: it is known in every call. */
function isKnown(s: Scope, size: Dim): boolean {
  return [...dims.symbolsOf(size)].every((name) => s.options.layers?.symbols.has(name) === true);
}

/** x as [..., n] with n known, as layers want it. */
function layerInput(
  s: Scope,
  wanted: (n: Dim) => boolean = () => true,
  rank: number | null = null,
): { readonly x: Term; readonly n: Dim } | null {
  const lastOf = (t: Type): Dim | undefined => t.shape.at(-1);
  const x = s.find((t) => {
    const n = lastOf(t);
    const fits = rank === null || t.shape.length === rank;
    return t.element === "real" && fits && n !== undefined && isKnown(s, n) && dims.constantOf(n) !== 0 && wanted(n);
  });
  const n = x === null ? undefined : lastOf(x.type);
  return x === null || n === undefined ? null : { x, n };
}

/** A layer's call is mostly a definition of its own, whose name its parameters have. */
function placed(s: Scope, term: Term): Term {
  return s.rng.chance(0.15) ? term : s.define(term);
}

/** `h.W`; a shared instance has its parameters once it was called. */
function member(h: Term, name: string, shape: readonly Dim[], called: Term = h): Term {
  return op("member", real(shape), [h, called], ([a]) => `${a}.${name}`, { names: [0, 1] });
}

function layer(s: Scope): Term | null {
  const found = layerInput(s);
  if (found === null) return null;
  const { x, n } = found;
  const before = x.type.shape.slice(0, -1);
  const units = d(1 + s.rng.below(4));
  switch (s.rng.name(["layer_norm", "rms_norm", "standardize", "repeat", "dense", "dense", "dense"])) {
    case "layer_norm":
      return placed(s, call("layer_norm", x.type, [x], ...(s.rng.chance(0.5) ? ["eps = 1e-3"] : [])));
    case "rms_norm":
      return placed(s, call("rms_norm", x.type, [x], ...(s.rng.chance(0.5) ? ["1e-4"] : [])));
    case "standardize":
      return placed(s, call("standardize", x.type, [x]));
    case "repeat": {
      const id = String(s.options.counter.next++);
      const inner = `dense(a${id}, ${dims.print(n)})`;
      const body = s.rng.chance(0.5) ? `{\n    t${id} = ${inner}\n    next a${id} = tanh(t${id})\n  }` : `{ next a${id} = tanh(${inner}) }`; // prettier-ignore
      return s.define(op("repeat-layers", x.type, [x], ([a]) => `repeat r${id} < 2 carry a${id} = ${a} ${body}`, { strength: strength.prefix })); // prettier-ignore
    }
    default: {
      const h = placed(s, call("dense", real([...before, units]), [x], s.sizeText(units)));
      if (h.binding !== null && s.rng.chance(0.5)) {
        const b = member(h, "b", [units]);
        s.pool.push(member(h, "W", [n, units]), b);
        if (s.rng.chance(0.7)) s.pool.push(op("grad", b.type, [call("sum", real([]), [h]), b], (o) => `grad(${o.join(", ")})`, { names: [1] })); // prettier-ignore
      }
      return h;
    }
  }
}

/** Square kernels over a matrix, which becomes one image of one channel; sides that are not known are padded. */
function convolved(s: Scope): Term | null {
  const x = s.find((t) => t.element === "real" && t.shape.length === 2 && entries(t.shape) <= 36);
  if (x === null) return null;
  const isOpen = x.type.shape.some((side) => (dims.constantOf(side) ?? 0) < 2);
  const [size, padding] = [2, isOpen || s.rng.chance(0.3) ? 1 : 0];
  const stride = s.rng.chance(0.6) ? 1 : 2;
  const sides = x.type.shape.map((side) => dims.add(dims.floorDivide(dims.add(side, d(2 * padding - size)), d(stride)), d(1))); // prettier-ignore
  const out = 1 + s.rng.below(2);
  const image = op("image", real([d(1), d(1), ...x.type.shape]), [x], ([a]) => `expand(expand(${a}, 0), 0)`);
  const options = [...(stride === 1 ? [] : [`stride = ${String(stride)}`]), ...(padding === 0 ? [] : ["padding = 1"])];
  const result = [d(1), d(out), ...sides];
  if (!s.isSmall(result)) return null;
  return placed(s, call("conv2d_layer", real(result), [image], String(out), String(size), ...options));
}

/** Rows of a matrix by means and variances over all of them. */
function normalised(s: Scope): Term | null {
  const found = layerInput(s, undefined, 2);
  if (found === null) return null;
  return placed(s, call("batch_norm", found.x.type, [found.x], ...(s.rng.chance(0.5) ? ["momentum = 0.3", "eps = 1e-2"] : []))); // prettier-ignore
}

/** Along the second axis of three; of a matrix its rows are the one sequence. */
function sequence(s: Scope): Term | null {
  const found = layerInput(s, undefined, s.rng.chance(0.5) ? 3 : 2);
  if (found === null) return null;
  const { x, n } = found;
  const batched = x.type.shape.length === 3 ? x : op("batch", real([d(1), ...x.type.shape]), [x], ([a]) => `expand(${a}, 0)`); // prettier-ignore
  const [batch, time] = batched.type.shape;
  const name = s.rng.name(["rnn", "lstm", "gru", "multi_head_attention"]);
  if (name === "multi_head_attention") {
    const width = dims.constantOf(n) ?? 1;
    const heads = width % 2 === 0 && s.rng.chance(0.5) ? 2 : 1;
    return placed(s, call(name, batched.type, [batched], String(heads), ...(s.rng.chance(0.7) ? ["causal = true"] : []))); // prettier-ignore
  }
  const units = d(1 + s.rng.below(2));
  return placed(s, call(name, real([batch, time, units]), [batched], s.sizeText(units)));
}

/** A query of the rows of others. */
function attention(s: Scope): Term | null {
  const matrix = (t: Type): boolean => t.element === "real" && t.shape.length === 2 && entries(t.shape) <= 16;
  const q = s.find(matrix);
  const k = q === null ? null : s.find((t) => matrix(t) && dims.equal(t.shape[1], q.type.shape[1]));
  const v = k === null ? null : s.find((t) => matrix(t) && dims.equal(t.shape[0], k.type.shape[0]));
  if (q === null || k === null || v === null) return null;
  // Of no key there is no mean, and of no feature no scale.
  if ([k.type.shape[0], k.type.shape[1]].some((size) => dims.constantOf(size) === 0)) return null;
  const shape = [q.type.shape[0], v.type.shape[1]];
  return call("attention", real(shape), [q, k, v], ...(s.rng.chance(0.4) ? ["causal = true"] : []));
}

/** `use enc = dense(units = 3)`, called twice, or once a round. */
function shared(s: Scope): Term | null {
  const found = layerInput(s);
  if (found === null) return null;
  const { x, n } = found;
  const before = x.type.shape.slice(0, -1);
  const again = layerInput(s, (other) => dims.equal(other, n))?.x ?? x;
  const use = (text: string): Term =>
    s.declareAs(
      "use",
      op("use", real([]), [], () => text),
    );
  const called = (instance: Term, of: Term, shape: readonly Dim[]): Term =>
    op("shared", real(shape), [instance, of], ([u, a]) => `${u}(${a})`, { names: [0] });
  const kind = s.rng.below(3);
  if (kind === 0) {
    const instance = use(s.rng.pick(["rms_norm(eps = 1e-4)", "layer_norm()", `dense(units = ${dims.print(n)})`]));
    const id = String(s.options.counter.next++);
    const text = ([u, a]: readonly string[]): string => `repeat r${id} < 2 carry a${id} = ${a} { next a${id} = sin(${u}(a${id})) }`; // prettier-ignore
    return s.define(op("shared-rounds", x.type, [instance, x], text, { names: [0], strength: strength.prefix }));
  }
  if (kind === 1) {
    const units = d(1 + s.rng.below(3));
    const instance = use(`dense(units = ${s.sizeText(units)})`);
    const first = s.define(called(instance, again, [...again.type.shape.slice(0, -1), units]));
    s.pool.push(first, member(instance, "W", [n, units], first));
    return s.define(called(instance, x, [...before, units]));
  }
  const own = layersOf(s).length === 0 ? null : s.rng.pick(layersOf(s));
  if (own === null) return null;
  const size = own.parameters.find((p) => p.isSize);
  const units = d(1 + s.rng.below(3));
  const instance = use(`${nameOf(s, own)}(${size === undefined ? "" : `${size.name} = ${s.sizeText(units)}`})`);
  const fixed = new Map(size === undefined ? [] : [[size.name, units]]);
  const first = boundFor(s, own, fixed);
  const second = boundFor(s, own, fixed);
  // Both calls share one set of parameters, whose shapes are the same.
  if (first === null || second === null || ![...first.symbols].every(([k, v]) => k === "m" || dims.equal(v, second.symbols.get(k) ?? d(-1)))) return null; // prettier-ignore
  const of = (bound: Bound): Term => ({ ...op("shared", bound.types[0], [instance, callOf("", own, bound)], ([u, a]) => u + a, { names: [0, 1] }) }); // prettier-ignore
  s.pool.push(s.define(of(second)));
  return s.define(of(first));
}

function layersOf(s: Scope): readonly Fn[] {
  return s.options.items.functions.filter((f) => f.kind === "layer");
}

function nameOf(s: Scope, f: Fn): string {
  return f.home === s.options.home ? f.name : f.alias;
}

/** Arguments with which everything that a layer stores has a known shape. */
function boundFor(s: Scope, f: Fn, fixed?: ReadonlyMap<string, Dim>): Bound | null {
  const bound = argumentsFor(s, f, fixed);
  if (bound === null) return null;
  const n = bound.symbols.get("n") ?? d(1);
  return isKnown(s, n) && dims.constantOf(n) !== 0 ? bound : null;
}

function ownLayer(s: Scope): Term | null {
  const layers = layersOf(s);
  if (layers.length === 0) return null;
  const f = s.rng.pick(layers);
  const bound = boundFor(s, f);
  return bound === null ? null : placed(s, callOf(nameOf(s, f), f, bound));
}

function embedding(s: Scope): Term | null {
  const i = s.find((t) => t.element === "index" && t.bound !== null && t.bound > 0 && t.shape.length < 3);
  if (i === null) return null;
  const units = 1 + s.rng.below(3);
  const shape = [...i.type.shape, d(units)];
  return s.isSmall(shape) ? placed(s, call("embedding", real(shape), [i], String(i.type.bound), String(units))) : null;
}

/** Where there are definitions to name parameters by. */
const inBlocks = (make: Construct["make"]): Construct["make"] => (s) => (s.options.layers === null || s.options.inline ? null : make(s)); // prettier-ignore

export const layers: readonly Construct[] = [
  { name: "layer", weight: 8, make: inBlocks(layer), calls: ["dense", "layer_norm", "rms_norm", "standardize"] },
  { name: "shared", weight: 2, make: inBlocks(shared) },
  { name: "own-layer", weight: 5, make: inBlocks(ownLayer) },
  { name: "embedding", weight: 3, make: inBlocks(embedding), calls: ["embedding"] },
  { name: "convolved", weight: 3, make: inBlocks(convolved), calls: ["conv2d_layer"] },
  { name: "normalised", weight: 3, make: inBlocks(normalised), calls: ["batch_norm"] },
  { name: "sequence", weight: 5, make: inBlocks(sequence), calls: ["rnn", "lstm", "gru", "multi_head_attention"] },
  { name: "attention", weight: 2, make: attention, calls: ["attention"] },
];

/** Whether terms have parameters to train: of layers, or `own`. */
export function trains(terms: readonly Term[], own: ReadonlySet<Stored["binding"]>): boolean {
  return reach(terms).some(({ binding, construct, callee }) => {
    if (binding !== null && own.has(binding)) return true;
    if (withParameters.has(construct)) return true;
    if (callee?.kind !== "layer") return false;
    return trains(callee.results, new Set(callee.stored.filter((p) => p.word === "param").map((p) => p.binding)));
  });
}

const withParameters: ReadonlySet<string> = new Set(["dense", "layer_norm", "rms_norm", "embedding", "conv2d_layer", "batch_norm", "rnn", "lstm", "gru", "multi_head_attention", "repeat-layers", "shared-rounds", "use"]); // prettier-ignore

/** Adds what is stored while a body is made. */
export class Storage {
  readonly list: Stored[] = [];
  readonly #making: Making;
  readonly #known: (size: Dim) => boolean;

  constructor(making: Making, known: (size: Dim) => boolean) {
    this.#making = making;
    this.#known = known;
  }

  add(type: Type, textOf: (shape: Type["shape"]) => string): Stored["binding"] | null {
    const { rng, items, home } = this.#making;
    if (type.element !== "real" || type.shape.length > 2 || !type.shape.every(this.#known)) return null;
    const binding = bindingOf(`w${String(this.list.length)}`, type);
    const axes = textOf(type.shape);
    const word = rng.chance(0.15) ? "frozen param" : "param";
    const own = items.initializers.filter((i) => i.home >= home);
    const initial = word === "frozen param" && rng.chance(0.4) ? null : initialText(rng, type, axes, own);
    this.list.push({ word, binding, axes: type.shape.length === 0 ? null : axes, initial });
    return binding;
  }
}

/** x @ W along the last axis, whatever stands in front. */
const project: Construct = {
  name: "project",
  weight: 6,
  make: (s) => {
    const x = s.number((t) => t.shape.length === 1 && t.element === "real");
    if (x === null || dims.equal(x.type.shape[0], d(1))) return null;
    const to = s.size();
    const w = s.options.parameter(real([x.type.shape[0], to]));
    return w === null ? null : infix("@", real([to]), x, s.declare(w), strength.multiply);
  },
};

/** A layer of x: [m, n] or [..., n], with a number of units or not. */
export function randomLayer(making: Making, name: string): Fn {
  const { rng, constructs, grow } = making;
  const own = emptyFunction(making, name, "layer");
  const parameters = new Parameters(rng);
  const [m, n] = [dims.symbol("m"), dims.symbol("n")];
  const isOpen = rng.chance(0.4);
  const x = parameters.add(real(isOpen ? [n] : [m, n]), { name: "x", isOpen, axes: isOpen ? "[..., n]" : null });
  const size = rng.chance(0.5) ? parameters.add(typeOf("index", []), { name: `units${String(own.id)}`, preset: rng.chance(0.5) ? "2" : null, isSize: true }) : null; // prettier-ignore
  const known = new Set(["n", ...(size === null ? [] : [size.name])]);
  const storage = new Storage(making, (s) => [...dims.symbolsOf(s)].every((symbol) => known.has(symbol)));
  const sizes = [n, d(2), ...(size === null ? [] : [dims.symbol(size.name)])];
  const s = scopeFor(making, {
    sizes: isOpen ? sizes : [...sizes, m],
    parameter: (type) => storage.add(type, (shape) => s.shapeText(shape)),
    layers: { symbols: known },
  });
  const given = s.declare(x);
  if (rng.chance(0.3)) s.declare(parameters.add(real([]), { preset: "0.25" }));
  grow(s, isOpen ? [...ofAnyShape, ...alongLast, project] : [...layers, ...constructs], 2 + rng.below(2));
  const results = isOpen ? [openLast(s, given)] : [s.pool.findLast((t) => t.type.element === "real") ?? given];
  return { ...own, parameters: parameters.sorted(), stored: storage.list, results };
}

/** The last vector that x is part of. */
function openLast(s: Scope, x: Term): Term {
  const last = s.pool.findLast((t) => t.type.element === "real" && t.type.shape.length === 1 && dependsOn(t, x));
  return last ?? openResult(s, x);
}
