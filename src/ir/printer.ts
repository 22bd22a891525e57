/** Graphs as text, one node a line: `%3 = multiply %1, %2 : real[batch, 10]`. */
import { printType } from "./builder.ts";
import { print as printDim } from "./dim.ts";
import type { Requirement } from "./dim.ts";
import { is, topological } from "./expressions.ts";
import type { Graph, GraphRequirement, Loop, Node } from "./graph.ts";
import { allParameters, bodyRoots } from "./loop-parts.ts";
import type { PrimitiveRecord } from "./primitive.ts";
import { primitives } from "../primitives/index.ts";

/** A user's name for a node, or null. */
export type NodeNames = (node: Node) => string | null;

/**
 * The graph as text. Nodes are numbered in their order within the graph, so that the text does not depend on what else
 * the builder holds; `names` gives nicer names. Bodies of loops are indented below them.
 */
export function printGraph(graph: Graph, names: NodeNames = () => null): string {
  const printer = new Printer(names);
  const roots = graph.outputs.map((output) => output.node);
  const lines = printer.nodes(topological([...graph.parameters, ...roots]), "");
  for (const { name, node, updates } of graph.outputs) {
    lines.push(`output ${name} = ${printer.name(node)}${updates === null ? "" : ` -> ${updates}`}`);
  }
  return [...lines, ...graph.requirements.map(printRequirement), ""].join("\n");
}

/** The lines of some nodes, in the order given. */
export function printNodes(nodes: readonly Node[], names: NodeNames = () => null): string[] {
  return new Printer(names).nodes(nodes, "");
}

/** `require n >= 1 (x[1:])` */
export function printRequirement({ requirement, reason }: GraphRequirement): string {
  return `require ${relation(requirement)} (${reason})`;
}

function relation({ left, relation, right }: Requirement): string {
  return `${printDim(left)} ${relation} ${printDim(right)}`;
}

class Printer {
  readonly #names: NodeNames;
  readonly #given = new Map<Node, string>();
  readonly #taken = new Set<string>();
  #count = 0;

  constructor(names: NodeNames) {
    this.#names = names;
  }

  nodes(nodes: readonly Node[], indent: string): string[] {
    return nodes.flatMap((node) => this.#lines(node, indent));
  }

  /** `%name`, and a number where a node has no name or another one took it. */
  name(node: Node): string {
    const known = this.#given.get(node);
    if (known !== undefined) return known;
    const wanted = this.#names(node) ?? (is(node, "parameter") || is(node, "mark") ? node.attributes.name : null);
    const name = wanted === null ? `%${this.#count++}` : this.#unique(`%${wanted}`);
    this.#given.set(node, name);
    return name;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let k = 2; this.#taken.has(name); k++) name = `${wanted}'${k}`;
    this.#taken.add(name);
    return name;
  }

  #lines(node: Node, indent: string): string[] {
    const operands = node.operands.map((operand) => this.name(operand));
    const attributes = (primitives[node.primitive] as PrimitiveRecord<typeof node.primitive>).print(node.attributes);
    const words = [node.primitive, operands.join(", "), attributes].filter((word) => word !== "");
    const line = `${indent}${this.name(node)} = ${words.join(" ")}`;
    if (!is(node, "loop")) return [`${line} : ${printType(node)}`];
    return [`${line} {`, ...this.#body(node.attributes.record, `${indent}  `), `${indent}}`];
  }

  #body(record: Loop, indent: string): string[] {
    const group = (what: string, nodes: readonly Node[]): string[] =>
      nodes.map((node) => `${indent}${what} ${this.name(node)} : ${printType(node)}`);
    const bound = new Set<Node>(allParameters(record));
    const heads = [
      ...group("index", [record.index]),
      ...group("carry", record.carries),
      ...group("each", record.stackedInputs),
      ...group("with", record.invariants),
    ];
    const inner = topological(bodyRoots(record)).filter((node) => !bound.has(node));
    const body = this.nodes(inner, indent);
    const next = record.next.map((node, k) => `${indent}next ${this.name(record.carries[k])} = ${this.name(node)}`);
    const outputs = record.stackedOutputs.map((node) => `${indent}yield ${this.name(node)}`);
    const ends = record.condition === null ? [] : [`${indent}while ${this.name(record.condition)}`];
    return [...heads, ...body, ...ends, ...next, ...outputs];
  }
}
