/** Laws of arithmetic and logic that look at one operation and what it is applied to. */
import {
  constant,
  constantValue,
  div,
  is,
  like,
  mul,
  neg,
  powInt,
  sub,
  add,
  sqrt,
  convert,
} from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import type { Rule } from "../rule.ts";

export const identities: readonly Rule[] = [
  {
    name: "add-zero",
    law: "x + 0 = x; x - 0 = x; 0 - x = -x",
    soundness: "rounding",
    on: ["add", "subtract"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      if (constantValue(y) === 0) return x;
      if (constantValue(x) !== 0) return null;
      return is(node, "add") ? y : neg(b, y);
    },
  },
  {
    name: "multiply-one",
    law: "1 x = x; -1 x = -x",
    soundness: "exact",
    on: ["multiply"],
    apply: ({ operands: [x, y] }, { b }) => {
      for (const [p, q] of [
        [x, y],
        [y, x],
      ]) {
        if (constantValue(p) === 1) return q;
        if (constantValue(p) === -1) return neg(b, q);
      }
      return null;
    },
  },
  {
    name: "multiply-zero",
    law: "0 x = 0; 0 / x = 0",
    soundness: { domain: "x is finite (0 / 0 becomes 0)" },
    on: ["multiply", "divide"],
    apply: (node, { facts }) => {
      const [x, y] = node.operands;
      if (constantValue(x) === 0) return facts.of(y).finite ? x : null;
      return is(node, "multiply") && constantValue(y) === 0 && facts.of(x).finite ? y : null;
    },
  },
  {
    name: "divide-one",
    law: "x / 1 = x; x / -1 = -x",
    soundness: "exact",
    on: ["divide"],
    apply: ({ operands: [x, y] }, { b }) => {
      const value = constantValue(y);
      if (value === 1) return x;
      return value === -1 ? neg(b, x) : null;
    },
  },
  {
    name: "multiply-reciprocal",
    law: "x (1 / y) = x / y",
    soundness: "rounding",
    on: ["multiply"],
    apply: ({ operands: [x, y] }, { b }) => {
      for (const [p, q] of [
        [x, y],
        [y, x],
      ]) {
        if (is(q, "divide") && constantValue(q.operands[0]) === 1) return div(b, p, q.operands[1]);
      }
      return null;
    },
  },
  {
    name: "double-negation",
    law: "-(-x) = x; not not c = c; -(x - y) = y - x; -((x - y) z) = (y - x) z, unless x is a number",
    soundness: "rounding",
    on: ["negate", "not"],
    apply: (node, { b }) => {
      const [inner] = node.operands;
      if (inner.primitive === node.primitive) return inner.operands[0];
      if (!is(node, "negate")) return null;
      const turned = (x: Node): Node | null =>
        is(x, "subtract") && constantValue(x.operands[0]) === null ? sub(b, x.operands[1], x.operands[0]) : null;
      if (is(inner, "subtract")) return sub(b, inner.operands[1], inner.operands[0]);
      if (!is(inner, "multiply") && !is(inner, "divide")) return null;
      const [x, y] = inner.operands;
      const left = turned(x);
      if (left !== null) return b.withOperands(inner, [left, y]);
      const right = is(inner, "multiply") ? turned(y) : null;
      return right === null ? null : b.withOperands(inner, [x, right]);
    },
  },
  {
    name: "negated-operand",
    law: "x + (-y) = x - y; x - (-y) = x + y; (-x) (-y) = x y; (-x) / (-y) = x / y",
    soundness: "exact",
    on: ["add", "subtract", "multiply", "divide"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      const p = negated(b, x);
      const q = negated(b, y);
      if (is(node, "add")) {
        if (q !== null) return sub(b, x, q);
        return p === null ? null : sub(b, y, p);
      }
      if (is(node, "subtract")) return q === null ? null : add(b, x, q);
      return p === null || q === null ? null : b.withOperands(node, [p, q]);
    },
  },
  {
    name: "negated-factor",
    law: "(-x) y = -(x y); (-x) / y = -(x / y)",
    soundness: "exact",
    on: ["multiply", "divide"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      const p = negated(b, x);
      if (p !== null && constantValue(y) === null) return neg(b, b.withOperands(node, [p, y]));
      const q = negated(b, y);
      if (q !== null && constantValue(x) === null) return neg(b, b.withOperands(node, [x, q]));
      return null;
    },
  },
  {
    name: "negated-constant",
    law: "-(c x) = (-c) x; c (-x) = (-c) x for a number c; -c / x = -(c / x) for c > 0",
    soundness: "exact",
    on: ["negate", "multiply", "divide"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      if (is(node, "negate")) {
        const value = is(x, "multiply") ? constantValue(x.operands[0]) : null;
        return value === null ? null : mul(b, like(b, -value, x), x.operands[1]);
      }
      const value = constantValue(x);
      if (value === null) return null;
      if (is(node, "divide")) return value < 0 ? neg(b, div(b, like(b, -value, x), y)) : null;
      return is(y, "negate") ? mul(b, like(b, -value, node), y.operands[0]) : null;
    },
  },
  {
    name: "constant-first",
    law: "x c = c x",
    soundness: "exact",
    on: ["multiply"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      return constantValue(y) !== null && constantValue(x) === null ? b.withOperands(node, [y, x]) : null;
    },
  },
  {
    name: "integer-power",
    law: "x^n as repeated multiplication for a whole number n; x^0.5 = sqrt(x); x^-0.5 = 1/sqrt(x)",
    soundness: { domain: "for 0.5 and -0.5: x >= 0" },
    on: ["power"],
    apply: ({ operands: [x, y] }, { b, facts }) => {
      const value = constantValue(y);
      if (value === null) return null;
      if (Number.isInteger(value) && Math.abs(value) <= 2 ** 20) return powInt(b, x, value);
      if (!(facts.of(x).lower >= 0)) return null;
      if (value === 0.5) return sqrt(b, x);
      return value === -0.5 ? div(b, 1, sqrt(b, x)) : null;
    },
  },
  {
    name: "power-of-power",
    law: "(x^m)^n = x^(m n); (-x)^(2n) = x^(2n); |x|^(2n) = x^(2n); x^-1 = 1/x; x^0 = 1; x^1 = x",
    soundness: "rounding",
    on: ["power_integer"],
    apply: (node, { b }) => {
      if (!is(node, "power_integer")) return null;
      const { exponent } = node.attributes;
      const [x] = node.operands;
      if (exponent === 0 || exponent === 1) return powInt(b, x, exponent);
      if (exponent === -1) return div(b, 1, x);
      if (is(x, "power_integer")) return powInt(b, x.operands[0], x.attributes.exponent * exponent);
      if ((is(x, "negate") || is(x, "abs")) && exponent % 2 === 0) return powInt(b, x.operands[0], exponent);
      return null;
    },
  },
  {
    name: "square-root-of-square",
    law: "sqrt(x^2) = |x|; sqrt(x)^(2n) = x^n",
    soundness: { domain: "for sqrt(x)^(2n): the result is more defined" },
    on: ["sqrt", "power_integer"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      if (is(node, "power_integer")) {
        const { exponent } = node.attributes;
        return is(x, "sqrt") && exponent % 2 === 0 ? powInt(b, x.operands[0], exponent / 2) : null;
      }
      if (is(x, "power_integer") && x.attributes.exponent === 2) return b.create("abs", [x.operands[0]], {});
      return is(x, "multiply") && x.operands[0] === x.operands[1] ? b.create("abs", [x.operands[0]], {}) : null;
    },
  },
  {
    name: "absolute-value",
    law: "|x| = x for x >= 0; |x| = -x for x <= 0; |-x| = |x|",
    soundness: { domain: "the sign of x is known" },
    on: ["abs"],
    apply: ({ operands: [x] }, { b, facts }) => {
      const known = facts.of(x);
      if (known.lower > 0 || (known.lower === 0 && known.lowerOpen)) return x;
      if (known.upper < 0 || (known.upper === 0 && known.upperOpen)) return neg(b, x);
      return is(x, "negate") || is(x, "abs") ? b.create("abs", [x.operands[0]], {}) : null;
    },
  },
  {
    name: "extremum",
    law: "max(x, x) = x; max(x, y) = x for x > y, and so min",
    soundness: { domain: "the ranges of x and y do not meet" },
    on: ["maximum", "minimum"],
    apply: (node, { rounded }) => {
      const [x, y] = node.operands;
      if (x === y) return x;
      const p = rounded.of(x);
      const q = rounded.of(y);
      if (!p.finite || !q.finite) return null;
      const [larger, smaller] = is(node, "maximum") ? [x, y] : [y, x];
      if (p.lower > q.upper) return larger;
      return q.lower > p.upper ? smaller : null;
    },
  },
  {
    name: "logic",
    law: "c and true = c; c and false = false; c or false = c; c or true = true; c and c = c",
    soundness: "exact",
    on: ["and", "or"],
    apply: (node) => {
      const [x, y] = node.operands;
      if (x === y) return x;
      const neutral = is(node, "and") ? 1 : 0;
      for (const [p, q] of [
        [x, y],
        [y, x],
      ] as const) {
        const value = constantValue(p);
        if (value !== null) return value === neutral ? q : p;
      }
      return null;
    },
  },
  {
    name: "convert-of-convert",
    law: "real(index(c)) = real(c)",
    soundness: "exact",
    on: ["convert"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      if (is(x, "convert")) return convert(b, x.operands[0], node.element);
      return x.element === node.element ? x : null;
    },
  },
  {
    name: "convert-constant",
    law: "a number is the same in every type",
    soundness: "exact",
    on: ["convert"],
    apply: (node, { b }) => {
      const [x] = node.operands;
      return is(x, "constant") ? constant(b, x.attributes.value, node.element) : null;
    },
  },
];

/** x of -x, also under a broadcast; null if the node is no such thing. */
function negated(b: GraphBuilder, node: Node): Node | null {
  if (is(node, "negate")) return node.operands[0];
  if (!is(node, "broadcast") || !is(node.operands[0], "negate")) return null;
  return b.withOperands(node, node.operands[0].operands);
}
