// Trains the digit classifier and prints a line an epoch.
import { createDigitsTrainer } from "../../generated/digits.ts";
import type { DigitsTrainer } from "../../generated/digits.ts";
import { isMain, randomSource, shuffle } from "../main.ts";
import type { Images } from "./data.ts";
import { brightness, copyRows, loadDigits, pixels } from "./data.ts";

const batch = 64;

/** A trainer whose inputs are normalised by the mean and standard deviation of the training images. */
export function createTrainer(training: Images, seed: number): DigitsTrainer {
  const { mean, std } = brightness(training);
  return createDigitsTrainer({
    batch,
    seed,
    params: { "s.mean": new Float32Array(pixels).fill(mean), "s.std": new Float32Array(pixels).fill(std) },
  });
}

/** Share of the images that the model names rightly, and its mean loss on them. */
export function test(model: DigitsTrainer, images: Images): { loss: number; accuracy: number } {
  let loss = 0;
  let accuracy = 0;
  for (let start = 0; start < images.y.length; start += batch) {
    const y = images.y.subarray(start, start + batch);
    const part = model.evaluate({ x: images.x.subarray(start * pixels, (start + y.length) * pixels), y });
    loss += part.loss * y.length;
    accuracy += part.accuracy * y.length;
  }
  return { loss: loss / images.y.length, accuracy: accuracy / images.y.length };
}

/**
 * Trains for `epochs` epochs, prints one line each and some answers at the end.
 *
 * @returns the share of the held-out images named rightly after the last epoch.
 */
export function main(print: (line: string) => void, epochs = 8, seed = 1): number {
  const { training, heldOut } = loadDigits();
  print(`${training.y.length} images to train on, ${heldOut.y.length} held out`);
  const model = createTrainer(training, seed);
  const random = randomSource(seed);
  const order = Int32Array.from(training.y, (_, i) => i);
  const part: Images = { x: new Float32Array(batch * pixels), y: new Int32Array(batch) };
  let accuracy = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    shuffle(order, random);
    let sum = 0;
    for (let i = 0; i < order.length; i += batch) {
      copyRows(training, order.subarray(i, i + batch), part);
      sum += model.step(part);
    }
    const seconds = (performance.now() - start) / 1000;
    accuracy = test(model, heldOut).accuracy;
    const mean = sum / (order.length / batch);
    print(`epoch ${epoch}: loss ${mean.toFixed(4)}, held out ${(100 * accuracy).toFixed(2)}%, ${seconds.toFixed(1)} s`);
  }
  for (let i = 0; i < 3; i++) {
    const { p } = model.forward({ x: heldOut.x.subarray(i * pixels, (i + 1) * pixels) });
    const best = p.indexOf(Math.max(...p));
    print(
      `held-out image ${i} shows ${heldOut.y[i] ?? NaN}; the model says ${best} with ${(100 * (p[best] ?? NaN)).toFixed(0)}%`,
    );
  }
  return accuracy;
}

if (isMain(import.meta.url)) main(console.log);
