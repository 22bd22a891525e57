/** Forms of exponentials and logarithms that keep their digits, and pairs of them that cancel. */
import { constantValue, div, is, log, neg, sigmoid, softplus, sub } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import type { Rule } from "../rule.ts";

export const stable: readonly Rule[] = [
  {
    name: "log-sigmoid",
    law: "log(σ(z)) = -softplus(-z)",
    soundness: "rounding",
    on: ["log"],
    apply: ({ operands: [x] }, { b }) => (is(x, "sigmoid") ? neg(b, softplus(b, neg(b, x.operands[0]))) : null),
  },
  {
    name: "log-one-minus-sigmoid",
    law: "log(1 - σ(z)) = log1p(-σ(z)) = -softplus(z)",
    soundness: "rounding",
    on: ["log", "log1p"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      const inner = is(node, "log") ? oneMinus(x) : is(x, "negate") ? x.operands[0] : null;
      return inner !== null && is(inner, "sigmoid") ? neg(b, softplus(b, inner.operands[0])) : null;
    },
  },
  {
    name: "log-of-exp",
    law: "log(exp(x)) = x; log(exp(x) / y) = x - log(y)",
    soundness: "rounding",
    on: ["log"],
    apply: ({ operands: [x] }, { b }) => {
      if (is(x, "exp")) return x.operands[0];
      if (!is(x, "divide") || !is(x.operands[0], "exp")) return null;
      return sub(b, x.operands[0].operands[0], log(b, x.operands[1]));
    },
  },
  {
    name: "exp-of-log",
    law: "exp(log(x)) = x; exp(-log(x)) = 1/x",
    soundness: "rounding",
    on: ["exp"],
    apply: ({ operands: [x] }, { b }) => {
      if (is(x, "log")) return x.operands[0];
      if (!is(x, "negate") || !is(x.operands[0], "log")) return null;
      return div(b, 1, x.operands[0].operands[0]);
    },
  },
  {
    name: "softplus",
    law: "log(1 + exp(x)) = log1p(exp(x)) = softplus(x)",
    soundness: "rounding",
    on: ["log", "log1p"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      const inner = is(node, "log1p") ? x : onePlus(x);
      return inner !== null && is(inner, "exp") ? softplus(b, inner.operands[0]) : null;
    },
  },
  {
    name: "sigmoid",
    law: "1 / (1 + exp(-x)) = σ(x); exp(x) / (1 + exp(x)) = σ(x)",
    soundness: "rounding",
    on: ["divide"],
    apply: ({ operands: [x, y] }, { b }) => {
      const inner = onePlus(y);
      if (inner === null || !is(inner, "exp")) return null;
      if (inner === x) return sigmoid(b, inner.operands[0]);
      const value = constantValue(x);
      if (value === null) return null;
      const result = sigmoid(b, neg(b, inner.operands[0]));
      return value === 1 ? result : b.create("multiply", [x, result], {});
    },
  },
  {
    name: "log1p",
    law: "log(1 + x) = log1p(x); exp(x) - 1 = expm1(x); 1 - exp(x) = -expm1(x)",
    soundness: "rounding",
    on: ["log", "subtract"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      if (is(node, "log")) {
        const inner = onePlus(x);
        return inner === null || is(inner, "exp") ? null : b.create("log1p", [inner], {});
      }
      if (is(x, "exp") && constantValue(y) === 1) return b.create("expm1", [x.operands[0]], {});
      return is(y, "exp") && constantValue(x) === 1 ? neg(b, b.create("expm1", [y.operands[0]], {})) : null;
    },
  },
  {
    name: "odd-even",
    law: "tanh(-x) = -tanh(x), and so sin, erf, ...; cos(-x) = cos(x), cosh(-x) = cosh(x)",
    soundness: "exact",
    on: ["tanh", "sin", "tan", "asin", "atan", "sinh", "asinh", "atanh", "erf", "cbrt", "cos", "cosh"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      if (!is(x, "negate")) return null;
      const inner = b.withOperands(node, [x.operands[0]]);
      return is(node, "cos") || is(node, "cosh") ? inner : neg(b, inner);
    },
  },
];

/** x of 1 - x; null if the node is no such thing. */
function oneMinus(node: Node): Node | null {
  return is(node, "subtract") && constantValue(node.operands[0]) === 1 ? node.operands[1] : null;
}

/** x of 1 + x or x + 1. */
function onePlus(node: Node): Node | null {
  if (!is(node, "add")) return null;
  const [x, y] = node.operands;
  if (constantValue(x) === 1) return y;
  return constantValue(y) === 1 ? x : null;
}
