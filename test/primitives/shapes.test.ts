import { describe, expect, test } from "vitest";
import { printType } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import type { AttributesOf, ElementType, PrimitiveName } from "../../src/ir/graph.ts";
import { ShapeFault } from "../../src/ir/primitive.ts";
import { finite, unknown } from "../../src/primitives/facts.ts";
import { primitives } from "../../src/primitives/index.ts";
import { recordOf, shapeOf } from "./harness.ts";

type Sizes = readonly (number | string)[];
type Operand = Sizes | readonly [ElementType, Sizes];
type Row = readonly [name: PrimitiveName, operands: readonly Operand[], attributes: AttributesOf[PrimitiveName], wanted: string]; // prettier-ignore

const d = dims.constant;
const n = dims.symbol("n");
const sub = (a: dims.Dim, by: number): dims.Dim => dims.subtract(a, d(by));
const isTyped = (operand: Operand): operand is readonly [ElementType, Sizes] => Array.isArray(operand[1]);

/** The result type of a primitive, printed, or the message of its fault. */
function typeOf([name, operands, attributes]: Row): string {
  const types = operands.map((operand) => {
    const [element, sizes] = isTyped(operand) ? operand : (["real", operand] as const);
    return { element, shape: shapeOf(...sizes) };
  });
  try {
    return printType(recordOf(name).shape(types, attributes));
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error;
    return error.message;
  }
}

const rows: readonly Row[] = [
  ["add", [["n", 3], ["n", 3]], {}, "real[n, 3]"],
  ["add", [[3], [4]], {}, "[3] and [4] differ on axis -1"],
  ["multiply", [["batch", 4], ["n", 4]], {}, "[batch, 4] and [n, 4] differ on axis -2"],
  ["add", [[3], [1, 3]], {}, "[3] and [1, 3] differ in the number of axes"],
  ["add", [["index", [3]], [3]], {}, "`+` wants two operands of one type, found index and real"],
  ["add", [["bool", [3]], ["bool", [3]]], {}, "`+` wants real numbers or integers, not truth values"],
  ["exp", [["index", []]], {}, "exp wants real numbers, not integers"],
  ["less", [["index", [2]], ["index", [2]]], {}, "bool[2]"],
  ["and", [[2], [2]], {}, "`and` wants truth values, not real numbers"],
  ["select", [["bool", [2]], [2], [2]], {}, "real[2]"],
  ["select", [["bool", []], [2], [2]], {}, "[] and [2] differ in the number of axes"],
  ["select", [[2], [2], [2]], {}, "a condition wants truth values, not real numbers"],
  ["convert", [["bool", [2]]], { to: "real" }, "real[2]"],
  ["convert", [[2]], { to: "index" }, "real values do not convert to index"],
  ["broadcast", [[3]], { shape: shapeOf("batch", 3), axes: [-1] }, "real[batch, 3]"],
  ["broadcast", [["b", 3]], { shape: shapeOf(3, 2), axes: [-2] }, "real[b, 3, 2]"],
  ["broadcast", [[3]], { shape: shapeOf(2, 4), axes: [-1] }, "[3] and [2, 4] differ on axis -1"],
  ["reshape", [["batch", 6]], { consumed: 1, shape: shapeOf(2, 3) }, "real[batch, 2, 3]"],
  ["reshape", [["n", 6]], { consumed: 2, shape: [dims.multiply(n, d(2)), d(3)] }, "real[2*n, 3]"],
  ["reshape", [[2, 6]], { consumed: 2, shape: shapeOf(5, 2) }, "[2, 6] has 12 entries and [5, 2] has 10"],
  ["transpose", [["b", 2, 3]], { permutation: [-1, -2] }, "real[b, 3, 2]"],
  ["transpose", [[2, 3]], { permutation: [-1, -1] }, "[-1, -1] does not name each of the last 2 axes once"],
  ["slice", [["n"]], { axes: [{ start: d(1), size: sub(n, 1), step: 1 }] }, "real[n - 1]"],
  ["slice", [[3]], { axes: [{ start: d(1), size: d(3), step: 1 }] }, "a slice reaches entry 3 of an axis of 3"],
  ["slice", [[3]], { axes: [{ start: d(1), size: d(3), step: -1 }] }, "a slice reaches entry -1 of an axis of 3"],
  ["slice", [[3]], { axes: [{ start: d(0), size: d(-1), step: 1 }] }, "a slice would have -1 entries"],
  ["pad", [["n"]], { axes: [{ low: d(1), high: d(-2), interior: 0 }] }, "real[n - 1]"],
  ["pad", [[3]], { axes: [{ low: d(0), high: d(1), interior: 2 }] }, "real[8]"],
  ["pad", [[2]], { axes: [{ low: d(-3), high: d(0), interior: 0 }] }, "padding leaves -1 entries"],
  ["concat", [["n", 2], [3, 2]], { axis: -2 }, "real[n + 3, 2]"],
  ["concat", [[1, 2], [3, 3]], { axis: -2 }, "[1, 2] and [1, 3] differ on axis -1"],
  ["concat", [[2], ["index", [2]]], { axis: -1 }, "concat of such tensors wants real numbers, not integers"],
  ["window", [["n"]], { axis: -1, count: sub(n, 2), size: d(3), stride: 1, dilation: 1 }, "real[n - 2, 3]"],
  ["window", [[5]], { axis: -1, count: d(3), size: d(3), stride: 2, dilation: 1 }, "windows reach entry 7 of an axis of 5"],
  ["fold", [["b", 2, 3]], { axis: -1, length: d(6), stride: 3, dilation: 1 }, "real[b, 6]"],
  ["reduce_sum", [["n", 2, 3]], { axes: [-3, -1] }, "real[2]"],
  ["reduce_sum", [[2]], { axes: [-2] }, "[2] has no axis -2"],
  ["reduce_sum", [["bool", [2]]], { axes: [-1] }, "sum wants real numbers or integers, not truth values"],
  ["reduce_max", [["bool", [2]]], { axes: [-1] }, "bool[]"],
  ["argmax", [["n", 10]], { axis: -1 }, "index[n]"],
  ["argmax", [[0]], { axis: -1 }, "argmax of an axis without entries"],
  ["contract", [["batch", 784], [784, 10]], { left: ["b", "i"], right: ["i", "j"], result: ["b", "j"] }, "real[batch, 10]"],
  ["contract", [[3, 784], [785, 10]], { left: ["b", "i"], right: ["i", "j"], result: ["b", "j"] }, "the operands of a product differ on a shared axis: 784 and 785"],
  ["contract", [[3, 4], [5]], { left: ["a", "b"], right: ["c"], result: ["a", "c"] }, "axis b of a product stands in one operand alone"],
  ["contract", [["n", 3], ["n", 3]], { left: ["i"], right: ["i"], result: [] }, "real[n]"],
  ["gather", [["words", 8], ["index", ["batch", 3]]], { batch: 0 }, "real[batch, 3, 8]"],
  ["gather", [[2, 5, 8], ["index", [2, 3]]], { batch: 1 }, "real[2, 3, 8]"],
  ["gather", [[], ["index", [3]]], { batch: 0 }, "indexing needs 1 axis, but [] has 0"],
  ["gather", [[2], ["index", [2]]], { batch: 1 }, "indexing needs 2 axes, but [2] has 1"],
  ["gather", [[5], [3]], { batch: 0 }, "a subscript wants integers, not real numbers"],
  ["scatter_add", [["index", ["b", 3]], ["b", 3, 8]], { batch: 1, size: n }, "real[b, n, 8]"],
  ["random", [["index", []], ["index", []]], { site: 0, shape: shapeOf("n") }, "real[n]"],
  ["gradient", [[], ["n", 2]], {}, "real[n, 2]"],
  ["gradient", [[3], [2]], {}, "a gradient is of a scalar, not of [3]; take `jacobian`"],
  ["jacobian", [[3], ["n", 2]], { batch: 0 }, "real[3, n, 2]"],
  ["jacobian", [["n", 3], ["n", 2]], { batch: 1 }, "real[n, 3, 2]"],
  ["jvp", [[3], [2], [2]], {}, "real[3]"],
  ["jvp", [[3], [2], [4]], {}, "[2] and [4] differ on axis -1"],
  ["iota", [], { size: n }, "index[n]"],
  ["table", [], { values: [4, 0, -1] }, "index[3]"],
  ["table", [], { values: [1, 0.5] }, "0.5 is no integer of 32 bits"],
]; // prettier-ignore

