/** Elementwise functions of real numbers. Formulas of derivatives: Abramowitz & Stegun, chapters 4 and 7. */
import * as e from "../ir/expressions.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/graph.ts";
import type { Domain, Facts, PrimitiveRecord } from "../ir/primitive.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import type { PlainName } from "../ir/expressions.ts";
import { CLOSE, elementwiseRecord, EXACT, partials } from "./define.ts";
import type { Bounds } from "./evaluate.ts";
import { above, below, between, closed, monotone, open, unknown } from "./facts.ts";
import { erf as erfOf, erfc as erfcOf, sigmoid as sigmoidOf, softplus as softplusOf } from "./special-functions.ts";

const all = [open(-Infinity), open(Infinity)] as const;
const positive = [open(0), open(Infinity)] as const;

/** A function of one real: value, derivative (in the operand and the result), facts and where to test it. */
function unary<P extends PlainName & ElementwiseName>(
  name: P,
  fn: (x: number) => number,
  derivative: (b: GraphBuilder, x: Node, result: Node) => Node,
  facts: (x: Facts) => Facts,
  domain: Domain,
  bounds: Bounds = CLOSE,
): PrimitiveRecord<P> {
  const rule = (b: GraphBuilder, [x]: readonly Node[], result: Node<P>): Node => derivative(b, x, result);
  return elementwiseRecord(name, {
    arity: 1,
    fn: () => fn,
    bounds,
    derivative: partials<P>(rule),
    facts: ([x]) => facts(x),
    domain,
  });
}

const on = (low: number, high: number, ...special: readonly number[]): Domain => ({
  intervals: [[low, high]],
  special: [...special, NaN].map((x) => [x]),
});

// Functions that are 0 nowhere: where they fall below all numbers they are rounded to 0.
const neverZero: Bounds = { ...CLOSE, underflows: ([x]) => Number.isFinite(x) };

/** Facts of a growing function that is finite strictly inside (low, high) and infinite at these ends. */
function inside(x: Facts, low: number, high: number, fn: (x: number) => number): Facts {
  const isFinite = x.finite && above(x, low) && below(x, high);
  return isFinite ? monotone(x, fn) : monotone({ ...x, finite: false }, fn);
}

/** 1 - x^2 as (1 - x)(1 + x), which does not cancel near |x| = 1. */
function oneMinusSquare(b: GraphBuilder, x: Node): Node {
  return e.mul(b, e.sub(b, 1, x), e.add(b, 1, x));
}

// Sine and cosine move by no more than their operand does, and by no more than 2.
const periodic: Bounds = { roundings: 8, propagated: (_, [error]) => Math.min(error, 2) };

const turns = (x: number): number => Math.floor(x / Math.PI + 0.5);

export const sqrt = unary(
  "sqrt",
  Math.sqrt,
  // d sqrt(x)/dx = 1/(2 sqrt x); infinite at x = 0
  (b, _, r) => e.div(b, 0.5, r),
  (x) => ({ ...monotone(x, Math.sqrt, [closed(0), open(Infinity)]), finite: x.finite && above(x, 0, true) }),
  on(0.1, 10, 0, -1, Infinity),
  EXACT,
);

export const cbrt = unary(
  "cbrt",
  Math.cbrt,
  // d cbrt(x)/dx = 1/(3 cbrt(x)^2); infinite at x = 0
  (b, _, r) => e.div(b, 1 / 3, e.powInt(b, r, 2)),
  (x) => monotone(x, Math.cbrt, all),
  on(-10, 10, 0, -8, Infinity),
);

export const exp = unary(
  "exp",
  Math.exp,
  // d exp(x)/dx = exp(x)
  (_, __, r) => r,
  (x) => monotone(x, Math.exp, positive),
  on(-5, 5, 0, 1000, -1000, Infinity, -Infinity),
  neverZero,
);

export const expm1 = unary(
  "expm1",
  Math.expm1,
  // d (exp(x) - 1)/dx = exp(x)
  (b, x) => e.exp(b, x),
  (x) => monotone(x, Math.expm1, [open(-1), open(Infinity)]),
  on(-5, 5, 0, 1e-10, -1000),
);

export const log = unary(
  "log",
  Math.log,
  // d log(x)/dx = 1/x; infinite at x = 0
  (b, x) => e.div(b, 1, x),
  (x) => inside(x, 0, Infinity, Math.log),
  on(0.1, 10, 1, 0, -1, Infinity),
);

