import type { Diagnostic } from "../diagnostics/diagnostic.ts";

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

/** What commands load when they need it and not before, so that `derive --help` is quick. */
export interface Services {
  readonly compile: () => Promise<Compile>;
}

export const services: Services = {
  compile: async () => (await import("../compile.ts")).compile,
};
