import type { Command } from "commander";
import { printableLine } from "../diagnostics/cells.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { endLine, readSource, recordingReader } from "./compile-files.ts";
import type { Format, Services } from "./compiler.ts";
import { expandFiles, reasonOf, writeAtomically } from "./files.ts";
import { shared, type SharedFlags } from "./options.ts";
import { exitCodeOf, internalError, ofFile, reportDiagnostics } from "./reporter.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

interface Flags extends Pick<SharedFlags, "json"> {
  readonly check?: true;
  readonly stdout?: true;
}

const examples = `
Examples:
  derive fmt model.nn             formats the file in place
  derive fmt --check models/*.nn  changes nothing; exit code 1 if a file is not formatted`;

/** Adds `derive fmt`. */
export function addFormat(
  program: Command,
  terminal: Terminal,
  load: NonNullable<Services["format"]>,
  done: (code: ExitCode) => void,
): void {
  program
    .command("fmt <files...>")
    .summary("format .nn source")
    .description("Formats .nn files in place. A file with syntax errors is left as it is.")
    .option("--check", "write nothing; report files that are not formatted")
    .option("--stdout", "print the formatted text instead of writing it")
    .addOption(shared.json())
    .addHelpText("after", examples)
    .action(async (args: readonly string[], flags: Flags) => {
      const format = await load();
      const diagnostics: Diagnostic[] = [];
      const written: string[] = [];
      for (const path of await expandFiles(args))
        diagnostics.push(...formatFile(path, flags, format, terminal, written));
      reportDiagnostics(diagnostics, terminal, flags.json === true, written);
      if (flags.json !== true) for (const path of written) terminal.out(`formatted ${printableLine(path)}\n`);
      done(exitCodeOf(diagnostics));
    });
}

function formatFile(
  path: string,
  flags: Flags,
  format: Format,
  terminal: Terminal,
  written: string[],
): readonly Diagnostic[] {
  const source = readSource(path, recordingReader().read, []);
  if (typeof source !== "string") return [source];
  try {
    const { text, diagnostics } = format({ path, text: source });
    if (text === null) return diagnostics;
    if (flags.stdout === true) terminal.out(endLine(text));
    if (text === source) return diagnostics;
    if (flags.check === true) return [...diagnostics, diagnostic("not-formatted", {}, ofFile(path))];
    if (flags.stdout !== true) {
      try {
        writeAtomically(path, text);
      } catch (error) {
        const failure = diagnostic("file-unwritable", { output: path, reason: reasonOf(error) }, ofFile(path));
        return [...diagnostics, failure];
      }
      written.push(path);
    }
    return diagnostics;
  } catch (error) {
    return [internalError(error, path)];
  }
}
