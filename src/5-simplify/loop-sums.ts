/**
 * Sums over the rounds of a loop that are one product. The reverse pass of a loop adds outer(x_t, delta_t) to the gradient of
 * a weight each round: with x and delta stacked, the sum is a product of two matrices over all rounds, which walks the
 * weight once.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import { multiply } from "../ir/dim.ts";
import { add, constantValue, is, neg, reshape, sub, topological } from "../ir/expressions.ts";
import type { Loop, Node } from "../ir/graph.ts";
import { lift, liftNode } from "../ir/lift.ts";
import { bodyRoots, dependents, partOperands } from "../ir/loop-parts.ts";
import { estimateElements } from "../ir/cost.ts";

/** Below so many elements a sum stays in the loop, where its rounds may be straight-line code over numbers. */
const leastElements = 64;

/** One of the products that a round adds to a carry. */
interface Term {
  readonly product: Node<"contract">;
  /** 1 where it is added, -1 where it is taken off. */
  readonly sign: number;
}

interface Split {
  /** What is summed up outside. */
  readonly terms: readonly Term[];
  /** What the carry still adds up; null for nothing. */
  readonly next: Node | null;
}

/** A node for each result of a loop. */
type Results = (index: number) => Node;

/**
 * The results of a loop over a loop that does not add up products where stacking what they are made of costs no more than
 * the sum does; null if it has no such sums. Rounds must all run: rows of others may hold anything. Where rounds are
 * computed again to save room nothing more is stacked.
 */
export function sumsOutside(b: GraphBuilder, loop: Node<"loop">): Results | null {
  const { record } = loop.attributes;
  // What is computed again is not to be kept for all rounds.
  if (record.counted || record.condition !== null || record.recompute) return null;
  const splits = record.carries.map((_, k) => splitOf(b, record, k));
  if (splits.every((split) => split === null)) return null;

  const { carries, stacked, invariants } = partOperands(record, loop.operands);
  const kept = record.carries.map((_, k) => k).filter((k) => splits[k]?.next !== null);
  const outputs = [...record.stackedOutputs];
  const asked = splits.flatMap((split) => split?.terms.flatMap(({ product }) => product.operands) ?? []);
  for (const node of asked) {
    const given = sourceOf(record, node);
    if (given === null && !outputs.includes(node)) outputs.push(node);
  }
  const slim: Loop = {
    ...record,
    carries: kept.map((k) => record.carries[k]),
    next: kept.map((k) => splits[k]?.next ?? record.next[k]),
    stackedOutputs: outputs,
  };
  const read = new Set(topological(bodyRoots(slim)));
  const rows = record.stackedInputs.map((p, k) => [p, stacked[k]] as const).filter(([p]) => read.has(p));
  const fixed = record.invariants.map((p, k) => [p, invariants[k]] as const).filter(([p]) => read.has(p));
  const made = b.create(
    "loop",
    [...kept.map((k) => carries[k]), ...rows.map(([, node]) => node), ...fixed.map(([, node]) => node)],
    { record: { ...slim, stackedInputs: rows.map(([p]) => p), invariants: fixed.map(([p]) => p) } },
  );
  const result = (index: number): Node => b.create("loop_result", [made], { index });

  const sources = new Map<Node, Node>(record.stackedInputs.map((p, k) => [p, stacked[k]]));
  const stackOf = (node: Node): Node => {
    const source = sourceOf(record, node);
    if (source === null) return result(kept.length + outputs.indexOf(node));
    return lift(b, [node], sources, [record.trip])[0];
  };
  const sumOf = ({ product }: Term): Node => {
    const each = liftNode(b, product, product.operands.map(stackOf), [true, true], [record.trip]) as Node<"contract">;
    return overRounds(b, each);
  };
  return (index) => {
    if (index >= record.carries.length) return result(kept.length + index - record.carries.length);
    const split = splits[index];
    if (split === null) return result(kept.indexOf(index));
    const start = split.next === null ? carries[index] : result(kept.indexOf(index));
    return split.terms.reduce<Node>((total, term) => {
      const sum = sumOf(term);
      if (constantValue(total) === 0) return term.sign > 0 ? sum : neg(b, sum);
      return term.sign > 0 ? add(b, total, sum) : sub(b, total, sum);
    }, start);
  };
}

/**
 * A product of stacked operands summed over its first axis, which both have. Further axes that are summed over and stand
 * next to it in both operands become one with it, so that the sum is one loop.
 */
function overRounds(b: GraphBuilder, each: Node<"contract">): Node {
  const { left, right, result } = each.attributes;
  const isSummed = (label: string | undefined, k: number): boolean =>
    label !== undefined && label === right.at(k) && (k === 0 || !result.includes(label));
  let shared = 1;
  while (isSummed(left.at(shared), shared)) shared++;
  const operands = each.operands.map((operand) => {
    const axes = operand.shape.slice(0, shared);
    return reshape(b, operand, [axes.reduce(multiply), ...operand.shape.slice(shared)]);
  });
  const labels = { left: [left[0], ...left.slice(shared)], right: [right[0], ...right.slice(shared)] };
  return b.create("contract", operands, { ...labels, result: result.slice(1) });
}

/** The products of a carry's next value that are summed outside; null if there are none or something else reads the carry. */
function splitOf(b: GraphBuilder, record: Loop, index: number): Split | null {
  const carry = record.carries[index];
  const terms: Term[] = [];
  const rest: { node: Node; sign: number }[] = [];
  let found = 0;
  const pending = [{ node: record.next[index], sign: 1 }];
  for (let term = pending.pop(); term !== undefined; term = pending.pop()) {
    const { node, sign } = term;
    const [x, y] = node.operands;
    if (node === carry) {
      if (sign < 0) return null;
      found++;
    } else if (is(node, "add")) {
      pending.push({ node: y, sign }, { node: x, sign });
    } else if (is(node, "subtract")) {
      pending.push({ node: y, sign: -sign }, { node: x, sign });
    } else if (is(node, "contract") && paysOff(record, node)) {
      terms.push({ product: node, sign });
    } else rest.push(term);
  }
  if (found !== 1 || terms.length === 0) return null;
  const others = bodyRoots(record).filter((_, k) => k !== index);
  const used = dependents(
    [...others, ...rest.map(({ node }) => node), ...terms.map(({ product }) => product)],
    [carry],
  );
  if (used.size > 0) return null;
  if (rest.length === 0) return { terms, next: null };
  const next = rest.reduce<Node>((sum, { node, sign }) => (sign > 0 ? add(b, sum, node) : sub(b, sum, node)), carry);
  return { terms, next };
}

/** Whether both operands change from round to round, and what has to be stacked of a round is no larger than the product. */
function paysOff(record: Loop, product: Node<"contract">): boolean {
  const size = estimateElements(product.shape);
  if (size < leastElements || product.element !== "real") return false;
  const varying = dependents(product.operands, [record.index, ...record.carries, ...record.stackedInputs]);
  if (!product.operands.every((operand) => varying.has(operand))) return false;
  const isStacked = (node: Node): boolean => record.stackedOutputs.includes(node) || sourceOf(record, node) !== null;
  const made = new Set(product.operands.filter((operand) => !isStacked(operand)));
  return [...made].reduce((sum, { shape }) => sum + estimateElements(shape), 0) <= size;
}

const views: ReadonlySet<string> = new Set(["transpose", "slice", "reshape"]);

/** The stacked input that a node is a view of; null if it is none. */
function sourceOf(record: Loop, node: Node): Node | null {
  let base = node;
  while (views.has(base.primitive)) base = base.operands[0];
  return record.stackedInputs.find((p) => p === base) ?? null;
}
