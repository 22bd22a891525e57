/** The programs of some seeds, as a test: every one agrees with itself, nearly all are accepted, and no construct is left out. */
import { expect } from "vitest";
import { frontend } from "./compiled.ts";
import { never, stale, type Coverage } from "./coverage.ts";
import { generate } from "./generate.ts";
import { tryOut, type Failure, type Run } from "./one.ts";
import { sourceOf } from "./program.ts";

export function expectAgreement(from: number, to: number, run: Run): void {
  const failures: Failure[] = [];
  const refusals: string[] = [];
  for (let seed = from; seed < to; seed++) {
    const { refusal, failure } = tryOut(seed, run, { shrinkFor: 5000 });
    if (refusal !== null) refusals.push(`seed ${String(seed)}: ${refusal}`);
    if (failure !== null) failures.push(failure);
    if (failures.length > 2) break;
  }
  expect(failures.map((f) => `seed ${String(f.seed)}, ${f.kind}\n${f.source}${f.message.slice(0, 1500)}`)).toEqual([]);
  // A refusal is a fault of the generator; one in fifty may be.
  expect(refusals.length, refusals.slice(0, 3).join("\n")).toBeLessThanOrEqual((to - from) / 50);
}

const kinds = ["syntax", "calls"] as const;

/**
 * Every kind of syntax and every public name and argument is in a program of the run, or in one of the further seeds, which
 * are made and checked for as long as something is missing.
 */
export function expectAllMade(run: Coverage, from: number, to: number): void {
  const missing = (): readonly string[] => kinds.flatMap((kind) => never(kind, run));
  for (let seed = from; seed < to && missing().length > 0; seed++) frontend(sourceOf(generate(seed)), run);
  expect(missing()).toEqual([]);
  expect(kinds.flatMap((kind) => stale(kind, run))).toEqual([]);
}
