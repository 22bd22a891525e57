// Values, first and second derivatives of elementwise functions at hard points, against SymPy and mpmath (math/derivatives.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { lower } from "../../src/3-lower/lower.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Value } from "../../src/ir/value.ts";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import { checkText, lineOf } from "../2-check/support.ts";

interface Unary {
  readonly function: string;
  readonly points: readonly number[];
  readonly value: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly third: readonly number[];
}

interface Binary {
  readonly function: string;
  readonly points: readonly (readonly [number, number])[];
  readonly value: readonly number[];
  readonly first: readonly (readonly [number, number])[];
  readonly second: readonly (readonly [number, number, number])[];
}

const tables = JSON.parse(readFileSync(new URL("math/derivatives.json", import.meta.url), "utf8")) as (Unary | Binary)[];
const isBinary = (table: Unary | Binary): table is Binary => Array.isArray(table.points[0]);

type Columns = ReadonlyMap<string, Value>;

/** The outputs of a source's only entry at these inputs: as lowered, and simplified as the compiler does. */
function run(source: string, inputs: Readonly<Record<string, readonly number[]>>): readonly Columns[] {
  const { checked, diagnostics, builder, origins } = checkText(source);
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  const [{ entries }] = lower(checked, builder, origins).functions;
  const [{ graph }] = entries;
  const given = new Map(Object.entries(inputs).map(([name, data]) => [name, tensor([data.length], data)]));
  return [differentiate(graph, builder), simplified(graph, builder)].map((made) => {
    return evaluate(made, given, { dims: new Map() });
  });
}

function simplified(graph: Graph, b: GraphBuilder): Graph {
  return simplify(eraseMarks(differentiate(simplify(graph, b), b), b), b);
}

const unit = 2 ** -53;

/** Functions whose derivatives are made from their values, so that they are as near as that rounds them, and not to the last digit. */
const fromValues: ReadonlyMap<string, string> = new Map([
  ["tanh", "1 - tanh² is rounded at 1, where tanh is nearly 1"],
  ["sigmoid", "σ (1 - σ) is rounded at σ, where σ is nearly 1"],
  ["log_sigmoid", "its second derivative is that of softplus"],
  ["softplus", "its second derivative is that of σ"],
  ["silu", "made of σ"],
  ["mish", "made of tanh"],
  ["softsign", "1/(1 + |x|) - |x|/(1 + |x|)² cancels for large x"],
]);

/**
 * Whether a number is as near as a well-made formula comes: within a few roundings of the result and of what a rounding of the operands
 * makes of it (`moved`: the sum of |x f'|); `bound`: of a formula that cancels, what its own running error bound says.
 */
function isNear(have: number, wanted: number, moved: number, bound: number): boolean {
  return Math.abs(have - wanted) <= 24 * unit * (Math.abs(wanted) + moved) + 2 ** -1074 + bound;
}

describe("values and derivatives at hard points", () => {
  test.each(tables.filter((table): table is Unary => !isBinary(table)).map((table) => [table.function, table] as const))("%s", (name, table) => {
    const { points: x, value, first, second, third } = table;
    const n = x.length;
    const source = `fn f(x: [${n}]) {
      y = ${name}(x)
      g = grad(sum(y), x)
      return y, g, grad(sum(g), x)
    }
    derive f: value\n`;
    const faults: string[] = [];
    for (const [which, found] of run(source, { x }).entries()) {
      const [y, g, h] = [...found.values()];
      x.forEach((at, k) => {
        // As lowered, derivatives are not what the compiler emits: their formulas may cancel.
        const isLoose = which === 0 || fromValues.has(name);
        const compare = (what: string, have: Value, wanted: number, slope: number): void => {
          const bound = isLoose ? 2 * have.error[k] : 0;
          if (!isNear(have.data[k], wanted, Math.abs(at * slope), bound)) faults.push(`${what} at ${at} (${which}): ${have.data[k]} instead of ${wanted}`); // prettier-ignore
        };
        compare("value", y, value[k], first[k]);
        compare("first", g, first[k], second[k]);
        compare("second", h, second[k], third[k]);
      });
    }
    expect(faults).toEqual([]);
  });

  test.each(tables.filter(isBinary).map((table) => [table.function, table] as const))("%s", (name, table) => {
    const [a, b] = [0, 1].map((k) => table.points.map((point) => point[k]));
    const n = a.length;
    const source = `fn f(a: [${n}], b: [${n}]) {
      y = ${name}(a, b)
      s = sum(y)
      ga = grad(s, a)
      gb = grad(s, b)
      return y, ga, gb, grad(sum(ga), a), grad(sum(ga), b), grad(sum(gb), b)
    }
    derive f: value\n`;
    const faults: string[] = [];
    for (const [which, found] of run(source, { a, b }).entries()) {
      const [y, ga, gb, haa, hab, hbb] = [...found.values()];
      table.points.forEach(([p, q], k) => {
        const [da, db] = table.first[k];
        const [aa, ab, bb] = table.second[k];
        const compare = (what: string, have: Value, wanted: number, moved: number, bound: number): void => {
          if (!isNear(have.data[k], wanted, moved, bound)) faults.push(`${what} at (${p}, ${q}) (${which}): ${have.data[k]} instead of ${wanted}`); // prettier-ignore
        };
        compare("value", y, table.value[k], Math.abs(p * da) + Math.abs(q * db), 0);
        compare("da", ga, da, Math.abs(p * aa) + Math.abs(q * ab), 0);
        compare("db", gb, db, Math.abs(p * ab) + Math.abs(q * bb), 0);
        // Second derivatives of two operands are differences of nearly equal terms.
        compare("aa", haa, aa, 0, 2 * haa.error[k]);
        compare("ab", hab, ab, 0, 2 * hab.error[k]);
        compare("bb", hbb, bb, 0, 2 * hbb.error[k]);
      });
    }
    expect(faults).toEqual([]);
  });
});

test("every elementwise function with a derivative that is not a constant stands in the table", () => {
  const without = ["sign", "floor", "ceil", "round", "isnan", "isfinite", "clamp", "where", "mod", "div"];
  const elementwise = publicNames.functions.slice(0, publicNames.functions.indexOf("sum"));
  const known = new Set(tables.map((table) => table.function));
  expect(elementwise.filter((name) => !known.has(name) && !without.includes(name))).toEqual([]);
});
