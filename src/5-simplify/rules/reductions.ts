/** Sums and extrema along axes. */
import { constantOf, product } from "../../ir/dim.ts";
import {
  constantValue,
  convert,
  dimension,
  is,
  like,
  mul,
  neg,
  reduceSum,
  reshape,
  transpose,
} from "../../ir/expressions.ts";
import type { AnyNode, Node } from "../../ir/graph.ts";
import { asRepeated, axesWithout, axisAmong, repeat, sizesAt, withoutAxes } from "../axes.ts";
import { mayLeaveSum } from "../conditions.ts";
import type { Rule } from "../rule.ts";

export const reductions: readonly Rule[] = [
  {
    name: "sum-of-broadcast",
    law: "the sum of n equal numbers x is n x",
    soundness: { domain: "x is finite, or n > 0" },
    on: ["reduce_sum"],
    apply: (node, context) => {
      if (!is(node, "reduce_sum")) return null;
      const { b } = context;
      const [x] = node.operands;
      const repeated = asRepeated(x);
      if (repeated === null) return null;
      const { axes } = node.attributes;
      const uniform = axes.filter((axis) => !repeated.axes.includes(axis));
      if (uniform.length === 0 || !mayLeaveSum(context, repeated.source, 1, sizesAt(x.shape, uniform))) return null;
      const rank = x.shape.length;
      const kept = axesWithout(rank, uniform);
      const smaller = repeat(
        b,
        { source: repeated.source, axes: repeated.axes.map((axis) => axisAmong(kept, axis)) },
        sizesAt(x.shape, kept),
      );
      const left = axes.filter((axis) => !uniform.includes(axis)).map((axis) => axisAmong(kept, axis));
      const count = convert(b, dimension(b, product(sizesAt(x.shape, uniform))), node.element);
      const value = constantValue(smaller);
      const sum = reduceSum(b, smaller, left);
      return value === 0 ? sum : mul(b, count, sum);
    },
  },
  {
    name: "extremum-of-broadcast",
    law: "the largest of n > 0 equal numbers x is x, and the smallest",
    soundness: "exact",
    on: ["reduce_max", "reduce_min"],
    apply: (node, { b }) => {
      if (!is(node, "reduce_max") && !is(node, "reduce_min")) return null;
      const [x] = node.operands;
      const repeated = asRepeated(x);
      if (repeated === null) return null;
      const { axes } = node.attributes;
      const uniform = axes.filter((axis) => !repeated.axes.includes(axis));
      if (uniform.length === 0 || !sizesAt(x.shape, uniform).every((size) => (constantOf(size) ?? 0) > 0)) return null;
      const kept = axesWithout(x.shape.length, uniform);
      const smaller = repeat(
        b,
        { source: repeated.source, axes: repeated.axes.map((axis) => axisAmong(kept, axis)) },
        sizesAt(x.shape, kept),
      );
      const left = axes.filter((axis) => !uniform.includes(axis)).map((axis) => axisAmong(kept, axis));
      return left.length === 0 ? smaller : b.create(node.primitive, [smaller], { axes: left });
    },
  },
  {
    name: "reduction-of-reduction",
    law: "sum(sum(x)) is one sum, and so max, min and prod; over an axis of one entry there is nothing to do",
    soundness: "rounding",
    on: ["reduce_sum", "reduce_max", "reduce_min", "reduce_product"],
    apply: (node, { b }) => {
      if (!isReduction(node)) return null;
      const [x] = node.operands;
      const { axes } = node.attributes;
      if (axes.every((axis) => constantOf(x.shape[x.shape.length + axis]) === 1)) return reshape(b, x, node.shape);
      const inner = x as AnyNode;
      if (!isReduction(inner) || inner.primitive !== node.primitive) return null;
      const [source] = inner.operands;
      const kept = axesWithout(source.shape.length, inner.attributes.axes);
      const outer = axes.map((axis) => kept[kept.length + axis]);
      const all = [...inner.attributes.axes, ...outer].sort((p, q) => p - q);
      return b.create(node.primitive, [source], { axes: all });
    },
  },
  {
    name: "sum-of-multiple",
    law: "sum(-x) = -sum(x); sum(c x) = c sum(x) for a number c, or what does not vary along the axes; sum(x / c)",
    soundness: { domain: "c is finite, or the axes have entries" },
    on: ["reduce_sum"],
    apply: (node, context) => {
      if (!is(node, "reduce_sum")) return null;
      const { b } = context;
      const { axes } = node.attributes;
      const [x] = node.operands;
      const sizes = sizesAt(x.shape, axes);
      if (is(x, "negate")) return neg(b, reduceSum(b, x.operands[0], axes));
      if (!is(x, "multiply") && !is(x, "divide")) return null;
      const [p, q] = x.operands;
      const outside = (factor: Node, exponent: number): Node | null => {
        const uniform = withoutAxes(b, factor, axes);
        return uniform !== null && mayLeaveSum(context, uniform, exponent, sizes) ? uniform : null;
      };
      const right = outside(q, is(x, "multiply") ? 1 : -1);
      if (right !== null) return b.withOperands(x, [reduceSum(b, p, axes), right]);
      const left = is(x, "multiply") ? outside(p, 1) : null;
      return left === null ? null : mul(b, left, reduceSum(b, q, axes));
    },
  },
  {
    name: "sum-of-transpose",
    law: "the sum over permuted axes is the sum over the axes",
    soundness: "rounding",
    on: ["reduce_sum", "reduce_max", "reduce_min", "reduce_product"],
    apply: (node, { b }) => {
      if (!isReduction(node)) return null;
      const [x] = node.operands;
      if (!is(x, "transpose")) return null;
      const { axes } = node.attributes;
      const { permutation } = x.attributes;
      const n = permutation.length;
      const source = (axis: number): number => (axis < -n ? axis : permutation[n + axis]);
      const reduced = axes.map(source).sort((p, q) => p - q);
      const inner = b.create(node.primitive, [x.operands[0]], { axes: reduced });
      const rank = x.shape.length;
      const kept = axesWithout(rank, reduced);
      const order = axesWithout(rank, axes).map((axis) => axisAmong(kept, source(axis)));
      return transpose(b, inner, order);
    },
  },
  {
    name: "sum-of-zeros",
    law: "sum(0) = 0",
    soundness: "exact",
    on: ["reduce_sum"],
    apply: (node, { b }) => (constantValue(node.operands[0]) === 0 ? like(b, 0, node) : null),
  },
];

type Reduction = Node<"reduce_sum"> | Node<"reduce_max"> | Node<"reduce_min"> | Node<"reduce_product">;

function isReduction(node: AnyNode): node is Reduction & AnyNode {
  switch (node.primitive) {
    case "reduce_sum":
    case "reduce_max":
    case "reduce_min":
    case "reduce_product":
      return true;
    default:
      return false;
  }
}
