/** Evaluates a graph at complex arguments: one row a primitive says how it continues off the real axis. */
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { AttributesOf, Loop, Node, PrimitiveName } from "../../src/ir/graph.ts";
import { scalar, tensor } from "../../src/ir/interpreter.ts";
import type { Evaluation } from "../../src/ir/primitive.ts";
import type { Value } from "../../src/ir/value.ts";
import { sizeOf } from "../../src/primitives/evaluate.ts";
import { stridesOf } from "../../src/primitives/strided.ts";
import { recordOf } from "../primitives/harness.ts";
import * as c from "./complex.ts";
import type { Complex } from "./complex.ts";
import * as m from "./complex-matrices.ts";
import type { Matrix } from "./complex-matrices.ts";

/** A tensor of complex numbers; `im` is null where all imaginary parts are 0. */
export interface ComplexValue {
  readonly re: Value;
  readonly im: Value | null;
}

type Scalar = (...operands: readonly Complex[]) => Complex;
type Meaning = (operands: readonly Value[]) => Value;

/**
 * - `analytic`: one function of complex numbers, entry by entry.
 * - `pieces`: likewise, made of analytic pieces that meet in kinks or jumps; differences check it too.
 * - `linear`: the real meaning of each part.
 * - `bilinear`: the real meaning of the products of parts.
 * - `structured`: the primitive's own.
 * - `none`: no complex meaning, for the stated reason; the result is that of the real parts.
 */
export type Continuation<P extends PrimitiveName> =
  | { readonly kind: "analytic" | "pieces"; readonly of: (attributes: AttributesOf[P]) => Scalar }
  | { readonly kind: "linear" | "bilinear" }
  | {
      readonly kind: "structured";
      readonly pieces: boolean;
      readonly of: (operands: readonly ComplexValue[], node: Node<P>, meaning: Meaning) => ComplexValue;
    }
  | { readonly kind: "none"; readonly reason: string };

const analytic = (of: Scalar) => ({ kind: "analytic", of: () => of }) as const;
const pieces = (of: Scalar) => ({ kind: "pieces", of: () => of }) as const;
const linear = { kind: "linear" } as const;
const bilinear = { kind: "bilinear" } as const;
const none = (reason: string) => ({ kind: "none", reason }) as const;

const truth = "a truth value has no derivative";
const integer = "an integer has no derivative";
const flat = "a step function: its derivative is 0 wherever it exists";
const source = "no operand to differentiate by";
const request = "differentiation replaces it before anything is evaluated";
const evaluated = "the evaluation itself walks its body";

/** Reduces rows along axes: `fold` gets the row's entries. */
function reduceRows(
  [x]: readonly ComplexValue[],
  axes: readonly number[],
  real: Value,
  fold: (row: readonly Complex[]) => Complex,
): ComplexValue {
  const { shape } = x.re;
  const rank = shape.length;
  const kept = [...shape.keys()].filter((k) => !axes.includes(k - rank));
  const strides = stridesOf(shape);
  const cells = offsets(axes.map((k) => shape[rank + k]), axes.map((k) => strides[rank + k])); // prettier-ignore
  const starts = offsets(kept.map((k) => shape[k]), kept.map((k) => strides[k])); // prettier-ignore
  const results = starts.map((start) => fold(cells.map((cell) => entryOf(x, start + cell))));
  return pack(real, results);
}

function offsets(shape: readonly number[], strides: readonly number[]): number[] {
  return shape.reduce<number[]>(
    (starts, size, k) => starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * strides[k])),
    [0],
  );
}

function entryOf(x: ComplexValue, cell: number): Complex {
  return c.complex(x.re.data[cell], x.im === null ? 0 : x.im.data[cell]);
}

function pack(real: Value, entries: readonly Complex[]): ComplexValue {
  const part = (read: (z: Complex) => number): Value => tensor(real.shape, entries.map(read), real.element);
  return { re: part((z) => z.re), im: part((z) => z.im) };
}

const extremum = (better: (x: number, y: number) => boolean) =>
  ({
    kind: "structured",
    pieces: true,
    of: (x: readonly ComplexValue[], { attributes: { axes } }: Node<"reduce_max" | "reduce_min">, meaning: Meaning) => {
      const real = meaning([x[0].re]);
      if (x[0].im === null || real.element !== "real") return { re: real, im: null };
      const empty = better(1, 0) ? -Infinity : Infinity;
      return reduceRows(x, axes, real, (row) => row.reduce((best, z) => (better(z.re, best.re) ? z : best), c.complex(empty))); // prettier-ignore
    },
  }) as const;

