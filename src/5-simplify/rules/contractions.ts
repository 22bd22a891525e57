/** Products summed over labels, and choices by index instead of products with ones and zeros. */
import type { Dim } from "../../ir/dim.ts";
import { constantValue, contract, equalTo, is, like, mul, reduceSum, select } from "../../ir/expressions.ts"; // prettier-ignore
import type { GraphBuilder } from "../../ir/builder.ts";
import type { AnyNode, Node } from "../../ir/graph.ts";
import { asRepeated, axesWithout, sizesAt } from "../axes.ts";
import { mayLeaveSum } from "../conditions.ts";
import { arrange, asOneHot, choose } from "../one-hot.ts";
import type { Rule, RuleContext } from "../rule.ts";

interface Labelled {
  readonly node: Node;
  readonly labels: readonly string[];
}

export const contractions: readonly Rule[] = [
  {
    name: "contract-transpose",
    law: "a product of transposed operands is a product with other labels",
    soundness: "exact",
    on: ["contract"],
    apply: (node, { b }) => {
      const parts = operandsOf(node);
      if (parts === null) return null;
      const [x, y] = parts.map(untransposed);
      if (x.node === node.operands[0] && y.node === node.operands[1]) return null;
      return contract(b, [x.node, x.labels], [y.node, y.labels], resultOf(node));
    },
  },
  {
    name: "contract-one-hot",
    law: "Σ_k [i = k] x_k = x_i",
    soundness: { domain: "0 <= i < n" },
    on: ["contract"],
    apply: (node, context) => {
      const parts = operandsOf(node);
      if (parts === null) return null;
      const [x, y] = parts;
      return chooseBy(context, x, y, resultOf(node)) ?? chooseBy(context, y, x, resultOf(node));
    },
  },
  {
    name: "contract-broadcast",
    law: "Σ_k x y_k = x Σ_k y_k, and labels along which an operand does not vary are left out of it",
    soundness: { domain: "x is finite, or there are terms" },
    on: ["contract"],
    apply: (node, context) => {
      const parts = operandsOf(node);
      if (parts === null) return null;
      const [x, y] = parts;
      return leaveOut(context, node, x, y) ?? leaveOut(context, node, y, x);
    },
  },
  {
    name: "sum-one-hot",
    law: "Σ_k [i = k] x_k = x_i; Σ_k [i = k] = 1",
    soundness: { domain: "0 <= i < n" },
    on: ["reduce_sum"],
    apply: (node, context) => {
      if (!is(node, "reduce_sum")) return null;
      const [x] = node.operands;
      const { axes } = node.attributes;
      const labels = x.shape.map((_, k) => `a${k}`);
      const result = axesWithout(labels.length, axes).map((axis) => labels[labels.length + axis]);
      const whole = asOneHot(x, context.facts).find(({ axis }) => axes.includes(axis));
      if (whole !== undefined) {
        // One of each row; the other axes are left to count.
        const row = like(context.b, 1, whole.indices, node.element);
        const left = axes.filter((axis) => axis !== whole.axis).map((axis) => (axis < whole.axis ? axis + 1 : axis));
        return reduceSum(context.b, row, left);
      }
      const at = (part: Node): Labelled => ({ node: part, labels });
      if (is(x, "multiply")) {
        const [p, q] = x.operands;
        return chooseBy(context, at(p), at(q), result) ?? chooseBy(context, at(q), at(p), result);
      }
      if (is(x, "select") && constantValue(x.operands[2]) === 0) {
        return chooseBy(context, at(x.operands[0]), at(x.operands[1]), result);
      }
      return null;
    },
  },
  {
    name: "sum-of-products",
    law: "the sum of a[i, k] b[j, k] over k is a product of matrices",
    soundness: "rounding",
    on: ["reduce_sum"],
    apply: (node, { b }) => {
      if (!is(node, "reduce_sum") || node.element !== "real") return null;
      const [x] = node.operands;
      if (!is(x, "multiply")) return null;
      const [p, q] = x.operands.map(asRepeated);
      if (p === null || q === null) return null;
      const { axes } = node.attributes;
      const every = axesWithout(x.shape.length, []);
      // Each has axes of its own, and all that are summed over; axes of neither are left to other rules.
      const isProduct =
        axes.every((axis) => p.axes.includes(axis) && q.axes.includes(axis)) &&
        every.every((axis) => p.axes.includes(axis) || q.axes.includes(axis)) &&
        [p, q].every((one) => one.axes.length < every.length);
      if (!isProduct) return null;
      const label = (axis: number): string => `a${x.shape.length + axis}`;
      const result = axesWithout(x.shape.length, axes).map(label);
      return contract(b, [p.source, p.axes.map(label)], [q.source, q.axes.map(label)], result);
    },
  },
  {
    name: "scatter-one",
    law: "x at row i of zeros is select(i = k, x, 0)",
    soundness: "exact",
    on: ["scatter_add"],
    apply: (node, { b }) => {
      if (!is(node, "scatter_add")) return null;
      const [indices, x] = node.operands;
      const { batch, size } = node.attributes;
      if (indices.shape.length !== batch || x.shape.length !== batch) return null;
      const shape = node.shape;
      const rows = axesWithout(shape.length, [-1]);
      const numbers = b.create("iota", [], { size });
      const spread = (part: Node): Node => b.create("broadcast", [part], { shape, axes: rows });
      const numbered = shape.length === 1 ? numbers : b.create("broadcast", [numbers], { shape, axes: [-1] });
      return select(b, equalTo(b, spread(indices), numbered), spread(x), 0);
    },
  },
];

