/** Functions at the ends of their domains and beyond. */
import { constantValue, is } from "../../ir/expressions.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";
import { short, type Hazard } from "./hazard.ts";
import { given, source, stableSum, sumOfExponentials, sumOfSquares, timesItsArgument } from "./patterns.ts";

const logarithms: readonly PrimitiveName[] = ["log", "log2", "log10", "log1p"];

/** Logarithms of what have forms of their own. */
const logarithmForms: readonly { readonly of: (x: Node) => boolean; readonly form: string }[] = [
  {
    of: (x) => takenFromOne(x, (f) => is(f, "power_integer") && is(source(f.operands[0]), "tanh")),
    form: "`log(1 - tanh(x)^2)` is `2 * (log(2) - x - softplus(-2 * x))`",
  },
  {
    of: (x) => takenFromOne(x, (f) => is(f, "tanh")),
    form: "`log(1 - tanh(x))` is `log(2) - softplus(2 * x)`",
  },
  {
    of: (x) => takenFromOne(x, (f) => is(f, "exp")),
    form: "`log(1 - exp(x))` needs x < 0, and is `if x > -0.7 then log(-expm1(x)) else log1p(-exp(x))`",
  },
  {
    of: (x) => takenFromOne(x, () => true),
    form: "keep the argument positive; `log1p(-x)` is `log(1 - x)` that keeps its digits at small x",
  },
  {
    of: (x) => is(x, "add") && x.operands.some((term) => constantValue(term) === 1),
    form: "keep the argument positive; `log1p(x)`, over `log(2)` or `log(10)`, keeps the digits at small x",
  },
  {
    of: (x) => is(x, "subtract"),
    form: "`log(a - b)` needs a > b; guard it, as in `if a > b then log(a - b) else ...`",
  },
  { of: () => true, form: "keep the argument positive, as in `log(maximum(x, 1e-12))`" },
];

/** x is 1 - f. */
function takenFromOne(x: Node, f: (of: Node) => boolean): boolean {
  return is(x, "subtract") && constantValue(x.operands[0]) === 1 && f(source(x.operands[1]));
}

function logarithmForm({ primitive, operands: [x] }: Node): string {
  if (primitive === "log1p") return "keep the argument above -1, as in `log1p(maximum(x, -0.999999))`";
  return logarithmForms.find(({ of }) => of(source(x)))?.form ?? "";
}

/** A function of one number with its inverse's range for a domain. `outside` and `end`: where it is NaN, and where its derivative is infinite. */
function inverse(
  f: PrimitiveName,
  outside: (x: number) => boolean,
  end: (x: number) => boolean,
  help: (x: Node) => string,
): Hazard {
  return {
    code: "hazard-domain",
    primitives: [f],
    written: new RegExp(`\\b${f}\\(`),
    applies: ({ operands: [x] }, around) => !given(x, around),
    effect: ({ operands: [x], value }) =>
      outside(x) || (end(x) && !Number.isFinite(value)) ? "value" : end(x) ? "gradient" : null,
    what: ({ operands: [x], value }) => {
      if (outside(x)) return `\`${f}\` of ${short(x, Math.sign(x))} is NaN`;
      return Number.isFinite(value) ? `the derivative of \`${f}\` is infinite at ${x}` : `\`${f}\` of ${x} is infinite`;
    },
    help: ({ operands: [x] }) => help(source(x)),
  };
}

const beyondOne = (x: number): boolean => Math.abs(x) > 1;
const atOne = (x: number): boolean => Math.abs(x) === 1;
const clamped = (f: string): string => `keep the argument inside, as in \`${f}(clamp(x, -0.999999, 0.999999))\``;

