// Optimizers, layers and initializers against PyTorch (torch/optimizers.py, torch/layers.py).
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import type { Packed } from "./reference.ts";
import { argument, difference, readTable, savedTensor } from "./reference.ts";

type Arrays = Record<string, unknown>;

interface Trainer {
  params: Record<string, Float64Array>;
  step: (batch: Arrays) => number;
  save: () => Uint8Array;
  evaluate: (batch: Arrays) => { loss: number };
  gradient: (batch: Arrays) => { loss: number; gradient: Record<string, Float64Array> };
}

type Create = (options: Record<string, unknown>) => Trainer;

async function trainer(source: string, options: Record<string, unknown>, precision: "f32" | "f64" = "f64"): Promise<Trainer> {
  const module: Record<string, unknown> = await evaluate(source, { path: "table.nn", precision });
  return (module["createMTrainer"] as Create)(options);
}

const packed = (data: number[]): Packed => ({ shape: [data.length], data });
const near = { relative: 1e-9, absolute: 1e-12, signOfZero: false };

const data = readTable("optimizers-data") as Record<"x" | "y" | "W" | "b", Packed>;
const optimizers = readTable("optimizers") as { optimizer: string; losses: number[]; W: number[]; b: number[] }[];

test.each(optimizers)("fifty steps of $optimizer", async ({ optimizer, losses, W, b }) => {
  const source = `model M {
    input x: [batch, 3]
    target y: [batch, 2]
    param W: [3, 2] = zeros
    param b: [2] = zeros
    loss mse(x @ W + b, y)
    train ${optimizer}
  }`;
  const model = await trainer(source, { batch: 8, params: { W: argument(data.W), b: argument(data.b) } });
  const batch = { x: argument(data.x), y: argument(data.y) };
  const found = losses.map(() => model.step(batch));
  expect(difference(Float64Array.from(found), packed(losses), near)).toBeUndefined();
  expect(difference(model.params["W"], packed(W), near)).toBeUndefined();
  expect(difference(model.params["b"], packed(b), near)).toBeUndefined();
});

interface Layer {
  model: string;
  dims: Record<string, number>;
  batch: Record<string, Packed>;
  params: Record<string, Packed>;
  loss: number;
  gradient?: Record<string, Packed>;
}

test.each(readTable("layers") as Layer[])("layers: $model", async ({ model: source, dims, batch, params, loss, gradient }) => {
  const pack = (arrays: Record<string, Packed>): Arrays =>
    Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, argument(value)]));
  const model = await trainer(source, { ...dims, params: pack(params) });
  expect(model.evaluate(pack(batch)).loss).toBeCloseTo(loss, 12);
  if (gradient === undefined) {
    expect(model.gradient(pack(batch)).loss).not.toBeCloseTo(loss, 5);
    return;
  }
  const found = model.gradient(pack(batch));
  expect(found.loss).toBeCloseTo(loss, 12);
  expect(Object.keys(found.gradient).sort()).toEqual(Object.keys(gradient).sort());
  for (const [name, expected] of Object.entries(gradient)) expect(difference(found.gradient[name], expected, near)).toBeUndefined();
});

interface Normalised {
  model: string;
  params: Record<string, Packed>;
  y: Packed;
  steps: { x: Packed; loss: number; gradient: Record<string, Packed>; mean: Packed; var: Packed; evaluated: number }[];
}

test.each(readTable("batch-norm") as Normalised[])("running statistics: $model", async ({ model: source, params, y, steps }) => {
  const given = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, argument(value)]));
  const model = await trainer(source, { batch: 6, params: given });
  for (const row of steps) {
    const batch = { x: argument(row.x), y: argument(y) };
    const { gradient } = model.gradient(batch);
    for (const [name, expected] of Object.entries(row.gradient)) expect(difference(gradient[name], expected, near)).toBeUndefined();
    expect(model.step(batch)).toBeCloseTo(row.loss, 12);
    const stored = model.save();
    expect(difference(savedTensor(stored, "z.mean"), row.mean, near)).toBeUndefined();
    expect(difference(savedTensor(stored, "z.var"), row.var, near)).toBeUndefined();
    expect(model.evaluate(batch).loss).toBeCloseTo(row.evaluated, 12);
  }
});

interface Initializer {
  initializer: string;
  shape: [number, number];
  mean: number;
  std: number;
  bound: number | null;
}

test.each(readTable("initializers") as Initializer[])("$initializer of $shape", async ({ initializer, shape, mean, std, bound }) => {
  const [n, m] = shape;
  const source = `model M {
    input x: [batch, ${n}]
    target y: [batch, ${m}]
    param W: [${n}, ${m}] = ${initializer}
    loss mse(x @ W, y)
  }`;
  const model = await trainer(source, { batch: 1, seed: 3 }, "f32");
  const W = Float64Array.from(model.params["W"] ?? []);
  expect(W).toHaveLength(n * m);
  const average = W.reduce((a, b) => a + b, 0) / W.length;
  const deviation = Math.sqrt(W.reduce((a, b) => a + (b - average) ** 2, 0) / W.length);
  // 120,000 draws: the mean is known to std / 346, the deviation to 1 / 490 at most; both within five of these.
  expect(Math.abs(average - mean)).toBeLessThan((5 * std) / 346);
  expect(Math.abs(deviation / std - 1)).toBeLessThan(5 / 490);
  if (bound !== null) {
    const most = W.reduce((a, b) => Math.max(a, Math.abs(b - mean)), 0);
    expect(most).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(most).toBeGreaterThan(0.999 * bound);
  }
  const inside = W.filter((w) => Math.abs(w - mean) < std).length / W.length;
  // Share within one deviation: 1/sqrt(3) of a uniform distribution, 0.6827 of a normal one.
  expect(inside).toBeCloseTo(bound === null ? 0.6827 : 1 / Math.sqrt(3), 2);
  const again = await trainer(source, { batch: 1, seed: 3 }, "f32");
  expect(again.params["W"]).toEqual(model.params["W"]);
  const other = await trainer(source, { batch: 1, seed: 4 }, "f32");
  expect(other.params["W"]).not.toEqual(model.params["W"]);
});
