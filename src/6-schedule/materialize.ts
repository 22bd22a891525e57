/**
 * Which nodes get storage of their own, and which are computed where they are read: recompute against store, decided by
 * cost.
 */
import * as dims from "../ir/dim.ts";
import { is, topological, useCounts } from "../ir/expressions.ts";
import type { AnyNode, Graph, Node, PrimitiveName } from "../ir/graph.ts";
import { bodyRoots } from "../ir/loop-parts.ts";
import type { IndexCheck } from "./index-checks.ts";
import { routineOperands, wholeMatrices } from "./routines.ts";
import { primitives } from "../primitives/index.ts";

/** How a node takes part in a kernel. */
export type Role =
  /** Read where it stands: a parameter, a literal, an index. */
  | "source"
  /** Another addressing of its operand. */
  | "view"
  /** Computed element by element. */
  | "elementwise"
  /** Sums (or products, maxima) over axes: reduce_* and contract. */
  | "sum"
  /** argmax, argmin. */
  | "search"
  /** Written piece by piece into cleared storage: scatter_add, fold. */
  | "scatter"
  | "concat"
  /** Computed by the support code, matrix by matrix. */
  | "routine"
  /** Steps of its own that run once a round. */
  | "loop"
  /** Left behind by a loop. */
  | "result";

/** The role of a node; throws for what must not reach the scheduler. */
export function roleOf(node: Node): Role {
  const role = roles[node.primitive];
  if (role === undefined) {
    if (primitives[node.primitive].code !== null) return "elementwise";
    throw new Error(`internal: ${node.primitive} reached the scheduler`);
  }
  return role;
}

const roles: Readonly<Partial<Record<PrimitiveName, Role>>> = {
  constant: "source",
  dimension: "source",
  parameter: "source",
  iota: "source",
  table: "source",
  random: "elementwise",
  mark: "view",
  stop_gradient: "view",
  broadcast: "view",
  reshape: "view",
  transpose: "view",
  slice: "view",
  pad: "view",
  window: "view",
  gather: "view",
  reduce_sum: "sum",
  reduce_product: "sum",
  reduce_max: "sum",
  reduce_min: "sum",
  contract: "sum",
  determinant: "sum",
  log_determinant: "sum",
  determinant_sign: "sum",
  lu: "routine",
  solve: "routine",
  cofactor: "routine",
  cholesky: "routine",
  triangular_solve: "routine",
  argmax: "search",
  argmin: "search",
  scatter_add: "scatter",
  fold: "scatter",
  concat: "concat",
  loop: "loop",
  loop_result: "result",
};

// Approximate cycles of one element.
const expensive = new Set<PrimitiveName>(
  ["exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh"],
); // prettier-ignore
const moreExpensive = new Set<PrimitiveName>(
  ["cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sigmoid", "softplus", "power", "cbrt", "hypot", "modulo"],
); // prettier-ignore

const alwaysStored: ReadonlySet<Role> = new Set(["sum", "search", "scatter", "concat", "routine", "loop", "result"]);

/** Whether an element takes so long that no place computes it again. */
export function isElementary({ primitive }: Node): boolean {
  return expensive.has(primitive) || moreExpensive.has(primitive);
}

/** The cost of recomputing up to which a value read several times is not stored. */
const cheap = 6;
/** Nesting of inlined expressions, so that no traversal recurses far. */
const deepest = 48;

/** Of a graph's nodes in topological order those that get storage (or, without axes, a number), in this order. */
export function materialized(
  graph: Graph,
  nodes: readonly AnyNode[],
  checks: readonly IndexCheck[],
): ReadonlySet<Node> {
  const chosen = new Set<Node>();
  const costs = new Map<Node, number>();
  const heights = new Map<Node, number>();

  const users = useCounts(nodes);
  // Folds of several axes are written as one.
  const inner = new Set(nodes.flatMap((n) => (n.primitive === "fold" && isFoldedOnce(n.operands[0], users) ? n.operands : []))); // prettier-ignore

  // First what must be stored whatever it costs, and the cost of each expression given that.
  for (const node of nodes) {
    const role = roleOf(node);
    if (alwaysStored.has(role) && !inner.has(node)) chosen.add(node);
    const stored = chosen.has(node) || role === "source";
    const below = node.operands.map((o) => costs.get(o) ?? 1);
    costs.set(node, stored ? 1 : Math.min(1e6, ownCost(node) + below.reduce((s, c) => s + c, 0)));
    const height = stored ? 0 : 1 + Math.max(0, ...node.operands.map((o) => heights.get(o) ?? 0));
    if (height > deepest) chosen.add(node);
    heights.set(node, chosen.has(node) ? 0 : height);
  }
  for (const output of graph.outputs) chosen.add(output.node);
  for (const { index } of checks) chosen.add(index);

  // Then, from the outputs down, what is read more often than it is worth computing.
  const demand = new Map<Node, number>();
  const mustStand = (operand: Node): void => {
    const base = storageOf(operand);
    if (roleOf(base) !== "source") chosen.add(base);
  };
  for (const node of nodes.slice().reverse()) {
    const role = roleOf(node);
    const own = demand.get(node) ?? 0;
    const cost = costs.get(node) ?? 1;
    if (role === "elementwise" && own > 1 && (cost > cheap || takesOver(node, users))) chosen.add(node);
    if (role === "view" && own > 1 && cost > cheap * 2) {
      // What is repeated is stored once.
      if (node.primitive === "broadcast") mustStand(node);
      else chosen.add(node);
    }
    const reads = chosen.has(node) ? 1 : own;
    for (const operand of node.operands) demand.set(operand, (demand.get(operand) ?? 0) + reads);
    if (node.primitive === "contract") {
      for (const operand of node.operands) mustStand(operand);
    } else if (role === "routine") {
      for (const operand of routineOperands(node)) {
        const base = wholeMatrices(operand, (o) => chosen.has(o));
        if (base !== null) chosen.add(base);
      }
    } else if (node.primitive === "loop") {
      // Rounds read invariants and rows again and again; initial values are computed where they are put.
      for (const operand of node.operands.slice(node.attributes.record.carries.length)) mustStand(operand);
      // Numbers are locals of the entry point.
      for (const operand of node.operands) if (operand.shape.length === 0) chosen.add(operand);
      if (callsRoutines(node)) {
        for (const operand of node.operands) {
          const base = operand.shape.length < 2 ? null : wholeMatrices(operand, (o) => chosen.has(o));
          if (base !== null) chosen.add(base);
        }
      }
    } else if (node.primitive === "gather") {
      mustStand(node.operands[0]);
    } else if (node.primitive === "window" && overlaps(node)) {
      // What several windows hold is computed once, zeros around it included.
      if ((costs.get(storageOf(node)) ?? 1) > 2) mustStand(node);
    } else if (node.primitive === "broadcast") {
      const [x] = node.operands;
      if (roleOf(x) === "elementwise" && repeatsRows(node) && (costs.get(x) ?? 1) > 2) chosen.add(x);
    } else if (node.primitive === "reshape" && splitsAxes(node)) {
      // Only storage has flat addresses: a view of it has not.
      if (roleOf(node.operands[0]) !== "source") chosen.add(node.operands[0]);
    }
    if (node.shape.length > 0) {
      for (const operand of node.operands) {
        if (operand.shape.length === 0 && roleOf(operand) === "elementwise") chosen.add(operand);
      }
    }
  }
  return new Set(nodes.filter((n) => chosen.has(n) && roleOf(n) !== "source"));
}

