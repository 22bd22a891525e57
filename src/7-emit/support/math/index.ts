/**
 * The catalogue of derive's own elementary functions: which function computes what at which precision.
 *
 * "f64" entries keep within 2 ulp for doubles; "f32" entries compute in double with a relative error far below half an
 * ulp of single precision, so that rounding their result on a store gives within 1 ulp (nearly always the correctly
 * rounded value). Both take any double. Generated modules contain the source text of an entry and of `needs`.
 */

import * as bits from "./bits.ts";
import * as exponential from "./exp.ts";
import * as hyperbolic from "./hyperbolic.ts";
import * as logarithm from "./log.ts";
import * as logistic from "./logistic.ts";

/** Every top-level declaration of these files by name. */
const declarations = { ...bits, ...exponential, ...hyperbolic, ...logarithm, ...logistic };

type Declarations = typeof declarations;

/** Functions of one and of two numbers. */
type NumericFunction = ((x: number) => number) | ((x: number, y: number) => number);

/** The declarations that can serve as an entry. */
type EntryName = {
  [Name in keyof Declarations]: Declarations[Name] extends NumericFunction ? Name : never;
}[keyof Declarations];

export type MathPrecision = "f32" | "f64";

export const mathEntries = {
  exp: { f32: "expF32", f64: "expF64" },
  expm1: { f32: "expm1F32", f64: "expm1F64" },
  log: { f32: "logF32", f64: "logF64" },
  log1p: { f32: "log1pF32", f64: "log1pF64" },
  tanh: { f32: "tanhF32", f64: "tanhF64" },
  sigmoid: { f32: "sigmoidF32", f64: "sigmoidF64" },
  softplus: { f32: "softplusF32", f64: "softplusF64" },
} as const satisfies Record<string, Record<MathPrecision, EntryName>>;

export type MathFunction = keyof typeof mathEntries;

/** The function itself, for evaluation at compile time and for tests. */
export function mathFunction(name: MathFunction, precision: MathPrecision): NumericFunction {
  return declarations[mathEntries[name][precision]];
}
