/**
 * The ring of dims: polynomials with integer coefficients over atoms. Addition, multiplication and exact division know nothing of what
 * an atom means; floor, min and max are normalised in `dim.ts`. Users import `dim.ts`, which exports all of this again.
 */

/** A polynomial with integer coefficients; immutable and canonical: equal keys are equal dims. */
export interface Dim {
  /** Canonical text of the polynomial. */
  readonly key: string;
  /** Non-zero coefficients only, largest monomial first (graded lexicographic order); empty for 0. */
  readonly terms: readonly DimTerm[];
}

export interface DimTerm {
  readonly coefficient: number;
  /** Sorted by the key of the atom, powers >= 1; empty in the constant term. */
  readonly factors: readonly DimFactor[];
}

export interface DimFactor {
  readonly atom: DimAtom;
  readonly power: number;
}

export type DimAtom =
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "floor"; readonly numerator: Dim; readonly divisor: Dim }
  | { readonly kind: "min" | "max"; readonly left: Dim; readonly right: Dim }
  /** ceil(sqrt(of)), and 1 where `of` is less than that. */
  | { readonly kind: "root"; readonly of: Dim };

/** Past this a polynomial is no dimension that anybody wrote, and arithmetic on it would take all the time there is. */
const termLimit = 100_000;
/** A dimension that is larger than the language allows. */
export class DimensionLimit extends RangeError {}

const tooManyTerms = `a dimension is too large: it has more than ${termLimit} terms`;

const smallConstants: readonly Dim[] = Array.from({ length: 65 }, (_, value) => makeConstant(value));

function makeConstant(value: number): Dim {
  return { key: String(value), terms: value === 0 ? [] : [{ coefficient: value, factors: [] }] };
}

/** The dim of an integer. Throws RangeError if `value` is not a safe integer. */
export function constant(value: number): Dim {
  return value >= 0 && value < smallConstants.length && Number.isInteger(value)
    ? smallConstants[value]
    : makeConstant(safe(value));
}

/** The dim of a name. Throws RangeError if `name` could not be told from an expression in a key. */
export function symbol(name: string): Dim {
  if (name === "" || /[\s+\-*/^(),]/u.test(name)) throw new RangeError(`"${name}" is no name for a dimension`);
  return ofAtom({ kind: "symbol", name });
}

export const zero = constant(0);
export const one = constant(1);

/** The value where it is a known integer, else null. */
export function constantOf(a: Dim): number | null {
  if (a.terms.length === 0) return 0;
  const first = a.terms[0];
  return first.factors.length === 0 ? first.coefficient : null;
}

/** Same polynomial, and so the same value for all values of the symbols. */
export function equal(a: Dim, b: Dim): boolean {
  return a === b || a.key === b.key;
}

/** a + b. Throws RangeError where a coefficient passes 2^53, as every operation here. */
export function add(a: Dim, b: Dim): Dim {
  if (b.terms.length === 0) return a;
  if (a.terms.length === 0) return b;
  const x = constantOf(a);
  const y = constantOf(b);
  return x !== null && y !== null ? constant(x + y) : fromSorted(mergeTerms(a.terms, b.terms, 1));
}

/** a - b. */
export function subtract(a: Dim, b: Dim): Dim {
  if (b.terms.length === 0) return a;
  const x = constantOf(a);
  const y = constantOf(b);
  return x !== null && y !== null ? constant(x - y) : fromSorted(mergeTerms(a.terms, b.terms, -1));
}

/** -a. */
export function negate(a: Dim): Dim {
  return subtract(zero, a);
}

/** a * b. */
export function multiply(a: Dim, b: Dim): Dim {
  const x = constantOf(a);
  const y = constantOf(b);
  if (x !== null && y !== null) return constant(x * y);
  if (x === 1) return b;
  if (y === 1) return a;
  if (a.terms.length * b.terms.length > termLimit) throw new DimensionLimit(tooManyTerms);
  return fromSorted(sumOfProducts(a.terms, b.terms));
}

/** Halves are summed first, so that no long list is walked once a term. */
function sumOfProducts(a: readonly DimTerm[], b: readonly DimTerm[]): readonly DimTerm[] {
  if (a.length === 0) return [];
  if (a.length === 1) return multiplyTerms(b, a[0]);
  const middle = a.length >> 1;
  return mergeTerms(sumOfProducts(a.slice(0, middle), b), sumOfProducts(a.slice(middle), b), 1);
}

