/** What the prelude needs and users do not see: questions about types and shapes, random draws, checks of losses. */
import { constant as dimConstant, equal, printShape } from "../../ir/dim.ts";
import { constantValue, keepAxes } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic, IntrinsicResult } from "./intrinsic.ts";
import { literal, requireWithin, sizeOver, tensor } from "./support.ts";

const x = { name: "x", kind: "tensor" } as const;

/** A condition; a flag where it is settled at compile time. */
function condition(node: Node): IntrinsicResult {
  const known = constantValue(node);
  return known === null ? tensor(node) : { kind: "flag", value: known !== 0 };
}

export const internalIntrinsics: readonly Intrinsic[] = [
  /** The number of axes. */
  define("rank", [x], (_, args) => ({ kind: "dim", dim: dimConstant(args.x.node.shape.length) })),

  /** How many entries a reduction over `axis` joins. */
  define("size", [x, { name: "axis", kind: "axes", default: { kind: "all" } }], (_, args) => ({
    kind: "dim",
    dim: sizeOver(args.x.node, args.axis),
  })),

  /** A reduction of x over `axis`, with these axes back, of size 1. */
  define(
    "keep_axes",
    [x, { name: "axis", kind: "axes" }, { name: "reduced", kind: "tensor" }],
    ({ builder }, { axis, reduced }) => tensor(keepAxes(builder, reduced.node, axis), reduced.bound),
  ),

  /** Whether x holds integers. */
  define("is_index", [x], (_, args) => ({ kind: "flag", value: args.x.node.element === "index" })),

  /** Whether x is known at compile time to be the number `value`; false for whatever may change at run time. */
  define("is_literal", [x, { name: "value", kind: "tensor" }], (_, args) => {
    const known = args.x.node.shape.length === 0 ? literal(args.x.node) : null;
    return { kind: "flag", value: known !== null && known === literal(args.value.node) };
  }),

  /** Whether a training step runs; a flag where that is settled at compile time. */
  define("training", [], (context) => condition(context.training())),

  /** Whether random numbers are drawn: in a training step and in initial values, not in `forward` and `evaluate`. */
  define("drawing", [], (context) => condition(context.drawing())),

  /** Uniform numbers in [0, 1) of a shape. */
  define("draw", [{ name: "shape", kind: "shape" }], (context, args) => tensor(context.random(args.shape))),

  /** Uniform numbers in [0, 1) of the shape of x. */
  define("draw_like", [x], (context, args) => tensor(context.random(args.x.node.shape))),

  /** x[..., i]: one entry of the last axis for each integer of i, whose shape is that of the other axes of x. */
  define("pick", [x, { name: "i", kind: "tensor" }], (context, { x: scores, i }) => {
    const shape = scores.node.shape;
    if (i.node.element !== "index") {
      throw new ShapeFault(
        `the target must hold integers (index), one for each row, but holds ${i.node.element} numbers`,
      );
    }
    if (shape.length === 0)
      throw new ShapeFault("a scalar has no classes to choose from; give a tensor [..., classes]");
    const rows = shape.slice(0, -1);
    if (rows.length !== i.node.shape.length || !rows.every((dim, k) => equal(dim, i.node.shape[k]))) {
      throw new ShapeFault(
        `the scores ${printShape(shape)} need a target of shape ${printShape(rows)}, not ${printShape(i.node.shape)}`,
      );
    }
    const classes = shape[shape.length - 1];
    requireWithin(context, i, classes, "a target");
    return tensor(context.builder.create("gather", [scores.node, i.node], { batch: rows.length }));
  }),

  /** x, once it is certain that the shapes of x and y are equal or one is a scalar: a loss stretches nothing. */
  define("matched", [x, { name: "y", kind: "tensor" }], (_, { x: left, y: right }) => {
    const [p, q] = [left.node.shape, right.node.shape];
    const fits = p.length === q.length && p.every((dim, k) => equal(dim, q[k]));
    if (!fits && p.length > 0 && q.length > 0) {
      throw new ShapeFault(
        `prediction and target need one shape, but are ${printShape(p)} and ${printShape(q)}; reshape or index one of them`,
      );
    }
    return left;
  }),
];
