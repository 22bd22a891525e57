import { InvalidArgumentError, Option, type Command } from "commander";
import { checkOutputs, compileFile, type CompileJob, type Outcome } from "./compile-files.ts";
import type { Services, Stage } from "./compiler.ts";
import { expandFiles } from "./files.ts";
import { exitCodeOf, reportDiagnostics } from "./reporter.ts";
import { printableLine } from "../diagnostics/cells.ts";
import { UsageError, type ExitCode, type Terminal } from "./terminal.ts";
import { shared, type SharedFlags } from "./options.ts";
import type { Reads } from "./watch.ts";

interface Flags extends Pick<SharedFlags, "set" | "item" | "json" | "checkpoint"> {
  readonly output: string;
  readonly target: "ts" | "wasm" | "wasm-module";
  readonly relaxed?: true;
  readonly precision: "f32" | "f64";
  readonly emit: "ts" | "js";
  readonly watch?: true;
  readonly stdout?: true;
  readonly print?: Stage;
  readonly verify?: true;
  readonly traceRewrites?: true;
  readonly maxNodes?: number;
}

const examples = `
Examples:
  derive digits.nn                          writes generated/digits.ts
  derive models/*.nn -o src/generated       several files, another folder
  derive digits.nn --set hidden=64          overrides \`const hidden = ...\`
  derive digits.nn --emit js --watch        JavaScript and declarations, again after each change
  derive digits.nn --target wasm            with SIMD kernels in WebAssembly
  derive ode.nn --checkpoint                less memory for gradients of long loops, for one more run of them
  derive digits.nn --print gradient         shows the graph with its derivatives`;

/** Adds \`derive compile\`, which is also what \`derive model.nn\` runs. */
export function addCompile(
  program: Command,
  terminal: Terminal,
  services: Services,
  done: (code: ExitCode) => void,
): void {
  program
    .command("compile <files...>", { isDefault: true })
    .summary("write the TypeScript module of each .nn file (also: derive model.nn)")
    .description(
      "Compiles .nn files, each to one typed TypeScript module without imports. Nothing is written for a file with errors; an earlier output of it stays.",
    )
    .option("-o, --output <folder>", "folder of the generated files, made if missing", "generated")
    .addOption(
      new Option("--target <target>", "what the code runs on").choices(["ts", "wasm", "wasm-module"]).default("ts"),
    )
    .option("--relaxed", "with a wasm target: fused multiply-adds too, where the engine has them")
    .addOption(new Option("--precision <type>", "numbers in arrays").choices(["f32", "f64"]).default("f32"))
    .addOption(new Option("--emit <language>", "ts, or js with a .d.ts").choices(["ts", "js"]).default("ts"))
    .addOption(shared.checkpoint())
    .addOption(shared.set())
    .option("-w, --watch", "compile again when a file or one that it imports changes")
    .option("--stdout", "print the code instead of writing it")
    .addOption(
      new Option("--print <stage>", "show an intermediate form instead of writing code").choices([
        "ast",
        "types",
        "graph",
        "gradient",
        "simplified",
        "program",
        "wat",
      ]),
    )
    .addOption(shared.item("the function or model that --print shows"))
    .addOption(shared.json())
    .option("--verify", "check every intermediate form (slower; for work on derive itself)")
    .option("--trace-rewrites", "show which simplification rules were used")
    .option("--max-nodes <count>", "largest graph to expand to (default: 200000)", positiveInteger)
    .addHelpText("after", examples)
    .action(async (args: readonly string[], flags: Flags, command: Command) => {
      const commands = command.parent?.commands.map((other) => other.name()) ?? [];
      done(await compileCommand(args, flags, commands, terminal, services));
    });
}

async function compileCommand(
  args: readonly string[],
  flags: Flags,
  commands: readonly string[],
  terminal: Terminal,
  services: Services,
): Promise<ExitCode> {
  const job = jobOf(flags, commands);
  const paths = await expandFiles(args);
  if (job.options.print === undefined && !job.stdout) checkOutputs(paths, job);
  const compile = await services.compile();

  const run = async (sources: readonly string[]): Promise<ReadonlyMap<string, Outcome>> => {
    const outcomes = new Map<string, Outcome>();
    for (const path of sources) outcomes.set(path, await compileFile(path, job, compile, terminal));
    const all = [...outcomes.values()];
    const diagnostics = all.flatMap((outcome) => outcome.diagnostics);
    reportDiagnostics(
      diagnostics,
      terminal,
      flags.json === true,
      all.flatMap((outcome) => outcome.written),
    );
    if (flags.json !== true && flags.stdout !== true) {
      for (const [path, { written }] of outcomes)
        if (written.length > 0)
          terminal.out(`${printableLine(path)} -> ${written.toReversed().map(printableLine).join(", ")}\n`);
    }
    return outcomes;
  };
  const outcomes = await run(paths);
  if (flags.watch === true) {
    const { watchSources } = await import("./watch.ts");
    const readsOf = (some: ReadonlyMap<string, Outcome>): ReadonlyMap<string, Reads> =>
      new Map([...some].map(([path, outcome]) => [path, outcome.reads]));
    if (flags.json !== true) terminal.error("watching for changes (end with Ctrl+C)\n");
    await watchSources(readsOf(outcomes), async (changed) => readsOf(await run(changed)), terminal);
  }
  return exitCodeOf([...outcomes.values()].flatMap((outcome) => outcome.diagnostics));
}

function jobOf(flags: Flags, commands: readonly string[]): CompileJob {
  if (flags.relaxed === true && flags.target === "ts")
    throw new UsageError("--relaxed is about WebAssembly: use it with --target wasm or --target wasm-module");
  if (flags.stdout === true && flags.target === "wasm-module")
    throw new UsageError("--stdout has no place for the bytes of --target wasm-module: use --target wasm");
  if (/\.(ts|js|mjs|nn)$/.test(flags.output))
    throw new UsageError(`--output names a folder, and ${flags.output} looks like a file`);
  if (flags.stdout === true && flags.print !== undefined)
    throw new UsageError("--stdout and --print cannot be used together");
  const { target, relaxed, precision, emit, checkpoint, set, item, print, verify, traceRewrites, maxNodes } = flags;
  return {
    output: flags.output,
    stdout: flags.stdout === true,
    commands,
    options: {
      target,
      relaxed: relaxed === true,
      precision,
      emit,
      checkpoint: checkpoint === true,
      set: set ?? {},
      verify: verify === true,
      traceRewrites: traceRewrites === true,
      ...(item === undefined ? {} : { item }),
      ...(print === undefined ? {} : { print }),
      ...(maxNodes === undefined ? {} : { maxNodes }),
    },
  };
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("It is a whole number from 1.");
  return value;
}
