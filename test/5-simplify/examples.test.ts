// All rules on against all rules off, over every entry point of every example.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { algebraRows } from "../../src/5-simplify/algebra.ts";
import { rules } from "../../src/5-simplify/rules/index.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { evaluate as evaluateDim } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { generator } from "../primitives/harness.ts";

const folder = new URL("../../examples/", import.meta.url);
const examples = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".nn"));
/** Sizes where a program leaves them to its caller; the slope that a search follows, since where that ends no bound says. */
const requests: Readonly<Partial<Record<string, string>>> = {
  "det.nn": "derive det(A: [4, 4]): value, gradient",
  "particle.nn": "derive slope: value, gradient",
};
/** What is compared where not everything is: the others are made of the same parts. */
const chosen: Readonly<Partial<Record<string, string>>> = { "ht.nn": "simpleJacobian", "particle.nn": "slope" };
const none: ReadonlySet<string> = new Set([...rules, ...algebraRows].map(({ name }) => name));
/** Sizes of symbolic dims, small enough for the interpreter. */
const size = 2;
/** The constants of the examples, small likewise: the rules see the same graphs. */
const small: Readonly<Record<string, string>> = { hidden: "4", vocabulary: "9", width: "3", longest: "8" };

function passes(graph: Graph, b: GraphBuilder, disable: ReadonlySet<string>): Graph {
  const differentiated = differentiate(simplify(graph, b, { disable }), b);
  return simplify(eraseMarks(differentiated, b), b, { disable });
}

function symbolsOf(graph: Graph): ReadonlyMap<string, number> {
  const symbols = new Map<string, number>();
  const visit = ({ parameters }: Graph): void => {
    for (const { shape } of parameters) {
      for (const dim of shape) {
        for (const { factors } of dim.terms) {
          for (const { atom } of factors) if (atom.kind === "symbol") symbols.set(atom.name, size);
        }
      }
    }
  };
  visit(graph);
  return symbols;
}

function inputsOf(graph: Graph, symbols: ReadonlyMap<string, number>): ReadonlyMap<string, Value> {
  const next = generator(5);
  return new Map(
    graph.parameters.map(({ shape, element, attributes: { name, bound } }): [string, Value] => {
      const sizes = shape.map((dim) => evaluateDim(dim, symbols));
      const count = sizes.reduce((product, n) => product * n, 1);
      const top = element === "bool" ? 2 : bound === null ? 4 : evaluateDim(bound, symbols);
      // Running means of squares are not negative, and steps count from 1.
      const isPositive = /^(hyper\.|optimizer\.)/.test(name);
      const draw = (): number => {
        if (element === "real") return isPositive ? 0.1 + 0.8 * next() : next() - 0.5;
        return Math.floor(next() * (top - 1)) + (name === "step" ? 1 : 0);
      };
      return [name, tensor(sizes, Array.from({ length: count }, draw), element)];
    }),
  );
}

describe("all rules on give what all rules off give", () => {
  test("there are examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
  });

  test.each(examples)("%s", (path) => {
    const text = `${readFileSync(new URL(path, folder), "utf8")}${requests[basename(path)] ?? ""}\n`;
    const set = Object.fromEntries(Object.entries(small).filter(([name]) => text.includes(`const ${name} =`)));
    const { checked, diagnostics, builder, origins } = checkText(text, { set });
    if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
    const lowered = lower(checked, builder, origins);
    const only = chosen[basename(path)];
    const items = [...lowered.functions, ...lowered.models].filter(
      ({ checked: { name } }) => only === undefined || name === only,
    );
    const entries = items.flatMap((item) => [...item.entries]);
    let compared = 0;
    let open = 0;
    for (const { kind, graph } of entries) {
      // A step holds the value, the gradient and the update of a model; initial values are draws.
      if (["initial", "initialOptimizer", "forward", "gradient", "apply"].includes(kind)) continue;
      const symbols = symbolsOf(graph);
      const inputs = inputsOf(graph, symbols);
      const [plain, simplified] = [none, new Set<string>()].map((disable) =>
        evaluate(passes(graph, builder, disable), inputs, { dims: symbols }),
      );
      for (const [name, before] of plain) {
        const after = simplified.get(name);
        const faults: string[] = [];
        before.data.forEach((wanted, k) => {
          const found = after?.data[k] ?? NaN;
          const bound = before.error[k] + (after?.error[k] ?? 0);
          if (bound <= 1e-7 * Math.abs(wanted) || bound < 1e-12) compared++;
          else open++;
          if (Number.isFinite(wanted) && !(Math.abs(found - wanted) <= bound)) faults.push(`${kind} ${name}[${k}]: ${found} instead of ${wanted}, beyond ${bound}`); // prettier-ignore
        });
        expect(faults.slice(0, 3)).toEqual([]);
      }
    }
    expect(compared).toBeGreaterThan(0);
    // Bounds are close nearly everywhere: what is compared says something.
    expect(open).toBeLessThanOrEqual(0.01 * compared);
  });
});
