/**
 * Errors over many random points, against quadruple precision. Not part of the ordinary run, as it needs GCC and minutes:
 *
 *     MATH_SWEEP=1000000 npx vitest run test/7-emit/support/math/sweep.test.ts      (points for each function and precision)
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  mathFunction,
  mathFunctions,
  type MathFunction,
  type MathPrecision,
} from "../../../../src/7-emit/support/math/index.ts";
import { generator, ulpDistance } from "./ulp.ts";

const wanted = Number(process.env["MATH_SWEEP"] ?? 0);

/** Where a function is neither constant nor undefined; half of the points lie here, half anywhere in the format. */
const active: Partial<Record<MathFunction, [number, number]>> = {
  exp: [-750, 712],
  expm1: [-40, 100],
  log: [0, 4],
  log1p: [-1, 4],
  log2: [0, 4],
  log10: [0, 4],
  asin: [-1, 1],
  acos: [-1, 1],
  acosh: [1, 10],
  atanh: [-1, 1],
  tanh: [-20, 20],
  erf: [-6, 6],
  erfc: [-6, 28],
  sigmoid: [-750, 40],
  softplus: [-750, 40],
};

/** Random arguments, `arity` a point, each a number of the precision. */
function points(
  name: MathFunction,
  precision: MathPrecision,
  arity: number,
  count: number,
  part: number,
): Float64Array {
  const random = generator(part * 15485863 + name.length * 7919 + arity);
  const uniform = (low: number, high: number): number => low + (high - low) * (random() + random() * 2 ** -32);
  const any = (low: number, high: number): number =>
    uniform(1, 2) * 2 ** Math.floor(uniform(low, high)) * (random() < 0.5 ? -1 : 1);
  const [low, high] = active[name] ?? [-10, 10];
  const [least, top] = precision === "f32" ? [-149, 128] : [-1074, 1024];
  const result = new Float64Array(count * arity);
  for (let i = 0; i < count; i++) {
    const kind = random();
    let x = kind < 0.5 ? uniform(low, high) : kind < 0.8 ? any(-12, 12) : any(least, top);
    let y = 0;
    if (arity === 2) {
      y = kind < 0.4 ? any(-6, 6) : kind < 0.8 ? x * any(-4, 4) : any(least, top);
      if (name === "pow") {
        x = Math.abs(kind < 0.3 ? uniform(0.5, 2) : x);
        if (kind < 0.9) y = uniform(-740, 710) / Math.log(x);
      } else if (name === "powi") {
        x = kind < 0.3 ? uniform(-2, 2) : x;
        y = Math.floor(kind < 0.6 ? uniform(-8, 9) : uniform(-300, 301));
      } else if (name === "mod" || name === "div") {
        x = any(-10, 30);
        y = any(-3, 10);
      }
    }
    result[i * arity] = precision === "f32" ? Math.fround(x) : x;
    if (arity === 2) result[i * arity + 1] = precision === "f32" ? Math.fround(y) : y;
  }
  return result;
}

let reference = "";
const report: string[] = [];

describe.skipIf(wanted === 0)("sweep", { timeout: 3_600_000 }, () => {
  beforeAll(() => {
    reference = join(mkdtempSync(join(tmpdir(), "derive-math-")), "reference");
    const source = fileURLToPath(new URL("../../../tables/math/reference.c", import.meta.url));
    execFileSync("gcc", ["-O2", source, "-o", reference, "-lquadmath", "-lm"]);
  });

  afterAll(() => {
    console.log(
      [
        "function   precision  worst, ulp of the result before the last rounding; log2 of the relative error; differs from correctly rounded",
        ...report,
      ].join("\n"),
    );
  });

  it.for(mathFunctions.filter((name) => name !== "sign"))("%s", (name) => {
    for (const precision of ["f32", "f64"] as const) {
      const f = mathFunction(name, precision);
      const arity = f.length;
      let worst = 0;
      let worstAt = "";
      let relative = 0;
      let differing = 0;
      let count = 0;
      for (let done = 0; done < wanted; done += 100_000) {
        const xs = points(name, precision, arity, Math.min(100_000, wanted - done), done);
        const run = spawnSync(reference, [name], { input: new Uint8Array(xs.buffer), maxBuffer: 2 ** 30 });
        const values = new Float64Array(new Uint8Array(run.stdout).buffer);
        expect(values.length).toBe((xs.length / arity) * 3);
        for (let i = 0; i < xs.length / arity; i++) {
          const exact = values[3 * i];
          if (Number.isNaN(exact)) continue;
          count++;
          const y = f(xs[i * arity], xs[i * arity + 1]);
          const expected = precision === "f32" ? values[3 * i + 2] : exact;
          const stored = precision === "f32" ? Math.fround(y) : y;
          if (stored !== expected) differing++;
          const distance = ulpDistance(precision, stored, expected);
          const at = `${name}(${[...xs.subarray(i * arity, i * arity + arity)].join(", ")}) = ${stored}, not ${expected}`;
          if (distance > (precision === "f32" ? 1 : 2)) expect.fail(at);
          if (Math.abs(exact) < Infinity && Math.abs(y) < Infinity && exact !== 0) {
            const error = Math.abs(y - exact - values[3 * i + 1]);
            const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(exact))) - 52), 5e-324);
            if (error / unit > worst && precision === "f64") {
              worst = error / unit;
              worstAt = at;
            }
            if (Math.abs(exact) > 1e-290) relative = Math.max(relative, error / Math.abs(exact));
          }
        }
      }
      const share = ((100 * differing) / count).toFixed(precision === "f32" ? 4 : 1);
      report.push(
        [
          name.padEnd(10),
          precision.padEnd(10),
          (precision === "f64" ? worst.toFixed(3) : "").padEnd(6),
          `2^${Math.log2(relative).toFixed(1)}`.padEnd(8),
          `${share} % of ${count}`.padEnd(20),
          worstAt,
        ].join(" "),
      );
    }
  });
});
