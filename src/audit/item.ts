/** What a check of one function or model gives. */
import type { Span } from "../diagnostics/diagnostic.ts";
import type { DerivativeRow, SingleFinding } from "./checks.ts";
import type { Module, Point } from "./port.ts";
import type { Session } from "./session.ts";

/** A value of the f32 module against its twin. */
export interface ValueRow {
  readonly entry: string;
  readonly output: string;
  readonly shape: readonly number[];
  readonly single: SingleFinding;
}

export interface ItemReport {
  readonly name: string;
  readonly kind: "function" | "model";
  readonly span: Span;
  /** Null where no point was found at which the program is finite. */
  readonly point: Point | null;
  readonly derivatives: readonly DerivativeRow[];
  readonly values: readonly ValueRow[];
}

export interface CheckContext {
  readonly session: Session;
  /** The module that users get, and the program compiled for f64. */
  readonly single: Module;
  readonly double: Module;
  readonly seed: number;
  /** The largest relative error of a derivative that passes. */
  readonly tolerance: number;
  /** Entries of a tensor that are checked one by one. */
  readonly samples: number;
  readonly given: GivenValues;
}

/** What the user gives: values by name and sizes by symbol. */
export interface GivenValues {
  readonly values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>;
  readonly sizes: ReadonlyMap<string, number>;
}

export function rowFails({ failures, single }: DerivativeRow): boolean {
  return failures.length > 0 || (single !== null && single.ofBound > 1);
}

/** A derivative is wrong, or nothing could be checked. */
export function itemFails({ point, derivatives, values }: ItemReport): boolean {
  return point === null || derivatives.some(rowFails) || values.some(({ single }) => single.ofBound > 1);
}
