import { expect, test } from "vitest";
import { main, minimise } from "../../examples/rosenbrock/app.ts";
import { rosenbrock, rosenbrockGradient, rosenbrockHessian, rosenbrockHvp } from "../../generated/rosenbrock.ts";
import { expectClose, lines } from "./support.ts";

// f = 100 (b - a^2)^2 + (1 - a)^2 at (a, b) = (-1.5, 1), all exact in binary: b - a^2 = -1.25.
const x = Float32Array.of(-1.5, 1);

test("value and gradient by hand", () => {
  expect(rosenbrock(x)).toBe(100 * 1.5625 + 6.25);
  const { value, gradient } = rosenbrockGradient(x);
  expect(value).toBe(162.5);
  // -400 a (b - a^2) - 2 (1 - a) = -750 - 5, 200 (b - a^2) = -250.
  expect([...gradient.x]).toEqual([-755, -250]);
});

test("Hessian and Hessian times vector by hand", () => {
  // [[1200 a^2 - 400 b + 2, -400 a], [-400 a, 200]] = [[2302, 600], [600, 200]].
  const { value, gradient, hessian } = rosenbrockHessian(x);
  expect(value).toBe(162.5);
  expect([...gradient.x]).toEqual([-755, -250]);
  expect([...hessian.x.x]).toEqual([2302, 600, 600, 200]);
  expect([...rosenbrockHvp(x, { x: Float32Array.of(1, -2) }).hvp.x]).toEqual([1102, 200]);
});

test("three dimensions: the middle coordinate is in two terms", () => {
  // (0, 1, 2): terms 100 * 1 + 1 and 100 * (2 - 1)^2 + 0.
  const y = Float32Array.of(0, 1, 2);
  expect(rosenbrock(y)).toBe(201);
  // d/dx0 = 0 - 2, d/dx1 = 200 - 400 * 1 * 1 - 0, d/dx2 = 200.
  expect([...rosenbrockGradient(y).gradient.x]).toEqual([-2, -200, 200]);
});

test("lengths: one coordinate is an empty sum, none does not solve", () => {
  expect(rosenbrock(Float32Array.of(7))).toBe(0);
  expect([...rosenbrockGradient(Float32Array.of(7)).gradient.x]).toEqual([0]);
  expect(() => rosenbrock(new Float32Array(0))).toThrow(RangeError);
});

test("the generated gradient leads to the minimum", () => {
  for (const start of [Float32Array.of(-1.2, 1), Float32Array.of(2, -3, 0.5), new Float32Array(20)]) {
    const { x: end, value } = minimise(start);
    expectClose(end, new Float32Array(start.length).fill(1), 1e-3);
    expect(value).toBeLessThan(1e-7);
  }
  expect(lines(main)[1]).toBe("  x = 1.0000, 1.0000");
});
