/**
 * Forms whose numbers go wrong somewhere: one record a hazard. A record says where a form may go wrong and what it looks like when it
 * does; the search shows that it happens.
 */
import { constantValue, is } from "../../ir/expressions.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";
import type { Code } from "../../diagnostics/catalogue/index.ts";

/** One entry of an elementwise node with those of its operands. */
export interface Entry {
  readonly operands: readonly number[];
  readonly value: number;
  /** |error| / |value| that f32 may make, and the largest of the operands. */
  readonly lost: number;
  readonly before: number;
}

/** `value`: it is not finite; `gradient`: it is, and its derivative is not; `digits`: more than half of them are lost. */
export type Effect = "value" | "gradient" | "digits";

export type Users = ReadonlyMap<Node, readonly Node[]>;

export interface Hazard {
  readonly code: Extract<Code, `hazard-${string}`>;
  readonly primitives: readonly PrimitiveName[];
  /** How it is written: an expression whose text has none of this is the library's, or what a rewrite made of it. */
  readonly written: RegExp;
  /** Looked for at inputs of a thousand too, where the form stands for a function that has a value there. */
  readonly far: boolean;
  readonly applies: (node: Node, users: Users) => boolean;
  readonly effect: (entry: Entry) => Effect | null;
  /** What happens, after "`text`: ". */
  readonly what: (entry: Entry) => string;
  /** A stable form, or what else to do. */
  readonly help: (node: Node, users: Users) => string | null;
  /** The expression to show, where it is not the node itself. */
  readonly whole?: (node: Node, users: Users) => Node | null;
}

/** Half of the 24 digits of f32. */
const half = 2 ** -12;

const movements: ReadonlySet<PrimitiveName> = new Set([
  "broadcast",
  "reshape",
  "transpose",
  "slice",
  "gather",
  "window",
  "stored",
  "stop_gradient",
]);

/** The node whose entries these are. */
function source(node: Node): Node {
  let at = node;
  while (movements.has(at.primitive)) at = at.operands[0];
  return at;
}

/** An input or parameter, perhaps scaled: what values it takes is the user's business. */
function given(node: Node): boolean {
  const at = source(node);
  if (is(at, "multiply") || is(at, "divide")) {
    const [p, q] = at.operands;
    return (constantValue(q) !== null && given(p)) || (constantValue(p) !== null && given(q));
  }
  return is(at, "parameter");
}

function sumOfExponentials(node: Node): boolean {
  const at = source(node);
  return is(at, "reduce_sum") && is(source(at.operands[0]), "exp");
}

/** The sum of squares, of a tensor or of two numbers. */
function sumOfSquares(node: Node): boolean {
  const at = source(node);
  const square = (x: Node): boolean => {
    const of = source(x);
    return (
      (is(of, "power_integer") && of.attributes.exponent === 2) ||
      (is(of, "multiply") && of.operands[0] === of.operands[1])
    );
  };
  if (is(at, "reduce_sum")) return square(at.operands[0]);
  if (is(at, "contract")) return at.operands[0] === at.operands[1];
  return is(at, "add") && at.operands.every(square);
}

/** The nodes that read a node, through movements. */
function readers(node: Node, users: Users): readonly Node[] {
  return (users.get(node) ?? []).flatMap((user) => (movements.has(user.primitive) ? readers(user, users) : [user]));
}

/** What the sum of exponentials stands for, `softmax` or `logsumexp`, and the node that is it; null for nothing of the two. */
function stableSum(node: Node, users: Users): { readonly name: "softmax" | "logsumexp"; readonly whole: Node } | null {
  for (const sum of readers(node, users)) {
    if (!is(sum, "reduce_sum")) continue;
    for (const reader of readers(sum, users)) {
      if (is(reader, "divide") && source(reader.operands[0]) === node) return { name: "softmax", whole: reader };
      if (is(reader, "log")) return { name: "logsumexp", whole: reader };
    }
  }
  return null;
}

const logarithms: readonly PrimitiveName[] = ["log", "log2", "log10"];

