/** How each primitive is written as a formula of its operands' formulas. */
import { constantOf, print as printDim, type Dim, type Shape } from "../ir/dim.ts";
import type { AnyNode, Node, PrimitiveName } from "../ir/graph.ts";
import { contractionFormula } from "./contraction-formula.ts";
import { windowReading } from "./convolution-formula.ts";
import {
  call,
  comparison,
  name,
  negated,
  number,
  product,
  quotient,
  sum,
  type Formula,
  type Operator,
} from "./formula.ts";
import { matrixReading } from "./matrix-formula.ts";
import { readingOf } from "./product-formula.ts";
import { viewOf } from "./view-formula.ts";

/** The formula that stands for an operand. */
export type Read = (node: Node) => Formula;

/** Names in the language of primitives that are called otherwise here. */
const calledAs: { readonly [P in PrimitiveName]?: string } = {
  floor_divide: "div",
  modulo: "mod",
  is_nan: "isnan",
  is_finite: "isfinite",
  reduce_sum: "sum",
  reduce_product: "prod",
  reduce_max: "max",
  reduce_min: "min",
  gradient: "grad",
};

const operators: { readonly [P in PrimitiveName]?: Operator } = {
  equal: "==",
  less: "<",
  less_equal: "<=",
  and: "and",
  or: "or",
};

/** The nodes that a node's formula refers to: its operands, or what stands behind them where two are written as one. */
export function operandsOf(node: Node): readonly Node[] {
  const found = matrixReading(node) ?? windowReading(node);
  if (found !== null) return found.of;
  const view = viewOf(node);
  return view === null ? (readingOf(node)?.of ?? node.operands) : [view.of];
}

/** The formula of a node; `read` gives those of `operandsOf(node)`. */
export function formulaOf(node: Node, read: Read): Formula {
  const found = matrixReading(node) ?? windowReading(node);
  if (found !== null) return found.formula(found.of.map(read));
  const view = viewOf(node);
  if (view !== null) return view.formula(read(view.of));
  const reading = readingOf(node);
  if (reading !== null) return reading.formula(reading.of.map(read));
  const n = node as AnyNode;
  const operand = (k: number): Formula => read(n.operands[k]);
  switch (n.primitive) {
    case "constant": {
      const { value, element } = n.attributes;
      return element === "bool" ? name(value === 0 ? "false" : "true") : number(value);
    }
    case "parameter":
      return name(n.attributes.name.replace(/^(inputs|targets|params|hyper|state)\./, ""));
    case "dimension":
      return dimFormula(n.attributes.dim);
    case "add":
      return sum([positive(operand(0)), positive(operand(1))]);
    case "subtract":
      return sum([positive(operand(0)), { negative: true, formula: operand(1) }]);
    case "multiply":
      return product([operand(0), operand(1)]);
    case "divide":
      return quotient(operand(0), operand(1));
    case "negate":
      return negated(operand(0));
    case "power":
      return { kind: "power", base: operand(0), exponent: operand(1) };
    case "power_integer":
      return powerOf(operand(0), n.attributes.exponent);
    case "equal":
    case "less":
    case "less_equal":
    case "and":
    case "or":
      return comparison(operators[n.primitive] ?? "==", operand(0), operand(1));
    case "not":
      return { kind: "not", operand: operand(0) };
    case "select":
      return { kind: "if", condition: operand(0), then: operand(1), otherwise: operand(2) };
    case "contract":
      return contractionFormula(n, operand(0), operand(1));
    case "iota":
      return call("arange", dimFormula(n.attributes.size));
    case "table":
      return { kind: "list", elements: n.attributes.values.map((value) => number(value)) };
    case "random":
      return call("uniform", shapeFormula(n.attributes.shape));
    case "reduce_sum":
    case "reduce_product":
    case "reduce_max":
    case "reduce_min":
      return reduction(calledAs[n.primitive] ?? n.primitive, operand(0), n.attributes.axes, n.operands[0].shape.length);
    case "argmax":
    case "argmin":
      return reduction(n.primitive, operand(0), [n.attributes.axis], n.operands[0].shape.length);
    case "gather":
      return n.attributes.batch === 0
        ? { kind: "subscript", object: operand(0), entries: [operand(1)] }
        : call("gather", operand(0), operand(1));
    case "scatter_add":
      return call("scatter_add", operand(0), operand(1), dimFormula(n.attributes.size));
    case "concat":
      return call("concat", { kind: "list", elements: n.operands.map(read) }, number(n.attributes.axis));
    case "pad": {
      const widths = n.attributes.axes.map(({ low, high }): Formula => ({
        kind: "list",
        elements: [dimFormula(low), dimFormula(high)],
      }));
      return call("pad", operand(0), { kind: "list", elements: widths });
    }
    default:
      return call(calledAs[n.primitive] ?? n.primitive, ...n.operands.map(read));
  }
}

function positive(formula: Formula): { readonly negative: false; readonly formula: Formula } {
  return { negative: false, formula };
}

/** x^2, and 1/x^2 for a negative exponent. */
function powerOf(base: Formula, exponent: number): Formula {
  const power = (n: number): Formula => (n === 1 ? base : { kind: "power", base, exponent: number(n) });
  return exponent < 0 ? quotient(number(1), power(-exponent)) : power(exponent);
}

/** A dim as a value; one of several terms is set in parentheses. */
export function dimFormula(dim: Dim): Formula {
  const value = constantOf(dim);
  if (value !== null) return number(value);
  const text = printDim(dim);
  return name(/^[\p{L}\p{N}_]+$/u.test(text) ? text : `(${text})`);
}

export function shapeFormula(shape: Shape): Formula {
  return { kind: "list", elements: shape.map((dim) => name(printDim(dim))) };
}

function reduction(callee: string, x: Formula, axes: readonly number[], rank: number): Formula {
  if (axes.length === rank) return call(callee, x);
  const listed: Formula =
    axes.length === 1 ? number(axes[0]) : { kind: "list", elements: axes.map((axis) => number(axis)) };
  return call(callee, x, listed);
}
