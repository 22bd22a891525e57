/**
 * Writes `ulps.json` and `ulps.md` beside it: how far derive's elementary functions are from the exact values, over every
 * binade of both precisions, against mpmath.
 *
 *     npm run ulps [-- function ...]        needs python3 with mpmath; minutes
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { MathFunction, MathPrecision } from "../../../src/7-emit/support/math/index.ts";
import { mathFunctions } from "../../../src/7-emit/support/math/index.ts";
import { buckets, evaluated } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";
import { markdown } from "./page.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function measure(name: MathFunction, precision: MathPrecision): Histogram {
  const { arity, arguments_, found, digest } = evaluated(name, precision);
  const input = Float64Array.from(arguments_.flatMap((args, k) => [...args, found[k]]));
  const run = spawnSync("python3", [here("ulps.py"), name, precision, String(arity)], {
    input: new Uint8Array(input.buffer),
    maxBuffer: 2 ** 28,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const errors = new Float64Array(new Uint8Array(run.stdout).buffer);
  if (errors.length !== arguments_.length) throw new Error(`${name}: no errors from mpmath`);
  const counts = buckets.map(() => 0);
  const binades = new Set<number>();
  let worst = { ulps: -1, at: [] as readonly string[], found: "" };
  let compared = 0;
  errors.forEach((error, k) => {
    if (Number.isNaN(error)) return;
    compared++;
    binades.add(Math.floor(Math.log2(Math.abs(arguments_[k][0]))));
    counts[buckets.findIndex((bound) => error <= bound)]++;
    if (error > worst.ulps) worst = { ulps: error, at: arguments_[k].map(String), found: String(found[k]) };
  });
  return { name, precision, points: compared, binades: binades.size, counts, worst, digest };
}

const asked = process.argv.slice(2);
const known = asked.length === 0 ? [] : (JSON.parse(readFileSync(here("ulps.json"), "utf8")) as Histogram[]);
const precisions: readonly MathPrecision[] = ["f64", "f32"];
// The sign of a number is no matter of rounding.
const rows = mathFunctions
  .filter((name) => name !== "sign")
  .flatMap((name) =>
    precisions.map((precision) => {
      const kept = known.find((row) => row.name === name && row.precision === precision);
      if (kept !== undefined && !asked.includes(name)) return kept;
      const row = measure(name, precision);
      console.log(`${name} ${precision}: ${row.worst.ulps} ulps at most, at ${row.worst.at.join(", ")}`);
      return row;
    }),
  );
writeFileSync(here("ulps.json"), `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
writeFileSync(here("ulps.md"), markdown(rows));
