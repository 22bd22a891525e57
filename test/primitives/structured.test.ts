import { describe, expect, test } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node, PrimitiveName } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { ElementwiseName } from "../../src/ir/primitive.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { productTangent } from "../../src/primitives/product.ts";
import { forward, generator, parameter, randomValue, recordOf, reverse, shapeOf, valueOf } from "./harness.ts";

const d = dims.constant;
const n = dims.symbol("n");

interface Case {
  readonly what: string;
  /** Sizes of the real operands x0, x1, ... */
  readonly operands: readonly (readonly (number | string)[])[];
  readonly symbols?: Readonly<Record<string, number>>;
  /** Integer inputs. */
  readonly indices?: Readonly<Record<string, Value>>;
  /** Entries of x0 to start from, rather than random ones. */
  readonly start?: readonly number[];
  readonly build: (b: GraphBuilder, operands: readonly Node[]) => Node;
}

type Structured = Exclude<PrimitiveName, ElementwiseName>;

const rows = tensor([2, 3], [0, 3, 3, 1, 0, 2], "index");
const nothing: readonly Case[] = [];

/** Cases of every primitive that is not elementwise; none where the result carries no derivative or a pass replaces it. */
const cases: Readonly<Record<Structured, readonly Case[]>> = {
  constant: nothing,
  dimension: nothing,
  parameter: nothing,
  iota: nothing,
  table: nothing,
  random: nothing,
  stop_gradient: nothing,
  gradient: nothing,
  jvp: nothing,
  jacobian: nothing,
  argmax: nothing,
  argmin: nothing,
  loop: nothing,
  loop_result: nothing,
  mark: [{ what: "identity", operands: [[3]], build: (b, [x]) => b.mark(x, "u") }],
  broadcast: [
    { what: "a vector to rows", operands: [[3]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf(2, 3), axes: [-1] }) },
    { what: "a vector to columns", operands: [[2]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf(2, 3), axes: [-2] }) },
    { what: "a batch of vectors", operands: [[4, 2]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf(2, 3), axes: [-2] }) },
    { what: "a scalar", operands: [[]], build: (b, [x]) => b.create("broadcast", [x], { shape: shapeOf("n", 3), axes: [] }), symbols: { n: 2 } },
  ],
  reshape: [
    { what: "all axes", operands: [[2, 6]], build: (b, [x]) => e.reshape(b, x, shapeOf(3, 4)) },
    { what: "the last axes of a batch", operands: [["n", 6]], symbols: { n: 2 }, build: (b, [x]) => b.create("reshape", [x], { consumed: 1, shape: shapeOf(3, 2) }) },
  ],
  transpose: [
    { what: "three axes", operands: [[2, 3, 4]], build: (b, [x]) => e.transpose(b, x, [-1, -3, -2]) },
    { what: "the last axes of a batch", operands: [[2, 3, 4]], build: (b, [x]) => e.transpose(b, x, [-1, -2]) },
  ],
  slice: [
    { what: "a range", operands: [[7]], build: (b, [x]) => e.slice(b, x, [{ start: d(2), size: d(3), step: 1 }]) },
    { what: "every second", operands: [[7]], build: (b, [x]) => e.slice(b, x, [{ start: d(1), size: d(3), step: 2 }]) },
    { what: "backwards", operands: [[7]], build: (b, [x]) => e.slice(b, x, [{ start: d(6), size: d(7), step: -1 }]) },
    { what: "backwards by two", operands: [[8]], build: (b, [x]) => e.slice(b, x, [{ start: d(6), size: d(3), step: -2 }]) },
    { what: "nothing", operands: [[5]], build: (b, [x]) => e.slice(b, x, [{ start: d(2), size: d(0), step: 1 }]) },
    { what: "a symbolic range", operands: [["n", 2]], symbols: { n: 5 }, build: (b, [x]) => e.slice(b, x, [{ start: d(1), size: dims.subtract(n, d(1)), step: 1 }, { start: d(0), size: d(2), step: 1 }]) },
    { what: "one axis of a batch", operands: [[2, 5]], build: (b, [x]) => e.slice(b, x, [{ start: d(4), size: d(2), step: -3 }]) },
  ],
  pad: [
    { what: "around", operands: [[3]], build: (b, [x]) => e.pad(b, x, [{ low: d(1), high: d(2), interior: 0 }]) },
    { what: "between", operands: [[3]], build: (b, [x]) => e.pad(b, x, [{ low: d(1), high: d(0), interior: 2 }]) },
    { what: "cropping", operands: [[5]], build: (b, [x]) => e.pad(b, x, [{ low: d(-1), high: d(-2), interior: 0 }]) },
    { what: "cropping between", operands: [[4]], build: (b, [x]) => e.pad(b, x, [{ low: d(-1), high: d(3), interior: 1 }]) },
    { what: "shifting out", operands: [[2, 3]], build: (b, [x]) => e.pad(b, x, [{ low: d(4), high: d(-4), interior: 0 }]) },
    { what: "an amount without known sign", operands: [["n"]], symbols: { n: 3 }, build: (b, [x]) => e.pad(b, x, [{ low: dims.subtract(n, d(4)), high: d(2), interior: 0 }]) },
  ],
  concat: [
    { what: "three along the middle", operands: [[2, 1, 2], [2, 3, 2], [2, 2, 2]], build: (b, x) => b.create("concat", x, { axis: -2 }) },
    { what: "symbolic and fixed", operands: [["n"], [2], [0]], symbols: { n: 3 }, build: (b, x) => b.create("concat", x, { axis: -1 }) },
  ],
  window: [
    { what: "overlapping", operands: [[6]], build: (b, [x]) => b.create("window", [x], { axis: -1, count: d(4), size: d(3), stride: 1, dilation: 1 }) },
    { what: "strided and dilated, middle axis", operands: [[2, 8, 2]], build: (b, [x]) => b.create("window", [x], { axis: -2, count: d(2), size: d(3), stride: 3, dilation: 2 }) },
  ],
  fold: [
    { what: "overlapping", operands: [[4, 3]], build: (b, [x]) => b.create("fold", [x], { axis: -1, length: d(7), stride: 1, dilation: 1 }) },
    { what: "strided and dilated, middle axis", operands: [[2, 2, 3, 2]], build: (b, [x]) => b.create("fold", [x], { axis: -2, length: d(8), stride: 3, dilation: 2 }) },
  ],
  reduce_sum: [
    { what: "one axis", operands: [[2, 3, 2]], build: (b, [x]) => e.reduceSum(b, x, [-2]) },
    { what: "two axes", operands: [[2, "n", 2]], symbols: { n: 3 }, build: (b, [x]) => e.reduceSum(b, x, [-3, -1]) },
  ],
  reduce_product: [
    { what: "one axis", operands: [[2, 4]], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "two axes, not the last", operands: [[2, 2, 3]], build: (b, [x]) => e.reduceProduct(b, x, [-3, -2]) },
    { what: "one zero", operands: [[4]], start: [2, 0, 3, -1], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "two zeros", operands: [[4]], start: [2, 0, 0, -1], build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "a long row", operands: [[2, 37]], start: Array.from({ length: 74 }, (_, k) => (k === 5 ? 0 : 1 + 0.1 * Math.sin(k))), build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "a row of unknown length", operands: [["n"]], symbols: { n: 19 }, start: Array.from({ length: 19 }, (_, k) => 1 + 0.1 * Math.cos(k)), build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
    { what: "a single entry of unknown length", operands: [["n"]], symbols: { n: 1 }, build: (b, [x]) => e.reduceProduct(b, x, [-1]) },
  ],
  reduce_max: [
    { what: "one axis", operands: [[2, 4]], build: (b, [x]) => e.reduceMax(b, x, [-1]) },
    { what: "two axes", operands: [[2, 3, 2]], build: (b, [x]) => e.reduceMax(b, x, [-3, -1]) },
  ],
  reduce_min: [{ what: "one axis", operands: [[3, 2]], build: (b, [x]) => e.reduceMin(b, x, [-2]) }],
  contract: [
    { what: "a matrix product", operands: [[2, 3], [3, 4]], build: (b, [x, y]) => e.matmul(b, x, y) },
    { what: "a batch of products", operands: [[2, 3, 2], [2, 2, 3]], build: (b, [x, y]) => e.contract(b, [x, ["i", "k"]], [y, ["k", "j"]], ["j", "i"]) },
    { what: "batch labels, one operand without", operands: [["n", 2, 3], [3, 2]], symbols: { n: 2 }, build: (b, [x, y]) => e.matmul(b, x, y) },
    { what: "an outer product", operands: [[2], [3]], build: (b, [x, y]) => e.contract(b, [x, ["i"]], [y, ["j"]], ["i", "j"]) },
    { what: "a double dot", operands: [[2, 3], [3, 2]], build: (b, [x, y]) => e.contract(b, [x, ["i", "j"]], [y, ["j", "i"]], []) },
    { what: "vectors", operands: [[3], [3]], build: (b, [x, y]) => e.matmul(b, x, y) },
    { what: "a stretched batch axis", operands: [[1, 2, 3], [4, 3, 2]], build: (b, [x, y]) => e.matmul(b, x, y) },
    { what: "a square", operands: [[3]], build: (b, [x]) => e.contract(b, [x, ["i"]], [x, ["i"]], []) },
  ],
  lu: nothing,
  determinant_sign: nothing,
  solve: [
    { what: "columns", operands: [[3, 3], [3, 2]], build: (b, [a, x]) => b.create("solve", [a, b.create("lu", [a], { complete: false }), x], { transposed: false }) },
    { what: "a symbolic batch, transposed", operands: [["n", 2, 2], ["n", 2, 1]], symbols: { n: 3 }, build: (b, [a, x]) => b.create("solve", [a, b.create("lu", [a], { complete: false }), x], { transposed: true }) },
  ],
  determinant: [
    { what: "a batch", operands: [[2, 3, 3]], build: (b, [a]) => b.create("determinant", [a, b.create("lu", [a], { complete: true })], {}) },
    { what: "rank two of four", operands: [[4, 4]], start: [1, 2, 3, 4, 2, 4, 6, 8, 0, 1, 1, 0, 1, 3, 4, 4], build: (b, [a]) => b.create("determinant", [a, b.create("lu", [a], { complete: true })], {}) },
    { what: "zeros", operands: [[2, 2]], start: [0, 0, 0, 0], build: (b, [a]) => b.create("determinant", [a, b.create("lu", [a], { complete: true })], {}) },
  ],
  log_determinant: [
    { what: "a batch", operands: [[2, 2, 2]], build: (b, [a]) => b.create("log_determinant", [a, b.create("lu", [a], { complete: false })], {}) },
  ],
  cofactor: [
    { what: "rank one of three", operands: [[3, 3]], start: [1, 2, 3, 2, 4, 6, 0, 0, 0], build: (b, [a]) => b.create("cofactor", [a, b.create("lu", [a], { complete: true })], {}) },
    { what: "two directions", operands: [[3, 3], [3, 3], [3, 3]], build: (b, [a, p, q]) => b.create("cofactor", [a, b.create("lu", [a], { complete: true }), p, q], {}) },
  ],
  cholesky: [
    { what: "of L Lᵀ", operands: [[3, 3]], start: [2, 0, 0, 1, 3, 0, -1, 0.5, 1], build: (b, [l]) => b.create("cholesky", [e.matmul(b, l, e.transpose(b, l, [-1, -2]))], {}) },
  ],
  triangular_solve: [
    { what: "columns", operands: [[3, 3], [3, 2]], start: [2, 9, 9, 1, 3, 9, -1, 0.5, 1], build: (b, [l, x]) => b.create("triangular_solve", [l, x], { transposed: false }) },
    { what: "transposed", operands: [[2, 2], [2, 1]], start: [2, 9, 1, -3], build: (b, [l, x]) => b.create("triangular_solve", [l, x], { transposed: true }) },
  ],
  gather: [
    { what: "rows", operands: [[4, 2]], indices: { i: rows }, build: (b, [x]) => b.create("gather", [x, parameter(b, "i", [2, 3], "index")], { batch: 0 }) },
    { what: "a row an example", operands: [[2, 4]], indices: { i: rows }, build: (b, [x]) => b.create("gather", [x, parameter(b, "i", [2, 3], "index")], { batch: 1 }) },
  ],
  scatter_add: [
    { what: "rows", operands: [[2, 3, 2]], indices: { i: rows }, build: (b, [u]) => b.create("scatter_add", [parameter(b, "i", [2, 3], "index"), u], { batch: 0, size: d(4) }) },
    { what: "a row an example", operands: [[2, 3]], indices: { i: rows }, build: (b, [u]) => b.create("scatter_add", [parameter(b, "i", [2, 3], "index"), u], { batch: 1, size: d(5) }) },
  ],
}; // prettier-ignore