export const hazards: readonly Hazard[] = [
  // exp(x) / sum(exp(x)) and log(sum(exp(x))) have values wherever x has.
  {
    code: "hazard-overflow",
    primitives: ["exp"],
    written: /\bexp\(/,
    far: true,
    applies: (node, users) => stableSum(node, users) !== null,
    effect: ({ value }) => (value === Infinity ? "value" : null),
    whole: (node, users) => stableSum(node, users)?.whole ?? null,
    what: () => "`exp` overflows, though the whole has a value",
    help: (node, users) =>
      stableSum(node, users)?.name === "softmax"
        ? "`softmax(x)` is `exp(x) / sum(exp(x))` without overflow"
        : "`logsumexp(x)` is `log(sum(exp(x)))` without overflow, and `log_softmax(x)` is `x - log(sum(exp(x)))`",
  },
  {
    code: "hazard-overflow",
    primitives: ["exp"],
    written: /\bexp\(/,
    far: false,
    applies: (node, users) => stableSum(node, users) === null && !given(node.operands[0]),
    effect: ({ value }) => (value === Infinity ? "value" : null),
    what: ({ operands: [x] }) => `\`exp\` of ${short(x)} overflows`,
    help: () => "bound the exponent from above, or work with logarithms",
  },
  {
    code: "hazard-log",
    primitives: logarithms,
    written: /\blog(2|10)?\(/,
    far: false,
    applies: ({ operands: [x] }) => !given(x) && !sumOfExponentials(x),
    effect: ({ operands: [x] }) => (x <= 0 ? "value" : null),
    what: ({ operands: [x] }) => `the logarithm of ${x === 0 ? "0 is infinite" : `${short(x)} is NaN`}`,
    help: ({ operands: [x] }) => {
      const at = source(x);
      if (is(at, "subtract") && constantValue(at.operands[0]) === 1)
        return "keep the argument below 1; `log1p(-x)` is `log(1 - x)` that keeps its digits at small x";
      if (is(at, "subtract")) return "`log(a - b)` needs a > b; guard it, as in `if a > b then log(a - b) else ...`";
      return "keep the argument positive, as in `log(maximum(x, 1e-12))`";
    },
  },
  {
    code: "hazard-division",
    primitives: ["divide"],
    written: /\//,
    far: false,
    applies: ({ operands: [, y] }) => constantValue(y) === null && !given(y) && !sumOfExponentials(y),
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
    far: false,
    applies: (node) => is(node, "power_integer") && node.attributes.exponent < 0 && !given(node.operands[0]),
    effect: ({ operands: [x] }) => (x === 0 ? "value" : null),
    what: () => "a negative power of 0 is infinite",
    help: () => "add a small number to the base",
  },
  {
    code: "hazard-sqrt",
    primitives: ["sqrt"],
    written: /\bsqrt\(|\^/,
    far: false,
    applies: ({ operands: [x] }) => !given(x),
    effect: ({ operands: [x] }) => (x < 0 ? "value" : x === 0 ? "gradient" : null),
    what: ({ operands: [x] }) => (x < 0 ? `the square root of ${short(x)} is NaN` : "the derivative of `sqrt` is infinite at 0"), // prettier-ignore
    help: ({ operands: [x] }) =>
      sumOfSquares(x)
        ? "`norm(x)` and `hypot(a, b)` have gradient 0 at 0; or add a small number: `sqrt(sum(x^2) + 1e-12)`"
        : "add a small number under the root, as in `sqrt(x + 1e-12)`",
  },
  {
    code: "hazard-power",
    primitives: ["power"],
    written: /\^/,
    far: false,
    applies: ({ operands: [x] }) => constantValue(x) === null && !given(x),
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
  // f(x) - c where f(x) is close to c.
  {
    code: "hazard-cancellation",
    primitives: ["subtract", "add"],
    written: /[-+]/,
    far: false,
    applies: (node) => cancelling(node) !== null,
    effect: ({ value, lost, before }) =>
      value !== 0 && Number.isFinite(value) && lost > half && before < half / 2 ** 8 ? "digits" : null,
    what: ({ lost }) => lost >= 1 ? "the terms cancel: no digit is left in f32" : "the terms cancel: more than half of the digits are lost in f32", // prettier-ignore
    help: (node) => {
      switch (cancelling(node)?.primitive) {
        case "cos":
          return "`1 - cos(x)` is `2 * sin(x / 2)^2`";
        case "cosh":
          return "`cosh(x) - 1` is `2 * sinh(x / 2)^2`";
        case "sqrt":
          return "`sqrt(1 + x) - 1` is `x / (sqrt(1 + x) + 1)`";
        case "power":
          return "`(1 + x)^p - 1` is `expm1(p * log1p(x))`";
        case undefined:
        default:
          return null;
      }
    },
  },
];

/** The function that a constant is taken from, where it can come close to it at small x. */
function cancelling(node: Node): Node | null {
  const [p, q] = node.operands.map(source);
  const [f, c] = constantValue(p) === null ? [p, q] : [q, p];
  const value = constantValue(c);
  if (value === null || value === 0) return null;
  return is(f, "cos") || is(f, "cosh") || is(f, "sqrt") || is(f, "power") ? f : null;
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}
