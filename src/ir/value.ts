/** A tensor of the reference interpreter: numbers in f64 (bools as 0 and 1) with a bound on the error of each. */
import type { ElementType } from "./graph.ts";

export interface Value {
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float64Array;
  /**
   * |computed - exact| of each element, given the roundings that an emitted program may make on the way.
   * Infinity where a tie or a jump lies within the error of an operand.
   */
  readonly error: Float64Array;
}