const all = Object.entries(cases).flatMap(([name, list]) => list.map((item) => ({ name, ...item })));

describe.each(all)("$name: $what", ({ operands: sizes, symbols = {}, indices = {}, start, build }) => {
  const b = createBuilder();
  const operands = sizes.map((shape, k) => parameter(b, `x${k}`, shape));
  const node = build(b, operands);
  const next = generator(7);
  const known = (shape: readonly (number | string)[]) => shape.map((s) => (typeof s === "number" ? s : symbols[s]));
  const inputs: Record<string, Value> = { ...indices };
  operands.forEach((_, k) => (inputs[`x${k}`] = randomValue(next, known(sizes[k]))));
  if (start !== undefined) inputs.x0 = tensor(known(sizes[0]), start);

  const cotangent = parameter(b, "c", []);
  const seed = b.create("parameter", [], { ...cotangent.attributes, type: { element: "real", shape: node.shape } });
  const result = valueOf(node, inputs, symbols);

  test.each(operands.map((_, k) => k))("forward and reverse by operand %i equal differences", (k) => {
    const direction = parameter(b, "t", sizes[k]);
    const t = randomValue(next, known(sizes[k]));
    const c = randomValue(next, result.shape);
    const given: Record<string, Value> = { ...inputs, t, c };
    const along = (y: Node, h: number): Float64Array => {
      const base = given[`x${k}`];
      const moved = tensor(base.shape, base.data.map((v, i) => v + h * t.data[i])); // prettier-ignore
      return valueOf(y, { ...given, [`x${k}`]: moved }, symbols).data;
    };
    const numeric = (y: Node): number[] => {
      const h = 1e-3;
      const [p1, m1, p2, m2] = [h, -h, 2 * h, -2 * h].map((step) => along(y, step));
      return [...p1].map((_, i) => (8 * (p1[i] - m1[i]) - (p2[i] - m2[i])) / (12 * h));
    };
    const wanted = numeric(node);
    const tangent = valueOf(forward(b, node, operands[k], direction), given, symbols).data;
    expect(tangent).toHaveLength(wanted.length);
    wanted.forEach((value, i) => {
      expect(tangent[i]).toBeCloseTo(value, 8);
    });
    // <c, J t> = <J^T c, t>
    const back = reverse(b, node, operands[k], seed) ?? e.zerosLike(b, operands[k]);
    const pulled = valueOf(back, given, symbols).data;
    const left = [...tangent].reduce((sum, v, i) => sum + v * c.data[i], 0);
    expect(pulled.reduce((sum, v, i) => sum + v * t.data[i], 0)).toBeCloseTo(left, 10);
    // The rules are closed: the gradient's own derivative.
    const again = valueOf(forward(b, back, operands[k], direction), given, symbols).data;
    numeric(back).forEach((value, i) => {
      expect(again[i]).toBeCloseTo(value, 7);
    });
  });
});

test("primitives without cases carry no derivative or are replaced by a pass", () => {
  const without = Object.entries(cases).filter(([, list]) => list.length === 0);
  for (const [name] of without) {
    expect(["none", "structural"]).toContain(recordOf(name as PrimitiveName).derivative.kind);
  }
});

test("a product over symbolic axes is cut into as many blocks, whatever its size is made of", () => {
  const sizes = [[n], [n, n], [dims.multiply(n, n)], [dims.floorDivide(dims.multiply(n, n), d(2)), dims.symbol("m")]];
  const levels = sizes.map((shape) => {
    const b = createBuilder();
    const type = { element: "real", shape } as const;
    const x = b.create("parameter", [], { name: "x", type, bound: null, held: "array" });
    const tangent = b.create("parameter", [], { name: "v", type, bound: null, held: "array" });
    const axes = shape.map((_, k) => k - shape.length);
    const found = productTangent(b, x, tangent, axes);
    return e.topological([found]).filter((node) => e.is(node, "reduce_product")).length;
  });
  // 2^20 entries assumed: blocks of 16 five times over, the last of them without another product.
  expect(levels).toEqual(levels.map(() => levels[0]));
  expect(levels[0]).toBeGreaterThan(2);
});
