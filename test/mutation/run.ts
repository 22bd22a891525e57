/**
 * Mutation testing: every derivative rule, rewrite rule, shape rule and template of emitted code is made wrong in one
 * place at a time, and some test has to notice.
 *
 *     npm run mutate [-- --only src/primitives/arithmetic.ts] [--jobs 2] [--list]
 *
 * A copy of the project holds the instrumented files. One run of the tests finds which tests reach which mutant; each
 * mutant is then given to those that are likely to notice soon, file by file, until one fails. Exit code 1 where a mutant survives that
 * `equivalent.json` does not explain.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { globSync } from "tinyglobby";
import { instrument, type Mutant } from "./mutants.ts";
import type { Reached } from "./record.ts";
import type { Answer, Request } from "./tests.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    jobs: { type: "string", default: "2" },
    list: { type: "boolean", default: false },
    from: { type: "string", default: "0" },
  },
});

/** What is mutated: rules and templates. The reference evaluation, which judges them, is not. */
const mutated = [
  "src/primitives/{arithmetic,comparison,contraction,define,gather,linear-algebra,loop,movement,product,random,reduction,request,rounding,shapes,source,transcendental,window}.ts",
  "src/4-differentiate/*.ts",
  "src/ir/{close-loop,index-range,lift,lift-loop,loop-parts,picks,segment-loop,views}.ts",
  "src/5-simplify/rules/*.ts",
  "src/5-simplify/{algebra,axes,compose,conditions,decompose,loop-sums,loops,one-hot,opposite,reciprocal,term}.ts",
  "src/7-emit/typescript/{calls,kernels}.ts",
];
/** Tests that may notice, without those that start processes or compare text. */
const testGlobs = [
  "test/{gradients,ir,primitives,4-differentiate,5-simplify,6-schedule,3-lower}/**/*.test.ts",
  "test/fuzz/regressions.test.ts",
  "test/modules/{calls,functions,index-notation,linear-algebra,loops,models,recursion,requirements,sparse}.test.ts",
  "test/{prelude,tables}/**/*.test.ts",
];
/** A test that takes this many times as long as before goes round in circles. */
const patience = 20;
/** Milliseconds for starting and loading. */
const grace = 60_000;
const quickest = 12;

const folder = mkdtempSync(join(tmpdir(), "derive-mutants-"));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});

for (const part of ["src", "test", "grammar", "examples", "generated", "package.json", "tsconfig.json", "README.md"]) {
  cpSync(join(root, part), join(folder, part), { recursive: true });
}
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
writeFileSync(
  join(folder, "vitest.config.ts"),
  `import { defineConfig } from "vitest/config";
export default defineConfig({ test: { include: ["test/**/*.test.ts"], testTimeout: 30000, setupFiles: ["test/mutation/record.ts"], maxWorkers: 1 } });
`,
);

const paths = globSync(mutated, { cwd: root })
  .sort()
  .filter((path) => values.only === undefined || values.only.some((part) => path.includes(part)));
/** Of primitives, what is no rule: the reference evaluation with its bounds, facts, how they print, and where tests sample. */
const spared = / > (facts|bounds|meaning|domain|propagated|special|intervals|print)\b/;
/** Functions that only these use; and how many calls are made one by one, which decides about speed alone. */
const sparedHelpers = new Set([
  "bounded", "boolError", "choose > uncertain", "extremumFacts", "ieeePower", "inlinedCalls", "nearOverflow", "quotientJumps", "settled",
  "sumFacts", "sumFacts > high", "sumFacts > low", "turns", "whole > open",
]); // prettier-ignore
const mutants: Mutant[] = [];
for (const path of paths) {
  const made = instrument(path, readFileSync(join(root, path), "utf8"), mutants.length);
  writeFileSync(join(folder, path), made.text);
  mutants.push(...made.mutants);
}
console.log(`${String(mutants.length)} mutants in ${String(paths.length)} files`);
if (values.list) {
  for (const m of mutants) console.log(shown(m));
  process.exit(0);
}

/** A process of `tests.ts` in the copy, started anew after one that had to be stopped. */
class TestProcess {
  #child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  #answers: AsyncIterator<string> | null = null;

  /** Whether the tests pass; null where they take longer than `limit` milliseconds. */
  async passes(request: Request, limit: number): Promise<boolean | null> {
    this.#child ??= spawn(process.execPath, ["--import", "tsx", "test/mutation/tests.ts"], {
      cwd: folder,
      env: { ...process.env, CI: "true" },
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    this.#answers ??= createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const timer = setTimeout(() => {
      this.stop();
    }, limit);
    const next: IteratorResult<string, unknown> = await this.#answers.next();
    clearTimeout(timer);
    if (next.done === true) {
      this.#child = null;
      this.#answers = null;
      return null;
    }
    return (JSON.parse(next.value) as Answer).passed;
  }

  /** With the processes that it has started. */
  stop(): void {
    if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
  }
}

/** Runs the test files once, unmutated, noting what they reach. */
function runReaching(files: readonly string[], reach: string): Promise<number | null> {
  return new Promise((done) => {
    const args = ["run", "--reporter=dot", "--maxWorkers", values.jobs, "--testTimeout", "600000", ...files];
    const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
      cwd: folder,
      env: { ...process.env, CI: "true", REACH: reach },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.on("exit", (code) => {
      if (code !== 0) console.log(output.slice(-3000));
      done(code);
    });
  });
}

