// Convolutions, pools and einsum, values and gradients in f64, against a table made with PyTorch (torch/convolution.py): all as one
// module, once with the sizes of the table and once with symbolic ones.
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import type { Case, Packed } from "./reference.ts";
import { annotation, argument, difference, readTable } from "./reference.ts";

type Generated = (...args: unknown[]) => unknown;

const rows = readTable("convolution") as Case[];

/** `fn value3(..)`, and `fn weighted3(..)`: its product with the cotangent, whose gradient is asked for. */
function program(row: Case, k: number, annotate: (packed: Packed, name: string) => string): string {
  const { expression, inputs, cotangent, gradient } = row;
  const parameters = Object.entries(inputs).map(([name, packed]) => name + annotate(packed, name));
  const value = `fn value${k}(${parameters.join(", ")}) = ${expression}\nderive value${k}: value\n`;
  if (cotangent === undefined || gradient === undefined) return value;
  const weighted = [...parameters, `cotangent${annotation(cotangent)}`].join(", ");
  const product = cotangent.shape.length === 0 ? `cotangent * (${expression})` : `sum(cotangent * (${expression}))`;
  return `${value}fn weighted${k}(${weighted}) = ${product}\nderive weighted${k}: gradient(${Object.keys(gradient).join(", ")})\n`;
}

// Sums of about a hundred products of numbers below 4, of which each rounds once.
const tolerance = { relative: 1e-13, absolute: 1e-13, signOfZero: false };

function faultsOf(module: Record<string, unknown>, row: Case, k: number, isWeighted: boolean): string[] {
  const args = Object.values(row.inputs).map(argument);
  const faults: string[] = [];
  const compare = (what: string, found: unknown, expected: Packed): void => {
    const fault = difference(found, expected, tolerance);
    if (fault !== undefined) faults.push(`${k} ${row.expression}: ${what} ${fault}`);
  };
  compare("value", (module[`value${k}`] as Generated)(...args), row.value);
  if (!isWeighted || row.cotangent === undefined || row.gradient === undefined) return faults;
  const run = module[`weighted${k}Gradient`] as Generated;
  const { gradient } = run(...args, argument(row.cotangent)) as { gradient: Record<string, unknown> };
  for (const [input, expected] of Object.entries(row.gradient)) compare(`gradient.${input}`, gradient[input], expected);
  return faults;
}

test("values and gradients are PyTorch's", async () => {
  const source = rows.map((row, k) => program(row, k, annotation)).join("");
  const module: Record<string, unknown> = await evaluate(source, { path: "table.nn", precision: "f64" });
  expect(rows.flatMap((row, k) => faultsOf(module, row, k, true))).toEqual([]);
});

test("so they are where heights and widths are known at run time only", async () => {
  // Of x the last two axes, which lengths alone do not tell: a vector of each comes along.
  const isImage = ({ expression }: Case): boolean => /2d/.test(expression);
  const annotate = (packed: Packed, name: string): string => (name === "x" ? `: [${[...packed.shape.slice(0, -2), "high", "wide"].join(", ")}]` : annotation(packed));
  const images = rows.flatMap((row, k) => (isImage(row) && k % 2 === 0 ? [{ row, k }] : []));
  const source = images.map(({ row, k }) => {
    const others = Object.entries(row.inputs).map(([name, packed]) => name + annotate(packed, name));
    return `fn value${k}(${others.join(", ")}, rows: [high], columns: [wide]) = rows[0] * columns[0] * (${row.expression})\nderive value${k}: jvp(x)\n`;
  });
  const module: Record<string, unknown> = await evaluate(source.join(""), { path: "table.nn", precision: "f64" });
  const faults = images.flatMap(({ row, k }) => {
    const args = Object.values(row.inputs).map(argument);
    const sizes = row.inputs["x"].shape.slice(-2);
    const ones = sizes.map((size) => new Float64Array(size).fill(1));
    // A convolution and a mean are linear, and a maximum is of its entries: the derivative along x itself is the value.
    const run = module[`value${k}Jvp`] as Generated;
    const { value, tangent } = run(...args, ...ones, { x: args[0] }) as { value: unknown; tangent: unknown };
    const found = [difference(value, row.value, tolerance), difference(tangent, row.value, tolerance)];
    return found.flatMap((fault) => (fault === undefined ? [] : [`${k} ${row.expression}: ${fault}`]));
  });
  expect(images.length).toBeGreaterThan(10);
  expect(faults).toEqual([]);
});
