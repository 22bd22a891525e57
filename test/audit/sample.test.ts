import { describe, expect, it } from "vitest";
import { chooseDirection, chooseEntries, Draws, entriesToCheck } from "../../src/audit/sample.ts";

describe("entries to check one by one", () => {
  it("are fewer of a program of many numbers, and never below three unless so few are asked for", () => {
    const rows: readonly [samples: number, total: number, wanted: number][] = [
      [24, 0, 24],
      [24, 100_000, 24],
      [24, 200_000, 12],
      [24, 1_000_000, 3],
      [24, 1e12, 3],
      [2, 1e12, 2],
      [1000, 500, 1000],
    ];
    for (const [samples, total, wanted] of rows) expect(entriesToCheck(samples, total)).toBe(wanted);
  });

  it("are all of a small tensor, and of a large one the largest and others, each once", () => {
    expect(chooseEntries([3, 1, 2], 3, new Draws(1, "x"))).toEqual([0, 1, 2]);
    const derivative = Float64Array.from({ length: 1000 }, (_, k) => (k === 700 ? 50 : k % 7));
    const chosen = chooseEntries(derivative, 8, new Draws(1, "x"));
    expect(new Set(chosen).size).toBe(8);
    expect(chosen).toContain(700);
    expect(chosen).toEqual([...chosen].sort((p, q) => p - q));
    expect(chooseEntries(derivative, 8, new Draws(1, "x"))).toEqual(chosen);
    expect(chooseEntries(derivative, 8, new Draws(2, "x"))).not.toEqual(chosen);
  });

  it("are joined by a direction of length 1 with about as many signs of each kind", () => {
    const count = 10_000;
    const direction = chooseDirection(count, new Draws(1, "x"));
    expect(new Set(direction)).toEqual(new Set([0.01, -0.01]));
    const positive = direction.filter((d) => d > 0).length;
    // Four standard deviations of a fair coin.
    expect(Math.abs(positive - count / 2)).toBeLessThan(4 * Math.sqrt(count / 4));
    expect(direction).not.toEqual(chooseDirection(count, new Draws(2, "x")));
  });
});
