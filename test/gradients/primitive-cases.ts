/** What each primitive is tried with: one row a primitive, each of several groups of shapes. */
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { ElementType, Loop, Node, PadAxis, PrimitiveName, SliceAxis } from "../../src/ir/graph.ts";
import type { Shape } from "../../src/ir/dim.ts";
import { matrixCases } from "./matrix-cases.ts";
import { attributesFor, recordOf, shapeOf } from "../primitives/harness.ts";

/** An operand: its sizes, and the interval (or the bound of the integers) that its entries come from. */
export interface Operand {
  readonly sizes: readonly number[];
  readonly interval: readonly [low: number, high: number];
  readonly element?: ElementType;
}

export interface Case {
  readonly group: string;
  readonly operands: readonly Operand[];
  /** The function of these operands, through the primitive. */
  readonly build: (b: GraphBuilder, operands: readonly Node[]) => Node;
}

const d = dims.constant;
const plain = [-2, 2] as const;
const real = (...sizes: readonly number[]): Operand => ({ sizes, interval: plain });
const indices = (bound: number, ...sizes: readonly number[]): Operand => ({ sizes, interval: [0, bound], element: "index" }); // prettier-ignore

/** Shapes of two operands: equal, or stretched as NumPy does. */
const pairs: readonly (readonly [group: string, left: readonly number[], right: readonly number[]])[] = [
  ["scalars", [], []],
  ["vectors", [4], [4]],
  ["matrices", [2, 3], [2, 3]],
  ["batches", [2, 2, 2], [2, 2, 2]],
  ["broadcast pairs: a scalar", [3], []],
  ["broadcast pairs: a row", [2, 3], [3]],
  ["size-1 axes", [1, 2, 1], [1, 2, 1]],
  ["empty dims", [0], [0]],
  ["empty dims, two axes", [2, 0], [0]],
];

const isBool = (name: PrimitiveName): boolean => name === "not" || name === "and" || name === "or";

/** Cases of an elementwise primitive over its own domain, the other operands of the shape of the first or stretched to it. */
function elementwise(name: PrimitiveName): readonly Case[] {
  const record = recordOf(name);
  const intervals = record.domain?.intervals ?? [];
  return attributesFor(name).flatMap((attributes, which) =>
    pairs.flatMap(([group, left, right]): Case[] => {
      const stretched = left.join() !== right.join();
      if (intervals.length === 1 && stretched) return [];
      if (which > 0 && group !== "vectors" && group !== "scalars") return [];
      const operands = intervals.map((interval, k): Operand => ({ sizes: k === 0 ? left : right, interval }));
      const build = (b: GraphBuilder, xs: readonly Node[]): Node => {
        const given = xs.map((x) => e.broadcastTo(b, x, xs[0].shape));
        const typed = given.map((x, k) => {
          const wantsTruth = isBool(name) || (name === "select" && k === 0);
          return wantsTruth || name === "convert" ? e.less(b, x, 0.5) : x;
        });
        return b.create<PrimitiveName>(name, typed, attributes);
      };
      return [{ group, operands, build }];
    }),
  );
}

type Shaped = readonly [group: string, operands: readonly Operand[], build: Case["build"]];
const each = (...rows: readonly Shaped[]): readonly Case[] =>
  rows.map(([group, operands, build]) => ({ group, operands, build }));

/** A source or identity times x. */
const besides = (source: (b: GraphBuilder, x: Node) => Node): readonly Case[] =>
  [[], [3], [2, 3], [1, 2], [0]].map((sizes) => ({
    group: `[${sizes.join(", ")}]`,
    operands: [real(...sizes)],
    build: (b, [x]) => e.mul(b, e.sin(b, x), source(b, x)),
  }));

const reductionShapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ["vectors", [5], [-1]],
  ["matrices by column", [3, 2], [-2]],
  ["matrices by row", [2, 3], [-1]],
  ["batches", [2, 2, 3], [-3, -1]],
  ["all axes", [2, 3], [-2, -1]],
  ["size-1 axes", [1, 3, 1], [-3, -1]],
  ["no axes", [3], []],
  ["no entries kept", [0, 3], [-1]],
];

