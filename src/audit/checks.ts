/** Compares derivatives with differences, and f32 with its f64 twin. */
import type { Graph } from "../ir/graph.ts";
import * as dims from "../ir/dim.ts";
import { evaluate } from "../ir/interpreter.ts";
import type { Value } from "../ir/value.ts";
import { differences, type Difference, type Line } from "./finite-differences.ts";
import type { Outputs } from "./port.ts";
import { placeOf, sizeOf } from "./sample.ts";

/** An entry of a derivative and what was found there. */
export interface EntryFinding {
  /** The place in the derivative's tensor; null for a direction through the whole tensor. */
  readonly at: readonly number[] | null;
  readonly derivative: number;
  readonly difference: number;
  readonly left: number;
  readonly right: number;
}

/** How far an f32 result is from its twin. */
export interface SingleFinding {
  /** The largest |f32 - f64|, and its place. */
  readonly error: number;
  readonly at: readonly number[] | null;
  /** The largest ratio of an error to its bound; above 1: a failure. */
  readonly ofBound: number;
  /** Where the ratio is largest, with what was found there. */
  readonly worst: {
    readonly at: readonly number[];
    readonly single: number;
    readonly double: number;
    readonly bound: number;
  } | null;
  /** Entries without a bound: a tie or a jump lies within the rounding of the numbers that decide. */
  readonly undecided: number;
}

/** One derivative tensor. */
export interface DerivativeRow {
  /** The entry point: `gradient`, `jacobian`, `hessian`, `jvp`, `hvp`. */
  readonly entry: string;
  /** What is differentiated: `loss`, `value`, `gradient.x`. */
  readonly of: string;
  /** The parameter or argument, or the direction `v`. */
  readonly by: string;
  readonly shape: readonly number[];
  readonly entries: number;
  /** Entries compared one by one. */
  readonly checked: number;
  /** Directions through all entries compared: 0 where each entry is. */
  readonly directions: number;
  readonly absolute: number;
  readonly absoluteAt: readonly number[] | null;
  readonly relative: number;
  readonly relativeAt: readonly number[] | null;
  readonly failures: readonly EntryFinding[];
  readonly kinks: readonly EntryFinding[];
  /** The derivative is not finite. */
  readonly singular: readonly EntryFinding[];
  /** Differences did not settle: nothing is known there. */
  readonly unsettled: readonly EntryFinding[];
  readonly single: SingleFinding | null;
  /** All entries looked at are exactly 0. */
  readonly zero: boolean;
}

/** One line through the point, and what the derivative says of it. */
export interface Probe {
  readonly line: Line;
  /** The results at the point itself. */
  readonly middle: ArrayLike<number>;
  /** The size of the coordinate. */
  readonly scale: number;
  /** One a result of the line. */
  readonly derivative: ArrayLike<number>;
  /** The place of result k in the derivative's tensor. */
  readonly place: (k: number) => readonly number[] | null;
}

