/** The arrays that an entry point's caller gives or takes. */
import type { Graph, GraphOutput, Node } from "../ir/graph.ts";
import type { Buffer } from "../ir/program.ts";

export interface ScheduleOptions {
  /** Whether an output is delivered as a number or written to an array. */
  readonly held: (output: GraphOutput) => "number" | "array";
  /** The user's name of a node, as an identifier, or null. */
  readonly nameOf: (node: Node) => string | null;
  /** Names that locals may not have: those of arguments and symbolic dims. */
  readonly taken: readonly string[];
}

/** A parameter's buffer has the parameter's name. */
export function bufferOf(parameter: Node<"parameter">): string {
  return parameter.attributes.name;
}

/** One buffer an array-held parameter. */
export function parameterBuffers(graph: Graph): readonly Buffer[] {
  return graph.parameters
    .filter((p) => p.attributes.held === "array")
    .map((p): Buffer => {
      const { name } = p.attributes;
      return { name, element: p.element, shape: p.shape, role: "parameter", label: name };
    });
}

/** One buffer a returned array: `result.<output>`. Updates are written over their parameter's buffer. */
export function resultBuffers(graph: Graph, options: ScheduleOptions): readonly Buffer[] {
  return graph.outputs
    .filter((o) => o.updates === null && options.held(o) === "array")
    .map(({ name, node }): Buffer => {
      return { name: `result.${name}`, element: node.element, shape: node.shape, role: "result", label: name };
    });
}
