/** Comparisons, logic, the elementwise choice, and conversion between element types. */
import * as e from "../ir/expressions.ts";
import type { TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { Evaluation, Facts, PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { BOOL, elementwiseRecord, linear, none, plain, printNothing, STORED, TO_BOOL } from "./define.ts";
import { blank, distance, elementwise, largest, storageError } from "./evaluate.ts";
import type { Bounds } from "./evaluate.ts";
import { above, below, exactly, hull, truth } from "./facts.ts";
import { requireElement, requireSameShape } from "./shapes.ts";

const anything = [-10, 10] as const;
const bools = [[0, 0], [0, 1], [1, 0], [1, 1]] as const; // prettier-ignore

// The operands may be equal, or in another order, within their errors.
const meeting: Bounds = {
  roundings: 0,
  propagated: ([x, y], [dx, dy]) => {
    const error = dx + dy;
    if (error === 0 || (Number.isNaN(x) && dx === 0) || (Number.isNaN(y) && dy === 0)) return 0;
    return Math.abs(x - y) > error ? 0 : Infinity;
  },
};

const ordered = { intervals: [anything, anything], special: [[1, 1], [0, -0], [1, 2], [2, 1], [NaN, 1], [NaN, NaN], [Infinity, Infinity]] } as const; // prettier-ignore

export const equal = elementwiseRecord("equal", {
  arity: 2,
  elements: TO_BOOL,
  fn: () => (x, y) => Number(x === y),
  bounds: meeting,
  derivative: none,
  facts: ([x, y]) => (x.lower > y.upper || y.lower > x.upper ? exactly(0) : truth),
  commutative: true,
  domain: ordered,
});

/** What is surely known of x < y (or <=): NaN compares false, so that only finite operands make it surely true. */
function order(x: Facts, y: Facts, surely: (gap: number) => boolean, never: (gap: number) => boolean): Facts {
  if (x.finite && y.finite && surely(y.lower - x.upper)) return exactly(1);
  return never(y.upper - x.lower) ? exactly(0) : truth;
}

export const less = elementwiseRecord("less", {
  arity: 2,
  elements: TO_BOOL,
  fn: () => (x, y) => Number(x < y),
  bounds: meeting,
  derivative: none,
  facts: ([x, y]) =>
    order(
      x,
      y,
      (gap) => gap > 0 || (gap === 0 && (x.upperOpen || y.lowerOpen)),
      (gap) => gap <= 0,
    ),
  domain: ordered,
});

export const lessEqual = elementwiseRecord("less_equal", {
  arity: 2,
  elements: TO_BOOL,
  fn: () => (x, y) => Number(x <= y),
  bounds: meeting,
  derivative: none,
  facts: ([x, y]) =>
    order(
      x,
      y,
      (gap) => gap >= 0,
      (gap) => gap < 0 || (gap === 0 && (x.lowerOpen || y.upperOpen)),
    ),
  domain: ordered,
});

export const not = elementwiseRecord("not", {
  arity: 1,
  elements: BOOL,
  fn: () => (x) => 1 - x,
  bounds: STORED,
  derivative: none,
  facts: ([x]) => ({ ...truth, lower: 1 - x.upper, upper: 1 - x.lower }),
  domain: { intervals: [[0, 1]], special: [[0], [1]] },
});

export const and = elementwiseRecord("and", {
  arity: 2,
  elements: BOOL,
  fn: () => (x, y) => x * y,
  // A surely false operand settles it.
  bounds: { roundings: 0, propagated: (x, error) => settled(x, error, 0) },
  derivative: none,
  facts: ([x, y]) => ({ ...truth, lower: Math.min(x.lower, y.lower), upper: Math.min(x.upper, y.upper) }),
  commutative: true,
  associative: true,
  identity: 1,
  domain: { intervals: [[0, 1], [0, 1]], special: bools }, // prettier-ignore
});

export const or = elementwiseRecord("or", {
  arity: 2,
  elements: BOOL,
  fn: () => Math.max,
  // A surely true operand settles it.
  bounds: { roundings: 0, propagated: (x, error) => settled(x, error, 1) },
  derivative: none,
  facts: ([x, y]) => ({ ...truth, lower: Math.max(x.lower, y.lower), upper: Math.max(x.upper, y.upper) }),
  commutative: true,
  associative: true,
  identity: 0,
  domain: { intervals: [[0, 1], [0, 1]], special: bools }, // prettier-ignore
});

function settled(x: readonly number[], error: readonly number[], by: number): number {
  return x.some((value, k) => value === by && error[k] === 0) ? 0 : Math.max(...error);
}

export const isNaN = elementwiseRecord("is_nan", {
  arity: 1,
  elements: { allowed: ["real"], gives: "bool" },
  fn: () => (x) => Number(Number.isNaN(x)),
  bounds: { roundings: 0, propagated: (_, [error]) => (error === Infinity ? Infinity : 0) },
  derivative: none,
  facts: ([x]) => (x.finite ? exactly(0) : truth),
  domain: { intervals: [anything], special: [[NaN], [Infinity], [0]] },
});

export const isFinite = elementwiseRecord("is_finite", {
  arity: 1,
  elements: { allowed: ["real"], gives: "bool" },
  fn: () => (x) => Number(Number.isFinite(x)),
  bounds: {
    roundings: 0,
    propagated: ([x], [error]) => (error === Infinity || Math.abs(x) + error > largest(2 ** -53) ? nearOverflow(x, error) : 0), // prettier-ignore
  },
  derivative: none,
  // Exact arithmetic does not overflow, but the program may: nothing is known but of infinite operands.
  facts: ([x]) => (x.lower === Infinity || x.upper === -Infinity ? exactly(0) : truth),
  domain: { intervals: [anything], special: [[NaN], [Infinity], [-Infinity], [0]] },
});

const nearOverflow = (x: number, error: number): number => (Number.isFinite(x) || error > 0 ? Infinity : 0);

/** Either branch may be what is selected where the condition is uncertain. */
function choose([condition, x, y]: readonly Value[], at: Evaluation): Value {
  const result = blank(at.shape, at.element);
  for (let i = 0; i < result.data.length; i++) {
    const [taken, other] = condition.data[i] === 0 ? [y, x] : [x, y];
    const value = taken.data[i];
    const uncertain = condition.error[i] > 0 ? distance(value, other.data[i]) + other.error[i] : 0;
    result.data[i] = value;
    result.error[i] = Math.max(taken.error[i], uncertain);
    if (at.element === "real") result.error[i] += storageError(value, at.unitRoundoff);
  }
  return result;
}

export const select: PrimitiveRecord<"select"> = {
  ...plain,
  name: "select",
  arity: 3,
  print: printNothing,
  shape: ([condition, x, y]) => {
    requireElement(condition, ["bool"], "a condition");
    requireSameShape(x.shape, y.shape);
    requireSameShape(condition.shape, x.shape);
    if (x.element !== y.element)
      throw new ShapeFault(`both branches want one type, found ${x.element} and ${y.element}`);
    return x;
  },
  meaning: (operands, _, at) => choose(operands, at),
  // d select(c, x, y) = select(c, dx, dy)
  derivative: linear((b, cotangent, { operands: [condition] }, operand) => {
    if (operand === 0) return null;
    const zero = e.zerosLike(b, cotangent);
    return operand === 1 ? e.select(b, condition, cotangent, zero) : e.select(b, condition, zero, cotangent);
  }),
  facts: ([condition, x, y]) => {
    if (above(condition, 0)) return x;
    return below(condition, 1) ? y : hull(x, y);
  },
  code: "select",
  domain: { intervals: [[0, 1], anything, anything], special: [[0, 1, 2], [1, 1, 2], [1, 0, NaN], [0, 0, NaN]] }, // prettier-ignore
};

const rank = { bool: 0, index: 1, real: 2 } as const;

export const convert: PrimitiveRecord<"convert"> = {
  ...plain,
  name: "convert",
  arity: 1,
  print: ({ to }) => `to=${to}`,
  shape: ([x]: readonly TensorType[], { to }) => {
    if (rank[to] < rank[x.element]) throw new ShapeFault(`${x.element} values do not convert to ${to}`);
    return { element: to, shape: x.shape };
  },
  meaning: (operands, _, at) => elementwise((x) => x, STORED, operands, at),
  // The operand is an integer or a truth value: no derivative passes.
  derivative: none,
  facts: ([x]) => x,
  code: "convert",
  domain: { intervals: [[0, 1]], special: [[0], [1], [5]] },
};
