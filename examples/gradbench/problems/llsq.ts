import type { Compile, Problem } from "../protocol.ts";
import { computing, itself, numbers } from "../protocol.ts";

type Gradient = { gradient: { x: Float64Array } };

interface Module {
  llsq: (x: Float64Array, t: Float64Array) => number;
  llsqGradient: (x: Float64Array, t: Float64Array, out: Gradient) => Gradient;
}

interface Input {
  readonly x: readonly number[];
  readonly n: number;
}

/** The points -1 + 2 i / (n - 1). */
function points(t: Float64Array): Float64Array {
  const n = t.length;
  for (let i = 0; i < n; i++) t[i] = -1 + (i * 2) / (n - 1);
  return t;
}

export async function llsq(compile: Compile): Promise<Problem> {
  const { llsq, llsqGradient } = (await compile("llsq")) as unknown as Module;
  return {
    primal(input: Input) {
      const x = Float64Array.from(input.x);
      const t = new Float64Array(input.n);
      return computing(() => llsq(x, points(t)), itself);
    },
    gradient(input: Input) {
      const x = Float64Array.from(input.x);
      const t = new Float64Array(input.n);
      const out = { gradient: { x: new Float64Array(x.length) } };
      return computing(
        () => llsqGradient(x, points(t), out),
        ({ gradient }) => numbers(gradient.x),
      );
    },
  };
}
