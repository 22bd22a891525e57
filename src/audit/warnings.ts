/** Warnings found on the numbers. */
import type { CheckedModel } from "../2-check/checked.ts";
import type { LoweredModel } from "../3-lower/lowered.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { outputOf } from "./checks.ts";
import type { CheckContext } from "./item.ts";
import type { Twin } from "./models.ts";
import { distributionNames } from "./sample.ts";

type Parameter = CheckedModel["parameters"][number];

/** Parameters of a model in question: those that are trained, but for what the compiler has warned of itself (`reported`: where). */
function suspects({ checked }: LoweredModel, reported: readonly Diagnostic[]): readonly Parameter[] {
  if (checked.loss === null) return [];
  const known = new Set(reported.map(({ span }) => span.start));
  return checked.parameters.filter(({ frozen, span }) => !frozen && !known.has(span.start));
}

/** The gradients at one point after the other, by several distributions of the inputs. */
function* gradients(context: CheckContext, twin: Twin, moved: boolean): Generator<(path: string) => ArrayLike<number>> {
  for (const [k, how] of distributionNames.entries()) {
    const point = twin.sample(how, moved, context.seed + k);
    const results = twin.port.call("gradient", twin.port.batch("gradient", point));
    yield (path) => outputOf(results, `gradient.${path}`);
  }
}

/** Parameters whose gradient is exactly 0 at every point tried, away from where they start. */
export function zeroGradients(
  context: CheckContext,
  twin: Twin,
  reported: readonly Diagnostic[],
): readonly Diagnostic[] {
  let left = suspects(twin.lowered, reported);
  let tried = 0;
  for (const gradient of gradients(context, twin, true)) {
    left = left.filter(({ path }) => isZero(gradient(path)));
    if (left.length === 0) return [];
    tried++;
  }
  const item = twin.lowered.checked.name;
  return left.map(({ path, span }) => diagnostic("check-zero-gradient", { item, path, tried }, span));
}

/** Matrices whose columns (kernels: first axes), one a unit, are equal where training starts and have equal gradients there. */
export function equalUnits(context: CheckContext, twin: Twin, reported: readonly Diagnostic[]): readonly Diagnostic[] {
  let left = suspects(twin.lowered, reported).filter(
    ({ path, shape }) => shape.length >= 2 && unitsEqual(twin.initial.get(path) ?? [], shape),
  );
  if (left.length === 0) return [];
  // A gradient that is 0 tells nothing of units that stay equal.
  const moves = new Set<string>();
  for (const gradient of gradients(context, twin, false)) {
    left = left.filter(({ path, shape }) => {
      if (!isZero(gradient(path))) moves.add(path);
      return unitsEqual(gradient(path), shape);
    });
    if (left.length === 0) return [];
  }
  const item = twin.lowered.checked.name;
  return left
    .filter(({ path }) => moves.has(path))
    .map(({ path, span }) => diagnostic("check-equal-units", { item, path }, span, { help: "start it from random numbers, as `glorot_uniform` does" })); // prettier-ignore
}

function isZero(data: ArrayLike<number>): boolean {
  for (let k = 0; k < data.length; k++) if (data[k] !== 0) return false;
  return true;
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
