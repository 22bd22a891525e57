/** `cumsum` and `cumprod`: running sums and products along an axis, one round of a loop an entry. */
import { constant, type Dim } from "../../ir/dim.ts";
import { add, like, mul, transpose } from "../../ir/expressions.ts";
import type { Loop, Node } from "../../ir/graph.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic, IntrinsicContext } from "./intrinsic.ts";
import { number, sizeOf, tensor } from "./support.ts";

const parameters = [
  { name: "x", kind: "tensor" },
  { name: "axis", kind: "axis", default: { kind: "dim", dim: constant(-1) } },
] as const;

/** Entry k is that of entries 0 .. k, put together from `start` on; integers stay integers. */
function cumulative(name: string, start: number, combine: typeof add): Intrinsic {
  return define(name, parameters, ({ builder: b }: IntrinsicContext, { x, axis }) => {
    const values = number(b, x.node);
    const rank = values.shape.length;
    const order = values.shape.map((_, k) => k - rank).filter((k) => k !== axis);
    const rows = transpose(b, values, [axis, ...order]);
    const shape = rows.shape.slice(1);
    const parameter = (named: string, own: Node["element"], of: readonly Dim[]): Node<"parameter"> =>
      b.create("parameter", [], { name: named, type: { element: own, shape: of }, bound: null, held: "array" });
    const carry = parameter("total", values.element, shape);
    const row = parameter("slice", values.element, shape);
    const next = combine(b, carry, row);
    const record: Loop = {
      trip: sizeOf(values, axis),
      counted: false,
      condition: null,
      reverse: false,
      recompute: false,
      index: parameter(`i ${b.size}`, "index", []),
      carries: [carry],
      stackedInputs: [row],
      invariants: [],
      next: [next],
      stackedOutputs: [next],
    };
    const loop = b.create("loop", [like(b, start, carry), rows], { record });
    const stacked = b.create("loop_result", [loop], { index: 1 });
    // Back to where the axis was.
    const back = values.shape.map((_, k) => (k - rank === axis ? -rank : order.indexOf(k - rank) + 1 - rank));
    return tensor(transpose(b, stacked, back));
  });
}

export const cumulativeIntrinsics: readonly Intrinsic[] = [cumulative("cumsum", 0, add), cumulative("cumprod", 1, mul)];