function reduction(name: "reduce_sum" | "reduce_product" | "reduce_max" | "reduce_min"): readonly Case[] {
  const empty = [["an empty axis", [2, 0], [-1]]] as const;
  const long = name === "reduce_product" ? ([["long rows", [40], [-1]]] as const) : [];
  return [...reductionShapes, ...empty, ...long].map(([group, sizes, axes]) => ({
    group,
    operands: [real(...sizes)],
    build: (b, [x]) => b.create(name, [x], { axes }),
  }));
}

function located(name: "argmax" | "argmin"): readonly Case[] {
  const shapes = [["vectors", [4], -1], ["matrices by column", [3, 2], -2], ["matrices by row", [2, 3], -1], ["size-1 axes", [3, 1], -1], ["batches", [2, 3, 2], -2], ["empty dims", [0, 2], -1]] as const; // prettier-ignore
  return shapes.map(([group, sizes, axis]) => ({
    group,
    operands: [real(...sizes)],
    build: (b, [x]) => e.convert(b, b.create(name, [x], { axis }), "real"),
  }));
}

const slice = (start: number, size: number, step: number): SliceAxis => ({ start: d(start), size: d(size), step });
const padding = (low: number, high: number, interior = 0): PadAxis => ({ low: d(low), high: d(high), interior });

function contraction(left: string, right: string, result: string): Case["build"] {
  const labels = (text: string): string[] => Array.from(text);
  return (b, [x, y]) => e.contract(b, [x, labels(left)], [y, labels(right)], labels(result));
}

const view = (group: string, sizes: readonly number[], build: (b: GraphBuilder, x: Node) => Node): Shaped => [
  group,
  [real(...sizes)],
  (b, [x]) => build(b, x),
];

const reshaped = (group: string, sizes: readonly number[], to: Shape): Shaped =>
  view(group, sizes, (b, x) => b.create("reshape", [x], { consumed: sizes.length, shape: to }));

const broadcast = (group: string, sizes: readonly number[], to: readonly number[], axes: readonly number[]): Shaped =>
  view(group, sizes, (b, x) => b.create("broadcast", [x], { shape: shapeOf(...to), axes }));

const permuted = (group: string, sizes: readonly number[], permutation: readonly number[]): Shaped =>
  view(group, sizes, (b, x) => b.create("transpose", [x], { permutation }));

const sliced = (group: string, sizes: readonly number[], ...axes: readonly SliceAxis[]): Shaped =>
  view(group, sizes, (b, x) => b.create("slice", [x], { axes }));

const padded = (group: string, sizes: readonly number[], ...axes: readonly PadAxis[]): Shaped =>
  view(group, sizes, (b, x) => b.create("pad", [x], { axes }));

const windowed = (
  group: string,
  sizes: readonly number[],
  axis: number,
  [count, size, stride, dilation]: readonly [number, number, number, number],
): Shaped =>
  view(group, sizes, (b, x) => b.create("window", [x], { axis, count: d(count), size: d(size), stride, dilation }));

const folded = (
  group: string,
  sizes: readonly number[],
  axis: number,
  [length, stride, dilation]: readonly [number, number, number],
): Shaped => view(group, sizes, (b, x) => b.create("fold", [x], { axis, length: d(length), stride, dilation }));

const joined = (group: string, axis: number, ...sizes: readonly (readonly number[])[]): Shaped => [
  group,
  sizes.map((size) => real(...size)),
  (b, xs) => b.create("concat", xs, { axis }),
];

const gathered = (group: string, table: readonly number[], batch: number, bound: number, ...choices: readonly number[]): Shaped => [group, [real(...table), indices(bound, ...choices)], (b, [x, i]) => b.create("gather", [x, i], { batch })]; // prettier-ignore

