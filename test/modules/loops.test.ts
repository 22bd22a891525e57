// `for`, `scan` and `while` against loops written by hand, and their derivatives against differences of those.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";
import { ridders } from "../gradients/differences.ts";
import { range, rows, sum, type Given } from "./loop-programs.ts";

const flat = (value: unknown): number[] => (typeof value === "number" ? [value] : [...(value as Float64Array)]);

describe.each(Object.entries(rows))("%s", (_, row) => {
  const free = row.given.map((_, k) => k).filter((k) => row.fixed?.includes(k) !== true);

  const argumentsOf = (given: Given): unknown[] =>
    given.map((a, k) => {
      if (typeof a === "number") return a;
      return row.fixed?.includes(k) === true ? Int32Array.from(a) : Float64Array.from(a);
    });
  const reference = (given: Given): number =>
    (row.loops as (...args: unknown[]) => number)(...given.map((a) => (typeof a === "number" ? a : [...a])));
  const load = async (): Promise<Record<string, (...given: unknown[]) => Record<string, never>>> =>
    (await evaluate(`${row.text}\nderive f: value, gradient, jvp, hessian`, { path: "f.nn", precision: "f64", verify: true })) as never; // prettier-ignore
  /** The arguments with entry `k` of argument `p` moved. */
  const moved = (p: number, k: number, by: number): Given =>
    row.given.map((a, q) => (q !== p ? a : typeof a === "number" ? a + by : a.map((v, j) => (j === k ? v + by : v))));
  const close = (found: number, wanted: number, tolerance: number): void => {
    expect(Math.abs(found - wanted), `${found} is not ${wanted}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted))); // prettier-ignore
  };

  test("value, gradient, directional derivative and Hessian", async () => {
    const module = await load();
    close(module.f(...argumentsOf(row.given)) as unknown as number, reference(row.given), 1e-13);
    const gradientAt = (given: Given): number[] => {
      const { gradient } = module.fGradient(...argumentsOf(given));
      return free.flatMap((p) => flat(gradient[namesOfArguments(row.text)[p]]));
    };
    const places = free.flatMap((p) => range(flat(argumentsOf(row.given)[p]).length).map((k) => [p, k] as const));
    const found = gradientAt(row.given);
    places.forEach(([p, k], at) => {
      close(found[at], ridders((t) => reference(moved(p, k, t)), 0.01).value, 1e-8);
    });
    // Along (1, 2, 3, ..).
    let step = 0;
    const along = free.map((p) => {
      const a = argumentsOf(row.given)[p];
      return [
        namesOfArguments(row.text)[p],
        typeof a === "number" ? ++step : (a as Float64Array).map(() => ++step),
      ] as const;
    });
    const { tangent } = module.fJvp(...argumentsOf(row.given), Object.fromEntries(along));
    close(tangent, sum(found.map((g, at) => g * (at + 1))), 1e-12);
    const { hessian } = module.fHessian(...argumentsOf(row.given)) as unknown as {
      hessian: Record<string, Record<string, never>>;
    };
    const names = namesOfArguments(row.text);
    places.forEach(([p, k], column) => {
      const size = flat(argumentsOf(row.given)[p]).length;
      const slopes = places.map((_, at) => ridders((t) => gradientAt(moved(p, k, t))[at], 0.01).value);
      const rows = free.flatMap((q) => {
        const block = flat(hessian[names[q]][names[p]]);
        return range(block.length / size).map((r) => block[r * size + k]);
      });
      expect(rows.length, `column ${column}`).toBe(slopes.length);
      rows.forEach((h, at) => {
        close(h, slopes[at], 1e-7);
      });
    });
  });
});

/** The arguments of `f` in order. */
function namesOfArguments(text: string): string[] {
  const list = /fn f\(((?:[^()]|\([^)]*\))*)\)/.exec(text)?.[1] ?? "";
  return list.split(/,(?![^[]*\])/).map((part) => part.split(":")[0].trim());
}

const endless = "fn f(a) = while abs(x^2 - a) > 1e-13 carry x = a { next x = (x + a / x) / 2 }\n";

test("a `while` without `max` differentiates forward, and says what reverse mode wants", async () => {
  const { fJvp } = (await evaluate(`${endless}derive f: jvp`, { path: "f.nn", precision: "f64" })) as {
    fJvp: (a: number, v: { a: number }) => { value: number; tangent: number };
  };
  const { value, tangent } = fJvp(2.25, { a: 1 });
  expect(Math.abs(value - 1.5)).toBeLessThan(1e-13);
  expect(Math.abs(tangent - 1 / 3)).toBeLessThan(1e-13);
  const { diagnostics } = await compile(`${endless}derive f: gradient`, { path: "f.nn" });
  expect(diagnostics.map(({ code, help }) => [code, help])).toEqual([
    ["while-without-max", "write `max N` after `carry ...`, or ask for `jvp`"],
  ]);
});

test("what a body reads is that of its own entry point", async () => {
  const text = `fn f(x, y: [n, m], z: [m, m]) {
  t, _ = while r < 3 carry h = 2, r = 0 max 4 { next h = mish(x)  next r = r + 1 }
  return t
}
derive f: value, gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (...given: unknown[]) => { value: number };
  };
  // x tanh(log(1 + e^x))
  const mish = 0.7 * Math.tanh(Math.log1p(Math.exp(0.7)));
  expect(Math.abs(fGradient(0.7, new Float64Array(6), new Float64Array(9)).value - mish)).toBeLessThan(1e-15);
});

test("a number of rounds outside of the range that was given is refused before anything changes", async () => {
  const text = "fn f(k: index(n), x: [n]) = for t in 2 : k carry h = x max 4 { next h = h * h }\nderive f: value";
  const { f } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    f: (k: number, x: Float64Array, out?: Float64Array) => Float64Array;
  };
  const x = Float64Array.from({ length: 9 }, () => 1.5);
  expect(f(4, x)[0]).toBe(1.5 ** 4);
  for (const k of [1, 7]) {
    const out = new Float64Array(9);
    expect(() => f(k, x, out)).toThrow(RangeError);
    expect([...out]).toEqual([...new Float64Array(9)]);
  }
});

