/** The programs of some seeds, as a test: every one agrees with itself, and nearly all are accepted. */
import { expect } from "vitest";
import { emptyRun, tryOut, type Failure } from "./one.ts";

export function expectAgreement(from: number, to: number): void {
  const run = emptyRun();
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
