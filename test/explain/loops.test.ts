// What explanations say of loops, against derivatives by hand.
import { expect, test } from "vitest";
import { faults, gradients, resultOf, walked } from "./support.ts";

const decay = "fn f(x, c: [n]) = for t in 0 : n carry h = x { next h = h * c[t] + x }";

test("a loop's result is a step with a value, and its gradients flow to what it starts from and reads", () => {
  const walk = walked(decay, { x: 2, c: [3, 5] });
  // h = (x c0 + x) c1 + x = 42; by x: c0 c1 + c1 + 1; by c: x c1, x c0 + x.
  expect(resultOf(walk)).toEqual([42]);
  expect(gradients(walk)).toMatchObject({ x: [21], c: [10, 8] });
});

test("a loop without a greatest number of rounds has no gradient to explain", () => {
  expect(faults("fn f(a) = while abs(x^2 - a) > 1e-9 carry x = a { next x = (x + a / x) / 2 }")).toEqual([
    "while-without-max: `f`: reverse mode keeps the values of every round, and a `while` without `max` has any number of them",
  ]);
});
