/** Generated models as tests see them: loaded in memory, with the parts of the API that every model has. */
import { evaluate } from "../../src/evaluate.ts";

export type Reals = Float32Array | Float64Array;
export type Named<T = unknown> = Record<string, T>;

export interface Model {
  readonly params: Named<Float32Array>;
  readonly hyper: Named<number>;
  readonly engine: string;
  forward: (inputs: unknown, options?: unknown) => Named<Float32Array>;
  load: (bytes: unknown, options?: unknown) => { reset: string[]; unknown: string[] };
  save: () => Uint8Array;
}

export interface Trainer extends Model {
  evaluate: (batch: unknown) => Named<number>;
  gradient: (batch: unknown, options?: unknown) => { loss: number; gradient: Named<Float32Array> };
  step: (batch: unknown) => number;
  apply: (gradient: unknown) => void;
  reset: (seed?: unknown) => void;
}

export interface Compiled {
  readonly module: Named;
  readonly create: (options?: unknown) => Model;
  readonly trainer: (options?: unknown) => Trainer;
}

/** The module of a source that has one model, whose exports are called `name`. */
export async function compiled(source: string, name = "M", precision: "f32" | "f64" = "f32"): Promise<Compiled> {
  const module: Named = await evaluate(source, { path: "model.nn", precision, verify: true });
  return {
    module,
    create: module[`create${name}`] as Compiled["create"],
    trainer: module[`create${name}Trainer`] as Compiled["trainer"],
  };
}

/** Numbers in [-1, 1) from a multiplicative congruential generator (Park and Miller). */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
}

/** Integers 0 .. bound - 1. */
export function integers(count: number, bound: number, seed = 7): Int32Array {
  return Int32Array.from(numbers(count, seed), (v) => Math.floor(((v + 1) / 2) * bound));
}

/** The bits of everything that a model stores. */
export function bits(model: { save: () => Uint8Array }): string {
  return Buffer.from(model.save()).toString("base64");
}

/** Copies of the arrays, so that later calls do not change them. */
export function copies(arrays: Named<Float32Array>): Named<Float32Array> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
}
