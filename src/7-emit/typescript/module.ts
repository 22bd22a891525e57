/** A whole generated module: header, exports, kernels, support code. */
import type { CheckedFunction } from "../../2-check/checked.ts";
import { declarationsOf, eraseTypes } from "./erase.ts";
import { emitFunction, functionExports, type FunctionEntry } from "./functions.ts";
import type { ModelInfo } from "./model-context.ts";
import { emitModel, exportedNames } from "./models.ts";
import type { EntryProgram } from "./storage.ts";
import { base64, type Assemble } from "../wasm/assemble.ts";
import { WasmWriter, wasmConstants } from "../wasm/module.ts";
import { printStatements } from "./print.ts";
import type { Statement } from "./syntax.ts";
import { ModuleWriter, type Precision } from "./writer.ts";

export interface ModuleParts {
  readonly functions: readonly { readonly checked: CheckedFunction; readonly entries: readonly FunctionEntry[] }[];
  readonly models: readonly { readonly info: ModelInfo; readonly entries: readonly EntryProgram[] }[];
  readonly precision: Precision;
  /** Lines of the comment at the top. */
  readonly header: readonly string[];
  /** Kernels in WebAssembly beside those in TypeScript; left out: none. */
  readonly wasm?: { readonly embedded: boolean; readonly relaxed: boolean } | null;
}

/** The names that a module exports, in order; duplicates are clashes. */
export function exportNames(parts: Pick<ModuleParts, "functions" | "models">): readonly string[] {
  return [
    ...parts.functions.flatMap((f) => f.entries.flatMap((e) => functionExports(f.checked.name, e.kind))),
    ...parts.models.flatMap((m) => exportedNames(m.info.model)),
  ];
}

/** A generated file before its final layout: top-level declarations, blank lines between them. */
export interface Block {
  readonly text: string;
  /** Support code is laid out as its source is. */
  readonly final: boolean;
}

export interface EmittedModule {
  readonly code: readonly Block[];
  /** With `js`, the .d.ts file. */
  readonly declarations: readonly Block[] | null;
  /** Kernels as WebAssembly text, to be assembled; null where there are none. */
  readonly wasm: WasmText | null;
}

export interface WasmText {
  readonly plain: string;
  readonly relaxed: string | null;
  /** The constants that hold them, and whether they are to hold anything. */
  readonly constants: readonly string[];
  readonly embedded: boolean;
}

/** The module, not yet laid out by prettier. */
export function emitModule(parts: ModuleParts, language: "ts" | "js"): EmittedModule {
  const wanted = parts.wasm ?? null;
  const wasm = wanted === null ? null : new WasmWriter(parts.precision);
  const writer = new ModuleWriter(parts.precision, exportNames(parts), wasm);
  for (const f of parts.functions) emitFunction(f.checked, f.entries, writer);
  for (const m of parts.models) emitModel(m.info, m.entries, writer);
  const header: Statement = { kind: "comment", text: parts.header.join("\n") };
  const head: readonly Statement[] = [
    header,
    { kind: "comment", text: "@ts-nocheck" },
    { kind: "raw", text: "/* eslint-disable */" },
  ];
  const { exports, kernels, constants } = writer;
  const support = writer.supportUsed();
  const plain = wasm?.text(false) ?? null;
  const texts: WasmText | null =
    wasm === null || wanted === null || plain === null
      ? null
      : {
          plain,
          relaxed: wanted.relaxed ? wasm.text(true) : null,
          constants: wasmConstants.map((constant) => writer.wasmConstant(constant)),
          embedded: wanted.embedded,
        };
  if (language === "ts") {
    const code = [together(head), ...each(exports), ...each(kernels), together(constants)];
    return {
      code: [...code, ...support.map(({ text }) => finalBlock(writer.named(text)))].filter(isFilled),
      declarations: null,
      wasm: texts,
    };
  }
  const code = [
    together(head),
    ...each(eraseTypes(exports)),
    ...each(eraseTypes(kernels)),
    together(eraseTypes(constants)),
  ];
  const types = support.filter(({ js }) => js === "").map(({ text }) => finalBlock(writer.named(text)));
  const declared = [together([header]), ...each(declarationsOf(exports)), ...types, finalBlock("export {};")];
  return {
    code: [...code, ...support.map(({ js }) => finalBlock(writer.named(js)))].filter(isFilled),
    declarations: declared.filter(isFilled),
    wasm: texts,
  };
}

/** WebAssembly modules: what every engine runs, and with `relaxed` what newer ones run faster. */
export interface WasmBytes {
  readonly plain: Uint8Array;
  readonly relaxed: Uint8Array | null;
}

/** The module with its WebAssembly in it; the bytes, where they are to lie beside it. */
export function withWasm(
  emitted: EmittedModule,
  assemble: Assemble,
): { readonly module: EmittedModule; readonly bytes: WasmBytes | null } {
  const { wasm } = emitted;
  if (wasm === null) return { module: emitted, bytes: null };
  const plain = assemble(wasm.plain, { relaxed: false });
  const relaxed = wasm.relaxed === null ? null : assemble(wasm.relaxed, { relaxed: true });
  const constants = [plain, relaxed].map((bytes, k) => {
    const text = bytes === null || !wasm.embedded ? "null" : `"${base64(bytes)}"`;
    return `const ${wasm.constants[k]} = ${text};`;
  });
  const block: Block = { text: constants.join("\n"), final: true };
  return { module: { ...emitted, code: [...emitted.code, block] }, bytes: wasm.embedded ? null : { plain, relaxed } };
}

/** The text of a generated file as it is emitted. */
export function textOf(blocks: readonly Block[]): string {
  return `${blocks.map((b) => b.text).join("\n\n")}\n`;
}

function together(statements: readonly Statement[]): Block {
  return { text: printStatements(statements), final: false };
}

function each(statements: readonly Statement[]): readonly Block[] {
  return statements.map((s) => together([s]));
}

function finalBlock(text: string): Block {
  return { text, final: true };
}

function isFilled({ text }: Block): boolean {
  return text !== "";
}
