/** Points to check at: given values first, sampled ones for the rest. */
import type { GraphRequirement, Node } from "../ir/graph.ts";
import * as dims from "../ir/dim.ts";
import { planSolution, solve } from "../ir/dim-solve.ts";
import { tensor } from "../ir/interpreter.ts";
import type { Value } from "../ir/value.ts";
import type { GivenValues } from "./item.ts";
import { chooseSizes, draw, symbolsOf, type Distribution, type Tensor } from "./sample.ts";

/** A value that the user gives does not fit; the message says why. */
export class GivenFault extends Error {
  override readonly name = "GivenFault";
}

export interface Wanted {
  readonly name: string;
  readonly node: Node<"parameter">;
}

/** The sizes of symbolic dims: those given, those that given values have, small ones for the rest. */
export function sizesFor(
  wanted: readonly Wanted[],
  requirements: readonly GraphRequirement[],
  given: GivenValues,
): ReadonlyMap<string, number> | null {
  const nodes = wanted.map(({ node }) => node);
  const symbols = symbolsOf(nodes);
  const known = new Map([...given.sizes].filter(([symbol]) => symbols.includes(symbol)));
  const axes = wanted.flatMap(({ name, node }) => {
    const value = given.values.get(name);
    if (value === undefined) return [];
    if (value.shape.length !== node.shape.length) throw misfit(name, node, value.shape);
    return node.shape.map((dim, k) => ({ name, node, dim, length: value.shape[k], shape: value.shape }));
  });
  const plan = planSolution(
    axes.map(({ name, dim }) => ({ name, shape: [dim] })),
    known.keys(),
  );
  let solved: ReadonlyMap<string, number>;
  try {
    const start = new Map([...known, ...plan.unsolved.map((symbol) => [symbol, 0] as const)]);
    solved = solve(
      plan,
      axes.map(({ length }) => length),
      start,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GivenFault(`the values given do not fit together: ${error.message}`);
  }
  const open = new Set(plan.unsolved);
  const fixed = new Map([...known, ...[...solved].filter(([symbol]) => !open.has(symbol))]);
  for (const { name, node, shape } of axes) {
    const decided = node.shape.every((dim) => [...dims.symbolsOf(dim)].every((symbol) => fixed.has(symbol)));
    if (decided && node.shape.some((dim, k) => dims.evaluate(dim, fixed) !== shape[k])) throw misfit(name, node, shape);
  }
  return chooseSizes(
    symbols,
    fixed,
    requirements,
    nodes.map(({ shape }) => shape),
  );
}

function misfit(name: string, node: Node, found: readonly number[]): GivenFault {
  const shown = found.length === 0 ? "a number" : `[${found.join(", ")}]`;
  return new GivenFault(
    `\`${name}\` is ${node.shape.length === 0 ? "a number" : dims.printShape(node.shape)}, and the value given is ${shown}`,
  );
}

/** A given value as f32 holds it, or a sampled one. */
export function valueFor(
  { name, node }: Wanted,
  sizes: ReadonlyMap<string, number>,
  given: GivenValues,
  seed: number,
  how: Distribution,
): Tensor {
  const value = given.values.get(name);
  if (value === undefined) return draw(name, node, sizes, seed, how);
  if (node.element === "real") return { shape: value.shape, data: Float64Array.from(value.data, Math.fround) };
  const { bound } = node.attributes;
  const end = node.element === "bool" ? 2 : bound === null ? Infinity : dims.evaluate(bound, sizes);
  const bad = value.data.find((x) => !Number.isInteger(x) || x >= end || (x < 0 && end !== Infinity));
  if (bad !== undefined) throw new GivenFault(`\`${name}\` holds integers 0 to ${end - 1}, and ${bad} is none`);
  return { shape: value.shape, data: Float64Array.from(value.data) };
}

/** For the interpreter. */
export function interpreted(node: Node<"parameter">, { shape, data }: Tensor): Value {
  return tensor(shape, data, node.element);
}
