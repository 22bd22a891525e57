/** The arrays that an entry point's caller gives or takes. */
import type { Graph, GraphOutput, Node } from "../ir/graph.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import type { Buffer } from "../ir/program.ts";
import type { NestCache } from "./nest-cache.ts";

export interface ScheduleOptions {
  /** Whether an output is delivered as a number or written to an array. */
  readonly held: (output: GraphOutput) => "number" | "array";
  /** The user's name of a node, as an identifier, or null. */
  readonly nameOf: (node: Node) => string | null;
  /** The source line that a node came from, or null. */
  readonly lineOf: (node: Node) => string | null;
  /** Loop nests already built for other entry points of the file. */
  readonly nests: NestCache;
  /**
   * How many calls of an operation (with the exponent of power_integer) an engine inlines in one function; Infinity
   * where it is no call.
   */
  readonly inlinedCalls: (operation: ElementwiseName, exponent: number | null) => number;
  /** Whether kernels come with the nests that they were before tiling. */
  readonly untiled?: boolean;
  /** Whether small graphs become straight-line code. */
  readonly unroll: boolean;
  /** Whether a name cannot be that of a variable. */
  readonly reserved: (name: string) => boolean;
  /** Names that locals may not have: those of arguments and symbolic dims. */
  readonly taken: readonly string[];
}

/** A parameter's buffer has the parameter's name. */
export function bufferOf(parameter: Node<"parameter">): string {
  return parameter.attributes.name;
}

/** One buffer an array-held parameter, and one a stored tensor that is written without being read. */
export function parameterBuffers(graph: Graph): readonly Buffer[] {
  const read = graph.parameters
    .filter((p) => p.attributes.held === "array")
    .map((p): Buffer => storageOf(p.attributes.name, p));
  const known = new Set(read.map((b) => b.name));
  const written = graph.outputs.flatMap(({ updates, node }) =>
    updates === null || known.has(updates) ? [] : [storageOf(updates, node)],
  );
  return [...read, ...written];
}

function storageOf(name: string, { element, shape }: Node): Buffer {
  return { name, element, shape, role: "parameter", label: name };
}

/** One buffer a returned array: `result.<output>`. Updates are written over their parameter's buffer. */
export function resultBuffers(graph: Graph, options: ScheduleOptions): readonly Buffer[] {
  return graph.outputs
    .filter((o) => o.updates === null && options.held(o) === "array")
    .map(({ name, node }): Buffer => {
      return { name: `result.${name}`, element: node.element, shape: node.shape, role: "result", label: name };
    });
}

const sections: ReadonlySet<string> = new Set(["inputs", "targets", "params", "state", "result"]);

/** An identifier for a parameter or result: its path without the section it stands in. */
export function labelOf(path: string): string {
  const [first, ...rest] = path.split(".");
  return rest.length > 0 && sections.has(first) ? rest.join("_") : [first, ...rest].join("_");
}
