/** Rows of test/tables/torch/second.json as programs: values, gradients and second derivatives in both modes at special points. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, GraphOutput, Loop, Node, PrimitiveName } from "../../src/ir/graph.ts";
import { createContext } from "../../src/4-differentiate/context.ts";
import { forward } from "../../src/4-differentiate/forward.ts";
import { reverse } from "../../src/4-differentiate/reverse.ts";
import { shapeOf } from "../primitives/harness.ts";
import type { Case, Packed } from "../tables/reference.ts";
import { annotation, readTable } from "../tables/reference.ts";

/** second.py says what a row holds. */
interface Shared extends Pick<Case, "inputs" | "value" | "departs"> {
  readonly cotangent: Packed;
  readonly directions: Readonly<Record<string, Packed>>;
  readonly gradient: Readonly<Record<string, Packed>>;
  readonly second: Readonly<Record<string, Packed>>;
}
export type ExpressionRow = Shared & { readonly expression: string };
export type ModelRow = Shared & { readonly model: string };
export type PrimitiveRow = Shared & { readonly primitive: PrimitiveName };

const rows = readTable("second") as readonly (ExpressionRow | ModelRow | PrimitiveRow)[];
export const expressionRows = rows.filter((row): row is ExpressionRow => "expression" in row);
export const modelRows = rows.filter((row): row is ModelRow => "model" in row);
export const primitiveRows = rows.filter((row): row is PrimitiveRow => "primitive" in row);

/** What one output of a row's program must be. */
export interface Wanted {
  readonly what: string;
  readonly numbers: Packed;
}

/**
 * What is asked of a row: its value, the gradient g of sum(w value), and for each pair of inputs the derivative by b of
 * sum(v_a g_a), in reverse mode, and of g_b along v_a, in forward mode: both are v_a times the mixed second derivatives.
 */
export function wantedOf({ value, gradient, second }: Shared): readonly Wanted[] {
  return [
    { what: "value", numbers: value },
    ...Object.entries(gradient).map(([a, numbers]) => ({ what: `gradient by ${a}`, numbers })),
    ...Object.entries(second).flatMap(([pair, numbers]) =>
      ["reverse", "forward"].map((mode) => ({ what: `${pair} in ${mode} mode`, numbers })),
    ),
  ];
}

/** What goes in, by name. */
export function inputsOf({ inputs, cotangent, directions }: Shared): readonly (readonly [string, Packed])[] {
  return [
    ...Object.entries(inputs),
    ["w", cotangent],
    ...Object.entries(directions).map(([input, packed]) => [`v_${input}`, packed] as const),
  ];
}

/** An expression's row as the function `name`. */
export function sourceOf(row: ExpressionRow, name: string): string {
  const inputs = Object.keys(row.gradient);
  const lines = [
    `value = ${row.expression}`,
    "weighted = sum(w * value)",
    ...inputs.map((a) => `g_${a} = grad(weighted, ${a})`),
  ];
  const seconds = Object.keys(row.second).map((pair) => {
    const [a, b] = pair.split(" ");
    return `grad(sum(v_${a} * g_${a}), ${b}), jvp(g_${b}, ${a}, v_${a})`;
  });
  const results = ["value", ...inputs.map((a) => `g_${a}`), ...seconds];
  const parameters = inputsOf(row).map(([input, packed]) => input + annotation(packed));
  const body = [...lines, `return ${results.join(", ")}`].map((line) => `  ${line}\n`).join("");
  return `fn ${name}(${parameters.join(", ")}) {\n${body}}\nderive ${name}: value\n`;
}

/** The same of a node: one output for each that is wanted, in order. `xs` by the names that the row has for them. */
export function derivativesOf(
  b: GraphBuilder,
  y: Node,
  xs: ReadonlyMap<string, Node<"parameter">>,
  row: Shared,
): Graph {
  const named = (x: Node, name: string): Node<"parameter"> =>
    b.create("parameter", [], { name, type: { element: "real", shape: x.shape }, bound: null, held: "array" });
  const w = named(y, "w");
  const names = Object.keys(row.gradient);
  const nodes = names.map((name) => xs.get(name) ?? missing(name));
  const vs = nodes.map((x, k) => named(x, `v_${names[k]}`));
  const orZeros = (found: Node | null, x: Node): Node => found ?? e.zerosLike(b, x);
  const back = (root: Node, cotangent: Node): readonly Node[] =>
    reverse(createContext(b, { roots: [root] }), [[root, cotangent]], nodes).map((g, k) => orZeros(g, nodes[k]));
  const gradient = back(y, w);
  const seconds = Object.keys(row.second).flatMap((pair) => {
    const [i, j] = pair.split(" ").map((name) => names.indexOf(name));
    const context = createContext(b, { roots: [gradient[j]] });
    const [along] = forward(context, [gradient[j]], new Map([[nodes[i], vs[i]]]));
    return [back(gradient[i], vs[i])[j], orZeros(along, nodes[j])];
  });
  const outputs = [y, ...gradient, ...seconds].map((node, k): GraphOutput => ({ name: `o${k}`, node, updates: null }));
  const used = e.topological(outputs.map(({ node }) => node)).filter((node) => e.is(node, "parameter"));
  return { parameters: [...new Set([...xs.values(), w, ...vs, ...used])], outputs, requirements: [] };
}

