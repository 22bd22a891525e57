/**
 * Linear algebra on the last two axes. A factorisation is a node of its own, which values and derivatives share; it has no
 * derivative itself: `solve` and `determinant` have the matrix beside it, and their rules speak of that.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import { add, constant as dim, equal, printShape, type Shape } from "../ir/dim.ts";
import * as e from "../ir/expressions.ts";
import type { Node, TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { none, plain, printNothing } from "./define.ts";
import { cofactorsOf, determinantOf } from "./cofactors.ts";
import type { Uncertain } from "./cofactors.ts";
import { blank, roundingError } from "./evaluate.ts";
import { between, closed, finite, unknown } from "./facts.ts";
import { choleskyBounded, factorBounded, solveBounded, solveTriangular } from "./factorisations.ts";
import { requireElement, requireRank, requireSameShape } from "./shapes.ts";

/** @throws ShapeFault unless the last two axes are of one size. */
function requireSquare(type: TensorType, what: string): void {
  requireElement(type, ["real"], what);
  requireRank(type.shape, 2, what);
  const [rows, columns] = type.shape.slice(-2);
  if (!equal(rows, columns)) throw new ShapeFault(`${what} wants a square matrix, not ${printShape(type.shape)}`);
}

const batchOf = (shape: Shape): Shape => shape.slice(0, -2);

/** @throws ShapeFault unless `factors` is of the shape that lu gives for the matrix. */
function requireFactors(matrix: TensorType, factors: TensorType, what: string): void {
  requireSquare(matrix, what);
  requireSquare(factors, what);
  requireSameShape(factoredShape(matrix.shape), factors.shape);
}

function factoredShape(shape: Shape): Shape {
  return [...batchOf(shape), ...shape.slice(-2).map((size) => add(size, dim(1)))];
}

/** @throws ShapeFault unless there is a row of `right` for each of the matrix, in each entry of the batch. */
function requireRightSide(matrix: TensorType, right: TensorType, what: string): void {
  requireElement(right, ["real"], what);
  requireRank(right.shape, 2, what);
  requireSameShape(matrix.shape.slice(0, -1), right.shape.slice(0, -1));
}

/** How many entries the last `axes` axes of a value have. */
const cellsOf = (x: Value, axes: number): number => x.shape.slice(x.shape.length - axes).reduce((p, n) => p * n, 1);

/** The part of a value that belongs to entry `at` of the batch. */
function partOf(x: Value, at: number, axes: number): Uncertain {
  const cells = cellsOf(x, axes);
  return { data: x.data.subarray(at * cells, (at + 1) * cells), error: x.error.subarray(at * cells, (at + 1) * cells) };
}

/** Computes each entry of the batch; `axes`: how many of the result belong to one. */
function batched(result: Value, axes: number, count: number, compute: (at: number) => Uncertain): Value {
  const cells = cellsOf(result, axes);
  for (let at = 0; at < count; at++) {
    const { data, error } = compute(at);
    result.data.set(data, at * cells);
    result.error.set(error, at * cells);
  }
  return result;
}

const countOf = (x: Value): number => x.shape.slice(0, -2).reduce((p, n) => p * n, 1);
const lastOf = (x: Value): number => x.shape[x.shape.length - 1];

/** A product of matrices in each entry of the batch; labels as in "ij,jk->ik". */
function product(b: GraphBuilder, x: Node, y: Node, labels: string): Node {
  const [left, right, result] = labels.split(/,|->/).map((names) => Array.from(names));
  const batch = x.shape.slice(0, -left.length).map((_, k) => `b${k}`);
  return e.contract(b, [x, [...batch, ...left]], [y, [...batch, ...right]], [...batch, ...result]);
}

/** `x` with its last two axes exchanged. */
export function transposed(b: GraphBuilder, x: Node): Node {
  return e.transpose(b, x, [-1, -2]);
}

/** 0, 1, ... along a negative axis of `shape`. */
function counter(b: GraphBuilder, shape: Shape, axis: number): Node {
  const size = shape[shape.length + axis];
  return b.create("broadcast", [b.create("iota", [], { size })], { shape, axes: [axis] });
}

