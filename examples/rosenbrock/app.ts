// Walks down Rosenbrock's valley with the generated gradient.
import { rosenbrock, rosenbrockGradient } from "../../generated/rosenbrock.ts";
import { isMain } from "../main.ts";

interface Minimum {
  x: Float32Array;
  value: number;
  iterations: number;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);

/**
 * Minimises with L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) and backtracking until a step no longer lowers the
 * value by the sufficient-decrease condition (their equation 3.4).
 */
export function minimise(start: Float32Array, memory = 8, limit = 500): Minimum {
  let x = start.slice();
  const out = { gradient: { x: new Float32Array(x.length) } };
  let value = rosenbrockGradient(x, out).value;
  let g = Float64Array.from(out.gradient.x);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iterations = 0; iterations < limit; iterations++) {
    const direction = descent(g, pairs);
    const slope = dot(g, direction);
    let rate = 1;
    let next = x;
    let lower = value;
    for (; rate > 1e-12; rate /= 2) {
      next = x.map((v, i) => v + rate * (direction[i] ?? 0));
      lower = rosenbrock(next);
      if (lower < value && lower <= value + 1e-4 * rate * slope) break;
    }
    if (!(lower < value)) return { x, value, iterations };
    rosenbrockGradient(next, out);
    const nextG = Float64Array.from(out.gradient.x);
    const s = Float64Array.from(next, (v, i) => v - (x[i] ?? 0));
    const y = nextG.map((v, i) => v - (g[i] ?? 0));
    const curvature = dot(s, y);
    if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    [x, g, value] = [next, nextG, lower];
  }
  return { x, value, iterations: limit };
}

/** The two-loop recursion: minus the approximate inverse Hessian times g. */
function descent(g: Float64Array, pairs: { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = g.slice();
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    q.forEach((v, i) => (q[i] = v - alpha * (y[i] ?? 0)));
  }
  const last = pairs.at(-1);
  const scale = last === undefined ? 1 / Math.sqrt(dot(g, g)) : dot(last.s, last.y) / dot(last.y, last.y);
  q.forEach((v, i) => (q[i] = v * scale));
  for (const { s, y, rho } of pairs) {
    const beta = rho * dot(y, q);
    const alpha = alphas.pop() ?? 0;
    q.forEach((v, i) => (q[i] = v + (alpha - beta) * (s[i] ?? 0)));
  }
  return q.map((v) => -v);
}

/** Prints the way from the classical start (-1.2, 1), then from a start in ten dimensions. */
export function main(print: (line: string) => void): void {
  for (const start of [
    Float32Array.of(-1.2, 1),
    Float32Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
  ]) {
    const { x, value, iterations } = minimise(start);
    print(
      `${start.length} dimensions: ${rosenbrock(start).toPrecision(6)} to ${value.toExponential(1)} in ${iterations} iterations`,
    );
    print(`  x = ${Array.from(x, (v) => v.toFixed(4)).join(", ")}`);
  }
}

if (isMain(import.meta.url)) main(console.log);
