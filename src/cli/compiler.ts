import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";

/** What the commands ask of the compiler: the part of its options that the command line sets. */
export interface CompileOptions {
  /** As the user gave it; imports are resolved against it. */
  readonly path: string;
  /** The text of an imported file; throws where there is none. */
  readonly read?: (path: string) => string;
  readonly target?: "ts";
  readonly precision?: "f32" | "f64";
  readonly emit?: "ts" | "js";
  /** Overridden consts. */
  readonly set?: Readonly<Record<string, string>>;
  readonly item?: string;
  readonly print?: Stage;
  readonly verify?: boolean;
  readonly traceRewrites?: boolean;
  readonly maxNodes?: number;
}

export type Stage = "ast" | "types" | "graph" | "gradient" | "simplified" | "program";

export interface CompileResult {
  /** Null where there are errors, or nothing but `printed` was asked for. */
  readonly code: string | null;
  /** With `emit: "js"`, the text of the .d.ts file. */
  readonly declarations: string | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly printed: string | null;
}

export type Compile = (source: string, options: CompileOptions) => Promise<CompileResult>;

/** The formatter: null where a syntax error stands in the way. */
export type Format = (source: Source) => { readonly text: string | null; readonly diagnostics: readonly Diagnostic[] };

/** A number or a tensor as nested lists, as `--at` gives them. */
export type Given = number | readonly Given[];

export interface ExplainOptions {
  readonly path: string;
  readonly read?: (path: string) => string;
  readonly set?: Readonly<Record<string, string>>;
  readonly item?: string;
  /** Values of the arguments; without them formulas are shown. */
  readonly at?: Readonly<Record<string, Given>>;
}

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
  format: async () => {
    const [{ parse }, { format }] = await Promise.all([import("../1-parse/parse.ts"), import("../1-parse/format.ts")]);
    return (source) => {
      const { file, diagnostics } = parse(source);
      const faulty = diagnostics.some(({ severity }) => severity === "error");
      return { text: faulty ? null : format(file), diagnostics };
    };
  },
};
