// Values, gradients and Hessian products of every function in emitted code, f64 and f32: one module a precision holds them all.
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

const suffix = { value: "", gradient: "Gradient", hvp: "Hvp", jvp: "Jvp", jacobian: "Jacobian", hessian: "Hessian" };

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

test.each(["f64", "f32"] as const)("in %s every function is as near as the error bounds say", async (precision) => {
  const module: Record<string, unknown> = await load(source, { path: "all.nn", precision });
  const unitRoundoff = precision === "f32" ? 2 ** -24 : 2 ** -53;
  const next = generator(29);
  const faults: string[] = [];
  let compared = 0;
  functions.forEach(({ checked, entries }, which) => {
    const { name, call: row } = calls[Math.floor(which / 2)];
    for (const { kind, graph } of entries) {
      const drawn = new Map(graph.parameters.map((p) => [p.attributes.name, draw(p, next, row.interval)]));
      const inputs = rounded(graph, drawn, precision);
      const wanted = evaluate(graph, inputs, { dims: new Map(), unitRoundoff });
      const found = call(module[checked.name + suffix[kind]] as Emitted, graph, inputs, precision);
      for (const [output, value] of wanted) {
        const have = found.get(output);
        const numbers = ArrayBuffer.isView(have) ? (have as unknown as ArrayLike<number>) : [Number(have)];
        compared += value.data.length;
        const gap = difference(numbers, value);
        if (gap !== null) faults.push(`${name} ${kind} ${output}${gap}`);
      }
    }
  });
  expect(faults).toEqual([]);
  expect(compared).toBeGreaterThan(1000);
});
