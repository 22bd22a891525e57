/** Checks the invariants of a graph. A failure is a fault of the pass that made the graph, not of the user. */
import { printShape, shapesEqual } from "./dim.ts";
import { is, topological } from "./expressions.ts";
import type { Graph, Loop, Node } from "./graph.ts";
import { allParameters, bodyRoots } from "./loop-parts.ts";
import type { PrimitiveRecord, PrimitiveTable } from "./primitive.ts";
import { printNodes } from "./printer.ts";

/** Thrown where a graph breaks an invariant; the message shows the lines around the node. */
export class InvalidGraph extends Error {
  override readonly name = "InvalidGraph";
}

export interface VerifyOptions {
  /** No gradient, jvp or jacobian request may be left. */
  readonly differentiated?: boolean;
  /** No mark may be left. */
  readonly erased?: boolean;
}

const CONTEXT = 5;

/**
 * Re-checks arity, the order of operands, types by the shape rules, parameters (listed, of distinct names) and loops
 * (closed bodies).
 * @throws InvalidGraph
 */
export function verify(graph: Graph, table: PrimitiveTable, options: VerifyOptions = {}): void {
  const names = new Set<string>();
  for (const { attributes } of graph.parameters) {
    if (names.has(attributes.name)) throw new InvalidGraph(`internal: two parameters are called ${attributes.name}`);
    names.add(attributes.name);
  }
  const outputs = new Set<string>();
  for (const { name, node, updates } of graph.outputs) {
    if (outputs.has(name)) throw new InvalidGraph(`internal: two outputs are called ${name}`);
    outputs.add(name);
    // What is only written, an initial value, is no parameter of its graph.
    const target = graph.parameters.find((parameter) => parameter.attributes.name === updates);
    if (target !== undefined && (!shapesEqual(target.shape, node.shape) || target.element !== node.element)) {
      throw new InvalidGraph(`internal: output ${name} updates ${String(updates)}, which has another type`);
    }
  }
  verifyNodes({ table, options }, topological(graph.outputs.map((output) => output.node)), new Set(graph.parameters));
}

interface Context {
  readonly table: PrimitiveTable;
  readonly options: VerifyOptions;
}

function verifyNodes(context: Context, nodes: readonly Node[], parameters: ReadonlySet<Node>): void {
  nodes.forEach((node, k) => {
    const fault = faultOf(node, context, parameters);
    if (fault === null) {
      if (is(node, "loop")) verifyLoop(context, node.attributes.record);
      return;
    }
    const near = nodes.slice(Math.max(0, k - CONTEXT), k + CONTEXT);
    const lines = printNodes(near, (other) => String(other.id));
    const pointed = lines.map((line) => `${line.startsWith(`%${node.id} `) ? ">" : " "} ${line}`);
    throw new InvalidGraph([`internal: %${node.id} (${node.primitive}) ${fault}`, ...pointed].join("\n"));
  });
}

/** What is wrong with a node, or null. */
function faultOf(node: Node, { table, options }: Context, parameters: ReadonlySet<Node>): string | null {
  const record = table[node.primitive] as PrimitiveRecord<typeof node.primitive>;
  if (record.arity !== "any" && record.arity !== node.operands.length) {
    return `has ${node.operands.length} operands, not ${record.arity}`;
  }
  const late = node.operands.find((operand) => operand.id >= node.id);
  if (late !== undefined) return `comes before its operand %${late.id}`;
  if (is(node, "parameter") && !parameters.has(node))
    return `is a parameter ${node.attributes.name} that is not listed`;
  if (options.differentiated === true && ["gradient", "jvp", "jacobian"].includes(node.primitive)) {
    return "is a derivative request that nothing replaced";
  }
  if (options.erased === true && node.primitive === "mark") return "is a mark that nothing erased";
  try {
    const type = record.shape(node.operands, node.attributes);
    if (type.element !== node.element) return `holds ${node.element} values where its rule gives ${type.element}`;
    if (!shapesEqual(type.shape, node.shape)) {
      return `has shape ${printShape(node.shape)} where its rule gives ${printShape(type.shape)}`;
    }
  } catch (error) {
    return `does not fit its operands: ${error instanceof Error ? error.message : String(error)}`;
  }
  return null;
}

function verifyLoop(context: Context, record: Loop): void {
  const parameters = allParameters(record);
  const names = parameters.map((parameter) => parameter.attributes.name);
  if (new Set(names).size !== names.length) {
    throw new InvalidGraph(`internal: the parameters of a loop are not distinct: ${names.join(", ")}`);
  }
  if (record.index.element !== "index" || record.index.shape.length > 0) {
    throw new InvalidGraph("internal: the index of a loop is an integer scalar");
  }
  verifyNodes(context, topological(bodyRoots(record)), new Set(parameters));
}
