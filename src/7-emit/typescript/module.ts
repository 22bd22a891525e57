/** A whole generated module: header, exports, kernels, support code. */
import type { CheckedFunction } from "../../2-check/checked.ts";
import { declarationsOf, eraseTypes } from "./erase.ts";
import { emitFunction, functionExports, type FunctionEntry } from "./functions.ts";
import type { ModelInfo } from "./model-context.ts";
import { emitModel, exportedNames } from "./models.ts";
import type { EntryProgram } from "./storage.ts";
import { printStatements } from "./print.ts";
import type { Statement } from "./syntax.ts";
import { ModuleWriter, type Precision } from "./writer.ts";

export interface ModuleParts {
  readonly functions: readonly { readonly checked: CheckedFunction; readonly entries: readonly FunctionEntry[] }[];
  readonly models: readonly { readonly info: ModelInfo; readonly entries: readonly EntryProgram[] }[];
  readonly precision: Precision;
  /** Lines of the comment at the top. */
  readonly header: readonly string[];
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
}

/** The module, not yet laid out by prettier. */
export function emitModule(parts: ModuleParts, language: "ts" | "js"): EmittedModule {
  const writer = new ModuleWriter(parts.precision, exportNames(parts));
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
  if (language === "ts") {
    const code = [together(head), ...each(exports), ...each(kernels), together(constants)];
    return {
      code: [...code, ...support.map(({ text }) => finalBlock(writer.named(text)))].filter(isFilled),
      declarations: null,
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
  };
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
