/**
 * The user's stop_gradient's: a derivative takes what stands in them for constant, so that the differences it is compared with must hold
 * it where it is. Those of the library take away nothing that has a derivative.
 */
import type { CheckedFunction, DerivativeKind } from "../2-check/checked.ts";
import { lowerFunction } from "../3-lower/function.ts";
import { closeGraph, returned } from "../3-lower/graph.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { evaluate } from "../ir/interpreter.ts";
import { substitute } from "../ir/substitute.ts";
import type { Value } from "../ir/value.ts";
import type { Outputs } from "./port.ts";
import type { Session } from "./session.ts";

/** Results in which each stop is an input. */
export interface Held {
  readonly roots: readonly Node[];
  readonly inputs: readonly Node<"parameter">[];
  /** The values of these inputs at a point, by name. */
  readonly valuesAt: (
    inputs: ReadonlyMap<string, Value>,
    sizes: ReadonlyMap<string, number>,
  ) => ReadonlyMap<string, Value>;
}

/** Null where the user stops nothing. `parameters`: of the graph that the roots are results of. */
export function holdStops(
  { builder, origins, settled }: Session,
  roots: readonly Node[],
  parameters: readonly Node<"parameter">[],
): Held | null {
  const stops = topological(roots).filter((node) => is(node, "stop_gradient") && origins.spansOf(node).some(isStop));
  if (stops.length === 0) return null;
  const inputs = stops.map(({ shape, element }, k) =>
    builder.create("parameter", [], { name: `held.${k}`, type: { shape, element }, bound: null, held: "array" }),
  );
  const held = new Map(stops.map((stop, k) => [stop, inputs[k]]));
  const outputs = stops.map((stop, k) => returned(`held.${k}`, stop));
  const graph = settled(closeGraph(outputs, parameters, []));
  return {
    roots: substitute(builder, roots, held),
    inputs,
    valuesAt: (values, dims) =>
      new Map([...evaluate(graph, values, { dims })].map(([name, value]) => [name, withoutError(value)])),
  };
}

function isStop({ source, start, end }: Span): boolean {
  return /^stop_gradient\s*\(/.test(source.text.slice(start, end));
}

function withoutError(value: Value): Value {
  return { ...value, error: new Float64Array(value.error.length) };
}

/** An entry point of a function as the interpreter computes it, at the values of its inputs by name. */
export function interpretedEntry(
  { builder, settled }: Session,
  f: CheckedFunction,
  kind: DerivativeKind,
  wrt: readonly string[],
  sizes: ReadonlyMap<string, number>,
): (inputs: ReadonlyMap<string, Value>) => Outputs {
  const [lowered] = lowerFunction({ ...f, wanted: [{ kind, wrt }] }, builder).entries;
  const graph = settled(lowered.graph);
  return (inputs) => new Map([...evaluate(graph, inputs, { dims: sizes })].map(([name, { data }]) => [name, data]));
}

/** The function with its stops for inputs. */
export function heldFunction(f: CheckedFunction, { roots, inputs }: Held): CheckedFunction {
  return {
    ...f,
    inputs: [...f.inputs, ...inputs.map((node) => ({ name: node.attributes.name, node, span: f.span }))],
    results: f.results.map((result, k) => ({ ...result, node: roots[k] })),
  };
}
