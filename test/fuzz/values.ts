/** Inputs of entry points, and the comparison of what is computed of them. */
import * as dims from "../../src/ir/dim.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { Rng } from "./rng.ts";

/**
 * How inputs are drawn: `plain` numbers, with `special` ones among them, or with infinities and numbers whose products
 * overflow as well (`wild`), or with infinities and numbers whose products no single is too small for (`single`). Rules keep finite results finite overflow aside, so wild inputs tell of emitted code alone.
 */
export type Flavour = "plain" | "special" | "wild" | "single";

const special = [0, -0, NaN, 1e-40, -1e-40, 5e-324, 1e30, -1e30, 1, -1, 0.5, 100, -100, 750, 2 ** -126];
const single = [0, -0, NaN, 1e-40, -1e-40, 1, -1, 0.5, 100, -100, 750, 2 ** -126, 1e12, -1e12, Infinity, -Infinity];
const wild = [...special, Infinity, -Infinity, 1e300, -1e300, 3.4028234663852886e38];

/** The value of a parameter: the same for its name, whatever else the program holds. */
export function drawn(
  p: Node<"parameter">,
  seed: number,
  flavour: Flavour,
  symbols: ReadonlyMap<string, number>,
): Value {
  const { name, bound } = p.attributes;
  const rng = new Rng(seed, name);
  const shape = p.shape.map((size) => dims.evaluate(size, symbols));
  const count = shape.reduce((product, n) => product * n, 1);
  const limit = bound === null ? 3 : dims.evaluate(bound, symbols);
  const draw = (): number => {
    if (p.element === "index") return rng.below(Math.max(limit, 1));
    if (p.element === "bool") return rng.below(2);
    if (flavour !== "plain" && rng.chance(0.3)) return rng.pick({ wild, special, single }[flavour]);
    // Ties and zeros are frequent.
    return rng.chance(0.15) ? rng.below(5) - 2 : rng.next() * 4 - 2;
  };
  return tensor(shape, Array.from({ length: count }, draw), p.element);
}

/** Whether the requirements on dims hold, so that a call is accepted. */
export function requirementsHold(graph: Graph, symbols: ReadonlyMap<string, number>): boolean {
  return graph.requirements.every(({ requirement: { left, relation, right } }) => {
    const [a, b] = [dims.evaluate(left, symbols), dims.evaluate(right, symbols)];
    return relation === ">=" ? a >= b : relation === "==" ? a === b : b % a === 0;
  });
}

/** Every symbol of a graph's parameters. */
export function symbolsOf(nodes: readonly Node[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => node.shape.flatMap((size) => [...dims.symbolsOf(size)])))].sort();
}

/**
 * The first entry that is not the wanted one within both error bounds. What is wanted as NaN or infinite is left out: a
 * rewrite may give a number there.
 */
export function gap(computed: ArrayLike<number>, own: ArrayLike<number> | null, wanted: Value): string | null {
  if (computed.length !== wanted.data.length)
    return ` has ${String(computed.length)} entries instead of ${String(wanted.data.length)}`;
  for (let k = 0; k < computed.length; k++) {
    const [x, y] = [computed[k], wanted.data[k]];
    const bound = wanted.error[k] + (own?.[k] ?? 0);
    if (!Number.isFinite(y) || !Number.isFinite(bound) || Math.abs(x - y) <= bound) continue;
    return `[${String(k)}] is ${String(x)} instead of ${String(y)} (bound ${String(bound)})`;
  }
  return null;
}
