/**
 * Dimensions: "polynomials with integer coefficients over symbols and over floor(p/k), min(p, q), max(p, q); two dims are equal if their
 * normal forms are". Immutable and canonical; symbols stand for integers >= 0.
 */
import {
  add,
  atomKey,
  commonFactors,
  compareFactors,
  constant,
  constantOf,
  divideExact,
  divideFactors,
  divideWithRest,
  equal,
  factorsKey,
  fromSorted,
  gcd,
  joinTerms,
  multiply,
  negate,
  ofAtom,
  ofTerm,
  one,
  operandText,
  safe,
  subtract,
  zero,
  type Dim,
  type DimAtom,
  type DimFactor,
  type DimTerm,
} from "./dim-polynomial.ts";
import { isNonNegative } from "./dim-prove.ts";

export {
  add,
  atomKey,
  constant,
  constantOf,
  divideExact,
  equal,
  multiply,
  negate,
  subtract,
  symbol,
} from "./dim-polynomial.ts";
export { isNonNegative } from "./dim-prove.ts";
export type { Dim, DimAtom, DimFactor, DimTerm } from "./dim-polynomial.ts";

/** The dims of a tensor, outermost first; empty for a scalar. */
export type Shape = readonly Dim[];

/**
 * floor(a / b). Whole multiples of b are pulled out of a, so that floor((2n + 4)/2) is n + 2 and floor((n - k + 2)/2) equals
 * floor((n - k)/2) + 1. Throws RangeError for b = 0; a symbolic b is taken to be non-zero.
 */
export function floorDivide(a: Dim, b: Dim): Dim {
  const x = constantOf(a);
  const y = constantOf(b);
  if (y === 0) throw new RangeError("a dimension is divided by zero");
  if (x !== null && y !== null) return constant(floorQuotient(x, y));
  if (y === 1) return a;
  const lead = b.terms.at(0);
  if (lead !== undefined && lead.coefficient < 0) return floorDivide(negate(a), negate(b));
  const folded = foldFraction(a, b);
  if (folded !== null) return folded;
  const leading = lead?.coefficient ?? 1;
  const { quotient, rest } = divideWithRest(a, b, (coefficient) => floorQuotient(coefficient, leading));
  return add(quotient, floorOfRest(rest, b));
}

/** 0 and -1 where a lies between 0 and b, or between -b and 0. */
function foldFraction(a: Dim, b: Dim): Dim | null {
  if (a.terms.length === 0) return zero;
  const belowOne = isNonNegative(subtract(subtract(b, a), one)) === true;
  if (belowOne && isNonNegative(a) === true) return zero;
  const negative = isNonNegative(subtract(negate(a), one)) === true;
  return negative && isNonNegative(add(a, b)) === true ? constant(-1) : null;
}

/** floor(a / b) of an `a` that holds no whole multiple of b. */
function floorOfRest(a: Dim, b: Dim): Dim {
  const folded = foldFraction(a, b);
  if (folded !== null) return folded;
  const [p, q] = cancel(a, b);
  if (equal(q, one)) return p;
  const nested = isNonNegative(q) === true ? onlyFloor(p) : null;
  if (nested !== null) {
    // floor((floor(x) + r)/q) = floor((x + r)/q) for integers r and q > 0; here x = numerator/divisor.
    const { numerator, divisor } = nested.atom;
    return floorDivide(add(numerator, multiply(divisor, nested.rest)), multiply(divisor, q));
  }
  return ofAtom({ kind: "floor", numerator: p, divisor: q });
}

/** The one floor among the terms that stands alone with coefficient 1, and the other terms. */
function onlyFloor(a: Dim): { atom: DimAtom & { readonly kind: "floor" }; rest: Dim } | null {
  let found: { atom: DimAtom & { readonly kind: "floor" }; rest: Dim } | null = null;
  for (const term of a.terms) {
    const factor = term.factors.at(0);
    if (term.coefficient !== 1 || term.factors.length !== 1 || factor?.power !== 1) continue;
    if (factor.atom.kind !== "floor") continue;
    if (found !== null) return null;
    found = { atom: factor.atom, rest: subtract(a, ofTerm(term)) };
  }
  return found;
}

