/** What the schedule has to know of the code that programs become: its names, and how it hands results over. */
import type { CheckedInput } from "../../2-check/checked.ts";
import { labelOf } from "../../6-schedule/buffers.ts";
import * as dims from "../../ir/dim.ts";
import type { Graph, GraphOutput, Node } from "../../ir/graph.ts";
import type { Origins } from "../../ir/origins.ts";
import { supportSources } from "../support.generated.ts";
import { identifierOf, reservedNames } from "./names.ts";

/** Node -> identifier close to the user's name. */
export function identifierNames(origins: Origins): (node: Node) => string | null {
  return (node) => {
    const name = origins.nameOf(node);
    return name === null || node.operands.length === 0 ? null : identifierOf(name);
  };
}

/** Whether generated code cannot have a variable of this name. */
export function isReserved(name: string): boolean {
  return reservedNames.has(name) || Object.hasOwn(supportSources, name);
}

/** Functions deliver scalars as numbers; models deliver loss, metrics and scalar outputs so, and keep the rest in arrays. */
export function heldAs(isFunction: boolean): (output: GraphOutput) => "number" | "array" {
  return ({ name, node, updates }) => {
    if (updates !== null || node.shape.length > 0) return "array";
    return isFunction || !name.startsWith("gradient.") ? "number" : "array";
  };
}

/** Names that kernels' locals keep clear of: reserved words, support code, arguments and symbolic dims. */
export function takenNames(
  inputs: readonly CheckedInput[],
  graph: Graph,
  held: (output: GraphOutput) => "number" | "array",
): readonly string[] {
  const symbols = inputs.flatMap((i) =>
    i.node.shape.flatMap((d) => [...dims.symbolsOf(d)].flatMap((n) => [n, `${n}_`])),
  );
  const paths = inputs.flatMap((i) => [i.name, identifierOf(i.node.attributes.name), `${i.name}_`, `v_${i.name}`]);
  // Arrays of results have locals of these names; a number is the local of its name.
  const arrays = graph.outputs.filter((output) => held(output) === "array");
  const results = arrays.flatMap(({ name }) => [labelOf(`result.${name}`), identifierOf(name.slice(name.indexOf(".") + 1)), identifierOf(name)]); // prettier-ignore
  const stored = graph.parameters.map((p) => labelOf(p.attributes.name));
  return [...reservedNames, ...Object.keys(supportSources), ...symbols, ...paths, ...results, ...stored, "result", "s", "given", "options", "step", "v", "seed"]; // prettier-ignore
}
