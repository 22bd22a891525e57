// Every entry point of a model against the interpreter on its graph, from the same stored tensors: what is returned and what is
// stored, within the error bounds, in every form of scheduling.
import { describe, expect, test } from "vitest";
import type { ModelEntry } from "../../src/3-lower/lowered.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { NestCache } from "../../src/6-schedule/nest-cache.ts";
import { schedule } from "../../src/6-schedule/schedule.ts";
import { heldAs, identifierNames, isReserved, takenNames } from "../../src/7-emit/typescript/identifiers.ts";
import { inlinedCalls } from "../../src/7-emit/typescript/kernels.ts";
import { asPrinted } from "../../src/7-emit/typescript/layout.ts";
import { emitModule } from "../../src/7-emit/typescript/module.ts";
import { load } from "../../src/evaluate.ts";
import * as dims from "../../src/ir/dim.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { arrayOf, difference, plainly, prepared, variants, type Variant } from "../6-schedule/harness.ts";
import { integers, numbers, type Named, type Trainer } from "../modules/support.ts";

const models: Readonly<Record<string, string>> = {
  "a network with two layers": `model M {
    input x: [batch, 2]
    target y: [batch, 1]
    h = tanh(dense(x, 8))
    output p = sigmoid(dense(h, 1))
    loss bce(p, y)
    metric accuracy = mean(round(p) == y)
    train sgd(lr = 0.5)
  }`,
  "dropout, clipping, a schedule of the learning rate": `model M {
    input x: [batch, 5]
    target y: index(3)[batch]
    hyper rate = 0.3
    h = dropout(relu(dense(x, 7)), rate)
    k = dropout(h, 0.5)
    z = dense(k, 3)
    output p = softmax(z)
    output noisy = k + 0
    loss cross_entropy(z, y, label_smoothing = 0.1) + 1e-3 * sum(h.W^2)
    train adam(lr = 0.01 * 0.5^(step / 3), clip_norm = 0.1)
  }`,
  "an embedding, subscripts that data decides, draws": `model M {
    input words: index(9)[batch, 3]
    input next: index(9)
    target word: index(9)[batch]
    e = embedding(words, 9, 4)
    h = tanh(dense(reshape(e, [batch, 12]), 6))
    z = dense(h, 9) + 0.1 * normal([9])
    best = argmax(z, axis = -1)
    output again = e.E[mod(best + next, 9)]
    output best
    output any = any(z > 2)
    loss nll = cross_entropy(z, word)
    metric hits = mean(best == word)
    train sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 0.01)
  }`,
  "frozen parameters, a scalar parameter, normalisation": `model M {
    input x: [batch, 6]
    target y: [batch]
    s = standardize(x)
    param scale = 0.5
    frozen param shift: [3] = ones
    h = layer_norm(dense(s, 3)) * scale + shift
    z = rms_norm(h)
    output mean = mean(z, axis = -1)
    output scale
    loss mse(sum(z, axis = -1), y)
    metric worst = max(abs(sum(z, axis = -1) - y))
    train adam(lr = 0.02, weight_decay = 0.1)
  }`,
  "one row, no batch": `model M {
    input x: [4]
    input n
    target y: [2]
    param W: [2, 4] = he_normal
    param b: [2] = zeros
    h = relu(W @ x + b * n)
    output h
    loss huber(h, y)
    train sgd(lr = 0.1)
  }`,
  "two symbols": `model M {
    input x: [batch, time, 3]
    target y: [batch]
    q = dense(x, 4)
    a = softmax(q @ permute(q, [0, 2, 1]) / 2)
    output p = mean(a @ q, axis = [1, 2])
    loss mse(p, y)
    train adam(lr = 0.01)
  }`,
  "rounds of one layer, one layer shared": `model M {
    input x: [batch, 4]
    target y: [batch, 4]
    use shared = dense(units = 4)
    h = repeat k < 3 carry h = x { next h = h + tanh(dense(h, 4)) * 0.5 }
    output p = shared(shared(h))
    loss mae(p, y)
    train sgd(lr = 0.05, momentum = 0.5)
  }`,
};

interface Loaded {
  readonly entries: ReadonlyMap<ModelEntry, Graph>;
  readonly plain: ReadonlyMap<ModelEntry, Graph>;
  readonly trainer: (options: unknown) => Trainer;
  readonly inputs: readonly Node<"parameter">[];
}

function compileModel(text: string, { precision, unroll }: Variant): Loaded {
  const { checked, diagnostics, builder, origins } = checkText(text);
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  const [{ checked: model, entries: lowered }] = lower(checked, builder, origins).models;
  const nests = new NestCache();
  const inputs = [...model.inputs, ...model.targets];
  const entries = new Map(lowered.map(({ kind, graph }) => [kind, prepared(graph, builder)]));
  const programs = [...entries].map(([kind, graph]) => {
    const held = heldAs(false);
    const taken = takenNames(inputs, graph, held);
    return { kind, requirements: graph.requirements, program: schedule(graph, { held, nests, nameOf: identifierNames(origins), reserved: isReserved, taken, unroll, lineOf: () => null, inlinedCalls: inlinedCalls(precision) }) }; // prettier-ignore
  });
  const parts = { functions: [], models: [{ info: { model, sourceHash: "" }, entries: programs }], precision, header: ["test"] }; // prettier-ignore
  const module = load(asPrinted(emitModule(parts, "js")).code);
  return {
    entries,
    plain: new Map(lowered.map(({ kind, graph }) => [kind, plainly(graph, builder)])),
    trainer: module.createMTrainer as Loaded["trainer"],
    inputs: inputs.map((i) => i.node),
  };
}

