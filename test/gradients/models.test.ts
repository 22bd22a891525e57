// Layers, random functions, optimizers and initializers: what stands in models alone.
import { describe, expect, test } from "vitest";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import type { CheckedModel } from "../../src/2-check/checked.ts";
import { constantOf, evaluate as evaluateDim } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { evaluate, scalar, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { generator } from "../primitives/harness.ts";
import { functionRows } from "./function-rows.ts";
import { initializerRows, modelRows, optimizerRows } from "./model-rows.ts";
import { Proof, uniform } from "./prove.ts";
import { isCompiled, rounds } from "./rounds.ts";
import { show } from "./summary.ts";

const comparisons = new Map<string, number>();
/** Of f32 modules with their f64 twins. */
const compiled = new Map<string, number>();

function modelsOf(texts: readonly string[]): { readonly models: readonly CheckedModel[]; readonly b: GraphBuilder } {
  const { checked, diagnostics, builder } = checkText(texts.map((text, k) => `model M${k} {\n${text}\n}\n`).join(""));
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  return { models: checked.models, b: builder };
}

const parametersOf = (y: Node): Node<"parameter">[] => e.topological([y]).filter((node) => e.is(node, "parameter"));

/** Running means of squares and scales are positive, and rates lie between 0 and 1. */
function intervalOf(name: string): readonly [number, number] {
  if (name.startsWith("hyper.")) return [0.1, 0.9];
  return /\.(v|std)$/.test(name) ? [0.2, 2] : [-2, 2];
}

/** Training is on: draws are drawn. */
function draw(p: Node<"parameter">, next: () => number): Value {
  const { name, bound } = p.attributes;
  if (p.element === "bool") return scalar(1, "bool");
  if (name === "seed") return scalar(7, "index");
  if (name === "step") return scalar(3, "index");
  if (p.element === "real") return uniform(p, next, ...intervalOf(name));
  const top = bound === null ? 1 : (constantOf(bound) ?? 1);
  const shape = p.shape.map((size) => evaluateDim(size, new Map()));
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(shape, Array.from({ length: size }, () => Math.floor(next() * top)), "index"); // prettier-ignore
}

function prove(name: string, b: GraphBuilder, y: Node, which: number, seed: number): void {
  const nodes = parametersOf(y);
  const xs = nodes.filter((node) => node.element === "real");
  const proof = new Proof(b, { y, xs, others: nodes.filter((node) => node.element !== "real"), draw });
  const next = generator(seed);
  for (let round = 0; round < rounds; round++) {
    const findings = proof.check(next);
    expect(findings.faults.slice(0, 3)).toEqual([]);
    comparisons.set(name, (comparisons.get(name) ?? 0) + findings.comparisons);
  }
  const emitted = isCompiled(which) ? proof.twins(rounds, next) : null;
  expect(emitted?.faults.slice(0, 3) ?? []).toEqual([]);
  compiled.set(name, (compiled.get(name) ?? 0) + (emitted?.comparisons ?? 0));
}

describe("layers and draws", () => {
  test.each(Object.entries(modelRows))("%s", (name, bodies) => {
    expect(new Set(bodies.map(({ group }) => group)).size).toBeGreaterThanOrEqual(5);
    const { models, b } = modelsOf(bodies.map(({ text }) => text));
    models.forEach((model, k) => {
      prove(name, b, model.outputs[0].node, k, 83 * k + 5);
    });
  });
});

describe("updates of optimizers", () => {
  test.each(Object.entries(optimizerRows))("%s", (name, lines) => {
    const shapes = ["[3]", "[2, 3]", "[2, 2, 2]", "[1, 3]", "[1]"];
    const texts = lines.flatMap((line) =>
      shapes.map(
        (shape) => `input x: ${shape}\nparam W: ${shape} = zeros\noutput p = x * W\nloss sum(p^2)\ntrain ${line}`,
      ),
    );
    const { models, b } = modelsOf(texts);
    models.forEach(({ train }, k) => {
      const [update] = train?.updates ?? [];
      [update.next, ...update.states.map((state) => state.next)].forEach((y, which) => {
        prove(name, b, y, k % shapes.length, 79 * k + which);
      });
    });
  });
});

describe("initializers draw numbers of the mean, variance and range of their definitions", () => {
  test.each(Object.entries(initializerRows))("%s", (name, { call, mean, variance, low, high, kurtosis }) => {
    const { models } = modelsOf([`input x: [40]\nparam W: [40, 50] = ${call}\noutput p = x @ W`]);
    const { initial } = models[0].parameters[0];
    if (initial === null) throw new Error("no initial value");
    const outputs = [{ name: "W", node: initial, updates: null }];
    const graph = { parameters: parametersOf(initial), outputs, requirements: [] };
    const inputs = new Map(graph.parameters.map((p) => [p.attributes.name, p.element === "bool" ? scalar(1, "bool") : scalar(p.attributes.name === "seed" ? 11 : 0, "index")])); // prettier-ignore
    const entries = [...(evaluate(graph, inputs, { dims: new Map() }).get("W")?.data ?? [])];
    const n = entries.length;
    expect(n).toBe(2000);
    expect(entries.every((entry) => entry >= low && (entry < high || low === high))).toBe(true);
    // Five standard errors: σ/√n of the mean, σ² √((kurtosis - 1)/n) of the variance.
    const found = entries.reduce((sum, entry) => sum + entry, 0) / n;
    const spread = entries.reduce((sum, entry) => sum + (entry - mean) ** 2, 0) / n;
    expect(Math.abs(found - mean)).toBeLessThanOrEqual(5 * Math.sqrt(variance / n));
    expect(Math.abs(spread - variance)).toBeLessThanOrEqual(5 * variance * Math.sqrt((kurtosis - 1) / n));
    comparisons.set(`initializer ${name}`, n + 2);
  });
});

test("no public name is left untested", ({ task }) => {
  const tested = new Set([...Object.keys(functionRows), ...comparisons.keys()]);
  const names = [
    ...publicNames.functions,
    ...publicNames.optimizers,
    ...publicNames.initializers.map((name) => `initializer ${name}`),
  ];
  const left = names.filter((name) => !tested.has(name));
  expect([...compiled].filter(([, count]) => count < 4 * rounds)).toEqual([]);
  const sum = [...comparisons.values(), ...compiled.values()].reduce((total, n) => total + n, 0);
  show(task, {
    what: "layers, draws, optimizers and initializers",
    tested: comparisons.size,
    untested: left,
    comparisons: sum,
  });
  expect(left).toEqual([]);
  expect(
    [...comparisons].filter(([name, count]) => count < (name.startsWith("initializer ") ? 1 : 50 * rounds)),
  ).toEqual([]);
});
