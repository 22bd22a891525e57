// Programs that random testing has found wrong once, made small: each goes every way that the fuzzer knows.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";

const folder = new URL("regressions/", import.meta.url);
const names = readdirSync(folder).sort();

test.each(names)("%s", (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  for (let seed = 1; seed <= 6; seed++) expect(judge(text, { seed, thorough: true }).refusal).toBeNull();
});
