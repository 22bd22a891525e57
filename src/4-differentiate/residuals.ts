/**
 * What the derivative of a round of a loop keeps of the values of that round. A value is kept, or computed again from values
 * that are: the choice of least cost is a minimum cut (as in Jain et al., Checkmate, 2020, for one round).
 */
import { costOf, estimateElements } from "../ir/cost.ts";
import { is } from "../ir/expressions.ts";
import type { Loop, Node, PrimitiveName } from "../ir/graph.ts";
import { dependents } from "../ir/loop-parts.ts";
import { minimumCut, type Edge } from "./minimum-cut.ts";

/** Storing a number, keeping it in memory and loading it again, in the unit of `costOf`: about one addition. */
const keeping = 6;

/** Loading a number that is stored in any case. */
const loading = 1;

/** What may be computed again: elementwise operations without a series in them, and movement. */
const repeatable: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  "abs",
  "add",
  "and",
  "broadcast",
  "ceil",
  "concat",
  "convert",
  "divide",
  "equal",
  "floor",
  "is_finite",
  "is_nan",
  "less",
  "less_equal",
  "mark",
  "maximum",
  "minimum",
  "multiply",
  "negate",
  "not",
  "or",
  "pad",
  "power_integer",
  "reshape",
  "round",
  "select",
  "sign",
  "slice",
  "sqrt",
  "stop_gradient",
  "stored",
  "subtract",
  "transpose",
]);

/**
 * The values of a round, and stacked inputs, from which everything is computed that the linear part of its derivative needs:
 * its operands that do not depend on cotangents. What is made of invariants and the index alone is no residual, it is cheap
 * to have again.
 */
export function residualsOf(record: Loop, linear: readonly Node[], cotangents: readonly Node[]): Node[] {
  const moving = dependents(linear, cotangents);
  const varying = dependents(linear, [...record.carries, ...record.stackedInputs]);
  const needed = new Set<Node>();
  const add = (node: Node): void => {
    if (moving.has(node) || !varying.has(node)) return;
    let source = node;
    // A broadcast is not stored but made again.
    while (source.primitive === "broadcast" || source.primitive === "mark") source = source.operands[0];
    needed.add(source);
  };
  for (const node of moving) node.operands.forEach(add);
  linear.forEach(add);
  return keptFor(record, needed, varying);
}

/** What is kept so that all of `needed` can be had; `varying`: what differs from round to round. */
function keptFor(record: Loop, needed: ReadonlySet<Node>, varying: ReadonlySet<Node>): Node[] {
  const isRow = (node: Node): boolean => record.stackedInputs.some((p) => p === node);
  const canRepeat = (node: Node): boolean => node.operands.length > 0 && repeatable.has(node.primitive);
  const reached = reachedBy(needed, (node) => (canRepeat(node) ? node.operands.filter((o) => varying.has(o)) : []));
  const nodes = [...reached].filter((node) => !isRow(node));
  // Of each node two vertices: it is needed, and it is computed again.
  const vertex = new Map(nodes.map((node, k) => [node, 2 * k + 2]));
  const [source, sink] = [0, 1];
  const edges: Edge[] = [];
  for (const [node, at] of vertex) {
    if (needed.has(node)) edges.push({ from: source, to: at, capacity: Infinity });
    edges.push({ from: at, to: at + 1, capacity: keepingCost(record, node) });
    edges.push({ from: at + 1, to: sink, capacity: canRepeat(node) ? repeatingCost(node) : Infinity });
    if (!canRepeat(node)) continue;
    for (const operand of node.operands) {
      const other = vertex.get(operand);
      if (other !== undefined) edges.push({ from: at + 1, to: other, capacity: Infinity });
    }
  }
  const before = minimumCut(2 * nodes.length + 2, edges, source, sink);
  const isKept = (node: Node): boolean => {
    const at = vertex.get(node);
    return at !== undefined && before[at] && !before[at + 1];
  };
  const read = reachedBy(needed, (node) => (isKept(node) || isRow(node) ? [] : node.operands.filter((o) => varying.has(o)))); // prettier-ignore
  return [...read].filter((node) => isKept(node) || isRow(node)).sort((p, q) => p.id - q.id);
}

function keepingCost(record: Loop, node: Node): number {
  const isStacked = record.stackedOutputs.includes(node);
  return (isStacked ? loading : keeping) * estimateElements(node.shape);
}

function repeatingCost(node: Node): number {
  // What tensors are joined or padded from is stored first.
  const isMoved = is(node, "concat") || is(node, "pad");
  return costOf(node) + (isMoved ? keeping * estimateElements(node.shape) : 0);
}

/** The starts and all that is reached from them by `next`. */
function reachedBy(starts: Iterable<Node>, next: (node: Node) => readonly Node[]): Set<Node> {
  const seen = new Set(starts);
  const pending = [...seen];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const other of next(node)) {
      if (seen.has(other)) continue;
      seen.add(other);
      pending.push(other);
    }
  }
  return seen;
}
