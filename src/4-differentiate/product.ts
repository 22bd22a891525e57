/** Products of adjoints or tangents with partials, guarded where a value was not selected. */
import { constantValue, contract, like, mul, neg, select } from "../ir/expressions.ts";
import { shapesEqual } from "../ir/dim.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import type { Context } from "./context.ts";
import { anyOver, spread } from "./support.ts";

/**
 * x * y, null for zero. Where a factor is not provably finite and the other is 0 because a value was not selected, the
 * product is 0 and not NaN.
 */
export function times(context: Context, x: Node, y: Node): Node | null {
  const { b } = context;
  const p = constantValue(x);
  const q = constantValue(y);
  if (p === 0 || q === 0) return null;
  if (p === 1) return y;
  if (q === 1) return x;
  if (p === -1) return neg(b, y);
  if (q === -1) return neg(b, x);
  const product = mul(b, x, y);
  const support = context.facts.of(product).finite ? null : supportOfProduct(context, x, y);
  return support === null ? product : select(b, support, product, 0);
}

/** Where x is not finite, y's support decides whether the product counts, and the other way round. */
function supportOfProduct(context: Context, x: Node, y: Node): Node | null {
  const { facts, b } = context;
  const ofY = facts.of(x).finite ? null : supportOf(context, y);
  const ofX = facts.of(y).finite ? null : supportOf(context, x);
  if (ofX === null || ofY === null || ofX === ofY) return ofX ?? ofY;
  return b.create("and", [ofX, ofY], {});
}

/** The support of an adjoint or tangent. Where a value itself is 0, nothing was left out. */
function supportOf({ supports, unconditional }: Context, node: Node): Node | null {
  return unconditional.has(node) ? null : supports.of(node);
}

/** x + y, where null is zero. */
export function plus(context: Context, x: Node | null, y: Node | null): Node | null {
  if (x === null || y === null) return x ?? y;
  return context.b.create("add", [x, y], {});
}

/** The node, or zeros of the type of `model`. */
export function orZeros(context: Context, node: Node | null, model: Node): Node {
  return node ?? like(context.b, 0, model, "real");
}

/** What a bilinear rule built, guarded: a product of adjoints or tangents with values. */
export function guarded(context: Context, node: Node): Node | null {
  if (node.primitive === "multiply") return times(context, node.operands[0], node.operands[1]);
  if (node.primitive === "solve" || node.primitive === "triangular_solve") return guardedSolution(context, node);
  return guardedContraction(context, node);
}

/**
 * A contraction of which one operand is not provably finite and the other has a support: entries of the first that meet
 * only zeros of the second become 0.
 */
function guardedContraction(context: Context, node: Node): Node {
  const contraction = node as AnyNode;
  if (contraction.primitive !== "contract") return node;
  const { b, facts, unconditional } = context;
  const { left, right, result } = contraction.attributes;
  const [x, y] = contraction.operands;
  if (x.shape.length !== left.length || y.shape.length !== right.length) return node;
  const masked = (p: Node, labels: readonly string[], q: Node, others: readonly string[]): Node => {
    // A factor that is read anyway, whatever branch is taken, needs no guard: were it infinite, the value would be too.
    const safe = unconditional.has(p) || facts.of(p).finite;
    const support = safe ? null : supportOf(context, q);
    if (support === null) return p;
    const axes = others.flatMap((label, k) => (labels.includes(label) ? [] : [k - others.length]));
    const met = anyOver(b, support, axes);
    const shared = others.filter((label) => labels.includes(label));
    return select(b, spread(b, met, shared, labels, p.shape), p, 0);
  };
  const p = masked(x, left, y, right);
  const q = masked(y, right, x, left);
  return p === x && q === y ? node : contract(b, [p, left], [q, right], result);
}

/**
 * A solution is 0 where nothing of its right side was selected: with a singular matrix it would be NaN. (A matrix that is
 * read whichever branches are taken may be singular in one of them all the same.)
 */
function guardedSolution(context: Context, node: Node): Node {
  const { b } = context;
  const right = node.operands[node.operands.length - 1];
  const support = supportOf(context, right);
  if (support === null) return node;
  const any = anyOver(b, support, [-2, -1]);
  const axes = any.shape.map((_, k) => k - any.shape.length - 2);
  return select(b, b.create("broadcast", [any], { shape: node.shape, axes }), node, 0);
}

/** @internal A check on rules: a cotangent has the shape of what it belongs to. */
export function checkShape(cotangent: Node, node: Node, by: Node): void {
  if (shapesEqual(cotangent.shape, node.shape)) return;
  throw new Error(`internal: the rule of ${by.primitive} gives a cotangent of another shape than its operand`);
}
