// Sends the same messages to this tool, to the hand-written C++ of a checkout of the suite and, where `PYTHON` names an
// interpreter that has PyTorch, to the suite's PyTorch tool, and prints the times.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { workloads } from "./workloads.ts";
import type { Answer, Message } from "./protocol.ts";

type Draft = Message extends infer M ? (M extends unknown ? Omit<M, "id"> : never) : never;

interface Tool {
  send: (message: Draft) => Promise<Answer>;
  stop: () => void;
}

/** The adapter as a process of its own. */
function startAdapter(): Tool {
  return startTool(process.execPath, ["--import", "tsx", fileURLToPath(new URL("adapter.ts", import.meta.url))]);
}

/** The suite's PyTorch tool. */
function startPyTorch(python: string, suite: string): Tool {
  const root = join(suite, "python/gradbench");
  return startTool(python, [join(root, "gradbench/tools/pytorch/run.py")], {
    ...process.env,
    PYTHONPATH: [root, process.env["PYTHONPATH"] ?? ""].join(":"),
  });
}

/** A tool as a process of its own, one message at a time. */
function startTool(command: string, args: readonly string[], env = process.env): Tool {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    async send(message) {
      child.stdin.write(JSON.stringify({ id: id++, ...message }) + "\n");
      const next: IteratorResult<string, unknown> = await lines.next();
      if (next.done === true) throw new Error(`${command} has ended`);
      return JSON.parse(next.value) as Answer;
    },
    stop: () => child.kill(),
  };
}

/** What the C++ program answers to an input; its first line is the output, each further one a timing. */
function runReference(program: string, name: string, input: unknown): Answer {
  const folder = mkdtempSync(join(tmpdir(), "gradbench-"));
  const file = join(folder, "input.json");
  try {
    writeFileSync(file, JSON.stringify(input));
    const [output = "", ...timings] = execFileSync(program, [file, name], { encoding: "utf8", maxBuffer: 2 ** 30 })
      .trim()
      .split("\n");
    return { id: 0, output: JSON.parse(output) as unknown, timings: timings.map((t) => JSON.parse(t) as never) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The numbers in a JSON value, in the order of its keys. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [NaN];
  const entries = Object.entries(value).sort(([a], [b]) => (Array.isArray(value) ? 0 : a < b ? -1 : 1));
  return entries.flatMap(([, entry]) => numbersIn(entry));
}

/** The largest difference of two answers' numbers, relative to the reference's. */
function difference(actual: unknown, reference: unknown): number {
  const [x, y] = [numbersIn(actual), numbersIn(reference)];
  if (x.length !== y.length) return NaN;
  return x.reduce((worst, v, i) => {
    const want = y[i] ?? NaN;
    return v === want ? worst : Math.max(worst, Math.abs(v - want) / Math.abs(want));
  }, 0);
}

/** The quickest run, in milliseconds. */
const quickest = ({ timings = [] }: Answer): number =>
  timings.filter(({ name }) => name === "evaluate").reduce((least, t) => Math.min(least, t.nanoseconds), Infinity) /
  1e6;

async function main(suite: string | undefined, wanted: readonly string[]): Promise<void> {
  if (suite === undefined || !existsSync(join(suite, "tools/manual/bin"))) {
    throw new Error(
      "usage: tsx examples/gradbench/bench.ts SUITE [PROBLEM...], where SUITE has tools/manual/bin built",
    );
  }
  const tool = startAdapter();
  const python = process.env["PYTHON"];
  const pytorch = python === undefined ? null : startPyTorch(python, suite);
  console.log("| problem | function | C++ (ms) | PyTorch (ms) | derive (ms) | to C++ | largest difference |");
  console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
  for (const { module, description, functions, input } of workloads(suite)) {
    if (wanted.length > 0 && !wanted.includes(module)) continue;
    const { success, error } = await tool.send({ kind: "define", module });
    if (success !== true) {
      console.log(`| ${module} | ${error ?? ""} |`);
      continue;
    }
    const knows = (await pytorch?.send({ kind: "define", module }))?.success === true;
    for (const name of functions) {
      const message = { ...input, min_runs: 5, min_seconds: 2 };
      const program = join(suite, "tools/manual/bin", module);
      const reference = existsSync(program) ? runReference(program, name, message) : null;
      const own = await tool.send({ kind: "evaluate", module, function: name, input: message });
      if (own.success !== true) throw new Error(own.error);
      const ours = quickest(own);
      const theirs = reference === null ? null : quickest(reference);
      const ratio = theirs === null ? "" : (ours / theirs).toFixed(2);
      // One run of bundle adjustment takes it half a minute.
      const few = { ...input, min_runs: 1, min_seconds: 1 };
      const answer = knows ? await pytorch?.send({ kind: "evaluate", module, function: name, input: few }) : undefined;
      const slower = answer?.success === true ? quickest(answer).toFixed(3) : "";
      const apart = reference === null ? "" : difference(own.output, reference.output).toExponential(0);
      const cells = [`${module} ${description}`, name, theirs?.toFixed(3) ?? "", slower, ours.toFixed(3), ratio, apart];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
  tool.stop();
  pytorch?.stop();
}

const [suite, ...wanted] = process.argv.slice(2);
await main(suite, wanted);
