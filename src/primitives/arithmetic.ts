/** Sums, products, powers and choices of the larger: elementwise primitives over numbers. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/graph.ts";
import * as e from "../ir/expressions.ts";
import type { Domain, Facts } from "../ir/primitive.ts";
import { bilinear, elementwiseRecord, EXACT, CLOSE, linear, NUMBER, partials, STORED } from "./define.ts";
import { distance } from "./evaluate.ts";
import {
  above,
  below,
  addFacts,
  between,
  closed,
  greater,
  lesser,
  lowerOf,
  monotone,
  multiplyFacts,
  negateFacts,
  reciprocalFacts,
  unknown,
  upperOf,
  exactly,
  open,
} from "./facts.ts";
import { floorModulo, floorQuotient } from "./special-functions.ts";

const wide = [-10, 10] as const;

export const add = elementwiseRecord("add", {
  arity: 2,
  elements: NUMBER,
  fn: () => (x, y) => x + y,
  bounds: EXACT,
  // d(x + y) = dx + dy
  derivative: linear((_, cotangent) => cotangent),
  facts: ([x, y]) => addFacts(x, y),
  commutative: true,
  associative: true,
  identity: 0,
  domain: { intervals: [wide, wide], special: [[0, 0], [1, -1], [Infinity, 1], [Infinity, -Infinity], [NaN, 1]] }, // prettier-ignore
});

export const subtract = elementwiseRecord("subtract", {
  arity: 2,
  elements: NUMBER,
  fn: () => (x, y) => x - y,
  bounds: EXACT,
  // d(x - y) = dx - dy
  derivative: linear((b, cotangent, _, operand) => (operand === 0 ? cotangent : e.neg(b, cotangent))),
  facts: ([x, y]) => addFacts(x, negateFacts(y)),
  domain: {
    intervals: [wide, wide],
    special: [
      [0, 0],
      [1, 1],
      [Infinity, Infinity],
      [NaN, 1],
    ],
  },
});

export const multiply = elementwiseRecord("multiply", {
  arity: 2,
  elements: NUMBER,
  fn: () => (x, y) => x * y,
  bounds: { ...EXACT, underflows: ([x, y]) => x !== 0 && y !== 0 },
  // d(x y) = y dx + x dy
  derivative: bilinear((b, cotangent, { operands }, operand) => e.mul(b, cotangent, operands[1 - operand])),
  facts: ([x, y]) => multiplyFacts(x, y),
  commutative: true,
  associative: true,
  identity: 1,
  domain: {
    intervals: [wide, wide],
    special: [
      [0, 0],
      [0, 5],
      [0, Infinity],
      [-1, Infinity],
      [NaN, 0],
    ],
  },
});

export const divide = elementwiseRecord("divide", {
  arity: 2,
  fn: () => (x, y) => x / y,
  bounds: {
    roundings: 2,
    // The pole lies within the error of the divisor.
    propagated: ([, y], [, error]) => (error > 0 && Math.abs(y) <= error ? Infinity : null),
    underflows: ([x, y]) => x !== 0 && Number.isFinite(y),
    byZeroSign: ([, y]) => (y === 0 ? Infinity : 0),
  },
  derivative: partials(
    // d(x/y)/dx = 1/y; infinite at y = 0
    (b, [, y]) => e.div(b, 1, y),
    // d(x/y)/dy = -(x/y)/y; infinite or NaN at y = 0
    (b, [, y], quotient) => e.neg(b, e.div(b, quotient, y)),
  ),
  facts: ([x, y]) => {
    const inverse = reciprocalFacts(y);
    return inverse.finite && x.finite ? multiplyFacts(x, inverse) : sloppyQuotient(x, inverse);
  },
  domain: { intervals: [wide, [0.5, 10]], special: [[1, 0], [-1, 0], [0, 0], [0, 3], [5, Infinity], [1, NaN]] }, // prettier-ignore
});

// A quotient that may be infinite: still of the sign and range of its parts.
function sloppyQuotient(x: Facts, inverse: Facts): Facts {
  return { ...multiplyFacts(x, inverse), integer: false, finite: false };
}

export const negate = elementwiseRecord("negate", {
  arity: 1,
  elements: NUMBER,
  fn: () => (x) => -x,
  bounds: STORED,
  // d(-x) = -dx
  derivative: linear((b, cotangent) => e.neg(b, cotangent)),
  facts: ([x]) => negateFacts(x),
  domain: { intervals: [wide], special: [[0], [Infinity], [NaN]] },
});

/** As IEEE 754 and NumPy: 1^y is 1 for every y and (-1)^±inf is 1, where JavaScript has NaN. */
function ieeePower(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}

