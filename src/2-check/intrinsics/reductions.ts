/** Reductions over one axis, several or all; meanings and the treatment of empty axes are NumPy's. */
import type { Dim } from "../../ir/dim.ts";
import { keepAxes, reduceMax, reduceMin, reduceProduct, reduceSum, reshape } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic, IntrinsicContext } from "./intrinsic.ts";
import { number, requireEntries, sizeOver, tensor, truth } from "./support.ts";

const parameters = [
  { name: "x", kind: "tensor" },
  { name: "axis", kind: "axes", default: { kind: "all" } },
  { name: "keep", kind: "flag", default: { kind: "flag", value: false } },
] as const;

type Reduce = (context: IntrinsicContext, x: Node, axes: readonly number[], keep: boolean) => Node;

/** `bounded`: the result holds entries of x, so that its integers keep their bound. */
function reduction(name: string, reduce: Reduce, bounded = false): Intrinsic {
  return define(name, parameters, (context, args) =>
    tensor(reduce(context, args.x.node, args.axis, args.keep), bounded ? args.x.bound : null),
  );
}

/** Largest or smallest entry. */
function extreme(name: "max" | "min"): Intrinsic {
  const reduce = name === "max" ? reduceMax : reduceMin;
  return reduction(
    name,
    (context, x, axes, keep) => {
      requireEntries(context, x, axes, name);
      return reduce(context.builder, x, axes, keep);
    },
    true,
  );
}

/** The place of the first largest or smallest entry; over all axes, in row-major order. */
function place(name: "argmax" | "argmin"): Intrinsic {
  return define(name, parameters, (context, { x, axis: axes, keep }) => {
    const b = context.builder;
    const values = number(b, x.node);
    requireEntries(context, values, axes, name);
    const size: Dim = sizeOver(values, axes);
    if (axes.length === 1) {
      const result = b.create(name, [values], { axis: axes[0] });
      return tensor(keep ? keepAxes(b, result, axes) : result, size);
    }
    if (axes.length !== values.shape.length) {
      throw new ShapeFault(`${name} takes one axis or all of them, not ${String(axes.length)} of ${String(values.shape.length)}`); // prettier-ignore
    }
    const result = b.create(name, [reshape(b, values, [size])], { axis: -1 });
    return tensor(keep ? keepAxes(b, result, axes) : result, size);
  });
}

export const reductionIntrinsics: readonly Intrinsic[] = [
  reduction("sum", ({ builder: b }, x, axes, keep) => reduceSum(b, number(b, x), axes, keep)),
  reduction("prod", ({ builder: b }, x, axes, keep) => reduceProduct(b, number(b, x), axes, keep)),
  extreme("max"),
  extreme("min"),
  // The largest of bools is true where one is; of none it is false.
  reduction("any", ({ builder: b }, x, axes, keep) => reduceMax(b, truth(b, x), axes, keep)),
  reduction("all", ({ builder: b }, x, axes, keep) => reduceMin(b, truth(b, x), axes, keep)),
  place("argmax"),
  place("argmin"),
];
