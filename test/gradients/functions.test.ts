// Every public function of the language at random points: from text, through the library, to independent derivatives.
import { describe, expect, test } from "vitest";
import { constant as dim, constantOf, evaluate as evaluateDim } from "../../src/ir/dim.ts";
import type { Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { generator } from "../primitives/harness.ts";
import type { Call } from "./function-rows.ts";
import { functionRows } from "./function-rows.ts";
import { Proof, uniform } from "./prove.ts";
import { rounds } from "./rounds.ts";
import { show } from "./summary.ts";

const rows = Object.entries<readonly Call[]>(functionRows);
const comparisons = new Map<string, number>();

/** One file holds all calls of a function: they share the builder and the library. */
function proofsOf(name: string, calls: readonly Call[]): readonly Proof[] {
  const definitions = calls.map(({ parameters, expression }, k) => {
    const body = expression.startsWith("{") ? ` ${expression}` : ` = ${expression}`;
    return `fn f${k}(${parameters})${body}\nderive f${k}: value\n`;
  });
  const { checked, diagnostics, builder } = checkText(definitions.join(""));
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  return calls.map((call, k) => {
    const { inputs, results } = checked.functions[k];
    const nodes = inputs.map(({ node }) => node);
    const xs = nodes.filter((node) => node.element === "real");
    const others = nodes.filter((node) => node.element !== "real");
    const draw = (p: Node<"parameter">, next: () => number): Value => entries(p, next, call.interval);
    return new Proof(builder, { y: results[0].node, xs, others, draw, stops: name === "stop_gradient" });
  });
}

function entries(p: Node<"parameter">, next: () => number, interval: readonly [number, number]): Value {
  if (p.element === "real") return uniform(p, next, ...interval);
  const shape = p.shape.map((size) => evaluateDim(size, new Map()));
  const bound = constantOf(p.attributes.bound ?? dim(1)) ?? 1;
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(shape, Array.from({ length: size }, () => Math.floor(next() * bound)), "index"); // prettier-ignore
}

describe("every function, at orders one and two, forward, reverse, lifted and simplified, against independent derivatives", () => {
  test.each(rows)("%s", (name, calls) => {
    expect(new Set(calls.map(({ group }) => group)).size).toBeGreaterThanOrEqual(5);
    for (const [which, proof] of proofsOf(name, calls).entries()) {
      const next = generator(89 * which + 7);
      for (let round = 0; round < rounds; round++) {
        const findings = proof.check(next);
        expect([calls[which].group, findings.faults.slice(0, 3)]).toEqual([calls[which].group, []]);
        comparisons.set(name, (comparisons.get(name) ?? 0) + findings.comparisons);
      }
      // One call of each function is compiled in emitted.test.ts; a long run compiles all of them.
      const emitted = rounds > 2 ? proof.twins(rounds, next) : null;
      expect([calls[which].group, emitted?.faults.slice(0, 3) ?? []]).toEqual([calls[which].group, []]);
      comparisons.set(name, (comparisons.get(name) ?? 0) + (emitted?.comparisons ?? 0));
    }
  });

  test("none is left untested", ({ task }) => {
    const left = rows.map(([name]) => name).filter((name) => (comparisons.get(name) ?? 0) < 50 * rounds);
    const sum = [...comparisons.values()].reduce((total, n) => total + n, 0);
    show(task, {
      what: "functions at random points",
      tested: rows.length - left.length,
      untested: left,
      comparisons: sum,
    });
    expect(left).toEqual([]);
  });
});
