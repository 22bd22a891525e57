import type { Command } from "commander";
import { addSizes, integerFrom, positive } from "./arguments.ts";
import { endLine, readSource, recordingReader } from "./compile-files.ts";
import type { Check, Services } from "./compiler.ts";
import { defaults } from "../audit/defaults.ts";
import { uncheckedJson, type JsonAudit } from "../audit/json.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { asciiControls, printable } from "../diagnostics/cells.ts";
import { expandFiles } from "./files.ts";
import { programOptions, shared, type SharedFlags } from "./options.ts";
import { exitCodeOf, internalError, reportDiagnostics } from "./reporter.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

interface Flags extends SharedFlags {
  readonly size?: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly tolerance?: number;
  readonly samples?: number;
}

const help = `
Every derivative of the generated module is compared with finite differences: the program compiled for f64 with differences of its values, at
several steps, and the f32 module with that twin by a running error bound. Dropout holds its masks; kinks are told from faults.
Of large tensors some entries are compared one by one, and all of them at once along a random direction.

Examples:
  derive check digits.nn                          at inputs and parameters drawn from --seed
  derive check digits.nn --size batch=4           with another size of a symbolic dimension
  derive check loss.nn --item loss --at a=3,b=1   at values of your own; a JSON file of them serves too

$ derive check examples/graph/graph.nn
examples/graph/graph.nn: seed 1, tolerance 1e-6

fn L
  derivative         by  checked  absolute error  relative error  f32 error  of its bound
  gradient of value  a   1        8.5e-15         1.5e-14         0          0%            ok
  gradient of value  b   1        5.6e-15         4.9e-15         0          0%            ok
  gradient of value  c   1        1.3e-15         7.8e-16         0          0%            ok
  values of value, gradient: f32 equals f64

passed: 3 derivatives, 3 entries

Exit code 1: a derivative is wrong, or could not be checked.`;

/** Adds `derive check`. */
export function addCheck(
  program: Command,
  terminal: Terminal,
  load: NonNullable<Services["check"]>,
  done: (code: ExitCode) => void,
): void {
  program
    .command("check <files...>")
    .summary("prove every derivative against finite differences, and warn of numbers that go wrong")
    .description("Compares every derivative of the generated module with finite differences in f64, and f32 with f64.")
    .addOption(shared.at())
    .option("--size <dim=size>", "the size of a symbolic dimension (repeatable)", addSizes)
    .addOption(shared.item("check this function or model alone"))
    .addOption(shared.set())
    .addOption(shared.checkpoint())
    .option(
      "--seed <integer>",
      `of inputs, initial parameters and random draws (default: ${defaults.seed})`,
      integerFrom(0),
    )
    .option("--tolerance <number>", `the largest relative error that passes (default: ${defaults.tolerance})`, positive)
    .option(
      "--samples <count>",
      `entries of a tensor compared one by one, fewer of a large program (default: ${defaults.samples})`,
      integerFrom(1),
    ) // prettier-ignore
    .addOption(shared.json("the tables as JSON on standard output"))
    .addHelpText("after", help)
    .action(async (paths: readonly string[], flags: Flags) => {
      done(await checkFiles(await expandFiles(paths), flags, await load(), terminal));
    });
}

async function checkFiles(paths: readonly string[], flags: Flags, check: Check, terminal: Terminal): Promise<ExitCode> {
  const files: JsonAudit[] = [];
  const diagnostics: Diagnostic[] = [];
  let passed = true;
  let shown = 0;
  for (const path of paths) {
    const { read } = recordingReader();
    const source = readSource(path, read, []);
    const found =
      typeof source === "string"
        ? await check(source, { path, read, ...optionsOf(flags) }).catch((error: unknown) => failed(path, flags, internalError(error, path))) // prettier-ignore
        : failed(path, flags, source);
    passed &&= found.passed;
    diagnostics.push(...found.diagnostics);
    if (flags.json === true) files.push(found.json);
    else if (found.text !== null) terminal.out(printable(`${shown++ === 0 ? "" : "\n"}${endLine(found.text)}`));
  }
  if (flags.json === true) terminal.out(`${asciiControls(JSON.stringify({ files }))}\n`);
  else reportDiagnostics(diagnostics, terminal, false);
  const code = exitCodeOf(diagnostics);
  return code === 0 && !passed ? 1 : code;
}

function optionsOf({
  size,
  seed,
  tolerance,
  samples,
  checkpoint,
  ...flags
}: Flags): Omit<Parameters<Check>[1], "path"> {
  return {
    ...programOptions(flags),
    ...(size && { sizes: size }),
    ...(seed !== undefined && { seed }),
    ...(tolerance !== undefined && { tolerance }),
    ...(samples !== undefined && { samples }),
    ...(checkpoint && { checkpoint }),
  };
}

function failed(
  path: string,
  { seed = defaults.seed, tolerance = defaults.tolerance, samples = defaults.samples }: Flags,
  diagnostic: Diagnostic,
): Awaited<ReturnType<Check>> {
  const json = uncheckedJson({ path, seed, tolerance, samples }, [diagnostic]);
  return { passed: false, diagnostics: [diagnostic], text: null, json };
}