/** The tensors of a safetensors file by name, and its metadata. */
function parse(bytes: Uint8Array): {
  tensors: ReadonlyMap<string, Float32Array | Float64Array>;
  seed: number;
  step: number;
} {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { dtype: string; data_offsets: [number, number]; seed: string; step: string }>; // prettier-ignore
  const { __metadata__: metadata, ...rest } = header;
  const tensors = Object.entries(rest).map(
    ([
      name,
      {
        dtype,
        data_offsets: [from, to],
      },
    ]) => {
      const data = bytes.slice(8 + length + from, 8 + length + to).buffer;
      return [name, dtype === "F64" ? new Float64Array(data) : new Float32Array(data)] as const;
    },
  );
  return { tensors: new Map(tensors), seed: Number(metadata.seed), step: Number(metadata.step) };
}

/** Follows one trainer through its entry points. */
class Run {
  readonly #loaded: Loaded;
  readonly #variant: Variant;
  readonly #trainer: Trainer;
  readonly #symbols: Readonly<Record<string, number>>;

  constructor(loaded: Loaded, variant: Variant, symbols: Readonly<Record<string, number>>, capacity: Readonly<Record<string, number>>) {
    this.#loaded = loaded;
    this.#variant = variant;
    this.#symbols = symbols;
    this.#trainer = loaded.trainer({ ...capacity, seed: 3, ...frozen(loaded, variant) });
  } // prettier-ignore

