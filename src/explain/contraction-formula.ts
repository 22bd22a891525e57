/** Contractions as formulas: products, `@`, dot, outer; einsum for the rest. */
import type { Node } from "../ir/graph.ts";
import { call, matmul, name, product, transposed, type Formula } from "./formula.ts";

type Labels = readonly string[];

/** The formula of a contraction of x and y. */
export function contractionFormula(node: Node<"contract">, x: Formula, y: Formula): Formula {
  const { left, right, result } = node.attributes;
  const [p, q] = node.operands;
  // Leading axes without a label are a batch that is shared from the end on.
  const plain = left.length === p.shape.length && right.length === q.shape.length;
  const found = plain ? (elementwise(left, right, result, x, y) ?? matrices(left, right, result, x, y)) : null;
  return found ?? einsum(left, right, result, x, y);
}

/** x * y, where one of the operands carries all labels of the result and the other lies along its last axes. */
function elementwise(left: Labels, right: Labels, result: Labels, x: Formula, y: Formula): Formula | null {
  const aligned = (labels: Labels): boolean =>
    labels.every((label, k) => label === result[result.length - labels.length + k]);
  const times = (aligned(left) && right.length === result.length) || (aligned(right) && left.length === result.length);
  if (times && aligned(left) && aligned(right)) return product([x, y]);
  if (left.length === 0 && isTurned(right, result)) return product([x, transposed(y)]);
  if (right.length === 0 && isTurned(left, result)) return product([y, transposed(x)]);
  if (result.length === 0 && same(left, right)) {
    return left.length === 1 ? call("dot", x, y) : call("sum", product([x, y]));
  }
  if (left.length === 1 && right.length === 1 && result.length === 2) {
    return result[0] === left[0] ? call("outer", x, y) : call("outer", y, x);
  }
  return null;
}

/** Whether the axes of a matrix are exchanged. */
function isTurned(labels: Labels, result: Labels): boolean {
  return labels.length === 2 && same([labels[1], labels[0]], result);
}

/** Matrix products, with leading axes that both share (or only the left one has) in the same order. */
function matrices(left: Labels, right: Labels, result: Labels, x: Formula, y: Formula): Formula | null {
  return (
    ordered(left, right, result, x, y) ??
    // With the operands exchanged, as in `g @ W` for a W that stands on the left.
    ordered(right, left, result, y, x)
  );
}

function ordered(left: Labels, right: Labels, result: Labels, x: Formula, y: Formula): Formula | null {
  const summed = left.filter((label) => right.includes(label) && !result.includes(label));
  if (summed.length !== 1) return null;
  const [k] = summed;
  const rows = left.filter((label) => label !== k && !right.includes(label));
  const columns = right.filter((label) => label !== k && !left.includes(label));
  const batch = left.filter((label) => right.includes(label) && label !== k);
  if (columns.length > 1 || !same([...batch, ...rows, ...columns], result)) return null;
  const row = rows.at(-1);
  const column = columns.at(0);
  // Several rows are leading axes of a tensor that `@` takes along, if the right side has none of its own.
  if (rows.length > 1 && batch.length > 0) return null;
  const lead = [...batch, ...rows.slice(0, -1)];
  const leftMatrix = matrix(lead, row, k, left, x);
  const rightMatrix = matrix(batch, k, column, right, y);
  if (leftMatrix === null || rightMatrix === null) return null;
  if (batch.length > 0 && (row === undefined || column === undefined)) return null;
  return matmul(leftMatrix, rightMatrix);
}

/** The operand with its labels in the order lead, first, second, transposed if need be; null where it has another one. */
function matrix(
  lead: Labels,
  first: string | undefined,
  second: string | undefined,
  labels: Labels,
  operand: Formula,
): Formula | null {
  const last = [first, second].filter((label) => label !== undefined);
  if (same(labels, [...lead, ...last])) return operand;
  if (last.length === 2 && same(labels, [...lead, last[1], last[0]])) return transposed(operand);
  return null;
}

function einsum(left: Labels, right: Labels, result: Labels, x: Formula, y: Formula): Formula {
  const letters = new Map<string, string>();
  for (const label of [...left, ...right, ...result]) {
    if (!letters.has(label)) letters.set(label, String.fromCharCode(97 + letters.size));
  }
  const text = (labels: Labels): string => labels.map((label) => letters.get(label) ?? "").join("");
  return call("einsum", name(`"${text(left)},${text(right)}->${text(result)}"`), x, y);
}

function same(a: Labels, b: Labels): boolean {
  return a.length === b.length && a.every((label, k) => label === b[k]);
}
