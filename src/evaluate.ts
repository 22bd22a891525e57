/**
 * Compiles a source and loads the module in memory, for notebooks and tests. It uses `new Function`, so it does not run
 * where a content-security policy forbids eval; generated modules themselves do.
 */
import { compile } from "./compile.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { render } from "./diagnostics/render.ts";
import type { CompileOptions } from "./options.ts";

/** Thrown where the source has errors; `message` shows all of them. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(render(diagnostics));
    this.diagnostics = diagnostics;
  }
}

/**
 * The exports of the module that `source` compiles to, by name.
 * @throws CompileError if the source has errors.
 */
export async function evaluate(
  source: string,
  options: Omit<CompileOptions, "emit" | "format" | "print">,
): Promise<Record<string, unknown>> {
  const { code, diagnostics } = await compile(source, { ...options, emit: "js", format: false });
  if (code === null) throw new CompileError(diagnostics.filter((d) => d.severity === "error"));
  return load(code);
}

/** The exports of a JavaScript module without imports. */
export function load(code: string): Record<string, unknown> {
  const names = [...code.matchAll(/^export (?:function|const) ([\p{ID_Start}$_][\p{ID_Continue}$]*)/gmu)].map(
    (m) => m[1],
  );
  const renamed = [...code.matchAll(/^export \{ (\S+) as (\S+) \};$/gm)].map(([, name, key]) => `${key}: ${name}`);
  const body = code.replaceAll(/^export (?=function|const)/gm, "").replaceAll(/^export \{.*\};$/gm, "");
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(`"use strict";\n${body}\nreturn { ${[...names, ...renamed].join(", ")} };`) as () => Record<
    string,
    unknown
  >;
  return make();
}
