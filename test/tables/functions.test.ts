// Every built-in function, its values and derivatives in f64, against tables made with PyTorch (torch/*.py).
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import type { Case, Packed, Tolerance } from "./reference.ts";
import { annotation, argument, difference, readTable, withSymbol } from "./reference.ts";

type Generated = (...args: unknown[]) => unknown;

/** One module a case: the expression, and its product with the cotangent, whose gradient is asked for. */
function program({ expression, inputs, cotangent, gradient }: Case, annotate: (packed: Packed) => string): string {
  const parameters = Object.entries(inputs).map(([name, packed]) => name + annotate(packed));
  const value = `fn value(${parameters.join(", ")}) = ${expression}\nderive value: value\n`;
  if (cotangent === undefined || gradient === undefined) return value;
  const weighted = [...parameters, `cotangent${annotate(cotangent)}`].join(", ");
  const product = cotangent.shape.length === 0 ? `cotangent * (${expression})` : `sum(cotangent * (${expression}))`;
  return `${value}fn weighted(${weighted}) = ${product}\nderive weighted: gradient(${Object.keys(gradient).join(", ")})\n`;
}

function largest(packed: Packed): number {
  return packed.data.reduce<number>((most, v) => (typeof v === "number" ? Math.max(most, Math.abs(v)) : most), 1);
}

// Elementwise results stand alone; others are sums, with rounding errors in proportion to what was added.
const tolerance = (table: string, expected: Packed): Tolerance => ({
  relative: 1e-12,
  absolute: table === "elementwise" ? 1e-15 : 2e-15 * largest(expected),
  signOfZero: false,
});

async function expectAsInTable(table: string, row: Case, annotate: (packed: Packed) => string): Promise<void> {
  const module: Record<string, unknown> = await evaluate(program(row, annotate), { path: "table.nn", precision: "f64" });
  const args = Object.values(row.inputs).map(argument);
  const faults: string[] = [];
  const compare = (what: string, found: unknown, expected: Packed): void => {
    const fault = difference(found, expected, tolerance(table, expected));
    if (fault !== undefined) faults.push(`${what} ${fault}`);
  };
  compare("value", (module["value"] as Generated)(...args), row.value);
  if (row.cotangent !== undefined && row.gradient !== undefined) {
    const run = module["weightedGradient"] as Generated;
    const { gradient } = run(...args, argument(row.cotangent)) as { gradient: Record<string, unknown> };
    expect(Object.keys(gradient).sort()).toEqual(Object.keys(row.gradient).sort());
    for (const [input, expected] of Object.entries(row.gradient)) compare(`gradient.${input}`, gradient[input], expected);
  }
  expect(faults).toEqual([]);
}

const casesOf = (table: string): { row: Case; title: string }[] =>
  (readTable(table) as Case[]).map((row, i) => ({ row, title: `${i} ${row.expression}` }));

describe.each(["elementwise", "reductions", "structure", "losses"])("%s", (table) => {
  test.each(casesOf(table))("$title", async ({ row }) => {
    await expectAsInTable(table, row, annotation);
  });
});

// The moving functions of `structure` take literal sizes.
describe.each(["elementwise", "reductions", "losses"])("%s with a symbolic dim", (table) => {
  const cases = casesOf(table).flatMap(({ row, title }) => {
    const symbol = withSymbol(row.inputs);
    return symbol === undefined ? [] : [{ row, title, annotate: symbol.annotate }];
  });
  test.each(cases)("$title", async ({ row, annotate }) => {
    await expectAsInTable(table, row, annotate);
  });
});

test("where the contract departs from PyTorch is listed", () => {
  const departures = (readTable("elementwise") as Case[]).flatMap(({ expression, departs = [] }) => departs.map(() => expression));
  expect([...new Set(departures)].sort()).toEqual([
    "elu(x, alpha = 0.5)",
    "hard_sigmoid(x)",
    "hard_tanh(x)",
    "hypot(a, b)",
    "leaky_relu(x)",
    "leaky_relu(x, slope = 0.2)",
    "mod(a, b)",
    "relu(x)",
    "relu6(x)",
    "selu(x)",
    "sign(x)",
  ]);
});
