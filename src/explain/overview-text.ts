/** The formulas of a function or model as a page of text. */
import { printShape } from "../ir/dim.ts";
import { formulaText } from "./formula-text.ts";
import { aligned, section } from "./layout.ts";
import type { Overview, Written, WrittenDerivative } from "./overview.ts";
import type { Subject, Variable } from "./subject.ts";

/** Definitions, local derivatives, and the derivatives of the results. */
export function overviewText({ subject, definitions, locals, derivatives }: Overview): string {
  const shapes = definitions.some(({ step }) => step.node.shape.length > 0);
  const defined = definitions.flatMap(({ step, formula, where }) => [
    [step.name, `= ${formulaText(formula)}`, shapes ? shapeText(step.node.shape) : ""],
    ...whereRows(where),
  ]);
  const local = locals.flatMap(({ name, formula, where }) => [
    [name, `= ${formulaText(formula)}`],
    ...whereRows(where),
  ]);
  return [
    ...heading(subject),
    ...section("Variables", variableRows(subject)),
    ...section("Definitions", aligned(defined)),
    ...section("Local derivatives", aligned(local)),
    ...derivativeSections(derivatives),
    ...(derivatives.length === 0
      ? ["There is nothing to differentiate: no real result depends on a real variable.", ""]
      : []),
  ].join("\n");
}

/** One section a result: formulas, and `value` where there are numbers. */
export function derivativeSections<D extends WrittenDerivative>(
  derivatives: readonly D[],
  value: (derivative: D) => string = () => "",
): string[] {
  const results = [...new Set(derivatives.map(({ of }) => of))];
  return results.flatMap((result) => {
    const own = derivatives.filter(({ of }) => of === result);
    const rows = own.flatMap((derivative) => [
      [derivative.name, `= ${formulaText(derivative.formula)}`, value(derivative)],
      ...whereRows(derivative.where),
    ]);
    const isScalar = result.node.shape.length === 0;
    const title = `${isScalar ? "Derivatives" : "Jacobians"} of ${result.name}, simplified`;
    return section(isScalar ? title : `${title} (their first axes are those of ${result.name})`, aligned(rows));
  });
}

/** The name with its arguments, and what the program says of it. */
export function heading({ name, kind, variables, doc }: Subject, at = ""): string[] {
  const args = kind === "function" ? `(${variables.map((v) => v.name).join(", ")})` : "";
  const title = `${name}${args}${at}`;
  const text = doc === null ? [] : doc.split("\n").map((line) => line.trim());
  return [title, "=".repeat(Array.from(title).length), ...text, ""];
}

/** Names and shapes, where there is more to say than that all are numbers. */
function variableRows({ kind, variables }: Subject): string[] {
  if (kind === "function" && variables.every(({ node }) => node.shape.length === 0)) return [];
  const rows = variables.map((variable) => [variable.name, typeText(variable), roleText(variable)]);
  return aligned(rows, { narrow: false });
}

export function typeText({ node }: Variable): string {
  const shape = shapeText(node.shape);
  return node.element === "real" ? shape || "number" : `${node.element}${shape}`;
}

export function roleText({ role }: Variable): string {
  return role === "argument" ? "" : role === "frozen" ? "frozen parameter" : role;
}

function shapeText(shape: Parameters<typeof printShape>[0]): string {
  return shape.length === 0 ? "" : printShape(shape);
}

/** What stands apart from a formula, below it. */
export function whereRows(where: Written["where"]): string[][] {
  return where.map(({ name, formula }, k) => [k === 0 ? "  where" : "", `  ${name} = ${formulaText(formula)}`]);
}
