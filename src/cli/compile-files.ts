import { basename, extname, join, resolve } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Compile, CompileOptions, CompileResult } from "./compiler.ts";
import { readText, reasonOf, targetOf, writeAtomically } from "./files.ts";
import { internalError, ofFile } from "./reporter.ts";
import { UsageError, type Terminal } from "./terminal.ts";

/** What `derive compile` does with each file. */
export interface CompileJob {
  /** Folder of the generated files. */
  readonly output: string;
  /** Print the code instead of writing it. */
  readonly stdout: boolean;
  readonly options: Omit<CompileOptions, "path" | "read">;
  /** Subcommands, for a misspelled one that is taken for a file. */
  readonly commands: readonly string[];
}

/** What came of one source file. */
export interface Outcome {
  readonly diagnostics: readonly Diagnostic[];
  /** Paths of the files that were written. */
  readonly written: readonly string[];
  /** Every file that was read, the source first, and its text; null where it could not be read. */
  readonly reads: ReadonlyMap<string, string | null>;
}

/** The files that a source compiles to. */
export function outputsOf(
  path: string,
  job: CompileJob,
): {
  readonly code: string;
  readonly declarations: string | null;
  readonly wasm: string | null;
  readonly relaxed: string | null;
} {
  // The ending is joined before the folder is: the file `..nn` has the name `.`, which as a path is another folder.
  const name = basename(path, extname(path));
  const isBeside = job.options.target === "wasm-module";
  const wasm = isBeside ? join(job.output, `${name}.wasm`) : null;
  const relaxed = isBeside && job.options.relaxed === true ? join(job.output, `${name}.relaxed.wasm`) : null;
  return job.options.emit === "js"
    ? { code: join(job.output, `${name}.js`), declarations: join(job.output, `${name}.d.ts`), wasm, relaxed }
    : { code: join(job.output, `${name}.ts`), declarations: null, wasm, relaxed };
}

/** Throws UsageError where two sources would write one file, or one would be written over. */
export function checkOutputs(paths: readonly string[], job: CompileJob): void {
  // File systems there see no difference between Net.ts and net.ts.
  const folds = process.platform === "darwin" || process.platform === "win32";
  const key = (path: string): string => (folds ? realPath(path).toLowerCase() : realPath(path));
  const writers = new Map<string, string>();
  const sources = new Set(paths.map(key));
  for (const path of paths) {
    for (const output of Object.values(outputsOf(path, job)) as readonly (string | null)[]) {
      if (output === null) continue;
      const other = writers.get(key(output));
      if (other !== undefined) throw new UsageError(`${other} and ${path} would both write ${output}`);
      if (sources.has(key(output))) throw new UsageError(`${path} would write over the source ${output}`);
      writers.set(key(output), path);
    }
  }
}

/** Where a file lies in truth; links that lead nowhere are told of when it is written. */
function realPath(path: string): string {
  try {
    return targetOf(path);
  } catch {
    return resolve(path);
  }
}

/** Compiles one file and writes what comes of it. An error in it, also one of derive itself, becomes a diagnostic. */
export async function compileFile(
  path: string,
  job: CompileJob,
  compile: Compile,
  terminal: Terminal,
): Promise<Outcome> {
  const { read, reads } = recordingReader();
  const source = readSource(path, read, job.commands);
  if (typeof source !== "string") return { diagnostics: [source], written: [], reads };
  let result: CompileResult;
  try {
    result = await compile(source, { ...job.options, path, read });
  } catch (error) {
    return { diagnostics: [internalError(error, path)], written: [], reads };
  }
  if (result.printed !== null) {
    // Without --print it is the trace, which must not mix with code.
    if (job.options.print === undefined) terminal.error(endLine(result.printed));
    else terminal.out(endLine(result.printed));
  }
  const faulty = result.diagnostics.some(({ severity }) => severity === "error");
  if (faulty || result.code === null) return { diagnostics: result.diagnostics, written: [], reads };
  if (job.stdout) {
    terminal.out(endLine(result.code));
    return { diagnostics: result.diagnostics, written: [], reads };
  }
  const written: string[] = [];
  const failures: Diagnostic[] = [];
  const outputs = outputsOf(path, job);
  const texts: readonly (readonly [string | null, string | Uint8Array | null])[] = [
    [outputs.relaxed, result.wasm?.relaxed ?? null],
    [outputs.wasm, result.wasm?.plain ?? null],
    [outputs.declarations, result.declarations],
    [outputs.code, result.code],
  ];
  for (const [output, text] of texts) {
    if (output === null || text === null) continue;
    try {
      const target = realPath(output);
      // Of the sources that are named, checkOutputs knows.
      if ([...reads.keys()].some((read) => realPath(read) === target)) throw new Error("it is a source");
      writeAtomically(output, text);
      written.push(output);
    } catch (error) {
      failures.push(diagnostic("file-unwritable", { output, reason: reasonOf(error) }, ofFile(path)));
    }
  }
  return { diagnostics: [...result.diagnostics, ...failures], written, reads };
}

/** Reads files and keeps what was read; null where a file could not be. */
export function recordingReader(): { read: (path: string) => string; reads: ReadonlyMap<string, string | null> } {
  const reads = new Map<string, string | null>();
  const read = (path: string): string => {
    reads.set(path, null);
    const text = readText(path);
    reads.set(path, text);
    return text;
  };
  return { read, reads };
}

/** The text of a source, or what is wrong with it. `commands`: a name without a dot may be a misspelled one of these. */
export function readSource(
  path: string,
  read: (path: string) => string,
  commands: readonly string[],
): string | Diagnostic {
  try {
    return read(path);
  } catch (error) {
    const help = extname(path) === "" ? didYouMean(path, commands) : null;
    return diagnostic("file-unreadable", { reason: reasonOf(error) }, ofFile(path), { help });
  }
}

/** Text that ends its last line. */
export function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