/** The identity matrix in each entry of the batch of `matrix`. */
export function identityLike(b: GraphBuilder, { shape }: Node): Node {
  const own = shape.slice(-2);
  const eye = e.convert(b, e.equalTo(b, counter(b, own, -2), counter(b, own, -1)), "real");
  return e.broadcastTo(b, eye, shape);
}

/** Whether a node is what `identityLike` makes, in any order of its steps. */
export function isIdentity(node: Node): boolean {
  const x = behindBatch(node);
  if (!e.is(x, "equal")) return false;
  const axes = x.operands.map((operand) => {
    const counted = behindBatch(operand);
    const isCounter = e.is(counted, "broadcast") && e.is(counted.operands[0], "iota");
    return isCounter && counted.attributes.axes.length === 1 ? counted.attributes.axes[0] : 0;
  });
  return axes.includes(-1) && axes.includes(-2);
}

/** The node behind conversions and repetitions along axes in front of a matrix. */
function behindBatch(node: Node): Node {
  let x = node;
  for (;;) {
    const isRepeated = e.is(x, "broadcast") && x.attributes.axes.length >= 2 && x.attributes.axes.at(-2) === -2 && x.attributes.axes.at(-1) === -1; // prettier-ignore
    if (!isRepeated && !e.is(x, "convert")) return x;
    x = x.operands[0];
  }
}

/**
 * x times 1 below the diagonal, 0 above it and `onDiagonal` (0.5 or 1) on it. As numbers and not as a choice: nothing is left
 * out that would need a guard.
 */
function lowerTriangle(b: GraphBuilder, x: Node, onDiagonal: number): Node {
  const own = x.shape.slice(-2);
  const below = e.convert(b, e.sub(b, counter(b, own, -2), counter(b, own, -1)), "real");
  const weight = e.min(b, e.max(b, e.add(b, below, onDiagonal), 0), 1);
  return e.mul(b, e.broadcastTo(b, weight, x.shape), x);
}

/** The sum of what is there, linear in each; zeros of the type of `model` if nothing is. */
function sumOf(b: GraphBuilder, parts: readonly (Node | null)[], model: Node): Node {
  const present = parts.filter((part) => part !== null);
  return present.length === 0 ? e.zerosLike(b, model) : present.reduce((sum, part) => e.add(b, sum, part));
}

export const lu: PrimitiveRecord<"lu"> = {
  ...plain,
  name: "lu",
  arity: 1,
  print: ({ complete }) => (complete ? "complete" : ""),
  shape: ([a]) => {
    requireSquare(a, "lu");
    return { element: "real", shape: factoredShape(a.shape) };
  },
  meaning: ([a], { complete }, at) =>
    batched(blank(at.shape, "real"), 2, countOf(a), (k) => factorBounded(partOf(a, k, 2), lastOf(a), complete, at.unitRoundoff)), // prettier-ignore
  derivative: none,
  facts: () => unknown,
};

export const solve: PrimitiveRecord<"solve"> = {
  ...plain,
  name: "solve",
  arity: 3,
  print: ({ transposed }) => (transposed ? "transposed" : ""),
  shape: ([a, f, right]) => {
    requireFactors(a, f, "solve");
    requireRightSide(a, right, "solve");
    return right;
  },
  // The factors are those of the matrix: its own errors say all.
  meaning: ([a, , right], { transposed }, at) =>
    batched(blank(at.shape, "real"), 2, countOf(a), (k) =>
      solveBounded(partOf(a, k, 2), partOf(right, k, 2), lastOf(a), lastOf(right), transposed, at.unitRoundoff),
    ),
  derivative: {
    kind: "tangent",
    // X = A⁻¹ B: dX = A⁻¹ (dB - dA X); X = A⁻ᵀ B: dX = A⁻ᵀ (dB - dAᵀ X). Infinite or NaN where A is singular.
    tangent: (b, node, [da, , db]) => {
      const [a, f] = node.operands;
      const labels = node.attributes.transposed ? "ji,jk->ik" : "ij,jk->ik";
      const moved = da === null ? null : e.neg(b, product(b, da, node, labels));
      return b.create("solve", [a, f, sumOf(b, [db, moved], node)], node.attributes);
    },
    // B̄ = A⁻ᵀ X̄
    transpose: (b, cotangent, { operands: [a, f], attributes }, operand) =>
      operand === 2 ? b.create("solve", [a, f, cotangent], { transposed: !attributes.transposed }) : null,
  },
  facts: () => unknown,
};

