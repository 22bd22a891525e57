import type { Compile, Problem } from "../protocol.ts";
import { computing, itself, numbers } from "../protocol.ts";

type Gradient = { gradient: { x: Float64Array } };

interface Module {
  lse: (x: Float64Array) => number;
  lseGradient: (x: Float64Array, out: Gradient) => Gradient;
}

interface Input {
  readonly x: readonly number[];
}

export async function lse(compile: Compile): Promise<Problem> {
  const { lse, lseGradient } = (await compile("lse")) as unknown as Module;
  return {
    primal(input: Input) {
      const x = Float64Array.from(input.x);
      return computing(() => lse(x), itself);
    },
    gradient(input: Input) {
      const x = Float64Array.from(input.x);
      const out = { gradient: { x: new Float64Array(x.length) } };
      return computing(
        () => lseGradient(x, out),
        ({ gradient }) => numbers(gradient.x),
      );
    },
  };
}
