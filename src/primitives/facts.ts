/**
 * Interval arithmetic for the facts of primitives, in exact arithmetic: computed ends are moved outwards where the
 * computation rounds, so that a fact never claims more than holds.
 */
import { unknownFacts } from "../ir/facts.ts";
import type { Facts } from "../ir/primitive.ts";

/** Any number, infinite or NaN too. */
export const unknown = unknownFacts;

/** Any finite number. */
export const finite: Facts = { ...unknown, lowerOpen: true, upperOpen: true, finite: true };

/** 0 or 1. */
export const truth: Facts = { lower: 0, upper: 1, lowerOpen: false, upperOpen: false, integer: true, finite: true };

/** Exactly one value. */
export function exactly(value: number): Facts {
  if (Number.isNaN(value)) return unknown;
  const whole = Number.isInteger(value);
  return { lower: value, upper: value, lowerOpen: false, upperOpen: false, integer: whole, finite: isFinite(value) };
}

/** One end of an interval; an open one is not attained. */
export interface End {
  readonly at: number;
  readonly open: boolean;
}

export const lowerOf = (facts: Facts): End => ({ at: facts.lower, open: facts.lowerOpen });
export const upperOf = (facts: Facts): End => ({ at: facts.upper, open: facts.upperOpen });
export const closed = (at: number): End => ({ at, open: false });
export const open = (at: number): End => ({ at, open: true });

/** Facts from two ends. A finite result cannot attain an infinite end. */
export function between(lower: End, upper: End, what: { readonly integer?: boolean; readonly finite: boolean }): Facts {
  return {
    lower: lower.at,
    upper: upper.at,
    lowerOpen: lower.open || (what.finite && lower.at === -Infinity),
    upperOpen: upper.open || (what.finite && upper.at === Infinity),
    integer: what.integer ?? false,
    finite: what.finite,
  };
}

/** Whether every value lies above the bound (or at it, if `orAt`). */
export function above(facts: Facts, bound: number, orAt = false): boolean {
  return facts.lower > bound || (facts.lower === bound && (orAt || facts.lowerOpen));
}

/** Whether every value lies below the bound (or at it, if `orAt`). */
export function below(facts: Facts, bound: number, orAt = false): boolean {
  return facts.upper < bound || (facts.upper === bound && (orAt || facts.upperOpen));
}

/** The smallest interval around both. */
export function hull(a: Facts, b: Facts): Facts {
  return between(lesser(lowerOf(a), lowerOf(b)), greater(upperOf(a), upperOf(b)), {
    integer: a.integer && b.integer,
    finite: a.finite && b.finite,
  });
}

/** The lower of two ends; of equal ones that which is attained. */
export function lesser(a: End, b: End): End {
  if (a.at === b.at) return a.open ? b : a;
  return a.at < b.at ? a : b;
}

/** The higher of two ends; of equal ones that which is attained. */
export function greater(a: End, b: End): End {
  if (a.at === b.at) return a.open ? b : a;
  return a.at > b.at ? a : b;
}

/** The facts further confined to [lower, upper], for results known to lie there. */
export function clip(facts: Facts, lower: End, upper: End): Facts {
  // Of equal ends the open one says more.
  const low = lowerOf(facts).at === lower.at ? { at: lower.at, open: lower.open || facts.lowerOpen } : greater(lowerOf(facts), lower); // prettier-ignore
  const high = upperOf(facts).at === upper.at ? { at: upper.at, open: upper.open || facts.upperOpen } : lesser(upperOf(facts), upper); // prettier-ignore
  return between(low, high, facts);
}

const slack = 2 ** -50;

/** A number surely not above `x`, which was computed with a few roundings. */
export function down(x: number): number {
  return x === 0 || !isFinite(x) ? x : x - Math.abs(x) * slack;
}

/** A number surely not below `x`, which was computed with a few roundings. */
export function up(x: number): number {
  return x === 0 || !isFinite(x) ? x : x + Math.abs(x) * slack;
}

// Knuth's two-sum: the rounding error of a + b, exactly.
function sumError(a: number, b: number): number {
  const sum = a + b;
  const other = sum - a;
  return a - (sum - other) + (b - other);
}

// A finite end is attained where both parts are; an infinite one where an infinite part is.
function combinedOpen(p: End, q: End, result: number): boolean {
  if (isFinite(result)) return p.open || q.open;
  return [p, q].every(({ at, open }) => isFinite(at) || open);
}

