/** Calls of emitted functions with the interpreter's inputs, results by the names of the graph's outputs. */
import type { CheckedFunction, CheckedInput } from "../../src/2-check/checked.ts";
import * as dims from "../../src/ir/dim.ts";
import { planSolution } from "../../src/ir/dim-solve.ts";
import type { GraphOutput, Node } from "../../src/ir/graph.ts";
import type { Value } from "../../src/ir/value.ts";
import { entryName } from "../../src/7-emit/typescript/functions.ts";
import { arrayOf } from "../6-schedule/harness.ts";
import { addressesOf, Fault, type Entry, type Precision } from "./compiled.ts";

export type Loaded = Readonly<Record<string, unknown>>;
type Callable = (...args: readonly unknown[]) => unknown;

/** What a module takes for a parameter. */
export function argumentFor(node: Node<"parameter">, value: Value, precision: Precision): unknown {
  if (node.attributes.held === "number") return node.element === "bool" ? value.data[0] !== 0 : value.data[0];
  return arrayOf(node.element, precision, value.data);
}

/** The entry point's results. @throws what the module throws. */
export function callFunction(
  loaded: Loaded,
  entry: Entry,
  f: CheckedFunction,
  values: ReadonlyMap<string, Value>,
  symbols: ReadonlyMap<string, number>,
  precision: Precision,
): ReadonlyMap<string, ArrayLike<number>> {
  const callable = loaded[entryName(f.name, entry.kind as Parameters<typeof entryName>[1])] as Callable | undefined;
  if (callable === undefined) throw new Fault("exports", `the module does not export ${entry.label}`);
  const argument = (input: CheckedInput, name: string): unknown => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value for ${name}`);
    return argumentFor(input.node, value, precision);
  };
  const args = f.inputs.map((input) => argument(input, input.name));
  if (entry.kind === "jvp" || entry.kind === "hvp") {
    const along = f.inputs.filter((i) => entry.wrt.includes(i.name));
    args.push(Object.fromEntries(along.map((i) => [i.name, argument(i, `v.${i.name}`)])));
  }
  const arrays = f.inputs.filter((i) => i.node.attributes.held === "array");
  const { unsolved } = planSolution(arrays.map((i) => ({ name: i.name, shape: i.node.shape })));
  if (unsolved.length > 0) args.push(Object.fromEntries(unsolved.map((s) => [s, symbols.get(s)])));
  const result = callable(...args);
  const shown = entry.kind === "value" ? { value: result } : result;
  return new Map(entry.emitted.outputs.map((output) => [output.name, whole(output, read(shown, output))]));
}

/** The whole matrix that entries are those of. */
function whole({ sparse }: GraphOutput, entries: ArrayLike<number>): ArrayLike<number> {
  if (sparse === undefined || "by" in sparse) return entries;
  const all = new Float64Array(sparse.rowCount * sparse.columnCount);
  addressesOf(sparse).forEach((at, k) => (all[at] = entries[k]));
  return all;
}

/** `gradient.x` of `{ value, gradient: { x } }`. */
function read(result: unknown, { name }: GraphOutput): ArrayLike<number> {
  let at = result;
  for (const key of name.split(".")) at = (at as Record<string, unknown> | undefined)?.[key];
  if (typeof at === "number") return [at];
  if (typeof at === "boolean") return [Number(at)];
  if (typeof at === "object" && at !== null && "length" in at) return at as ArrayLike<number>;
  throw new Fault("result", `${name} is missing in the result`);
}

/** The sizes of the tensors that a value's shape names. */
export function sizesOf(node: Node, symbols: ReadonlyMap<string, number>): readonly number[] {
  return node.shape.map((size) => dims.evaluate(size, symbols));
}