/** Compares the derivative along each probe. */
export function compare(
  row: Pick<DerivativeRow, "entry" | "of" | "by" | "shape">,
  probes: Iterable<Probe>,
  tolerance: number,
): DerivativeRow {
  const failures: EntryFinding[] = [];
  const kinks: EntryFinding[] = [];
  const singular: EntryFinding[] = [];
  const unsettled: EntryFinding[] = [];
  let [checked, directions, absolute, relative] = [0, 0, 0, 0];
  let zero = true;
  let [absoluteAt, relativeAt]: (readonly number[] | null)[] = [null, null];
  for (const probe of probes) {
    if (probe.derivative.length > 0 && probe.place(0) === null) directions++;
    for (const [k, found] of differences(probe.line, probe.scale, tolerance / 10, probe.middle).entries()) {
      const derivative = probe.derivative[k];
      const at = probe.place(k);
      const finding: EntryFinding = { at, derivative, difference: found.value, left: found.left, right: found.right };
      if (at !== null) checked++;
      zero &&= derivative === 0;
      if (!Number.isFinite(derivative)) {
        (found.behaviour === "smooth" ? failures : singular).push(finding);
        continue;
      }
      if (found.behaviour === "kink" || found.behaviour === "jump" || found.behaviour === "steep") {
        (agreesWithSides(derivative, found, tolerance) ? kinks : failures).push(finding);
        continue;
      }
      if (found.behaviour === "unsettled") {
        unsettled.push(finding);
        continue;
      }
      const error = Math.abs(derivative - found.value);
      // What differences cannot tell from rounding is not held against the derivative.
      const size = Math.max(Math.abs(derivative), Math.abs(found.value), (2 * found.error) / tolerance);
      const ratio = size === 0 ? 0 : error / size;
      if (error > absolute) [absolute, absoluteAt] = [error, at];
      if (ratio > relative) [relative, relativeAt] = [ratio, at];
      if (ratio > tolerance) failures.push(finding);
    }
  }
  const entries = sizeOf(row.shape);
  return { ...row, entries, checked, directions, absolute, absoluteAt, relative, relativeAt, failures, kinks, singular, unsettled, single: null, zero }; // prettier-ignore
}

/** At a kink any slope between those of its sides is a derivative; what a jump or an infinite slope has is the program's choice. */
function agreesWithSides(derivative: number, { behaviour, left, right }: Difference, tolerance: number): boolean {
  if (behaviour !== "kink") return true;
  // One-sided slopes are first-order: they are exact to the smallest step only.
  const slack = Math.max(1e-4, tolerance) * Math.max(Math.abs(left), Math.abs(right));
  return derivative >= Math.min(left, right) - slack && derivative <= Math.max(left, right) + slack;
}

/** The values of a graph's outputs with bounds on the errors that f32 may make. */
export function bounded(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  sizes: ReadonlyMap<string, number>,
): ReadonlyMap<string, Value> {
  return evaluate(graph, inputs, { dims: sizes, unitRoundoff: 2 ** -24 });
}

/** Compares an f32 result with its f64 twin; both may differ from exact numbers by the bound of the f32 program. */
export function compareSingle(single: ArrayLike<number>, double: ArrayLike<number>, reference: Value): SingleFinding {
  let [error, errorAt, ofBound, undecided] = [0, -1, 0, 0];
  let worst: SingleFinding["worst"] = null;
  const { shape } = reference;
  for (let k = 0; k < double.length; k++) {
    const [s, d] = [single[k], double[k]];
    if (Object.is(s, d) || s === d) continue;
    const difference = Math.abs(s - d);
    const bound = reference.error[k] + 2 ** -24 * Math.abs(d) + 2 ** -149;
    if (Number.isNaN(bound) || bound === Infinity || overflows(d, bound)) {
      undecided++;
      continue;
    }
    if (difference > error || Number.isNaN(difference)) [error, errorAt] = [difference, k];
    const ratio = Number.isNaN(difference) ? Infinity : difference / bound;
    if (ratio <= ofBound) continue;
    ofBound = ratio;
    worst = { at: placeOf(k, shape), single: s, double: d, bound };
  }
  return { error, at: errorAt < 0 ? null : placeOf(errorAt, shape), ofBound, worst, undecided };
}

/** f32 has no such number. */
function overflows(x: number, bound: number): boolean {
  return !Number.isFinite(x) || Math.abs(x) + bound > 3.4e38;
}

export function shapeOf(shape: dims.Shape, sizes: ReadonlyMap<string, number>): readonly number[] {
  return shape.map((dim) => dims.evaluate(dim, sizes));
}

/** An output that must be there. */
export function outputOf(outputs: Outputs, name: string): ArrayLike<number> {
  const found = outputs.get(name);
  if (found === undefined) throw new Error(`internal: no output ${name}`);
  return found;
}
