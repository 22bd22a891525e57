// The two-layer network in both orientations: output, loss, every gradient and one training step.
import {
  createTwoLayerBatchTrainer,
  createTwoLayerColumnTrainer,
  twoLayerGradient,
} from "../../generated/two-layer.ts";
import { isMain } from "../main.ts";

const list = (values: Float32Array): string => Array.from(values, (v) => String(Number(v.toPrecision(6)))).join(", ");

/** Prints the numbers that README.md works out by hand. */
export function main(print: (line: string) => void): void {
  const column = createTwoLayerColumnTrainer();
  const example = { x: Float32Array.of(2, 1), y: Float32Array.of(1) };
  print(`columns, x = (2, 1), y = 1: a = ${list(column.forward({ x: example.x }).a)}`);
  const { loss, gradient } = column.gradient(example);
  print(`  loss ${loss.toFixed(6)}`);
  print(`  dW1 ${list(gradient.W1)}   db1 ${list(gradient.b1)}   dW2 ${list(gradient.W2)}   db2 ${list(gradient.b2)}`);
  column.step(example);
  print(`  after a step of 0.5: loss ${column.evaluate(example).loss.toFixed(6)}`);

  const rows = createTwoLayerBatchTrainer({ batch: 3 });
  const batch = { x: Float32Array.of(2, 1, -1, -3, 1, 3), y: Float32Array.of(1, 0, 1) };
  print(`rows, three examples: a = ${list(rows.forward({ x: batch.x }).a)}`);
  const mean = rows.gradient(batch);
  print(`  loss ${mean.loss.toFixed(6)}`);
  print(`  dW1 ${list(mean.gradient.W1)}   db1 ${list(mean.gradient.b1)}`);
  print(`  dW2 ${list(mean.gradient.W2)}   db2 ${list(mean.gradient.b2)}`);

  const { W1, b1, W2, b2 } = createTwoLayerColumnTrainer().params;
  const all = twoLayerGradient(W1, b1, W2, b2[0], example.x, 1);
  print(`as a function: loss ${all.value.toFixed(6)}, dx ${list(all.gradient.x)}, dy ${all.gradient.y}`);
}

if (isMain(import.meta.url)) main(console.log);
