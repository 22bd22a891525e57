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

/**
 * Matrices whose columns (kernels: first axes), one a unit, are equal where training starts and have equal gradients there. Those that
 * the compiler can tell without numbers it has reported itself (`reported`: where).
 */
export function equalUnits(
  context: CheckContext,
  lowered: LoweredModel,
  reported: readonly Diagnostic[],
): readonly Diagnostic[] {
  const { parameters, loss, name } = lowered.checked;
  if (loss === null) return [];
  const known = new Set(reported.map(({ span }) => span.start));
  let left = parameters.filter(({ frozen, span, shape }) => !frozen && shape.length >= 2 && !known.has(span.start));
  // A gradient that is 0 tells nothing of units that stay equal.
  const moves = new Set<string>();
  for (const [k, how] of distributionNames.entries()) {
    if (left.length === 0) return [];
    const found = samplePoint({ ...context, seed: context.seed + k }, lowered, how, false);
    if (found === null) return [];
    const { point, port } = found;
    left = left.filter(({ path, shape }) => unitsEqual(port.parameter(path), shape));
    if (left.length === 0) return [];
    const results = port.call("gradient", port.batch("gradient", point));
    left = left.filter(({ path, shape }) => {
      const gradient = outputOf(results, `gradient.${path}`);
      if (Array.from(gradient).some((x) => x !== 0)) moves.add(path);
      return unitsEqual(gradient, shape);
    });
  }
  return left
    .filter(({ path }) => moves.has(path))
    .map(({ path, span }) => diagnostic("check-equal-units", { item: name, path }, span, { help: "start it from random numbers, as `glorot_uniform` does" })); // prettier-ignore
}

/** Two or more units, all equal: along the last axis of a matrix, the first of a convolution's kernel. */
function unitsEqual(data: ArrayLike<number>, shape: readonly number[]): boolean {
  const units = shape.length === 2 ? shape[1] : shape[0];
  if (units < 2) return false;
  const stride = data.length / units;
  for (let k = 0; k < data.length; k++) {
    const first = shape.length === 2 ? k - (k % units) : k % stride;
    if (!Object.is(data[k], data[first])) return false;
  }
  return true;
}
