import { expect, test } from "vitest";
import { expectedFaults, faultsOf, wrongSamples } from "./samples.ts";

const names = wrongSamples();

test.each(names)("%s", (name) => {
  const expected = expectedFaults(name);
  expect(expected.length).toBeGreaterThan(0);
  expect(faultsOf(name)).toEqual(expected);
});

test("there are many wrong programs", () => {
  expect(names.length).toBeGreaterThanOrEqual(60);
});
