/**
 * Which entries of a derivative can be nonzero, by axes: a tie says that an entry of a node reads, along one axis of a
 * variable, entries near its own place alone. Elementwise functions, windows, rows of a batch keep ties; what mixes an
 * axis (a sum, a product with a matrix, an index that data decides) ends them.
 */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { AnyNode, Node, PrimitiveName } from "../ir/graph.ts";
import { reach } from "./reach.ts";

/** The derivative of entry i of a node by entry j of the variable is 0 unless base <= by · j - of · i <= base + width. */
export interface Tie {
  /** The axis of the node, from the front, that i counts. */
  readonly axis: number;
  /** Positive. */
  readonly by: number;
  /** Not 0. */
  readonly of: number;
  readonly base: Dim;
  /** Not negative. */
  readonly width: number;
}

/** One an axis of the variable; null: any entry along it may be read. */
export type Ties = readonly (Tie | null)[];

/** The ties of `y` to the axes of `x`; null where no derivative flows from `x` to `y`. */
export function tiesOf(b: GraphBuilder, y: Node, x: Node): Ties | null {
  const known = new Map<Node, Ties>();
  for (const node of reach(b, [y], new Set([x]))) {
    if (node === x) {
      known.set(x, x.shape.map((_, axis) => ({ axis, by: 1, of: 1, base: dims.constant(0), width: 0 }))); // prettier-ignore
      continue;
    }
    const parts = node.operands.flatMap((operand, k) => {
      const ties = known.get(operand);
      return ties === undefined ? [] : [ties.map((tie) => (tie === null ? null : follow(node as AnyNode, k, tie)))];
    });
    if (parts.length > 0) known.set(node, parts.reduce((p, q) => p.map((tie, k) => hull(tie, q[k])))); // prettier-ignore
  }
  return known.get(y) ?? null;
}

/** How many entries of the variable an entry of the node can read: no two of so many in a row meet. */
export function readsOf({ by, width }: Tie): number {
  return Math.floor(width / by) + 1;
}

/** How many entries of the node can read an entry of the variable. */
export function readersOf({ of, width }: Tie): number {
  return Math.floor(width / Math.abs(of)) + 1;
}

/** A tie that holds where either of two does. */
function hull(p: Tie | null, q: Tie | null): Tie | null {
  if (p === null || q === null || p.axis !== q.axis || p.by !== q.by || p.of !== q.of) return null;
  const apart = dims.constantOf(dims.subtract(q.base, p.base));
  if (apart === null) return null;
  const end = Math.max(p.width, apart + q.width);
  return apart < 0 ? { ...q, width: end - apart } : { ...p, width: end };
}

/** The tie of a node, given that of its operand. */
type Rule<P extends PrimitiveName> = (
  tie: Tie,
  node: AnyNode & { readonly primitive: P },
  operand: number,
) => Tie | null;

function follow(node: AnyNode, operand: number, tie: Tie): Tie | null {
  const rule = rules[node.primitive] as Rule<PrimitiveName>;
  const found = rule(tie, node, operand);
  return found === null ? null : reduced(found);
}

/** Without common factors, so that ways that say the same meet. */
function reduced(tie: Tie): Tie {
  const g = gcd(tie.by, Math.abs(tie.of));
  if (g === 1) return tie;
  const base = dims.floorDivide(tie.base, dims.constant(g));
  const rest = dims.constantOf(dims.subtract(tie.base, dims.multiply(base, dims.constant(g))));
  if (rest === null) return tie;
  // Multiples of g between base and base + width.
  const first = Math.ceil(rest / g);
  const last = Math.floor((rest + tie.width) / g);
  // None at all is a derivative of zeros, which a tie of one entry describes as well.
  const width = Math.max(0, last - first);
  return { axis: tie.axis, by: tie.by / g, of: tie.of / g, base: dims.add(base, dims.constant(first)), width };
}

function gcd(p: number, q: number): number {
  return q === 0 ? p : gcd(q, p % q);
}

/** The operand's place i is among step · k + start + [0, spread], where k is the result's. */
function takes(tie: Tie, axis: number, start: Dim, step: number, spread = 0): Tie {
  const base = dims.add(tie.base, dims.multiply(dims.constant(tie.of), start));
  const reach = tie.of * spread;
  return {
    axis,
    by: tie.by,
    of: tie.of * step,
    base: reach < 0 ? dims.add(base, dims.constant(reach)) : base,
    width: tie.width + Math.abs(reach),
  };
}

