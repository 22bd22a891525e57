/** Elementwise primitives that round or jump: the derivative of a jump is 0 wherever it exists, and taken as 0 elsewhere. */
import { elementwiseRecord, linear, none, NUMBER, STORED } from "./define.ts";
import { jumps } from "./evaluate.ts";
import { above, below, between, closed, unknown } from "./facts.ts";
import type { Facts } from "../ir/primitive.ts";
import { roundHalfEven } from "./special-functions.ts";

const domain = { intervals: [[-5, 5]], special: [[0], [0.5], [1.5], [2.5], [-0.5], [-1], [Infinity], [NaN]] } as const;

function whole(x: Facts, fn: (x: number) => number): Facts {
  // An end may be attained although the operand's is open: floor of (0, 1) is 0.
  const { lower, upper } = { lower: fn(x.lower), upper: fn(x.upper) };
  const open = (at: number): boolean => x.finite && !isFinite(at);
  return { lower, upper, lowerOpen: open(lower), upperOpen: open(upper), integer: x.finite, finite: x.finite };
}

// d floor(x)/dx = 0
export const floor = elementwiseRecord("floor", {
  arity: 1,
  fn: () => Math.floor,
  bounds: jumps(Math.floor),
  derivative: none,
  facts: ([x]) => whole(x, Math.floor),
  domain,
});

// d ceil(x)/dx = 0
export const ceil = elementwiseRecord("ceil", {
  arity: 1,
  fn: () => Math.ceil,
  bounds: jumps(Math.ceil),
  derivative: none,
  facts: ([x]) => whole(x, Math.ceil),
  domain,
});

// d round(x)/dx = 0
export const round = elementwiseRecord("round", {
  arity: 1,
  fn: () => roundHalfEven,
  bounds: jumps(roundHalfEven),
  derivative: none,
  facts: ([x]) => whole(x, roundHalfEven),
  domain,
});

// d stored(x)/dx = 1; the identity but for the rounding to what arrays hold
export const stored = elementwiseRecord("stored", {
  arity: 1,
  fn: () => (x) => x,
  bounds: STORED,
  derivative: linear((_, cotangent) => cotangent),
  facts: () => unknown,
  domain: { intervals: [[-5, 5]], special: [[0], [-1], [Infinity], [NaN]] },
});

// d sign(x)/dx = 0
export const sign = elementwiseRecord("sign", {
  arity: 1,
  elements: NUMBER,
  fn: () => Math.sign,
  bounds: jumps(Math.sign),
  derivative: none,
  facts: ([x]) => {
    const lower = above(x, 0) ? 1 : Math.sign(x.lower);
    const upper = below(x, 0) ? -1 : Math.sign(x.upper);
    return between(closed(lower), closed(upper), { integer: x.finite, finite: x.finite });
  },
  domain,
});
