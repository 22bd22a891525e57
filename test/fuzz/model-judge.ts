/** Models as their users run them, beside the interpreter: initial values, forward, evaluate, gradient, two steps, apply. */
import type { CheckedModel } from "../../src/2-check/checked.ts";
import type { Node } from "../../src/ir/graph.ts";
import { scalar } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { difference, rounded } from "../6-schedule/harness.ts";
import { argumentFor } from "./calls.ts";
import { Fault, variantText, type Entry, type Frontend, type Precision } from "./compiled.ts";
import { compareForms, computesWithNoLength, interpreted, type Module, type WithoutRule } from "./judge.ts";
import { Rng } from "./rng.ts";
import { drawn, gap, requirementsHold, symbolsOf, type Flavour } from "./values.ts";

type Numbers = number | boolean | ArrayLike<number>;

interface Trainer {
  readonly params: Record<string, Float32Array | Float64Array>;
  readonly forward: (inputs: unknown) => Record<string, Numbers>;
  readonly evaluate?: (batch: unknown) => Record<string, Numbers>;
  readonly gradient?: (batch: unknown) => Record<string, unknown>;
  readonly step?: (batch: unknown) => number;
  readonly apply?: (gradient: unknown) => void;
}

/** Of trainers; a model for inference begins with the usual one. */
const trainerSeed = 5;
const usualSeed = 0;

/** Judges every model of a file in every module. */
export function judgeModels(
  { file }: Frontend,
  entries: readonly Entry[],
  modules: readonly Module[],
  seed: number,
  withoutRule: readonly WithoutRule[],
): void {
  for (const m of file.models) {
    const own = entries.filter((e) => "model" in e.owner && e.owner.model === m);
    const size = 1 + new Rng(seed, "batch").below(3);
    const symbols = new Map(symbolsOf(own.flatMap((e) => e.inputs.map((i) => i.node))).map((s) => [s, size]));
    judgeForms(own, entries, m, seed, symbols, withoutRule);
    for (const module of modules) new ModelRun(m, own, module, seed, symbols).judge();
  }
}

/** Judges one model in one module, at these sizes. */
export function judgeModel(
  m: CheckedModel,
  entries: readonly Entry[],
  module: Module,
  seed: number,
  symbols: ReadonlyMap<string, number>,
): void {
  new ModelRun(m, entries.filter((e) => "model" in e.owner && e.owner.model === m), module, seed, symbols).judge(); // prettier-ignore
}

/** Values of all parameters of an entry point, optimizer state at its beginning. */
function valuesOf(
  nodes: readonly Node<"parameter">[],
  m: CheckedModel,
  seed: number,
  symbols: ReadonlyMap<string, number>,
  flavour: Flavour = "plain",
): Map<string, Value> {
  return new Map(
    nodes.map((node): [string, Value] => {
      const { name } = node.attributes;
      if (name === "seed") return [name, scalar(m.loss === null ? usualSeed : trainerSeed, "index")];
      if (name === "step") return [name, scalar(1, "index")];
      const hyper = m.hypers.find((h) => h.node === node);
      if (hyper !== undefined) return [name, scalar(hyper.initial)];
      // NaN stands for what was not given yet.
      const mustBeGiven = m.parameters.some((p) => p.node === node && p.initial === null);
      const value = drawn(node, seed, mustBeGiven ? "plain" : flavour, symbols);
      // Not negative where it holds squares; a trainer's begins as the optimizer says.
      return [name, name.startsWith("optimizer.") ? { ...value, data: value.data.map(() => 0) } : value];
    }),
  );
}

function judgeForms(
  own: readonly Entry[],
  entries: readonly Entry[],
  m: CheckedModel,
  seed: number,
  symbols: ReadonlyMap<string, number>,
  withoutRule: readonly WithoutRule[],
): void {
  for (const entry of own) {
    if (!requirementsHold(entry.graph, symbols)) continue;
    const nodes = [...new Set([...entry.graph.parameters, ...entry.plain.parameters])];
    const inputs = valuesOf(nodes, m, seed, symbols);
    if (computesWithNoLength(entry.plain, inputs, symbols)) continue;
    const wanted = interpreted(entry.plain, inputs, { symbols }, 2 ** -53);
    const index = entries.indexOf(entry);
    const compare = (kind: string, graph: Entry["final"]): void => {
      compareForms(kind, entry.label, graph, interpreted(graph, inputs, { symbols }, 2 ** -53), wanted);
    };
    compare("interpreter, erased", entry.erased);
    compare("interpreter, simplified", entry.final);
    for (const w of withoutRule) compare("interpreter, without a rule", w.entries[index].final);
  }
}