/** Divides both sides of a fraction under a floor by their common monomial and integer. */
function cancel(a: Dim, b: Dim): [Dim, Dim] {
  const first = b.terms.at(0);
  let factors: readonly DimFactor[] = first?.factors ?? [];
  for (const term of [...a.terms, ...b.terms]) factors = commonFactors(factors, term.factors);
  let divisor = b.terms.reduce((sum, term) => gcd(sum, term.coefficient), 0);
  // A constant s < g changes nothing: floor((g*r + s)/(g*q)) = floor((r + floor(s/g))/q) for q > 0.
  const positive = isNonNegative(b) === true;
  for (const term of a.terms) if (!positive || term.factors.length > 0) divisor = gcd(divisor, term.coefficient);
  const shrink = (dim: Dim): Dim =>
    fromSorted(
      dim.terms.flatMap((term): DimTerm[] => {
        const coefficient = floorQuotient(term.coefficient, divisor);
        const left = divideFactors(term.factors, factors) ?? term.factors;
        return coefficient === 0 ? [] : [{ coefficient, factors: left }];
      }),
    );
  return divisor === 1 && factors.length === 0 ? [a, b] : [shrink(a), shrink(b)];
}

/** floor(a / b) of integers, exact also where the quotient is not a double. */
function floorQuotient(a: number, b: number): number {
  const rest = a % b;
  return safe((a - rest) / b) - (rest !== 0 && rest < 0 !== b < 0 ? 1 : 0);
}

/** min(a, b), folded where one is provably the smaller. */
export function minimum(a: Dim, b: Dim): Dim {
  return extremum("min", a, b);
}

/** max(a, b), folded where one is provably the larger. */
export function maximum(a: Dim, b: Dim): Dim {
  return extremum("max", a, b);
}

/**
 * With d = a - b = g*m*(p - q), where p and q have positive coefficients only, g is an integer and m a non-negative monomial:
 * min(a, b) = b - g*m*q + g*m*min(p, q). The atom depends on a - b alone, so that a common summand or factor changes nothing.
 */
function extremum(kind: "min" | "max", a: Dim, b: Dim): Dim {
  const difference = subtract(a, b);
  const sign = isNonNegative(difference);
  if (sign !== null) return sign === (kind === "max") ? a : b;
  if (isNonNegative(negate(difference)) === true) return kind === "max" ? b : a;
  const first = difference.terms.at(0);
  let factors: readonly DimFactor[] = (first?.factors ?? []).filter(({ atom }) => isNonNegative(ofAtom(atom)) === true);
  let divisor = 0;
  for (const term of difference.terms) {
    divisor = gcd(divisor, term.coefficient);
    factors = commonFactors(factors, term.factors);
  }
  const part = (wanted: 1 | -1): Dim =>
    fromSorted(
      difference.terms
        .filter((term) => Math.sign(term.coefficient) === wanted)
        .map((term) => ({
          coefficient: Math.abs(term.coefficient) / divisor,
          factors: divideFactors(term.factors, factors) ?? term.factors,
        })),
    );
  const p = part(1);
  const q = part(-1);
  const scale = ofTerm({ coefficient: divisor, factors });
  const [left, right] = p.key < q.key ? [p, q] : [q, p];
  return add(subtract(b, multiply(scale, q)), multiply(scale, ofAtom({ kind, left, right })));
}

/** ceil(sqrt(a)), at least 1: the length of the parts that cut `a` into as many of them. */
export function root(a: Dim): Dim {
  const value = constantOf(a);
  return value === null ? ofAtom({ kind: "root", of: a }) : constant(rootOf(value));
}

/** What emitted code computes by the same operations. */
function rootOf(value: number): number {
  return Math.ceil(Math.sqrt(Math.max(1, value)));
}

/** Every symbol that the dim depends on. */
export function symbolsOf(a: Dim): ReadonlySet<string> {
  const names = new Set<string>();
  collectSymbols(a, names);
  return names;
}

