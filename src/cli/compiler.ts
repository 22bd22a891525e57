import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
import type { Audit, AuditOptions } from "../audit/audit.ts";
import type { JsonAudit } from "../audit/json.ts";
import type { Module } from "../audit/port.ts";
import type { ExplainOptions } from "../explain/explain.ts";
import type { CompileOptions, CompileResult } from "../options.ts";

export type { CompileOptions, CompileResult, Stage } from "../options.ts";

export type Compile = (source: string, options: CompileOptions) => Promise<CompileResult>;

/** The formatter: null where a syntax error stands in the way. */
export type Format = (source: Source) => { readonly text: string | null; readonly diagnostics: readonly Diagnostic[] };

export type { ExplainOptions } from "../explain/explain.ts";
export type { Given } from "../explain/given.ts";

export type Explain = (
  source: string,
  options: ExplainOptions,
) => Promise<{ readonly text: string | null; readonly diagnostics: readonly Diagnostic[] }>;

/** Checks a source; the text (null: nothing to show but diagnostics) and the data of what it found. */
export type Check = (
  source: string,
  options: Omit<AuditOptions, "load">,
) => Promise<Pick<Audit, "diagnostics" | "passed"> & { readonly text: string | null; readonly json: JsonAudit }>;

/**
 * What commands load when they need it and not before, so that `derive --help` is quick. A command whose service is missing does not exist.
 */
export interface Services {
  readonly compile: () => Promise<Compile>;
  readonly format?: () => Promise<Format>;
  readonly explain?: () => Promise<Explain>;
  readonly check?: () => Promise<Check>;
}

export const services: Services = {
  compile: async () => (await import("../compile.ts")).compile,
  explain: async () => {
    const { explain } = await import("../explain/explain.ts");
    return (source, options) => Promise.resolve(explain(source, options));
  },
  check: () => checkWith(importModule),
  format: async () => {
    const [{ parse }, { format }] = await Promise.all([import("../1-parse/parse.ts"), import("../1-parse/format.ts")]);
    return (source) => {
      const { file, diagnostics } = parse(source);
      const faulty = diagnostics.some(({ severity }) => severity === "error");
      return { text: faulty ? null : format(file), diagnostics };
    };
  },
};

/** `derive check` with modules loaded by `load`. */
export async function checkWith(load: AuditOptions["load"]): Promise<Check> {
  const [{ audit }, { auditText }, { auditJson }] = await Promise.all([
    import("../audit/audit.ts"),
    import("../audit/report.ts"),
    import("../audit/json.ts"),
  ]);
  return async (source, options) => {
    const found = await audit(source, { ...options, load });
    const { diagnostics, passed } = found;
    return { diagnostics, passed, text: auditText(found), json: auditJson(found) };
  };
}

/** Runs the text of a module as the engine runs any: without a file, and without eval. */
async function importModule(code: string): Promise<Module> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  return (await import(url)) as Module;
}