/** A record of a determinant: operands A and lu(A), one number for each entry of the batch. */
function ofDeterminant<P extends "determinant" | "log_determinant">(
  name: P,
  rest: Pick<PrimitiveRecord<P>, "derivative" | "facts">,
  compute: (a: Uncertain, n: number, unitRoundoff: number) => readonly [value: number, error: number],
): PrimitiveRecord<P> {
  return {
    ...plain,
    ...rest,
    name,
    arity: 2,
    print: printNothing,
    shape: ([a, f]) => {
      requireFactors(a, f, name);
      return { element: "real", shape: batchOf(a.shape) };
    },
    meaning: ([a], _, at) =>
      batched(blank(at.shape, "real"), 0, countOf(a), (k) => {
        const [value, error] = compute(partOf(a, k, 2), lastOf(a), at.unitRoundoff);
        return { data: Float64Array.of(value), error: Float64Array.of(error) };
      }),
  };
}

export const determinant = ofDeterminant(
  "determinant",
  {
    derivative: {
      kind: "tangent",
      // d det A = Σ cof(A) ∘ dA, where A is singular too.
      tangent: (b, { operands: [a, f], shape }, [da]) =>
        da === null ? e.broadcastTo(b, e.constant(b, 0), shape) : product(b, b.create("cofactor", [a, f], {}), da, "ij,ij->"), // prettier-ignore
    },
    facts: ([a]) => (a.finite ? finite : unknown),
  },
  (a, n, unitRoundoff) => {
    const { value, error } = determinantOf(a, n, unitRoundoff);
    return [value, error];
  },
);

export const logDeterminant = ofDeterminant(
  "log_determinant",
  {
    derivative: {
      kind: "tangent",
      // d log |det A| = tr(A⁻¹ dA); infinite or NaN where A is singular.
      tangent: (b, { operands: [a, f], shape }, [da]) => {
        if (da === null) return e.broadcastTo(b, e.constant(b, 0), shape);
        const inverse = b.create("solve", [a, f, identityLike(b, a)], { transposed: false });
        return product(b, inverse, da, "ij,ji->");
      },
    },
    facts: () => unknown,
  },
  (a, n, unitRoundoff) => {
    const { logarithm, relative } = determinantOf(a, n, unitRoundoff);
    const error = relative < 1 ? -Math.log1p(-relative) : Infinity;
    return [logarithm, error + roundingError(Math.abs(logarithm) + n, 4 * n + 8, unitRoundoff)];
  },
);

export const determinantSign: PrimitiveRecord<"determinant_sign"> = {
  ...plain,
  name: "determinant_sign",
  arity: 1,
  print: printNothing,
  shape: ([f]) => {
    requireSquare(f, "the sign of a determinant");
    return { element: "real", shape: batchOf(f.shape) };
  },
  meaning: ([f], _, at) =>
    batched(blank(at.shape, "real"), 0, countOf(f), (k) => {
      const { data, error } = partOf(f, k, 2);
      const size = lastOf(f);
      let [sign, doubt] = [1, 0];
      for (let i = 0; i < size; i++) {
        sign *= Math.sign(data[i * size + i]);
        // An error of the pivots themselves: it is infinite where another choice of pivots is possible.
        if (error[i * size + i] >= Math.abs(data[i * size + i]) && error[i * size + i] > 0) doubt = Infinity;
      }
      return { data: Float64Array.of(sign), error: Float64Array.of(doubt) };
    }),
  derivative: none,
  facts: () => between(closed(-1), closed(1), { integer: true, finite: true }),
};

