/** Emitted f32 code against its f64 twin: the same graph, the same inputs, apart by no more than both running error bounds. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate } from "../../src/ir/interpreter.ts";
import { substitute } from "../../src/ir/substitute.ts";
import type { Value } from "../../src/ir/value.ts";
import type { Built } from "../6-schedule/harness.ts";
import { build, rounded } from "../6-schedule/harness.ts";

const noDims: ReadonlyMap<string, number> = new Map();

/** Whether modules can hold a graph: a dim that stands in no shape of an argument has no value there. */
export function isEmitted(graph: Graph): boolean {
  const nodes = e.topological(graph.outputs.map(({ node }) => node));
  return !nodes.some((node) => e.is(node, "dimension"));
}

/** A graph as modules of both precisions: f32 as loops and as straight-line code. */
export class Twins {
  readonly #graph: Graph;
  /** What the graph's parameters are called in the modules. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #f64: Built;
  readonly #f32: readonly Built[];

  constructor(b: GraphBuilder, graph: Graph) {
    const renamed = new Map<Node, Node<"parameter">>(
      graph.parameters.map((p, k) => [p, b.create("parameter", [], { ...p.attributes, name: `p${k}` })]),
    );
    const nodes = substitute(b, graph.outputs.map(({ node }) => node), renamed); // prettier-ignore
    this.#graph = {
      ...graph,
      parameters: [...renamed.values()],
      outputs: graph.outputs.map((output, k) => ({ ...output, node: nodes[k] })),
    };
    this.#names = new Map(graph.parameters.map((p, k) => [p.attributes.name, `p${k}`]));
    this.#f64 = build(this.#graph, { precision: "f64", unroll: false });
    this.#f32 = [false, true].map((unroll) => build(this.#graph, { precision: "f32", unroll }));
  }

  /**
   * Compares every entry of every output. A comparison counts where the bound is at most 1e-4 of the number, about 1,700 units in
   * the last place of f32.
   */
  check(given: ReadonlyMap<string, Value>): { readonly comparisons: number; readonly faults: readonly string[] } {
    const named = new Map([...given].map(([name, value]) => [this.#names.get(name) ?? name, value]));
    const inputs = rounded(this.#graph, named, "f32");
    const wanted = this.#f64.call(inputs, {});
    const [coarse, fine] = [2 ** -24, 2 ** -53].map((unitRoundoff) =>
      evaluate(this.#graph, inputs, { dims: noDims, unitRoundoff }),
    );
    const faults: string[] = [];
    let comparisons = 0;
    this.#f32.forEach((built, which) => {
      const found = built.call(inputs, {});
      for (const { name } of this.#graph.outputs) {
        const [rough, exact] = [coarse.get(name), fine.get(name)];
        if (rough === undefined || exact === undefined) throw new Error(`no output ${name}`);
        for (let i = 0; i < rough.data.length; i++) {
          const [have, want] = [found[name][i], wanted[name][i]];
          const bound = rough.error[i] + exact.error[i];
          if (bound <= 1e-4 * Math.abs(want)) comparisons++;
          if (have === want || Math.abs(have - want) <= bound || bound === Infinity) continue;
          if (Number.isNaN(have) && Number.isNaN(want)) continue;
          faults.push(
            `${name}, entry ${i}, in f32${which === 1 ? " unrolled" : ""}: ${have} instead of ${want}, beyond ${bound}`,
          );
        }
      }
    });
    return { comparisons, faults };
  }
}
