/**
 * The measure that rewriting decreases: the cost of the operations that a graph does, then its size. In units of about
 * one addition; symbolic dims are taken to be large.
 */
import { constantOf, evaluate, symbolsOf } from "./dim.ts";
import type { Dim, Shape } from "./dim.ts";
import type { AnyNode, Node, PrimitiveName } from "./graph.ts";

/** What one element costs; those not listed cost nothing but their place in the graph. */
const perElement: Partial<Record<PrimitiveName, number>> = {
  add: 1,
  subtract: 1,
  multiply: 1,
  negate: 0.5,
  divide: 4,
  power: 30,
  maximum: 1,
  minimum: 1,
  atan2: 30,
  hypot: 6,
  modulo: 6,
  floor_divide: 5,
  abs: 0.5,
  sign: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  stored: 1,
  sqrt: 4,
  cbrt: 15,
  exp: 10,
  expm1: 12,
  log: 10,
  log1p: 12,
  log2: 11,
  log10: 11,
  sin: 12,
  cos: 12,
  tan: 15,
  asin: 15,
  acos: 15,
  atan: 15,
  sinh: 15,
  cosh: 15,
  tanh: 12,
  asinh: 15,
  acosh: 15,
  atanh: 15,
  erf: 15,
  erfc: 15,
  sigmoid: 12,
  softplus: 20,
  equal: 0.5,
  less: 0.5,
  less_equal: 0.5,
  not: 0.25,
  and: 0.25,
  or: 0.25,
  is_nan: 0.5,
  is_finite: 0.5,
  select: 1,
  convert: 0.5,
  random: 10,
  gather: 1,
  scatter_add: 1,
};

/** A node whose cost counts in favour of a graph without it, however cheap it is. */
const place = 0.001;

/** How many elements a tensor is taken to have. */
export function estimateElements(shape: Shape): number {
  let count = 1;
  for (const dim of shape) count *= estimateDim(dim);
  return count;
}

function estimateDim(dim: Dim): number {
  const exact = constantOf(dim);
  if (exact !== null) return exact;
  const values = new Map([...symbolsOf(dim)].map((name) => [name, 64]));
  try {
    return Math.max(1, evaluate(dim, values));
  } catch {
    return 64;
  }
}

/** The cost of computing a node from its operands. */
export function costOf(node: Node): number {
  return operationCost(node as AnyNode) + place;
}

function operationCost(node: AnyNode): number {
  switch (node.primitive) {
    case "power_integer":
      return estimateElements(node.shape) * powerCost(node.attributes.exponent);
    case "reduce_sum":
    case "reduce_product":
    case "reduce_max":
    case "reduce_min":
    case "argmax":
    case "argmin":
    case "fold":
      return estimateElements(node.operands[0].shape);
    case "lu":
    case "cholesky":
      return estimateElements(node.operands[0].shape) * estimateDim(node.operands[0].shape[node.shape.length - 1]);
    case "solve":
    case "triangular_solve":
    case "cofactor":
      return 2 * estimateElements(node.shape) * estimateDim(node.shape[node.shape.length - 2]);
    case "determinant":
    case "log_determinant":
    case "determinant_sign":
      return 10 * estimateElements(node.operands[0].shape.slice(0, -1));
    case "contract": {
      const { left, right } = node.attributes;
      const extra = node.operands[1].shape.slice(node.operands[1].shape.length - right.length);
      const own = extra.filter((_, k) => !left.includes(right[k]));
      return 2 * estimateElements(node.operands[0].shape) * estimateElements(own);
    }
    default:
      return (perElement[node.primitive] ?? 0) * estimateElements(node.shape);
  }
}

/** Multiplications (by squaring), and a division for a negative exponent. */
function powerCost(exponent: number): number {
  const n = Math.abs(exponent);
  if (!Number.isInteger(n)) return 30;
  return Math.max(1, Math.floor(Math.log2(n)) + bits(n) - 1) + (exponent < 0 ? 4 : 0);
}

function bits(n: number): number {
  let count = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) if (rest % 2 === 1) count++;
  return count;
}
