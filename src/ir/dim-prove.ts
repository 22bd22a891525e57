/**
 * What can be proved of a dim when all that is known is that symbols are integers >= 0 and that nothing is divided by zero. Proofs are by
 * monotone bounds and are sound, not complete: the answer "unknown" leaves a check for run time.
 */
import {
  add,
  constant,
  constantOf,
  divideFactors,
  fromSorted,
  multiply,
  negate,
  ofTerm,
  one,
  subtract,
  zero,
  type Dim,
  type DimAtom,
  type DimFactor,
  type DimTerm,
} from "./dim-polynomial.ts";

/** How many case splits and substitutions one question may cost. */
const fuel = 64;

/** True where a >= 0 for all symbols >= 0, false where a < 0 for all of them, null where neither can be shown. */
export function isNonNegative(a: Dim): boolean | null {
  const value = constantOf(a);
  if (value !== null) return value >= 0;
  if (holds(a, { left: fuel })) return true;
  return holds(subtract(negate(a), one), { left: fuel }) ? false : null;
}

function holds(a: Dim, budget: { left: number }): boolean {
  const value = constantOf(a);
  if (value !== null) return value >= 0;
  if (budget.left-- <= 0) return false;
  if (isCovered(a.terms, budget)) return true;
  try {
    return holdsByBounds(a, budget);
  } catch (error) {
    // Nested floors multiply coefficients past what a dim holds: nothing is shown then.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Every negative term is covered by a positive one that is at least as large: n^3 >= n^2 >= n for integers n >= 0, the same symbols with
 * higher powers.
 */
function isCovered(terms: readonly DimTerm[], budget: { left: number }): boolean {
  if (!terms.every((term) => isMonomialNonNegative(term.factors, budget))) return false;
  const credits = terms.filter((term) => term.coefficient > 0).map((term) => ({ ...term }));
  for (const debt of terms) {
    if (debt.coefficient > 0) continue;
    let open = -debt.coefficient;
    for (const credit of credits) {
      if (!dominates(credit.factors, debt.factors)) continue;
      const paid = Math.min(open, credit.coefficient);
      credit.coefficient -= paid;
      open -= paid;
    }
    if (open > 0) return false;
  }
  return true;
}

function dominates(large: readonly DimFactor[], small: readonly DimFactor[]): boolean {
  return (
    large.length === small.length &&
    small.length > 0 &&
    // Both lists are sorted by atom; an atom of a canonical dim is the same object or has equal parts.
    small.every((factor, i) => sameAtom(factor.atom, large[i].atom) && large[i].power >= factor.power)
  );
}

function isMonomialNonNegative(factors: readonly DimFactor[], budget: { left: number }): boolean {
  return factors.every(({ atom, power }) => power % 2 === 0 || isAtomNonNegative(atom, budget));
}

function isAtomNonNegative(atom: DimAtom, budget: { left: number }): boolean {
  switch (atom.kind) {
    case "symbol":
      return true;
    case "floor":
      return holds(atom.numerator, budget) && holds(atom.divisor, budget);
    case "min":
      return holds(atom.left, budget) && holds(atom.right, budget);
    case "max":
      return holds(atom.left, budget) || holds(atom.right, budget);
    case "root":
      return true;
  }
}

/** Replaces one floor, root, min or max by what bounds it, and asks again. */
function holdsByBounds(a: Dim, budget: { left: number }): boolean {
  for (const term of a.terms) {
    for (const { atom, power } of term.factors) {
      if (atom.kind === "symbol") continue;
      const bounded = atom.kind === "floor" || atom.kind === "root" ? boundOfTerm(term, atom, power, budget) : null;
      if (bounded !== null && holds(add(subtract(a, ofTerm(term)), bounded), budget)) return true;
      if (atom.kind === "root") continue;
      if (atom.kind === "floor") {
        if (term.factors.length === 1 && power === 1 && holdsByFloor(a, term, atom, budget)) return true;
        continue;
      }
      // Either side is the value of the atom, so that it suffices that both cases hold.
      const left = replaceAtom(a, atom, atom.left);
      const right = replaceAtom(a, atom, atom.right);
      const holdsLeft = holds(left, budget);
      if (holdsLeft && holds(right, budget)) return true;
      // -min(p, q) >= -p and max(p, q) >= p: one case suffices where the atom stands once, with the right sign.
      const helps = term.factors.length === 1 && power === 1 && (atom.kind === "min") === term.coefficient < 0;
      if (helps && !mentionsElsewhere(a, term, atom) && (holdsLeft || holds(right, budget))) return true;
    }
  }
  return false;
}

/**
 * a = t * floor(p/q) + rest with q > 0. Multiplied by q, with p - q + 1 <= q * floor(p/q) <= p; as a is an integer, a >= 0 follows from
 * q * a > -q. For t = 1 the condition is exact: floor(p/q) + rest >= 0 if and only if p + q * rest >= 0.
 */
function holdsByFloor(
  a: Dim,
  term: DimTerm,
  atom: DimAtom & { readonly kind: "floor" },
  budget: { left: number },
): boolean {
  if (mentionsElsewhere(a, term, atom) || !holds(atom.divisor, budget)) return false;
  const { numerator: p, divisor: q } = atom;
  const rest = multiply(q, subtract(a, ofTerm(term)));
  const slack = subtract(q, one);
  const bound = term.coefficient > 0 ? subtract(p, slack) : p;
  return holds(add(add(multiply(constant(term.coefficient), bound), rest), slack), budget);
}

/**
 * What a term is no less than: q * floor(p/q) lies in p - q + 1 .. p, and with r = ceil(sqrt(p)) >= 1 in it r^2 >= p. Null
 * where neither stands in it, or for an upper bound of a root.
 */
function boundOfTerm(
  term: DimTerm,
  atom: DimAtom & { readonly kind: "floor" | "root" },
  power: number,
  budget: { left: number },
): Dim | null {
  const { coefficient } = term;
  const others = term.factors.filter((factor) => factor.atom !== atom);
  const times = (factors: readonly DimFactor[], bound: Dim): Dim =>
    multiply(fromSorted([{ coefficient, factors }]), bound);
  if (atom.kind === "root") {
    if (coefficient < 0 || !isMonomialNonNegative(others, budget)) return null;
    if (power === 1) return times(others, one);
    const left = term.factors.map((factor) => (factor.atom === atom ? { atom, power: power - 2 } : factor));
    return times(power === 2 ? others : left, atom.of);
  }
  const [divisor, ...more] = atom.divisor.terms;
  if (power > 1 || more.length > 0 || divisor.coefficient !== 1) return null;
  const rest = divisor.factors.length === 0 ? null : divideFactors(others, divisor.factors);
  if (rest === null || !isMonomialNonNegative(rest, budget) || !holds(atom.divisor, budget)) return null;
  const { numerator: p, divisor: q } = atom;
  return times(rest, coefficient > 0 ? add(subtract(p, q), one) : p);
}

function mentionsElsewhere(a: Dim, term: DimTerm, atom: DimAtom): boolean {
  return a.terms.some((other) => other !== term && other.factors.some((factor) => sameAtom(factor.atom, atom)));
}

function replaceAtom(a: Dim, atom: DimAtom, by: Dim): Dim {
  let result = zero;
  for (const term of a.terms) {
    const index = term.factors.findIndex((factor) => sameAtom(factor.atom, atom));
    const power = index < 0 ? 0 : term.factors[index].power;
    let part = fromSorted([{ coefficient: term.coefficient, factors: term.factors.filter((_, i) => i !== index) }]);
    for (let i = 0; i < power; i++) part = multiply(part, by);
    result = add(result, part);
  }
  return result;
}

function sameAtom(a: DimAtom, b: DimAtom): boolean {
  if (a === b) return true;
  if (a.kind === "symbol") return b.kind === "symbol" && a.name === b.name;
  if (a.kind === "root") return b.kind === "root" && a.of.key === b.of.key;
  if (a.kind === "floor") {
    return b.kind === "floor" && a.numerator.key === b.numerator.key && a.divisor.key === b.divisor.key;
  }
  return a.kind === b.kind && a.left.key === b.left.key && a.right.key === b.right.key;
}