class ModelRun {
  readonly #m: CheckedModel;
  readonly #own: readonly Entry[];
  readonly #module: Module;
  readonly #seed: number;
  readonly #symbols: ReadonlyMap<string, number>;
  readonly #precision: Precision;
  readonly #how: string;
  /** Special numbers now and then: with them rules may give other results than what was written. */
  readonly #flavour: Flavour;

  constructor(
    m: CheckedModel,
    own: readonly Entry[],
    module: Module,
    seed: number,
    symbols: ReadonlyMap<string, number>,
  ) {
    this.#m = m;
    this.#own = own;
    this.#module = module;
    this.#seed = seed;
    this.#symbols = symbols;
    this.#precision = module.variant.precision;
    this.#how = variantText(module.variant);
    const rng = new Rng(seed, "model");
    // Products are summed in single precision there, and overflow where doubles do not.
    const isSingle = module.variant.target === "wasm" && this.#precision === "f32";
    this.#flavour = rng.chance(0.15) ? (isSingle ? "single" : rng.pick(["special", "wild"])) : "plain";
  }

  judge(): void {
    const values = this.#inputs();
    this.#refuseNone();
    const fresh = this.#create();
    this.#compareParameters(fresh, "initial", values);
    const ready = (): Trainer => {
      const model = this.#create();
      for (const p of this.#m.parameters) {
        model.params[p.path].set(this.#valueOf(values, p.node.attributes.name).data);
      }
      return model;
    };
    const model = ready();
    this.#compareResults("forward", values, (given) => prefixed("outputs", model.forward(given)));
    const { loss } = this.#m;
    if (loss === null) return;
    this.#compareResults("evaluate", values, (given) => {
      const found = model.evaluate?.(given) ?? {};
      const metrics = Object.fromEntries(this.#m.metrics.map(({ name }) => [name, found[name]]));
      return { loss: found[loss.name], ...prefixed("metrics", metrics) };
    });
    this.#compareResults("gradient", values, (given) => {
      const found = model.gradient?.(given) ?? {};
      return { loss: found[loss.name] as number, ...prefixed("gradient", found.gradient as Record<string, Numbers>) };
    });
    if (this.#m.train === null) return;
    const begun = new Map([...values, ...(this.#evaluated(this.#entry("initialOptimizer"), values) ?? [])]);
    let state: ReadonlyMap<string, Value> = begun;
    for (let step = 1; step <= 2; step++) {
      const before = new Map([...state, ["step", scalar(step, "index")] as const]);
      const next = this.#compareResults("step", before, (given) => ({ loss: model.step?.(given) ?? NaN }));
      if (next === null) return;
      this.#compareParameters(model, "step", before);
      state = new Map([...before, ...[...next].filter(([name]) => before.has(name))]);
    }
    const applied = ready();
    const trained = this.#m.parameters.filter((p) => !p.frozen);
    const gradients = trained.map((p) => [
      p.path,
      argumentFor(p.node, this.#valueOf(values, `gradient.${p.path}`), this.#precision),
    ]);
    applied.apply?.(Object.fromEntries(gradients));
    this.#compareParameters(applied, "apply", begun);
  }

  #fault(kind: string, what: string): Fault {
    return new Fault(`model ${kind}, ${this.#how}`, `${this.#how} ${kind}: ${what}\n${this.#module.emitted.code}`);
  }

  /** A model of no rows is refused. */
  #refuseNone(): void {
    for (const symbol of this.#symbols.keys()) {
      try {
        this.#create(new Map([...this.#symbols, [symbol, 0]]));
      } catch (error) {
        if (error instanceof RangeError && error.message.includes(symbol)) continue;
        throw error;
      }
      throw this.#fault("empty", `${symbol} = 0 is accepted`);
    }
  }

  #create(symbols = this.#symbols): Trainer {
    const name = this.#m.loss === null ? `create${this.#m.name}` : `create${this.#m.name}Trainer`;
    const create = this.#module.loaded[name] as ((options: unknown) => Trainer) | undefined;
    if (create === undefined) throw this.#fault("exports", `there is no ${name}`);
    const options = { ...Object.fromEntries(symbols), ...(this.#m.loss === null ? {} : { seed: trainerSeed }) };
    if (this.#module.variant.target !== "wasm") return create(options);
    try {
      return create({ ...options, engine: "wasm" });
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (error instanceof Error && error.message.includes("no kernel of this model gains")) return create(options);
      throw this.#fault("engine", String(error));
    }
  }

  /** Inputs of every entry point, as arrays of this precision hold them. */
  #inputs(): ReadonlyMap<string, Value> {
    const updates = this.#m.train?.updates ?? [];
    const nodes = new Set([
      ...this.#own.flatMap((e) => e.graph.parameters),
      ...[...this.#m.inputs, ...this.#m.targets].map((i) => i.node),
      ...this.#m.parameters.map((p) => p.node),
      ...updates.flatMap((u) => [u.gradient, ...u.states.map((s) => s.node)]),
    ]);
    const drawnValues = valuesOf([...nodes], this.#m, this.#seed, this.#symbols, this.#flavour);
    // A model's states are its own: they begin as it says.
    const start = this.#m.states.length === 0 ? null : this.#evaluated(this.#entry("initial"), drawnValues);
    for (const { node } of this.#m.states) {
      const value = start?.get(node.attributes.name);
      if (value !== undefined) drawnValues.set(node.attributes.name, value);
    }
    return rounded({ parameters: [...nodes], outputs: [], requirements: [] }, drawnValues, this.#precision);
  }

  #valueOf(values: ReadonlyMap<string, Value>, name: string): Value {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value of ${name}`);
    return value;
  }

  #entry(kind: string): Entry {
    const entry = this.#own.find((e) => e.kind === kind);
    if (entry === undefined) throw new Error(`no entry point ${kind}`);
    return entry;
  }

  #evaluated(entry: Entry, values: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> | null {
    const own = entry.kind.startsWith("initial") ? new Map([...values, ["step", scalar(0, "index")] as const]) : values;
    return interpreted(entry.final, own, { symbols: this.#symbols }, this.#precision === "f64" ? 2 ** -53 : 2 ** -24);
  }

  /** Calls an entry point; its results, and what the interpreter gives for them. */
  #compareResults(
    kind: string,
    values: ReadonlyMap<string, Value>,
    run: (given: unknown) => Readonly<Record<string, Numbers>>,
  ): ReadonlyMap<string, Value> | null {
    const entry = this.#entry(kind);
    const wanted = requirementsHold(entry.graph, this.#symbols) ? this.#evaluated(entry, values) : null;
    const used = this.#module.emitted.programs.get(entry)?.parameters ?? [];
    const targets = this.#m.targets.filter((t) => kind !== "forward" || used.includes(t.node.attributes.name));
    const given = Object.fromEntries(
      [...this.#m.inputs, ...targets].map((i) => [
        i.name,
        argumentFor(i.node, this.#valueOf(values, i.node.attributes.name), this.#precision),
      ]),
    );
    let results: Readonly<Record<string, Numbers>>;
    try {
      results = run(given);
    } catch (error) {
      if (wanted === null && error instanceof RangeError) return null;
      throw this.#fault(`${kind} throws`, String(error));
    }
    if (wanted === null) throw this.#fault(`${kind} accepts`, "what must be refused is accepted");
    const isUncertain = this.#flavour !== "plain" || computesWithNoLength(entry.plain, values, this.#symbols);
    const plain = isUncertain ? null : interpreted(entry.plain, values, { symbols: this.#symbols }, 2 ** -53);
    for (const { name, updates } of entry.graph.outputs) {
      if (updates !== null) continue;
      this.#compare(kind, name, results[name], this.#valueOf(wanted, name), plain?.get(name) ?? null);
    }
    return wanted;
  }

  #compareParameters(model: Trainer, kind: string, values: ReadonlyMap<string, Value>): void {
    const entry = this.#entry(kind);
    const wanted = this.#evaluated(entry, values);
    if (wanted === null) return;
    for (const p of this.#m.parameters) {
      const value = wanted.get(p.node.attributes.name);
      if (value !== undefined) this.#compare(kind, p.path, model.params[p.path], value, null);
    }
  }

  #compare(kind: string, name: string, found: Numbers | undefined, wanted: Value, plain: Value | null): void {
    if (found === undefined) throw this.#fault(kind, `${name} is missing`);
    const numbers = typeof found === "object" ? found : [Number(found)];
    const apart = difference(numbers, wanted) ?? (plain === null ? null : gap(numbers, wanted.error, plain));
    if (apart !== null) throw this.#fault(kind, `${name}${apart}`);
  }
}

function prefixed(section: string, values: Readonly<Record<string, Numbers>>): Record<string, Numbers> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}.${name}`, value]));
}
