/** What scalars depend on: variables of loops, and accumulators. */
import { operandsOf } from "../../6-schedule/scalars.ts";
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { AffineTerm, Scalar } from "../../ir/program.ts";

const none: ReadonlySet<string> = new Set();

/** An accumulator as it is told from variables. */
export function accumulatorKey(name: string): string {
  return `=${name}`;
}

export class Dependence {
  readonly #known = new Map<Scalar, ReadonlySet<string>>();

  /** The variables and accumulators that `s` is computed from. */
  of(s: Scalar): ReadonlySet<string> {
    const known = this.#known.get(s);
    if (known !== undefined) return known;
    const found = this.#find(s);
    this.#known.set(s, found);
    return found;
  }

  on(s: Scalar, variable: string): boolean {
    return this.of(s).has(variable);
  }

  #find(s: Scalar): ReadonlySet<string> {
    if (s.kind === "variable") return new Set([s.name]);
    if (s.kind === "accumulator") return new Set([accumulatorKey(s.name)]);
    const operands = operandsOf(s);
    if (operands.length === 0) return none;
    return operands.length === 1 ? this.of(operands[0]) : new Set(operands.flatMap((o) => [...this.of(o)]));
  }
}

export interface Affine {
  readonly offset: Dim;
  readonly terms: readonly AffineTerm[];
}

/** An integer as offset + sum of terms. */
export function affineOf(s: Scalar): Affine {
  if (s.kind === "affine") return s;
  return { offset: dims.constant(0), terms: [{ scalar: s, coefficient: dims.constant(1) }] };
}

/**
 * By how much an address moves where the variable moves by one: null where that is no known dim, since the variable chooses
 * what is read there.
 */
export function strideOf(index: Scalar, variable: string, dependence: Dependence): Dim | null {
  let stride = dims.constant(0);
  for (const { scalar, coefficient } of affineOf(index).terms) {
    if (scalar.kind === "variable" && scalar.name === variable) stride = dims.add(stride, coefficient);
    else if (dependence.on(scalar, variable)) return null;
  }
  return stride;
}
