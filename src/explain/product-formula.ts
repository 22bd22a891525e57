/** Products and quotients that are one function in the language: softmax, and numbers of a one-hot vector. */
import { equal } from "../ir/dim.ts";
import { constantValue, is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { call, number, product, quotient, type Formula } from "./formula.ts";
import { oneHotOf } from "./view-formula.ts";

/** A node written as a formula of several nodes that are not its operands. */
export interface Reading {
  readonly of: readonly Node[];
  readonly formula: (parts: readonly Formula[]) => Formula;
}

/** How such a product is written; null for any other node. */
export function readingOf(node: Node): Reading | null {
  if (is(node, "select")) return chosenClass(node);
  return is(node, "multiply") || is(node, "divide") ? softmaxProduct(node) : null;
}

/** if i == arange(n) then c else 0, for a number c: c * one_hot(i, n). */
function chosenClass(node: Node<"select">): Reading | null {
  const [condition, then, otherwise] = node.operands;
  const classes = constantValue(otherwise) === 0 ? oneHotOf(condition) : null;
  const scale = is(then, "broadcast") ? then.operands[0] : then;
  if (classes === null || scale.shape.length > 0) return null;
  return {
    of: [scale, classes.of],
    formula: ([c, i]) => product([c, classes.formula(i)]),
  };
}

interface Factors {
  readonly over: Node[];
  readonly under: Node[];
}

/** exp(z - max(z)) / sum(exp(z - max(z))) * c: c * softmax(z), for numbers c. */
function softmaxProduct(node: Node): Reading | null {
  const factors: Factors = { over: [], under: [] };
  collect(node, false, factors);
  for (const [k, numerator] of factors.over.entries()) {
    if (!is(numerator, "exp")) continue;
    const at = factors.under.findIndex((other) => is(other, "reduce_sum") && other.operands[0] === numerator);
    const total = factors.under.at(at);
    if (at < 0 || total === undefined || !is(total, "reduce_sum") || total.attributes.axes.length !== 1) continue;
    const [axis] = total.attributes.axes;
    const over = factors.over.filter((_, j) => j !== k);
    const under = factors.under.filter((_, j) => j !== at);
    if ([...over, ...under].some((other) => !fits(other, node))) continue;
    const z = withoutMaximum(numerator.operands[0], axis);
    return {
      of: [z, ...over, ...under],
      formula: ([first, ...rest]) => {
        const softmax = axis === -1 ? call("softmax", first) : call("softmax", first, number(axis));
        const top = product([...rest.slice(0, over.length), softmax]);
        return under.length === 0 ? top : quotient(top, product(rest.slice(over.length)));
      },
    };
  }
  return null;
}

/** The factors above and below the fraction bar; what is stretched over an axis is looked into. */
function collect(root: Node, isUnder: boolean, { over, under }: Factors): void {
  const pending: [Node, boolean][] = [[root, isUnder]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, below] = next;
    if (is(node, "multiply")) pending.push([node.operands[1], below], [node.operands[0], below]);
    else if (is(node, "divide")) pending.push([node.operands[1], !below], [node.operands[0], below]);
    else if (is(node, "broadcast")) pending.push([node.operands[0], below]);
    else (below ? under : over).push(node);
  }
}

/** True for a factor that stands for itself in the product: a number, or a tensor of the product's shape. */
function fits(factor: Node, whole: Node): boolean {
  if (factor.shape.length === 0) return true;
  return factor.shape.length === whole.shape.length && factor.shape.every((dim, k) => equal(dim, whole.shape[k]));
}

/** z of z - max(z): the shift changes no softmax. */
function withoutMaximum(shifted: Node, axis: number): Node {
  if (!is(shifted, "subtract")) return shifted;
  const [z, top] = shifted.operands;
  const maximum = is(top, "broadcast") ? top.operands[0] : top;
  const isTop = is(maximum, "reduce_max") && maximum.operands[0] === z && maximum.attributes.axes[0] === axis;
  return isTop && maximum.attributes.axes.length === 1 ? z : shifted;
}
