// Values, gradients and Hessian products of every function in emitted code: f64 and f32 each within the interpreter's error bound,
// and f32 within both bounds of its f64 twin. One module a precision holds them all.
import { expect, test } from "vitest";
import { evaluate as load } from "../../src/evaluate.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { lower } from "../../src/3-lower/lower.ts";
import type { LoweredFunction } from "../../src/3-lower/lowered.ts";
import { constant as dim, constantOf, evaluate as evaluateDim } from "../../src/ir/dim.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { arrayOf, difference, rounded } from "../6-schedule/harness.ts";
import type { Precision } from "../6-schedule/harness.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { generator } from "../primitives/harness.ts";
import type { Call } from "./function-rows.ts";
import { functionRows } from "./function-rows.ts";
import { uniform } from "./prove.ts";
import { rounds } from "./rounds.ts";
import { show } from "./summary.ts";

// One call of tensors a function: every shape is a matter of the primitives and of the scheduler, which have tests of their own.
const calls = Object.entries<readonly Call[]>(functionRows).map(([name, [, call]]) => ({ name, call }));

const source = calls
  .map(({ call: { parameters, expression } }, k) => {
    const body = expression.startsWith("{") ? expression : `{ return ${expression} }`;
    const names = [...parameters.matchAll(/(\w+)(?:: [^,[]*(?:\[[^\]]*\])?)?(?:, |$)/g)].map((match) => match[1]);
    return `fn f${k}(${parameters}) ${body}
fn s${k}(${parameters}) = sum(sin(f${k}(${names.join(", ")})))
derive f${k}: value
derive s${k}: value, gradient, hvp
`;
  })
  .join("");

function lowered(): readonly LoweredFunction[] {
  const { checked, diagnostics, builder, origins } = checkText(source);
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  return lower(checked, builder, origins).functions.map((made) => ({
    ...made,
    entries: made.entries.map((entry) => ({ ...entry, graph: differentiate(entry.graph, builder) })),
  }));
}

function draw(p: Node<"parameter">, next: () => number, interval: readonly [number, number]): Value {
  if (p.element === "real") return uniform(p, next, ...(p.attributes.name.startsWith("v.") ? ([-1, 1] as const) : interval)); // prettier-ignore
  const shape = p.shape.map((size) => evaluateDim(size, new Map()));
  const bound = constantOf(p.attributes.bound ?? dim(1)) ?? 1;
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(shape, Array.from({ length: size }, () => Math.floor(next() * bound)), "index"); // prettier-ignore
}

type Emitted = (...args: readonly unknown[]) => unknown;

const suffix = { value: "", gradient: "Gradient", hvp: "Hvp", jvp: "Jvp", jacobian: "Jacobian", hessian: "Hessian", sparse_jacobian: "SparseJacobian", sparse_hessian: "SparseHessian" }; // prettier-ignore

/** What a function of a module gives, by the names that the graph has for its outputs. */
function call(
  f: Emitted,
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  precision: Precision,
): Map<string, unknown> {
  const args: unknown[] = [];
  const directions: Record<string, unknown> = {};
  for (const { attributes, element } of graph.parameters) {
    const value = inputs.get(attributes.name) ?? tensor([], [0]);
    const given = attributes.held === "number" ? value.data[0] : arrayOf(element, precision, value.data);
    if (attributes.name.startsWith("v.")) directions[attributes.name.slice(2)] = given;
    else args.push(given);
  }
  const result = f(...args, ...(Object.keys(directions).length > 0 ? [directions] : []));
  const found = new Map<string, unknown>();
  if (typeof result !== "object" || result === null || ArrayBuffer.isView(result)) return found.set("value", result);
  for (const [key, part] of Object.entries(result as Record<string, unknown>)) {
    if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) found.set(key, part);
    else for (const [name, entry] of Object.entries(part)) found.set(`${key}.${name}`, entry);
  }
  return found;
}

const functions = lowered();

const numbersOf = (have: unknown): ArrayLike<number> =>
  ArrayBuffer.isView(have) ? (have as unknown as ArrayLike<number>) : [Number(have)];

const modules: Readonly<Record<Precision, Record<string, unknown>>> = {
  f64: await load(source, { path: "all.nn", precision: "f64" }),
  f32: await load(source, { path: "all.nn", precision: "f32" }),
};
const comparisons = new Map<string, number>();

test.each(calls.map(({ name, call: row }, k) => ({ name, row, k })))("$name", ({ name, row, k }) => {
  const next = generator(29 + k);
  const faults: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { checked, entries } of functions.slice(2 * k, 2 * k + 2)) {
      for (const { kind, graph } of entries) {
        const drawn = new Map(graph.parameters.map((p) => [p.attributes.name, draw(p, next, row.interval)]));
        const inputs = rounded(graph, drawn, "f32");
        const at = (precision: Precision, given: ReadonlyMap<string, Value>): Map<string, unknown> =>
          call(modules[precision][checked.name + suffix[kind]] as Emitted, graph, given, precision);
        const [f32, f64, own] = [at("f32", inputs), at("f64", inputs), at("f64", drawn)];
        const coarse = evaluate(graph, inputs, { dims: new Map(), unitRoundoff: 2 ** -24 });
        const fine = evaluate(graph, drawn, { dims: new Map() });
        for (const [output, exact] of evaluate(graph, inputs, { dims: new Map() })) {
          const [rough, wanted] = [coarse.get(output) ?? exact, fine.get(output) ?? exact];
          const [found, twin] = [numbersOf(f32.get(output)), numbersOf(f64.get(output))];
          const gaps = [
            difference(numbersOf(own.get(output)), wanted),
            difference(found, rough),
            // The f64 twin stands for the interpreter, with its own error.
            difference(found, { ...rough, data: Float64Array.from(twin) }, exact.error),
          ];
          gaps.forEach((gap, which) => {
            if (gap !== null) faults.push(`${kind} ${output}${gap} (${["f64", "f32", "f32 against f64"][which]})`);
          });
          // Comparisons count where the bound is at most 1e-4 of the number, for f64 1e-12.
          const close = (bounds: Float64Array, relative: number): number =>
            exact.data.filter((v, i) => bounds[i] <= relative * Math.abs(v) || (v === 0 && bounds[i] === 0)).length;
          const count = close(wanted.error, 1e-12) + 2 * close(rough.error, 1e-4);
          comparisons.set(name, (comparisons.get(name) ?? 0) + count);
        }
      }
    }
  }
  expect(faults.slice(0, 4)).toEqual([]);
});

test("none is left untested", ({ task }) => {
  const left = calls.map(({ name }) => name).filter((name) => (comparisons.get(name) ?? 0) < 9 * rounds);
  const sum = [...comparisons.values()].reduce((total, n) => total + n, 0);
  const what = "functions in emitted code, f64 and f32 with both orders";
  show(task, { what, tested: calls.length - left.length, untested: left, comparisons: sum });
  expect(left).toEqual([]);
});
