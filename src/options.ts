/** What compiling takes and gives. */
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { TraceEvent } from "./5-simplify/rule.ts";

export type Stage = "ast" | "types" | "graph" | "gradient" | "simplified" | "program" | "wat";

export interface CompileOptions {
  /** As the user gave it; imports are resolved against it. */
  readonly path: string;
  /** The text of an imported file; throws where there is none. Without it, imports are errors. */
  readonly read?: (path: string) => string;
  /** `wasm`: kernels in WebAssembly beside those in TypeScript; `wasm-module`: in a file of their own. */
  readonly target?: "ts" | "wasm" | "wasm-module";
  /** With a wasm target: also kernels whose multiply-adds round as the processor likes, for engines that have them. */
  readonly relaxed?: boolean;
  readonly precision?: "f32" | "f64";
  /** `js`: JavaScript, with the types in `declarations`. */
  readonly emit?: "ts" | "js";
  /**
   * Reverse mode keeps every sqrt(T)-th carry of a loop of T rounds and computes what is between again: less memory for one
   * more run of the loop.
   */
  readonly checkpoint?: boolean;
  /** Overridden consts, by `name` or `Model.name`. */
  readonly set?: Readonly<Record<string, string>>;
  /** Compiles this function or model alone. */
  readonly item?: string;
  /** Gives this form of the program as text instead of code. */
  readonly print?: Stage;
  /** Checks the graph after every pass. */
  readonly verify?: boolean;
  /** Hears of every rewrite rule that fires. */
  readonly traceRewrites?: boolean;
  readonly maxNodes?: number;
  /** False leaves prettier out. */
  readonly format?: boolean;
  /** Names of rewrite rules that are switched off. */
  readonly disable?: ReadonlySet<string>;
  /** Hears of rewrites. */
  readonly onRewrite?: (event: TraceEvent) => void;
}

export interface CompileResult {
  /** Null where there are errors, or nothing but `printed` was asked for. */
  readonly code: string | null;
  /** With `emit: "js"`, the text of the .d.ts file. */
  readonly declarations: string | null;
  /** With `target: "wasm-module"`, the bytes of the .wasm files; null where no kernel gains from WebAssembly. */
  readonly wasm: { readonly plain: Uint8Array; readonly relaxed: Uint8Array | null } | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly info: CompileInfo | null;
  /** The form that `print` asks for, and with `traceRewrites` what fired before it. */
  readonly printed: string | null;
}

export interface CompileInfo {
  readonly functions: readonly { readonly name: string; readonly derivatives: readonly string[] }[];
  readonly models: readonly { readonly name: string; readonly parameters: number }[];
  /** Of the source text. */
  readonly sourceHash: string;
}