/** A fold of no fold, which nothing but one other fold reads. */
function isFoldedOnce(node: Node, users: ReadonlyMap<Node, number>): boolean {
  return node.primitive === "fold" && node.operands[0].primitive !== "fold" && users.get(node) === 1;
}

/** Whether a body computes anything by routines, which want whole matrices. */
function callsRoutines(loop: Node<"loop">): boolean {
  return topological(bodyRoots(loop.attributes.record)).some((node) =>
    is(node, "loop") ? callsRoutines(node) : roleOf(node) === "routine",
  );
}

/** Whether storing the node saves storing the sum that it is made of: nothing else reads that. */
function takesOver(node: Node, users: ReadonlyMap<Node, number>): boolean {
  return node.operands.some((o) => roleOf(o) === "sum" && o.shape.length > 0 && users.get(o) === 1);
}

function ownCost(node: AnyNode): number {
  if (moreExpensive.has(node.primitive)) return 30;
  if (isElementary(node)) return 20;
  if (node.primitive === "random") return 30;
  if (node.primitive === "divide" || node.primitive === "sqrt" || node.primitive === "power_integer") return 4;
  if (node.primitive === "pad" || node.primitive === "gather") return 3;
  return roleOf(node) === "view" || roleOf(node) === "source" ? 0 : 1;
}

/** Views of a stored tensor are as good as stored: what lies below them. */
function storageOf(node: Node): Node {
  let base = node;
  while (isPlainView(base)) base = base.operands[0];
  return base;
}

function isPlainView(node: Node): boolean {
  return ["broadcast", "transpose", "slice", "reshape", "window", "mark", "stop_gradient"].includes(node.primitive);
}

/** Whether windows may share entries: one starts before the last has ended. */
function overlaps({ attributes: { count, size, stride, dilation } }: Node<"window">): boolean {
  const [windows, entries] = [dims.constantOf(count), dims.constantOf(size)];
  return windows !== 1 && (entries === null || (entries - 1) * dilation >= stride);
}

/** Whether the operand is read again for every row: an axis is added in front of one of its own. */
function repeatsRows(node: Node<"broadcast">): boolean {
  const { axes, shape } = node.attributes;
  const last = Math.max(...axes.map((axis) => shape.length + axis), -1);
  return shape.some((dim, k) => k < last && !axes.includes(k - shape.length) && dims.constantOf(dim) !== 1);
}

/** Whether addressing the operand would take divisions: an axis of it is cut in several. */
export function splitsAxes(node: Node<"reshape">): boolean {
  return matchAxes(node.operands[0].shape, node.shape) === null;
}

/**
 * For each axis of `from`, the axes of `to` that it is the row-major product of; null where an axis of `to` holds parts
 * of several... or of a larger axis of `from`. Axes of size 1 are matched freely.
 */
export function matchAxes(from: dims.Shape, to: dims.Shape): readonly (readonly number[])[] | null {
  const groups: number[][] = [];
  let next = 0;
  for (const size of from) {
    const group: number[] = [];
    let product = dims.constant(1);
    while (!dims.equal(product, size)) {
      if (next === to.length) return null;
      if (dims.constantOf(to[next]) !== 1) {
        product = dims.multiply(product, to[next]);
        group.push(next);
        if (dims.divideExact(size, product) === null) return null;
      }
      next += 1;
    }
    groups.push(group);
  }
  while (next < to.length) {
    if (dims.constantOf(to[next]) !== 1) return null;
    next += 1;
  }
  return groups;
}