export const log1p = unary(
  "log1p",
  Math.log1p,
  // d log(1 + x)/dx = 1/(1 + x); infinite at x = -1
  (b, x) => e.div(b, 1, e.add(b, 1, x)),
  (x) => inside(x, -1, Infinity, Math.log1p),
  on(-0.9, 10, 0, 1e-10, -1, -2),
);

export const log2 = unary(
  "log2",
  Math.log2,
  // d log2(x)/dx = 1/(x log 2); infinite at x = 0
  (b, x) => e.div(b, Math.LOG2E, x),
  (x) => inside(x, 0, Infinity, Math.log2),
  on(0.1, 10, 1, 8, 0, -1),
);

export const log10 = unary(
  "log10",
  Math.log10,
  // d log10(x)/dx = 1/(x log 10); infinite at x = 0
  (b, x) => e.div(b, Math.LOG10E, x),
  (x) => inside(x, 0, Infinity, Math.log10),
  on(0.1, 10, 1, 1000, 0, -1),
);

const unit = (x: Facts): Facts => between(closed(-1), closed(1), { finite: x.finite });

export const sin = unary(
  "sin",
  Math.sin,
  // d sin(x)/dx = cos(x)
  (b, x) => e.cos(b, x),
  unit,
  on(-7, 7, 0, Infinity),
  periodic,
);

export const cos = unary(
  "cos",
  Math.cos,
  // d cos(x)/dx = -sin(x)
  (b, x) => e.neg(b, e.sin(b, x)),
  unit,
  on(-7, 7, 0, Infinity),
  periodic,
);

export const tan = unary(
  "tan",
  Math.tan,
  // d tan(x)/dx = 1 + tan(x)^2
  (b, _, r) => e.add(b, 1, e.powInt(b, r, 2)),
  () => unknown,
  on(-1.3, 1.3, 0, 4, Infinity),
  { roundings: 8, propagated: ([x], [error]) => (turns(x - error) === turns(x + error) ? null : Infinity) },
);

export const asin = unary(
  "asin",
  Math.asin,
  // d asin(x)/dx = 1/sqrt(1 - x^2); infinite at |x| = 1
  (b, x) => e.div(b, 1, e.sqrt(b, oneMinusSquare(b, x))),
  (x) => ({ ...monotone(x, Math.asin, [closed(-1.6), closed(1.6)]), finite: above(x, -1, true) && below(x, 1, true) }),
  on(-0.9, 0.9, 0, 1, -1, 2),
);

export const acos = unary(
  "acos",
  Math.acos,
  // d acos(x)/dx = -1/sqrt(1 - x^2); infinite at |x| = 1
  (b, x) => e.div(b, -1, e.sqrt(b, oneMinusSquare(b, x))),
  (x) => ({ ...monotone(x, Math.acos, [closed(0), closed(3.2)], true), finite: above(x, -1, true) && below(x, 1, true) }), // prettier-ignore
  on(-0.9, 0.9, 0, 1, -1, 2),
);

export const atan = unary(
  "atan",
  Math.atan,
  // d atan(x)/dx = 1/(1 + x^2)
  (b, x) => e.div(b, 1, e.add(b, 1, e.powInt(b, x, 2))),
  (x) => monotone(x, Math.atan, [closed(-1.6), closed(1.6)]),
  on(-10, 10, 0, Infinity, -Infinity),
);

export const sinh = unary(
  "sinh",
  Math.sinh,
  // d sinh(x)/dx = cosh(x)
  (b, x) => e.cosh(b, x),
  (x) => monotone(x, Math.sinh, all),
  on(-5, 5, 0, 1e-10, 1000),
);

export const cosh = unary(
  "cosh",
  Math.cosh,
  // d cosh(x)/dx = sinh(x)
  (b, x) => e.sinh(b, x),
  (x) => between(closed(1), x.finite ? open(Infinity) : closed(Infinity), { finite: x.finite }),
  on(-5, 5, 0, 1000),
);

export const tanh = unary(
  "tanh",
  Math.tanh,
  // d tanh(x)/dx = 1 - tanh(x)^2
  (b, _, r) => e.sub(b, 1, e.powInt(b, r, 2)),
  (x) => monotone(x, Math.tanh, [open(-1), open(1)]),
  on(-5, 5, 0, 1e-10, 100, -100, Infinity),
);

export const asinh = unary(
  "asinh",
  Math.asinh,
  // d asinh(x)/dx = 1/sqrt(x^2 + 1)
  (b, x) => e.div(b, 1, e.hypot(b, x, 1)),
  (x) => monotone(x, Math.asinh, all),
  on(-10, 10, 0, 1e200, -1e200),
);

