/** `npm run fuzz -- --programs 100000 --seed 1 [--jobs 2] [--time 600] [--limit 60]`. */
import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { never, wanted, type Coverage } from "./coverage.ts";
import { generate } from "./generate.ts";
import { emptyRun, type Failure } from "./one.ts";
import { sourceOf } from "./program.ts";
import { kinds, type Counts, type Report, type Task } from "./worker.ts";

const { values } = parseArgs({
  options: {
    programs: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    time: { type: "string", default: "Infinity" },
    limit: { type: "string", default: "60" },
    out: { type: "string", default: "fuzz-failures" },
  },
});
const numberOf = (name: "programs" | "seed" | "jobs" | "time" | "limit"): number => {
  const value = Number(values[name]);
  if (Number.isNaN(value)) throw new Error(`--${name} wants a number, not ${values[name]}`);
  return value;
};
const [programs, first, jobs, time, limit] = [numberOf("programs"), numberOf("seed"), numberOf("jobs"), numberOf("time"), numberOf("limit")]; // prettier-ignore
const chunk = 50;
const started = Date.now();
const run = emptyRun();
const failures: Failure[] = [];
const refusals: string[] = [];
/** Seeds that were given up once, and begun again. */
const slow = new Set<number>();
let next = first;
let done = 0;
let typed = 0;
let cpu = 0;
let shown = 0;

function seconds(): number {
  return (Date.now() - started) / 1000;
}

function add(into: Map<string, number>, counts: Counts): void {
  for (const [name, count] of counts) into.set(name, (into.get(name) ?? 0) + count);
}

function fail(failure: Failure): void {
  failures.push(failure);
  mkdirSync(values.out, { recursive: true });
  const name = `${values.out}/${String(failure.seed)}-${failure.kind.replaceAll(/[^a-z0-9]+/giu, "-").slice(0, 40)}`;
  writeFileSync(`${name}.nn`, failure.source);
  writeFileSync(`${name}.txt`, `seed ${String(failure.seed)}: ${failure.kind}\n${failure.message}\n`);
  console.log(
    `\n== seed ${String(failure.seed)}: ${failure.kind}\n${failure.source}${failure.message.slice(0, 600)}\n   (${name}.nn)`,
  );
}

function progress(): void {
  if (Date.now() - shown < 10_000) return;
  shown = Date.now();
  console.log(`${String(done)} of ${String(programs)} programs, ${(done / seconds()).toFixed(1)} a second, ${String(failures.length)} failures, ${String(refusals.length)} refused`); // prettier-ignore
}

/** One process at a time that works until nothing is left; one that hangs is replaced. */
function employ(): Promise<void> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    let task: Task | null = null;
    let at = first;
    let heard = Date.now();
    let begun = false;
    const give = (from?: Task): void => {
      task =
        from ??
        (next < first + programs && seconds() < time
          ? { from: next, to: Math.min(next + chunk, first + programs) }
          : null);
      if (task === null) {
        clearInterval(watch);
        child.removeAllListeners("exit");
        child.disconnect();
        resolve();
        return;
      }
      if (from === undefined) next = task.to;
      heard = Date.now();
      child.send(task);
    };
    const lost = (kind: "hang" | "crash of the process"): void => {
      if (!begun) throw new Error("the worker does not start");
      // On a busy machine a program may take long once.
      if (kind === "hang" && task !== null && !slow.has(at)) {
        slow.add(at);
        done += at - task.from;
        const again = { from: at, to: task.to };
        start();
        give(again);
        return;
      }
      fail({ seed: at, kind, message: `the program took the process down (${kind})`, source: sourceOf(generate(at)) });
      const rest = task === null ? undefined : { from: at + 1, to: task.to };
      done += rest === undefined ? 0 : at + 1 - (task?.from ?? at);
      start();
      give(rest !== undefined && rest.from < rest.to ? rest : undefined);
    };
    const start = (): void => {
      begun = false;
      child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)));
      child.on("message", (message: Report) => {
        heard = Date.now();
        begun = true;
        if (message.kind === "alive") at = message.seed;
        else if (message.kind === "refused") refusals.push(`seed ${String(message.seed)}: ${message.why}`);
        else if (message.kind === "failed") fail(message.failure);
        else {
          done += message.count;
          typed += message.typed;
          cpu += message.cpu;
          for (const kind of kinds) add(run[kind], message.met[kind]);
          progress();
          give();
        }
      });
      child.on("exit", () => {
        lost("crash of the process");
      });
    };
    const watch = setInterval(() => {
      if (Date.now() - heard < limit * 1000) return;
      child.removeAllListeners();
      child.kill("SIGKILL");
      lost("hang");
    }, 1000);
    start();
    give();
  });
}

function table(title: string, counts: ReadonlyMap<string, number>): void {
  const cells = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${String(count)}`);
  console.log(`\n${title} (${String(cells.length)}): ${cells.join(", ")}`);
}

await Promise.all(Array.from({ length: jobs }, employ));
for (const kind of kinds) table(kind, run[kind]);
for (const refusal of refusals.slice(0, 10)) console.log(`\nrefused: ${refusal}`);
const unmet = (Object.keys(wanted) as (keyof Coverage)[]).flatMap((kind) => never(kind, run));
console.log(`\nnever reached: ${unmet.length === 0 ? "nothing" : unmet.join(", ")}`);
console.log(`${String(done)} programs from seed ${String(first)}, ${seconds().toFixed(0)} s, ${(done / seconds()).toFixed(1)} a second, ${(done / cpu).toFixed(1)} a second of processor time; ${String(typed)} type-checked`); // prettier-ignore
console.log(`accepted: ${(100 * (1 - refusals.length / done)).toFixed(2)} %; failures: ${String(failures.length)}`);
process.exitCode = failures.length > 0 ? 1 : 0;