/** The matrix of the last two axes (or, without rows, vector) that belongs to entry `at` of the batch. */
function matrixAt(x: ComplexValue, at: number): Matrix {
  const [rows, columns] = x.re.shape.slice(-2);
  const row = (i: number): Complex[] =>
    Array.from({ length: columns }, (_, j) => entryOf(x, (at * rows + i) * columns + j));
  return Array.from({ length: rows }, (_, i) => row(i));
}

/** Of matrices in each entry of the batch; `of` gives the entries of one result. */
const matrices = <P extends PrimitiveName>(
  of: (operands: readonly Matrix[], node: Node<P>) => Matrix,
): Continuation<P> => ({
  kind: "structured",
  pieces: false,
  of: (operands, node, meaning) => {
    const real = meaning(operands.map((x) => x.re));
    if (operands.every((x) => x.im === null)) return { re: real, im: null };
    const count = sizeOf(operands[0].re.shape.slice(0, -2));
    const results = Array.from({ length: count }, (_, at) => of(operands.map((x) => matrixAt(x, at)), node).flat()); // prettier-ignore
    return pack(real, results.flat());
  },
});

/** How each primitive continues off the real axis. A primitive without a row does not compile. */
export const continuations: { readonly [P in PrimitiveName]: Continuation<P> } = {
  constant: none(source),
  dimension: none(source),
  parameter: none(source),
  iota: none(source),
  table: none(source),
  random: none("draws depend on the seed alone"),
  mark: linear,
  // What it stops is a constant of the derivative; where it is there for accuracy alone, the value's own continuation passes.
  stop_gradient: linear,
  gradient: none(request),
  jvp: none(request),
  jacobian: none(request),
  add: analytic(c.add),
  subtract: analytic(c.subtract),
  multiply: analytic(c.multiply),
  divide: analytic(c.divide),
  negate: analytic(c.negate),
  power: analytic(c.power),
  power_integer: {
    kind: "analytic",
    of:
      ({ exponent }) =>
      (z) =>
        c.integerPower(z, exponent),
  },
  maximum: pieces(c.maximum),
  minimum: pieces(c.minimum),
  atan2: analytic(c.atan2),
  hypot: analytic(c.hypot),
  modulo: pieces(c.modulo),
  floor_divide: none(flat),
  abs: pieces(c.abs),
  sign: none(flat),
  floor: none(flat),
  ceil: none(flat),
  round: none(flat),
  stored: linear,
  sqrt: analytic(c.sqrt),
  cbrt: analytic(c.cbrt),
  exp: analytic(c.exp),
  expm1: analytic(c.expm1),
  log: analytic(c.log),
  log1p: analytic(c.log1p),
  log2: analytic((z) => c.scale(c.log(z), Math.LOG2E)),
  log10: analytic((z) => c.scale(c.log(z), Math.LOG10E)),
  sin: analytic(c.sin),
  cos: analytic(c.cos),
  tan: analytic(c.tan),
  asin: analytic(c.asin),
  acos: analytic(c.acos),
  atan: analytic(c.atan),
  sinh: analytic(c.sinh),
  cosh: analytic(c.cosh),
  tanh: analytic(c.tanh),
  asinh: analytic(c.asinh),
  acosh: analytic(c.acosh),
  atanh: analytic(c.atanh),
  erf: analytic(c.erf),
  erfc: analytic(c.erfc),
  sigmoid: analytic(c.sigmoid),
  softplus: analytic(c.softplus),
  equal: none(truth),
  less: none(truth),
  less_equal: none(truth),
  not: none(truth),
  and: none(truth),
  or: none(truth),
  is_nan: none(truth),
  is_finite: none(truth),
  select: {
    kind: "structured",
    pieces: true,
    of: ([condition, x, y], _, meaning) => ({
      re: meaning([condition.re, x.re, y.re]),
      im: x.im === null && y.im === null ? null : meaning([condition.re, x.im ?? zeros(x.re), y.im ?? zeros(y.re)]),
    }),
  },
  convert: none("its operand is an integer or a truth value"),
  broadcast: linear,
  reshape: linear,
  transpose: linear,
  slice: linear,
  pad: linear,
  concat: linear,
  window: linear,
  fold: linear,
  reduce_sum: linear,
  reduce_product: {
    kind: "structured",
    pieces: false,
    of: (x, { attributes: { axes } }, meaning) =>
      reduceRows(x, axes, meaning([x[0].re]), (row) => row.reduce(c.multiply, c.complex(1))),
  },
  reduce_max: extremum((x, y) => x > y),
  reduce_min: extremum((x, y) => x < y),
  argmax: none(integer),
  argmin: none(integer),
  contract: bilinear,
  lu: none("the factors carry no derivative: what uses them has the matrix beside them"),
  solve: matrices(([a, , right], { attributes }) => m.solve(attributes.transposed ? m.transpose(a) : a, right)),
  determinant: matrices(([a]) => [[m.determinant(a)]]),
  // log |det A|: of the determinant, or of its negative.
  log_determinant: matrices(([a]) => {
    const det = m.determinant(a);
    return [[c.log(det.re < 0 ? c.negate(det) : det)]];
  }),
  determinant_sign: none(flat),
  cofactor: matrices(([a, , ...directions]) => m.cofactors(a, directions)),
  cholesky: matrices(([a]) => m.cholesky(a)),
  triangular_solve: matrices(([l, right], { attributes }) => m.solve(attributes.transposed ? m.transpose(m.lower(l)) : m.lower(l), right)), // prettier-ignore
  gather: {
    kind: "structured",
    pieces: false,
    of: ([x, indices], _, meaning) => ({
      re: meaning([x.re, indices.re]),
      im: x.im === null ? null : meaning([x.im, indices.re]),
    }),
  },
  scatter_add: {
    kind: "structured",
    pieces: false,
    of: ([indices, x], _, meaning) => ({
      re: meaning([indices.re, x.re]),
      im: x.im === null ? null : meaning([indices.re, x.im]),
    }),
  },
  loop: none(evaluated),
  loop_result: none(evaluated),
};

