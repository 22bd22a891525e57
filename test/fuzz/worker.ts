/** A process that tries seeds: reads ranges from its parent and reports every seed that it begins. */
import { emptyRun, tryOut, type Failure, type Run } from "./one.ts";
import { typeFaults } from "./types.ts";

export interface Task {
  readonly from: number;
  readonly to: number;
}

export type Report =
  | { readonly kind: "alive"; readonly seed: number }
  | { readonly kind: "refused"; readonly seed: number; readonly why: string }
  | { readonly kind: "failed"; readonly failure: Failure }
  | {
      readonly kind: "done";
      readonly count: number;
      readonly typed: number;
      readonly cpu: number;
      readonly met: Readonly<Record<keyof Run, Counts>>;
    };

export type Counts = readonly (readonly [name: string, count: number])[];

/** What is counted. */
export const kinds = [
  "constructs",
  "syntax",
  "calls",
  "primitives",
  "rules",
  "ways",
] as const satisfies readonly (keyof Run)[];

/** So many modules are checked by TypeScript together. */
const typedAtOnce = 40;

function main(): void {
  const report = (message: Report): void => {
    process.send?.(message);
  };
  const modules: { readonly seed: number; readonly code: string }[] = [];
  process.on("message", ({ from, to }: Task) => {
    const run = emptyRun();
    const before = process.cpuUsage();
    let typed = 0;
    for (let seed = from; seed < to; seed++) {
      report({ kind: "alive", seed });
      const alive = (): void => {
        report({ kind: "alive", seed });
      };
      const { refusal, failure } = tryOut(seed, run, {
        shrinkFor: 20_000,
        alive,
        onTypeScript: (of, code) => modules.push({ seed: of, code }),
      });
      if (refusal !== null) report({ kind: "refused", seed, why: refusal });
      if (failure !== null) report({ kind: "failed", failure });
    }
    if (modules.length >= typedAtOnce) {
      report({ kind: "alive", seed: to - 1 });
      typed = modules.length;
      typeFaults(modules.map((m) => m.code)).forEach((message, k) => {
        const { seed, code } = modules[k];
        if (message !== null) report({ kind: "failed", failure: { seed, kind: "types", message, source: code } });
      });
      modules.length = 0;
    }
    const { user, system } = process.cpuUsage(before);
    const met = Object.fromEntries(kinds.map((kind) => [kind, [...run[kind]]])) as unknown as Record<keyof Run, Counts>;
    report({ kind: "done", count: to - from, typed, cpu: (user + system) / 1e6, met });
  });
}

if (process.send !== undefined) main();
