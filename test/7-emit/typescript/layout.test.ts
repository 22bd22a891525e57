// The printer and prettier agree: what is not given to prettier comes out as it would lay it out.
import { readFileSync } from "node:fs";
import { format } from "prettier";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";
import { compile } from "../../../src/compile.ts";

const programs: readonly (readonly [name: string, source: string])[] = [
  ["logical chains", "fn f(a, b, c) = if a > 0 or b > 0 and c > 0 or not (a == b) then a else if b < c then b else c"],
  ["mixed products", "fn f(a, b, c) = a * b / c + a / b * c + mod(a, b) - a * (b / c) - (a - (b - c))"],
  ["tiny and huge numbers", "fn f(a) = 1e-30 * a + 1e300 * a + 1e21 * a - 0.1"],
  ["names that JavaScript reserves", "fn f(class: [n], new) = sum(class * new)"],
  ["one parameter", "model One { param w = zeros\n input x: [n]\n output y = x * w }"],
  ["many arguments", "fn f(first: [n], second: [n], third: [n], fourth: [n], fifth: [n], sixth: [n], seventh: [n]) = sum(first * second * third * fourth * fifth * sixth * seventh)"], // prettier-ignore
];

const examples = globSync("examples/*/*.nn").map((path): readonly [string, string] => [
  path,
  readFileSync(path, "utf8"),
]);

describe.each(["ts", "js"] as const)("%s", (emit) => {
  test.each([...programs, ...examples])("%s", async (name, source) => {
    const { code, declarations, diagnostics } = await compile(source, {
      path: `${name.replaceAll(" ", "-")}.nn`,
      emit,
    });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    for (const text of [code, declarations]) {
      if (text !== null) expect(text).toBe(await format(text, { parser: "typescript", printWidth: 120 }));
    }
  });
});
