import { expect, test } from "vitest";
import { main, table as truth } from "../../examples/xor/app.ts";
import { createXORTrainer } from "../../generated/xor.ts";
import { hashed } from "../bench/workloads.ts";
import { expectClose, lines, table } from "./support.ts";

const reference = table("xor") as { losses: number[]; gradient: Record<"W1" | "b1" | "W2" | "b2", number[]> };

const params = {
  "h.W": hashed(0, Math.sqrt(3 / 2), 16),
  "h.b": new Float32Array(8),
  "p.W": hashed(1, Math.sqrt(3 / 8), 8),
  "p.b": new Float32Array(1),
};

test("200 losses and the first gradient equal PyTorch's", () => {
  const model = createXORTrainer({ batch: 4, params });
  const { gradient } = model.gradient(truth);
  expectClose(gradient["h.W"], reference.gradient.W1);
  expectClose(gradient["h.b"], reference.gradient.b1);
  expectClose(gradient["p.W"], reference.gradient.W2);
  expectClose(gradient["p.b"], reference.gradient.b2);
  expectClose(
    reference.losses.map(() => model.step(truth)),
    reference.losses,
    1e-5,
  );
});

test("learns the truth table from any seed tried", () => {
  for (const seed of [1, 2, 3]) {
    const printed = lines((print) => {
      main(print, seed);
    });
    expect(printed.slice(-4).map((line) => Math.round(Number(line.split("= ")[1])))).toEqual([0, 1, 1, 0]);
  }
});
