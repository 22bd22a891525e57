/**
 * Derivatives along a line by differences in f64, with an estimate of their error, and what the line does at its middle: bends (kink),
 * jumps, or has a derivative without bound.
 */

/** A function on a line, t = 0 being the point; several results at once. */
export type Line = (t: number) => ArrayLike<number>;

export type Behaviour = "smooth" | "kink" | "jump" | "steep" | "unsettled";

export interface Difference {
  readonly value: number;
  /** How far the last extrapolations are apart, with the rounding of the function's values. */
  readonly error: number;
  readonly behaviour: Behaviour;
  /** The slopes on both sides at the smallest step; equal for a smooth function. */
  readonly left: number;
  readonly right: number;
}

/** Steps in one series, and how much smaller the first step of the next series is. */
const levels = 6;
/**
 * A step over the next one. Irrational, so that no staircase (round(128 x)) has slopes that agree: counts of its treads would have to be in
 * this ratio.
 */
const ratio = Math.sqrt(5);
const series = 4;
const shrink = 2 ** -5;
const firstStep = 2 ** -5;
/** The relative error of a computed value of the function, beside its own conditioning. */
const rounding = 2 ** -50;

interface Samples {
  readonly h: number;
  readonly above: ArrayLike<number>;
  readonly below: ArrayLike<number>;
}

/**
 * The derivative of each result at t = 0, by Richardson's extrapolation of central differences (Ridders, Accurate computation of F'(x)
 * and F'(x) F''(x), 1982), at steps from `scale` / 32 down; a series that does not settle to `tolerance` is followed by one of smaller steps.
 * `scale`: the size of the coordinate along the line; `middle`: the results at t = 0, where they are known already.
 */
export function differences(
  line: Line,
  scale: number,
  tolerance: number,
  middle: ArrayLike<number> = Float64Array.from(line(0)),
): readonly Difference[] {
  const results: (Difference | undefined)[] = Array.from(middle, () => undefined);
  const open = new Set(results.keys());
  let step = firstStep * scale;
  for (let round = 0; round < series && open.size > 0; round++, step *= shrink) {
    const samples: Samples[] = [];
    for (let level = 0, h = step; level < levels; level++, h /= ratio) {
      samples.push({ h, above: Float64Array.from(line(h)), below: Float64Array.from(line(-h)) });
      if (level < 2) continue;
      for (const k of [...open]) {
        const found = judge(samples, middle, k, tolerance);
        if (results[k] === undefined || isBetter(found, results[k])) results[k] = found;
        if (found.behaviour === "smooth") open.delete(k);
      }
      if (open.size === 0) break;
    }
  }
  return results.map(
    (found) => found ?? { value: NaN, error: Infinity, behaviour: "unsettled", left: NaN, right: NaN },
  );
}

/** What is known to bend beats what has not settled; the later series is nearer to the point. */
function isBetter(found: Difference, before: Difference): boolean {
  if (found.behaviour === "smooth") return true;
  if (found.behaviour !== "unsettled") return true;
  return before.behaviour === "unsettled" && found.error < before.error;
}

function judge(samples: readonly Samples[], middle: ArrayLike<number>, k: number, tolerance: number): Difference {
  const f0 = middle[k];
  const values = samples.flatMap(({ above, below }) => [above[k], below[k]]);
  const last = samples[samples.length - 1];
  const right = (last.above[k] - f0) / last.h;
  const left = (f0 - last.below[k]) / last.h;
  const bad = (error: number, behaviour: Behaviour): Difference => ({
    value: (left + right) / 2,
    error,
    behaviour,
    left,
    right,
  });
  if (!Number.isFinite(f0) || !values.every(Number.isFinite)) return bad(Infinity, "unsettled");
  const noiseOf = (h: number): number => (rounding * Math.max(Math.abs(f0), ...values.map(Math.abs))) / h;
  const { value, error } = extrapolate(samples, k);
  const total = error + noiseOf(last.h);
  const bent = bend(samples, f0, k, noiseOf, tolerance);
  if (bent !== "smooth") return bad(total, bent);
  const settled = total <= Math.max(tolerance * Math.abs(value), 8 * noiseOf(last.h));
  return { value, error: total, behaviour: settled ? "smooth" : "unsettled", left, right };
}

/** The entry of the tableau's last row with the smallest error estimate: what earlier rows had is not what the smallest steps show. */
function extrapolate(samples: readonly Samples[], k: number): { readonly value: number; readonly error: number } {
  const central = samples.map(({ h, above, below }) => (above[k] - below[k]) / (2 * h));
  let best = { value: central[central.length - 1], error: Infinity };
  let column = central.slice(0, 1);
  for (let level = 1; level < central.length; level++) {
    const next = [central[level]];
    best = { value: central[level], error: Infinity };
    for (let j = 0, factor = ratio * ratio; j < level; j++, factor *= ratio * ratio) {
      next.push((next[j] * factor - column[j]) / (factor - 1));
      const error = Math.max(Math.abs(next[j + 1] - next[j]), Math.abs(next[j + 1] - column[j]));
      if (error <= best.error) best = { value: next[j + 1], error };
    }
    column = next;
  }
  return best;
}

/**
 * The difference of the one-sided slopes at the last three steps: it shrinks with the step where f is smooth, stays at a kink, grows as the
 * step shrinks at a jump, and by less where the derivative is infinite (sqrt at 0).
 */
function bend(
  samples: readonly Samples[],
  f0: number,
  k: number,
  noiseOf: (h: number) => number,
  tolerance: number,
): Behaviour {
  const [a, b, c] = samples.slice(-3).map(({ h, above, below }) => (above[k] - 2 * f0 + below[k]) / h);
  const { h } = samples[samples.length - 1];
  const slope = Math.max(
    ...samples.slice(-1).map((s) => Math.max(Math.abs(s.above[k] - f0), Math.abs(f0 - s.below[k])) / h),
  );
  if (Math.abs(c) <= Math.max(64 * noiseOf(h), tolerance * slope)) return "smooth";
  const [first, second] = [b / a, c / b];
  const near = (ratio: number, wanted: number, width: number): boolean => Math.abs(ratio - wanted) <= width;
  // A smooth function may show any ratio at large steps; what bends does so steadily.
  if (near(first, 1, 0.02) && near(second, 1, 0.02) && Math.abs(first - second) < 0.01) return "kink";
  if (near(first, ratio, 0.1) && near(second, ratio, 0.1)) return "jump";
  const growing = (by: number): boolean => by > 1.1 && by < ratio - 0.1;
  if (growing(first) && growing(second) && near(first, second, 0.05)) return "steep";
  return "smooth";
}
