/** Subscripts and operators mean what NumPy means by them (tables/numpy, made by subscripts.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decide, evaluate as valueOf } from "../../src/ir/dim.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import { checkText, evaluateText, lineOf, plain } from "./support.ts";

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface SubscriptCase extends Packed {
  readonly subscript: string;
  readonly index?: Packed & { readonly bound: number };
}
interface OperatorCase {
  readonly operator: string;
  readonly a: Packed;
  readonly b: Packed;
  readonly result: Packed;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../tables/numpy/${name}.json`, import.meta.url), "utf8"));
}

const subscripts = read("subscripts") as readonly SubscriptCase[];
const x = tensor(
  [5, 4, 3],
  Array.from({ length: 60 }, (_, k) => k),
);

function inputsOf({ index }: SubscriptCase): Record<string, typeof x> {
  return index === undefined ? { x } : { x, i: tensor(index.shape, index.data, "index") };
}

function source(shape: string, { subscript, index }: SubscriptCase): string {
  const more = index === undefined ? "" : `, i: index(${index.bound})[${index.shape.join(", ")}]`;
  return `fn f(x: ${shape}${more}) = x[${subscript}]\n`;
}

describe("subscripts", () => {
  test.each(subscripts.map((row, k) => ({ row, title: `${k} [${row.subscript}]` })))("$title", ({ row }) => {
    // A scalar index is written without brackets after its bound.
    const text = source("[5, 4, 3]", row).replace("[])", ")");
    const [value] = evaluateText(text, inputsOf(row));
    expect(plain(value)).toEqual({ shape: row.shape, data: row.data });
  });

  test("on symbolic dims, where the requirements hold", () => {
    const dims = { p: 5, q: 4, r: 3 };
    const values = new Map(Object.entries(dims));
    let compared = 0;
    for (const row of subscripts) {
      const text = source("[p, q, r]", row).replace("[])", ")");
      const { checked, diagnostics } = checkText(text);
      if (checked === null) {
        // What never holds: a start past the stop, an index tensor past the axis.
        expect(diagnostics.map(lineOf).join("\n")).toMatch(/slice-bounds|index-bound/);
        continue;
      }
      const [{ requirements }] = checked.functions;
      const hold = requirements.every(({ requirement: { left, relation, right } }) => {
        if (relation !== ">=") return false;
        expect(decide({ left, relation, right })).toBeNull();
        return valueOf(left, values) >= valueOf(right, values);
      });
      if (!hold) continue;
      compared++;
      const [value] = evaluateText(text, inputsOf(row), dims);
      expect({ subscript: row.subscript, ...plain(value) }).toEqual({
        subscript: row.subscript,
        shape: row.shape,
        data: row.data,
      });
    }
    expect(compared).toBeGreaterThan(60);
  });
});

describe("operators", () => {
  const operators = read("operators") as readonly OperatorCase[];
  test.each(
    operators.map((row, k) => ({ row, title: `${k} [${row.a.shape.join()}] ${row.operator} [${row.b.shape.join()}]` })),
  )("$title", ({ row: { operator, a, b, result } }) => {
    const text = `fn f(a: [${a.shape.join(", ")}], b: [${b.shape.join(", ")}]) = a ${operator} b\n`;
    const [value] = evaluateText(text, { a: tensor(a.shape, a.data), b: tensor(b.shape, b.data) });
    expect(plain(value)).toEqual(result);
  });
});
