/**
 * Formulas as people write them, and the arithmetic that keeps them tidy: signs in front of terms, nested sums and
 * products flat, numbers first. A formula is data; formula-text.ts prints it, and other printers may.
 */

export type Formula =
  | { readonly kind: "number"; readonly value: number }
  /** A name, or what binds as tightly. */
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "sum"; readonly terms: readonly Term[] }
  | { readonly kind: "product"; readonly factors: readonly Formula[] }
  | { readonly kind: "quotient"; readonly numerator: Formula; readonly denominator: Formula }
  | { readonly kind: "negative"; readonly operand: Formula }
  | { readonly kind: "power"; readonly base: Formula; readonly exponent: Formula }
  | { readonly kind: "matmul"; readonly left: Formula; readonly right: Formula }
  | { readonly kind: "transpose"; readonly operand: Formula }
  | { readonly kind: "subscript"; readonly object: Formula; readonly entries: readonly (Formula | string)[] }
  | { readonly kind: "call"; readonly callee: string; readonly arguments: readonly Argument[] }
  | { readonly kind: "list"; readonly elements: readonly Formula[] }
  | { readonly kind: "binary"; readonly operator: Operator; readonly left: Formula; readonly right: Formula }
  | { readonly kind: "not"; readonly operand: Formula }
  | { readonly kind: "if"; readonly condition: Formula; readonly then: Formula; readonly otherwise: Formula };

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or";

/** Denominators of more parts are not compared. */
const commonSize = 9;

export interface Term {
  readonly negative: boolean;
  readonly formula: Formula;
}

export interface Argument {
  /** Null for a positional argument. */
  readonly name: string | null;
  readonly value: Formula;
}

export function number(value: number): Formula {
  return { kind: "number", value };
}

export function name(text: string): Formula {
  return { kind: "name", text };
}

/** `callee(a, b)` */
export function call(callee: string, ...args: readonly Formula[]): Formula {
  return { kind: "call", callee, arguments: args.map((value) => ({ name: null, value })) };
}

/** A name, a number or a call: what needs no parentheses anywhere. */
export function isAtom(f: Formula): boolean {
  return f.kind === "name" || f.kind === "call" || (f.kind === "number" && !isNegativeNumber(f));
}

function isNegativeNumber(f: Formula): boolean {
  return f.kind === "number" && (f.value < 0 || Object.is(f.value, -0));
}

/** -f, with the sign where it shows least: in numbers, or by exchanging the sides of a difference. */
export function negated(f: Formula): Formula {
  switch (f.kind) {
    case "number":
      return number(-f.value);
    case "negative":
      return f.operand;
    case "sum":
      return isDifference(f) ? sum(f.terms.map(opposite)) : { kind: "negative", operand: f };
    default: {
      const turned = turnDifference(f);
      return turned ?? { kind: "negative", operand: f };
    }
  }
}

function opposite({ negative, formula }: Term): Term {
  return { negative: !negative, formula };
}

/** p - q, whose sign turns by exchanging its sides; fractions have an order of their own. */
function isDifference(f: Formula): boolean {
  if (f.kind !== "sum" || f.terms.length !== 2 || areFractions(f.terms)) return false;
  return f.terms[0].negative !== f.terms[1].negative;
}

function areFractions(terms: readonly Term[]): boolean {
  return terms.every(({ formula }) => formula.kind === "quotient");
}

/** -(f), where f is a product or quotient with a difference as a factor; null where it has none. */
function turnDifference(f: Formula): Formula | null {
  if (f.kind === "quotient") {
    const { numerator, denominator } = f;
    const turned = isDifference(numerator) ? negated(numerator) : turnDifference(numerator);
    return turned === null ? null : { kind: "quotient", numerator: turned, denominator };
  }
  if (f.kind !== "product") return null;
  const k = f.factors.findIndex(isDifference);
  return k < 0 ? null : product(f.factors.map((factor, j) => (j === k ? negated(factor) : factor)));
}

