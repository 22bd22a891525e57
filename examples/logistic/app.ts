// Logistic regression from zero weights on the hours that twenty students learned and whether they passed.
import { createLogisticTrainer } from "../../generated/logistic.ts";
import { isMain } from "../main.ts";

const hours = Float32Array.of(
  0.5,
  0.75,
  1,
  1.25,
  1.5,
  1.75,
  1.75,
  2,
  2.25,
  2.5,
  2.75,
  3,
  3.25,
  3.5,
  4,
  4.25,
  4.5,
  4.75,
  5,
  5.5,
);
const passed = Float32Array.of(0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1);

/** The twenty examples, as the model takes them. */
export const students = { x: hours, y: passed };

/** Trains for `steps` steps and prints the loss on the way, the fitted weights and a prediction. */
export function main(print: (line: string) => void, steps = 3000): void {
  const model = createLogisticTrainer({ batch: hours.length });
  for (let step = 0; step < steps; step++) {
    const loss = model.step(students);
    if (step % (steps / 6) === 0) print(`step ${step}: loss ${loss.toFixed(4)}`);
  }
  const { loss, accuracy } = model.evaluate(students);
  print(`after ${steps} steps: loss ${loss.toFixed(4)}, accuracy ${accuracy}`);
  const [w] = model.params.w;
  const [b] = model.params.b;
  print(`log odds of passing = ${w.toFixed(4)} hours + ${b.toFixed(4)}`);
  const [chance] = model.forward({ x: Float32Array.of(2) }).p;
  print(`two hours: ${(100 * chance).toFixed(0)}%`);
}

if (isMain(import.meta.url)) main(console.log);
