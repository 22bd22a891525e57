/** A whole generated module: header, exports, kernels, support code. */
import type { CheckedFunction } from "../../2-check/checked.ts";
import { declarationsOf, eraseTypes } from "./erase.ts";
import { emitFunction, entryName, type FunctionEntry } from "./functions.ts";
import { emitModel, exportedNames, type ModelEntryProgram, type ModelInfo } from "./models.ts";
import { printStatements } from "./print.ts";
import type { Statement } from "./syntax.ts";
import { ModuleWriter, type Precision } from "./writer.ts";

export interface ModuleParts {
  readonly functions: readonly { readonly checked: CheckedFunction; readonly entries: readonly FunctionEntry[] }[];
  readonly models: readonly { readonly info: ModelInfo; readonly entries: readonly ModelEntryProgram[] }[];
  readonly precision: Precision;
  /** Lines of the comment at the top. */
  readonly header: readonly string[];
}

/** The names that a module exports, in order; duplicates are clashes. */
export function exportNames(parts: Pick<ModuleParts, "functions" | "models">): readonly string[] {
  return [
    ...parts.functions.flatMap((f) => f.entries.map((e) => entryName(f.checked.name, e.kind))),
    ...parts.models.flatMap((m) => exportedNames(m.info.model)),
  ];
}

export interface EmittedModule {
  readonly code: string;
  /** With `js`, the text of the .d.ts file. */
  readonly declarations: string | null;
}

/** The text of the module, not yet laid out by prettier. */
export function emitModule(parts: ModuleParts, language: "ts" | "js"): EmittedModule {
  const writer = new ModuleWriter(parts.precision, exportNames(parts));
  for (const f of parts.functions) emitFunction(f.checked, f.entries, writer);
  for (const m of parts.models) emitModel(m.info, m.entries, writer);
  const head: Statement = { kind: "comment", text: parts.header.join("\n") };
  const unchecked: Statement[] = [
    { kind: "comment", text: "@ts-nocheck" },
    { kind: "raw", text: "/* eslint-disable */" },
  ];
  if (language === "ts") {
    const sections = [[head, ...unchecked], separated(writer.exports), separated(writer.kernels), writer.constants];
    return {
      code: joined(
        sections,
        writer.supportUsed().map((s) => s.text),
      ),
      declarations: null,
    };
  }
  const sections = [[head, ...unchecked], separated(eraseTypes(writer.exports)), separated(eraseTypes(writer.kernels)), eraseTypes(writer.constants)]; // prettier-ignore
  const types = writer.supportUsed().filter((s) => s.js === "").map((s) => s.text); // prettier-ignore
  return {
    code: joined(sections, writer.supportUsed().map((s) => s.js).filter((js) => js !== "")), // prettier-ignore
    declarations: joined([[head], separated(declarationsOf(writer.exports))], [...types, "export {};"]),
  };
}

function joined(sections: readonly (readonly Statement[])[], support: readonly string[]): string {
  const code = sections.filter((s) => s.length > 0).map((s) => printStatements(s));
  return [...code, ...support].join("\n\n") + "\n";
}

function separated(statements: readonly Statement[]): readonly Statement[] {
  return statements.flatMap((s, k): Statement[] => (k === 0 ? [s] : [{ kind: "blank" }, s]));
}