function missing(name: string): never {
  throw new Error(`no input ${name}`);
}

type Build = (b: GraphBuilder, inputs: ReadonlyMap<string, Node<"parameter">>) => Node;

const d = dims.constant;
const cube = (b: GraphBuilder, x: Node): Node => e.powInt(b, x, 3);
const unary =
  (f: (b: GraphBuilder, x: Node) => Node): Build =>
  (b, inputs) =>
    f(b, inputs.get("x") ?? missing("x"));

/** h = tanh(h W + x[t]) over three rounds; the stacked outputs are sin h, the last round first. */
function recurrent(reversed: boolean, result: number): Build {
  return (b, inputs) => {
    const local = (name: string, sizes: readonly number[], element: "real" | "index" = "real"): Node<"parameter"> =>
      b.create("parameter", [], { name, type: { element, shape: shapeOf(...sizes) }, bound: null, held: "array" });
    const [h, x, weights] = [local("local.h", [2]), local("local.x", [2]), local("local.weights", [2, 2])];
    const next = e.tanh(b, e.add(b, e.matmul(b, h, weights), x));
    const record: Loop = {
      trip: d(3),
      reverse: reversed,
      counted: false,
      recompute: false,
      condition: null,
      index: local("local.t", [], "index"),
      carries: [h],
      stackedInputs: [x],
      invariants: [weights],
      next: [next],
      stackedOutputs: [e.sin(b, next)],
    };
    const operands = ["h", "x", "weights"].map((name) => inputs.get(name) ?? missing(name));
    return b.create("loop_result", [b.create("loop", operands, { record })], { index: result });
  };
}

/** How a primitive that no expression of the language leads to comes into a row. */
export const builds: Partial<Record<PrimitiveName, Build>> = {
  dimension: unary((b, x) => e.mul(b, cube(b, x), e.convert(b, e.dimension(b, dims.symbol("three")), "real"))),
  random: unary((b, x) => {
    const drawn = b.create("random", [e.constant(b, 7, "index"), e.constant(b, 1, "index")], {
      site: 2,
      shape: x.shape,
    });
    return e.select(b, e.less(b, drawn, 2), cube(b, x), 0);
  }),
  table: unary((b, x) =>
    cube(b, b.create("gather", [x, b.create("table", [], { values: [2, 0, 2, 1] })], { batch: 0 })),
  ),
  jacobian: unary((b, x) => {
    const y = e.reduceSum(b, e.powInt(b, x, 4), e.allAxes(x));
    return b.create("jacobian", [b.create("gradient", [y, x], {}), x], { batch: 0 });
  }),
  stored: unary((b, x) => cube(b, e.stored(b, x))),
  window: unary((b, x) =>
    cube(b, b.create("window", [x], { axis: -1, count: d(2), size: d(3), stride: 2, dilation: 1 })),
  ),
  fold: unary((b, x) => cube(b, b.create("fold", [x], { axis: -1, length: d(5), stride: 2, dilation: 1 }))),
  scatter_add: (b, inputs) => {
    const operands = [inputs.get("i") ?? missing("i"), inputs.get("x") ?? missing("x")];
    return cube(b, b.create("scatter_add", operands, { batch: 0, size: d(3) }));
  },
  cofactor: (b, inputs) => {
    const [a, along] = ["a", "b"].map((name) => inputs.get(name) ?? missing(name));
    return b.create("cofactor", [a, b.create("lu", [a], { complete: true }), along], {});
  },
  triangular_solve: (b, inputs) => {
    const operands = ["a", "b"].map((name) => inputs.get(name) ?? missing(name));
    return b.create("triangular_solve", operands, { transposed: false });
  },
  loop: recurrent(false, 0),
  loop_result: recurrent(true, 1),
};
