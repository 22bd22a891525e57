/** Checked fragments -> one graph an entry point, with derivative requests where derivatives are wanted. */
import type { CheckedFile } from "../2-check/checked.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Origins } from "../ir/origins.ts";
import { lowerFunction } from "./function.ts";
import type { LoweredFile } from "./lowered.ts";
import { lowerModel } from "./model.ts";

/** The graphs of every entry point of a file. `origins` is carried from checked nodes to the ones built here. */
export function lower(file: CheckedFile, b: GraphBuilder, origins: Origins): LoweredFile {
  return {
    functions: file.functions.map((f) => lowerFunction(f, b)),
    models: file.models.map((m) => lowerModel(m, b, origins)),
  };
}