/** The sign in front of a term, taken out of it. */
function signed({ negative, formula }: Term): Term {
  if (formula.kind === "negative") return signed({ negative: !negative, formula: formula.operand });
  if (isNegativeNumber(formula)) return { negative: !negative, formula: negated(formula) };
  if (formula.kind === "product" && isNegativeNumber(formula.factors[0])) {
    const [first, ...rest] = formula.factors;
    return { negative: !negative, formula: product([negated(first), ...rest]) };
  }
  if (formula.kind === "quotient") {
    const inner = signed({ negative, formula: formula.numerator });
    if (inner.formula !== formula.numerator) {
      return { negative: inner.negative, formula: { ...formula, numerator: inner.formula } };
    }
  }
  if (!negative) return { negative, formula };
  const turned = turnDifference(formula);
  return turned === null ? { negative, formula } : { negative: false, formula: turned };
}

/**
 * The sum of the terms: nested sums are opened, and a positive term comes first. A sum of fractions alone begins with the
 * shortest; where that one is negative the sign goes before the whole, as in -(y/a - (1 - y)/(1 - a)).
 */
export function sum(parts: readonly Term[]): Formula {
  const terms = collected(
    parts.flatMap((part): readonly Term[] => {
      const term = signed(part);
      if (term.formula.kind !== "sum") return [term];
      return term.negative ? term.formula.terms.map(opposite) : term.formula.terms;
    }),
  );
  if (terms.length === 0) return number(0);
  if (terms.length === 1) return terms[0].negative ? negated(terms[0].formula) : terms[0].formula;
  if (areFractions(terms)) {
    const common = commonDenominator(terms);
    if (common !== null) return common;
    const sorted = [...terms].sort((p, q) => size(p.formula) - size(q.formula));
    if (!sorted[0].negative) return { kind: "sum", terms: sorted };
    return { kind: "negative", operand: { kind: "sum", terms: sorted.map(opposite) } };
  }
  const first = terms.findIndex(({ negative }) => !negative);
  if (first < 0) return { kind: "negative", operand: { kind: "sum", terms: terms.map(opposite) } };
  return { kind: "sum", terms: [terms[first], ...terms.slice(0, first), ...terms.slice(first + 1)] };
}

/** Names that stand several times are counted: x + x is 2 x, and x - x nothing. */
function collected(terms: readonly Term[]): readonly Term[] {
  const counts = new Map<string, number>();
  for (const { negative, formula } of terms) {
    if (formula.kind === "name") counts.set(formula.text, (counts.get(formula.text) ?? 0) + (negative ? -1 : 1));
  }
  return terms.flatMap((term): Term[] => {
    if (term.formula.kind !== "name") return [term];
    const count = counts.get(term.formula.text) ?? 0;
    counts.set(term.formula.text, 0);
    if (count === 0) return [];
    return [{ negative: count < 0, formula: product([number(Math.abs(count)), term.formula]) }];
  });
}

/** (p - q)/n for p/n - q/n; null where the denominators differ. */
function commonDenominator(terms: readonly Term[]): Formula | null {
  const fractions = terms.flatMap(({ negative, formula }) =>
    formula.kind === "quotient" ? [{ negative, ...formula }] : [],
  );
  const [{ denominator }] = fractions;
  if (size(denominator) > commonSize) return null;
  const text = JSON.stringify(denominator);
  if (fractions.some((fraction) => JSON.stringify(fraction.denominator) !== text)) return null;
  return quotient(sum(fractions.map(({ negative, numerator }) => ({ negative, formula: numerator }))), denominator);
}

/** The product: nested products are opened, numbers come first, 1 is left out, and fractions become one. */
export function product(parts: readonly Formula[]): Formula {
  const factors: Formula[] = [];
  const under: Formula[] = [];
  let scale = 1;
  let numbers = 0;
  const add = (f: Formula): void => {
    if (f.kind === "product") f.factors.forEach(add);
    else if (f.kind === "quotient") {
      add(f.numerator);
      under.push(f.denominator);
    } else if (f.kind === "negative") {
      scale = -scale;
      add(f.operand);
    } else if (f.kind === "number") {
      scale *= f.value;
      if (f.value !== 1) numbers++;
    } else factors.push(f);
  };
  parts.forEach(add);
  if (under.length > 0) return quotient(scaled(scale, factors), product(under));
  // Several numbers in one product are the user's, and stay apart.
  if (numbers > 1 && factors.length > 0) {
    return { kind: "product", factors: parts.flatMap((f) => (f.kind === "product" ? f.factors : [f])) };
  }
  return scaled(scale, factors);
}

