// Values, gradients and second derivatives in both modes at special points, against PyTorch and SymPy (tables/torch/second.py).
import { describe, expect, test } from "vitest";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { constant as dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node, PrimitiveName } from "../../src/ir/graph.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { evaluate, scalar, tensor } from "../../src/ir/interpreter.ts";
import { substitute } from "../../src/ir/substitute.ts";
import type { Value } from "../../src/ir/value.ts";
import { evaluate as load } from "../../src/evaluate.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { build } from "../6-schedule/harness.ts";
import { shapeOf } from "../primitives/harness.ts";
import { argument, entry } from "../tables/reference.ts";
import type { Packed } from "../tables/reference.ts";
import type { ModelRow, PrimitiveRow } from "./special.ts";
import {
  builds,
  derivativesOf,
  expressionRows,
  inputsOf,
  modelRows,
  primitiveRows,
  sourceOf,
  wantedOf,
} from "./special.ts";
import { show } from "./summary.ts";

type Emitted = (...args: readonly unknown[]) => Readonly<Record<string, unknown>>;

const unit = 2 ** -53;
const symbols = { three: 3 };
const dims = new Map(Object.entries(symbols));
let compared = 0;

/** The primitives that stand in a row before it is differentiated. */
const reached = new Set<PrimitiveName>();
const note = (roots: readonly Node[]): void => {
  for (const { primitive } of e.topological(roots)) reached.add(primitive);
};

const valueOf = ({ shape, data, kind }: Packed): Value =>
  tensor(shape, data.map(entry), kind === undefined ? "real" : "index");

/** Where a result is not as the table has it: beyond a few roundings and the running error bound of the formula as it stands. */
function faults(
  what: string,
  found: ArrayLike<number>,
  { data }: Packed,
  errors: Float64Array,
  isLowered: boolean,
): readonly string[] {
  return data.flatMap((open, k) => {
    if (open === null) return [];
    const [have, wanted] = [found[k], entry(open)];
    const bound = Number.isFinite(errors[k]) ? 2 * errors[k] : 0;
    // A sum of two infinite terms is no number before simplification makes one of them.
    if (isLowered && Math.abs(wanted) === Infinity && Number.isNaN(have)) return [];
    const isNear = Math.abs(have - wanted) <= 24 * unit * Math.abs(wanted) + bound + 4 * 2 ** -1074;
    return Object.is(have, wanted) || have === wanted || isNear
      ? []
      : [`${what}, entry ${k}: ${have} instead of ${wanted}`];
  });
}

type Row = Parameters<typeof wantedOf>[0];

/** Both forms against the row. */
function expectAsInTable(row: Row, plain: readonly Value[], emitted: readonly unknown[]): void {
  const wanted = wantedOf(row);
  expect([plain.length, emitted.length]).toEqual([wanted.length, wanted.length]);
  compared += 2 * wanted.reduce((sum, { numbers }) => sum + numbers.data.filter((n) => n !== null).length, 0);
  const found = wanted.flatMap(({ what, numbers }, j) => {
    const result = emitted[j];
    const array = typeof result === "object" ? (result as ArrayLike<number>) : [Number(result)];
    const { data, error } = plain[j];
    expect([data.length, array.length]).toEqual([numbers.data.length, numbers.data.length]);
    return [
      ...faults(`${what}, as lowered`, data, numbers, error, true),
      ...faults(`${what}, emitted`, array, numbers, error, false),
    ];
  });
  expect(found).toEqual([]);
}

const programs = expressionRows.map((row, k) => sourceOf(row, `f${k}`)).join("");
const { checked, diagnostics, builder, origins } = checkText(programs);
if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
const { functions } = lower(checked, builder, origins);
const module: Record<string, unknown> = await load(programs, { path: "second.nn", precision: "f64" });

describe("expressions, compiled as users do", () => {
  test.each(expressionRows.map((row, k) => ({ row, k, title: row.expression })))("$title", ({ row, k }) => {
    const [{ graph }] = functions[k].entries;
    note(graph.outputs.map(({ node }) => node));
    const given = new Map(inputsOf(row).map(([name, packed]) => [name, valueOf(packed)]));
    const plain = [...evaluate(differentiate(graph, builder), given, { dims }).values()];
    const emitted = (module[`f${k}`] as Emitted)(...inputsOf(row).map(([, packed]) => argument(packed)));
    expectAsInTable(row, plain, Object.values(emitted));
  });
});

