import { describe, test } from "vitest";
import { emptyRun } from "./one.ts";
import { expectAgreement, expectAllMade } from "./programs.ts";

// Two files, so that two cores share them: npm run fuzz tries as many as asked.
describe("random programs compute the same every way", () => {
  const run = emptyRun();

  test.each(Array.from({ length: 10 }, (_, k) => 1 + 100 * k))("seeds from %i on", { timeout: 120_000 }, (from) => {
    expectAgreement(from, from + 100, run);
  });

  test("every construct of the language is among them", () => {
    expectAllMade(run, 1001, 3001);
  });
});
