import type { Compile, Problem } from "../protocol.ts";
import { computing, flat, itself, numbers } from "../protocol.ts";

type Arguments = [main: Float64Array, extra: Float64Array, state: Float64Array, sequence: Float64Array];

interface Gradient {
  gradient: { main: Float64Array; extra: Float64Array };
}

interface Module {
  lstm: (...args: Arguments) => number;
  lstmGradient: (...args: [...Arguments, Gradient]) => Gradient;
}

type Matrix = readonly (readonly number[])[];

interface Input {
  readonly main_params: Matrix;
  readonly extra_params: Matrix;
  readonly state: Matrix;
  readonly sequence: Matrix;
}

const argumentsOf = ({ main_params: main, extra_params: extra, state, sequence }: Input): Arguments => [
  flat(main),
  flat(extra),
  flat(state),
  flat(sequence),
];

export async function lstm(compile: Compile): Promise<Problem> {
  const { lstm, lstmGradient } = (await compile("lstm")) as unknown as Module;
  return {
    objective(input: Input) {
      const args = argumentsOf(input);
      return computing(() => lstm(...args), itself);
    },
    jacobian(input: Input) {
      const args = argumentsOf(input);
      const out = { gradient: { main: args[0].slice(), extra: args[1].slice() } };
      return computing(
        () => lstmGradient(...args, out).gradient,
        ({ main, extra }) => [...numbers(main), ...numbers(extra)],
      );
    },
  };
}
