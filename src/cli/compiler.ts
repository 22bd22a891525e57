import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
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

/**
 * What commands load when they need it and not before, so that `derive --help` is quick. A command whose service is missing does not exist.
 */
export interface Services {
  readonly compile: () => Promise<Compile>;
  readonly format?: () => Promise<Format>;
  readonly explain?: () => Promise<Explain>;
}

export const services: Services = {
  compile: async () => (await import("../compile.ts")).compile,
  explain: async () => {
    const { explain } = await import("../explain/explain.ts");
    return (source, options) => Promise.resolve(explain(source, options));
  },
  format: async () => {
    const [{ parse }, { format }] = await Promise.all([import("../1-parse/parse.ts"), import("../1-parse/format.ts")]);
    return (source) => {
      const { file, diagnostics } = parse(source);
      const faulty = diagnostics.some(({ severity }) => severity === "error");
      return { text: faulty ? null : format(file), diagnostics };
    };
  },
};
