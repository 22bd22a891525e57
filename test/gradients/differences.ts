/** Derivatives by differences, extrapolated to step 0, with an estimate of their error. */

export interface Difference {
  readonly value: number;
  /** How far the best two extrapolations are apart. */
  readonly error: number;
}

/** Each step is the one before divided by this, at most so many times. */
export const RATIO = 1.4;
export const STEPS = 10;

/**
 * f'(0) by Richardson's extrapolation of central differences, as Ridders, Accurate computation of F'(x) and F'(x) F''(x), 1982
 * (Numerical Recipes, 5.7): the tableau is extended until its error estimate grows.
 */
export function ridders(f: (t: number) => number, step: number): Difference {
  const central = (h: number): number => (f(h) - f(-h)) / (2 * h);
  let h = step;
  let column = [central(h)];
  let best: Difference = { value: column[0], error: Infinity };
  for (let k = 1; k < STEPS; k++) {
    h /= RATIO;
    const next = [central(h)];
    let factor = RATIO * RATIO;
    for (let j = 0; j < k; j++) {
      next.push((next[j] * factor - column[j]) / (factor - 1));
      factor *= RATIO * RATIO;
      const error = Math.max(Math.abs(next[j + 1] - next[j]), Math.abs(next[j + 1] - column[j]));
      if (error <= best.error) best = { value: next[j + 1], error };
    }
    if (Math.abs(next[k] - column[k - 1]) >= 2 * best.error) return best;
    column = next;
  }
  return best;
}
