/**
 * Lifting: an expression evaluated for many values of some of its nodes at once. A lifted node has extra leading axes;
 * every primitive takes these as a batch, because axes are counted from the end. Operands that do not vary are broadcast
 * where a primitive wants equal shapes.
 */
import type { Shape } from "./dim.ts";
import type { GraphBuilder } from "./builder.ts";
import type { AnyNode, Node } from "./graph.ts";
import { is } from "./expressions.ts";
import { recordOf } from "./facts.ts";
import { liftLoop, liftResult } from "./lift-loop.ts";

export interface LiftOptions {
  /** Hears of each node that a lifted one takes the place of. */
  readonly onLift?: (from: Node, to: Node) => void;
  /** Random numbers among what is lifted are drawn anew for each entry of the leading axes. */
  readonly draws?: boolean;
}

/**
 * The roots where each key of `lifted` takes the values of its entry, of shape `leading` + its own. A result that does
 * not vary is the root itself, without leading axes.
 */
export function lift(
  b: GraphBuilder,
  roots: readonly Node[],
  lifted: ReadonlyMap<Node, Node>,
  leading: Shape,
  options: LiftOptions = {},
): readonly Node[] {
  const done = new Map<Node, Node>(lifted);
  for (const node of dependents(roots, lifted)) {
    if (done.has(node)) continue;
    const found = liftedOver(b, node, done, lifted, leading, options);
    if (found === null) continue;
    options.onLift?.(node, found);
    done.set(node, found);
  }
  return roots.map((root) => done.get(root) ?? root);
}

/** Null where the node does not vary. `done`: what does, lifted. */
function liftedOver(
  b: GraphBuilder,
  node: Node,
  done: ReadonlyMap<Node, Node>,
  lifted: ReadonlyMap<Node, Node>,
  leading: Shape,
  options: LiftOptions,
): Node | null {
  if (is(node, "random") && options.draws === true) {
    const { site, shape } = node.attributes;
    return b.create("random", node.operands, { site, shape: [...leading, ...shape] });
  }
  const varies = node.operands.map((operand) => done.has(operand));
  if (!varies.includes(true)) return null;
  const operands = node.operands.map((operand) => done.get(operand) ?? operand);
  const any = node as AnyNode;
  switch (any.primitive) {
    case "gradient":
    case "jvp":
    case "jacobian":
      return liftRequest(b, any, done, lifted, leading, options);
    default:
      return liftNode(b, any, operands, varies, leading);
  }
}

/**
 * A derivative of y by the name x, for each entry of the leading axes: entries do not mix, so it is that of all y by all x.
 * Where x is one and the same for all of them, each gets an x of its own.
 */
function liftRequest(
  b: GraphBuilder,
  request: Node<"gradient"> | Node<"jvp"> | Node<"jacobian">,
  done: ReadonlyMap<Node, Node>,
  lifted: ReadonlyMap<Node, Node>,
  leading: Shape,
  options: LiftOptions,
): Node {
  const [y, x, v] = request.operands;
  const everywhere = (node: Node): Node => done.get(node) ?? addLeading(b, node, leading);
  let [of, by] = [everywhere(y), done.get(x)];
  if (by === undefined) {
    by = b.mark(addLeading(b, x, leading), is(x, "mark") || is(x, "parameter") ? x.attributes.name : "x");
    const [found] = lift(b, [y], new Map([...lifted, [x, by]]), leading, options);
    of = found === y ? addLeading(b, y, leading) : found;
  }
  if (is(request, "jvp")) return b.create("jvp", [of, by, everywhere(v)], {});
  if (is(request, "jacobian")) {
    return b.create("jacobian", [of, by], { batch: request.attributes.batch + leading.length });
  }
  const axes = leading.map((_, k) => k - leading.length);
  return b.create("gradient", [leading.length === 0 ? of : b.create("reduce_sum", [of], { axes }), by], {});
}

/** What the roots depend on and is not older than all of the lifted nodes, ascending. */
function dependents(roots: readonly Node[], lifted: ReadonlyMap<Node, Node>): Node[] {
  let oldest = Infinity;
  for (const node of lifted.keys()) oldest = Math.min(oldest, node.id);
  const seen = new Set<Node>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || node.id < oldest) continue;
    seen.add(node);
    if (!lifted.has(node)) stack.push(...node.operands);
  }
  return [...seen].sort((p, q) => p.id - q.id);
}

/** A node over operands of which those that vary have the leading axes. */
export function liftNode(
  b: GraphBuilder,
  node: AnyNode,
  operands: readonly Node[],
  varies: readonly boolean[],
  leading: Shape,
): Node {
  const n = leading.length;
  const everywhere = (): Node[] => operands.map((x, k) => (varies[k] ? x : addLeading(b, x, leading)));
  switch (node.primitive) {
    case "broadcast": {
      const { shape, axes } = node.attributes;
      if (node.operands[0].shape.length !== axes.length) return b.withOperands(node, operands);
      const lead = leading.map((_, k) => k - n - shape.length);
      return b.create("broadcast", operands, { shape: [...leading, ...shape], axes: [...lead, ...axes] });
    }
    case "contract": {
      const { left, right, result } = node.attributes;
      // Axes that the contraction has no labels for are a batch: they get some, so that the leading ones may differ.
      const batch = node.operands[0].shape.length - left.length;
      const labels = freshLabels(n + batch, [...left, ...right, ...result]);
      const own = (k: number): string[] => (varies[k] ? labels : labels.slice(n));
      return b.create("contract", operands, {
        left: [...own(0), ...left],
        right: [...own(1), ...right],
        result: [...labels, ...result],
      });
    }
    case "gather": {
      // Indices alone may have more axes than the table, in front of all others.
      if (!varies[0] && node.attributes.batch === 0) return b.create("gather", operands, node.attributes);
      return b.create("gather", everywhere(), { batch: node.attributes.batch + n });
    }
    case "scatter_add":
      return b.create("scatter_add", everywhere(), {
        batch: node.attributes.batch + n,
        size: node.attributes.size,
      });
    case "loop":
      return liftLoop(b, node, operands, varies, leading);
    case "loop_result":
      return liftResult(b, operands[0] as Node<"loop">, node, leading);
    case "mark":
      return b.mark(operands[0], node.attributes.name);
    default:
      // The rest takes leading axes of all its operands as a batch.
      return b.withOperands(node, recordOf(b, node).arity === 1 ? operands : everywhere());
  }
}

/** `x` repeated along new leading axes. */
export function addLeading(b: GraphBuilder, x: Node, leading: Shape): Node {
  if (leading.length === 0) return x;
  const axes = x.shape.map((_, k) => k - x.shape.length);
  return b.create("broadcast", [x], { shape: [...leading, ...x.shape], axes });
}

function freshLabels(count: number, used: readonly string[]): string[] {
  const labels: string[] = [];
  for (let k = 0; labels.length < count; k++) if (!used.includes(`v${k}`)) labels.push(`v${k}`);
  return labels;
}
