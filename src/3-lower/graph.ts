/** Closes a set of outputs over the parameters that they reach. */
import { topological } from "../ir/expressions.ts";
import type { Graph, GraphOutput, GraphRequirement, Node } from "../ir/graph.ts";

/**
 * The graph of `outputs`; parameters in the order given, those that no output reaches left out. `symbolsFromOne`: calls with
 * an empty axis are refused.
 */
export function closeGraph(
  outputs: readonly GraphOutput[],
  parameters: readonly Node<"parameter">[],
  requirements: readonly GraphRequirement[],
  symbolsFromOne = false,
): Graph {
  const reached = new Set(topological(outputs.map((output) => output.node)));
  return { parameters: parameters.filter((p) => reached.has(p)), outputs, requirements, symbolsFromOne };
}

/** An output that is returned. */
export function returned(name: string, node: Node): GraphOutput {
  return { name, node, updates: null };
}

/** An output that takes the place of the stored parameter when the call ends. */
export function updated(parameter: Node<"parameter">, node: Node): GraphOutput {
  const { name } = parameter.attributes;
  return { name, node, updates: name };
}
