// The histograms of `npm run ulps` are of the functions as they are.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mathFunctions } from "../../src/7-emit/support/math/index.ts";
import { buckets, evaluated } from "./math/histogram.ts";
import type { Histogram } from "./math/histogram.ts";
import { markdown } from "./math/page.ts";

const rows = JSON.parse(readFileSync(new URL("math/ulps.json", import.meta.url), "utf8")) as Histogram[];

test("every function has its rows", () => {
  const wanted = mathFunctions
    .filter((name) => name !== "sign")
    .flatMap((name) => [`${name} f64`, `${name} f32`]);
  expect(rows.map(({ name, precision }) => `${name} ${precision}`)).toEqual(wanted);
});

test("the page shows these rows", () => {
  expect(readFileSync(new URL("math/ulps.md", import.meta.url), "utf8")).toBe(markdown(rows));
});

describe.each(rows)("$name $precision", ({ name, precision, points, binades, counts, worst, digest }) => {
  test("is within the promised bound, in all of many points", () => {
    expect(worst.ulps).toBeLessThanOrEqual(precision === "f32" ? 1 : 2);
    expect(counts.length).toBe(buckets.length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(points);
    expect(points).toBeGreaterThan(500);
    expect(binades).toBeGreaterThan(20);
  });

  test("counts the results that the function has now: otherwise run `npm run ulps`", () => {
    const known = mathFunctions.find((other) => other === name);
    expect(known === undefined ? "" : evaluated(known, precision).digest).toBe(digest);
  });
});