  #size(shape: readonly dims.Dim[]): number[] {
    return shape.map((d) => dims.evaluate(d, new Map(Object.entries(this.#symbols))));
  }

  /** Arrays of a batch by name, and the same as values. */
  batch(seed: number): { given: Named; values: Map<string, Value> } {
    const given: Named = {};
    const values = new Map<string, Value>();
    this.#loaded.inputs.forEach(({ attributes: { name, bound, held, type } }, k) => {
      const shape = this.#size(type.shape);
      const count = shape.reduce((p, n) => p * n, 1);
      const top = bound === null ? 1 : (dims.constantOf(bound) ?? 1);
      const data = type.element === "index" ? integers(count, top, seed + k) : numbers(count, seed + 10 * k).map((x) => (name.startsWith("targets.") ? Math.abs(x) : x)); // prettier-ignore
      given[name.slice(name.indexOf(".") + 1)] = held === "number" ? data[0] : arrayOf(type.element, this.#variant.precision, data); // prettier-ignore
      values.set(name, tensor(shape, data, type.element));
    });
    return { given, values };
  }

  #stored(values: Map<string, Value>, graph: Graph, next: number): Map<string, Value> {
    const { tensors, seed } = parse(this.#trainer.save());
    for (const p of graph.parameters) {
      const { name } = p.attributes;
      if (name === "seed") values.set(name, tensor([], [seed], "index"));
      else if (name === "step") values.set(name, tensor([], [next], p.element));
      else if (name.startsWith("hyper.")) values.set(name, this.#hyper(name));
      else if (!values.has(name)) {
        const data = tensors.get(name.slice(name.indexOf(".") + 1)) ?? tensors.get(name);
        if (data === undefined) throw new Error(`${name} is not saved`);
        values.set(name, tensor(this.#size(p.shape), data));
      }
    }
    return values;
  }

  #hyper(name: string): Value {
    const value = this.#trainer.hyper[name.slice(6)];
    return { ...tensor([], [value]), error: Float64Array.of(Math.abs(value - Math.fround(value))) };
  }

  /** Runs an entry point and compares what it returns and stores. */
  check(kind: ModelEntry, seed: number): void {
    const graph = this.#loaded.entries.get(kind);
    const plain = this.#loaded.plain.get(kind);
    if (graph === undefined || plain === undefined) throw new Error(`no ${kind}`);
    const { given, values } = this.batch(seed);
    const { step } = parse(this.#trainer.save());
    const gradients: Named = {};
    for (const p of graph.parameters.filter(({ attributes }) => attributes.name.startsWith("gradient."))) {
      const shape = this.#size(p.shape);
      const data = numbers(shape.reduce((a, n) => a * n, 1), seed);
      gradients[p.attributes.name.slice(9)] = arrayOf("real", this.#variant.precision, data);
      values.set(p.attributes.name, tensor(shape, data));
    } // prettier-ignore
    const before = parse(this.#trainer.save());
    const known = this.#stored(this.#stored(values, graph, step + 1), plain, step + 1);
    const bound = new Map(Object.entries(this.#symbols));
    const unitRoundoff = this.#variant.precision === "f32" ? 2 ** -24 : 2 ** -53;
    const wanted = evaluate(graph, known, { dims: bound, unitRoundoff });
    const exact = evaluate(plain, known, { dims: bound });
    const returned = this.#call(kind, given, gradients);
    const after = parse(this.#trainer.save());
    const updated = new Set(graph.outputs.flatMap((o) => (o.updates === null ? [] : [o.updates])));
    for (const { name, updates } of graph.outputs) {
      const value = wanted.get(name);
      const other = exact.get(name);
      if (value === undefined || other === undefined) throw new Error(`no ${name}`);
      const stored = updates === null ? null : (after.tensors.get(updates.slice(updates.indexOf(".") + 1)) ?? after.tensors.get(updates)); // prettier-ignore
      const found = stored ?? returned[name];
      expect(difference(found, value), `${kind} ${name}`).toBeNull();
      expect(difference(found, { ...other, error: other.error.map((e) => (Number.isNaN(e) ? Infinity : e)) }, value.error), `${kind} ${name}, unsimplified`).toBeNull(); // prettier-ignore
    }
    for (const [name, data] of after.tensors) {
      if (updated.has(`params.${name}`) || [...updated].some((u) => u === name || u.endsWith(`.${name}`))) continue;
      expect([...data], `${kind} leaves ${name}`).toEqual([...(before.tensors.get(name) ?? [])]);
    }
    expect(after.step).toBe(kind === "step" || kind === "apply" ? step + 1 : step);
  }

  #call(kind: ModelEntry, given: Named, gradients: Named): Record<string, ArrayLike<number>> {
    const t = this.#trainer;
    const flat = (prefix: string, results: object): [string, ArrayLike<number>][] =>
      Object.entries(results).map(([k, v]) => [
        `${prefix}${k}`,
        typeof v === "object" ? (v as ArrayLike<number>) : [Number(v)],
      ]);
    switch (kind) {
      case "forward": {
        const wanted = this.#loaded.entries.get("forward")?.parameters.map((p) => p.attributes.name) ?? [];
        const needed = Object.entries(given).filter(([k]) => wanted.includes(`targets.${k}`) || this.#loaded.inputs.some((i) => i.attributes.name === `inputs.${k}`)); // prettier-ignore
        return Object.fromEntries(flat("outputs.", t.forward(Object.fromEntries(needed), dimsOfForward(this.#symbols))));
      }
      case "evaluate": {
        const [loss, ...metrics] = flat("", t.evaluate(given));
        return Object.fromEntries([["loss", loss[1]], ...metrics.map(([k, v]) => [`metrics.${k}`, v] as const)]);
      }
      case "gradient": {
        const { gradient, ...loss } = t.gradient(given);
        return Object.fromEntries([["loss", flat("", loss)[0][1]], ...flat("gradient.", gradient)]);
      }
      case "step":
        return { loss: [t.step(given)] };
      default:
        t.apply(gradients);
        return {};
    } // prettier-ignore
  }
}

/** Lengths of the inputs alone do not settle two symbols of one array. */
function dimsOfForward(symbols: Readonly<Record<string, number>>): object | undefined {
  return Object.keys(symbols).length > 1 ? { dims: symbols } : undefined;
}

/** Values of frozen parameters that have none. */
function frozen({ entries }: Loaded, { precision }: Variant): object {
  const initial = new Set(entries.get("initial")?.outputs.map((o) => o.updates));
  const missing = (entries.get("forward")?.parameters ?? []).filter(({ attributes: { name } }) => name.startsWith("params.") && !initial.has(name)); // prettier-ignore
  const params = missing.map(({ attributes: { name }, shape }) => {
    const count = shape.reduce((p, d) => p * (dims.constantOf(d) ?? 1), 1);
    return [
      name.slice(7),
      arrayOf(
        "real",
        precision,
        numbers(count, 4).map((x) => 1 + x / 4),
      ),
    ] as const;
  });
  return missing.length === 0 ? {} : { params: Object.fromEntries(params) };
}

describe.each(Object.entries(models))("%s", (_, text) => {
  test.each(variants.map((v) => [`${v.precision}${v.unroll ? ", unrolled" : ""}`, v] as const))("%s", (_name, variant) => {
    const loaded = compileModel(text, variant);
    const batched = text.includes("[batch");
    for (const batch of batched ? [3, 1] : [1]) {
      const symbols: Readonly<Record<string, number>> = batched ? { batch, ...(text.includes("time") ? { time: 4 } : {}) } : {};
      const capacity = Object.fromEntries(Object.entries(symbols).map(([k, v]): [string, number] => [k, v + (batch % 2)]));
      const run = new Run(loaded, variant, symbols, capacity);
      for (const [k, kind] of (["forward", "evaluate", "gradient", "step", "step", "evaluate", "apply", "step", "gradient", "forward"] as const).entries()) {
        run.check(kind, 100 * batch + k);
      }
    }
  }); // prettier-ignore
});
