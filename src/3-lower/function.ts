/** The entry points of an exported function: its value and the derivatives asked for. */
import type { CheckedFunction, CheckedInput, DerivativeKind } from "../2-check/checked.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { add } from "../ir/expressions.ts";
import type { GraphOutput, Node } from "../ir/graph.ts";
import { closeGraph, returned } from "./graph.ts";
import type { LoweredFunction } from "./lowered.ts";

/** One graph for each derivative that the file wants of `f`. */
export function lowerFunction(f: CheckedFunction, b: GraphBuilder): LoweredFunction {
  return {
    checked: f,
    entries: f.wanted.map(({ kind, wrt }) => {
      const inputs = wrt.map((name) => inputNamed(f, name));
      const directions = new Map(inputs.map((input) => [input, direction(b, input)]));
      const outputs = [...values(f, "value"), ...derivatives(f, b, kind, inputs, directions)];
      const parameters = [...f.inputs.map((input) => input.node), ...directions.values()];
      return { kind, wrt, graph: closeGraph(outputs, parameters, f.requirements) };
    }),
  };
}

function derivatives(
  f: CheckedFunction,
  b: GraphBuilder,
  kind: DerivativeKind,
  inputs: readonly CheckedInput[],
  directions: ReadonlyMap<CheckedInput, Node>,
): readonly GraphOutput[] {
  const along = (y: Node): Node =>
    [...directions].map(([input, v]): Node => b.create("jvp", [y, input.node, v], {})).reduce((s, t) => add(b, s, t));
  const gradient = (input: CheckedInput): Node => b.create("gradient", [f.results[0].node, input.node], {});
  switch (kind) {
    case "value":
      return [];
    case "gradient":
      return inputs.map((x) => returned(`gradient.${x.name}`, gradient(x)));
    case "hvp":
      return inputs.map((x) => returned(`hvp.${x.name}`, along(gradient(x))));
    case "hessian":
      return [
        ...inputs.map((x) => returned(`gradient.${x.name}`, gradient(x))),
        ...inputs.flatMap((x) =>
          inputs.map((y) =>
            returned(`hessian.${x.name}.${y.name}`, b.create("jacobian", [gradient(x), y.node], { batch: 0 })),
          ),
        ),
      ];
    case "sparse_hessian":
      return [
        ...inputs.map((x) => returned(`gradient.${x.name}`, gradient(x))),
        ...inputs.flatMap((x) => inputs.map((y): GraphOutput => {
          const sparse = { by: y.node, symmetric: x === y };
          return { ...returned(`hessian.${x.name}.${y.name}`, gradient(x)), sparse };
        })), // prettier-ignore
      ];
    case "sparse_jacobian":
      return f.results.flatMap((r) =>
        inputs.map((x): GraphOutput => {
          const sparse = { by: x.node, symmetric: false };
          return { ...returned(path(path("jacobian", r.name), x.name), r.node), sparse };
        }),
      );
    case "jvp":
      return f.results.map((r) => returned(path("tangent", r.name), along(r.node)));
    case "jacobian":
      return f.results.flatMap((r) =>
        inputs.map((x) =>
          returned(path(path("jacobian", r.name), x.name), b.create("jacobian", [r.node, x.node], { batch: 0 })),
        ),
      );
  }
}

function values(f: CheckedFunction, prefix: string): readonly GraphOutput[] {
  return f.results.map((r) => returned(path(prefix, r.name), r.node));
}

function path(prefix: string, name: string | null): string {
  return name === null ? prefix : `${prefix}.${name}`;
}

function inputNamed(f: CheckedFunction, name: string): CheckedInput {
  const input = f.inputs.find((i) => i.name === name);
  if (input === undefined) throw new Error(`internal: ${f.name} has no input ${name}`);
  return input;
}

/** The direction `v.x`, of the shape of `x` and held as it is. */
function direction(b: GraphBuilder, { name, node }: CheckedInput): Node<"parameter"> {
  const { held, type } = node.attributes;
  return b.create("parameter", [], { name: `v.${name}`, type, bound: null, held });
}
