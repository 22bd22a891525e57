import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTrainer } from "./load.ts";
import { formatTable } from "./table.ts";
import { workloads } from "./workloads.ts";

// PyTorch's losses (reference.py), in float64 from the same float32 weights and data.
const { float64 } = JSON.parse(readFileSync(new URL("losses.json", import.meta.url), "utf8")) as {
  float64: Record<string, number>;
};

// The largest ones take seconds and are compared by `npm run bench`.
const cases = workloads.flatMap((workload) =>
  workload.batches
    .filter((batch) => workload.name !== "deep" && (workload.name !== "lm" || batch <= 16))
    .flatMap((batch) => (["ts", "wasm"] as const).map((target) => ({ workload, batch, target }))),
);

test.each(cases)(
  "$workload.name at batch $batch, $target: the loss at step 20 equals PyTorch's to five digits",
  async ({ workload, batch, target }) => {
    const trainer = await createTrainer(workload, batch, target);
    // The smallest model is straight-line code on either target.
    expect(trainer.engine).toBe(workload.name === "xor" ? "ts" : target);
    const data = workload.data(batch);
    let loss = NaN;
    for (let step = 0; step < 20; step++) loss = trainer.step(data);
    const expected = float64[`${workload.name} b${batch}`] ?? NaN;
    // Half a unit of the fifth digit, and what twenty roundings of the weights to f32 leave of a loss near 0.
    expect(Math.abs(loss - expected)).toBeLessThan(5e-6 * expected + 2e-7);
  },
);

test("the table compares every peer with the first", () => {
  const row = { workload: "xor", batch: 4, loss: 0.5 };
  const table = formatTable([
    { ...row, peer: "a", ms: 2 },
    { ...row, peer: "b", ms: 5 },
    { ...row, peer: "b", workload: "mlp", ms: 1 },
  ]);
  expect(table.split("\n").map((line) => line.trim().split(/ +/))).toContainEqual(["xor", "b4", "1.00", "2.50"]);
});