function collectSymbols(a: Dim, names: Set<string>): void {
  for (const { factors } of a.terms) {
    for (const { atom } of factors) {
      if (atom.kind === "symbol") names.add(atom.name);
      else for (const part of atomParts(atom)) collectSymbols(part, names);
    }
  }
}

/**
 * What code that computes the dim reads, by name: its symbols, and as wholes roots and quotients by roots, since they take
 * long to compute. The name of such a whole is no identifier.
 */
export function parametersOf(a: Dim): ReadonlyMap<string, Dim> {
  const found = new Map<string, Dim>();
  collectParameters(a, found);
  return found;
}

function collectParameters(a: Dim, found: Map<string, Dim>): void {
  for (const { factors } of a.terms) {
    for (const { atom } of factors) {
      if (atom.kind === "symbol" || isWhole(atom)) found.set(atomKey(atom), ofAtom(atom));
      else for (const part of atomParts(atom)) collectParameters(part, found);
    }
  }
}

/** Whether code keeps the value of an atom: a root, or a quotient by one. */
export function isWhole(atom: DimAtom): boolean {
  if (atom.kind === "floor")
    return atom.divisor.terms.some(({ factors }) => factors.some((f) => f.atom.kind === "root"));
  return atom.kind === "root";
}

type Compound = Exclude<DimAtom, { readonly kind: "symbol" }>;

function atomParts(atom: Compound): readonly Dim[] {
  if (atom.kind === "root") return [atom.of];
  return atom.kind === "floor" ? [atom.numerator, atom.divisor] : [atom.left, atom.right];
}

/** The dim with symbols replaced; those that `values` does not name stay. */
export function substitute(a: Dim, values: ReadonlyMap<string, Dim>): Dim {
  if (values.size === 0 || constantOf(a) !== null) return a;
  let result = zero;
  for (const term of a.terms) {
    let part = constant(term.coefficient);
    for (const { atom, power } of term.factors) {
      const value = substituteAtom(atom, values);
      for (let i = 0; i < power; i++) part = multiply(part, value);
    }
    result = add(result, part);
  }
  return result;
}

function substituteAtom(atom: DimAtom, values: ReadonlyMap<string, Dim>): Dim {
  if (atom.kind === "symbol") return values.get(atom.name) ?? ofAtom(atom);
  const [x, y] = atomParts(atom).map((part) => substitute(part, values));
  if (atom.kind === "root") return root(x);
  return atom.kind === "floor" ? floorDivide(x, y) : extremum(atom.kind, x, y);
}

/** The value for given symbols. Throws RangeError for an unbound symbol, a division by zero and past 2^53. */
export function evaluate(a: Dim, values: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const { coefficient, factors } of a.terms) {
    let part = coefficient;
    for (const { atom, power } of factors) {
      const value = evaluateAtom(atom, values);
      for (let i = 0; i < power; i++) part = safe(part * value);
    }
    sum = safe(sum + part);
  }
  return sum;
}

function evaluateAtom(atom: DimAtom, values: ReadonlyMap<string, number>): number {
  if (atom.kind === "symbol") {
    const value = values.get(atom.name);
    if (value === undefined) throw new RangeError(`the dimension ${atom.name} has no value`);
    return value;
  }
  const [x, y] = atomParts(atom).map((part) => evaluate(part, values));
  if (atom.kind === "root") return rootOf(x);
  if (atom.kind === "min") return Math.min(x, y);
  if (atom.kind === "max") return Math.max(x, y);
  if (y === 0) throw new RangeError(`${atomKey(atom)} divides by zero`);
  return floorQuotient(x, y);
}

/** How a dim reads in messages: "2*n + 1", "floor((n - k)/2) + 1", "n^2"; positive terms in front. */
export function print(a: Dim): string {
  if (a.terms.length === 0) return a.key;
  const terms = [...drawIntoFloors(a)];
  const positive = terms.findIndex((term) => term.coefficient > 0);
  if (positive > 0) terms.unshift(...terms.splice(positive, 1));
  return joinTerms(terms.map(({ coefficient, factors }) => [coefficient, factorsKey(factors, printAtom)]));
}

