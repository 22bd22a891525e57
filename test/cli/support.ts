import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach } from "vitest";
import type { Precision } from "../../src/audit/port.ts";
import { checkWith, services } from "../../src/cli/compiler.ts";
import type { Compile, CompileOptions, Explain, Format, Services } from "../../src/cli/compiler.ts";
import { run } from "../../src/cli/program.ts";
import type { ExitCode } from "../../src/cli/terminal.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { diagnostic } from "../../src/diagnostics/report.ts";
import { load } from "../../src/evaluate.ts";

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
      wasm: null,
      diagnostics,
      info: null,
      printed: options.print === undefined ? (options.traceRewrites === true ? "a -> b" : null) : `(${options.print})`,
    });
  };
}

/** Stands in for the formatter: one space between words; `error` is a syntax error, `crash` an exception. */
const fakeFormat: Format = (source) => {
  if (source.text.includes("crash")) throw new TypeError("no such node");
  const start = source.text.indexOf("error");
  if (start < 0) return { text: source.text.replace(/ +/g, " "), diagnostics: [] };
  const span = { source, start, end: start + 5 };
  return { text: null, diagnostics: [diagnostic("unknown-name", { name: "error" }, span)] };
};

/** Stands in for the explanation: shows what it was asked. */
const fakeExplain: Explain = (text, { path, at, item, set }) =>
  text.includes("crash")
    ? Promise.reject(new TypeError("no such node"))
    : Promise.resolve({ text: JSON.stringify({ path: basename(path), at, item, set }), diagnostics: [] });

/** Runs a command line in this process. */
export async function derive(
  args: readonly string[],
  more: { color?: boolean; signal?: AbortSignal; onOutput?: () => void } = {},
): Promise<Run> {
  const calls: CompileOptions[] = [];
  let out = "";
  let error = "";
  const fakes: Services = {
    compile: () => Promise.resolve(fakeCompiler(calls)),
    format: () => Promise.resolve(fakeFormat),
    explain: () => Promise.resolve(fakeExplain),
  };
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
  const code = await run(args, terminal, fakes);
  return { code, out, error, calls };
}

/** `derive check` with the real compiler, in this process; `change`: what becomes of the text of a module before it runs. */
export async function checkCommand(
  args: readonly string[],
  change?: (code: string, precision: Precision) => string,
): Promise<{ code: number; out: string; error: string }> {
  const result = { code: -1, out: "", error: "" };
  const terminal = {
    out: (text: string) => {
      result.out += text;
    },
    error: (text: string) => {
      result.error += text;
    },
    color: false,
    width: 100,
  };
  const changed: Services =
    change === undefined
      ? services
      : { ...services, check: () => checkWith((code, precision) => Promise.resolve(load(change(code, precision)))) };
  result.code = await run(["check", ...args], terminal, changed);
  return result;
}
