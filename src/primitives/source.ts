/** Nodes without operands that are tensors: literals, dims, parameters, counters. And the identities. */
import { numberText } from "../ir/number-text.ts";
import * as dims from "../ir/dim.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { Facts, PrimitiveRecord } from "../ir/primitive.ts";
import { linear, none, plain, printNothing } from "./define.ts";
import { blank, storageError } from "./evaluate.ts";
import { between, closed, exactly, finite, truth } from "./facts.ts";
import { requireAtMost } from "./shapes.ts";

export const constant: PrimitiveRecord<"constant"> = {
  ...plain,
  name: "constant",
  arity: 0,
  print: ({ value, element }) => `${numberText(value)}${element === "real" ? "" : ` ${element}`}`,
  shape: (_, { element }) => ({ element, shape: [] }),
  meaning: (_, { value }, at) => {
    const result = blank([], at.element);
    result.data[0] = value;
    result.error[0] = at.element === "real" ? storageError(value, at.unitRoundoff) : 0;
    return result;
  },
  derivative: none,
  facts: (_, { value }) => exactly(value),
};

/** Facts of integers 0 .. size - 1. */
function counting(size: dims.Dim | null): Facts {
  const known = size === null ? null : dims.constantOf(size);
  const upper = closed(known === null ? Infinity : Math.max(known - 1, 0));
  return between(closed(0), upper, { integer: true, finite: true });
}

export const dimension: PrimitiveRecord<"dimension"> = {
  ...plain,
  name: "dimension",
  arity: 0,
  print: ({ dim }) => dims.print(dim),
  shape: () => ({ element: "index", shape: [] }),
  meaning: (_, { dim }, at) => {
    const result = blank([], "index");
    result.data[0] = dims.evaluate(dim, at.dims);
    return result;
  },
  derivative: none,
  facts: (_, { dim }) => {
    const known = dims.constantOf(dim);
    if (known !== null) return exactly(known);
    const least = [1, 0].find((bound) => dims.isNonNegative(dims.subtract(dim, dims.constant(bound))) === true);
    return between(closed(least ?? -Infinity), closed(Infinity), { integer: true, finite: true });
  },
};

export const parameter: PrimitiveRecord<"parameter"> = {
  ...plain,
  name: "parameter",
  arity: 0,
  print: ({ name, bound, held }) =>
    `${name}${bound === null ? "" : ` below ${dims.print(bound)}`}${held === "number" ? " number" : ""}`,
  shape: (_, { type }) => type,
  // The interpreter looks it up.
  meaning: null,
  derivative: none,
  facts: (_, { type, bound }) => {
    if (type.element === "real") return finite;
    if (type.element === "bool") return truth;
    return bound === null ? { ...finite, integer: true } : counting(bound);
  },
};

export const iota: PrimitiveRecord<"iota"> = {
  ...plain,
  name: "iota",
  arity: 0,
  print: ({ size }) => `size=${dims.print(size)}`,
  shape: (_, { size }) => {
    requireAtMost(dims.constant(0), size, `an axis would have ${dims.print(size)} entries`);
    return { element: "index", shape: [size] };
  },
  meaning: (_, __, at) => {
    const result = blank(at.shape, "index");
    result.data.forEach((_, k) => (result.data[k] = k));
    return result;
  },
  derivative: none,
  facts: (_, { size }) => counting(size),
};

export const table: PrimitiveRecord<"table"> = {
  ...plain,
  name: "table",
  arity: 0,
  print: ({ values }) => {
    const shown = values.slice(0, 8).join(", ");
    return values.length > 8 ? `${shown}, ... (${values.length})` : shown;
  },
  shape: (_, { values }) => {
    const wrong = values.find((v) => !Number.isInteger(v) || Math.abs(v) >= 2 ** 31);
    if (wrong !== undefined) throw new ShapeFault(`${wrong} is no integer of 32 bits`);
    return { element: "index", shape: [dims.constant(values.length)] };
  },
  meaning: (_, { values }, at) => {
    const result = blank(at.shape, "index");
    result.data.set(values);
    return result;
  },
  derivative: none,
  facts: (_, { values }) => {
    let [lower, upper] = [Infinity, -Infinity];
    for (const v of values) {
      lower = Math.min(lower, v);
      upper = Math.max(upper, v);
    }
    return between(closed(values.length === 0 ? 0 : lower), closed(values.length === 0 ? 0 : upper), { integer: true, finite: true }); // prettier-ignore
  },
};

export const mark: PrimitiveRecord<"mark"> = {
  ...plain,
  name: "mark",
  arity: 1,
  print: ({ id, name }) => `${name} #${id}`,
  shape: ([x]) => x,
  meaning: ([x]) => x,
  // d mark(x) = dx
  derivative: linear((_, cotangent) => cotangent),
  facts: ([x]) => x,
};

export const stopGradient: PrimitiveRecord<"stop_gradient"> = {
  ...plain,
  name: "stop_gradient",
  arity: 1,
  print: printNothing,
  shape: ([x]) => x,
  meaning: ([x]) => x,
  // d stop_gradient(x) = 0
  derivative: none,
  facts: ([x]) => x,
};
