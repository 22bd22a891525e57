import { describe, expect, it } from "vitest";
import { differences } from "../../src/audit/finite-differences.ts";

const along = (f: (x: number) => number, x: number): ReturnType<typeof differences>[number] =>
  differences((t) => [f(x + t)], Math.max(1, Math.abs(x)), 1e-8)[0];

describe("differences", () => {
  it("finds derivatives of smooth functions to the tolerance that it is asked for", () => {
    const rows: readonly [f: (x: number) => number, x: number, slope: number][] = [
      [Math.sin, 1, Math.cos(1)],
      [Math.exp, 3, Math.exp(3)],
      [Math.exp, -20, Math.exp(-20)],
      [(x) => x ** 3, 0, 0],
      [Math.log, 1e-3, 1e3],
      [Math.sqrt, 1e-4, 50],
      [(x) => 1 / x, 100, -1e-4],
      [(x) => Math.sin(100 * x), 0.3, 100 * Math.cos(30)],
      // A kink beside the point, nearer than the first steps.
      [(x) => Math.max(0, x), 1e-3, 1],
      [(x) => Math.abs(x - 1e-4), 0, -1],
      // Staircases, whose treads are shorter than the first steps.
      [(x) => Math.round(128 * x) / 128, 0.3, 0],
      [(x) => Math.floor(64 * x), 0.3, 0],
      [(x) => Math.round(1000 * x) / 1000 + x, 0.3003, 1],
    ];
    for (const [f, x, slope] of rows) {
      const found = along(f, x);
      expect(found.behaviour, String(f)).toBe("smooth");
      expect(Math.abs(found.value - slope), String(f)).toBeLessThanOrEqual(2 * found.error + 1e-8 * Math.abs(slope));
      expect(found.error).toBeLessThanOrEqual(1e-8 * Math.abs(slope) + 1e-9);
    }
  });

  it("tells kinks, jumps and infinite slopes from them", () => {
    expect(along((x) => Math.max(0, x), 0)).toMatchObject({ behaviour: "kink", left: 0, right: 1 });
    expect(along(Math.abs, 0)).toMatchObject({ behaviour: "kink", left: -1, right: 1 });
    expect(along((x) => Math.abs(x) + Math.sin(x), 0).behaviour).toBe("kink");
    expect(along((x) => (x < 0 ? 0 : 1), 0).behaviour).toBe("jump");
    expect(along((x) => Math.sqrt(Math.abs(x)), 0).behaviour).toBe("steep");
  });

  it("gives no figure where the function is not finite", () => {
    expect(along(Math.log, 0).behaviour).toBe("unsettled");
    expect(along(() => NaN, 1).behaviour).toBe("unsettled");
  });
});