/** Whether the roots are analytic in all that they depend on: no kink, jump or choice. */
export function isAnalytic(roots: readonly Node[]): boolean {
  return e.topological(roots).every((node) => {
    if (e.is(node, "loop"))
      return isAnalytic([...node.attributes.record.next, ...node.attributes.record.stackedOutputs]);
    const row = continuations[node.primitive];
    if (row.kind === "none") return node.operands.every((operand) => operand.element !== "real");
    return row.kind !== "pieces" && !("pieces" in row && row.pieces);
  });
}

function zeros(x: Value): Value {
  return tensor(x.shape, new Float64Array(x.data.length), x.element);
}

function plus(x: Value, y: Value, sign: 1 | -1): Value {
  return tensor(x.shape, x.data.map((v, k) => v + sign * y.data[k])); // prettier-ignore
}

function continued<P extends PrimitiveName>(
  row: Continuation<P>,
  node: Node<P>,
  operands: readonly ComplexValue[],
  meaning: Meaning,
): ComplexValue {
  const real = operands.map((x) => x.re);
  const isReal = operands.every((x) => x.im === null);
  const imaginary = operands.map((x) => x.im ?? zeros(x.re));
  switch (row.kind) {
    case "none":
      return { re: meaning(real), im: null };
    case "linear":
      return { re: meaning(real), im: isReal ? null : meaning(imaginary) };
    case "bilinear": {
      const [[p, q], [r, s]] = [real, imaginary];
      const re = meaning([p, q]);
      if (isReal) return { re, im: null };
      return { re: plus(re, meaning([r, s]), -1), im: plus(meaning([p, s]), meaning([r, q]), 1) };
    }
    case "structured":
      return row.of(operands, node, meaning);
    case "analytic":
    case "pieces": {
      const value = meaning(real);
      // What is real stays as the interpreter has it: integers too.
      if (isReal) return { re: value, im: null };
      const of = row.of(node.attributes);
      return pack(value, [...value.data.keys()].map((k) => of(...operands.map((x) => entryOf(x, k))))); // prettier-ignore
    }
  }
}

