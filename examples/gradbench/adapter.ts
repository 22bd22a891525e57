// Answers GradBench's messages on standard input, one JSON document a line, with programs that derive compiles.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { evaluate } from "../../src/evaluate.ts";
import { isMain } from "../main.ts";
import { problems } from "./problems.ts";
import type { Answer, Compile, Message, Prepared, Problem, Runs, Timing } from "./protocol.ts";

const compile: Compile = async (program, { append = "", set = {} } = {}) => {
  const path = `examples/gradbench/problems/${program}.nn`;
  const source = readFileSync(new URL(`problems/${program}.nn`, import.meta.url), "utf8");
  return evaluate(source + append, { path, precision: "f64", set });
};

/** The entry of a table by a name that came from outside. */
const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const now = (): number => Number(process.hrtime.bigint());

/** Runs a function as often as the message asks; the first element is how long preparing the input took. */
async function timed(
  prepare: () => Prepared | Promise<Prepared>,
  { min_runs: runs = 1, min_seconds: seconds = 0 }: Runs,
): Promise<{ output: unknown; timings: Timing[] }> {
  const begin = now();
  const prepared = await prepare();
  const timings = [{ name: "prepare", nanoseconds: now() - begin }];
  let elapsed = 0;
  for (let i = 0; i < Math.max(1, runs) || elapsed < seconds * 1e9; i++) {
    const start = now();
    prepared.run();
    const nanoseconds = now() - start;
    timings.push({ name: "evaluate", nanoseconds });
    elapsed += nanoseconds;
  }
  return { output: prepared.output(), timings };
}

/** A tool's side of the protocol; it keeps what was defined. */
export function createTool(): (message: Message) => Promise<Answer> {
  const defined = new Map<string, Problem>();

  const define = async (module: string): Promise<Omit<Answer, "id">> => {
    const load = own(problems, module);
    if (load === undefined) return { success: false, error: `there is no program for "${module}"` };
    const start = now();
    defined.set(module, await load(compile));
    return { success: true, timings: [{ name: "compile", nanoseconds: now() - start }] };
  };

  const call = async (module: string, name: string, input: unknown): Promise<Omit<Answer, "id">> => {
    const problem = defined.get(module);
    if (problem === undefined) return { success: false, error: `"${module}" was not defined` };
    const prepare = own(problem, name);
    if (prepare === undefined) return { success: false, error: `"${module}" has no function "${name}"` };
    const runs = typeof input === "object" && input !== null ? (input as Runs) : {};
    return { success: true, ...(await timed(() => prepare(input as never), runs)) };
  };

  return async (message) => {
    const { id } = message;
    try {
      switch (message.kind) {
        case "start":
          return { id, tool: "derive" };
        case "define":
          return { id, ...(await define(message.module)) };
        case "evaluate":
          return { id, ...(await call(message.module, message.function, message.input)) };
        default:
          return { id };
      }
    } catch (error) {
      return { id, success: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
}

if (isMain(import.meta.url)) {
  const answer = createTool();
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "") continue;
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line) as Message)) + "\n");
  }
}