export function addFacts(a: Facts, b: Facts): Facts {
  const end = (p: End, q: End, outward: (x: number) => number, limit: number): End => {
    const sum = p.at + q.at;
    if (Number.isNaN(sum)) return closed(limit);
    const exact = !isFinite(sum) || sumError(p.at, q.at) === 0;
    return { at: exact ? sum : outward(sum), open: exact && combinedOpen(p, q, sum) };
  };
  return between(end(lowerOf(a), lowerOf(b), down, -Infinity), end(upperOf(a), upperOf(b), up, Infinity), {
    integer: a.integer && b.integer,
    finite: a.finite && b.finite,
  });
}

export function negateFacts(a: Facts): Facts {
  const lower = { at: 0 - a.upper, open: a.upperOpen };
  return between(lower, { at: 0 - a.lower, open: a.lowerOpen }, a);
}

function exactProduct(p: number, q: number): boolean {
  const product = p * q;
  if (p === 0 || q === 0 || !isFinite(p) || !isFinite(q) || Math.abs(p) === 1 || Math.abs(q) === 1) return true;
  return Number.isInteger(p) && Number.isInteger(q) && Math.abs(product) <= Number.MAX_SAFE_INTEGER;
}

function multiplyEnds(p: End, q: End): { end: End; exact: boolean } {
  if (p.at === 0 || q.at === 0) {
    // Zero times anything of the other interval: attained wherever the zero is. An unbounded factor does not matter.
    const attained = (p.at === 0 && !p.open) || (q.at === 0 && !q.open);
    return { end: { at: 0, open: !attained }, exact: true };
  }
  const product = p.at * q.at;
  return { end: { at: product, open: combinedOpen(p, q, product) }, exact: exactProduct(p.at, q.at) };
}

export function multiplyFacts(a: Facts, b: Facts): Facts {
  const ends = [lowerOf(a), upperOf(a)].flatMap((p) => [lowerOf(b), upperOf(b)].map((q) => multiplyEnds(p, q)));
  const widened = (outward: (x: number) => number): End[] =>
    ends.map(({ end, exact }) => (exact ? end : roundedOutward(end.at, outward)));
  return between(widened(down).reduce(lesser), widened(up).reduce(greater), {
    integer: a.integer && b.integer,
    finite: a.finite && b.finite,
  });
}

// A product that underflowed to zero still has the sign that the smallest number shows.
function roundedOutward(at: number, outward: (x: number) => number): End {
  if (at === 0) return closed(outward(1) > 1 ? Number.MIN_VALUE : -Number.MIN_VALUE);
  return closed(outward(at));
}

/** 1 / a; everything where `a` may be 0 (whose sign decides then). */
export function reciprocalFacts(a: Facts): Facts {
  if (!above(a, 0) && !below(a, 0)) return unknown;
  const invert = ({ at, open }: End, outward: (x: number) => number): End => {
    if (at === 0) return { at: above(a, 0) ? Infinity : -Infinity, open };
    const exact = !isFinite(at) || Math.abs(Math.log2(Math.abs(at))) % 1 === 0;
    return exact ? { at: 1 / at, open } : closed(outward(1 / at));
  };
  return between(invert(upperOf(a), down), invert(lowerOf(a), up), { finite: a.finite });
}

/**
 * For a function that grows (or with `falling` shrinks) over its whole domain, with values in `range`; open ends of the
 * range are attained at infinite operands only. `fn` is trusted to a few ulps.
 */
export function monotone(
  a: Facts,
  fn: (x: number) => number,
  range: readonly [End, End] = [closed(-Infinity), closed(Infinity)],
  falling = false,
): Facts {
  const image = ({ at, open }: End, outward: (x: number) => number, limit: End): End => {
    const value = fn(at);
    if (Number.isNaN(value)) return limit;
    // A value that rounds to the end of the range at a finite operand does not attain it.
    if (value === limit.at) return { at: value, open: open || (limit.open && isFinite(at)) };
    const exact = Number.isInteger(value) && (at === 0 || Math.abs(at) === 1 || !isFinite(at));
    return exact || !isFinite(value) ? { at: value, open } : closed(outward(value));
  };
  const [least, most] = a.finite ? range : [closed(range[0].at), closed(range[1].at)];
  const result = falling
    ? between(image(upperOf(a), down, range[0]), image(lowerOf(a), up, range[1]), { finite: a.finite })
    : between(image(lowerOf(a), down, range[0]), image(upperOf(a), up, range[1]), { finite: a.finite });
  return clip(result, least, most);
}
