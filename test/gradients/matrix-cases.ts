/** What the primitives of linear algebra are tried with. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { identityLike } from "../../src/primitives/linear-algebra.ts";
import type { Case, Operand } from "./primitive-cases.ts";

const real = (...sizes: readonly number[]): Operand => ({ sizes, interval: [-2, 2] });

/** Shapes of matrices: a group, the batch, the size. */
const squares: readonly (readonly [group: string, batch: readonly number[], n: number])[] = [
  ["two by two", [], 2],
  ["three by three", [], 3],
  ["batches", [2], 2],
  ["one by one", [], 1],
  ["empty matrices", [], 0],
];

type Factored = (b: GraphBuilder, a: Node, f: Node, more: readonly Node[]) => Node;

/** A function of a matrix with its factors, and of tensors of the shapes that `more` gives for each batch and size. */
function factored(
  complete: boolean,
  build: Factored,
  more: (...batch: readonly number[]) => readonly (readonly number[])[] = () => [],
): readonly Case[] {
  // prettier-ignore
  return squares.map(([group, batch, n]): Case => ({
    group,
    operands: [real(...batch, n, n), ...more(...batch, n).map((sizes) => real(...sizes))],
    build: (b, [a, ...others]) => build(b, a, b.create("lu", [a], { complete }), others),
  }));
}

const solved = factored(false, (b, a, f, [right]) => {
  const x = b.create("solve", [a, f, right], { transposed: false });
  return e.add(b, x, b.create("solve", [a, f, right], { transposed: true }));
}, (...shape) => [[...shape, 2]]); // prettier-ignore

/** X Xᵀ + 1/2. */
function positive(b: GraphBuilder, x: Node): Node {
  const square = e.matmul(b, x, e.transpose(b, x, [-1, -2]));
  return e.add(b, square, e.mul(b, 0.5, identityLike(b, square)));
}

/** One row a primitive. */
export const matrixCases = {
  lu: factored(false, (b, a, f) => b.create("solve", [a, f, a], { transposed: false })),
  solve: solved,
  determinant: factored(true, (b, a, f) => b.create("determinant", [a, f], {})),
  log_determinant: factored(false, (b, a, f) => b.create("log_determinant", [a, f], {})),
  // A smooth function of every entry times the sign, which is constant around a point.
  determinant_sign: factored(false, (b, a, f) => {
    const sign = b.create("determinant_sign", [f], {});
    const axes = sign.shape.map((_, k) => k - sign.shape.length - 2);
    return e.mul(b, e.sin(b, a), b.create("broadcast", [sign], { shape: a.shape, axes }));
  }),
  cofactor: [
    ...factored(true, (b, a, f) => b.create("cofactor", [a, f], {})),
    ...factored(true, (b, a, f, [one]) => b.create("cofactor", [a, f, one], {}), (...shape) => [[...shape, ...shape.slice(-1)]]), // prettier-ignore
  ],
  cholesky: squares.map(([group, batch, n]): Case => ({
    group,
    operands: [real(...batch, n, n)],
    build: (b, [x]) => b.create("cholesky", [positive(b, x)], {}),
  })),
  triangular_solve: squares.map(([group, batch, n]): Case => ({
    group,
    operands: [real(...batch, n, n), real(...batch, n, 2)],
    build: (b, [x, right]) => {
      const l = e.add(b, x, e.mul(b, 3, identityLike(b, x)));
      const y = b.create("triangular_solve", [l, right], { transposed: false });
      return e.add(b, y, b.create("triangular_solve", [l, right], { transposed: true }));
    },
  })),
};
