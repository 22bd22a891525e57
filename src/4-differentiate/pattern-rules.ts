/** How the sets of a node's entries follow from those of its operands: see pattern.ts. */
import type { GraphBuilder } from "../ir/builder.ts";
import * as dims from "../ir/dim.ts";
import { recordOf } from "../ir/facts.ts";
import type { AnyNode, Node, PrimitiveName } from "../ir/graph.ts";
import { stridesOf } from "../primitives/strided.ts";
import type { ColumnSets } from "./column-sets.ts";

/** The set of each entry of a node, row-major; null: no derivative flows to any of them. */
export type Sets = Int32Array | null;

/** What rules ask of the walk through the graph. */
export interface Tracing {
  readonly b: GraphBuilder;
  readonly sets: ColumnSets;
  /** Counts work that a node takes beyond its entries; whether there is patience left for it. */
  readonly affords: (more: number) => boolean;
  /** Every entry depends on all that the operands depend on. */
  readonly everything: (node: Node, operands: readonly Sets[]) => Int32Array;
  /** The values of a node that is the same whatever the parameters are; null for others. */
  readonly constantOf: (node: Node) => Float64Array | null;
}

/** The number of entries of a node without symbols. */
export function sizeOf(node: Node): number {
  return shapeOf(node).reduce((product, size) => product * size, 1);
}

function shapeOf({ shape }: Node): readonly number[] {
  return shape.map((dim) => {
    const size = dims.constantOf(dim);
    if (size === null) throw new Error("internal: a pattern of a shape that is not known");
    return size;
  });
}

/** All sets of some operands. */
export function* allOf(operands: readonly Sets[]): Generator<number> {
  for (const sets of operands) if (sets !== null) yield* sets;
}

/** The sets of a node, given those of its operands. */
export type Rule<P extends PrimitiveName> = (
  tracer: Tracing,
  node: AnyNode & { readonly primitive: P },
  operands: readonly Sets[],
) => Int32Array;

/** No derivative flows through it. */
const none: Rule<PrimitiveName> = (_, node) => new Int32Array(sizeOf(node));

/** An entry depends on what the entries in its place depend on. */
const elementwise: Rule<PrimitiveName> = ({ sets }, node, operands) => {
  const active = operands.filter((own) => own !== null);
  if (active.length === 1) return active[0];
  return Int32Array.from({ length: sizeOf(node) }, (_, k) => active.reduce((union, own) => sets.union(union, own[k]), 0)); // prettier-ignore
};

/** Entries go elsewhere: their sets go along. */
const moves: Rule<PrimitiveName> = ({ b }, node, operands) => {
  const { meaning } = recordOf(b, node);
  if (meaning === null) throw new Error(`internal: ${node.primitive} moves nothing`);
  const values = node.operands.map((operand, k) => {
    const size = sizeOf(operand);
    return { element: node.element, shape: shapeOf(operand), data: Float64Array.from(operands[k] ?? new Int32Array(size)), error: new Float64Array(size) }; // prettier-ignore
  });
  const at = { shape: shapeOf(node), element: node.element, dims: new Map<string, number>(), unitRoundoff: 2 ** -53 };
  return Int32Array.from(meaning(values, node.attributes, at).data);
};

/** An entry depends on all entries that `cellOf` sends to it. */
function gathered(sets: ColumnSets, size: number, own: Int32Array, cellOf: (entry: number) => number): Int32Array {
  const cells = Array.from({ length: size }, () => new Set<number>());
  own.forEach((set, entry) => {
    const cell = cellOf(entry);
    if (set !== 0 && cell >= 0) cells[cell].add(set);
  });
  return Int32Array.from(cells, (cell) => sets.unionOf(cell));
}

const reduces: Rule<"reduce_sum" | "reduce_product" | "reduce_max" | "reduce_min"> = ({ sets }, node, [own]) => {
  const shape = shapeOf(node.operands[0]);
  const gone = new Set(node.attributes.axes.map((axis) => axis + shape.length));
  const steps = stridesOf(shape.map((size, axis) => (gone.has(axis) ? 1 : size)));
  const strides = steps.map((stride, axis) => (gone.has(axis) ? 0 : stride));
  const position = positions(shape, strides);
  return gathered(sets, sizeOf(node), own ?? new Int32Array(position.length), (entry) => position[entry]);
};

