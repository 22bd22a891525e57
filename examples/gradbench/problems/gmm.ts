import type { Compile, Problem } from "../protocol.ts";
import { computing, flat, itself, numbers, rows } from "../protocol.ts";

interface Gradient {
  gradient: { alpha: Float64Array; mu: Float64Array; q: Float64Array; l: Float64Array };
}

type Arguments = [
  alpha: Float64Array,
  mu: Float64Array,
  q: Float64Array,
  l: Float64Array,
  x: Float64Array,
  gamma: number,
  m: number,
];

interface Module {
  posterior: (...args: Arguments) => number;
  posteriorGradient: (...args: [...Arguments, Gradient]) => Gradient;
}

type Matrix = readonly (readonly number[])[];

interface Input {
  readonly d: number;
  readonly k: number;
  readonly n: number;
  readonly alpha: readonly number[];
  readonly mu: Matrix;
  readonly q: Matrix;
  readonly l: Matrix;
  readonly x: Matrix;
  readonly m: number;
  readonly gamma: number;
}

/** The logarithm of the gamma function at a positive half of an integer: from 1/2 or 1 by its recurrence. */
function logGamma(x: number): number {
  let sum = Number.isInteger(x) ? 0 : Math.log(Math.PI) / 2;
  for (let y = x - 1; y > 0; y--) sum += Math.log(y);
  return sum;
}

/** What does not depend on the parameters: the normalising constants of the Gaussians and of Wishart's distribution. */
function constantOf({ d, k, n, m, gamma }: Input): number {
  const freedom = d + m + 1;
  let logMultigamma = (d * (d - 1) * Math.log(Math.PI)) / 4;
  for (let j = 0; j < d; j++) logMultigamma += logGamma((freedom - j) / 2);
  return -(n * d * Math.log(2 * Math.PI)) / 2 + k * (freedom * d * Math.log(gamma / Math.SQRT2) - logMultigamma);
}

const argumentsOf = (input: Input): Arguments => [
  Float64Array.from(input.alpha),
  flat(input.mu),
  flat(input.q),
  flat(input.l),
  flat(input.x),
  input.gamma,
  input.m,
];

export async function gmm(compile: Compile): Promise<Problem> {
  const { posterior, posteriorGradient } = (await compile("gmm")) as unknown as Module;
  return {
    objective(input: Input) {
      const args = argumentsOf(input);
      return computing(() => posterior(...args) + constantOf(input), itself);
    },
    jacobian(input: Input) {
      const args = argumentsOf(input);
      const [alpha, mu, q, l] = args;
      const out = { gradient: { alpha: alpha.slice(), mu: mu.slice(), q: q.slice(), l: l.slice() } };
      return computing(
        () => posteriorGradient(...args, out).gradient,
        (g) => ({
          alpha: numbers(g.alpha),
          mu: rows(g.mu, input.d),
          q: rows(g.q, input.d),
          l: rows(g.l, (input.d * (input.d - 1)) / 2),
        }),
      );
    },
  };
}
