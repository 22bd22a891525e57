import type { Compile, Problem } from "../protocol.ts";
import { computing, itself, numbers } from "../protocol.ts";

interface Gradient {
  gradient: { A: Float64Array };
}

interface Module {
  det: (A: Float64Array) => number;
  detGradient: (A: Float64Array, out: Gradient) => Gradient;
}

interface Input {
  readonly A: readonly number[];
  readonly ell: number;
}

export function det(compile: Compile): Promise<Problem> {
  const modules = new Map<number, Module>();
  /** The program for matrices of one size: recursion is expanded when it is compiled. */
  const moduleFor = async (size: number): Promise<Module> => {
    const append = `\nderive det(A: [${size}, ${size}]): value, gradient\n`;
    const module = modules.get(size) ?? ((await compile("det", { append })) as unknown as Module);
    modules.set(size, module);
    return module;
  };
  return Promise.resolve({
    async primal(input: Input) {
      const { det } = await moduleFor(input.ell);
      const A = Float64Array.from(input.A);
      return computing(() => det(A), itself);
    },
    async gradient(input: Input) {
      const { detGradient } = await moduleFor(input.ell);
      const A = Float64Array.from(input.A);
      const out = { gradient: { A: new Float64Array(A.length) } };
      return computing(
        () => detGradient(A, out),
        ({ gradient }) => numbers(gradient.A),
      );
    },
  });
}
