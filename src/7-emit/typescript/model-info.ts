/** `digitsInfo`: names, shapes, dims and costs of a model. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import { operationsOfSteps } from "../../ir/steps.ts";
import type { ModelContext } from "./model-context.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";

/** The constant that tells what a model consists of and costs. */
export function infoConstant(c: ModelContext): Statement {
  const shapeOf = (shape: readonly Dim[]): Expression => ({
    kind: "array",
    elements: shape.map((d) => {
      const n = dims.constantOf(d);
      return n === null ? ts.string(dims.print(d)) : ts.number(n);
    }),
  });
  const described = (nodes: readonly { readonly name: string; readonly node: { readonly element: ElementType; readonly shape: readonly Dim[] } }[]): Expression =>
    ts.object(
      ...nodes.map(({ name, node }) =>
        ts.property(name, ts.object(ts.property("type", ts.string(node.element)), ts.property("shape", shapeOf(node.shape)))),
      ),
    ); // prettier-ignore
  const operations = c.entries.flatMap(({ kind, program }) => {
    const total = operationsOfSteps(program.steps);
    return kind.startsWith("initial") ? [] : [ts.property(kind, ts.string(dims.print(total)))];
  });
  const count = c.m.parameters.reduce((sum, p) => sum + p.shape.reduce((a, n) => a * n, 1), 0);
  const value = ts.object(
    ts.property("name", ts.string(c.m.name)),
    ts.property("dims", { kind: "array", elements: c.names.symbols.map((s) => ts.string(s)) }),
    ts.property("inputs", described(c.m.inputs)),
    ts.property("targets", described(c.m.targets)),
    ts.property("outputs", described(c.m.outputs)),
    ts.property(
      "params",
      ts.object(
        ...c.m.parameters.map((p) =>
          ts.property(
            p.path,
            ts.object(
              ts.property("shape", { kind: "array", elements: p.shape.map(ts.number) }),
              ts.property("frozen", ts.boolean(p.frozen)),
            ),
          ),
        ),
      ),
    ),
    ts.property("parameterCount", ts.number(count)),
    ts.property("multiplyAdds", ts.object(...operations)),
    ts.property("sourceHash", ts.string(c.info.sourceHash)),
  );
  return {
    kind: "const",
    name: `${c.names.n}Info`,
    type: null,
    value: { kind: "as", value, type: "const" },
    exported: true,
  };
}
