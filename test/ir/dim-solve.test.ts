import { describe, expect, it } from "vitest";
import { planSolution, integerRoot, solve, type SolvePlan } from "../../src/ir/dim-solve.ts";
import { add, constant, evaluate, floorDivide, multiply, print, product, subtract, symbol } from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";

const c = constant;
const n = symbol("n");
const m = symbol("m");
const k = symbol("k");

function plan(shapes: Record<string, Shape>, given: readonly string[] = []): SolvePlan {
  return planSolution(
    Object.entries(shapes).map(([name, shape]) => ({ name, shape })),
    given,
  );
}

/** Solves with the lengths of the given sizes. */
function solved(p: SolvePlan, sizes: Record<string, number>, given: Record<string, number> = {}): unknown {
  const values = new Map(Object.entries(sizes));
  const lengths = p.arguments.map(({ shape }) => evaluate(product(shape), values));
  return Object.fromEntries(solve(p, lengths, new Map(Object.entries(given))));
}

describe("planSolution", () => {
  it("reads a symbol off a vector", () => {
    const p = plan({ x: [n] });
    expect(p.steps.map((step) => step.symbol)).toEqual(["n"]);
    expect(p.checks).toEqual([]);
    expect(solved(p, { n: 5 })).toEqual({ n: 5 });
    expect(solved(p, { n: 0 })).toEqual({ n: 0 });
  });

  it("takes an argument that needs no division first, wherever it stands", () => {
    const p = plan({ W: [n, m], x: [m], b: [n] });
    expect(p.steps.map((step) => step.symbol)).toEqual(["n", "m"]);
    expect(p.steps.map((step) => step.sources.map((source) => source.argument))).toEqual([[2], [1]]);
    expect(p.checks.map((check) => check.argument)).toEqual([0]);
    expect(solved(p, { n: 3, m: 0 })).toEqual({ n: 3, m: 0 });
    expect(() => solve(p, [7, 2, 3])).toThrow(
      new RangeError("W: [n, m] cannot have 7 elements, wanted 6 (n = 3, m = 2)"),
    );
  });

  it("divides by a known size, tries the next argument where it is 0, and takes 0/0 as 0", () => {
    const p = plan({ x: [m], y: [k], W: [n, m], V: [n, k] });
    expect(solved(p, { n: 3, m: 2, k: 4 })).toEqual({ n: 3, m: 2, k: 4 });
    expect(solved(p, { n: 3, m: 0, k: 4 })).toEqual({ n: 3, m: 0, k: 4 });
    expect(solved(p, { n: 3, m: 2, k: 0 })).toEqual({ n: 3, m: 2, k: 0 });
    expect(solved(p, { n: 3, m: 0, k: 0 })).toEqual({ n: 0, m: 0, k: 0 });
    expect(() => solve(p, [0, 4, 1, 12])).toThrow(/^W: \[n, m\] cannot have 1 elements, wanted 0/);
    expect(() => solve(p, [2, 4, 7, 12])).toThrow(/^W: \[n, m\] cannot have 7 elements \(m = 2\)/);
    expect(() => solve(p, [2, 4, 6, 13])).toThrow(/^V: \[n, k\] cannot have 13 elements, wanted 12/);
  });

  it("solves linear dims, also with coefficients", () => {
    const p = plan({ x: [add(multiply(c(2), n), c(1)), c(3)] });
    expect(solved(p, { n: 4 })).toEqual({ n: 4 });
    expect(() => solve(p, [28])).toThrow(/cannot have 28/);
    expect(() => solve(p, [0])).toThrow(/cannot have 0/); // 2n + 1 = 0
    expect(solved(plan({ x: [m], W: [add(multiply(m, n), c(1))] }), { m: 3, n: 5 })).toEqual({ m: 3, n: 5 });
    expect(solved(plan({ x: [n], y: [subtract(n, c(1)), m] }), { n: 3, m: 5 })).toEqual({ n: 3, m: 5 });
  });

  it("takes integer roots", () => {
    expect(solved(plan({ A: [n, n] }), { n: 12 })).toEqual({ n: 12 });
    expect(solved(plan({ A: [multiply(c(2), n), n, c(3)] }), { n: 7 })).toEqual({ n: 7 });
    expect(solved(plan({ A: [subtract(n, c(1)), subtract(n, c(1))] }), { n: 7 })).toEqual({ n: 7 });
    expect(() => solve(plan({ A: [n, n] }), [12])).toThrow(/^A: \[n, n\] cannot have 12 elements/);
    expect(integerRoot(3 ** 30, 3)).toBe(3 ** 10);
    expect(integerRoot(94906265 ** 2, 2)).toBe(94906265);
    expect(integerRoot(94906265 ** 2 - 1, 2)).toBeNaN();
    expect(integerRoot(-4, 2)).toBeNaN();
  });

  it("says what the lengths leave open, and uses what is given", () => {
    expect(plan({ W: [n, m] }).unsolved).toEqual(["n", "m"]);
    expect(plan({ W: [n, add(n, c(1))] }).unsolved).toEqual(["n"]);
    expect(plan({ x: [floorDivide(n, c(2))] }).unsolved).toEqual(["n"]);
    expect(plan({ x: [add(n, floorDivide(n, c(2)))] }).unsolved).toEqual(["n"]);
    const p = plan({ W: [n, m] }, ["n"]);
    expect(p.unsolved).toEqual([]);
    expect(solved(p, { n: 3, m: 4 }, { n: 3 })).toEqual({ n: 3, m: 4 });
    const open = plan({ W: [n, m] });
    expect(solved(open, { n: 3, m: 4 }, { n: 3, m: 4 })).toEqual({ n: 3, m: 4 });
    expect(() => solve(open, [12], new Map([["n", 3]]))).toThrow(/m: it must be given/);
    expect(() => solve(open, [12], new Map(Object.entries({ n: 3, m: 5 })))).toThrow(/wanted 15/);
  });

  it("checks constant shapes and refuses negative dims", () => {
    const p = plan({ x: [c(784)], y: [] });
    expect(p.steps).toEqual([]);
    expect(() => solve(p, [783, 1])).toThrow("x: [784] cannot have 783 elements, wanted 784");
    expect(() => solve(plan({ x: [n], y: [subtract(n, c(2)), subtract(n, c(3))] }), [1, 2])).toThrow(/^y/);
  });
});