test("a loop whose result is not selected has gradient 0, whatever its rounds divide by", async () => {
  const text = `fn f(x: [n], y, p: bool) = if p then (for t in 0 : n carry h = y { next h = h / x[t] }) else 0
derive f: gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (x: Float64Array, y: number, p: boolean) => { gradient: { x: Float64Array; y: number } };
  };
  const { x, y } = fGradient(Float64Array.of(0, 2), 0, false).gradient;
  expect([...x, y]).toEqual([0, 0, 0]);
  // d (y / (x0 x1))
  const taken = fGradient(Float64Array.of(4, 2), 8, true).gradient;
  expect([...taken.x, taken.y]).toEqual([-0.25, -0.5, 0.125]);
});

test("of a loop's results that are selected apart, each has its share alone", async () => {
  const text = `fn f(x: [n], y, p: bool, q: bool) {
  h, hs = scan t in 0 : n carry h = y yield h { next h = h / x[t] }
  return (if p then h else 0) + (if q then sum(hs) else 0)
}
derive f: gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (x: Float64Array, y: number, p: boolean, q: boolean) => { gradient: { x: Float64Array; y: number } };
  };
  const at = (p: boolean, q: boolean, x: readonly number[] = [4, 2]): number[] => {
    const { gradient } = fGradient(Float64Array.from(x), 8, p, q);
    return [...gradient.x, gradient.y];
  };
  expect(at(false, false, [0, 2])).toEqual([0, 0, 0]);
  expect(at(true, false)).toEqual([-0.25, -0.5, 0.125]);
  // y / x0 + y / (x0 x1)
  expect(at(false, true)).toEqual([-0.75, -0.5, 0.375]);
  expect(at(true, true)).toEqual([-1, -1, 0.5]);
});