export const cofactor: PrimitiveRecord<"cofactor"> = {
  ...plain,
  name: "cofactor",
  arity: "any",
  print: printNothing,
  shape: ([a, f, ...directions]) => {
    requireFactors(a, f, "cofactor");
    for (const direction of directions) {
      requireElement(direction, ["real"], "cofactor");
      requireSameShape(a.shape, direction.shape);
    }
    return a;
  },
  meaning: ([a, , ...directions], _, at) =>
    batched(blank(at.shape, "real"), 2, countOf(a), (k) => {
      const given = directions.map((direction) => partOf(direction, k, 2));
      return cofactorsOf(partOf(a, k, 2), given, lastOf(a), at.unitRoundoff);
    }),
  derivative: {
    kind: "tangent",
    // The derivative in one more direction; linear in those given. All are symmetric in what they are summed with:
    // Σ W ∘ cof(A; .., B, ..) = Σ B ∘ cof(A; .., W, ..).
    tangent: (b, node, [da, , ...moving]) => {
      const [a, f, ...directions] = node.operands;
      const along = (list: readonly Node[]): Node => b.create("cofactor", [a, f, ...list], {});
      const parts = moving.map((moved, k) => (moved === null ? null : along(directions.with(k, moved))));
      return sumOf(b, [da === null ? null : along([...directions, da]), ...parts], node);
    },
    transpose: (b, cotangent, { operands }, operand) =>
      operand < 2 ? null : b.create("cofactor", operands.with(operand, cotangent), {}),
  },
  facts: (operands) => (operands.every((x, k) => k === 1 || x.finite) ? finite : unknown),
};

export const cholesky: PrimitiveRecord<"cholesky"> = {
  ...plain,
  name: "cholesky",
  arity: 1,
  print: printNothing,
  shape: ([a]) => {
    requireSquare(a, "cholesky");
    return a;
  },
  meaning: ([a], _, at) =>
    batched(blank(at.shape, "real"), 2, countOf(a), (k) =>
      choleskyBounded(partOf(a, k, 2), lastOf(a), at.unitRoundoff),
    ),
  derivative: {
    kind: "tangent",
    // dL = L Φ(L⁻¹ S L⁻ᵀ) with S = (dA + dAᵀ) / 2; Φ halves the diagonal and drops what is above it (Murray,
    // Differentiation of the Cholesky decomposition, 2016, eq. 10). So gradients are symmetric, as in PyTorch.
    tangent: (b, node, [da]) => {
      if (da === null) return e.zerosLike(b, node);
      const symmetric = e.mul(b, 0.5, e.add(b, da, transposed(b, da)));
      const inverse = (x: Node): Node => b.create("triangular_solve", [node, x], { transposed: false });
      const inner = inverse(transposed(b, inverse(symmetric)));
      return product(b, node, lowerTriangle(b, inner, 0.5), "ij,jk->ik");
    },
  },
  facts: () => unknown,
};

export const triangularSolve: PrimitiveRecord<"triangular_solve"> = {
  ...plain,
  name: "triangular_solve",
  arity: 2,
  print: ({ transposed }) => (transposed ? "transposed" : ""),
  shape: ([l, right]) => {
    requireSquare(l, "triangular_solve");
    requireRightSide(l, right, "triangular_solve");
    return right;
  },
  meaning: ([l, right], { transposed }, at) =>
    batched(blank(at.shape, "real"), 2, countOf(l), (k) =>
      solveTriangular(partOf(l, k, 2), partOf(right, k, 2), lastOf(l), lastOf(right), transposed, at.unitRoundoff),
    ),
  derivative: {
    kind: "tangent",
    // X = L⁻¹ B: dX = L⁻¹ (dB - dL X), with the lower triangle of dL; transposed likewise.
    tangent: (b, node, [dl, db]) => {
      const [l] = node.operands;
      const labels = node.attributes.transposed ? "ji,jk->ik" : "ij,jk->ik";
      const moved = dl === null ? null : e.neg(b, product(b, lowerTriangle(b, dl, 1), node, labels));
      return b.create("triangular_solve", [l, sumOf(b, [db, moved], node)], node.attributes);
    },
    // B̄ = L⁻ᵀ X̄
    transpose: (b, cotangent, { operands: [l], attributes }, operand) =>
      operand === 1 ? b.create("triangular_solve", [l, cotangent], { transposed: !attributes.transposed }) : null,
  },
  facts: () => unknown,
};