/** The operand's place i goes to those among step · i + start + [0, spread], step > 0. */
function puts(tie: Tie, axis: number, start: Dim, step: number, spread = 0): Tie {
  const scaled = {
    ...tie,
    by: tie.by * step,
    base: dims.multiply(tie.base, dims.constant(step)),
    width: tie.width * step,
  };
  // step · i is the result's place less start and less the spread.
  return takes(scaled, axis, dims.negate(dims.add(start, dims.constant(spread))), 1, spread);
}

const ends = (): null => null;

/** Elementwise; operands are of the result's shape. */
const keeps = (tie: Tie): Tie => tie;

/** Operands are matrices in the last two axes; the rest is a batch. */
const batches = (tie: Tie, node: AnyNode, operand: number): Tie | null =>
  tie.axis < node.operands[operand].shape.length - 2 ? tie : null;

function reduces(tie: Tie, node: AnyNode & { readonly attributes: { readonly axes: readonly number[] } }): Tie | null {
  const rank = node.operands[0].shape.length;
  const gone = node.attributes.axes.map((axis) => axis + rank);
  if (gone.includes(tie.axis)) return null;
  return { ...tie, axis: tie.axis - gone.filter((axis) => axis < tie.axis).length };
}

/** Total by type; `ends` where nothing better is known. */
const rules: { readonly [P in PrimitiveName]: Rule<P> } = {
  constant: ends,
  dimension: ends,
  parameter: ends,
  iota: ends,
  table: ends,
  random: ends,
  mark: keeps,
  stop_gradient: keeps,
  gradient: ends,
  jvp: ends,
  jacobian: ends,
  add: keeps,
  subtract: keeps,
  multiply: keeps,
  divide: keeps,
  negate: keeps,
  power: keeps,
  power_integer: keeps,
  maximum: keeps,
  minimum: keeps,
  atan2: keeps,
  hypot: keeps,
  modulo: keeps,
  floor_divide: keeps,
  abs: keeps,
  sign: keeps,
  floor: keeps,
  ceil: keeps,
  round: keeps,
  stored: keeps,
  sqrt: keeps,
  cbrt: keeps,
  exp: keeps,
  expm1: keeps,
  log: keeps,
  log1p: keeps,
  log2: keeps,
  log10: keeps,
  sin: keeps,
  cos: keeps,
  tan: keeps,
  asin: keeps,
  acos: keeps,
  atan: keeps,
  sinh: keeps,
  cosh: keeps,
  tanh: keeps,
  asinh: keeps,
  acosh: keeps,
  atanh: keeps,
  erf: keeps,
  erfc: keeps,
  sigmoid: keeps,
  softplus: keeps,
  equal: keeps,
  less: keeps,
  less_equal: keeps,
  not: keeps,
  and: keeps,
  or: keeps,
  is_nan: keeps,
  is_finite: keeps,
  select: keeps,
  convert: keeps, // prettier-ignore

  broadcast: (tie, { operands: [x], attributes: { shape, axes } }) => {
    const lead = x.shape.length - axes.length;
    return tie.axis < lead ? tie : { ...tie, axis: lead + shape.length + axes[tie.axis - lead] };
  },
  reshape: (tie, { operands: [x], attributes: { consumed, shape } }) => {
    const lead = x.shape.length - consumed;
    if (tie.axis < lead) return tie;
    const found = reshaped({ ...tie, axis: tie.axis - lead }, x.shape.slice(lead), shape);
    return found === null ? null : { ...found, axis: found.axis + lead };
  },
  transpose: (tie, { operands: [x], attributes: { permutation } }) => {
    const lead = x.shape.length - permutation.length;
    return tie.axis < lead ? tie : { ...tie, axis: lead + permutation.indexOf(tie.axis - x.shape.length) };
  },
  slice: (tie, { operands: [x], attributes: { axes } }) => {
    const axis = axes.at(tie.axis - x.shape.length);
    if (tie.axis < x.shape.length - axes.length || axis === undefined) return tie;
    return takes(tie, tie.axis, axis.start, axis.step);
  },
  pad: (tie, { operands: [x], attributes: { axes } }) => {
    const axis = axes.at(tie.axis - x.shape.length);
    if (tie.axis < x.shape.length - axes.length || axis === undefined) return tie;
    return puts(tie, tie.axis, axis.low, axis.interior + 1);
  },
  concat: (tie, { operands, attributes }, operand) => {
    const along = operands[operand].shape.length + attributes.axis;
    if (tie.axis !== along) return tie;
    const before = operands.slice(0, operand).map((x) => x.shape[along]);
    return puts(tie, along, before.reduce(dims.add, dims.constant(0)), 1);
  },
  window: (tie, { operands: [x], attributes: { axis, count, size, stride, dilation } }) => {
    const along = x.shape.length + axis;
    if (tie.axis !== along) return tie.axis < along ? tie : { ...tie, axis: tie.axis + 1 };
    // i = stride · (which window) + dilation · (place in it): one of the two is a spread of known length.
    const [windows, places] = [dims.constantOf(count), dims.constantOf(size)];
    const zero = dims.constant(0);
    if (places !== null) return takes(tie, along, zero, stride, dilation * Math.max(0, places - 1));
    return windows === null ? null : takes(tie, along + 1, zero, dilation, stride * Math.max(0, windows - 1));
  },
  fold: (tie, { operands: [x], attributes: { axis, stride, dilation } }) => {
    const along = x.shape.length + axis - 1;
    if (tie.axis < along) return tie;
    if (tie.axis > along + 1) return { ...tie, axis: tie.axis - 1 };
    const [count, size] = [x.shape[along], x.shape[along + 1]].map((dim) => dims.constantOf(dim));
    const [step, other, by] = tie.axis === along ? [stride, size, dilation] : [dilation, count, stride];
    return other === null ? null : puts(tie, along, dims.constant(0), step, by * Math.max(0, other - 1));
  },

  reduce_sum: reduces,
  reduce_product: reduces,
  reduce_max: reduces,
  reduce_min: reduces,
  argmax: ends,
  argmin: ends, // prettier-ignore
  contract: (tie, { shape, attributes: { left, right, result } }, operand) => {
    const labels = operand === 0 ? left : right;
    const batch = shape.length - result.length;
    if (tie.axis < batch) return tie;
    const place = result.indexOf(labels[tie.axis - batch]);
    return place < 0 ? null : { ...tie, axis: batch + place };
  },

  lu: ends,
  solve: batches,
  determinant: batches,
  log_determinant: batches,
  determinant_sign: ends,
  cofactor: batches,
  cholesky: batches,
  triangular_solve: batches, // prettier-ignore

  gather: (tie, { operands: [, indices], attributes: { batch } }, operand) => {
    if (operand !== 0 || tie.axis === batch) return null;
    return tie.axis < batch ? tie : { ...tie, axis: tie.axis - batch - 1 + indices.shape.length };
  },
  scatter_add: (tie, { operands: [indices], attributes: { batch } }, operand) => {
    if (operand !== 1) return null;
    if (tie.axis < batch) return tie;
    return tie.axis < indices.shape.length ? null : { ...tie, axis: tie.axis - indices.shape.length + batch + 1 };
  },

  loop: ends,
  loop_result: ends,
};

