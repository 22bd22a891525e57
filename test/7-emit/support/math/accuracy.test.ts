import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mathFunction, mathFunctions } from "../../../../src/7-emit/support/math/index.ts";
import { ulpDistance } from "./ulp.ts";

/** Rows of a table made by test/tables/math/make_tables.py: precision, arguments, correctly rounded value. */
function table(name: string): { precision: "f32" | "f64"; args: number[]; expected: number }[] {
  const text = readFileSync(new URL(`../../../tables/math/${name}.tsv`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [precision, ...numbers] = line.split("\t");
      const values = numbers.map((n) => Number(n.replace("inf", "Infinity")));
      return {
        precision: precision === "f32" ? "f32" : "f64",
        args: values.slice(0, -1),
        expected: values[values.length - 1],
      };
    });
}

const bound = { f32: 1, f64: 2 };

describe.each(mathFunctions.filter((name) => name !== "sign"))("%s", (name) => {
  const rows = table(name);
  it.for(["f32", "f64"] as const)(
    "%s keeps its bound against correctly rounded values",
    async (precision, { annotate }) => {
      const chosen = rows.filter((row) => row.precision === precision);
      expect(chosen.length).toBeGreaterThan(50);
      const f = mathFunction(name, precision);
      let largest = 0;
      for (const { args, expected } of chosen) {
        const [x, y] = args;
        const result = f(x, y);
        const stored = precision === "f32" ? Math.fround(result) : result;
        const distance = ulpDistance(precision, stored, expected);
        if (distance > bound[precision]) expect.fail(`${name}(${args.join(", ")}) = ${stored}, not ${expected}`);
        largest = Math.max(largest, distance);
      }
      await annotate(`${name} ${precision}: ${largest} ulp of ${chosen.length} points`);
    },
  );
});
