/** Functions that join tensors or take them apart. Meanings are NumPy's. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { add, constant as dimConstant, constantOf, divideExact, equal, minimum, print, printShape, subtract } from "../../ir/dim.ts"; // prettier-ignore
import type { Dim } from "../../ir/dim.ts";
import { broadcastTo, convert, pad, reshape, select } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import type { TensorValue } from "../value.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { sliceAxis } from "./movement.ts";
import { axisOf, filled, integerOf, literal, promoted, sizeOf, tensor } from "./support.ts";

const zero = dimConstant(0);
const list = { name: "list", kind: "list" } as const;
const firstAxis = { name: "axis", kind: "dim", default: { kind: "dim", dim: zero } } as const;

/** The bound that all of the tensors have, or null. */
function commonBound(values: readonly TensorValue[]): Dim | null {
  const bound = values[0]?.bound ?? null;
  if (bound === null) return null;
  return values.every((value) => value.bound !== null && equal(value.bound, bound)) ? bound : null;
}

function join(b: GraphBuilder, nodes: readonly Node[], axis: number): Node {
  return nodes.length === 1 ? nodes[0] : b.create("concat", nodes, { axis });
}

/** @throws ShapeFault unless the shapes agree on every axis but `except`. */
function requireAgreement(nodes: readonly Node[], except: number | null, what: string): void {
  const [first] = nodes;
  nodes.forEach((node, k) => {
    const rank = first.shape.length;
    const fits =
      node.shape.length === rank && node.shape.every((dim, i) => i - rank === except || equal(dim, first.shape[i]));
    if (fits) return;
    const place = except === null ? "" : ` on the axes other than ${String(except)}`;
    throw new ShapeFault(
      `${what} needs equal shapes${place}: the first is ${printShape(first.shape)}, number ${String(k + 1)} is ${printShape(node.shape)}`,
    );
  });
}

/** Where each part of a split starts, and where the last ends. @throws ShapeFault if the parts are not equal. */
function cuts(size: Dim, sections: Dim | readonly Dim[]): readonly Dim[] {
  if ("terms" in sections) {
    const count = integerOf(sections, "the number of sections");
    if (count < 1) throw new ShapeFault(`${String(count)} sections`);
    const part = divideExact(size, sections);
    if (part === null)
      throw new ShapeFault(`an axis of ${print(size)} does not split into ${String(count)} equal sections`);
    const starts: Dim[] = [zero];
    for (let k = 0; k < count; k++) starts.push(add(starts[k], part));
    return starts;
  }
  // NumPy's slices: a place beyond the end is the end, a negative one counts from it.
  const places = sections.map((place) => {
    const known = constantOf(place);
    const from = known !== null && known < 0 ? add(size, place) : place;
    return minimum(from, size);
  });
  return [zero, ...places, size];
}

export const joiningIntrinsics: readonly Intrinsic[] = [
  define("concat", [list, firstAxis], ({ builder: b }, args) => {
    if (args.list.length === 0) throw new ShapeFault("concat of an empty list");
    const nodes = promoted(
      b,
      args.list.map((value) => value.node),
    );
    if (nodes.some((node) => node.shape.length === 0)) {
      throw new ShapeFault("concat joins tensors along an axis that they have; use stack for scalars");
    }
    const axis = axisOf(args.axis, nodes[0].shape.length);
    requireAgreement(nodes, axis, "concat");
    return tensor(join(b, nodes, axis), commonBound(args.list));
  }),

  define("stack", [list, firstAxis], ({ builder: b }, args) => {
    if (args.list.length === 0) throw new ShapeFault("stack of an empty list");
    const nodes = promoted(
      b,
      args.list.map((value) => value.node),
    );
    requireAgreement(nodes, null, "stack");
    const rank = nodes[0].shape.length + 1;
    const axis = axisOf(args.axis, rank);
    const shape = [...nodes[0].shape];
    shape.splice(rank + axis, 0, dimConstant(1));
    return tensor(
      join(
        b,
        nodes.map((node) => reshape(b, node, shape)),
        axis,
      ),
      commonBound(args.list),
    );
  }),

  define(
    "split",
    [
      { name: "x", kind: "tensor" },
      { name: "sections", kind: "sections" },
      { name: "axis", kind: "axis", default: { kind: "dim", dim: zero } },
    ],
    (context, { x: { node, bound }, sections, axis }) => {
      const starts = cuts(sizeOf(node, axis), sections);
      return starts.slice(1).map((end, k) => {
        const start = starts[k];
        context.require(end, ">=", start, `a part of split from ${print(start)} to ${print(end)}`);
        return tensor(sliceAxis(context.builder, node, axis, start, subtract(end, start)), bound);
      });
    },
  ),

  define(
    "pad",
    [
      { name: "x", kind: "tensor" },
      { name: "widths", kind: "pairs" },
      { name: "value", kind: "tensor", default: { kind: "dim", dim: zero } },
    ],
    (context, { x, widths, value }) => {
      const b = context.builder;
      if (widths.length !== x.node.shape.length) {
        throw new ShapeFault(
          `\`widths\` has ${String(widths.length)} pairs, but ${printShape(x.node.shape)} has ${String(x.node.shape.length)} axes`,
        );
      }
      if (value.node.shape.length > 0) throw new ShapeFault("the value that pad fills with must be a scalar");
      for (const width of widths.flat()) context.require(width, ">=", zero, "a width of pad");
      const axes = widths.map(([low, high]) => ({ low, high, interior: 0 }));
      if (literal(value.node) === 0) return tensor(pad(b, x.node, axes), x.bound);
      const [entries, fill] = promoted(b, [x.node, value.node]);
      const padded = pad(b, entries, axes);
      const inside = pad(b, filled(b, 1, x.node.shape, "bool"), axes);
      return tensor(select(b, inside, padded, broadcastTo(b, convert(b, fill, entries.element), padded.shape)));
    },
  ),
];
