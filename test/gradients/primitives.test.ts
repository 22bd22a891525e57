// Every primitive at random points of its domain: the table of primitives makes the tests.
import { describe, expect, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Node, PrimitiveName } from "../../src/ir/graph.ts";
import { constant as dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { generator, shapeOf } from "../primitives/harness.ts";
import { continuations } from "./continuation.ts";
import type { Case, Operand } from "./primitive-cases.ts";
import { primitiveCases } from "./primitive-cases.ts";
import { Proof, uniform } from "./prove.ts";
import { isCompiled, rounds } from "./rounds.ts";
import { show } from "./summary.ts";

function parameterFor(b: GraphBuilder, { sizes, interval, element = "real" }: Operand, k: number): Node<"parameter"> {
  const type = { element, shape: shapeOf(...sizes) };
  const bound = element === "index" ? dim(interval[1]) : null;
  return b.create("parameter", [], { name: `x${k}`, type, bound, held: "array" });
}

function proofOf({ operands, build }: Case, name: PrimitiveName): Proof {
  const b = createBuilder();
  const nodes = operands.map((operand, k) => parameterFor(b, operand, k));
  const built = build(b, nodes);
  // A row must hold its primitive: builders fold what they can.
  if (!e.topological([built]).some((node) => node.primitive === name)) throw new Error(`no ${name} in its row`);
  const request = { parameters: nodes, outputs: [{ name: "y", node: built, updates: null }], requirements: [] };
  const [{ node: y }] = differentiate(request, b).outputs;
  const draw = (p: Node<"parameter">, next: () => number): Value => {
    const { sizes, interval, element } = operands[nodes.indexOf(p)];
    if (element !== "index") return uniform(p, next, ...interval);
    const size = sizes.reduce((product, n) => product * n, 1);
    return tensor(sizes, Array.from({ length: size }, () => Math.floor(next() * interval[1])), "index"); // prettier-ignore
  };
  const xs = nodes.filter((node) => node.element === "real");
  return new Proof(b, {
    y,
    xs,
    others: nodes.filter((node) => !xs.includes(node)),
    draw,
    stops: name === "stop_gradient",
  });
}

const names = Object.keys(primitives) as PrimitiveName[];
const comparisons = new Map<PrimitiveName, number>();
/** Of f32 modules with their f64 twins. */
const compiled = new Map<PrimitiveName, number>();

describe("every primitive, at orders one and two, forward, reverse, lifted and simplified, against independent derivatives", () => {
  test.each(names)("%s", (name) => {
    const cases = primitiveCases[name];
    expect(new Set(cases.map(({ group }) => group)).size).toBeGreaterThanOrEqual(5);
    for (const [which, found] of cases.entries()) {
      const proof = proofOf(found, name);
      const next = generator(97 * which + 11);
      for (let round = 0; round < rounds; round++) {
        const findings = proof.check(next);
        expect([found.group, findings.faults.slice(0, 3)]).toEqual([found.group, []]);
        comparisons.set(name, (comparisons.get(name) ?? 0) + findings.comparisons);
      }
      const emitted = isCompiled(which) ? proof.twins(rounds, next) : null;
      expect([found.group, emitted?.faults.slice(0, 3) ?? []]).toEqual([found.group, []]);
      compiled.set(name, (compiled.get(name) ?? 0) + (emitted?.comparisons ?? 0));
    }
  });

  test("none is left untested", ({ task }) => {
    // What is compared must be compared closely: a loose bound shows nothing.
    const left = names.filter((name) => (comparisons.get(name) ?? 0) < 50 * rounds);
    const few = names.filter((name) => (compiled.get(name) ?? 0) < 4 * rounds);
    // A lone dim has no value in a module.
    expect(few).toEqual(["dimension"]);
    const sum = [...comparisons.values(), ...compiled.values()].reduce((total, n) => total + n, 0);
    show(task, {
      what: "primitives at random points",
      tested: names.length - left.length,
      untested: left,
      comparisons: sum,
    });
    expect(left).toEqual([]);
  });
});

test("a primitive without complex meaning says why", () => {
  const silent = names.filter((name) => {
    const row = continuations[name];
    return row.kind === "none" && row.reason.length < 10;
  });
  expect(silent).toEqual([]);
});
