/** Linear algebra as the language writes it: factorisations are named by nobody. */
import { print } from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import { constantValue, is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { isIdentity } from "../primitives/linear-algebra.ts";
import { call, name, number, transposed, type Formula } from "./formula.ts";
import type { Reading } from "./product-formula.ts";

/** How such a node is written; null for any other. */
export function matrixReading(node: Node): Reading | null {
  const { operands } = node;
  switch (node.primitive) {
    case "reshape":
      return vectorSolution(node);
    case "solve":
      return solution(node as Node<"solve">);
    case "triangular_solve": {
      const turn = turned(node as Node<"triangular_solve">);
      return { of: operands, formula: ([l, right]) => call("solve", turn(l), right) };
    }
    case "determinant":
      return { of: operands.slice(0, 1), formula: ([a]) => call("det", a) };
    case "log_determinant":
      return { of: operands.slice(0, 1), formula: ([a]) => call("log", call("abs", call("det", a))) };
    case "determinant_sign":
      return { of: operands[0].operands.slice(0, 1), formula: ([a]) => call("sign", call("det", a)) };
    case "cofactor": {
      const [a, , ...directions] = operands;
      return { of: [a, ...directions], formula: (parts) => call("cofactor", ...parts) };
    }
    default:
      return null;
  }
}

/** The transposed matrix where that is meant. */
function turned(node: Node<"solve"> | Node<"triangular_solve">): (a: Formula) => Formula {
  return node.attributes.transposed ? transposed : (a) => a;
}

function solution(node: Node<"solve">): Reading {
  const [a, , right] = node.operands;
  const turn = turned(node);
  const filled = filledWith(right, right.shape);
  if (filled !== null) return { of: [everyRow(a)], formula: ([x]) => call("solve", turn(x), filled) };
  if (isIdentity(right)) return { of: [everyRow(a)], formula: ([x]) => turn(call("inv", x)) };
  const of = right.shape.length === 2 ? [a, right] : [everyRow(a), right];
  // The right side is no operand that stretches by itself.
  const stretched = (y: Formula): Formula => (is(right, "broadcast") ? call("broadcast", y, sizesOf(right.shape)) : y);
  return { of, formula: ([x, y]) => call("solve", turn(x), stretched(y)) };
}

/** The solution for one vector, which stands as a column: solve(A, b). */
function vectorSolution(node: Node): Reading | null {
  const [x] = node.operands;
  if (!is(x, "solve") || node.shape.length !== x.shape.length - 1) return null;
  const [a, , right] = x.operands;
  const column = everyRow(right);
  const filled = filledWith(right, right.shape.slice(-2, -1));
  if (filled !== null) return { of: [everyRow(a)], formula: ([m]) => call("solve", turned(x)(m), filled) };
  const [vector] = column.operands;
  const isVector = is(column, "reshape") && vector.shape.length === 1 && column.shape.length === 2;
  if (!isVector) return null;
  const turn = turned(x);
  return { of: [everyRow(a), vector], formula: ([m, b]) => call("solve", turn(m), b) };
}

/** A tensor of one number in all entries, of the shape that is wanted; null for any other. */
function filledWith(node: Node, shape: Shape): Formula | null {
  const value = constantValue(node);
  if (value === null) return null;
  return value === 1 ? call("ones", sizesOf(shape)) : call("full", sizesOf(shape), number(value));
}

function sizesOf(shape: Shape): Formula {
  return { kind: "list", elements: shape.map((size) => name(print(size))) };
}

/** What is repeated in front of a matrix: `solve` does that itself. */
function everyRow(node: Node): Node {
  return is(node, "broadcast") && node.operands[0].shape.length === 2 ? node.operands[0] : node;
}
