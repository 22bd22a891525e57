import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** A checked-in table of reference numbers under examples/tables. */
export function table(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../examples/tables/${name}.json`, import.meta.url), "utf8"));
}

/** Compares number by number: |actual - expected| <= tolerance * max(1, |expected|). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i] ?? NaN;
    const found = actual[i] ?? NaN;
    if (!(Math.abs(found - want) <= tolerance * Math.max(1, Math.abs(want)))) {
      expect.fail(`entry ${i}: ${found} where the reference has ${want}`);
    }
  }
}

/** The transpose of a row-major matrix. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? NaN);
}

/** Runs an app and returns the lines that it prints. */
export function lines(main: (print: (line: string) => void) => unknown): string[] {
  const printed: string[] = [];
  main((line) => printed.push(line));
  return printed;
}
