// Shapes, element types, bounds and faults of the built-in functions.
import { describe, expect, test } from "vitest";
import { intrinsics } from "../../../src/2-check/intrinsics/index.ts";
import { broadcastShape } from "../../../src/2-check/intrinsics/support.ts";
import { solveShape } from "../../../src/2-check/intrinsics/movement.ts";
import { print, printShape } from "../../../src/ir/dim.ts";
import { printType } from "../../../src/ir/builder.ts";
import type { TensorValue } from "../../../src/2-check/value.ts";
import { dim, dims, Elaboration, pair } from "./elaborate.ts";

/** `real[n, 3]`, with the bound of integers: `index[n] < k`. */
function typeOf({ node, bound }: TensorValue): string {
  return printType(node) + (bound === null ? "" : ` < ${print(bound)}`);
}

function types(result: ReturnType<Elaboration["call"]>): string[] {
  if ("kind" in result) return result.kind === "tensor" ? [typeOf(result)] : [];
  return result.map(typeOf);
}

type Arguments = Parameters<Elaboration["call"]>[1];
type Row = readonly [name: string, args: Arguments, expected: string];

describe("broadcasting", () => {
  test.each([
    [[["n", 3], [3]], "[n, 3]"],
    [
      [
        [1, 3],
        ["n", 1],
      ],
      "[n, 3]",
    ],
    [[[], ["n"]], "[n]"],
    [[["n"], ["n"], [4, 1]], "[4, n]"],
    [[[1], [0]], "[0]"],
  ] as const)("%j gives %s", (shapes, expected) => {
    expect(printShape(broadcastShape(shapes.map((shape) => dims(...shape))))).toBe(expected);
  });

  test("different symbols are a fault that names both shapes", () => {
    expect(() => broadcastShape([dims("batch"), dims("n")])).toThrow(
      "[batch] and [n] do not broadcast: batch and n differ on axis -1",
    );
    expect(() => broadcastShape([dims(2, 5), dims(3, 5)])).toThrow("differ on axis -2");
  });
});

describe("reshape", () => {
  test.each([
    [["n", 6], [-1, 3], "[2*n, 3]"],
    [["n", 6], ["n", -1], "[n, 6]"],
    [["b", "n", 3], ["b", -1], "[b, 3*n]"],
    [[], [-1], "[1]"],
    [[4], [2, 2], "[2, 2]"],
    [[0, 3], [-1, 3], "[0, 3]"],
  ] as const)("%j to %j is %s", (from, to, expected) => {
    expect(printShape(solveShape(dims(...from), dims(...to)))).toBe(expected);
  });

  test.each([
    [[10], [4, -1], "[10] has 10 entries, which do not divide by the 4 of the other sizes"],
    [[6], [4, 2], "[6] has 6 entries, and [4, 2] has 8"],
    [["n"], [-1, -1], "only one size of [-1, -1] may be -1"],
    [["n"], ["m"], "[n] has n entries, and [m] has m"],
    [[0], [0, -1], "do not divide"],
    [[6], [-2, -3], "negative size"],
  ] as const)("%j to %j: %s", (from, to, message) => {
    expect(() => solveShape(dims(...from), dims(...to))).toThrow(message);
  });
});