export const power = elementwiseRecord("power", {
  arity: 2,
  fn: () => ieeePower,
  bounds: {
    roundings: CLOSE.roundings,
    propagated: ([x, y], [dx, dy]) => (dx > 0 && Math.abs(x) <= dx && y - dy < 0 ? Infinity : null),
    underflows: ([x, y]) => x !== 0 && Number.isFinite(x) && Number.isFinite(y),
    byZeroSign: ([x, y]) => (x === 0 && y < 0 ? Infinity : 0),
  },
  derivative: partials(
    // d(x^y)/dx = y x^(y - 1); infinite at x = 0 for 0 < y < 1; 0 where y = 0. Only there, and where the power is no number to
    // multiply 0 with, a guard says so: elsewhere the slope by y of this slope is 1/x at y = 0.
    (b, [x, y]) => {
      const lower = e.pow(b, x, e.sub(b, y, 1));
      const isVoid = e.and(b, e.equalTo(b, y, 0), e.not(b, b.create("is_finite", [lower], {})));
      return e.select(b, isVoid, 0, e.mul(b, y, lower));
    },
    // d(x^y)/dy = x^y log x; 0 where x = 0 and y >= 0 (the limit from x > 0; at y = 0 as PyTorch has it), NaN for x < 0
    (b, [x, y], result) =>
      e.select(b, e.and(b, e.equalTo(b, x, 0), e.lessEqual(b, 0, y)), 0, e.mul(b, result, e.log(b, x))),
  ),
  facts: ([x, y]) => {
    if (!above(x, 0, true)) return unknown;
    const positive = above(x, 0);
    // Ends of intervals of both would need four cases of x about 1; the sign is what rules rely on.
    const lower = positive && x.finite && y.finite ? { at: 0, open: true } : closed(0);
    const isFinite = x.finite && y.finite && (positive || above(y, 0, true));
    return between(lower, closed(Infinity), { finite: isFinite });
  },
  domain: {
    intervals: [
      [0.1, 5],
      [-3, 3],
    ],
    special: [[0, 2], [0, 0.5], [0, 1], [0, 0], [-2, 3], [-2, 2], [1, 0], [2, 0], [NaN, 1]], // prettier-ignore
  },
});

export const powerInteger = elementwiseRecord("power_integer", {
  arity: 1,
  print: ({ exponent }) => `exponent=${exponent}`,
  fn:
    ({ exponent }) =>
    (x) =>
      Math.pow(x, exponent),
  bounds: ({ exponent }) => ({
    ...CLOSE,
    // The pole of a negative power lies within the error.
    propagated: ([x], [error]) => (exponent < 0 && error > 0 && Math.abs(x) <= error ? Infinity : null),
    underflows: ([x]) => x !== 0 && Number.isFinite(x),
    byZeroSign: ([x]) => (exponent < 0 && x === 0 ? Infinity : 0),
  }),
  derivative: partials((b, [x], { attributes: { exponent: n } }) => {
    // d(x^n)/dx = n x^(n - 1); 0 for n = 0 and 1 for n = 1 at every x, 0 included
    if (n === 0) return null;
    return n === 1 ? e.like(b, 1, x) : e.mul(b, n, e.powInt(b, x, n - 1));
  }),
  facts: ([x], { exponent: n }) => {
    if (n === 0) return exactly(1);
    if (n < 0) return reciprocalFacts(raise(x, -n));
    return raise(x, n);
  },
  domain: { intervals: [[0.5, 3]], special: [[0], [-1], [-2], [1], [Infinity], [NaN]] },
});

function raise(x: Facts, n: number): Facts {
  const even = n % 2 === 0;
  if (even && !above(x, 0, true)) return raise(absFacts(x), n);
  const result = monotone(x, (v) => Math.pow(v, n), even ? [closed(0), closed(Infinity)] : undefined);
  return { ...result, integer: x.integer, finite: x.finite };
}

function absFacts(x: Facts): Facts {
  if (above(x, 0, true)) return x;
  const flipped = negateFacts(x);
  if (above(flipped, 0, true)) return flipped;
  return between(closed(0), greater(upperOf(x), upperOf(flipped)), x);
}

/** 1 where `first` wins, 1/2 each at a tie, 0 where the other wins; NaN operands pass the cotangent on. */
const share =
  (loses: "maximum" | "minimum", operand: 0 | 1) =>
  (b: GraphBuilder, operands: readonly Node[]): Node => {
    const mine = operands[operand];
    const other = operands[1 - operand];
    const lost = loses === "maximum" ? e.less(b, mine, other) : e.less(b, other, mine);
    const tie = e.select(b, e.equalTo(b, mine, other), e.like(b, 0.5, mine), 1);
    return e.select(b, lost, e.like(b, 0, mine), tie);
  };

/** Pairs of numbers, ties and NaN among them. */
const withTies: Domain = {
  intervals: [wide, wide],
  special: [
    [1, 1],
    [0, 0],
    [2, -3],
    [NaN, 1],
    [1, NaN],
  ],
};

export const maximum = elementwiseRecord("maximum", {
  arity: 2,
  elements: NUMBER,
  fn: () => Math.max,
  bounds: STORED,
  // d max(x, y)/dx = 1 if x > y, 1/2 if x = y, else 0; likewise for y
  derivative: partials(share("maximum", 0), share("maximum", 1)),
  facts: ([x, y]) => {
    const upper = greater(upperOf(x), upperOf(y));
    // Of equal lower ends an open one shows that the maximum lies above.
    const lower = x.lower === y.lower ? { at: x.lower, open: x.lowerOpen || y.lowerOpen } : greater(lowerOf(x), lowerOf(y)); // prettier-ignore
    return between(lower, upper, { integer: x.integer && y.integer, finite: x.finite && y.finite });
  },
  commutative: true,
  associative: true,
  identity: -Infinity,
  domain: withTies,
});

