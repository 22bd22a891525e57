/** Questions about the steps of a program. */
import { add, constant, equal, multiply, type Dim } from "./dim.ts";
import { unbounded } from "./loop-parts.ts";
import type { Kernel, Step } from "./program.ts";

/** Every kernel of the steps, in the order of the text, with how often it runs in one call. */
export function* kernelsOf(steps: readonly Step[], times: Dim = constant(1)): Generator<readonly [Kernel, Dim]> {
  for (const step of steps) {
    if (step.kind === "kernel") {
      yield [step, times];
      continue;
    }
    const rounds = equal(step.trip, unbounded) ? times : multiply(times, step.trip);
    yield* kernelsOf([...(step.condition?.steps ?? []), ...step.steps], rounds);
  }
}

/** Multiply-adds of one call; rounds of a loop without a greatest number of them count once. */
export function operationsOfSteps(steps: readonly Step[]): Dim {
  let total = constant(0);
  for (const [kernel, times] of kernelsOf(steps)) total = add(total, multiply(kernel.operations, times));
  return total;
}

/** Names that the steps declare in the entry point itself. */
export function namesOfSteps(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind === "kernel") return step.values.map((value) => value.name);
    const own = [step.variable, ...step.numbers.map(({ name }) => name)];
    return [...own, ...namesOfSteps([...(step.condition?.steps ?? []), ...step.steps])];
  });
}
