/** Which graphs are small enough, and of such shapes, that straight-line code serves. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import { topological } from "../ir/expressions.ts";
import type { AnyNode, Graph, Node } from "../ir/graph.ts";
import { uncertainIndices } from "./index-checks.ts";
import { rowLayout, staticSize, type RowLayout } from "./layout.ts";
import { roleOf } from "./materialize.ts";

/** Scalar operations beyond which a graph is no longer small. */
const mostOperations = 3000;

/** A graph to be written out entry by entry. */
export interface SmallGraph {
  /** In topological order, without the tables that rows are chosen from. */
  readonly nodes: readonly AnyNode[];
  /** The one symbolic dim, or null. */
  readonly symbol: Dim | null;
  readonly layouts: ReadonlyMap<Node, RowLayout>;
}

/**
 * The graph as straight-line code takes it, or null where it has more than `most` scalar operations or shapes that do not
 * unroll.
 */
export function smallGraph(graph: Graph, most = mostOperations): SmallGraph | null {
  const all = topological(graph.outputs.map((o) => o.node)) as readonly AnyNode[];
  const tables = tablesOf(graph, all);
  const nodes = all.filter((node) => !tables.has(node));
  const symbol = soleSymbol(nodes);
  if (symbol === undefined) return null;
  const layouts = new Map<Node, RowLayout>([...tables].map((table) => [table, { axis: null, sizes: [], before: 1 }]));
  let operations = 0;
  for (const node of nodes) {
    const layout = rowLayout(node.shape, symbol);
    if (layout === null) return null;
    layouts.set(node, layout);
    if (!unrolls(node, layouts)) return null;
    operations += unrolledSize(node, layout, layouts);
    if (operations > most) return null;
  }
  if (uncertainIndices(nodes).length > 0) return null;
  // A later loop over rows would read what an earlier one has written over.
  if (graph.outputs.some((o) => o.updates !== null && layouts.get(o.node)?.axis !== null)) return null;
  return { nodes, symbol, layouts };
}

/** Parameters that rows are only chosen from, by index: they stay in memory, whatever their size. */
function tablesOf(graph: Graph, nodes: readonly AnyNode[]): ReadonlySet<Node> {
  const tables = new Set<Node>();
  const others = new Set<Node>(graph.outputs.map((o) => o.node));
  for (const node of nodes) {
    const [x, ...rest]: readonly Node[] = node.operands;
    const isTable =
      node.primitive === "gather" &&
      node.attributes.batch === 0 &&
      x.primitive === "parameter" &&
      x.shape.slice(1).every((size) => dims.constantOf(size) !== null);
    for (const operand of isTable ? rest : node.operands) others.add(operand);
    if (isTable) tables.add(x);
  }
  return new Set([...tables].filter((table) => !others.has(table)));
}

/** The one symbolic dim of all shapes; null if there is none, undefined if there are several. */
function soleSymbol(nodes: readonly Node[]): Dim | null | undefined {
  let found: Dim | null = null;
  for (const node of nodes) {
    for (const dim of node.shape) {
      if (dims.constantOf(dim) !== null) continue;
      if (found !== null && !dims.equal(found, dim)) return undefined;
      found = dim;
    }
  }
  return found;
}

/** Whether the rows stay whole: nothing slices, pads, joins, searches or windows along the symbolic axis. */
function unrolls(node: AnyNode, layouts: ReadonlyMap<Node, RowLayout>): boolean {
  const layoutOf = (n: Node): RowLayout => layouts.get(n) ?? { axis: null, sizes: [], before: 1 };
  const axisFromEnd = (n: Node): number | null => {
    const { axis } = layoutOf(n);
    return axis === null ? null : axis - n.shape.length;
  };
  switch (node.primitive) {
    case "reshape": {
      const from = layoutOf(node.operands[0]);
      const to = layoutOf(node);
      return (from.axis === null) === (to.axis === null) && from.before === to.before;
    }
    case "slice":
    case "pad":
      // A cut may make an axis symbolic that was not, and begin at a symbolic place: then no axis holds the rows.
      if (axisFromEnd(node) !== axisFromEnd(node.operands[0])) return false;
      return node.attributes.axes.every((axis, k) => {
        const fromEnd = k - node.attributes.axes.length;
        if (fromEnd !== axisFromEnd(node)) {
          const places = "interior" in axis ? [axis.low, axis.high] : [axis.start, axis.size];
          return places.every((place) => dims.constantOf(place) !== null);
        }
        if ("interior" in axis) return axis.interior === 0 && isZero(axis.low) && isZero(axis.high);
        const { shape } = node.operands[0];
        return axis.step === 1 && isZero(axis.start) && dims.equal(axis.size, shape[shape.length + fromEnd]);
      });
    case "concat":
      return node.operands.every((o) => axisFromEnd(o) !== node.attributes.axis);
    case "argmax":
    case "argmin":
      return axisFromEnd(node.operands[0]) !== node.attributes.axis;
    case "gather":
      return node.operands[0].primitive === "parameter" && layoutOf(node.operands[0]).axis === null;
    case "window":
    case "fold":
    case "scatter_add":
    case "loop":
    case "loop_result":
    case "gradient":
    case "jvp":
    case "jacobian":
      return false;
    default:
      return roleOf(node) !== "routine";
  }
}

function unrolledSize(node: AnyNode, layout: RowLayout, layouts: ReadonlyMap<Node, RowLayout>): number {
  const size = staticSize(layout);
  if (node.primitive === "contract") {
    const labels = new Map<string, number>();
    node.operands.forEach((operand, k) => {
      const names = k === 0 ? node.attributes.left : node.attributes.right;
      const sizes = layouts.get(operand)?.sizes ?? [];
      names.forEach((name, n) => labels.set(name, sizes[sizes.length - names.length + n] ?? 1));
    });
    return size + [...labels.values()].reduce((p, n) => p * n, 1);
  }
  return size + node.operands.reduce((most, o) => Math.max(most, staticSize(layouts.get(o) ?? layout)), 0) / 4;
}

function isZero(dim: Dim): boolean {
  return dims.constantOf(dim) === 0;
}