/** Matrices in the last two axes: every entry of a result depends on all of its matrices. */
const matrices: Rule<PrimitiveName> = ({ sets }, node, operands) => {
  const count = shapeOf(node.operands[0]).slice(0, -2).reduce((product, size) => product * size, 1); // prettier-ignore
  const result = new Int32Array(sizeOf(node));
  const part = (all: Int32Array, k: number): Int32Array => all.subarray((k * all.length) / count, ((k + 1) * all.length) / count); // prettier-ignore
  for (let k = 0; k < count; k++) part(result, k).fill(sets.unionOf(allOf(operands.map((own) => own && part(own, k)))));
  return result;
};

/** Total by type; loops and their results are the tracer's own. */
export const rules: { readonly [P in PrimitiveName]: Rule<P> } = {
  constant: none,
  dimension: none,
  parameter: none,
  iota: none,
  table: none,
  random: none,
  stop_gradient: none,
  gradient: none,
  jvp: none,
  jacobian: none,
  sign: none,
  floor: none,
  ceil: none,
  round: none,
  equal: none,
  less: none,
  less_equal: none,
  not: none,
  and: none,
  or: none,
  is_nan: none,
  is_finite: none,
  floor_divide: none,
  argmax: none,
  argmin: none,
  lu: none,
  determinant_sign: none,
  loop: none,
  loop_result: none, // prettier-ignore

  mark: elementwise,
  add: elementwise,
  subtract: elementwise,
  divide: elementwise,
  negate: elementwise,
  power: elementwise,
  power_integer: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  atan2: elementwise,
  hypot: elementwise,
  modulo: elementwise,
  abs: elementwise,
  stored: elementwise,
  sqrt: elementwise,
  cbrt: elementwise,
  exp: elementwise,
  expm1: elementwise,
  log: elementwise,
  log1p: elementwise,
  log2: elementwise,
  log10: elementwise,
  sin: elementwise,
  cos: elementwise,
  tan: elementwise,
  asin: elementwise,
  acos: elementwise,
  atan: elementwise,
  sinh: elementwise,
  cosh: elementwise,
  tanh: elementwise,
  asinh: elementwise,
  acosh: elementwise,
  atanh: elementwise,
  erf: elementwise,
  erfc: elementwise,
  sigmoid: elementwise,
  softplus: elementwise,
  convert: elementwise, // prettier-ignore
  multiply: (tracer, node, operands) => {
    const factors = node.operands.map((operand) => tracer.constantOf(operand));
    const either = elementwise(tracer, node, operands);
    if (factors.every((factor) => factor === null)) return either;
    return either.map((set, k) => (factors.some((factor) => factor?.[k] === 0) ? 0 : set));
  },
  select: (tracer, node, [, then, otherwise]) => {
    const condition = tracer.constantOf(node.operands[0]);
    if (condition === null) return elementwise(tracer, node, [then, otherwise]);
    return Int32Array.from(condition, (is, k) => (is === 0 ? otherwise : then)?.[k] ?? 0);
  },

  broadcast: moves,
  reshape: moves,
  transpose: moves,
  slice: moves,
  pad: moves,
  concat: moves,
  window: moves,
  fold: ({ sets }, node, [own]) => {
    const { axis, stride, dilation } = node.attributes;
    const from = shapeOf(node.operands[0]);
    const k = from.length + axis;
    const length = shapeOf(node)[k - 1];
    const inner = from.slice(k + 1).reduce((product, size) => product * size, 1);
    const [count, size] = [from[k - 1], from[k]];
    return gathered(sets, sizeOf(node), own ?? new Int32Array(0), (entry) => {
      const [rest, post] = [Math.floor(entry / inner), entry % inner];
      const [outer, j] = [Math.floor(rest / size), rest % size];
      const at = (outer % count) * stride + j * dilation;
      return at < length ? (Math.floor(outer / count) * length + at) * inner + post : -1;
    });
  },

  reduce_sum: reduces,
  reduce_product: reduces,
  reduce_max: reduces,
  reduce_min: reduces,
  contract: (tracer, node, operands) => {
    const { left, right, result } = node.attributes;
    const labels = [left, right];
    const shapes = node.operands.map(shapeOf);
    const lead = shapeOf(node).length - result.length;
    const sizeOfLabel = new Map(labels.flatMap((own, k) => own.map((label, axis) => [label, shapes[k][shapes[k].length - own.length + axis]] as const))); // prettier-ignore
    const summed = [...sizeOfLabel.keys()].filter((label) => !result.includes(label));
    const extent = (label: string): number => sizeOfLabel.get(label) ?? 1;
    const summedShape = summed.map(extent);
    const terms = summedShape.reduce((product, size) => product * size, 1);
    const size = sizeOf(node);
    if (!tracer.affords(size * terms)) return tracer.everything(node, operands);
    // Where each operand is read, for each cell of the result and for each term of its sum.
    const places = shapes.map((shape, k) => {
      const strides = stridesOf(shape);
      const own = shape.length - labels[k].length;
      const along = (label: string): number => {
        const axis = labels[k].indexOf(label);
        return axis < 0 ? 0 : strides[own + axis];
      };
      const batch = Array.from({ length: lead }, (_, axis) => (axis < lead - own ? 0 : strides[axis - (lead - own)]));
      return {
        cell: positions(shapeOf(node), [...batch, ...result.map(along)]),
        term: positions(summedShape, summed.map(along)),
      };
    });
    const factors = node.operands.map((operand) => tracer.constantOf(operand));
    return Int32Array.from({ length: size }, (_, cell) => {
      const met = new Set<number>();
      for (let term = 0; term < terms; term++) {
        const at = places.map((place) => place.cell[cell] + place.term[term]);
        if (factors.some((factor, k) => factor?.[at[k]] === 0)) continue;
        operands.forEach((own, k) => met.add(own?.[at[k]] ?? 0));
      }
      return tracer.sets.unionOf(met);
    });
  },

  solve: matrices,
  determinant: matrices,
  log_determinant: matrices,
  cofactor: matrices,
  cholesky: matrices,
  triangular_solve: matrices, // prettier-ignore

  gather: (tracer, node, [own]) => {
    const [x, indices] = node.operands;
    const { batch } = node.attributes;
    const { outer, length, inner } = around(shapeOf(x), batch);
    const choices = sizeOf(indices) / outer;
    const chosen = tracer.constantOf(indices);
    const all = own ?? new Int32Array(sizeOf(x));
    const anyRow = chosen === null ? gathered(tracer.sets, outer * inner, all, (entry) => Math.floor(entry / (length * inner)) * inner + (entry % inner)) : null; // prettier-ignore
    return Int32Array.from({ length: sizeOf(node) }, (_, k) => {
      const [rest, post] = [Math.floor(k / inner), k % inner];
      const pre = Math.floor(rest / choices);
      if (anyRow !== null) return anyRow[pre * inner + post];
      return all[(pre * length + (chosen?.[rest] ?? 0)) * inner + post] ?? 0;
    });
  },
  scatter_add: (tracer, node, [, own]) => {
    const [indices, updates] = node.operands;
    const { outer, length, inner } = around(shapeOf(node), node.attributes.batch);
    const choices = sizeOf(indices) / outer;
    const chosen = tracer.constantOf(indices);
    const all = own ?? new Int32Array(sizeOf(updates));
    const preOf = (entry: number): number => Math.floor(entry / (choices * inner));
    if (chosen !== null) {
      return gathered(tracer.sets, sizeOf(node), all, (entry) => {
        const row = chosen[Math.floor(entry / inner)];
        return (preOf(entry) * length + row) * inner + (entry % inner);
      });
    }
    const anyRow = gathered(tracer.sets, outer * inner, all, (entry) => preOf(entry) * inner + (entry % inner));
    return Int32Array.from({ length: sizeOf(node) }, (_, k) => anyRow[Math.floor(k / (length * inner)) * inner + (k % inner)]); // prettier-ignore
  },
};

/** The axis `axis` with what lies before and behind it. */
function around(
  shape: readonly number[],
  axis: number,
): { readonly outer: number; readonly length: number; readonly inner: number } {
  const product = (sizes: readonly number[]): number => sizes.reduce((p, size) => p * size, 1);
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) };
}

/** The address of each entry of a shape, row-major, by these strides. */
function positions(shape: readonly number[], strides: readonly number[]): Int32Array {
  let found = Int32Array.of(0);
  shape.forEach((size, axis) => {
    const before = found;
    found = new Int32Array(before.length * size);
    before.forEach((at, k) => {
      for (let i = 0; i < size; i++) found[k * size + i] = at + i * strides[axis];
    });
  });
  return found;
}