it("finds the sizes that random shapes were made from", () => {
  let state = 11;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const names = ["n", "m", "k", "h"];
  const randomDim = (): Dim => {
    const name = symbol(names[next(names.length)]);
    const dims = [name, name, c(1 + next(3)), add(name, c(1)), multiply(c(2), name), add(name, symbol(names[next(4)]))];
    return dims[next(dims.length)];
  };
  for (let round = 0; round < 2000; round++) {
    const args = Array.from({ length: 1 + next(4) }, (_, i) => ({
      name: `x${i}`,
      shape: Array.from({ length: 1 + next(3) }, randomDim),
    }));
    const p = planSolution(args);
    const smallest = next(2); // half of the rounds have no size of 0, and there the answer is unique
    const sizes = new Map(names.map((name) => [name, smallest + next(4)]));
    const lengths = args.map(({ shape }) => evaluate(product(shape), sizes));
    const given = new Map([...sizes].filter(([name]) => p.unsolved.includes(name)));
    const text = args.map(({ name, shape }) => `${name}: ${shape.map(print).join()}`).join("; ");
    if (smallest === 0) {
      // With sizes of 0 no or several solutions may follow: what is found must fit, and nothing but a RangeError is thrown.
      try {
        const values = solve(p, lengths, given);
        expect(
          args.map(({ shape }) => evaluate(product(shape), values)),
          text,
        ).toEqual(lengths);
      } catch (error) {
        expect(error, text).toBeInstanceOf(RangeError);
        expect([...sizes.values()], text).toContain(0);
      }
      continue;
    }
    const values = solve(p, lengths, given);
    for (const [name, value] of values) expect(value, text).toBe(sizes.get(name));
    expect(
      () =>
        solve(
          p,
          lengths.map((length, i) => (i === 0 ? length + 0.5 : length)),
          given,
        ),
      text,
    ).toThrow(RangeError);
  }
});
