/** Warnings found on the numbers. */
import type { LoweredModel } from "../3-lower/lowered.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { outputOf } from "./checks.ts";
import type { CheckContext } from "./item.ts";
import { samplePoint } from "./models.ts";
import { distributionNames } from "./sample.ts";

/**
 * Parameters whose gradient is exactly 0 at every point tried: several distributions of the inputs, parameters away from where they
 * start. Those that do not reach the loss have a warning of the compiler's own (`reported`: where).
 */
export function zeroGradients(
  context: CheckContext,
  lowered: LoweredModel,
  reported: readonly Diagnostic[],
): readonly Diagnostic[] {
  const { parameters, loss, name } = lowered.checked;
  if (loss === null) return [];
  const known = new Set(reported.map(({ span }) => span.start));
  let left = parameters.filter(({ frozen, span }) => !frozen && !known.has(span.start));
  let tried = 0;
  for (const [k, how] of distributionNames.entries()) {
    if (left.length === 0) return [];
    const found = samplePoint({ ...context, seed: context.seed + k }, lowered, how, true);
    if (found === null) return [];
    const { point, port } = found;
    const results = port.call("gradient", port.batch("gradient", point));
    left = left.filter(({ path }) => Array.from(outputOf(results, `gradient.${path}`)).every((x) => x === 0));
    tried++;
  }
  return left.map(({ path, span }) => diagnostic("check-zero-gradient", { item: name, path, tried }, span));
}
