/** Lifting of loops: every round's body is lifted. */
import type { GraphBuilder } from "./builder.ts";
import type { Shape } from "./dim.ts";
import { and, zerosLike } from "./expressions.ts";
import type { Loop, Node } from "./graph.ts";
import { addLeading, lift } from "./lift.ts";
import {
  FreshParameters,
  allParameters,
  bodyParameters,
  bodyRoots,
  depends,
  partOperands,
  varyingCarries,
} from "./loop-parts.ts";

/**
 * The loop over operands of which those that vary have leading axes. All of its results are lifted. In a stacked tensor
 * the loop's axis stays the first one, the new axes come after it; operands and results are transposed accordingly, so
 * results are read with `loop_result` nodes made by `liftResult`. Where entries end after different numbers of rounds the
 * loop runs as long as any of them; what has ended keeps its carries.
 */
export function liftLoop(
  b: GraphBuilder,
  loop: Node<"loop">,
  operands: readonly Node[],
  varies: readonly boolean[],
  leading: Shape,
): Node {
  const { record } = loop.attributes;
  const fresh = new FreshParameters(b, allParameters(record));
  const parameters = bodyParameters(record);
  const values = partOperands(record, operands);
  const changes = partOperands(record, varies);
  const moving = movingParameters(record, varies);
  const endsApart = changes.count.includes(true) || endsWith(record, moving);
  // What has ended keeps its carries: each entry has carries of its own.
  if (endsApart) record.carries.forEach((_, k) => (moving[k] = true));
  const lifted = parameters.map((p, k) =>
    moving[k] ? fresh.create(`lifted.${p.attributes.name}`, [...leading, ...p.shape], p.element) : p,
  );
  const replaced = new Map<Node, Node>();
  parameters.forEach((p, k) => {
    if (lifted[k] !== p) replaced.set(p, lifted[k]);
  });
  const roots = bodyRoots(record);
  const varying = depends(roots, [...replaced.keys()]);
  const found = lift(b, roots, replaced, leading);
  const everywhere = roots.map((_, k) => (varying[k] ? found[k] : addLeading(b, found[k], leading)));
  const next = record.next.map((_, k) => (moving[k] ? everywhere[k] : found[k]));
  const outputs = record.stackedOutputs.map((_, k) => everywhere[next.length + k]);
  const isMoving = partOperands(record, moving);
  const carries = values.carries.map((x, k) =>
    isMoving.carries[k] && !changes.carries[k] ? addLeading(b, x, leading) : x,
  );
  const stacked = values.stacked.map((x, k) => (changes.stacked[k] ? moveAxis(b, x, leading.length, 0) : x));
  const parts = partOperands(record, lifted);
  const body = { ...record, carries: parts.carries, stackedInputs: parts.stacked, invariants: parts.invariants };
  if (!endsApart) {
    const condition = record.condition === null ? null : found[roots.length - 1];
    return b.create("loop", [...carries, ...stacked, ...values.invariants, ...values.count], {
      record: { ...body, next, stackedOutputs: outputs, condition },
    });
  }
  // Whether an entry runs this round.
  const runs: Node[] = record.condition === null ? [] : [everywhere[roots.length - 1]];
  const [count] = values.count;
  const counts: Node[] = [];
  const limits: Node<"parameter">[] = [];
  if (changes.count.includes(true)) {
    const limit = fresh.create("rounds", leading, "index");
    limits.push(limit);
    runs.push(b.create("less", [addLeading(b, record.index, leading), limit], {}));
    counts.push(b.create("reduce_max", [count], { axes: leading.map((_, k) => k - leading.length) }));
  } else counts.push(...values.count);
  const running = runs.reduce((p, q) => and(b, p, q));
  const whole = (to: Node): Node => {
    const axes = leading.map((_, k) => k - to.shape.length);
    return b.create("broadcast", [running], { shape: to.shape, axes });
  };
  const chosen = (then: Node, otherwise: Node): Node => b.create("select", [whole(then), then, otherwise], {});
  return b.create("loop", [...carries, ...stacked, ...values.invariants, ...limits.map(() => count), ...counts], {
    record: {
      ...body,
      invariants: [...parts.invariants, ...limits],
      next: next.map((node, k) => chosen(node, parts.carries[k])),
      stackedOutputs: outputs.map((node) => chosen(node, zerosLike(b, node))),
      condition:
        record.condition === null
          ? null
          : b.create("reduce_max", [running], { axes: leading.map((_, k) => k - leading.length) }),
    },
  });
}

function movingParameters(record: Loop, varies: readonly boolean[]): boolean[] {
  const moving = [...varies];
  varyingCarries(record, varies, depends).forEach((is, k) => (moving[k] = is));
  return moving;
}

/** Whether the condition depends on what varies. */
function endsWith(record: Loop, moving: readonly boolean[]): boolean {
  if (record.condition === null) return false;
  return depends([record.condition], bodyParameters(record).filter((_, k) => moving[k]))[0]; // prettier-ignore
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
