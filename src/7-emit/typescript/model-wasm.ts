/** Which kernels of a model come as WebAssembly, and what they need of its memory. */
import type { CheckedModel } from "../../2-check/checked.ts";
import type { ModelEntry } from "../../3-lower/lowered.ts";
import { maximum, type Dim } from "../../ir/dim.ts";
import type { Buffer } from "../../ir/program.ts";
import { kernelsOf } from "../../ir/steps.ts";
import { kernelHint } from "./calls.ts";
import { optimizerTensors, storedTensors, type EntryProgram, type SharedMemory } from "./storage.ts";
import type { ModuleWriter } from "./writer.ts";

export interface ModelWasm extends SharedMemory {
  /** The functions, in order of first use. */
  readonly kernels: readonly string[];
  /** Whether an entry point has any. */
  readonly has: (entry: ModelEntry) => boolean;
}

/** Asks for the WebAssembly of every kernel; null where the target or the model has none. */
export function modelWasm(
  m: CheckedModel,
  entries: readonly EntryProgram[],
  nameOf: (kind: ModelEntry) => string,
  { wasm }: ModuleWriter,
): ModelWasm | null {
  if (wasm === null) return null;
  const kernels = new Set<string>();
  let panel: Dim | null = null;
  const staged = new Map<ModelEntry, readonly Buffer[]>();
  const inputs = [...m.inputs, ...m.targets];
  const kept = new Set([...storedTensors(m), ...optimizerTensors(m)].map((t) => t.node.attributes.name));
  // Indices are copied where they are checked.
  for (const { node } of inputs) if (node.element === "index") kept.add(node.attributes.name);
  for (const { kind, program } of entries) {
    const bufferOf = (name: string): Buffer => {
      const buffer = program.buffers.find((b) => b.name === name);
      if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
      return buffer;
    };
    const used = new Set<string>();
    for (const [kernel] of kernelsOf(program.steps)) {
      const found = kernel.inline ? null : wasm.kernel(kernel, bufferOf, kernelHint(kernel, nameOf(kind)));
      if (found === null) continue;
      kernels.add(found.name);
      if (found.panel !== null) panel = panel === null ? found.panel : maximum(panel, found.panel);
      for (const buffer of found.buffers) used.add(buffer);
    }
    if (used.size === 0) continue;
    staged.set(
      kind,
      [...used].map(bufferOf).filter((b) => b.role !== "temporary" && !kept.has(b.name)),
    );
  }
  if (kernels.size === 0) return null;
  return { kernels: [...kernels], panel, has: (kind) => staged.has(kind), staged: (kind) => staged.get(kind) ?? [] };
}
