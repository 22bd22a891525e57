/** The forward and the backward pass at a point as a page of text. */
import type { Value } from "../ir/value.ts";
import { derivativeName } from "./backward.ts";
import { formulaText } from "./formula-text.ts";
import { number, withNames, type Formula } from "./formula.ts";
import { aligned, section } from "./layout.ts";
import { numberText, valueText } from "./number-text.ts";
import { derivativeSections, heading, roleText, typeText, whereRows } from "./overview-text.ts";
import type { Walk, WalkedEdge } from "./walk.ts";

/** Lines of the table of edges are no wider; else each edge takes several lines. */
const pageWidth = 116;

/** The page: forward pass, backward pass, the chain rule for each gradient, and the simplified derivatives. */
export function walkText(walked: Walk): string {
  const { subject, backward, derivatives } = walked;
  const point =
    subject.kind === "function" && walked.variables.every(({ value }) => value.shape.length === 0)
      ? ` at ${walked.variables.map(({ variable, value }) => `${variable.name} = ${valueText(value)}`).join(", ")}`
      : "";
  return [
    ...heading(subject, point),
    ...section("Forward pass", forwardRows(walked)),
    ...(backward === null
      ? noBackward(walked)
      : [
          ...section("Backward pass: downstream = upstream * local, edge by edge", edgeRows(backward)),
          ...section("Chain rule: a gradient is the sum over the edges that lead to it", chainRows(backward)),
        ]),
    ...derivativeSections(derivatives, ({ formula, value }) => {
      // A number is its own value.
      return value === null || (formula.kind === "number" && value.shape.length === 0) ? "" : `= ${valueText(value)}`;
    }),
  ].join("\n");
}

/** Names of numbers are replaced by their values where all are numbers. */
function forwardRows({ subject, variables, steps }: Walk): string[] {
  const numbers = new Map<string, number>();
  const note = (name: string, { shape, data, element }: Value): void => {
    if (shape.length === 0 && element !== "bool") numbers.set(name, data[0]);
  };
  for (const { variable, value } of variables) note(variable.name, value);
  for (const { step, value } of steps) note(step.name, value);
  const rows = variables.map(({ variable, value }) => {
    const role = subject.kind === "model" ? `${roleText(variable)} ` : "";
    const type = value.shape.length === 0 ? "" : typeText(variable);
    return [variable.name, role + type, "", `= ${valueText(value)}`];
  });
  for (const { step, formula, where, value } of steps) {
    const result = valueText(value);
    const inNumbers = where.length === 0 ? numbersIn(formula, numbers, result) : null;
    rows.push([step.name, `= ${formulaText(formula)}`, inNumbers === null ? "" : `= ${inNumbers}`, `= ${result}`]);
    rows.push(...whereRows(where));
  }
  const used = [0, 1, 2, 3].filter((k) => rows.some((row) => (row[k] ?? "").trim() !== ""));
  return aligned(rows.map((row) => used.map((k) => row[k] ?? "")));
}

/** The formula with numbers for names; null where that says nothing new or a name stands for a tensor. */
function numbersIn(formula: Formula, numbers: ReadonlyMap<string, number>, result: string): string | null {
  if (formula.kind === "name" || formula.kind === "number") return null;
  const missing = new Set<string>();
  const replaced = withNames(formula, (text) => {
    const value = numbers.get(text);
    if (value !== undefined) return number(value);
    missing.add(text);
    return null;
  });
  const text = formulaText(replaced);
  return missing.size === 0 && text !== result ? text : null;
}

type Pass = NonNullable<Walk["backward"]>;

function edgeRows({ result, edges }: Pass): string[] {
  const cells = edges.map((walked) => {
    const { edge, upstream } = walked;
    const name = derivativeName(result.name, edge.from.name);
    return [
      `${edge.from.name} -> ${edge.to.name}`,
      `${name} = ${valueText(upstream)}`,
      localText(walked),
      downstreamText(walked),
    ];
  });
  const table = aligned([["edge", "upstream", "local", "downstream"], ...cells], { narrow: false });
  if (table.every((line) => Array.from(line).length <= pageWidth)) return table;
  return cells.flatMap(([edge, upstream, local, downstream]) => [
    `  ${edge}`,
    `      upstream    ${upstream}`,
    `      local       ${local}`,
    `      downstream  ${downstream}`,
  ]);
}

/** `da/dz = a * (1 - a) = 0.25`; for a linear edge how it takes the upstream gradient. */
function localText({ edge, formula, where, local }: WalkedEdge): string {
  const apart = where.map((part) => `, ${part.name} = ${formulaText(part.formula)}`).join("");
  const text = formulaText(formula) + apart;
  if (edge.kind === "linear") return text;
  const value = valueText(local);
  const name = derivativeName(edge.from.name, edge.to.name, edge.partial);
  return formula.kind === "number" || text === value ? `${name} = ${text}` : `${name} = ${text} = ${value}`;
}

function downstreamText(walked: WalkedEdge): string {
  const value = valueText(walked.downstream);
  const factors = factorsText(walked);
  return factors === null ? value : `${factors} = ${value}`;
}

/** `-2 * 1`, for numbers. */
function factorsText({ edge, upstream, local }: WalkedEdge): string | null {
  if (edge.kind !== "factor" || local.shape.length > 0) return null;
  const x = local.data[0];
  return `${numberText(upstream.data[0])} * ${x < 0 ? `(${numberText(x)})` : numberText(x)}`;
}

/** `dL/db = dL/dd * dd/db = -2 * 2 = -4` */
function chainRows({ result, edges, gradients }: Pass): string[] {
  const walkedOf = new Map(edges.map((walked) => [walked.edge, walked]));
  const rows = gradients.map(({ gradient, value }) => {
    const name = derivativeName(result.name, gradient.of.name);
    const walked = gradient.edges.flatMap((edge) => walkedOf.get(edge) ?? []);
    if (walked.length === 0) return [name, "", "", `= ${valueText(value)}`];
    const factors = walked.map(factorsText);
    const isWhole = factors.every((factor) => factor !== null);
    const products = factors.map((factor, k) => (k > 0 && factor?.startsWith("-") ? `(${factor})` : factor));
    const inNumbers = isWhole ? `= ${products.join(" + ")}` : "";
    return [
      name,
      `= ${walked.map((one) => termText(result.name, one)).join(" + ")}`,
      inNumbers,
      `= ${valueText(value)}`,
    ];
  });
  const used = [0, 1, 2, 3].filter((k) => rows.some((row) => row[k] !== ""));
  return aligned(rows.map((row) => used.map((k) => row[k])));
}

function termText(result: string, { edge, formula }: WalkedEdge): string {
  const local = derivativeName(edge.from.name, edge.to.name, edge.partial);
  const upstream = derivativeName(result, edge.from.name);
  return edge.kind === "factor" ? `${upstream} * ${local}` : formulaText(formula);
}

function noBackward({ results }: Walk): string[] {
  const shapes = results.map(({ name, node }) => (node.element === "real" ? name : `${name} (no reals)`));
  const what =
    results.length > 1 ? `there are ${results.length} results (${shapes.join(", ")})` : `${shapes[0]} is no scalar`;
  return [
    `There is no single gradient to pass back: ${what}.`,
    "The jacobians follow; for a backward pass let the function return one number, as `sum(...)` or `mean(...)` of it.",
    "",
  ];
}