export const domains: readonly Hazard[] = [
  // exp(x) / sum(exp(x)) and log(sum(exp(x))) have values wherever x has.
  {
    code: "hazard-overflow",
    primitives: ["exp"],
    written: /\bexp\(/,
    far: true,
    applies: (node, around) => stableSum(node, around) !== null,
    effect: ({ value }) => (value === Infinity ? "value" : null),
    whole: (node, around) => stableSum(node, around)?.whole ?? null,
    what: () => "`exp` overflows, though the whole has a value",
    help: (node, around) =>
      stableSum(node, around)?.name === "softmax"
        ? "`softmax(x)` is `exp(x) / sum(exp(x))` without overflow"
        : "`logsumexp(x)` is `log(sum(exp(x)))` without overflow, and `log_softmax(x)` is `x - log(sum(exp(x)))`",
  },
  {
    code: "hazard-overflow",
    primitives: ["exp"],
    written: /\bexp\(/,
    applies: (node, around) => stableSum(node, around) === null && !given(node.operands[0], around),
    effect: ({ value }) => (value === Infinity ? "value" : null),
    what: ({ operands: [x] }) => `\`exp\` of ${short(x)} overflows`,
    help: () => "bound the exponent from above, or work with logarithms",
  },
  // x * log(x) goes to 0 with x.
  {
    code: "hazard-log",
    primitives: ["log", "log2", "log10"],
    written: /\blog(2|10)?\(/,
    applies: (node, around) => timesItsArgument(node, around) !== null,
    effect: ({ operands: [x] }) => (x === 0 ? "value" : null),
    whole: timesItsArgument,
    what: () => "`x * log(x)` is NaN at 0, where its limit is 0",
    help: () => "guard it, as in `if x > 0 then x * log(x) else 0`",
  },
  {
    code: "hazard-log",
    primitives: logarithms,
    written: /\blog(2|10|1p)?\(/,
    applies: ({ operands: [x] }, around) => !given(x, around) && !sumOfExponentials(x),
    effect: ({ value }) => (Number.isFinite(value) ? null : "value"),
    what: ({ value }) => (value === -Infinity ? "the logarithm of 0 is infinite" : "the logarithm of a negative number is NaN"), // prettier-ignore
    help: logarithmForm,
  },
  {
    code: "hazard-division",
    primitives: ["divide"],
    written: /\/|\b(reciprocal|rsqrt)\(/,
    applies: ({ operands: [, y] }, around) => constantValue(y) === null && !given(y, around) && !sumOfExponentials(y),
    effect: ({ operands: [, y] }) => (y === 0 ? "value" : null),
    what: ({ operands: [x] }) => (x === 0 ? "0 / 0 is NaN" : "the divisor is 0"),
    help: ({ operands: [, y] }) =>
      is(source(y), "sqrt") || is(source(y), "reduce_sum")
        ? "add a small number to the divisor, as in `x / (sum(x) + 1e-12)`"
        : "add a small number to the divisor, or guard it: `if d == 0 then 0 else x / d`",
  },
  {
    code: "hazard-division",
    primitives: ["power_integer"],
    written: /\^/,
    applies: (node, around) =>
      is(node, "power_integer") && node.attributes.exponent < 0 && !given(node.operands[0], around),
    effect: ({ operands: [x] }) => (x === 0 ? "value" : null),
    what: () => "a negative power of 0 is infinite",
    help: () => "add a small number to the base",
  },
  {
    code: "hazard-sqrt",
    primitives: ["sqrt"],
    written: /\bsqrt\(|\^/,
    applies: ({ operands: [x] }, around) => !given(x, around),
    effect: ({ operands: [x] }) => (x < 0 ? "value" : x === 0 ? "gradient" : null),
    what: ({ operands: [x] }) =>
      x < 0 ? `the square root of ${short(x)} is NaN` : "the derivative of `sqrt` is infinite at 0",
    help: ({ operands: [x] }) =>
      sumOfSquares(x)
        ? "`norm(x)` and `hypot(a, b)` have gradient 0 at 0; or add a small number: `sqrt(sum(x^2) + 1e-12)`"
        : "add a small number under the root, as in `sqrt(x + 1e-12)`",
  },
  {
    code: "hazard-power",
    primitives: ["power"],
    written: /\^|\bpow\(/,
    applies: ({ operands: [x] }, around) => constantValue(x) === null && !given(x, around),
    effect: ({ operands: [x, p] }) => {
      if (x < 0 && !Number.isInteger(p)) return "value";
      if (x !== 0 || p >= 1 || p === 0) return null;
      return p < 0 ? "value" : "gradient";
    },
    what: ({ operands: [x, p] }) => {
      if (x < 0) return `the power ${short(p)} of ${short(x)} is NaN`;
      return p < 0 ? `the power ${short(p)} of 0 is infinite` : `the derivative of the power ${short(p)} is infinite at 0`; // prettier-ignore
    },
    help: () => "keep the base positive, as in `(x + 1e-12)^p` or `abs(x)^p`",
  },
  {
    code: "hazard-power",
    primitives: ["cbrt"],
    written: /\bcbrt\(/,
    applies: ({ operands: [x] }, around) => !given(x, around),
    effect: ({ operands: [x] }) => (x === 0 ? "gradient" : null),
    what: () => "the derivative of `cbrt` is infinite at 0",
    help: () => "keep the argument away from 0",
  },
  inverse("asin", beyondOne, atOne, () => clamped("asin")),
  inverse("acos", beyondOne, atOne, (x) =>
    is(x, "divide") || is(x, "contract")
      ? `${clamped("acos")}; the angle of two vectors of length 1 is \`2 * atan2(norm(u - v), norm(u + v))\``
      : clamped("acos"),
  ),
  inverse("atanh", beyondOne, atOne, () => clamped("atanh")),
  inverse(
    "acosh",
    (x) => x < 1,
    (x) => x === 1,
    () => "keep the argument above 1, as in `acosh(maximum(x, 1.000001))`",
  ),
  {
    code: "hazard-domain",
    primitives: ["atan2"],
    written: /\batan2\(/,
    applies: ({ operands }, around) => !operands.every((x) => given(x, around)),
    effect: ({ operands: [y, x] }) => (x === 0 && y === 0 ? "gradient" : null),
    what: () => "the derivative of `atan2(y, x)` is NaN where both are 0",
    help: () => "guard it, as in `if x == 0 and y == 0 then 0 else atan2(y, x)`",
  },
];
