// Layers, optimizers, initializers and dropout in the reference interpreter, against PyTorch's tables.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "../../src/1-parse/parse.ts";
import { check } from "../../src/2-check/check.ts";
import { loadImports } from "../../src/2-check/imports.ts";
import { prelude } from "../../src/2-check/prelude.ts";
import { lower } from "../../src/3-lower/lower.ts";
import type { LoweredModel, ModelEntry } from "../../src/3-lower/lowered.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import type { ElementType, Graph } from "../../src/ir/graph.ts";
import { evaluate, scalar, tensor } from "../../src/ir/interpreter.ts";
import { Origins } from "../../src/ir/origins.ts";
import type { Value } from "../../src/ir/value.ts";
import { primitives } from "../../src/primitives/index.ts";
import type { Packed } from "../tables/reference.ts";
import { argument, difference, readTable } from "../tables/reference.ts";

function unpack(packed: Packed, element: ElementType = "real"): Value {
  const data = argument(packed);
  return tensor(packed.shape, typeof data === "number" ? [data] : data, element);
}

/** The one model of a source, with its stored tensors. */
class Model {
  readonly stored = new Map<string, Value>();
  readonly #builder = new GraphBuilder(primitives);
  readonly #lowered: LoweredModel;
  readonly #graphs = new Map<ModelEntry, Graph>();
  readonly #dims: ReadonlyMap<string, number>;