/** Both operands with labels, where they have no other axes. */
function operandsOf(node: AnyNode): readonly Labelled[] | null {
  if (node.primitive !== "contract") return null;
  const { left, right } = node.attributes;
  const [x, y] = node.operands;
  if (x.shape.length !== left.length || y.shape.length !== right.length) return null;
  return [
    { node: x, labels: left },
    { node: y, labels: right },
  ];
}

function resultOf(node: AnyNode): readonly string[] {
  return node.primitive === "contract" ? node.attributes.result : [];
}

function untransposed({ node, labels }: Labelled): Labelled {
  if (!is(node, "transpose")) return { node, labels };
  const { permutation } = node.attributes;
  const lead = labels.length - permutation.length;
  const own = [...labels];
  permutation.forEach((axis, k) => (own[labels.length + axis] = labels[lead + k]));
  return { node: node.operands[0], labels: own };
}

function chooseBy({ b, facts }: RuleContext, hot: Labelled, x: Labelled, result: readonly string[]): Node | null {
  if (x.node.element === "bool") return null;
  const label = (axis: number): string => hot.labels[hot.labels.length + axis];
  for (const { indices, axes, axis } of asOneHot(hot.node, facts)) {
    const chosen = choose(b, { indices, labels: axes.map(label), numbered: label(axis) }, x.node, x.labels, result);
    if (chosen !== null) return chosen;
  }
  return null;
}

/** The contraction without the labels along which x is constant; null if there are none. */
function leaveOut(context: RuleContext, node: Node, x: Labelled, y: Labelled): Node | null {
  const { b } = context;
  const repeated = asRepeated(x.node);
  if (repeated === null) return null;
  const result = resultOf(node as AnyNode);
  const own = repeated.axes.map((axis) => x.labels[x.labels.length + axis]);
  const gone = x.labels.filter((label) => !own.includes(label));
  if (gone.length === 0) return null;
  const summed = gone.filter((label) => y.labels.includes(label) && !result.includes(label));
  const axes = summed.map((label) => y.labels.indexOf(label) - y.labels.length);
  if (!mayLeaveSum(context, repeated.source, 1, sizesAt(y.node.shape, axes))) return null;
  const other: Labelled = {
    node: reduceSum(b, y.node, axes),
    labels: y.labels.filter((label) => !summed.includes(label)),
  };
  const kept = result.filter((label) => own.includes(label) || other.labels.includes(label));
  const inner = multiplyOut(b, { node: repeated.source, labels: own }, other, kept, sizesOf(x, y));
  const positions = kept.map((label) => result.indexOf(label) - result.length);
  return kept.length === result.length ? inner : b.create("broadcast", [inner], { shape: node.shape, axes: positions });
}

/** A contraction, or without labels to sum over an elementwise product. */
function multiplyOut(
  b: GraphBuilder,
  x: Labelled,
  y: Labelled,
  result: readonly string[],
  sizes: ReadonlyMap<string, Dim>,
): Node {
  // A label that is summed over stands in both.
  const isSum = x.labels.some((label) => !result.includes(label));
  if (isSum) return contract(b, [x.node, x.labels], [y.node, y.labels], result);
  // An outer product stays a contraction: kernels for it need no copies.
  const isOuter = ![x, y].some(({ labels }) => labels.length === result.length);
  if (isOuter) return contract(b, [x.node, x.labels], [y.node, y.labels], result);
  const shape = result.map((label) => sizes.get(label)).filter((size) => size !== undefined);
  const spread = ({ node, labels }: Labelled): Node => {
    const ordered = result.filter((label) => labels.includes(label));
    const turned = arrange(b, node, labels, ordered);
    if (ordered.length === result.length) return turned;
    return b.create("broadcast", [turned], {
      shape,
      axes: ordered.map((label) => result.indexOf(label) - result.length),
    });
  };
  return mul(b, spread(x), spread(y));
}

function sizesOf(...parts: readonly Labelled[]): ReadonlyMap<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const { node, labels } of parts) labels.forEach((label, k) => sizes.set(label, node.shape[k]));
  return sizes;
}
