import { Command, CommanderError } from "commander";
import { addCheck } from "./check.ts";
import { addCompile } from "./compile.ts";
import { addExplain } from "./explain.ts";
import { addFormat } from "./fmt.ts";
import { services as standard, type Services } from "./compiler.ts";
import { internalError, reportDiagnostics } from "./reporter.ts";
import { printable, printableLine } from "../diagnostics/cells.ts";
import { UsageError, type ExitCode, type Terminal } from "./terminal.ts";
import { version } from "../version.ts";

const overview = `
\`derive model.nn\` is short for \`derive compile model.nn\`; its options are in \`derive compile --help\`.

Exit codes: 0 done, 1 the program or data is wrong, 2 wrong usage, 70 a bug in derive.`;

/** Runs a command line, without the name of the command in front, and gives the exit code. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  services: Services = standard,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const done = (result: ExitCode): void => {
    code = result;
  };
  const program = new Command("derive")
    .description(
      "Symbolic differentiation: from expressions and neural networks in .nn files to typed, dependency-free TypeScript.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      // Complaints quote what was typed.
      writeErr: (text) => {
        terminal.error(printable(text));
      },
      outputError: (text, write) => {
        write(`${text.trimEnd().replaceAll("\n", "\n  ")}\n`);
      },
    })
    .showHelpAfterError("(derive --help lists commands and options)")
    .addHelpText("after", overview);
  addCompile(program, terminal, services, done);
  if (services.format !== undefined) addFormat(program, terminal, services.format, done);
  if (services.explain !== undefined) addExplain(program, terminal, services.explain, done);
  if (services.check !== undefined) addCheck(program, terminal, services.check, done);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Help and version end a run too; commander's own complaints have been printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      terminal.error(`error: ${printableLine(error.message)}\n`);
      return 2;
    }
    reportDiagnostics([internalError(error, "derive")], terminal, false);
    return 70;
  }
}
