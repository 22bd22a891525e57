// Learns the exclusive or of two bits.
import { createXORTrainer } from "../../generated/xor.ts";
import { isMain } from "../main.ts";

/** The truth table, a row an example. */
export const table = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };

/** Trains for `steps` steps on the whole table, prints the loss on the way and the four outputs at the end. */
export function main(print: (line: string) => void, seed = 1, steps = 2000): void {
  const model = createXORTrainer({ batch: 4, seed });
  for (let step = 0; step < steps; step++) {
    const loss = model.step(table);
    if (step % (steps / 8) === 0) print(`step ${step}: loss ${loss.toFixed(5)}`);
  }
  const { loss, accuracy } = model.evaluate(table);
  print(`after ${steps} steps: loss ${loss.toFixed(5)}, accuracy ${accuracy}`);
  const { p } = model.forward({ x: table.x });
  p.forEach((chance, i) => {
    print(`${table.x[2 * i] ?? NaN} xor ${table.x[2 * i + 1] ?? NaN} = ${chance.toFixed(3)}`);
  });
}

if (isMain(import.meta.url)) main(console.log);
