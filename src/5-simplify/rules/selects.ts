/** Choices: conditions that are decided, branches that are equal, choices inside choices. */
import { constantValue, is, like, not } from "../../ir/expressions.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import { decide, truthOf } from "../conditions.ts";
import type { Rule } from "../rule.ts";

export const selects: readonly Rule[] = [
  {
    name: "decided-select",
    law: "select(true, x, y) = x; select(false, x, y) = y",
    soundness: { domain: "the condition follows from the ranges of what it compares" },
    on: ["select"],
    apply: (node, context) => {
      const [condition, x, y] = node.operands;
      const taken = decide(context, condition, (branch) => context.rounded.of(branch ? x : y).finite);
      if (taken === null) return null;
      return taken ? x : y;
    },
  },
  {
    name: "equal-branches",
    law: "select(c, x, x) = x",
    soundness: "exact",
    on: ["select"],
    apply: ({ operands: [, x, y] }) => (x === y ? x : null),
  },
  {
    name: "negated-condition",
    law: "select(not c, x, y) = select(c, y, x)",
    soundness: "exact",
    on: ["select"],
    apply: (node, { b }) => {
      const [condition, x, y] = node.operands;
      return is(condition, "not") ? b.withOperands(node, [condition.operands[0], y, x]) : null;
    },
  },
  {
    name: "nested-select",
    law: "select(c, select(c, x, y), z) = select(c, x, z); select(c, x, select(c, y, z)) = select(c, x, z)",
    soundness: "exact",
    on: ["select"],
    apply: (node, { b }) => {
      const [condition, x, y] = node.operands;
      const then = is(x, "select") && x.operands[0] === condition ? x.operands[1] : x;
      const otherwise = is(y, "select") && y.operands[0] === condition ? y.operands[2] : y;
      return then === x && otherwise === y ? null : b.withOperands(node, [condition, then, otherwise]);
    },
  },
  {
    name: "select-bool",
    law: "select(c, true, false) = c; select(c, false, true) = not c",
    soundness: "exact",
    on: ["select"],
    apply: (node, { b }) => {
      const [condition, x, y] = node.operands;
      if (node.element !== "bool") return null;
      const p = constantValue(x);
      const q = constantValue(y);
      if (p === null || q === null || p === q) return null;
      return p === 1 ? condition : not(b, condition);
    },
  },
  {
    name: "guard-product",
    law: "select(c, select(c, x, 0) y, 0) = select(c, x y, 0), and with / and with nested products",
    soundness: "exact",
    on: ["select"],
    apply: (node, { b }) => {
      const [condition, x, y] = node.operands;
      const then = inBranch(b, x, condition, true);
      const otherwise = inBranch(b, y, condition, false);
      return then === x && otherwise === y ? null : b.withOperands(node, [condition, then, otherwise]);
    },
  },
  {
    name: "decided-condition",
    law: "a comparison of ranges that do not meet",
    soundness: { domain: "the ranges do not meet, ends included" },
    on: ["equal", "less", "less_equal"],
    apply: (node, { b, rounded }) => {
      const truth = truthOf(node, rounded);
      return truth === null ? null : like(b, truth ? 1 : 0, node, "bool");
    },
  },
  {
    name: "irreflexive",
    law: "x < x is false",
    soundness: "exact",
    on: ["less"],
    apply: (node, { b }) => (node.operands[0] === node.operands[1] ? like(b, 0, node, "bool") : null),
  },
  {
    name: "convert-select",
    law: "convert(c) compared with 0 or 1 is c or not c",
    soundness: "exact",
    on: ["equal", "less"],
    apply: (node, { b }) => {
      const [x, y] = node.operands;
      if (is(node, "less")) {
        // 0 < [c]
        return constantValue(x) === 0 && isTruth(y) ? y.operands[0] : null;
      }
      const [truth, other] = isTruth(x) ? [x, y] : [y, x];
      const value = constantValue(other);
      if (!isTruth(truth) || (value !== 0 && value !== 1)) return null;
      return value === 1 ? truth.operands[0] : not(b, truth.operands[0]);
    },
  },
];

function isTruth(node: Node): node is Node<"convert"> {
  return is(node, "convert") && node.operands[0].element === "bool";
}

/** What a product is where a condition has a value: selects on that condition inside it are decided. */
function inBranch(b: GraphBuilder, node: Node, condition: Node, branch: boolean): Node {
  if (!is(node, "multiply") && !is(node, "divide") && !is(node, "negate")) return node;
  const operands = node.operands.map((operand) => {
    if (is(operand, "select") && operand.operands[0] === condition) return operand.operands[branch ? 1 : 2];
    return is(operand, "negate") ? inBranch(b, operand, condition, branch) : operand;
  });
  return b.withOperands(node, operands);
}
