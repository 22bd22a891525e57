/** What the declarations of a model are written from: its entry points, where it keeps its tensors, the names of both. */
import * as dims from "../../ir/dim.ts";
import type { CheckedInput, CheckedModel, CheckedTensor } from "../../2-check/checked.ts";
import type { ModelEntry } from "../../3-lower/lowered.ts";
import { declaredName, freeName, identifierOf, lowerLeading, upperFirst } from "./names.ts";
import { layOut, MemberNames, optimizerTensors, storedTensors, type EntryProgram, type Layout } from "./storage.ts";
import { modelWasm, type ModelWasm } from "./model-wasm.ts";
import type { ModuleWriter } from "./writer.ts";

export interface ModelInfo {
  readonly model: CheckedModel;
  /** Of the source text, as hexadecimal. */
  readonly sourceHash: string;
}

/** Names that all entry points of a model share. */
export interface ModelNames {
  /** `Digits` and `digits`. */
  readonly N: string;
  readonly n: string;
  /** What the type `Digits` is called inside of the module. */
  readonly type: string;
  readonly store: string;
  readonly trainingStore: string;
  /** The capacities, in order. */
  readonly symbols: readonly string[];
  readonly layout: Layout;
  readonly entry: (kind: ModelEntry) => string;
  /** Frozen parameters without initial value. */
  readonly ungiven: readonly CheckedTensor[];
  /** As of the context. */
  readonly wasm: ModelWasm | null;
}

export interface ModelContext {
  readonly info: ModelInfo;
  readonly m: CheckedModel;
  readonly entries: readonly EntryProgram[];
  readonly writer: ModuleWriter;
  readonly names: ModelNames;
  /** The functions that list stored tensors. */
  readonly tensors: { readonly inference: string; readonly training: string };
  /** The function that makes each kind of store. */
  readonly creators: ReadonlyMap<string, string>;
  readonly inference: Layout;
  readonly training: Layout;
  /** The model's kernels in WebAssembly; null where it has none. */
  readonly wasm: ModelWasm | null;
}

/** Lays out the stores of a model and takes the names of its declarations. */
export function modelContext(info: ModelInfo, entries: readonly EntryProgram[], writer: ModuleWriter): ModelContext {
  const m = info.model;
  const N = upperFirst(m.name);
  const n = lowerLeading(m.name);
  const symbols = capacities(m);
  const members = new MemberNames([
    "arena",
    "hyper",
    "params",
    "create",
    "step",
    "seed",
    "evaluation",
    "sizes",
    "engine",
    "kernels",
    "exchange",
    "options",
    "reals",
    "integers",
    "flags",
    ...symbols.map(symbolLocal),
  ]);
  const entryNames = new Map(entries.map(({ kind }) => [kind, writer.topLevelName(`${n}${upperFirst(kind)}`)]));
  const wasm = modelWasm(m, entries, (kind) => entryNames.get(kind) ?? kind, writer);
  const needsStaging = [...m.inputs, ...m.targets].filter(isStaged);
  const forInference = entries.filter((e) => e.kind === "initial" || e.kind === "forward");
  const stored = storedTensors(m);
  const inference = layOut(stored, needsStaging, forInference, members, wasm);
  const training = layOut([...stored, ...optimizerTensors(m)], needsStaging, entries, members, wasm);
  const tensors = {
    inference: writer.topLevelName(`${n}Tensors`),
    training: writer.topLevelName(`${n}TrainingTensors`),
  };
  const store = writer.topLevelName(`${N}Store`);
  const trainingStore = writer.topLevelName(`${N}TrainingStore`);
  const creators = new Map([store, trainingStore].map((name) => [name, writer.topLevelName(`create${name}`)]));
  const names: ModelNames = {
    N,
    n,
    type: declaredName(N),
    store,
    trainingStore,
    symbols,
    layout: training,
    entry: (kind) => entryNames.get(kind) ?? kind,
    ungiven: m.parameters.filter((p) => p.frozen && p.initial === null),
    wasm,
  };
  return { info, m, entries, writer, names, tensors, creators, inference, training, wasm };
}

/** Index arrays are copied to a staging array while they are checked. */
function isStaged(input: CheckedInput): boolean {
  return input.node.element === "index" && input.node.attributes.held === "array";
}

/** The symbols of a model's inputs, in order of appearance: its capacities. */
export function capacities(m: CheckedModel): readonly string[] {
  const inputs = [...m.inputs, ...m.targets];
  return [...new Set(inputs.flatMap((i) => i.node.shape.flatMap((d) => [...dims.symbolsOf(d)])))];
}

/** The local of a symbol where a store is created. */
export function symbolLocal(symbol: string): string {
  return freeName(identifierOf(symbol), new Set(["arena", "reals", "integers", "flags", "engine", "options"]));
}
