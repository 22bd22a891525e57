/** The exported types of a model: its parameters, what it infers, how it trains. */
import type { CheckedModel } from "../../2-check/checked.ts";
import type { ModelContext } from "./model-context.ts";
import { entryOf, gradientType } from "./model-entries.ts";
import type { InterfaceDeclaration } from "./syntax.ts";
import { inputsType, memberKey, objectType } from "./types.ts";

/** `DigitsParams`: an array for each parameter. */
export function paramsInterface(c: ModelContext): InterfaceDeclaration {
  return {
    kind: "interface",
    exported: true,
    name: `${c.names.N}Params`,
    extends: null,
    doc: [`The parameters of ${c.names.N}: row-major arrays, scalars as arrays of one.`],
    members: c.m.parameters.map((p) => ({
      text: `readonly ${memberKey(p.path)}: ${c.writer.arrayType("real")}`,
      doc: [`[${p.shape.join(", ")}]${p.frozen ? ", frozen" : ""}`],
    })),
  };
}

/** `Digits`: what `createDigits` gives. */
export function inferenceInterface(c: ModelContext): InterfaceDeclaration {
  const forward = entryOf(c, "forward");
  const hyper = objectType(c.m.hypers.map((h) => [h.name, "number"]));
  const outputs = forward.resultType();
  return {
    kind: "interface",
    exported: c.names.type === c.names.N ? true : c.names.N,
    name: c.names.type,
    extends: null,
    doc: [...docOf(c.m), "Inference: dropout off, stored state."],
    members: [
      { text: `readonly params: ${c.names.N}Params`, doc: ["Live arrays: write with `.set()`."] },
      { text: `readonly hyper: ${hyper}`, doc: ["Read at each call."] },
      { text: `readonly engine: "ts" | "wasm" | "wasm-relaxed"`, doc: [] },
      {
        text: `forward(inputs: ${inputsType(forward.given(), c.writer)}, options?: ${forward.optionsType()}): ${outputs}`,
        doc: ["The outputs for one batch; with `out` they are written there and nothing is allocated."],
      },
      {
        text: `load(bytes: Uint8Array, options?: { rename?: Record<string, string> }): { reset: string[]; unknown: string[] }`,
        doc: ["Reads a safetensors file; nothing changes if it does not fit."],
      },
      { text: `save(): Uint8Array`, doc: ["A safetensors file: parameters, frozen parameters, state."] },
    ],
  };
}

/** `DigitsTrainer`: what `createDigitsTrainer` gives. */
export function trainerInterface(c: ModelContext): InterfaceDeclaration {
  const batch = inputsType([...c.m.inputs, ...c.m.targets], c.writer);
  const metrics: [string, string][] = c.m.metrics.map((metric) => [metric.name, "number"]);
  const evaluation = objectType([[c.m.loss?.name ?? "loss", "number"], ...metrics]);
  const gradient = resultOfGradient(c);
  const members = [
    {
      text: `evaluate(batch: ${batch}): ${evaluation}`,
      doc: ["Loss and metrics, dropout off. The object is reused."],
    },
    {
      text: `gradient(batch: ${batch}, options?: { out?: { gradient: ${gradientType(c.m, c.names.N)} } }): ${gradient}`,
      doc: ["Loss and gradient in training mode; updates and advances nothing."],
    },
  ];
  if (c.m.train !== null) {
    const rounded = c.writer.precision === "f32" ? " Gradients come in f32; `step` keeps its own in double." : "";
    members.push(
      { text: `step(batch: ${batch}): number`, doc: ["Forward, backward, update; the loss before the update."] },
      {
        text: `apply(gradient: ${gradientType(c.m, c.names.N)}): void`,
        doc: [`The optimizer's update alone.${rounded}`],
      },
    );
  }
  members.push({
    text: `reset(seed?: number): void`,
    doc: ["Parameters, state, optimizer and step count as created; not hyper."],
  });
  return {
    kind: "interface",
    exported: true,
    name: `${c.names.N}Trainer`,
    extends: c.names.type,
    members,
    doc: ["Training. `save` adds optimizer state, seed and step: a loaded run continues bit for bit."],
  };
}

function resultOfGradient(c: ModelContext): string {
  return `{ ${c.m.loss?.name ?? "loss"}: number; gradient: ${gradientType(c.m, c.names.N)} }`;
}

function docOf(m: CheckedModel): readonly string[] {
  return m.doc === null ? [] : m.doc.split("\n");
}