function scaled(scale: number, factors: readonly Formula[]): Formula {
  if (factors.length === 0) return number(scale);
  if (Math.abs(scale) !== 1) return { kind: "product", factors: [number(scale), ...factors] };
  const rest: Formula = factors.length === 1 ? factors[0] : { kind: "product", factors };
  return scale < 0 ? negated(rest) : rest;
}

/** a / b */
export function quotient(numerator: Formula, denominator: Formula): Formula {
  if (denominator.kind === "number" && denominator.value === 1) return numerator;
  if (numerator.kind === "negative") return negated(quotient(numerator.operand, denominator));
  return { kind: "quotient", numerator, denominator };
}

/** x.T; twice is x. */
export function transposed(operand: Formula): Formula {
  const isSymmetric = (f: Formula): boolean => f.kind === "number" || isIdentity(f);
  if (operand.kind === "product" ? operand.factors.every(isSymmetric) : isSymmetric(operand)) return operand;
  return operand.kind === "transpose" ? operand.operand : { kind: "transpose", operand };
}

/** eye(n), the identity matrix. */
export function isIdentity(f: Formula): boolean {
  return f.kind === "call" && f.callee === "eye";
}

/** a @ b */
export function matmul(left: Formula, right: Formula): Formula {
  if (isIdentity(left)) return right;
  return isIdentity(right) ? left : { kind: "matmul", left, right };
}

/** left operator right, with a number on the right: x > 0 for 0 < x. */
export function comparison(operator: Operator, left: Formula, right: Formula): Formula {
  const mirrored = mirrors[operator];
  if (left.kind === "number" && right.kind !== "number" && mirrored !== undefined) {
    return { kind: "binary", operator: mirrored, left: right, right: left };
  }
  return { kind: "binary", operator, left, right };
}

const mirrors: { readonly [O in Operator]?: Operator } = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** How many names, numbers and operations a formula holds. */
export function size(f: Formula): number {
  return 1 + partsOf(f).reduce((total, part) => total + size(part), 0);
}

/** The formulas directly inside of one. */
export function partsOf(f: Formula): readonly Formula[] {
  switch (f.kind) {
    case "number":
    case "name":
      return [];
    case "sum":
      return f.terms.map(({ formula }) => formula);
    case "product":
      return f.factors;
    case "quotient":
      return [f.numerator, f.denominator];
    case "negative":
    case "transpose":
    case "not":
      return [f.operand];
    case "power":
      return [f.base, f.exponent];
    case "matmul":
    case "binary":
      return [f.left, f.right];
    case "subscript":
      return [f.object, ...f.entries.filter((entry) => typeof entry !== "string")];
    case "call":
      return f.arguments.map(({ value }) => value);
    case "list":
      return f.elements;
    case "if":
      return [f.condition, f.then, f.otherwise];
  }
}

/** The formula with names replaced as it stands; null leaves a name. */
export function withNames(f: Formula, replace: (text: string) => Formula | null): Formula {
  const inside = (part: Formula): Formula => withNames(part, replace);
  switch (f.kind) {
    case "number":
      return f;
    case "name":
      return replace(f.text) ?? f;
    case "sum":
      return { ...f, terms: f.terms.map((term) => ({ ...term, formula: inside(term.formula) })) };
    case "product":
      return { ...f, factors: f.factors.map(inside) };
    case "quotient":
      return { ...f, numerator: inside(f.numerator), denominator: inside(f.denominator) };
    case "negative":
    case "transpose":
    case "not":
      return { ...f, operand: inside(f.operand) };
    case "power":
      return { ...f, base: inside(f.base), exponent: inside(f.exponent) };
    case "matmul":
    case "binary":
      return { ...f, left: inside(f.left), right: inside(f.right) };
    case "subscript": {
      const entries = f.entries.map((entry) => (typeof entry === "string" ? entry : inside(entry)));
      return { ...f, object: inside(f.object), entries };
    }
    case "call":
      return { ...f, arguments: f.arguments.map((argument) => ({ ...argument, value: inside(argument.value) })) };
    case "list":
      return { ...f, elements: f.elements.map(inside) };
    case "if":
      return { ...f, condition: inside(f.condition), then: inside(f.then), otherwise: inside(f.otherwise) };
  }
}