const scattered = (group: string, updates: readonly number[], batch: number, size: number, ...choices: readonly number[]): Shaped => [group, [indices(size, ...choices), real(...updates)], (b, [i, u]) => b.create("scatter_add", [i, u], { batch, size: d(size) })]; // prettier-ignore

/** h = tanh(h W + x[t]) over three rounds, with sin h stacked. */
function recurrent(group: string, trip: number, width: number, backwards: boolean, result: number): Shaped {
  return [
    group,
    [real(width), real(trip, width), real(width, width)],
    (b, operands) => {
      const local = (name: string, sizes: readonly number[], element: ElementType = "real"): Node<"parameter"> =>
        b.create("parameter", [], { name, type: { element, shape: shapeOf(...sizes) }, bound: null, held: "array" });
      const [h, x, weights] = [local("h", [width]), local("x", [width]), local("weights", [width, width])];
      const next = e.tanh(b, e.add(b, e.matmul(b, h, weights), x));
      const record: Loop = {
        trip: d(trip),
        reverse: backwards,
        counted: false,
        recompute: false,
        condition: null,
        index: local("t", [], "index"),
        carries: [h],
        stackedInputs: [x],
        invariants: [weights],
        next: [next],
        stackedOutputs: [e.sin(b, next)],
      };
      return b.create("loop_result", [b.create("loop", operands, { record })], { index: result });
    },
  ];
}

const loops = each(
  recurrent("last carries", 3, 2, false, 0),
  recurrent("stacked outputs", 3, 2, false, 1),
  recurrent("backwards", 2, 2, true, 1),
  recurrent("size-1 axes", 2, 1, true, 0),
  recurrent("one round", 1, 2, false, 1),
  recurrent("no rounds", 0, 2, false, 0),
);

/** Requests are answered before anything is evaluated: a function that holds one goes through differentiation first. */
const requests = (request: (b: GraphBuilder, y: Node, x: Node) => Node): readonly Case[] =>
  [[], [3], [2, 2], [1, 2], [0]].map((sizes) => ({
    group: `[${sizes.join(", ")}]`,
    operands: [real(...sizes)],
    build: (b, [x]) => request(b, e.reduceSum(b, e.mul(b, e.sin(b, x), e.exp(b, x)), e.allAxes(x)), x),
  }));

