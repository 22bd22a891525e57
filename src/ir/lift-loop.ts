/** Lifting of loops: every round's body is lifted. */
import type { GraphBuilder } from "./builder.ts";
import type { Shape } from "./dim.ts";
import type { Node } from "./graph.ts";
import { addLeading, lift } from "./lift.ts";
import { FreshParameters, bodyParameters, bodyResults, depends, partOperands, varyingCarries } from "./loop-parts.ts";

/**
 * The loop over operands of which those that vary have leading axes. All of its results are lifted. In a stacked tensor
 * the loop's axis stays the first one, the new axes come after it; operands and results are transposed accordingly, so
 * results are read with `loop_result` nodes made by `liftResult`.
 */
export function liftLoop(
  b: GraphBuilder,
  loop: Node<"loop">,
  operands: readonly Node[],
  varies: readonly boolean[],
  leading: Shape,
): Node {
  const { record } = loop.attributes;
  const fresh = new FreshParameters(b, record);
  const moving = [...varies];
  varyingCarries(record, varies, depends).forEach((is, k) => (moving[k] = is));
  const parameters = bodyParameters(record);
  const lifted = parameters.map((p, k) =>
    moving[k] ? fresh.create(`lifted.${p.attributes.name}`, [...leading, ...p.shape], p.element) : p,
  );
  const replaced = new Map<Node, Node>();
  parameters.forEach((p, k) => {
    if (lifted[k] !== p) replaced.set(p, lifted[k]);
  });
  const bodies = bodyResults(record).map((root, k) => {
    const [node] = lift(b, [root], replaced, leading);
    const isLifted = depends([root], [...replaced.keys()])[0];
    return !isLifted && (k >= record.next.length || moving[k]) ? addLeading(b, node, leading) : node;
  });
  const values = partOperands(record, operands);
  const isMoving = partOperands(record, moving);
  const changes = partOperands(record, varies);
  const carries = values.carries.map((x, k) =>
    isMoving.carries[k] && !changes.carries[k] ? addLeading(b, x, leading) : x,
  );
  const stacked = values.stacked.map((x, k) => (changes.stacked[k] ? moveAxis(b, x, leading.length, 0) : x));
  const parts = partOperands(record, lifted);
  const count = record.next.length;
  return b.create("loop", [...carries, ...stacked, ...values.invariants], {
    record: {
      ...record,
      carries: parts.carries,
      stackedInputs: parts.stacked,
      invariants: parts.invariants,
      next: bodies.slice(0, count),
      stackedOutputs: bodies.slice(count),
    },
  });
}

/** A result of a lifted loop, with the leading axes in front. */
export function liftResult(b: GraphBuilder, loop: Node<"loop">, original: Node<"loop_result">, leading: Shape): Node {
  const { index } = original.attributes;
  const node = b.create("loop_result", [loop], { index });
  if (index >= loop.attributes.record.carries.length) return moveAxis(b, node, 0, leading.length);
  return node.shape.length === original.shape.length ? addLeading(b, node, leading) : node;
}

/** `x` with axis `from` (counted from the front) moved to place `to`. */
function moveAxis(b: GraphBuilder, x: Node, from: number, to: number): Node {
  const rank = x.shape.length;
  const order = x.shape.map((_, k) => k - rank);
  const [axis] = order.splice(from, 1);
  order.splice(to, 0, axis);
  return order.every((a, k) => a === k - rank) ? x : b.create("transpose", [x], { permutation: order });
}
