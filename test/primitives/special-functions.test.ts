import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as special from "../../src/primitives/special-functions.ts";

type Name = "erf" | "erfc" | "sigmoid" | "softplus";
const file = new URL("./tables/special_functions.json", import.meta.url);
const table = JSON.parse(readFileSync(file, "utf8")) as Record<Name, [number, number][]>;

/** The distance of two f64 numbers in units of the last place of the second. */
function ulps(found: number, wanted: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(wanted))), -1022);
  return Math.abs(found - wanted) / 2 ** (exponent - 52);
}

describe.each(Object.entries(table))("%s", (name, rows) => {
  test("is within 3 ulp of the exact value", () => {
    let worst = 0;
    for (const [x, wanted] of rows) worst = Math.max(worst, ulps(special[name as Name](x), wanted));
    expect(worst).toBeLessThan(3);
  });
});

test("ends of the range", () => {
  expect(special.erf(Infinity)).toBe(1);
  expect(special.erf(-Infinity)).toBe(-1);
  expect(special.erf(-0)).toBe(-0);
  expect(special.erfc(Infinity)).toBe(0);
  expect(special.erfc(-Infinity)).toBe(2);
  expect(special.sigmoid(-Infinity)).toBe(0);
  expect(special.sigmoid(Infinity)).toBe(1);
  expect(special.softplus(Infinity)).toBe(Infinity);
  expect(special.softplus(-Infinity)).toBe(0);
  for (const name of ["erf", "erfc", "sigmoid", "softplus"] as const) expect(special[name](NaN)).toBeNaN();
});

// Python: [round(v) for v in (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 4503599627370497.0)]
test.each([
  [-2.5, -2],
  [-1.5, -2],
  [-0.5, -0],
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [0.49999999999999994, 0],
  [4503599627370497, 4503599627370497],
])("round(%d) = %d", (x, wanted) => {
  // prettier-ignore
  expect(special.roundHalfEven(x)).toBe(wanted);
});

// Python: a % b and a // b
test.each([
  [7, 3, 1, 2],
  [-7, 3, 2, -3],
  [7, -3, -2, -3],
  [-7, -3, -1, 2],
  [6, 3, 0, 2],
  [-6, 3, 0, -2],
  [1, 0.1, 0.09999999999999995, 9],
  [5.5, 2, 1.5, 2],
  [-5, Infinity, Infinity, -1],
  [Infinity, 2, NaN, NaN],
])("%d modulo and over %d", (a, b, rest, quotient) => {
  // prettier-ignore
  expect(special.floorModulo(a, b)).toBe(rest);
  expect(special.floorQuotient(a, b)).toBe(quotient);
});
