import { expect, test } from "vitest";
import { main } from "../../examples/graph/app.ts";
import { L, LGradient } from "../../generated/graph.ts";
import { lines } from "./support.ts";

// By hand: d = 2b, e = a + d, L = c e; dL/da = c, dL/db = 2c, dL/dc = a + 2b.
test("the value at a = 3, b = 1, c = -2 is -10 and the gradient -2, -4, 5", () => {
  expect(L(3, 1, -2)).toBe(-10);
  expect(LGradient(3, 1, -2)).toEqual({ value: -10, gradient: { a: -2, b: -4, c: 5 } });
});

test("scalars are doubles and never rounded", () => {
  expect(L(0.1, 0.2, 0.3)).toBe((0.1 + 2 * 0.2) * 0.3);
  expect(LGradient(1e-300, 0.5, 7).gradient).toEqual({ a: 7, b: 14, c: 1 });
});

test("the app prints them", () => {
  expect(lines(main)).toEqual(["L(3, 1, -2) = -10", "dL/da = -2, dL/db = -4, dL/dc = 5"]);
});
