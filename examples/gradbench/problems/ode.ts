import type { Compile, Problem } from "../protocol.ts";
import { computing, numbers } from "../protocol.ts";

interface Gradient {
  gradient: { x: Float64Array };
}

interface Module {
  ode: (x: Float64Array, out: Float64Array) => Float64Array;
  lastGradient: (x: Float64Array, out: Gradient) => Gradient;
}

interface Input {
  readonly x: readonly number[];
  readonly s: number;
}

export async function ode(compile: Compile): Promise<Problem> {
  const modules = new Map<number, Module>();
  /** The program for so many steps. */
  const moduleFor = async (steps: number): Promise<Module> => {
    const module =
      modules.get(steps) ?? ((await compile("ode", { set: { steps: String(steps) } })) as unknown as Module);
    modules.set(steps, module);
    return module;
  };
  await moduleFor(1);
  return {
    async primal(input: Input) {
      const { ode } = await moduleFor(input.s);
      const x = Float64Array.from(input.x);
      const out = new Float64Array(x.length);
      return computing(() => ode(x, out), numbers);
    },
    async gradient(input: Input) {
      const { lastGradient } = await moduleFor(input.s);
      const x = Float64Array.from(input.x);
      const out = { gradient: { x: new Float64Array(x.length) } };
      return computing(
        () => lastGradient(x, out),
        ({ gradient }) => numbers(gradient.x),
      );
    },
  };
}