  constructor(source: string, dims: Readonly<Record<string, number>>, seed = 0) {
    const { file } = parse({ path: "case.nn", text: source });
    const origins = new Origins();
    const sources = loadImports(file, () => ({ reason: "none" }));
    const { checked, diagnostics } = check(sources, { set: {}, builder: this.#builder, origins, prelude });
    if (checked === null) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    [this.#lowered] = lower(checked, this.#builder, origins).models;
    this.#dims = new Map(Object.entries(dims));
    this.stored.set("seed", scalar(seed, "index"));
    this.stored.set("step", scalar(1, "index"));
    for (const { node, initial } of this.#lowered.checked.hypers) {
      this.stored.set(node.attributes.name, scalar(initial));
    }
    this.run("initial", {});
    if (this.#lowered.checked.train !== null) this.run("initialOptimizer", {});
  }

  set(params: Readonly<Record<string, Packed>>): void {
    for (const [name, packed] of Object.entries(params)) this.stored.set(`params.${name}`, unpack(packed));
  }

  run(entry: ModelEntry, batch: Readonly<Record<string, Packed>>): ReadonlyMap<string, Value> {
    const graph = this.#graphOf(entry);
    const inputs = new Map(this.stored);
    for (const { name, node } of [...this.#lowered.checked.inputs, ...this.#lowered.checked.targets]) {
      if (name in batch) inputs.set(node.attributes.name, unpack(batch[name], node.element));
    }
    const results = evaluate(graph, inputs, { dims: this.#dims });
    for (const { name, updates } of graph.outputs) {
      const value = results.get(name);
      if (updates !== null && value !== undefined) this.stored.set(updates, value);
    }
    return results;
  }

  #graphOf(entry: ModelEntry): Graph {
    const known = this.#graphs.get(entry);
    if (known !== undefined) return known;
    const found = this.#lowered.entries.find(({ kind }) => kind === entry);
    if (found === undefined) throw new Error(`no ${entry}`);
    const graph = differentiate(found.graph, this.#builder);
    this.#graphs.set(entry, graph);
    return graph;
  }
}

const near = { relative: 1e-9, absolute: 1e-12, signOfZero: false };
const packed = (data: readonly number[]): Packed => ({ shape: [data.length], data: [...data] });

function flat(value: Value | undefined): Float64Array {
  return value?.data ?? new Float64Array();
}

const data = readTable("optimizers-data") as Record<"x" | "y" | "W" | "b", Packed>;
const optimizers = readTable("optimizers") as { optimizer: string; losses: number[]; W: number[]; b: number[] }[];

test.each(optimizers)("fifty steps of $optimizer", ({ optimizer, losses, W, b }) => {
  const source = `model M {
    input x: [batch, 3]
    target y: [batch, 2]
    param W: [3, 2] = zeros
    param b: [2] = zeros
    loss mse(x @ W + b, y)
    train ${optimizer}
  }`;
  const model = new Model(source, { batch: 8 });
  model.set({ W: data.W, b: data.b });
  const found = losses.map((_, k) => {
    model.stored.set("step", scalar(k + 1, "index"));
    return flat(model.run("step", { x: data.x, y: data.y }).get("loss"))[0];
  });
  expect(difference(Float64Array.from(found), packed(losses), near)).toBeUndefined();
  expect(difference(flat(model.stored.get("params.W")), packed(W), near)).toBeUndefined();
  expect(difference(flat(model.stored.get("params.b")), packed(b), near)).toBeUndefined();
});

interface Layer {
  readonly model: string;
  readonly dims: Record<string, number>;
  readonly batch: Record<string, Packed>;
  readonly params: Record<string, Packed>;
  readonly loss: number;
  readonly gradient?: Record<string, Packed>;
}

const norms = JSON.parse(readFileSync(new URL("tables/norms.json", import.meta.url), "utf8")) as Layer[];

test.each([...(readTable("layers") as Layer[]), ...norms])("layers: $model", (row) => {
  const model = new Model(row.model, row.dims, 5);
  model.set(row.params);
  expect(flat(model.run("evaluate", row.batch).get("loss"))[0]).toBeCloseTo(row.loss, 12);
  const found = model.run("gradient", row.batch);
  if (row.gradient === undefined) {
    expect(flat(found.get("loss"))[0]).not.toBeCloseTo(row.loss, 5);
    return;
  }
  expect(flat(found.get("loss"))[0]).toBeCloseTo(row.loss, 12);
  expect(found.size).toBe(Object.keys(row.gradient).length + 1);
  for (const [name, expected] of Object.entries(row.gradient)) {
    const flattened = packed([...flat(unpack(expected))]);
    expect(difference(flat(found.get(`gradient.${name}`)), flattened, near)).toBeUndefined();
  }
});

interface Initializer {
  readonly initializer: string;
  readonly shape: readonly [number, number];
  readonly mean: number;
  readonly std: number;
  readonly bound: number | null;
}

function parameter(initializer: string, shape: readonly number[], seed: number): Float64Array {
  const [n, m] = shape;
  const source = `model M {
    input x: [batch, ${String(n)}]
    param W: [${String(n)}, ${String(m)}] = ${initializer}
    output y = x @ W
  }`;
  return flat(new Model(source, { batch: 1 }, seed).stored.get("params.W"));
}

function moments(numbers: Float64Array): { mean: number; std: number } {
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return { mean, std: Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length) };
}

describe("initializers", () => {
  // The other orientation of all of them is drawn in emitted code (test/tables); here he_uniform's tells fan in from fan out.
  const rows = (readTable("initializers") as Initializer[]).filter(
    ({ initializer, shape: [n, m] }) => n > m || initializer === "he_uniform",
  );
  test.each(rows)("$initializer of $shape", (row) => {
    const W = parameter(row.initializer, row.shape, 3);
    expect(W).toHaveLength(row.shape[0] * row.shape[1]);
    const { mean, std } = moments(W);
    // 120,000 draws: the mean is known to std / 346, the deviation to 1 / 490 at most; both within five of these.
    expect(Math.abs(mean - row.mean)).toBeLessThan((5 * row.std) / 346);
    expect(Math.abs(std / row.std - 1)).toBeLessThan(5 / 490);
    const most = W.reduce((a, b) => Math.max(a, Math.abs(b - row.mean)), 0);
    if (row.bound !== null) {
      expect(most).toBeLessThanOrEqual(row.bound * (1 + 1e-6));
      expect(most).toBeGreaterThan(0.999 * row.bound);
    } else expect(most).toBeGreaterThan(4 * row.std);
    // Share within one deviation: 1/sqrt(3) of a uniform distribution, 0.6827 of a normal one.
    const inside = W.filter((w) => Math.abs(w - row.mean) < row.std).length / W.length;
    expect(inside).toBeCloseTo(row.bound === null ? 0.6827 : 1 / Math.sqrt(3), 2);
    const small = [3, 4, 4].map((seed) => parameter(row.initializer, [3, 2], seed));
    expect(small[1]).toEqual(small[2]);
    expect(small[1]).not.toEqual(small[0]);
  });

  test.each([
    ["zeros", 0],
    ["ones", 1],
    ["constant(-2.5)", -2.5],
  ])("%s", (initializer, value) => {
    expect([...parameter(initializer, [2, 3], 0)]).toEqual(Array(6).fill(value));
  });
});

describe("dropout", () => {
  const source = (rate: string): string => `model M {
    input x: [batch, 1000]
    param scale = 1
    h = dropout(x * scale, ${rate})
    output h
    loss sum(h)
  }`;
  const x: Packed = { shape: [100, 1000], data: Array<number>(100_000).fill(2) };

  test("is the identity outside of training", () => {
    const model = new Model(source("0.25"), { batch: 100 });
    expect(new Set(flat(model.run("forward", { x }).get("outputs.h")))).toEqual(new Set([2]));
    expect(flat(model.run("evaluate", { x }).get("loss"))[0]).toBe(200_000);
  });

  test("keeps 1 - rate of the entries in training, scaled by 1 / (1 - rate)", () => {
    const model = new Model(source("0.25"), { batch: 100 });
    const results = model.run("gradient", { x });
    // The loss is 2 / 0.75 times the count of entries kept, of which 75,000 +- 137 are expected.
    const kept = (flat(results.get("loss"))[0] * 0.75) / 2;
    expect(Math.abs(kept - Math.round(kept))).toBeLessThan(1e-6);
    expect(Math.abs(kept - 75_000)).toBeLessThan(5 * 137);
    // d loss / d scale = loss, as the loss is linear in it: the same mask acts in both.
    expect(flat(results.get("gradient.scale"))[0]).toBeCloseTo(flat(results.get("loss"))[0], 6);
    model.stored.set("step", scalar(2, "index"));
    expect(flat(model.run("gradient", { x }).get("loss"))[0]).not.toBe(flat(results.get("loss"))[0]);
  });

  test("of everything is zero, not NaN", () => {
    const results = new Model(source("1"), { batch: 100 }).run("gradient", { x });
    expect(flat(results.get("loss"))[0]).toBe(0);
    expect(flat(results.get("gradient.scale"))[0]).toBe(0);
  });
});

describe("random numbers", () => {
  const place = (draws: string): string => `model M {
    param p: [200, 100] = zeros
    param q: [200, 100] = zeros
    a = ${draws}
    b = ${draws}
    output a
    loss sum(p * a) + sum(q * b)
  }`;
  // d loss / d p is what a training step draws.
  const drawn = (draws: string): Float64Array[] => {
    const results = new Model(place(draws), {}, 11).run("gradient", {});
    return ["p", "q"].map((name) => flat(results.get(`gradient.${name}`)));
  };
  const [a, b] = drawn("uniform([200, 100], min = 2, max = 3)");
  const [c, d] = drawn("normal([200, 100], mean = -1, std = 0.5)");

  test.each([
    ["uniform([200, 100], min = 2, max = 3)", 2.5],
    ["normal([200, 100], mean = -1, std = 0.5)", -1],
  ])("are not drawn outside of training: %s is %d", (draws, mean) => {
    const forward = new Model(place(draws), {}, 11).run("forward", {});
    expect(new Set(flat(forward.get("outputs.a")))).toEqual(new Set([mean]));
  });

  function correlation(p: Float64Array, q: Float64Array): number {
    const [m, n] = [moments(p), moments(q)];
    return p.reduce((s, v, k) => s + (v - m.mean) * (q[k] - n.mean), 0) / p.length / m.std / n.std;
  }

  test("have the mean and deviation asked for", () => {
    // 20,000 draws: within five standard errors, std / 141 of the mean and 1 / 200 of the deviation.
    for (const [numbers, mean, std] of [
      [a, 2.5, Math.sqrt(1 / 12)],
      [c, -1, 0.5],
    ] as const) {
      expect(Math.abs(moments(numbers).mean - mean)).toBeLessThan((5 * std) / 141);
      expect(Math.abs(moments(numbers).std / std - 1)).toBeLessThan(5 / 200);
    }
    expect(Math.min(...a)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...a)).toBeLessThan(3);
  });

  test("are independent of place to place, and of neighbour to neighbour", () => {
    const pairs: readonly (readonly [Float64Array, Float64Array])[] = [
      [a, b],
      [c, d],
      [a, c],
      [a.subarray(1), a.subarray(0, -1)],
      [c.subarray(1), c.subarray(0, -1)],
    ];
    // The correlation of 20,000 independent pairs is 0 +- 1 / 141.
    for (const [p, q] of pairs) expect(Math.abs(correlation(p, q))).toBeLessThan(5 / 141);
  });
});