/** Every primitive's cases. A primitive without a row does not compile. */
export const primitiveCases: { readonly [P in PrimitiveName]: readonly Case[] } = {
  constant: besides((b, x) => e.like(b, 0.75, x)),
  dimension: besides((b) => e.convert(b, e.dimension(b, dims.symbol("n")), "real")),
  parameter: besides((_, x) => x),
  iota: each(
    ...[1, 2, 3, 7, 0].map((n) => view(`[${n}]`, [n], (b, x) => e.mul(b, e.exp(b, x), e.convert(b, b.create("iota", [], { size: d(n) }), "real")))), // prettier-ignore
  ),
  table: each(
    ...[[2, 0, 1], [1], [0, 0, 1, 1, 0], [], [-3, 7]].map((values) => view(`[${values.join(", ")}]`, [values.length], (b, x) => e.mul(b, e.exp(b, x), e.convert(b, b.create("table", [], { values }), "real")))), // prettier-ignore
  ),
  random: besides((b, x) => b.create("random", [e.constant(b, 7, "index"), e.constant(b, 1, "index")], { site: 2, shape: x.shape })), // prettier-ignore
  mark: besides((b, x) => b.mark(e.exp(b, x), "name")),
  stop_gradient: besides((b, x) => e.stopGradient(b, e.exp(b, x))),
  gradient: requests((b, y, x) => b.create("gradient", [y, x], {})),
  jvp: requests((b, y, x) => b.create("jvp", [y, x, e.cos(b, x)], {})),
  jacobian: requests((b, y, x) => b.create("jacobian", [b.create("gradient", [y, x], {}), x], { batch: 0 })),
  add: elementwise("add"),
  subtract: elementwise("subtract"),
  multiply: elementwise("multiply"),
  divide: elementwise("divide"),
  negate: elementwise("negate"),
  power: elementwise("power"),
  power_integer: elementwise("power_integer"),
  maximum: elementwise("maximum"),
  minimum: elementwise("minimum"),
  atan2: elementwise("atan2"),
  hypot: elementwise("hypot"),
  modulo: elementwise("modulo"),
  floor_divide: elementwise("floor_divide"),
  abs: elementwise("abs"),
  sign: elementwise("sign"),
  floor: elementwise("floor"),
  ceil: elementwise("ceil"),
  round: elementwise("round"),
  stored: elementwise("stored"),
  sqrt: elementwise("sqrt"),
  cbrt: elementwise("cbrt"),
  exp: elementwise("exp"),
  expm1: elementwise("expm1"),
  log: elementwise("log"),
  log1p: elementwise("log1p"),
  log2: elementwise("log2"),
  log10: elementwise("log10"),
  sin: elementwise("sin"),
  cos: elementwise("cos"),
  tan: elementwise("tan"),
  asin: elementwise("asin"),
  acos: elementwise("acos"),
  atan: elementwise("atan"),
  sinh: elementwise("sinh"),
  cosh: elementwise("cosh"),
  tanh: elementwise("tanh"),
  asinh: elementwise("asinh"),
  acosh: elementwise("acosh"),
  atanh: elementwise("atanh"),
  erf: elementwise("erf"),
  erfc: elementwise("erfc"),
  sigmoid: elementwise("sigmoid"),
  softplus: elementwise("softplus"),
  equal: elementwise("equal"),
  less: elementwise("less"),
  less_equal: elementwise("less_equal"),
  not: elementwise("not"),
  and: elementwise("and"),
  or: elementwise("or"),
  is_nan: elementwise("is_nan"),
  is_finite: elementwise("is_finite"),
  select: elementwise("select"),
  convert: elementwise("convert"),
  broadcast: each(
    broadcast("a scalar", [], [2, 3], []),
    broadcast("a row", [3], [2, 3], [-1]),
    broadcast("a column", [2], [2, 3], [-2]),
    broadcast("between axes", [2, 3], [2, 4, 3], [-3, -1]),
    broadcast("size-1 axes", [1], [1, 3, 1], [-1]),
    broadcast("to no entries", [3], [0, 3], [-1]),
    broadcast("a batch of operands", [2, 3], [4, 3], [-1]),
  ),
  reshape: each(
    reshaped("vectors", [6], shapeOf(2, 3)),
    reshaped("matrices", [2, 3], shapeOf(3, 2)),
    reshaped("to a scalar", [1], []),
    reshaped("size-1 axes", [2, 2], shapeOf(1, 4, 1)),
    reshaped("empty dims", [2, 0], shapeOf(0, 5)),
    view("batches", [2, 6], (b, x) => b.create("reshape", [x], { consumed: 1, shape: shapeOf(3, 2) })),
  ),
  transpose: each(
    permuted("matrices", [2, 3], [-1, -2]),
    permuted("three axes", [2, 3, 2], [-1, -3, -2]),
    permuted("batches", [2, 2, 3], [-1, -2]),
    permuted("size-1 axes", [1, 3], [-1, -2]),
    permuted("empty dims", [0, 2], [-1, -2]),
  ),
  slice: each(
    sliced("vectors", [6], slice(1, 3, 1)),
    sliced("with a step", [7], slice(0, 3, 3)),
    sliced("backwards", [5], slice(4, 2, -3)),
    sliced("matrices", [3, 4], slice(2, 3, -1), slice(1, 2, 2)),
    sliced("batches", [2, 4], slice(1, 2, 1)),
    sliced("size-1 axes", [4], slice(2, 1, 1)),
    sliced("empty dims", [3], slice(0, 0, 1)),
  ),
  pad: each(
    padded("vectors", [3], padding(1, 2)),
    padded("between entries", [3], padding(0, 1, 2)),
    padded("cropping", [5], padding(-1, -2)),
    padded("cropping and padding", [3, 4], padding(1, -1, 1), padding(-2, 1)),
    padded("batches", [2, 3], padding(2, 0)),
    padded("size-1 axes", [1], padding(1, 1)),
    padded("empty dims", [0], padding(1, 1)),
  ),
  concat: each(
    joined("vectors", -1, [2], [3]),
    joined("matrices by row", -2, [1, 2], [2, 2]),
    joined("matrices by column", -1, [2, 1], [2, 2]),
    joined("three operands", -1, [2, 2], [2, 1], [2, 1]),
    joined("one operand", -1, [2]),
    joined("empty dims", -1, [2], [0]),
  ),
  window: each(
    windowed("vectors", [5], -1, [3, 3, 1, 1]),
    windowed("with a stride", [7], -1, [3, 3, 2, 1]),
    windowed("with a dilation", [7], -1, [2, 3, 2, 2]),
    windowed("matrices", [4, 2], -2, [2, 2, 2, 1]),
    windowed("batches", [2, 5], -1, [2, 2, 3, 1]),
    windowed("size-1 axes", [3], -1, [3, 1, 1, 1]),
    windowed("empty dims", [3], -1, [0, 2, 1, 1]),
  ),
  fold: each(
    folded("vectors", [3, 3], -1, [5, 1, 1]),
    folded("with a stride", [3, 3], -1, [7, 2, 1]),
    folded("with a dilation", [2, 3], -1, [7, 2, 2]),
    folded("matrices", [2, 2, 2], -2, [4, 2, 1]),
    folded("batches", [2, 2, 2], -1, [5, 3, 1]),
    folded("size-1 axes", [3, 1], -1, [3, 1, 1]),
    folded("empty dims", [0, 2], -1, [3, 1, 1]),
  ),
  reduce_sum: reduction("reduce_sum"),
  reduce_product: reduction("reduce_product"),
  reduce_max: reduction("reduce_max"),
  reduce_min: reduction("reduce_min"),
  argmax: located("argmax"),
  argmin: located("argmin"),
  contract: each(
    ["matrices", [real(2, 3), real(3, 2)], contraction("ik", "kj", "ij")],
    ["a matrix and a vector", [real(2, 3), real(3)], contraction("ik", "k", "i")],
    ["inner products", [real(4), real(4)], contraction("i", "i", "")],
    ["outer products", [real(2), real(3)], contraction("i", "j", "ji")],
    ["batches", [real(2, 2, 3), real(2, 3, 1)], contraction("bik", "bkj", "bij")],
    ["entry by entry", [real(2, 3), real(2, 3)], contraction("ij", "ij", "ji")],
    ["size-1 axes", [real(1, 2), real(2, 1)], contraction("ik", "kj", "ij")],
    ["nothing to sum", [real(2, 0), real(0, 2)], contraction("ik", "kj", "ij")],
    ["empty dims", [real(0, 2), real(2, 2)], contraction("ik", "kj", "ij")],
  ),
  ...matrixCases,
  gather: each(
    gathered("vectors", [4], 0, 4, 3),
    gathered("rows", [3, 2], 0, 3, 4),
    gathered("one row", [3, 2], 0, 3),
    gathered("tables of indices", [4], 0, 4, 2, 3),
    gathered("batches", [2, 3, 2], 1, 3, 2, 2),
    gathered("size-1 axes", [1, 2], 0, 1, 3),
    gathered("empty dims", [3, 2], 0, 3, 0),
  ),
  scatter_add: each(
    scattered("vectors", [3], 0, 4, 3),
    scattered("rows", [4, 2], 0, 3, 4),
    scattered("one row", [2], 0, 3),
    scattered("tables of indices", [2, 3], 0, 4, 2, 3),
    scattered("batches", [2, 2, 2], 1, 3, 2, 2),
    scattered("size-1 axes", [3, 2], 0, 1, 3),
    scattered("empty dims", [0, 2], 0, 3, 0),
  ),
  loop: loops,
  loop_result: loops,
};