describe("result types and faults", () => {
  test.each(rows.map((row) => ({ row, title: `${row[0]}: ${row[3]}` })))("$title", ({ row }) => {
    expect(typeOf(row)).toBe(row[3]);
  });
});

describe("facts of primitives that are not elementwise", () => {
  const inUnit = { ...finite, lower: 0, upper: 1 };

  test("a sum of positive numbers is positive where there is at least one", () => {
    const axes = { axes: [-1] };
    expect(primitives.reduce_sum.facts([inUnit], axes, [shapeOf(3)])).toMatchObject({ lower: 0, lowerOpen: true, upper: 3 }); // prettier-ignore
    expect(primitives.reduce_sum.facts([inUnit], axes, [shapeOf("n")])).toMatchObject({ lower: 0, lowerOpen: false, upper: Infinity }); // prettier-ignore
    const positive = [dims.add(n, d(1))];
    expect(primitives.reduce_sum.facts([inUnit], axes, [positive])).toMatchObject({ lower: 0, lowerOpen: true });
  });

  test("an extremum lies among its entries where there is at least one", () => {
    expect(primitives.reduce_max.facts([inUnit], { axes: [-1] }, [shapeOf(3)])).toEqual(inUnit);
    expect(primitives.reduce_max.facts([inUnit], { axes: [-1] }, [shapeOf("n")])).toMatchObject({ lower: -Infinity, finite: false }); // prettier-ignore
  });

  test("padding may add zeros, a gather and a slice nothing", () => {
    const above = { ...finite, lower: 1 };
    expect(primitives.pad.facts([above], { axes: [{ low: d(1), high: d(0), interior: 0 }] })).toMatchObject({ lower: 0, lowerOpen: false }); // prettier-ignore
    expect(primitives.pad.facts([above], { axes: [{ low: d(-1), high: d(0), interior: 0 }] })).toEqual(above);
    expect(primitives.gather.facts([above, unknown], { batch: 0 })).toEqual(above);
  });

  test("counters and dims are integers from zero", () => {
    expect(primitives.iota.facts([], { size: d(4) })).toMatchObject({ lower: 0, upper: 3, integer: true });
    expect(primitives.dimension.facts([], { dim: n })).toMatchObject({ lower: 0, upper: Infinity, upperOpen: true });
    expect(primitives.dimension.facts([], { dim: sub(n, 1) })).toMatchObject({ lower: -Infinity });
  });
});
