/**
 * The derivative of a product along axes, right with zeros and without division:
 * d prod(x) = sum over i of dx_i E_i, with E_i the product of all entries but i.
 *
 * Short rows take the products of the others from an n x n table with ones on the diagonal. Long rows are first cut into
 * blocks, whose products and tangents are rows of their own, 16 times shorter: the work is linear in n. Every step is
 * linear in the tangents and made of primitives, so that it can be transposed and differentiated again.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import * as dims from "../ir/dim.ts";
import type { Dim, DimAtom } from "../ir/dim.ts";
import * as e from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";

const BLOCK = 16;
const SHORT = 32;
/** A row of unknown length is cut as often as one of a million needs; a longer one works too, with a larger table. */
const ASSUMED_LENGTH = 2 ** 20;

/** The tangent of `reduce_product(x, axes)`; `tangent` has the shape of x. */
export function productTangent(b: GraphBuilder, x: Node, tangent: Node, axes: readonly number[]): Node {
  let factors = joinAxes(b, x, axes);
  let direction = joinAxes(b, tangent, axes);
  for (let left = assumedLength(lastSize(factors)); left > SHORT; left = Math.ceil(left / BLOCK)) {
    const [blocks, directions] = [split(b, factors, 1), split(b, direction, 0)];
    direction = rowTangent(b, blocks, directions);
    factors = e.reduceProduct(b, blocks, [-1]);
  }
  return rowTangent(b, factors, direction);
}

/** A size with symbols that make a product of all of them, as large as their powers say, that of the assumed length. */
function assumedLength(size: Dim): number {
  const symbol = Math.ceil(ASSUMED_LENGTH ** (1 / Math.max(1, degreeOf(size))));
  return dims.evaluate(size, new Map([...dims.symbolsOf(size)].map((name) => [name, symbol])));
}

function degreeOf(dim: Dim): number {
  const degreeOfAtom = (atom: DimAtom): number => {
    if (atom.kind === "symbol") return 1;
    if (atom.kind === "root") return degreeOf(atom.of) / 2;
    return atom.kind === "floor" ? degreeOf(atom.numerator) : Math.max(degreeOf(atom.left), degreeOf(atom.right));
  };
  return dim.terms.reduce((most, { factors }) => {
    const degree = factors.reduce((sum, { atom, power }) => sum + power * degreeOfAtom(atom), 0);
    return Math.max(most, degree);
  }, 0);
}

function lastSize(x: Node): Dim {
  return x.shape[x.shape.length - 1];
}

/** Moves the axes to the end and joins them into one. */
function joinAxes(b: GraphBuilder, x: Node, axes: readonly number[]): Node {
  const kept = e.allAxes(x).filter((axis) => !axes.includes(axis));
  const moved = e.transpose(b, x, [...kept, ...axes]);
  const shape = moved.shape.slice(0, kept.length);
  return e.reshape(b, moved, [...shape, dims.product(moved.shape.slice(kept.length))]);
}

/** [.., n] -> [.., ceil(n / 16), 16], the last row filled up. */
function split(b: GraphBuilder, x: Node, filler: 0 | 1): Node {
  const size = lastSize(x);
  const rows = dims.floorDivide(dims.add(size, dims.constant(BLOCK - 1)), dims.constant(BLOCK));
  const full = dims.multiply(rows, dims.constant(BLOCK));
  const padded = e.pad(b, x, [{ low: dims.constant(0), high: dims.subtract(full, size), interior: 0 }]);
  const shape = [...x.shape.slice(0, -1), rows, dims.constant(BLOCK)];
  if (filler === 0) return e.reshape(b, padded, shape);
  const inside = e.less(b, b.create("iota", [], { size: full }), e.dimension(b, size));
  const mask = e.broadcastTo(b, inside, padded.shape);
  return e.reshape(b, e.select(b, mask, padded, e.like(b, filler, padded)), shape);
}

/** sum over i of t_i times the product over j of (1 if i = j, else x_j), along the last axis. */
function rowTangent(b: GraphBuilder, x: Node, tangent: Node): Node {
  const size = lastSize(x);
  const table = [...x.shape, size];
  const counter = b.create("iota", [], { size });
  const [i, j] = [[-2], [-1]].map((axes) => b.create("broadcast", [counter], { shape: table, axes }));
  const others = e.allAxes(x).map((axis) => (axis === -1 ? -1 : axis - 1));
  const entries = b.create("broadcast", [x], { shape: table, axes: others });
  const exclusive = e.reduceProduct(b, e.select(b, e.equalTo(b, i, j), e.like(b, 1, entries), entries), [-1]);
  return e.reduceSum(b, e.mul(b, tangent, exclusive), [-1]);
}
