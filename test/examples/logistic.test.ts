import { expect, test } from "vitest";
import { main, students } from "../../examples/logistic/app.ts";
import { createLogisticTrainer, exampleLossGradient } from "../../generated/logistic.ts";
import { expectClose, lines } from "./support.ts";

test("from zero weights every prediction is 1/2, the loss log 2 and the gradient the mean of (1/2 - y) x", () => {
  const model = createLogisticTrainer({ batch: 20 });
  expect([...model.params.w, ...model.params.b]).toEqual([0, 0]);
  expect([...model.forward({ x: students.x }).p]).toEqual(Array<number>(20).fill(0.5));
  const { loss, gradient } = model.gradient(students);
  expect(loss).toBeCloseTo(Math.LN2, 7);
  // The hours add up to 55.75, those of the ten who passed to 38.
  expectClose(gradient.w, [(55.75 / 2 - 38) / 20]);
  expectClose(gradient.b, [0]);
  model.step(students);
  expectClose(model.params.w, [0.3 * 0.50625]);
});

// Speech and Language Processing, chapter 5, "Working through an example": x = (3, 2), y = 1.
test("the textbook's one example with two features", () => {
  const zero = new Float32Array(2);
  const { value, gradient } = exampleLossGradient(zero, 0, Float32Array.of(3, 2), 1);
  expect(value).toBeCloseTo(Math.LN2, 7);
  expect([...gradient.w]).toEqual([-1.5, -1]);
  expect(gradient.b).toBe(-0.5);
  expectClose(gradient.x, [0, 0]);
});

// The maximum of the likelihood by Newton's method in NumPy: 1.5046454, -4.0777134, mean loss 0.40149392.
test("trains to the maximum of the likelihood", () => {
  const printed = lines(main);
  expect(printed.at(-3)).toBe("after 3000 steps: loss 0.4015, accuracy 0.8");
  expect(printed.at(-1)).toBe("two hours: 26%");
  const model = createLogisticTrainer({ batch: 20 });
  for (let i = 0; i < 3000; i++) model.step(students);
  expectClose(model.params.w, [1.5046454], 2e-5);
  expectClose(model.params.b, [-4.0777134], 2e-5);
});