describe("types and shapes of results", () => {
  const e = new Elaboration();
  const n = dim("n");
  const x = e.input("x", dims("n", 3));
  const v = e.input("v", dims("n"));
  const i = e.input("i", dims("n"), "index", dim(10));
  const j = e.input("j", dims("n"), "index", dim(7));
  const flags = e.input("flags", dims("n"), "bool");

  const rows: readonly Row[] = [
    ["exp", { x: i }, "real[n]"],
    ["abs", { x: flags }, "real[n]"],
    ["isnan", { x: v }, "bool[n]"],
    ["maximum", { a: i, b: j }, "index[n] < 10"],
    ["minimum", { a: i, b: j }, "index[n] < 7"],
    ["minimum", { a: i, b: e.scalar(3, "index") }, "index[n] < 4"],
    ["mod", { a: i, b: e.scalar(4, "index") }, "index[n] < 4"],
    ["div", { a: i, b: e.scalar(2, "index") }, "index[n] < 10"],
    ["mod", { a: i, b: j }, "index[n]"],
    ["div", { a: i, b: v }, "real[n]"],
    ["pow", { a: i, b: e.scalar(2, "index") }, "real[n]"],
    ["where", { c: flags, a: i, b: j }, "index[n] < 10"],
    ["where", { c: i, a: e.scalar(1), b: i }, "real[n]"],
    ["atan2", { y: v, x: e.scalar(1, "index") }, "real[n]"],
    ["sum", { x: flags }, "index[]"],
    ["sum", { x, axis: [-1] }, "real[n]"],
    ["sum", { x, axis: [-2], keep: true }, "real[1, 3]"],
    ["prod", { x: i }, "index[]"],
    ["max", { x: i }, "index[] < 10"],
    ["max", { x: flags }, "bool[]"],
    ["any", { x, axis: [-1] }, "bool[n]"],
    ["all", { x: flags, keep: true }, "bool[1]"],
    ["argmax", { x, axis: [-1] }, "index[n] < 3"],
    ["argmax", { x }, "index[] < 3*n"],
    ["argmin", { x, axis: [-2], keep: true }, "index[1, 3] < n"],
    ["keep_axes", { x, axis: [-2], reduced: e.input("r", dims(3)) }, "real[1, 3]"],
    ["flatten", { x }, "real[3*n]"],
    ["transpose", { x: e.input("t", dims("a", "b", "c")) }, "real[c, b, a]"],
    ["permute", { x: e.input("t", dims("a", "b", "c")), axes: dims(1, -1, 0) }, "real[b, c, a]"],
    ["expand", { x, axis: dim(0) }, "real[1, n, 3]"],
    ["expand", { x, axis: dim(-1) }, "real[n, 3, 1]"],
    ["squeeze", { x: e.input("t", dims(1, "b", 1)), axis: [-3] }, "real[b, 1]"],
    ["broadcast", { x: i, shape: dims(4, "n") }, "index[4, n] < 10"],
    ["tile", { x, reps: dims(2) }, "real[n, 6]"],
    ["tile", { x: i, reps: dims(2, 3) }, "index[2, 3*n] < 10"],
    ["repeat", { x, n: dim("k"), axis: -2 }, "real[k*n, 3]"],
    ["flip", { x: i, axis: [-1] }, "index[n] < 10"],
    ["roll", { x, shift: dim(1), axis: -2 }, "real[n, 3]"],
    ["roll", { x, shift: dim(-4), axis: -1 }, "real[n, 3]"],
    ["concat", { list: [v, v] }, "real[2*n]"],
    ["concat", { list: [i, v] }, "real[2*n]"],
    ["concat", { list: [i, i] }, "index[2*n] < 10"],
    ["stack", { list: [i, j] }, "index[2, n]"],
    ["stack", { list: [x, x], axis: dim(1) }, "real[n, 2, 3]"],
    ["pad", { x: i, widths: [pair(1, 2)] }, "index[n + 3] < 10"],
    ["pad", { x, widths: [pair(0, 1), pair("k", 0)] }, "real[n + 1, k + 3]"],
    ["arange", { n }, "index[n] < n"],
    ["linspace", { a: e.scalar(0), b: e.scalar(1), n }, "real[n]"],
    ["eye", { n }, "real[n, n]"],
    ["one_hot", { i, n: dim(12) }, "real[n, 12]"],
    ["one_hot", { i: e.scalar(1, "index"), n }, "real[n]"],
    ["diag", { x: v }, "real[n, n]"],
    ["diag", { x }, "real[min(3, n)]"],
    ["trace", { x }, "real[]"],
    ["tril", { x }, "real[n, 3]"],
    ["full", { shape: dims("n", 2), value: e.scalar(3, "index") }, "real[n, 2]"],
    ["zeros_like", { x: i }, "real[n]"],
    ["dot", { a: i, b: v }, "real[]"],
    ["dot", { a: e.input("p", dims(2, "k")), b: e.input("q", dims(5, "k", 4)) }, "real[2, 5, 4]"],
    ["outer", { a: x, b: v }, "real[3*n, n]"],
    ["matmul", { a: e.input("p", dims("b", 2, "k")), b: e.input("q", dims("k", 4)) }, "real[b, 2, 4]"],
    ["pick", { x, i: e.input("c", dims("n"), "index", dim(3)) }, "real[n]"],
  ];
  test.each(rows)("%s %#", (name, args, expected) => {
    expect(types(e.call(name, args))).toEqual([expected]);
  });

  test("split in equal sections, and at places that clamp as NumPy's", () => {
    const long = e.input("long", dims(10, "n"));
    expect(types(e.call("split", { x: long, sections: dim(2) }))).toEqual(["real[5, n]", "real[5, n]"]);
    expect(types(e.call("split", { x: long, sections: dims(3, 20) }))).toEqual([
      "real[3, n]",
      "real[7, n]",
      "real[0, n]",
    ]);
    expect(types(e.call("split", { x: long, sections: dims(-4), axis: -2 }))).toEqual(["real[6, n]", "real[4, n]"]);
    const even = e.input("even", dims("n"));
    expect(() => e.call("split", { x: even, sections: dim(2) })).toThrow("does not split into 2 equal sections");
  });
});