export const acosh = unary(
  "acosh",
  Math.acosh,
  // d acosh(x)/dx = 1/(sqrt(x - 1) sqrt(x + 1)); infinite at x = 1
  (b, x) => e.div(b, 1, e.mul(b, e.sqrt(b, e.sub(b, x, 1)), e.sqrt(b, e.add(b, x, 1)))),
  (x) => ({ ...monotone(x, Math.acosh, [closed(0), open(Infinity)]), finite: x.finite && above(x, 1, true) }),
  on(1.1, 10, 1, 0, 1e200),
);

export const atanh = unary(
  "atanh",
  Math.atanh,
  // d atanh(x)/dx = 1/(1 - x^2); infinite at |x| = 1. The square keeps the digits of the next derivative near 0, where the
  // two factors' derivatives would cancel; what it loses near |x| = 1 is no more than a rounding of x does.
  (b, x) => e.div(b, 1, e.sub(b, 1, e.powInt(b, x, 2))),
  (x) => inside(x, -1, 1, Math.atanh),
  on(-0.9, 0.9, 0, 1, -1, 2),
);

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** exp(-x^2) */
function gaussian(b: GraphBuilder, x: Node): Node {
  return e.exp(b, e.neg(b, e.powInt(b, x, 2)));
}

export const erf = unary(
  "erf",
  erfOf,
  // d erf(x)/dx = 2/sqrt(pi) exp(-x^2)
  (b, x) => e.mul(b, twoOverRootPi, gaussian(b, x)),
  (x) => monotone(x, erfOf, [open(-1), open(1)]),
  on(-3, 3, 0, 1e-10, 10, -10, Infinity),
);

export const erfc = unary(
  "erfc",
  erfcOf,
  // d erfc(x)/dx = -2/sqrt(pi) exp(-x^2)
  (b, x) => e.mul(b, -twoOverRootPi, gaussian(b, x)),
  (x) => monotone(x, erfcOf, [open(0), open(2)], true),
  on(-3, 5, 0, 10, 30, -10),
  neverZero,
);

export const sigmoid = unary(
  "sigmoid",
  sigmoidOf,
  // d sigmoid(x)/dx = sigmoid(x) (1 - sigmoid(x))
  (b, _, r) => e.mul(b, r, e.sub(b, 1, r)),
  (x) => monotone(x, sigmoidOf, [open(0), open(1)]),
  on(-6, 6, 0, 100, -100, 1000, -1000, Infinity, -Infinity),
  neverZero,
);

export const softplus = unary(
  "softplus",
  softplusOf,
  // d log(1 + exp(x))/dx = sigmoid(x)
  (b, x) => e.sigmoid(b, x),
  (x) => monotone(x, softplusOf, positive),
  on(-6, 6, 0, 100, -100, 1000, -1000),
  neverZero,
);

export const atan2 = elementwiseRecord("atan2", {
  arity: 2,
  fn: () => Math.atan2,
  bounds: {
    ...CLOSE,
    underflows: ([y, x]) => y !== 0 && Number.isFinite(x),
    // Within the error y is -0 or 0, on either side of the cut.
    propagated: ([y, x], [dy, dx]) => (dy > 0 && Math.abs(y) <= dy && x - dx <= 0 ? 2 * Math.PI : null),
    // The branch cut: -0 and 0 over a negative number are -pi and pi; so are -0 and 0 as x, under a zero, 0 and pi.
    byZeroSign: ([y, x]) => (y === 0 && x <= 0 ? 2 * Math.PI : 0),
  },
  derivative: partials(
    // d atan2(y, x)/dy = x/(x^2 + y^2); NaN at (0, 0)
    (b, [y, x]) => overSquaredNorm(b, x, y, x),
    // d atan2(y, x)/dx = -y/(x^2 + y^2); NaN at (0, 0)
    (b, [y, x]) => e.neg(b, overSquaredNorm(b, y, y, x)),
  ),
  facts: ([y, x]) => between(closed(-3.2), closed(3.2), { finite: y.finite && x.finite }),
  domain: {
    intervals: [
      [-5, 5],
      [0.5, 5],
    ],
    special: [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [NaN, 1]], // prettier-ignore
  },
});

/** z / (x^2 + y^2), divided twice by the hypotenuse, which does not overflow. */
function overSquaredNorm(b: GraphBuilder, z: Node, y: Node, x: Node): Node {
  const h = e.hypot(b, x, y);
  return e.div(b, e.div(b, z, h), h);
}
