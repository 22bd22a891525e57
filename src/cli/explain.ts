import type { Command } from "commander";
import { endLine, readSource, recordingReader } from "./compile-files.ts";
import type { Explain, Services } from "./compiler.ts";
import { programOptions, shared, type SharedFlags } from "./options.ts";
import { exitCodeOf, internalError, reportDiagnostics } from "./reporter.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

const examples = `
Examples:
  derive explain graph.nn                       the simplified derivatives as formulas
  derive explain graph.nn --at a=3,b=1,c=-2     forward values and the backward pass, edge by edge
  derive explain net.nn --item loss --at "x=[1, 2],W=[[1, 0], [0, 1]]"
  derive explain digits.nn --at batch.json      { "x": [[...]], "y": [3] }; parameters start as with seed 0`;

/** Adds `derive explain`. */
export function addExplain(
  program: Command,
  terminal: Terminal,
  load: NonNullable<Services["explain"]>,
  done: (code: ExitCode) => void,
): void {
  program
    .command("explain <file>")
    .summary("show the computation graph and its derivatives as a textbook does")
    .description(
      "Shows the computation graph in the names of the program: with --at its forward values and the backward pass, else the derivatives as formulas.",
    )
    .addOption(shared.at())
    .addOption(shared.item("the function or model, where the file has several"))
    .addOption(shared.set())
    .addOption(shared.json())
    .addHelpText("after", examples)
    .action(async (path: string, flags: SharedFlags) => {
      done(await explainFile(path, flags, await load(), terminal));
    });
}

async function explainFile(path: string, flags: SharedFlags, explain: Explain, terminal: Terminal): Promise<ExitCode> {
  const { read } = recordingReader();
  const source = readSource(path, read, []);
  const options = { path, read, ...programOptions(flags) };
  const { text, diagnostics } =
    typeof source === "string"
      ? await explain(source, options).catch((error: unknown) => ({
          text: null,
          diagnostics: [internalError(error, path)],
        }))
      : { text: null, diagnostics: [source] };
  if (text !== null) terminal.out(endLine(text));
  reportDiagnostics(diagnostics, terminal, flags.json === true);
  return exitCodeOf(diagnostics);
}
