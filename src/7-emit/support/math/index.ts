/**
 * The catalogue of derive's own elementary functions: which function computes what at which precision.
 *
 * "f64" entries keep within 2 ulp for every double. "f32" entries are for values that are stored in single precision:
 * they compute in double with a relative error below 2^-30, so that the stored result is within 1 ulp and nearly always
 * correctly rounded; where nothing is gained they are the f64 functions. Both take any double.
 *
 * A generated module contains the source text of an entry and of all that it needs.
 */

import * as arc from "./arc.ts";
import * as bits from "./bits.ts";
import * as errorFunction from "./erf.ts";
import * as exponential from "./exp.ts";
import * as hyperbolic from "./hyperbolic.ts";
import * as logarithm from "./log.ts";
import * as logistic from "./logistic.ts";
import * as power from "./power.ts";
import * as reduction from "./reduce.ts";
import * as rounding from "./rounding.ts";
import * as trigonometric from "./trigonometric.ts";

const declarations = {
  ...arc,
  ...bits,
  ...errorFunction,
  ...exponential,
  ...hyperbolic,
  ...logarithm,
  ...logistic,
  ...power,
  ...reduction,
  ...rounding,
  ...trigonometric,
};

type Declarations = typeof declarations;

/** The name of a top-level declaration of these files: a function, a constant, a table or a scratch view. */
export type MathDeclaration = keyof Declarations;

/** A function of one number, or of two. */
export type NumericFunction = ((x: number) => number) | ((x: number, y: number) => number);

/** The declarations that can serve as an entry. */
type EntryName = {
  [Name in MathDeclaration]: Declarations[Name] extends NumericFunction ? Name : never;
}[MathDeclaration];

export type MathPrecision = "f32" | "f64";

const entries = {
  exp: { f32: "expF32", f64: "expF64" },
  expm1: { f32: "expm1F32", f64: "expm1F64" },
  log: { f32: "logF32", f64: "logF64" },
  log1p: { f32: "log1pF32", f64: "log1pF64" },
  log2: { f32: "log2F32", f64: "log2F64" },
  log10: { f32: "log10F32", f64: "log10F64" },
  sin: { f32: "sinF32", f64: "sinF64" },
  cos: { f32: "cosF32", f64: "cosF64" },
  tan: { f32: "tanF32", f64: "tanF64" },
  asin: { f32: "asinF64", f64: "asinF64" },
  acos: { f32: "acosF64", f64: "acosF64" },
  atan: { f32: "atanF64", f64: "atanF64" },
  atan2: { f32: "atan2F64", f64: "atan2F64" },
  sinh: { f32: "sinhF32", f64: "sinhF64" },
  cosh: { f32: "coshF32", f64: "coshF64" },
  tanh: { f32: "tanhF32", f64: "tanhF64" },
  asinh: { f32: "asinhF64", f64: "asinhF64" },
  acosh: { f32: "acoshF64", f64: "acoshF64" },
  atanh: { f32: "atanhF64", f64: "atanhF64" },
  erf: { f32: "erfF32", f64: "erfF64" },
  erfc: { f32: "erfcF32", f64: "erfcF64" },
  sigmoid: { f32: "sigmoidF32", f64: "sigmoidF64" },
  softplus: { f32: "softplusF32", f64: "softplusF64" },
  cbrt: { f32: "cbrtF64", f64: "cbrtF64" },
  pow: { f32: "powF32", f64: "powF64" },
  powi: { f32: "powiF32", f64: "powiF64" },
  hypot: { f32: "hypotF64", f64: "hypotF64" },
  mod: { f32: "floorModulo", f64: "floorModulo" },
  div: { f32: "floorDivide", f64: "floorDivide" },
  round: { f32: "roundHalfEven", f64: "roundHalfEven" },
  sign: { f32: "signOf", f64: "signOf" },
} as const satisfies Record<string, Record<MathPrecision, EntryName>>;

