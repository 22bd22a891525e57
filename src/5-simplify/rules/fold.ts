/** Computing what is known: operations on numbers. */
import { constant, is } from "../../ir/expressions.ts";
import { recordOf } from "../../ir/facts.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";
import type { Value } from "../../ir/value.ts";
import type { Rule } from "../rule.ts";

const folded: readonly PrimitiveName[] = [
  "add", "subtract", "multiply", "divide", "negate", "power", "power_integer", "maximum", "minimum", "atan2", "hypot",
  "modulo", "floor_divide", "abs", "sign", "floor", "ceil", "round", "sqrt", "cbrt", "exp", "expm1", "log", "log1p",
  "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf",
  "erfc", "sigmoid", "softplus", "equal", "less", "less_equal", "not", "and", "or", "is_nan", "is_finite", "select",
]; // prettier-ignore

export const folding: readonly Rule[] = [
  {
    name: "fold-constants",
    law: "an operation on numbers is its value, by the primitive's reference meaning in double precision",
    soundness: "rounding",
    on: folded,
    apply: (node, { b }) => {
      const values = node.operands.map(scalarOf);
      if (values.some((value) => value === null)) return null;
      const { meaning } = recordOf(b, node);
      const present = values.filter((value) => value !== null);
      const at = { shape: [], element: node.element, dims: new Map<string, number>(), unitRoundoff: 2 ** -53 };
      const result = meaning?.(present, node.attributes, at).data[0];
      // NaN has no literal.
      return result === undefined || Number.isNaN(result) ? null : constant(b, result, node.element);
    },
  },
];

function scalarOf(node: Node): Value | null {
  if (!is(node, "constant")) return null;
  return { element: node.element, shape: [], data: Float64Array.of(node.attributes.value), error: new Float64Array(1) };
}