/**
 * The values of the roots where the parameters that `bindings` names have these complex values. `stops`: stop_gradient drops
 * imaginary parts, as a constant has none.
 */
export function evaluateComplex(
  roots: readonly Node[],
  bindings: ReadonlyMap<Node, ComplexValue>,
  symbols: ReadonlyMap<string, number>,
  stops = false,
): readonly ComplexValue[] {
  const values = new Map<Node, readonly ComplexValue[]>();
  for (const node of e.topological(roots)) {
    const operands = node.operands.map((operand) => values.get(operand) ?? []);
    const results = resultsOf(node, operands, bindings, symbols);
    values.set(node, stops && e.is(node, "stop_gradient") ? results.map(({ re }) => ({ re, im: null })) : results);
  }
  return roots.map((root) => valueAt(values.get(root), 0));
}

function valueAt(values: readonly ComplexValue[] | undefined, index: number): ComplexValue {
  const value = values?.[index];
  if (value === undefined) throw new Error("used before it is evaluated");
  return value;
}

function resultsOf(
  node: Node,
  operands: readonly (readonly ComplexValue[])[],
  bindings: ReadonlyMap<Node, ComplexValue>,
  symbols: ReadonlyMap<string, number>,
): readonly ComplexValue[] {
  if (e.is(node, "parameter")) {
    const value = bindings.get(node);
    if (value === undefined) throw new Error(`parameter ${node.attributes.name} has no value`);
    return [value];
  }
  const first = operands.map((values) => values[0]);
  if (e.is(node, "loop")) return runLoop(node.attributes.record, first, symbols);
  if (e.is(node, "loop_result")) return [valueAt(operands[0], node.attributes.index)];
  const at: Evaluation = {
    shape: node.shape.map((dim) => dims.evaluate(dim, symbols)),
    element: node.element,
    dims: symbols,
    unitRoundoff: 2 ** -53,
  };
  const record = recordOf(node.primitive);
  const meaning = (values: readonly Value[]): Value => {
    if (e.is(node, "mark") || record.meaning === null) return values[0];
    return record.meaning(values, node.attributes, at);
  };
  return [continued(continuations[node.primitive] as Continuation<PrimitiveName>, node, first, meaning)];
}

function runLoop(
  record: Loop,
  operands: readonly ComplexValue[],
  symbols: ReadonlyMap<string, number>,
): readonly ComplexValue[] {
  const trip = dims.evaluate(record.trip, symbols);
  const count = record.carries.length;
  const inputs = operands.slice(count, count + record.stackedInputs.length);
  const invariants = operands.slice(count + record.stackedInputs.length);
  let carries = operands.slice(0, count);
  const stacks = record.stackedOutputs.map((): ComplexValue[] => []);
  for (let round = 0; round < trip; round++) {
    const t = record.reverse ? trip - 1 - round : round;
    const bindings = new Map<Node, ComplexValue>([[record.index, { re: scalar(t, "index"), im: null }]]);
    record.carries.forEach((node, k) => bindings.set(node, carries[k]));
    record.stackedInputs.forEach((node, k) => bindings.set(node, sliceOf(inputs[k], t)));
    record.invariants.forEach((node, k) => bindings.set(node, invariants[k]));
    const values = evaluateComplex([...record.next, ...record.stackedOutputs], bindings, symbols);
    carries = values.slice(0, count);
    stacks.forEach((stack, k) => (stack[t] = values[count + k]));
  }
  const stacked = stacks.map((stack, k): ComplexValue => {
    const output = record.stackedOutputs[k];
    const shape = [trip, ...output.shape.map((dim) => dims.evaluate(dim, symbols))];
    const join = (part: (x: ComplexValue) => Value): Value =>
      tensor(shape, stack.flatMap((x) => [...part(x).data]), output.element); // prettier-ignore
    return { re: join((x) => x.re), im: join((x) => x.im ?? zeros(x.re)) };
  });
  return [...carries, ...stacked];
}

function sliceOf(x: ComplexValue, t: number): ComplexValue {
  const part = ({ shape, data, element }: Value): Value => {
    const rest = shape.slice(1);
    const size = sizeOf(rest);
    return tensor(rest, data.slice(t * size, (t + 1) * size), element);
  };
  return { re: part(x.re), im: x.im === null ? null : part(x.im) };
}