/** A mathematical function that the catalogue knows. */
export type MathFunction = keyof typeof entries;

/** All functions of the catalogue, in its order. */
export const mathFunctions = Object.keys(entries) as readonly MathFunction[];

/** What each declaration refers to; a test compares this with the source text. */
const references: Readonly<Record<MathDeclaration, readonly MathDeclaration[]>> = {
  asinRemainder: [],
  sqrtError: ["productError"],
  asinF64: ["asinRemainder", "sqrtError", "sumError"],
  acosF64: ["asinRemainder", "sqrtError", "sumError"],
  atanOfSum: [],
  atanF64: ["atanOfSum"],
  atan2F64: ["atanOfSum", "productError", "sumError"],
  doubleBuffer: [],
  doubleValue: ["doubleBuffer"],
  doubleWords: ["doubleBuffer"],
  highWord: [],
  singleBuffer: [],
  powerValue: ["singleBuffer"],
  powerWord: ["singleBuffer"],
  lowPart: [],
  ln2High: [],
  ln2Low: [],
  scaleByPowerOfTwo: ["doubleValue", "doubleWords", "highWord", "powerValue", "powerWord"],
  binaryExponent: ["doubleValue", "doubleWords", "highWord"],
  sumError: [],
  productError: [],
  quotientOfSums: ["lowPart", "productError"],
  erfNearZeroF32: [],
  erfcTailF32: ["expF32"],
  erfF32: ["erfNearZeroF32", "erfcTailF32"],
  erfcF32: ["erfNearZeroF32", "erfcF64", "erfcTailF32"],
  erfRemainder: [],
  erfcTail: ["expOfSum", "lowPart", "productError", "quotientOfSums", "sumError"],
  erfF64: ["erfRemainder", "erfcTail"],
  erfcF64: ["erfRemainder", "erfcTail", "sumError"],
  powersOfRoot64: [],
  expF32: ["powerValue", "powerWord", "powersOfRoot64"],
  expRemainder: [],
  powersOfRoot128: ["productError"],
  expOfSum: ["expRemainder", "lowPart", "powerValue", "powerWord", "powersOfRoot128", "scaleByPowerOfTwo"],
  expF64: ["expOfSum", "expRemainder", "powerValue", "powerWord", "powersOfRoot128"],
  expm1AsSum: ["expRemainder", "lowPart", "powersOfRoot128", "scaleByPowerOfTwo", "sumError"],
  expm1F64: ["expF64", "expRemainder", "expm1AsSum", "powerValue", "powerWord", "powersOfRoot128"],
  expm1F32: ["expF32"],
  tanhF32: ["expF32"],
  tanhF64: ["expRemainder", "powerValue", "powerWord", "powersOfRoot128"],
  sinhF32: ["expF32", "sinhF64"],
  sinhF64: ["expOfSum", "expm1AsSum", "lowPart", "quotientOfSums", "sumError"],
  coshF32: ["coshF64", "expF32"],
  coshF64: ["expOfSum", "lowPart", "quotientOfSums", "sumError"],
  asinhF64: ["log1pOfSum", "logF64", "lowPart", "productError", "quotientOfSums", "sumError"],
  acoshF64: ["log1pOfSum", "logF64", "productError", "sumError"],
  atanhF64: ["log1pOfSum", "lowPart", "quotientOfSums", "sumError"],
  logAtEdge: [],
  doubleArtanhF32: [],
  logTable: ["logF64"],
  logF32: ["doubleValue", "doubleWords", "highWord", "logF64", "logTable", "powerValue", "powerWord"],
  log2F32: ["doubleValue", "doubleWords", "highWord", "log2F64", "logTable", "powerValue", "powerWord"],
  log10F32: ["logF32"],
  log1pF32: ["doubleArtanhF32", "logF32"],
  logOfParts: ["ln2High", "ln2Low"],
  logF64: ["binaryExponent", "logAtEdge", "logOfParts", "scaleByPowerOfTwo"],
  log1pOfSum: ["binaryExponent", "logOfParts", "scaleByPowerOfTwo", "sumError"],
  log1pF64: ["log1pOfSum", "logAtEdge"],
  log1pAsSum: ["lowPart", "productError", "quotientOfSums", "sumError"],
  logSumTable: ["log1pAsSum", "lowPart"],
  logOfNormal: ["doubleValue", "doubleWords", "highWord", "logSumTable", "lowPart", "powerValue", "powerWord"],
  logAsSum: ["logOfNormal", "lowPart", "sumError"],
  log2F64: ["log2AtEdge", "logOfNormal", "lowPart", "productError"],
  log2AtEdge: ["logAtEdge", "logOfNormal", "lowPart", "productError"],
  log10F64: ["log10AtEdge", "logOfNormal", "lowPart", "productError"],
  log10AtEdge: ["logAsSum", "logAtEdge"],
  sigmoidF32: ["expF32"],
  sigmoidF64: ["expF64", "expRemainder", "powerValue", "powerWord", "powersOfRoot128", "sumError"],
  softplusF32: ["expF32"],
  softplusF64: ["expF64", "expOfSum", "log1pOfSum", "lowPart"],
  powerSign: [],
  powerAtEdge: ["powerSign"],
  powF32: ["expF32", "logF64", "powerAtEdge", "powerSign"],
  powF64: ["expOfSum", "logAsSum", "lowPart", "powerAtEdge", "powerSign", "productError"],
  powiF32: ["powF32"],
  powiF64: ["binaryExponent", "powF64", "productError", "quotientOfSums", "scaleByPowerOfTwo"],
  cbrtF64: ["binaryExponent", "productError", "scaleByPowerOfTwo"],
  hypotF64: ["productError"],
  reducedAngle: [],
  twoOverPiDigits: [],
  productDigits: [],
  reduceByHalfPi: ["reduceByDigits", "reducedAngle", "sumError"],
  reduceByDigits: [
    "binaryExponent",
    "productDigits",
    "productError",
    "reducedAngle",
    "scaleByPowerOfTwo",
    "sumError",
    "twoOverPiDigits",
  ],
  floorModulo: [],
  floorDivide: [],
  roundHalfEven: [],
  signOf: [],
  sinOnHalfTurnF32: [],
  sinF32: ["sinF64", "sinOnHalfTurnF32"],
  cosF32: ["cosF64", "sinOnHalfTurnF32"],
  tanF32: ["tanF64"],
  sinAsSum: ["lowPart"],
  cosAsSum: ["lowPart"],
  sinF64: ["cosAsSum", "reduceByHalfPi", "reducedAngle", "sinAsSum"],
  cosF64: ["cosAsSum", "reduceByHalfPi", "reducedAngle", "sinAsSum"],
  tanF64: ["cosAsSum", "lowPart", "quotientOfSums", "reduceByHalfPi", "reducedAngle", "sinAsSum"],
};

/** The declarations that a generated module contains for one function. */
export interface MathSupport {
  /** The name of the exported function that computes it. */
  readonly entry: MathDeclaration;
  /** All other declarations that the entry needs, each after those that it needs itself. */
  readonly needs: readonly MathDeclaration[];
}

/** What a generated module contains to compute `name` at `precision`. */
export function mathSupport(name: MathFunction, precision: MathPrecision): MathSupport {
  const entry = entries[name][precision];
  const needs = new Set<MathDeclaration>();
  const visit = (declaration: MathDeclaration): void => {
    for (const reference of references[declaration]) {
      if (reference === entry || needs.has(reference)) continue;
      visit(reference);
      needs.add(reference);
    }
  };
  visit(entry);
  return { entry, needs: [...needs] };
}

/** The function itself, for evaluation at compile time and for tests. */
export function mathFunction(name: MathFunction, precision: MathPrecision): NumericFunction {
  return declarations[entries[name][precision]];
}