/** A node's derivatives, as rules make them and as emitted. */
function expectNode(b: GraphBuilder, y: Node, xs: ReadonlyMap<string, Node<"parameter">>, row: Row): void {
  const graph: Graph = derivativesOf(b, y, xs, row);
  const given = new Map<string, Value>();
  for (const { attributes, element } of graph.parameters) {
    const own = [...xs].find(([, node]) => node.attributes.name === attributes.name);
    const packed = new Map(inputsOf(row)).get(own?.[0] ?? attributes.name);
    // Nothing is drawn: flags of training are off.
    given.set(attributes.name, packed === undefined ? scalar(0, element) : valueOf(packed));
  }
  const plain = [...evaluate(graph, given, { dims }).values()];
  const simplified = eraseMarks(simplify(graph, b), b);
  // A dim that stands in no shape has no value there.
  const nodes = e.topological(simplified.outputs.map(({ node }) => node));
  const isBare = nodes.some((node) => e.is(node, "dimension"));
  const results = isBare
    ? [...evaluate(simplified, given, { dims }).values()].map(({ data }) => data)
    : Object.values(build(simplified, { precision: "f64", unroll: false }).call(given, symbols));
  expectAsInTable(row, plain, results);
}

describe("layers and draws, at inference", () => {
  test.each(modelRows.map((row) => ({ row, title: row.model.split("\n").at(-1) ?? "" })))(
    "$title",
    ({ row }: { row: ModelRow }) => {
      const found = checkText(`model M {\n${row.model}\n}\n`);
      if (found.checked === null) throw new Error(found.diagnostics.map(lineOf).join("\n"));
      const [{ node }] = found.checked.models[0].outputs;
      note([node]);
      const b = found.builder;
      const nodes = e.topological([node]).filter((x) => e.is(x, "parameter"));
      // Paths have points: modules of functions and Python's names have not.
      const plain = new Map(
        nodes.map((x) => {
          const name = x.attributes.name.replace(/^(inputs|params)\./, "").replaceAll(".", "_");
          return [x, b.create("parameter", [], { ...x.attributes, name })] as const;
        }),
      );
      const [y] = substitute(b, [node], plain);
      const xs = new Map([...plain.values()].map((x) => [x.attributes.name, x]));
      expectNode(b, y, xs, row);
    },
  );
});

describe("primitives that no expression leads to yet", () => {
  test.each(primitiveRows.map((row) => ({ row, title: row.primitive })))("$title", ({ row }: { row: PrimitiveRow }) => {
    const b = createBuilder();
    const xs = new Map(
      Object.entries(row.inputs).map(([name, { shape, kind }]) => {
        const type = { element: kind === undefined ? "real" : "index", shape: shapeOf(...shape) } as const;
        return [
          name,
          b.create("parameter", [], { name, type, bound: kind === undefined ? null : dim(3), held: "array" }),
        ];
      }),
    );
    const built = builds[row.primitive]?.(b, xs);
    if (built === undefined) throw new Error(`no graph of ${row.primitive}`);
    note([built]);
    const request = {
      parameters: [...xs.values()],
      outputs: [{ name: "y", node: built, updates: null }],
      requirements: [],
    };
    expectNode(b, differentiate(request, b).outputs[0].node, xs, row);
  });
});

test("nothing is left untested: each primitive stands in a row, and so does each public function", ({ task }) => {
  const names = Object.keys(primitives) as PrimitiveName[];
  const left: string[] = names.filter((name) => !reached.has(name));
  const texts = [...expressionRows.map((row) => row.expression), ...modelRows.map((row) => row.model)].join("\n");
  left.push(...publicNames.functions.filter((name) => !new RegExp(`\\b${name}\\(`).test(texts)));
  const tested = names.length + publicNames.functions.length - left.length;
  show(task, { what: "primitives and functions at special points", tested, untested: left, comparisons: compared });
  expect(left).toEqual([]);
  expect(compared).toBeGreaterThan(20_000);
});
