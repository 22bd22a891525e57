/** The exported interface, constructors and information of a model, and what they are made of. */
import type { CheckedModel } from "../../2-check/checked.ts";
import { createInference, createTrainer } from "./model-constructors.ts";
import { modelContext, type ModelInfo } from "./model-context.ts";
import { EntryWriter } from "./model-entries.ts";
import { infoConstant } from "./model-info.ts";
import { inferenceInterface, paramsInterface, trainerInterface } from "./model-interfaces.ts";
import { storeFunction, storeInterface, tensorsFunction } from "./model-store.ts";
import { lowerLeading, upperFirst } from "./names.ts";
import { optimizerTensors, storedTensors, type EntryProgram } from "./storage.ts";
import type { ModuleWriter } from "./writer.ts";

/** The names that a model adds to the module's exports. */
export function exportedNames(m: CheckedModel): readonly string[] {
  const N = upperFirst(m.name);
  const trainer = m.loss === null ? [] : [`${N}Trainer`, `create${N}Trainer`];
  return [N, `${N}Params`, `create${N}`, ...trainer, `${lowerLeading(m.name)}Info`];
}

/** Keys of the options of `create...` besides the capacities. */
export const optionKeys: readonly string[] = ["params", "engine", "wasm", "seed", "threads"];

/** Adds a model's declarations to the module. */
export function emitModel(info: ModelInfo, entries: readonly EntryProgram[], writer: ModuleWriter): void {
  const c = modelContext(info, entries, writer);
  const { exports } = writer;
  exports.push(paramsInterface(c), inferenceInterface(c));
  const trains = c.m.loss !== null;
  if (trains) exports.push(trainerInterface(c));
  exports.push(createInference(c));
  if (trains) exports.push(createTrainer(c));
  exports.push(infoConstant(c));
  exports.push(storeInterface(c, c.names.store, c.inference, []));
  exports.push(storeFunction(c, c.names.store, c.inference, false));
  if (trains) {
    exports.push(storeInterface(c, c.names.trainingStore, c.training, c.inference.members));
    exports.push(storeFunction(c, c.names.trainingStore, c.training, true));
  }
  exports.push(tensorsFunction(c, c.tensors.inference, storedTensors(c.m), c.names.store));
  if (trains) {
    const all = [...storedTensors(c.m), ...optimizerTensors(c.m)];
    exports.push(tensorsFunction(c, c.tensors.training, all, c.names.trainingStore));
  }
  for (const entry of entries) exports.push(new EntryWriter(c.m, entry, c.names, writer).declaration());
}
