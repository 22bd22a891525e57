/** Building and reading small graphs in tests. */
import { constant as dimConstant, evaluate as evaluateDim, symbol } from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { AnyNode, ElementType, Graph, Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import type { SimplifyOptions } from "../../src/5-simplify/rule.ts";

/** Dims from numbers and names of symbols. */
export function shapeOf(...sizes: readonly (number | string)[]): Shape {
  return sizes.map((size): Dim => (typeof size === "number" ? dimConstant(size) : symbol(size)));
}

export function parameter(
  b: GraphBuilder,
  name: string,
  sizes: readonly (number | string)[] = [],
  element: ElementType = "real",
  bound: number | null = null,
): Node<"parameter"> {
  const type = { element, shape: shapeOf(...sizes) };
  const held = sizes.length === 0 ? "number" : "array";
  return b.create("parameter", [], { name, type, bound: bound === null ? null : dimConstant(bound), held });
}

/** A graph of named outputs over all parameters that they reach. */
export function graphOf(outputs: Readonly<Record<string, Node>>): Graph {
  const entries = Object.entries(outputs);
  const nodes = e.topological(entries.map(([, node]) => node));
  return {
    parameters: nodes.filter((node) => e.is(node, "parameter")),
    outputs: entries.map(([name, node]) => ({ name, node, updates: null })),
    requirements: [],
  };
}

export function outputOf(graph: Graph, name: string): Node {
  const found = graph.outputs.find((output) => output.name === name);
  if (found === undefined) throw new Error(`no output ${name}`);
  return found.node;
}

/** What the compiler does between lowering and scheduling. */
export function derive(graph: Graph, b: GraphBuilder, options: SimplifyOptions = {}): Graph {
  const strict: SimplifyOptions = {
    onExhausted: (rule) => {
      throw new Error(`rules went in a circle or ran out of fuel at ${rule}`);
    },
    ...options,
  };
  const differentiated = differentiate(simplify(graph, b, strict), b);
  return simplify(eraseMarks(differentiated, b), b, strict);
}

export function gradient(b: GraphBuilder, y: Node, x: Node): Node {
  return b.create("gradient", [y, x], {});
}

/** The numbers of each output, for inputs given as numbers or flat lists in the shapes of the parameters. */
export function run(
  graph: Graph,
  inputs: Readonly<Record<string, number | readonly number[]>>,
  dims: Readonly<Record<string, number>> = {},
): Record<string, number[]> {
  const values = evaluate(graph, bind(graph, inputs, dims), { dims: new Map(Object.entries(dims)) });
  return Object.fromEntries([...values].map(([name, value]) => [name, [...value.data]]));
}

function bind(
  graph: Graph,
  inputs: Readonly<Record<string, number | readonly number[]>>,
  dims: Readonly<Record<string, number>>,
): Map<string, Value> {
  const bound = new Map<string, Value>();
  for (const p of graph.parameters) {
    const given = inputs[p.attributes.name];
    const data = typeof given === "number" ? [given] : given;
    const shape = p.shape.map((dim) => evaluateDim(dim, new Map(Object.entries(dims))));
    bound.set(p.attributes.name, tensor(shape, data, p.element));
  }
  return bound;
}

const infix = new Map(
  Object.entries({
    add: "+",
    subtract: "-",
    multiply: "*",
    divide: "/",
    equal: "==",
    less: "<",
    less_equal: "<=",
  }),
);

/** A node as a formula, broadcasts left out: "(sigmoid(z) - y)". */
export function formula(node: Node): string {
  const at = node as AnyNode;
  const parts = at.operands.map(formula);
  switch (at.primitive) {
    case "parameter":
    case "mark":
      return at.attributes.name;
    case "constant":
      return String(at.attributes.value);
    case "dimension":
      return at.attributes.dim.key;
    case "broadcast":
      return parts[0];
    case "convert":
      return at.operands[0].element === "bool" ? `[${parts[0]}]` : parts[0];
    case "negate":
      return `-${parts[0]}`;
    case "power_integer":
      return `${parts[0]}^${at.attributes.exponent}`;
    case "reduce_sum":
      return `sum(${parts[0]})`;
    case "reduce_max":
      return `max(${parts[0]})`;
    default: {
      const operator = infix.get(at.primitive);
      if (operator !== undefined) return `(${parts.join(` ${operator} `)})`;
      return `${at.primitive}(${parts.join(", ")})`;
    }
  }
}

/** f'(x) of a function of many variables along a direction: Richardson's extrapolation of central differences, error O(h^4). */
export function directional(
  f: (x: readonly number[]) => number,
  x: readonly number[],
  v: readonly number[],
  h = 1e-3,
): number {
  const at = (t: number): number => f(x.map((value, k) => value + t * v[k]));
  const central = (step: number): number => (at(step) - at(-step)) / (2 * step);
  return (4 * central(h / 2) - central(h)) / 3;
}

/** Every partial derivative, by `directional`. */
export function numericGradient(f: (x: readonly number[]) => number, x: readonly number[], h = 1e-3): number[] {
  return x.map((_, k) => directional(f, x, x.map((__, j) => (j === k ? 1 : 0)), h)); // prettier-ignore
}

/** Numbers in [low, high), the same in every run. */
export function randoms(seed: number, count: number, low = -1, high = 1): number[] {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 3266489917) >>> 0;
    return low + ((high - low) * mixed) / 2 ** 32;
  });
}

export { createBuilder };