const reach = join(folder, "reach");
mkdirSync(reach);
const testFiles = globSync(testGlobs, { cwd: root }).sort();
console.log(`which of ${String(testFiles.length)} test files reaches what ...`);
if ((await runReaching(testFiles, reach)) !== 0) {
  console.log("the tests fail without any mutant");
  process.exit(2);
}
const reaching = new Map<number, Reached[]>();
for (const name of readdirSync(reach)) {
  for (const r of JSON.parse(readFileSync(join(reach, name), "utf8")) as Reached[]) {
    for (const id of r.ids) reaching.set(id, [...(reaching.get(id) ?? []), r]);
  }
}

type Outcome = "killed" | "survived" | "unreached";

const controlled = new Set<string>();

/** How often the tests of a file were given a mutant of a source, and noticed. */
const tries = new Map<string, { given: number; noticed: number }>();
const startMs = 300;

/** The list of what is likely to notice soon first: by the share noticed so far over the time that it takes. */
function likelyFirst(
  source: string,
  byFile: ReadonlyMap<string, readonly Reached[]>,
): (readonly [string, readonly Reached[]])[] {
  const merit = ([file, list]: readonly [string, readonly Reached[]]): number => {
    const { given, noticed } = tries.get(`${source} ${file}`) ?? { given: 0, noticed: 0 };
    return (noticed + 1) / (given + 2) / (startMs + list.reduce((sum, r) => sum + r.ms, 0));
  };
  return [...byFile].sort((p, q) => merit(q) - merit(p));
}

function count(source: string, file: string, noticed: boolean): void {
  const known = tries.get(`${source} ${file}`) ?? { given: 0, noticed: 0 };
  tries.set(`${source} ${file}`, { given: known.given + 1, noticed: known.noticed + (noticed ? 1 : 0) });
}

/** Whether some of these tests notices the mutant. */
async function isKilledBy(mutant: Mutant, tests: TestProcess, reached: readonly Reached[]): Promise<boolean> {
  const byFile = new Map<string, Reached[]>();
  for (const r of reached) byFile.set(r.file, [...(byFile.get(r.file) ?? []), r]);
  for (const [file, list] of likelyFirst(mutant.path, byFile)) {
    const names = list.map((r) => r.test);
    const pattern = names.includes(null) ? null : `^(${names.map((n) => escaped(n ?? "")).join("|")})$`;
    const ms = list.reduce((sum, r) => sum + r.ms, 0);
    if (!controlled.has(file)) {
      controlled.add(file);
      // Part of a file has to pass by itself where nothing is mutated.
      const control = await tests.passes({ mutant: -1, file: relative(folder, file), pattern }, 10 * grace + patience * ms); // prettier-ignore
      if (control !== true) throw new Error(`${file} fails without any mutant: ${pattern ?? "all of it"}`);
    }
    const passed = await tests.passes({ mutant: mutant.id, file: relative(folder, file), pattern }, grace + patience * ms); // prettier-ignore
    count(mutant.path, file, passed !== true);
    if (passed !== true) return true;
  }
  return false;
}

async function outcomeOf(mutant: Mutant, tests: TestProcess): Promise<Outcome> {
  const reached = [...(reaching.get(mutant.id) ?? [])].sort((a, b) => a.ms - b.ms);
  if (reached.length === 0) return "unreached";
  // Tests of different files notice different things: the quickest of each file first.
  const seen = new Map<string, number>();
  const first = reached.filter((r) => {
    const count = seen.get(r.file) ?? 0;
    seen.set(r.file, count + 1);
    return count < quickest;
  });
  if (await isKilledBy(mutant, tests, first)) return "killed";
  return (await isKilledBy(mutant, tests, reached.filter((r) => !first.includes(r)))) ? "killed" : "survived"; // prettier-ignore
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function shown(m: Mutant): string {
  const short = (text: string): string => text.replace(/\s+/g, " ").slice(0, 90);
  return `${m.path}:${String(m.line)} ${m.within}: ${short(m.original)}  ->  ${short(m.replacement)}`;
}

/** By file and place, what was replaced by what, and why no test can tell. */
interface Equivalent {
  readonly path: string;
  readonly within: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}
const equivalents = JSON.parse(readFileSync(join(root, "test/mutation/equivalent.json"), "utf8")) as Equivalent[];
const isEquivalent = (m: Mutant): boolean =>
  equivalents.some((e) => e.path === m.path && e.within === m.within && e.original === m.original && e.replacement === m.replacement); // prettier-ignore

const counts = { killed: 0, survived: 0, unreached: 0, equivalent: 0 };
const survivors: { readonly mutant: Mutant; readonly outcome: Outcome }[] = [];
const pending = mutants
  .filter((m) => m.id >= Number(values.from) && !spared.test(m.within) && !sparedHelpers.has(m.within))
  .reverse();
const wanted = pending.length;
const started = Date.now();
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    const tests = new TestProcess();
    process.on("exit", () => {
      tests.stop();
    });
    for (let mutant = pending.pop(); mutant !== undefined; mutant = pending.pop()) {
      if (isEquivalent(mutant)) {
        counts.equivalent += 1;
        continue;
      }
      const outcome = await outcomeOf(mutant, tests);
      counts[outcome] += 1;
      const done = wanted - pending.length;
      if (outcome !== "killed") {
        survivors.push({ mutant, outcome });
        console.log(`${outcome}: ${shown(mutant)}`);
      } else if (done % 25 === 0) {
        const seconds = (Date.now() - started) / 1000;
        console.log(`${String(done)} of ${String(wanted)} after ${seconds.toFixed(0)} s`);
      }
    }
  }),
);
console.log(`${String(counts.killed)} killed, ${String(counts.survived)} survived, ${String(counts.unreached)} unreached, ${String(counts.equivalent)} equivalent`); // prettier-ignore
process.exit(survivors.length > 0 ? 1 : 0);