export const minimum = elementwiseRecord("minimum", {
  arity: 2,
  elements: NUMBER,
  fn: () => Math.min,
  bounds: STORED,
  // d min(x, y)/dx = 1 if x < y, 1/2 if x = y, else 0; likewise for y
  derivative: partials(share("minimum", 0), share("minimum", 1)),
  facts: ([x, y]) => {
    const lower = lesser(lowerOf(x), lowerOf(y));
    const upper = x.upper === y.upper ? { at: x.upper, open: x.upperOpen || y.upperOpen } : lesser(upperOf(x), upperOf(y)); // prettier-ignore
    return between(lower, upper, { integer: x.integer && y.integer, finite: x.finite && y.finite });
  },
  commutative: true,
  associative: true,
  identity: Infinity,
  domain: withTies,
});

export const abs = elementwiseRecord("abs", {
  arity: 1,
  elements: NUMBER,
  fn: () => Math.abs,
  bounds: STORED,
  // d|x|/dx = sign x; 0 at 0
  derivative: partials((b, [x]) => e.sign(b, x)),
  facts: ([x]) => absFacts(x),
  domain: { intervals: [wide], special: [[0], [-1], [Infinity], [NaN]] },
});

export const hypot = elementwiseRecord("hypot", {
  arity: 2,
  fn: () => Math.hypot,
  derivative: partials(
    // d hypot(x, y)/dx = x / hypot(x, y); 0 at (0, 0)
    (b, [x], h) => e.select(b, e.equalTo(b, h, 0), 0, e.div(b, x, h)),
    // d hypot(x, y)/dy = y / hypot(x, y); 0 at (0, 0)
    (b, [, y], h) => e.select(b, e.equalTo(b, h, 0), 0, e.div(b, y, h)),
  ),
  facts: ([x, y]) => {
    const [p, q] = [absFacts(x), absFacts(y)];
    const sum = addFacts(raise(p, 2), raise(q, 2));
    return { ...monotone(sum, Math.sqrt, [closed(0), closed(Infinity)]), integer: false };
  },
  commutative: true,
  domain: {
    intervals: [wide, wide],
    special: [
      [0, 0],
      [3, 4],
      [0, -2],
      [Infinity, 1],
    ],
  },
});

export const modulo = elementwiseRecord("modulo", {
  arity: 2,
  elements: NUMBER,
  fn: () => floorModulo,
  bounds: {
    roundings: 2,
    scale: ([x, y]) => Math.max(Math.abs(x), Math.abs(y)),
    propagated: (x, error) => (quotientJumps(x, error) ? Infinity : null),
  },
  derivative: partials(
    // d mod(x, y)/dx = 1
    (b, [x]) => e.like(b, 1, x),
    // d mod(x, y)/dy = -floor(x / y)
    (b, [x, y]) => e.neg(b, e.floorDivide(b, x, y)),
  ),
  facts: ([x, y]) => {
    const integer = x.integer && y.integer;
    if (!x.finite || !y.finite) return unknown;
    if (above(y, 0)) return between(closed(0), open(y.upper), { integer, finite: true });
    return below(y, 0) ? between(open(y.lower), closed(0), { integer, finite: true }) : unknown;
  },
  domain: {
    intervals: [
      [-10, 10],
      [2, 5],
    ],
    special: [[7, 3], [-7, 3], [7, -3], [-7, -3], [6, 3], [1, 0], [5.5, 2]], // prettier-ignore
  },
});

export const floorDivide = elementwiseRecord("floor_divide", {
  arity: 2,
  elements: NUMBER,
  fn: () => floorQuotient,
  bounds: { roundings: 0, propagated: (x, error) => (quotientJumps(x, error) ? Infinity : 0) },
  derivative: { kind: "none" },
  facts: ([x, y]) => {
    const quotient = reciprocalFacts(y).finite && x.finite ? monotone(multiplyFacts(x, reciprocalFacts(y)), Math.floor) : unknown; // prettier-ignore
    return { ...quotient, integer: quotient.finite };
  },
  domain: {
    intervals: [
      [-10, 10],
      [2, 5],
    ],
    special: [[7, 3], [-7, 3], [7, -3], [-7, -3], [6, 3], [1, 0.1], [1, 0]], // prettier-ignore
  },
});

/** Whether floor(x / y) may differ between this evaluation and one with the operands' errors. */
function quotientJumps([x, y]: readonly number[], [dx, dy]: readonly number[]): boolean {
  const quotient = floorQuotient(x, y);
  if (dx === 0 && dy === 0) return false;
  if (Math.abs(y) <= dy) return true;
  return [-1, 1].some((p) => [-1, 1].some((q) => distance(Math.floor((x + p * dx) / (y + q * dy)), quotient) !== 0));
}
