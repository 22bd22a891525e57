import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import type { Compile, CompileOptions, Services } from "../../src/cli/compiler.ts";
import { run } from "../../src/cli/program.ts";
import type { ExitCode } from "../../src/cli/terminal.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { diagnostic } from "../../src/diagnostics/report.ts";

/** A new folder with files, removed after the test. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "derive-cli-"));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface Run {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
  /** The options of each call of the compiler. */
  readonly calls: readonly CompileOptions[];
}

/**
 * Stands in for the compiler, so that these tests are about the command alone: `error` in a source is an error at that word, `warning` a
 * warning, `crash` an exception; `import "x"` reads x; the code is the source in upper case.
 */
function fakeCompiler(calls: CompileOptions[]): Compile {
  return (text, options) => {
    calls.push(options);
    const source = { path: options.path, text };
    const diagnostics: Diagnostic[] = [];
    const at = (word: string): { source: typeof source; start: number; end: number } => {
      const start = text.indexOf(word);
      return { source, start, end: start + word.length };
    };
    if (text.includes("crash")) throw new TypeError("no rule for x");
    if (text.includes("error")) diagnostics.push(diagnostic("unknown-name", { name: "error" }, at("error")));
    if (text.includes("warning")) diagnostics.push(diagnostic("unused-input", { name: "warning" }, at("warning")));
    let code = text.toUpperCase();
    for (const [, path] of text.matchAll(/import "([^"]*)"/g))
      code += options.read?.(join(dirname(options.path), path)) ?? "";
    const failed = diagnostics.some(({ severity }) => severity === "error");
    return Promise.resolve({
      code: failed || options.print !== undefined ? null : code,
      declarations: failed || options.emit !== "js" ? null : `declare ${code}`,
      diagnostics,
      printed: options.print === undefined ? null : `(${options.print})`,
    });
  };
}

/** Runs a command line in this process. */
export async function derive(
  args: readonly string[],
  more: { color?: boolean; signal?: AbortSignal; onOutput?: () => void } = {},
): Promise<Run> {
  const calls: CompileOptions[] = [];
  let out = "";
  let error = "";
  const services: Services = { compile: () => Promise.resolve(fakeCompiler(calls)) };
  const terminal = {
    out: (text: string) => {
      out += text;
      more.onOutput?.();
    },
    error: (text: string) => {
      error += text;
    },
    color: more.color ?? false,
    width: 100,
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  };
  const code = await run(args, terminal, services);
  return { code, out, error, calls };
}
