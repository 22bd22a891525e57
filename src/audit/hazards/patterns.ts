/** What hazards look for in a graph. */
import { constantValue, is, topological } from "../../ir/expressions.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";
import type { Surroundings } from "./hazard.ts";

const movements: ReadonlySet<PrimitiveName> = new Set([
  "broadcast",
  "reshape",
  "transpose",
  "slice",
  "gather",
  "window",
  "stored",
  "stop_gradient",
]);

/** The node whose entries these are. */
export function source(node: Node): Node {
  let at = node;
  while (movements.has(at.primitive)) at = at.operands[0];
  return at;
}

/** A number that no input reaches: a constant, or made of sizes. */
function isFixed(node: Node): boolean {
  return constantValue(node) !== null || !topological([node]).some((at) => is(at, "parameter"));
}

/** Without factors and divisors that no input reaches. */
export function unscaled(node: Node): Node {
  let at = source(node);
  for (;;) {
    const [p, q] = at.operands;
    if ((is(at, "multiply") || is(at, "divide")) && isFixed(q)) at = source(p);
    else if (is(at, "multiply") && isFixed(p)) at = source(q);
    else return at;
  }
}

/** An input, perhaps scaled: what values it takes is the caller's business. What training moves may take any. */
export function given(node: Node, { trained }: Surroundings): boolean {
  const at = unscaled(node);
  return is(at, "parameter") && !trained.has(at);
}

/** The nodes that read a node, through movements. */
export function readers(node: Node, around: Surroundings): readonly Node[] {
  return (around.users.get(node) ?? []).flatMap((user) =>
    movements.has(user.primitive) ? readers(user, around) : [user],
  );
}

export function sumOfExponentials(node: Node): boolean {
  const at = source(node);
  return is(at, "reduce_sum") && is(source(at.operands[0]), "exp");
}

/** The sum of squares, of a tensor or of two numbers. */
export function sumOfSquares(node: Node): boolean {
  const at = source(node);
  if (is(at, "add")) return at.operands.every((x) => isPair(factorsOf(x)));
  return isPair(summedProduct(at));
}

type Pair = readonly [Node, Node];

function isPair(pair: Pair | null): boolean {
  return pair !== null && pair[0] === pair[1];
}

/** x and y of x * y, x twice of x^2. */
function factorsOf(node: Node): Pair | null {
  const at = unscaled(node);
  if (is(at, "power_integer") && at.attributes.exponent === 2) return [unscaled(at.operands[0]), unscaled(at.operands[0])]; // prettier-ignore
  return is(at, "multiply") ? [unscaled(at.operands[0]), unscaled(at.operands[1])] : null;
}

/** x and y of sum(x * y), perhaps scaled. */
function summedProduct(node: Node): Pair | null {
  const at = unscaled(node);
  if (is(at, "contract")) return [unscaled(at.operands[0]), unscaled(at.operands[1])];
  return is(at, "reduce_sum") ? factorsOf(at.operands[0]) : null;
}

/** x and y of sum(x) * sum(y), perhaps scaled. */
function productOfSums(node: Node): Pair | null {
  const factors = factorsOf(node);
  if (factors === null) return null;
  const [p, q] = factors;
  return is(p, "reduce_sum") && is(q, "reduce_sum") ? [unscaled(p.operands[0]), unscaled(q.operands[0])] : null;
}

/** mean(x * y) - mean(x) * mean(y), in either order: `variance` where y is x; null for anything else. */
export function momentDifference(node: Node): "variance" | "covariance" | null {
  if (!is(node, "subtract")) return null;
  const [left, right] = node.operands;
  for (const [p, q] of [[left, right], [right, left]] as const) {
    const [moment, sums] = [summedProduct(p), productOfSums(q)];
    if (moment === null || sums === null) continue;
    const [x, y] = moment;
    if ((sums[0] === x && sums[1] === y) || (sums[0] === y && sums[1] === x)) return x === y ? "variance" : "covariance"; // prettier-ignore
  } // prettier-ignore
  return null;
}

/** What the sum of exponentials stands for, `softmax` or `logsumexp`, and the node that is it; null for nothing of the two. */
export function stableSum(
  node: Node,
  around: Surroundings,
): { readonly name: "softmax" | "logsumexp"; readonly whole: Node } | null {
  for (const sum of readers(node, around)) {
    if (!is(sum, "reduce_sum")) continue;
    for (const reader of readers(sum, around)) {
      if (is(reader, "divide") && source(reader.operands[0]) === node) return { name: "softmax", whole: reader };
      if (is(reader, "log")) return { name: "logsumexp", whole: reader };
    }
  }
  return null;
}

/** x * log(x), or a sum of it, where `node` is the logarithm; null for anything else. */
export function timesItsArgument(node: Node, around: Surroundings): Node | null {
  const x = unscaled(node.operands[0]);
  const found = readers(node, around).find(
    (reader) =>
      (is(reader, "multiply") || is(reader, "contract")) && reader.operands.some((factor) => unscaled(factor) === x),
  );
  return found ?? null;
}
