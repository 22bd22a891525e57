// The library and its derivatives in the reference interpreter, against the tables made with PyTorch: as lowered, and simplified.
import { describe, expect, test } from "vitest";
import { parse } from "../../src/1-parse/parse.ts";
import { check } from "../../src/2-check/check.ts";
import { loadImports } from "../../src/2-check/imports.ts";
import { prelude } from "../../src/2-check/prelude.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import { Origins } from "../../src/ir/origins.ts";
import type { Value } from "../../src/ir/value.ts";
import { primitives } from "../../src/primitives/index.ts";
import type { Case, Packed } from "../tables/reference.ts";
import { annotation, argument, difference, readTable } from "../tables/reference.ts";

type Results = ReadonlyMap<string, Value>;

/** The values of a function's first entry, of a file that holds it alone: as lowered, and simplified as the compiler does. */
function run(source: string, inputs: Readonly<Record<string, Packed>>): readonly [string, Results][] {
  const parsed = parse({ path: "case.nn", text: source });
  const builder = new GraphBuilder(primitives);
  const origins = new Origins();
  const sources = loadImports(parsed.file, () => ({ reason: "none" }));
  const { checked, diagnostics } = check(sources, { set: {}, builder, origins, prelude });
  expect([...parsed.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error")).toEqual([]);
  if (checked === null) throw new Error("nothing checked");
  const [{ entries }] = lower(checked, builder, origins).functions;
  const [{ graph }] = entries;
  const early = eraseMarks(differentiate(simplify(graph, builder), builder), builder);
  const values = Object.entries(inputs).map(([name, packed]): [string, Value] => {
    const data = argument(packed);
    const element = packed.kind === undefined ? "real" : "index";
    return [name, tensor(packed.shape, typeof data === "number" ? [data] : data, element)];
  });
  const options = { dims: new Map<string, number>() };
  return [
    ["as lowered", evaluate(differentiate(graph, builder), new Map(values), options)],
    ["simplified", evaluate(simplify(early, builder), new Map(values), options)],
  ];
}

/** As the tables' reader wants a result. */
function plain(value: Value | undefined): unknown {
  if (value === undefined) return undefined;
  const { element, shape, data } = value;
  if (shape.length === 0) return element === "bool" ? data[0] !== 0 : data[0];
  return element === "bool" ? Uint8Array.from(data) : element === "index" ? Int32Array.from(data) : data;
}

function largest({ data }: Packed): number {
  return data.reduce<number>((most, v) => (typeof v === "number" ? Math.max(most, Math.abs(v)) : most), 1);
}

describe.each(["elementwise", "reductions", "structure", "losses"])("%s", (name) => {
  const cases = readTable(name) as Case[];

  test.each(cases.map((row, k) => ({ row, title: `${String(k)} ${row.expression}` })))("$title", ({ row }) => {
    const { expression, inputs, cotangent, gradient } = row;
    const faults: string[] = [];
    const compare = (what: string, found: Value | undefined, expected: Packed): void => {
      const absolute = 2e-15 * largest(expected);
      const fault = difference(plain(found), expected, { relative: 1e-12, absolute, signOfZero: false });
      if (fault !== undefined) faults.push(`${what} ${fault}`);
    };
    const parameters = Object.entries(inputs).map(([input, packed]) => input + annotation(packed));
    const found = run(`fn f(${parameters.join(", ")}) = ${expression}\nderive f: value\n`, inputs);
    for (const [how, results] of found) compare(`value ${how}`, results.get("value"), row.value);
    if (cotangent !== undefined && gradient !== undefined) {
      const weighted = [...parameters, `cotangent${annotation(cotangent)}`].join(", ");
      const asked = Object.keys(gradient).join(", ");
      const source = `fn f(${weighted}) = sum(cotangent * (${expression}))\nderive f: gradient(${asked})\n`;
      for (const [how, results] of run(source, { ...inputs, cotangent })) {
        for (const [input, expected] of Object.entries(gradient)) {
          compare(`gradient.${input} ${how}`, results.get(`gradient.${input}`), expected);
        }
      }
    }
    expect(faults).toEqual([]);
  });
});
