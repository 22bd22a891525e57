import type { CompileOptions, CompileResult } from "../compile.ts";

export type { CompileOptions, CompileResult };

/** The compiler, as the commands call it. */
export type Compile = (source: string, options: CompileOptions) => Promise<CompileResult>;

/** What commands load when they need it and not before, so that `derive --help` is quick. */
export interface Services {
  readonly compile: () => Promise<Compile>;
}

export const services: Services = {
  compile: async () => (await import("../compile.ts")).compile,
};
