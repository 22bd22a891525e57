// Programs that random testing has found wrong once, made small: each goes the way of the seed that its first line names, or
// every way that the fuzzer knows.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";

const folder = new URL("regressions/", import.meta.url);
const names = readdirSync(folder).sort();

test.each(names)("%s", (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  const seed = /^\/\/ Seed (\d+)\./u.exec(text)?.at(1);
  const runs =
    seed === undefined ? [1, 2, 3, 4, 5, 6].map((s) => ({ seed: s, thorough: true })) : [{ seed: Number(seed) }];
  for (const run of runs) expect(judge(text, run).refusal).toBeNull();
});