/** Row-major order stays: an axis keeps its place, or is split, or becomes the outer part of a merged one. */
function reshaped(tie: Tie, from: Shape, to: Shape): Tie | null {
  const prefix = (shape: Shape, k: number): Dim => dims.product(shape.slice(0, k));
  const before = prefix(from, tie.axis);
  const size = from[tie.axis];
  for (let axis = 0; axis < to.length; axis++) {
    if (!dims.equal(prefix(to, axis), before)) continue;
    if (dims.equal(to[axis], size)) return { ...tie, axis };
    if (dims.constantOf(to[axis]) === 1) continue;
    for (let end = axis + 2; end <= to.length; end++) {
      if (!dims.equal(dims.product(to.slice(axis, end)), size)) continue;
      const inner = dims.constantOf(dims.product(to.slice(axis + 1, end)));
      return inner === null || inner === 0 ? null : takes(tie, axis, dims.constant(0), inner, inner - 1);
    }
    for (let end = tie.axis + 2; end <= from.length; end++) {
      if (!dims.equal(dims.product(from.slice(tie.axis, end)), to[axis])) continue;
      const inner = dims.constantOf(dims.product(from.slice(tie.axis + 1, end)));
      return inner === null || inner === 0 ? null : puts(tie, axis, dims.constant(0), inner, inner - 1);
    }
    return null;
  }
  return null;
}