/**
 * The polynomial q with a = q * b, or null where b does not divide a for certain (also for b = 0). A symbolic b is taken to be non-zero:
 * n*k / k is n, which also serves where k = 0 makes both sides 0.
 */
export function divideExact(a: Dim, b: Dim): Dim | null {
  const lead = b.terms.at(0);
  if (lead === undefined) return null;
  const { quotient, rest } = divideWithRest(a, b, (coefficient) =>
    coefficient % lead.coefficient === 0 ? coefficient / lead.coefficient : 0,
  );
  return rest.terms.length === 0 ? quotient : null;
}

/**
 * Division as long as leading terms allow: a = quotient * b + rest, where `share` gives how often the leading coefficient of b is taken
 * out of a coefficient. The monomial order makes the result unique and the loop finite.
 */
export function divideWithRest(a: Dim, b: Dim, share: (coefficient: number) => number): { quotient: Dim; rest: Dim } {
  const lead = b.terms.at(0);
  if (lead === undefined) throw new RangeError("a dimension is divided by zero");
  let quotient = zero;
  let rest: readonly DimTerm[] = [];
  let open = a;
  for (let head = open.terms.at(0); head !== undefined; head = open.terms.at(0)) {
    const factors = divideFactors(head.factors, lead.factors);
    const times = factors === null ? 0 : share(head.coefficient);
    if (factors !== null && times !== 0) {
      const part = fromSorted([{ coefficient: times, factors }]);
      quotient = add(quotient, part);
      open = subtract(open, multiply(part, b));
    }
    // What is left of the leading monomial stays in the rest.
    const next = open.terms.at(0);
    if (next !== undefined && compareFactors(next.factors, head.factors) === 0) {
      rest = mergeTerms(rest, [next], 1);
      open = fromSorted(open.terms.slice(1));
    }
  }
  return { quotient, rest: fromSorted(rest) };
}

/** The dim that is one atom. */
export function ofAtom(atom: DimAtom): Dim {
  return fromSorted([{ coefficient: 1, factors: [{ atom, power: 1 }] }]);
}

/** The dim of one term. */
export function ofTerm(term: DimTerm): Dim {
  return fromSorted([term]);
}

/** The dim of terms that are already distinct and in order. */
export function fromSorted(terms: readonly DimTerm[]): Dim {
  const first = terms.at(0);
  if (first === undefined) return zero;
  if (first.factors.length === 0) return constant(first.coefficient);
  return { key: joinTerms(terms.map(({ coefficient, factors }) => [coefficient, factorsKey(factors)])), terms };
}

/** What tells an atom from another, and how it reads. */
export function atomKey(atom: DimAtom): string {
  switch (atom.kind) {
    case "symbol":
      return atom.name;
    case "floor":
      return `floor(${operandText(atom.numerator, atom.numerator.key, true)}/${operandText(atom.divisor, atom.divisor.key, false)})`;
    case "root":
      return `ceil(sqrt(${atom.of.key}))`;
    case "min":
    case "max":
      return `${atom.kind}(${atom.left.key}, ${atom.right.key})`;
  }
}

/** `text` of a dim as an operand of `/`: in parentheses where it has several terms, or as a divisor several factors. */
export function operandText(a: Dim, text: string, product: boolean): string {
  const first = a.terms.at(0);
  if (first === undefined) return text;
  const bare = first.factors.length === 0 || first.coefficient === 1 ? first.factors.length <= 1 : false;
  return a.terms.length === 1 && (product || bare) ? text : `(${text})`;
}

/** "2*n - k + 1" from coefficients and the text of their monomials ("" for the constant term). */
export function joinTerms(parts: readonly (readonly [coefficient: number, monomial: string])[]): string {
  let text = "";
  for (const [coefficient, monomial] of parts) {
    const size = Math.abs(coefficient);
    const body = monomial === "" ? String(size) : size === 1 ? monomial : `${size}*${monomial}`;
    if (text === "") text = coefficient < 0 ? `-${body}` : body;
    else text += (coefficient < 0 ? " - " : " + ") + body;
  }
  return text === "" ? "0" : text;
}

