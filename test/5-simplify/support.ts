/** Building and reading small graphs in tests. */
import { constant as dimConstant, symbol } from "../../src/ir/dim.ts";
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
    const shape = p.shape.map((dim) => sizeOf(dim, dims));
    bound.set(p.attributes.name, tensor(shape, data, p.element));
  }
  return bound;
}

function sizeOf(dim: Dim, dims: Readonly<Record<string, number>>): number {
  const found = dim.terms.length === 0 ? 0 : undefined;
  return found ?? evaluateDim(dim, dims);
}

function evaluateDim(dim: Dim, dims: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const { coefficient, factors } of dim.terms) {
    let part = coefficient;
    for (const { atom, power } of factors) {
      if (atom.kind !== "symbol") throw new Error("tests use symbols only");
      part *= dims[atom.name] ** power;
    }
    sum += part;
  }
  return sum;
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  equal: "==",
  less: "<",
  less_equal: "<=",
};

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
      const operator = infix[at.primitive];
      if (operator !== undefined) return `(${parts.join(` ${operator} `)})`;
      return `${at.primitive}(${parts.join(", ")})`;
    }
  }
}

export { createBuilder };
