/** Values that are known at compile time, by the reference meaning of the primitives. */
import { constantOf } from "./dim.ts";
import type { GraphBuilder } from "./builder.ts";
import { topological } from "./expressions.ts";
import { recordOf } from "./facts.ts";
import type { Node } from "./graph.ts";
import type { Value } from "./value.ts";

/** The value of a node of known shape that depends on literals and counters alone; null for any other, and past `most` entries. */
export function knownValue(b: GraphBuilder, node: Node, most: number): Value | null {
  const values = new Map<Node, Value>();
  for (const each of topological([node])) {
    const value = valueOf(b, each, values, most);
    if (value === null) return null;
    values.set(each, value);
  }
  return values.get(node) ?? null;
}

function valueOf(b: GraphBuilder, node: Node, values: ReadonlyMap<Node, Value>, most: number): Value | null {
  const { meaning } = recordOf(b, node);
  if (meaning === null || node.primitive === "parameter" || node.primitive === "random") return null;
  const shape: number[] = [];
  for (const dim of node.shape) {
    const size = constantOf(dim);
    if (size === null) return null;
    shape.push(size);
  }
  if (shape.reduce((p, n) => p * n, 1) > most) return null;
  const operands = node.operands.flatMap((operand) => values.get(operand) ?? []);
  return meaning(operands, node.attributes, { shape, element: node.element, dims: new Map(), unitRoundoff: 2 ** -53 });
}
