import { expect, test } from "vitest";
import { topics } from "../../src/diagnostics/catalogue/index.ts";
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

test("every message about names, kinds, shapes, calls, models and derivatives has a program that shows it", () => {
  const { names: nameRows, kinds, shapes, calls, model, derivative } = topics;
  const codes = [nameRows, kinds, shapes, calls, model, derivative].flatMap((rows) => Object.keys(rows));
  const shown = new Set(names.flatMap((name) => expectedFaults(name).map(({ code }) => code)));
  expect(codes.filter((code) => !shown.has(code))).toEqual([]);
});