/** "n^2*m" */
export function factorsKey(factors: readonly DimFactor[], name: (atom: DimAtom) => string = atomKey): string {
  return factors.map(({ atom, power }) => (power === 1 ? name(atom) : `${name(atom)}^${power}`)).join("*");
}

/** Graded lexicographic order; negative where `a` is the larger monomial, which comes first. It respects multiplication, as division needs. */
export function compareFactors(a: readonly DimFactor[], b: readonly DimFactor[]): number {
  const difference = degree(b) - degree(a);
  if (difference !== 0) return difference;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i];
    const y = b[i];
    const order = compareAtoms(x.atom, y.atom);
    if (order !== 0) return order;
    if (x.power !== y.power) return y.power - x.power;
  }
  return 0;
}

/** Sum of the powers. */
export function degree(factors: readonly DimFactor[]): number {
  let sum = 0;
  for (const { power } of factors) sum += power;
  return sum;
}

/** The factors of a / b, or null where a power is missing. */
export function divideFactors(a: readonly DimFactor[], b: readonly DimFactor[]): readonly DimFactor[] | null {
  if (b.length === 0) return a;
  const result: DimFactor[] = [];
  let j = 0;
  for (const factor of a) {
    const other = b.at(j);
    if (other === undefined || compareAtoms(factor.atom, other.atom) !== 0) {
      result.push(factor);
      continue;
    }
    if (factor.power < other.power) return null;
    if (factor.power > other.power) result.push({ atom: factor.atom, power: factor.power - other.power });
    j++;
  }
  return j === b.length ? result : null;
}

/** The greatest common monomial. */
export function commonFactors(a: readonly DimFactor[], b: readonly DimFactor[]): readonly DimFactor[] {
  const result: DimFactor[] = [];
  for (const { atom, power } of a) {
    const other = b.find((factor) => compareAtoms(factor.atom, atom) === 0);
    if (other !== undefined) result.push({ atom, power: Math.min(power, other.power) });
  }
  return result;
}

/** Greatest common divisor of two integers, >= 0. */
export function gcd(a: number, b: number): number {
  let x = Math.abs(a);
  let y = Math.abs(b);
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** `value`, or a RangeError where it is no integer: a DimensionLimit where it passes 2^53. */
export function safe(value: number): number {
  if (!Number.isSafeInteger(value)) {
    if (Number.isInteger(value) || Math.abs(value) === Infinity)
      throw new DimensionLimit(
        `a dimension of ${value} is too large: dimensions and products of dimensions stay below 2^53`,
      );
    throw new RangeError(`a dimension must be an integer, not ${value}`);
  }
  return value + 0; // -0 becomes 0
}

function compareAtoms(a: DimAtom, b: DimAtom): number {
  if (a === b) return 0;
  const x = atomKey(a);
  const y = atomKey(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** a + sign * b for lists in order. */
function mergeTerms(a: readonly DimTerm[], b: readonly DimTerm[], sign: 1 | -1): readonly DimTerm[] {
  const result: DimTerm[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i];
    const y = b[j];
    const order = compareFactors(x.factors, y.factors);
    const coefficient = safe((order <= 0 ? x.coefficient : 0) + (order >= 0 ? sign * y.coefficient : 0));
    if (coefficient !== 0) result.push({ coefficient, factors: order <= 0 ? x.factors : y.factors });
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  for (; i < a.length; i++) result.push(a[i]);
  for (; j < b.length; j++) result.push({ coefficient: sign * b[j].coefficient, factors: b[j].factors });
  return result;
}

/** The order respects multiplication by a term, so the result is in order. */
function multiplyTerms(terms: readonly DimTerm[], by: DimTerm): readonly DimTerm[] {
  return terms.map(({ coefficient, factors }) => ({
    coefficient: safe(coefficient * by.coefficient),
    factors: multiplyFactors(factors, by.factors),
  }));
}

function multiplyFactors(a: readonly DimFactor[], b: readonly DimFactor[]): readonly DimFactor[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const result: DimFactor[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i];
    const y = b[j];
    const order = compareAtoms(x.atom, y.atom);
    result.push({
      atom: order <= 0 ? x.atom : y.atom,
      power: (order <= 0 ? x.power : 0) + (order >= 0 ? y.power : 0),
    });
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return [...result, ...a.slice(i), ...b.slice(j)];
}
