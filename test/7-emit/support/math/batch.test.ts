// Functions over arrays of operands are made from the functions of one number at build time: they give the same bits.
import { describe, expect, it } from "vitest";
import { load } from "../../../../src/evaluate.ts";
import { supportSources } from "../../../../src/7-emit/support.generated.ts";
import { mathFunction, mathFunctions, mathSupport } from "../../../../src/7-emit/support/math/index.ts";
import { largestBatch } from "../../../../src/ir/program.ts";

const special = [0, -0, 1, -1, 0.5, -0.5, 2, 3, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1e-20, 0.9999999999999999, 1.0000000000000002, 9.3, 38, 88, -87, 709.8, -745.2, 1e5, 1e22, 1.7e308, -1.7e308, Infinity, -Infinity, NaN]; // prettier-ignore

/** Numbers of every magnitude; multiplicative congruential, modulus 2^31 - 1 (Lehmer 1951). */
function* samples(count: number): Generator<number> {
  let state = 42;
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let k = 0; k < count; k++) {
    const sign = next() < 0.5 ? -1 : 1;
    yield k % 2 === 0 ? sign * 20 * next() : sign * 2 ** (2040 * next() - 1020);
  }
}

interface Batch {
  readonly operands: Float64Array;
  readonly run: (count: number) => void;
}

/** The module that holds a batch function and what it needs. */
function batchOf(name: string): Batch {
  const needed = new Set<string>();
  const pending = [name, "operands"];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (needed.has(next)) continue;
    needed.add(next);
    pending.push(...supportSources[next].needs);
  }
  const code = Object.keys(supportSources)
    .filter((n) => needed.has(n))
    .map((n) => supportSources[n].js.replace(/\$(\w+)\$/g, "$1"));
  code.push(`export function run(count) {\n  ${name}(count);\n}`, "export function memory() {\n  return operands;\n}");
  const { run, memory } = load(code.join("\n")) as { run: Batch["run"]; memory: () => Float64Array };
  return { run, operands: memory() };
}

describe.each(["f32", "f64"] as const)("in %s", (precision) => {
  it.each(mathFunctions)("%s over an array is the function of each operand", (name) => {
    const f: (x: number, y: number) => number = mathFunction(name, precision);
    const { operands, run } = batchOf(`${mathSupport(name, precision).entry}Batch`);
    const firsts = [...special, ...samples(2000)];
    const seconds = name === "powi" ? [2, 3, -1, 7, -12, 0, 1] : [...special, ...samples(101)];
    const tuples =
      f.length === 1
        ? firsts.map((x) => [x])
        : firsts.flatMap((x, k) =>
            k < special.length ? seconds.map((y) => [x, y]) : [[x, seconds[k % seconds.length]]],
          );
    for (let from = 0; from < tuples.length; from += largestBatch) {
      const batch = tuples.slice(from, from + largestBatch);
      operands.set(batch.flat());
      run(batch.length);
      const found = Array.from(operands.subarray(0, batch.length));
      expect(found).toEqual(batch.map((t) => f(t[0], t[1])));
    }
  });
});