function printAtom(atom: DimAtom): string {
  if (atom.kind === "symbol") return atom.name;
  const [left, right] = atomParts(atom);
  if (atom.kind === "root") return `ceil(sqrt(${print(left)}))`;
  if (atom.kind !== "floor") return `${atom.kind}(${print(left)}, ${print(right)})`;
  return `floor(${operandText(left, print(left), true)}/${operandText(right, print(right), false)})`;
}

/**
 * The normal form keeps remainders >= 0 under a floor: floor((n - k)/2) is floor((k + n)/2) - k. Reading is easier with -k inside, so a
 * negative multiple of a term under the floor moves back in.
 */
function drawIntoFloors(a: Dim): readonly DimTerm[] {
  let terms = a.terms;
  for (const term of a.terms) {
    const factor = term.factors.at(0);
    if (factor === undefined || term.factors.length !== 1 || factor.power !== 1 || factor.atom.kind !== "floor")
      continue;
    const { divisor } = factor.atom;
    let { numerator } = factor.atom;
    const scale = constantOf(divisor);
    if (scale === null) continue;
    for (const inner of numerator.terms) {
      const outer = terms.find((other) => compareFactors(other.factors, inner.factors) === 0);
      if (outer === undefined || inner.factors.length === 0 || outer === term) continue;
      const times = outer.coefficient / term.coefficient;
      if (!Number.isInteger(times) || times >= 0) continue;
      numerator = add(numerator, ofTerm({ coefficient: scale * times, factors: inner.factors }));
      terms = terms.filter((other) => other !== outer);
    }
    const atom: DimAtom = { kind: "floor", numerator, divisor };
    terms = terms.map((other) => (other === term ? { ...term, factors: [{ atom, power: 1 }] } : other));
  }
  return terms;
}

/** The number of elements of a tensor; 1 for a scalar. */
export function product(shape: Shape): Dim {
  let result = one;
  for (const dim of shape) result = multiply(result, dim);
  return result;
}

/** "[batch, 784]" */
export function printShape(shape: Shape): string {
  return `[${shape.map(print).join(", ")}]`;
}

/** Same rank and equal dims. */
export function shapesEqual(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
  return true;
}

/** What must hold of dims for a program to make sense. "divides": `left` divides `right`. */
export interface Requirement {
  readonly left: Dim;
  readonly relation: ">=" | "==" | "divides";
  readonly right: Dim;
}

/** True where the requirement always holds, false where it never does, null where the values of the symbols decide. */
export function decide({ left, relation, right }: Requirement): boolean | null {
  const difference = subtract(left, right);
  switch (relation) {
    case ">=":
      return isNonNegative(difference);
    case "==":
      if (difference.terms.length === 0) return true;
      return isNeverZero(difference) ? false : null;
    case "divides":
      return divides(left, right);
  }
}

function isNeverZero(a: Dim): boolean {
  if (constantOf(a) !== null) return true;
  if (isNonNegative(subtract(a, one)) === true || isNonNegative(a) === false) return true;
  const { step, offset } = residue(a);
  return offset % step !== 0; // 2n - 2m + 1 is odd
}

function divides(left: Dim, right: Dim): boolean | null {
  if (right.terms.length === 0) return true;
  const by = constantOf(left);
  if (by === 0) return isNeverZero(right) ? false : null;
  if (divideExact(right, left) !== null) return true;
  if (by === null) return null;
  const { step, offset } = residue(right);
  // right = offset modulo every divisor of step
  return offset % gcd(step, by) !== 0 || constantOf(right) !== null ? false : null;
}

/** a = offset + step * (some integer). */
function residue(a: Dim): { step: number; offset: number } {
  let step = 0;
  let offset = 0;
  for (const term of a.terms) {
    if (term.factors.length === 0) offset = term.coefficient;
    else step = gcd(step, term.coefficient);
  }
  return { step, offset };
}
