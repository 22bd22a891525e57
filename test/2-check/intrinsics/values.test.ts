// Values of the built-in functions in the reference interpreter against NumPy (tables/values.py).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ParameterKinds } from "../../../src/2-check/intrinsics/intrinsic.ts";
import type { TensorValue } from "../../../src/2-check/value.ts";
import { symbol } from "../../../src/ir/dim.ts";
import type { ElementType, Node } from "../../../src/ir/graph.ts";
import { evaluate, tensor } from "../../../src/ir/interpreter.ts";
import type { Value } from "../../../src/ir/value.ts";
import { dim, dims, Elaboration, pair } from "./elaborate.ts";

interface Packed {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

type Written =
  | { readonly tensor: Packed }
  | { readonly list: readonly Packed[] }
  | { readonly dim: number }
  | { readonly dims: readonly number[] }
  | { readonly axis: number }
  | { readonly axes: readonly number[] }
  | { readonly flag: boolean }
  | { readonly pairs: readonly (readonly [number, number])[] };

interface Row {
  readonly name: string;
  readonly args: Readonly<Record<string, Written>>;
  readonly values: readonly Packed[];
  readonly symbolic?: true;
}

const rows = JSON.parse(readFileSync(new URL("tables/values.json", import.meta.url), "utf8")) as Row[];

const words: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const numbers = ({ data }: Packed): number[] => data.map((v) => (typeof v === "number" ? v : (words[v] ?? NaN)));
const unpack = (packed: Packed): Value => tensor(packed.shape, numbers(packed), packed.element);

/** Elaborates one call over inputs and evaluates it. */
class Run {
  readonly elaboration = new Elaboration();
  readonly inputs = new Map<string, Value>();
  readonly parameters: Node<"parameter">[] = [];
  readonly sizes = new Map<string, number>();
  readonly symbolic: boolean;

  constructor(symbolic: boolean) {
    this.symbolic = symbolic;
  }

  input(packed: Packed): TensorValue {
    const name = `x${String(this.inputs.size)}`;
    const shape = dims(...packed.shape);
    if (this.symbolic && this.inputs.size === 0) {
      shape[0] = symbol("n");
      this.sizes.set("n", packed.shape[0]);
    }
    const value = this.elaboration.input(name, shape, packed.element);
    this.inputs.set(name, unpack(packed));
    this.parameters.push(value.node as Node<"parameter">);
    return value;
  }

  argument(written: Written): ParameterKinds[keyof ParameterKinds] {
    if ("tensor" in written) return this.input(written.tensor);
    if ("list" in written) return written.list.map((packed) => this.input(packed));
    if ("dim" in written) return dim(written.dim);
    if ("dims" in written) return dims(...written.dims);
    if ("axis" in written) return written.axis;
    if ("axes" in written) return written.axes;
    if ("flag" in written) return written.flag;
    return written.pairs.map(([before, after]) => pair(before, after));
  }

  results({ name, args }: Row): Value[] {
    const filled = Object.entries(args).map(([key, written]) => [key, this.argument(written)] as const);
    const result = this.elaboration.call(name, Object.fromEntries(filled));
    const values = "kind" in result ? [result] : result;
    const outputs = values.map((value, k) => {
      if (value.kind !== "tensor") throw new Error(`${name} gives a ${value.kind}`);
      return { name: String(k), node: value.node, updates: null };
    });
    const graph = { parameters: this.parameters, outputs, requirements: [] };
    return [...evaluate(graph, this.inputs, { dims: this.sizes }).values()];
  }
}

test.each(
  rows.map((row, k) => ({ row, title: `${String(k)} ${row.name}${row.symbolic ? " of a symbolic size" : ""}` })),
)("$title", ({ row }) => {
  const found = new Run(row.symbolic ?? false).results(row);
  expect(found.map(({ element, shape }) => ({ element, shape }))).toEqual(
    row.values.map(({ element, shape }) => ({ element, shape })),
  );
  row.values.forEach((expected, k) => {
    const { data } = found[k];
    numbers(expected).forEach((want, i) => {
      // Exact but for roundings; the sign of 0 is left open.
      if (Math.abs(want) > 0 && Math.abs(want) < Infinity) expect(Math.abs(data[i] / want - 1)).toBeLessThan(1e-14);
      else expect(data[i] + 0).toBe(want + 0);
    });
  });
});
