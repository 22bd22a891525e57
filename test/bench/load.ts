import { readFileSync } from "node:fs";
import { evaluate } from "../../src/evaluate.ts";
import type { Arrays, Workload } from "./workloads.ts";

/** The part of a generated trainer that the benchmark needs. */
export interface Trainer {
  readonly engine: string;
  step: (batch: Arrays) => number;
}

/** What the workload is compiled for. */
export type Target = "ts" | "wasm" | "wasm --relaxed";

type CreateTrainer = (options: { batch: number; params: Record<string, Float32Array> }) => Trainer;

/** Compiles the workload's program in memory and creates its trainer with the shared weights. */
export async function createTrainer(workload: Workload, batch: number, target: Target = "ts"): Promise<Trainer> {
  const path = new URL(`${workload.name}.nn`, import.meta.url);
  const module: Record<string, unknown> = await evaluate(readFileSync(path, "utf8"), {
    path: `${workload.name}.nn`,
    target: target === "ts" ? "ts" : "wasm",
    relaxed: target === "wasm --relaxed",
  });
  const create = module[`create${workload.model}Trainer`] as CreateTrainer;
  return create({ batch, params: workload.params() });
}
