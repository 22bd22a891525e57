/** Formulas as text, in the notation of the language, with the parentheses that are needed and no others. */
import { isAtom, type Formula, type Operator } from "./formula.ts";
import { numberText } from "./number-text.ts";

/** How tightly a formula binds; the levels are the grammar's, loosest first. */
const level = {
  if: 0,
  or: 1,
  and: 2,
  not: 3,
  compare: 4,
  sum: 5,
  product: 6,
  negative: 7,
  power: 8,
  atom: 9,
} as const;

/** The formula as the language writes it. */
export function formulaText(f: Formula): string {
  switch (f.kind) {
    case "number":
      return numberText(f.value);
    case "name":
      return f.text;
    case "sum":
      return f.terms
        .map(({ negative, formula }, k) => {
          const wanted = formula.kind === "number" ? level.power : level.product;
          const text = within(formula, k === 0 && !negative ? level.sum : wanted);
          return k === 0 ? (negative ? `-${text}` : text) : `${negative ? " - " : " + "}${text}`;
        })
        .join("");
    case "product":
      return f.factors.map((factor, k) => factorText(factor, k)).join(" * ");
    case "quotient":
      return quotientText(f.numerator, f.denominator);
    case "negative":
      return `-${within(f.operand, level.product)}`;
    case "power":
      return `${within(f.base, level.atom)}^${within(f.exponent, level.negative)}`;
    case "matmul": {
      const left = f.left.kind === "matmul" ? formulaText(f.left) : within(f.left, level.negative);
      return `${left} @ ${within(f.right, level.negative)}`;
    }
    case "transpose":
      return `${within(f.operand, level.atom)}.T`;
    case "subscript": {
      const entries = f.entries.map((entry) => (typeof entry === "string" ? entry : formulaText(entry)));
      return `${within(f.object, level.atom)}[${entries.join(", ")}]`;
    }
    case "call": {
      const args = f.arguments.map((a) => (a.name === null ? "" : `${a.name} = `) + formulaText(a.value));
      return `${f.callee}(${args.join(", ")})`;
    }
    case "list":
      return `[${f.elements.map(formulaText).join(", ")}]`;
    case "binary": {
      const own = operatorLevel(f.operator);
      const side = own === level.compare ? level.sum : own;
      return `${within(f.left, side)} ${f.operator} ${within(f.right, own === level.compare ? side : own + 1)}`;
    }
    case "not":
      return `not ${within(f.operand, level.not)}`;
    case "if":
      return `if ${within(f.condition, level.or)} then ${within(f.then, level.or)} else ${formulaText(f.otherwise)}`;
  }
}

/** A matrix product next to `*` is set apart; what comes after the first factor is no quotient of numbers that reads twice. */
function factorText(f: Formula, k: number): string {
  if (f.kind === "matmul") return `(${formulaText(f)})`;
  if (f.kind === "quotient" && k > 0) return `(${formulaText(f)})`;
  return within(f, k === 0 ? level.product : level.power);
}

/** Short fractions stand close: y/a. */
function quotientText(numerator: Formula, denominator: Formula): string {
  const over = numerator.kind === "matmul" ? `(${formulaText(numerator)})` : within(numerator, level.product);
  const under = within(denominator, level.power);
  const close = numerator.kind !== "product" && numerator.kind !== "quotient";
  return close ? `${over}/${under}` : `${over} / ${under}`;
}

function within(f: Formula, wanted: number): string {
  const text = formulaText(f);
  return levelOf(f) < wanted ? `(${text})` : text;
}

function levelOf(f: Formula): number {
  if (isAtom(f)) return level.atom;
  switch (f.kind) {
    case "number":
    case "negative":
      return level.negative;
    case "sum":
      return level.sum;
    case "product":
    case "quotient":
    case "matmul":
      return level.product;
    case "power":
      return level.power;
    case "not":
      return level.not;
    case "if":
      return level.if;
    case "binary":
      return operatorLevel(f.operator);
    case "name":
    case "call":
    case "transpose":
    case "subscript":
    case "list":
      return level.atom;
  }
}

function operatorLevel(operator: Operator): number {
  if (operator === "and") return level.and;
  return operator === "or" ? level.or : level.compare;
}
