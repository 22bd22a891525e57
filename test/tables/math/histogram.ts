import { createHash } from "node:crypto";
import type { MathFunction, MathPrecision } from "../../../src/7-emit/support/math/index.ts";
import { mathFunction } from "../../../src/7-emit/support/math/index.ts";
import { generator } from "../../7-emit/support/math/ulp.ts";

/** How far a function is from the exact values. */
export interface Histogram {
  readonly name: string;
  readonly precision: "f32" | "f64";
  /** How many points were compared, and in how many binades of the first argument. */
  readonly points: number;
  readonly binades: number;
  /** How many points have an error of at most each of `buckets`, and more than the one before it. */
  readonly counts: readonly number[];
  /** The largest error, the arguments there and the result, as texts that JSON keeps exactly. */
  readonly worst: { readonly ulps: number; readonly at: readonly string[]; readonly found: string };
  /** Of the bits of all results: a function that computes anything else needs a new row. */
  readonly digest: string;
}

/** Upper ends, in ulps. */
export const buckets: readonly number[] = [0.5, 0.51, 0.55, 0.6, 0.75, 1, 1.5, 2, Infinity];

/** Where functions are neither constant nor undefined: half of the points lie here. */
const active: Partial<Record<MathFunction, readonly [number, number]>> = {
  exp: [-746, 710],
  expm1: [-40, 100],
  log: [0.5, 2],
  log1p: [-1, 2],
  log2: [0.5, 2],
  log10: [0.5, 2],
  asin: [-1, 1],
  acos: [-1, 1],
  acosh: [1, 4],
  atanh: [-1, 1],
  tanh: [-20, 20],
  erf: [-6, 6],
  erfc: [-6, 27.5],
  sigmoid: [-746, 40],
  softplus: [-746, 40],
  sinh: [-711, 711],
  cosh: [-711, 711],
};

/** Points in every binade with both signs, and as many where the function changes. */
function points(name: MathFunction, precision: MathPrecision, arity: number): readonly (readonly number[])[] {
  const next = generator(name.length * 7919 + arity);
  const uniform = (low: number, high: number): number => low + (high - low) * (next() + next() * 2 ** -32);
  const [least, top] = precision === "f32" ? [-149, 128] : [-1074, 1024];
  const perBinade = precision === "f32" ? 8 : 1;
  const xs: number[] = [];
  for (let exponent = least; exponent < top; exponent++) {
    for (let k = 0; k < perBinade; k++) xs.push(uniform(1, 2) * 2 ** exponent, -uniform(1, 2) * 2 ** exponent);
  }
  const [low, high] = active[name] ?? [-10, 10];
  for (let k = xs.length; k > 0; k--) xs.push(uniform(low, high));
  const stored = (x: number): number => (precision === "f32" ? Math.fround(x) : x);
  const pair = (x: number): readonly number[] => {
    const size = Math.log2(Math.abs(x));
    switch (name) {
      case "pow":
        // Results in every binade: x^y = 2^e.
        return [Math.abs(x), uniform(least, top) / (size === 0 ? 1 : size)];
      case "powi":
        return [x, Math.round(next() < 0.5 ? uniform(-12, 13) : uniform(least, top) / (size === 0 ? 1 : size))];
      default:
        return [x, next() < 0.5 ? x * uniform(-4, 4) : uniform(1, 2) * 2 ** Math.floor(uniform(least, top))];
    }
  };
  return xs
    .map((x) => (arity === 1 ? [x] : pair(x)).map(stored))
    .filter((args) => args.every((x) => Number.isFinite(x) && x !== 0));
}

export interface Evaluated {
  readonly arity: number;
  readonly arguments_: readonly (readonly number[])[];
  readonly found: readonly number[];
  readonly digest: string;
}

/** A function at all its points, as its results are stored. */
export function evaluated(name: MathFunction, precision: MathPrecision): Evaluated {
  const f = mathFunction(name, precision);
  const arguments_ = points(name, precision, f.length);
  const found = arguments_.map(([x, y]) => (precision === "f32" ? Math.fround(f(x, y)) : f(x, y)));
  // Of NaN there are many bits and one text.
  const bits = new BigUint64Array(Float64Array.from(found, (y) => (Number.isNaN(y) ? NaN : y)).buffer);
  const digest = createHash("sha256").update(bits).digest("hex").slice(0, 16);
  return { arity: f.length, arguments_, found, digest };
}
