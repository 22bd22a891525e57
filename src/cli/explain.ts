import type { Command } from "commander";
import { addPoint, addSetting } from "./arguments.ts";
import { endLine, readSource, recordingReader } from "./compile-files.ts";
import type { Explain, Given, Services } from "./compiler.ts";
import { exitCodeOf, internalError, reportDiagnostics } from "./reporter.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

interface Flags {
  readonly at?: Readonly<Record<string, Given>>;
  readonly item?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly json?: true;
}

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
    .option("--at <values>", "values, as in a=3,b=1 or x=[1, 2], or a JSON file of them (repeatable)", addPoint)
    .option("--item <name>", "the function or model, where the file has several")
    .option("--set <name=value>", "override a const (repeatable)", addSetting)
    .option("--json", "diagnostics as JSON on standard error")
    .addHelpText("after", examples)
    .action(async (path: string, flags: Flags) => {
      done(await explainFile(path, flags, await load(), terminal));
    });
}

async function explainFile(path: string, flags: Flags, explain: Explain, terminal: Terminal): Promise<ExitCode> {
  const { read } = recordingReader();
  const source = readSource(path, read, []);
  const { at, item, set } = flags;
  const options = { path, read, ...(at && { at }), ...(item !== undefined && { item }), ...(set && { set }) };
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
