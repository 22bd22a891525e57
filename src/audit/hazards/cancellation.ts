/** Differences of numbers that come close to each other, where another form keeps the digits. */
import { constantValue, is } from "../../ir/expressions.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";
import type { Entry, Hazard } from "./hazard.ts";
import { momentDifference, readers, source, unscaled } from "./patterns.ts";

/** f(x) and what it comes close to: a constant (any without one), at small x or far out. */
interface Row {
  readonly f: PrimitiveName;
  readonly near: number | null;
  readonly stable: string;
}

const fromConstants: readonly Row[] = [
  { f: "cos", near: null, stable: "`1 - cos(x)` is `2 * sin(x / 2)^2`" },
  { f: "cosh", near: null, stable: "`cosh(x) - 1` is `2 * sinh(x / 2)^2`" },
  { f: "sqrt", near: null, stable: "`sqrt(1 + x) - 1` is `x / (sqrt(1 + x) + 1)`" },
  { f: "power", near: null, stable: "`(1 + x)^p - 1` is `expm1(p * log1p(x))`, and `a^x - 1` is `expm1(x * log(a))`" },
  { f: "exp", near: 1, stable: "`exp(x) - 1` is `expm1(x)`, and `1 - exp(x)` is `-expm1(x)`" },
  { f: "tanh", near: 1, stable: "`1 - tanh(x)` is `2 * sigmoid(-2 * x)`, and `1 + tanh(x)` is `2 * sigmoid(2 * x)`" },
  { f: "sigmoid", near: 1, stable: "`1 - sigmoid(x)` is `sigmoid(-x)`" },
  { f: "sigmoid", near: 0.5, stable: "`sigmoid(x) - 0.5` is `tanh(x / 2) / 2`" },
  { f: "erf", near: 1, stable: "`1 - erf(x)` is `erfc(x)`" },
  { f: "erfc", near: 1, stable: "`1 - erfc(x)` is `erf(x)`" },
];

/** The row of a constant and a function that may come close to it, added or subtracted. */
function rowOf(node: Node): Row | null {
  const [p, q] = node.operands.map(source);
  const [f, c] = constantValue(p) === null ? [p, q] : [q, p];
  const value = constantValue(c);
  if (value === null || value === 0) return null;
  return fromConstants.find((row) => is(f, row.f) && (row.near === null || row.near === Math.abs(value))) ?? null;
}

/** Both operands of a difference, if they are the function. */
function both(node: Node, f: PrimitiveName): readonly [Node, Node] | null {
  const [p, q] = node.operands.map(source);
  return is(node, "subtract") && is(p, f) && is(q, f) ? [p, q] : null;
}

/** More than half of the digits are lost, and here rather than before; in f32, rounding the terms alone does so. */
function cancels({ value, operands, lost, before, unit }: Entry): boolean {
  const half = Math.sqrt(unit);
  if (value === 0 || !Number.isFinite(value) || lost <= half || before > lost / 2 ** 6) return false;
  if (unit < 2 ** -24) return true;
  const rounded = operands.reduce((sum, x) => sum + Math.abs(Math.fround(x) - x), 0);
  return rounded > half * Math.abs(value);
}

const cancellation = {
  code: "hazard-cancellation",
  effect: (entry: Entry) => (cancels(entry) ? "digits" : null),
  what: ({ lost, unit }: Entry) =>
    `the terms cancel: ${lost >= 1 ? "no digit is left" : "more than half of the digits are lost"} in ${unit < 2 ** -24 ? "f64" : "f32"}`,
} as const satisfies Partial<Hazard>;

export const cancellations: readonly Hazard[] = [
  {
    ...cancellation,
    primitives: ["subtract", "add"],
    written: /[-+]/,
    applies: (node) => rowOf(node) !== null,
    help: (node) => rowOf(node)?.stable ?? null,
  },
  // sqrt(a) - sqrt(b) = (a - b) / (sqrt(a) + sqrt(b))
  {
    ...cancellation,
    primitives: ["subtract"],
    written: /-/,
    far: true,
    applies: (node) => both(node, "sqrt") !== null,
    help: () => "`sqrt(a) - sqrt(b)` is `(a - b) / (sqrt(a) + sqrt(b))`",
  },
  // exp(a) - exp(b) = exp(b) expm1(a - b)
  {
    ...cancellation,
    primitives: ["subtract"],
    written: /-/,
    applies: (node) => both(node, "exp") !== null,
    help: (node) => {
      const [p, q] = (both(node, "exp") ?? []).map((e) => source(e.operands[0]));
      const opposite = (is(q, "negate") && source(q.operands[0]) === p) || (is(p, "negate") && source(p.operands[0]) === q); // prettier-ignore
      return opposite
        ? "`exp(x) - exp(-x)` is `2 * sinh(x)`, and over `exp(x) + exp(-x)` it is `tanh(x)`"
        : "`exp(a) - exp(b)` is `exp(b) * expm1(a - b)`";
    },
  },
  // mean(x^2) - mean(x)^2 = mean((x - mean(x))^2)
  {
    ...cancellation,
    primitives: ["subtract"],
    written: /-/,
    far: true,
    applies: (node) => momentDifference(node) !== null,
    // Rewrites take 1 / n out of both terms.
    whole: (node, around) => readers(node, around).find((reader) => unscaled(reader) === node) ?? null,
    help: (node) =>
      momentDifference(node) === "variance"
        ? "`mean(x^2) - mean(x)^2` is `mean((x - mean(x))^2)`, which is `var(x)`"
        : "`mean(x * y) - mean(x) * mean(y)` is `mean((x - mean(x)) * (y - mean(y)))`",
  },
];