describe("integers and flags at compile time", () => {
  const e = new Elaboration();
  const x = e.input("x", dims("n", 3));

  test.each([
    ["minimum", ["n", 3], "min(3, n)"],
    ["maximum", [4, 3], "4"],
    ["div", ["n", 2], "floor(n/2)"],
    ["div", [-7, 2], "-4"],
    ["mod", [-7, 3], "2"],
    ["mod", [7, -3], "-2"],
  ] as const)("%s%j is %s", (name, args, expected) => {
    const value = intrinsics.get(name)?.static?.(dims(...args)) ?? null;
    expect(value === null ? null : print(value)).toBe(expected);
  });

  test("rank, size, is_index and is_literal", () => {
    const text = (name: string, args: Arguments): string => {
      const result = e.call(name, args);
      if (!("kind" in result)) return "several";
      return result.kind === "dim" ? print(result.dim) : result.kind === "flag" ? String(result.value) : result.kind;
    };
    expect(text("rank", { x })).toBe("2");
    expect(text("size", { x })).toBe("3*n");
    expect(text("size", { x, axis: [-2] })).toBe("n");
    expect(text("is_index", { x })).toBe("false");
    expect(text("is_index", { x: e.scalar(2, "index") })).toBe("true");
    expect(text("is_literal", { x: e.scalar(2, "index"), value: e.scalar(2) })).toBe("true");
    expect(text("is_literal", { x: e.input("s", []), value: e.scalar(2) })).toBe("false");
    const minus = e.builder.create("negate", [e.scalar(Infinity).node], {});
    expect(text("is_literal", { x: { kind: "tensor", node: minus, bound: null }, value: e.scalar(-Infinity) })).toBe(
      "true",
    );
    expect(text("training", {})).toBe("false");
    expect(text("drawing", {})).toBe("true");
  });
});

describe("requirements", () => {
  const needs = (name: string, args: Arguments): string[] => {
    const e = new Elaboration();
    e.call(name, args);
    return e.requirements.map(
      ({ left, relation, right, reason }) => `${print(left)} ${relation} ${print(right)}: ${reason}`,
    );
  };
  const e = new Elaboration();

  test("max needs an entry, sum none", () => {
    const x = e.input("x", dims("n", 3));
    expect(needs("max", { x, axis: [-2] })).toEqual(["n >= 1: max of [n, 3] on axis -2"]);
    expect(needs("sum", { x })).toEqual([]);
  });

  test("classes must hold every target", () => {
    const z = e.input("z", dims("n", 10));
    const y = e.input("y", dims("n"), "index", dim(12));
    expect(needs("pick", { x: z, i: y })).toEqual(["10 >= 12: a target below 12"]);
    expect(needs("pick", { x: e.input("scores", dims(3)), i: e.scalar(3, "index") })).toEqual([
      "3 >= 4: a target below 4",
    ]);
    expect(needs("one_hot", { i: y, n: dim(10) })).toEqual(["10 >= 12: an integer of one_hot below 12"]);
  });
});

describe("faults", () => {
  const e = new Elaboration();
  const x = e.input("x", dims("n", 3));
  const v = e.input("v", dims("m"));
  const s = e.scalar(1);

  const rows: readonly Row[] = [
    ["argmax", { x: e.input("t", dims(2, 3, 4)), axis: [-3, -1] }, "one axis or all of them"],
    ["permute", { x, axes: dims(0) }, "`axes` has 1 entries, but [n, 3] has 2 axes"],
    ["permute", { x, axes: dims(0, -2) }, "names an axis twice"],
    ["permute", { x, axes: dims(0, 2) }, "axis 2 is outside -2 .. 1"],
    ["expand", { x, axis: dim(4) }, "axis 4 is outside -3 .. 2"],
    ["squeeze", { x, axis: [-1] }, "axis -1 of [n, 3] has size 3, not 1"],
    ["concat", { list: [] }, "empty list"],
    ["concat", { list: [s, s] }, "use stack for scalars"],
    ["concat", { list: [x, v] }, "the first is [n, 3], number 2 is [m]"],
    ["stack", { list: [x, v] }, "stack needs equal shapes"],
    ["pad", { x, widths: [pair(1, 1)] }, "`widths` has 1 pairs, but [n, 3] has 2 axes"],
    ["one_hot", { i: v, n: dim(3) }, "one_hot takes integers"],
    ["one_hot", { i: e.scalar(-1, "index"), n: dim(3) }, "an integer of one_hot is -1; integers count from 0"],
    ["diag", { x: e.input("t", dims(2, 3, 4)) }, "diag takes a vector or a matrix, not [2, 3, 4]"],
    ["trace", { x: v }, "trace takes a matrix, not [m]"],
    ["tril", { x: v }, "tril takes a matrix, not [m]"],
    ["matmul", { a: x, b: v }, "[n, 3] @ [m]: the inner sizes 3 and m differ"],
    ["matmul", { a: s, b: v }, "use `*` with a scalar"],
    ["dot", { a: x, b: v }, "3 and m differ"],
    ["pick", { x, i: v }, "must hold integers"],
    ["pick", { x, i: e.input("i", dims("m"), "index") }, "the scores [n, 3] need a target of shape [n], not [m]"],
    ["matched", { x, y: v }, "prediction and target need one shape, but are [n, 3] and [m]"],
    ["arange", { n: dim(-1) }, "arange of negative size -1"],
    ["maximum", { a: x, b: v }, "[n, 3] and [m] do not broadcast"],
  ];
  test.each(rows)("%s %#", (name, args, message) => {
    expect(() => e.call(name, args)).toThrow(message);
  });

  test("a loss takes a scalar for either side", () => {
    expect(e.node("matched", { x, y: s })).toBe(x.node);
    expect(e.node("matched", { x: s, y: x })).toBe(s.node);
  });
});
