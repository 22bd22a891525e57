import { describe, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { Agreement } from "./harness.ts";
import { randomGraph, randomInputs } from "./random-graphs.ts";

// DERIVE_FUZZ=from:to runs other seeds than those that every run tries.
const [from, to] = (process.env.DERIVE_FUZZ ?? "0:160").split(":").map(Number);
const sizes: readonly (readonly [n: number, m: number])[] = [[3, 2], [1, 4], [0, 1], [5, 0]]; // prettier-ignore

/** Tries one seed, and narrows a failure down to the first node that already fails by itself. */
function tryOut(seed: number): void {
  const b = createBuilder();
  const { graph, nodes } = randomGraph(b, seed, 5 + (seed % 26));
  // Every symbol is settled by an argument of its own.
  const settled = (g: Graph): Graph => ({
    ...g,
    parameters: [...g.parameters, parameter(b, "sizeN", ["n"]), parameter(b, "sizeM", ["m"])],
  });
  const found = faultOf(settled(graph), b, seed);
  if (found === null) return;
  for (const node of nodes) {
    const alone = faultOf(settled(graphOf({ y: node })), b, seed);
    if (alone !== null) throw new Error(`seed ${seed}, first at one node: ${alone}`);
  }
  throw new Error(`seed ${seed}: ${found}`);
}

function faultOf(graph: Graph, b: GraphBuilder, seed: number): string | null {
  let agreement: Agreement;
  try {
    agreement = new Agreement(graph, b);
  } catch (error) {
    return `compiling: ${error instanceof Error ? `${error.message} ${(error.stack ?? "").split("\n").slice(1, 6).join("")}` : String(error)}`;
  }
  for (const [n, m] of sizes) {
    const fault = agreement.fault(randomInputs(graph, seed, { n, m }), { n, m });
    if (fault !== null) return fault;
  }
  return null;
}

describe("random graphs compute what the interpreter does", () => {
  for (let start = from; start < to; start += 40) {
    const end = Math.min(start + 40, to);
    test(`seeds ${start} to ${end - 1}`, { timeout: 120_000 }, () => {
      for (let seed = start; seed < end; seed++) tryOut(seed);
    });
  }
});
