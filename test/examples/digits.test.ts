import { expect, test } from "vitest";
import { createTrainer, main } from "../../examples/digits/app.ts";
import type { Images } from "../../examples/digits/data.ts";
import { brightness, copyRows, loadDigits, pixels } from "../../examples/digits/data.ts";
import { hashed } from "../bench/workloads.ts";
import { expectClose, lines, table } from "./support.ts";

const reference = table("digits") as { mean: number; std: number; labels: number[]; float64: number[] };

test("the images are those of the reference", () => {
  const { training, heldOut } = loadDigits();
  expect([training.y.length, heldOut.y.length]).toEqual([8000, 2000]);
  expect([...training.y.subarray(0, 40)]).toEqual(reference.labels);
  const { mean, std } = brightness(training);
  expectClose([mean, std], [reference.mean, reference.std], 1e-8);
});

test(
  "the first 100 losses equal PyTorch's to 1e-4 with the same weights, order and adam settings",
  { timeout: 60_000 },
  () => {
    const { training } = loadDigits();
    const model = createTrainer(training, 1);
    model.params["h.W"].set(hashed(0, Math.sqrt(3 / 784), 784 * 128));
    model.params["h.b"].fill(0);
    model.params["z.W"].set(hashed(1, Math.sqrt(3 / 128), 1280));
    model.params["z.b"].fill(0);
    const batch: Images = { x: new Float32Array(64 * pixels), y: new Int32Array(64) };
    const losses = reference.float64.map((_, k) => {
      copyRows(
        training,
        Int32Array.from({ length: 64 }, (_, i) => 64 * k + i),
        batch,
      );
      return model.step(batch);
    });
    expectClose(losses, reference.float64, 1e-4);
  },
);

test("at least 94% of the held-out images are right after eight epochs", { timeout: 300_000 }, () => {
  let accuracy = 0;
  const printed = lines((print) => {
    accuracy = main(print);
  });
  expect(accuracy).toBeGreaterThanOrEqual(0.94);
  expect(printed.filter((line) => line.startsWith("epoch "))).toHaveLength(8);
});
