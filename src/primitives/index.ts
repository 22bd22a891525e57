/** The table of all primitives. Total by type: a missing record does not compile. */
import { GraphBuilder } from "../ir/builder.ts";
import type { PrimitiveTable } from "../ir/primitive.ts";
import * as arithmetic from "./arithmetic.ts";
import * as comparison from "./comparison.ts";
import * as contraction from "./contraction.ts";
import * as gathers from "./gather.ts";
import * as algebra from "./linear-algebra.ts";
import * as loops from "./loop.ts";
import * as movement from "./movement.ts";
import * as randoms from "./random.ts";
import * as reduction from "./reduction.ts";
import * as request from "./request.ts";
import * as rounding from "./rounding.ts";
import * as source from "./source.ts";
import * as transcendental from "./transcendental.ts";
import * as windows from "./window.ts";

export const primitives = {
  constant: source.constant,
  dimension: source.dimension,
  parameter: source.parameter,
  iota: source.iota,
  table: source.table,
  random: randoms.random,
  mark: source.mark,
  stop_gradient: source.stopGradient,
  gradient: request.gradient,
  jvp: request.jvp,
  jacobian: request.jacobian,
  add: arithmetic.add,
  subtract: arithmetic.subtract,
  multiply: arithmetic.multiply,
  divide: arithmetic.divide,
  negate: arithmetic.negate,
  power: arithmetic.power,
  power_integer: arithmetic.powerInteger,
  maximum: arithmetic.maximum,
  minimum: arithmetic.minimum,
  atan2: transcendental.atan2,
  hypot: arithmetic.hypot,
  modulo: arithmetic.modulo,
  floor_divide: arithmetic.floorDivide,
  abs: arithmetic.abs,
  stored: rounding.stored,
  sign: rounding.sign,
  floor: rounding.floor,
  ceil: rounding.ceil,
  round: rounding.round,
  sqrt: transcendental.sqrt,
  cbrt: transcendental.cbrt,
  exp: transcendental.exp,
  expm1: transcendental.expm1,
  log: transcendental.log,
  log1p: transcendental.log1p,
  log2: transcendental.log2,
  log10: transcendental.log10,
  sin: transcendental.sin,
  cos: transcendental.cos,
  tan: transcendental.tan,
  asin: transcendental.asin,
  acos: transcendental.acos,
  atan: transcendental.atan,
  sinh: transcendental.sinh,
  cosh: transcendental.cosh,
  tanh: transcendental.tanh,
  asinh: transcendental.asinh,
  acosh: transcendental.acosh,
  atanh: transcendental.atanh,
  erf: transcendental.erf,
  erfc: transcendental.erfc,
  sigmoid: transcendental.sigmoid,
  softplus: transcendental.softplus,
  equal: comparison.equal,
  less: comparison.less,
  less_equal: comparison.lessEqual,
  not: comparison.not,
  and: comparison.and,
  or: comparison.or,
  is_nan: comparison.isNaN,
  is_finite: comparison.isFinite,
  select: comparison.select,
  convert: comparison.convert,
  broadcast: movement.broadcast,
  reshape: movement.reshape,
  transpose: movement.transpose,
  slice: movement.slice,
  pad: movement.pad,
  concat: movement.concat,
  window: windows.window,
  fold: windows.fold,
  reduce_sum: reduction.reduceSum,
  reduce_product: reduction.reduceProduct,
  reduce_max: reduction.reduceMax,
  reduce_min: reduction.reduceMin,
  argmax: reduction.argmax,
  argmin: reduction.argmin,
  contract: contraction.contract,
  lu: algebra.lu,
  solve: algebra.solve,
  determinant: algebra.determinant,
  log_determinant: algebra.logDeterminant,
  determinant_sign: algebra.determinantSign,
  cofactor: algebra.cofactor,
  cholesky: algebra.cholesky,
  triangular_solve: algebra.triangularSolve,
  gather: gathers.gather,
  scatter_add: gathers.scatterAdd,
  loop: loops.loop,
  loop_result: loops.loopResult,
} satisfies PrimitiveTable;

/** A builder of graphs over these primitives. */
export function createBuilder(options: { readonly maxNodes?: number } = {}): GraphBuilder {
  return new GraphBuilder(primitives, options);
}
