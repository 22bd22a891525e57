/** Convolutions and pools, with the definitions and shapes of torch.nn.functional. */
import type { GraphBuilder } from "../../ir/builder.ts";
import { add, constant as dimConstant, constantOf, equal, floorDivide, multiply, print, printShape, subtract } from "../../ir/dim.ts"; // prettier-ignore
import type { Dim, Shape } from "../../ir/dim.ts";
import { contract, convert, dimension, div, pad, reduceMax, reduceSum, select } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic, IntrinsicContext } from "./intrinsic.ts";
import { filled, integerOf, real, tensor } from "./support.ts";

const zero = dimConstant(0);
const one = dimConstant(1);
const two = dimConstant(2);
const names = ["h", "w"] as const;

/** How windows are laid along one axis. */
interface Steps {
  readonly size: Dim;
  readonly stride: number;
  readonly padding: Dim;
  readonly dilation: number;
}

/** One integer for each of `count` axes; one alone is that of all. @throws ShapeFault for another number of them. */
function perAxis(list: readonly Dim[], count: number, what: string): readonly Dim[] {
  if (list.length === count) return list;
  if (list.length === 1) return Array.from({ length: count }, () => list[0]);
  const wanted = count === 1 ? "one integer" : `one integer or ${count}, [${names.join(", ")}]`;
  throw new ShapeFault(`${what} takes ${wanted}, not ${list.length}`);
}

/** Strides and dilations: known integers from 1. */
function stepsOf(list: readonly Dim[], count: number, what: string): readonly number[] {
  return perAxis(list, count, what).map((dim) => {
    const step = integerOf(dim, what);
    if (step < 1) throw new ShapeFault(`${what} must be at least 1, not ${step}`);
    return step;
  });
}

/** Paddings: known or symbolic, not below 0. */
function paddingsOf(context: IntrinsicContext, list: readonly Dim[], count: number, what: string): readonly Dim[] {
  return perAxis(list, count, what).map((dim) => {
    const known = constantOf(dim);
    if (known !== null && known < 0) throw new ShapeFault(`${what} cannot be negative: ${known}`);
    context.require(dim, ">=", zero, what);
    return dim;
  });
}

/** How many windows fit: floor((n + 2 padding - dilation (size - 1) - 1) / stride) + 1. */
function windowCount(
  context: IntrinsicContext,
  length: Dim,
  { size, stride, padding, dilation }: Steps,
  what: string,
): Dim {
  const padded = add(length, multiply(two, padding));
  const span = add(multiply(dimConstant(dilation), subtract(size, one)), one);
  if ((constantOf(size) ?? 1) < 1) throw new ShapeFault(`${what} has no entries`);
  const [most, wanted] = [constantOf(padded), constantOf(span)];
  if (most !== null && wanted !== null && wanted > most) {
    const around = constantOf(padding) === 0 ? "" : ` with its padding`;
    throw new ShapeFault(`${what} spans ${wanted} entries, and the axis has ${most}${around}`);
  }
  context.require(size, ">=", one, what);
  context.require(padded, ">=", span, `${what} over ${print(padded)}`);
  return add(floorDivide(subtract(padded, span), dimConstant(stride)), one);
}

/** Zeros around the last axes. */
function padded(b: GraphBuilder, x: Node, paddings: readonly Dim[]): Node {
  if (paddings.every((padding) => constantOf(padding) === 0)) return x;
  return pad(b, x, paddings.map((padding) => ({ low: padding, high: padding, interior: 0 }))); // prettier-ignore
}

/** The last axes as windows: each becomes two, (count, size). `x` is padded already. */
function windows(b: GraphBuilder, x: Node, counts: Shape, steps: readonly Steps[]): Node {
  let result = x;
  counts.forEach((count, k) => {
    const { size, stride, dilation } = steps[k];
    // Of the axes behind, none is split yet.
    result = b.create("window", [result], { axis: k - counts.length, count, size, stride, dilation });
  });
  return result;
}

function requireRank(x: Node, wanted: readonly number[], what: string, axes: string): void {
  if (wanted.includes(x.shape.length)) return;
  throw new ShapeFault(`${what} takes ${axes}, not ${x.shape.length === 0 ? "a scalar" : printShape(x.shape)}`);
}

/** The cross-correlation of x [batch, in, ..] with w [out, in, ..] over the last `count` axes; x may lack the batch. */
function convolution(name: "conv1d" | "conv2d", count: number): Intrinsic {
  const integers = (parameter: string, value: Dim) =>
    ({ name: parameter, kind: "integers", default: { kind: "dim", dim: value } }) as const;
  const parameters = [
    { name: "x", kind: "tensor" },
    { name: "w", kind: "tensor" },
    integers("stride", one),
    integers("padding", zero),
    integers("dilation", one),
  ] as const;
  const [places, kernel] = count === 1 ? ["n", "k"] : ["h, w", "kh, kw"];
  return define(name, parameters, (context, args) => {
    const b = context.builder;
    const [x, w] = [real(b, args.x.node), real(b, args.w.node)];
    requireRank(x, [count + 1, count + 2], `\`x\` of ${name}`, `[batch, in, ${places}] or [in, ${places}]`);
    requireRank(w, [count + 2], `\`w\` of ${name}`, `[out, in, ${kernel}]`);
    const channels = x.shape[x.shape.length - count - 1];
    if (!equal(channels, w.shape[1])) {
      const read = x.shape.length === count + 2 ? `[batch, in, ${places}]` : `[in, ${places}]`;
      const wanted = constantOf(w.shape[1]) === 1 ? "one channel" : `${print(w.shape[1])} channels`;
      throw new ShapeFault(
        `\`w\` ${printShape(w.shape)} of ${name} takes ${wanted}, and \`x\` ${printShape(x.shape)}, which is ${read}, has ${print(channels)}`,
      );
    }
    const strides = stepsOf(args.stride, count, `\`stride\` of ${name}`);
    const dilations = stepsOf(args.dilation, count, `\`dilation\` of ${name}`);
    const paddings = paddingsOf(context, args.padding, count, `\`padding\` of ${name}`);
    const steps = strides.map((stride, k): Steps => {
      return { size: w.shape[2 + k], stride, padding: paddings[k], dilation: dilations[k] };
    });
    const counts = steps.map((own, k) =>
      windowCount(context, x.shape[x.shape.length - count + k], own, `the kernel of ${name}`),
    );
    const at = Array.from({ length: count }, (_, k) => `p${k}`);
    const inside = Array.from({ length: count }, (_, k) => `k${k}`);
    const batch = x.shape.length === count + 2 ? ["batch"] : [];
    const view = windows(b, padded(b, x, paddings), counts, steps);
    const labels = [...batch, "in", ...at.flatMap((label, k) => [label, inside[k]])];
    return tensor(contract(b, [view, labels], [w, ["out", "in", ...inside]], [...batch, "out", ...at]));
  });
}

type Pool = (
  context: IntrinsicContext,
  x: Node,
  paddings: readonly Dim[],
  view: (padded: Node) => Node,
  entries: Dim,
) => Node;

/** A reduction over windows of the last two axes; those before them are a batch. */
function pool(name: "max_pool2d" | "avg_pool2d", reduce: Pool): Intrinsic {
  const parameters = [
    { name: "x", kind: "tensor" },
    { name: "size", kind: "integers" },
    { name: "stride", kind: "integers", like: "size" },
    { name: "padding", kind: "integers", default: { kind: "dim", dim: zero } },
  ] as const;
  return define(name, parameters, (context, args) => {
    const b = context.builder;
    const x = real(b, args.x.node);
    if (x.shape.length < 2) requireRank(x, [], `\`x\` of ${name}`, "[.., h, w]");
    const sizes = perAxis(args.size, 2, `\`size\` of ${name}`);
    for (const size of sizes) {
      const known = constantOf(size) ?? 1;
      if (known < 1) throw new ShapeFault(`\`size\` of ${name} must be at least 1, not ${known}`);
    }
    const strides = stepsOf(args.stride, 2, `\`stride\` of ${name}`);
    const paddings = paddingsOf(context, args.padding, 2, `\`padding\` of ${name}`);
    const steps = sizes.map((size, k): Steps => ({ size, stride: strides[k], padding: paddings[k], dilation: 1 }));
    const counts = steps.map((own, k) =>
      windowCount(context, x.shape[x.shape.length - 2 + k], own, `the window of ${name}`),
    );
    // PyTorch's bound: beyond it a window may hold padding alone.
    for (const { size, padding } of steps) {
      const most = floorDivide(size, two);
      const [known, half] = [constantOf(padding), constantOf(most)];
      if (known !== null && half !== null && known > half) {
        throw new ShapeFault(
          `\`padding\` of ${name} is at most half of \`size\`: ${known} is more than half of ${print(size)}`,
        );
      }
      context.require(size, ">=", multiply(two, padding), `\`padding\` of ${name} is at most half of \`size\``);
    }
    return tensor(
      reduce(context, x, paddings, (around) => windows(b, around, counts, steps), multiply(sizes[0], sizes[1])),
    );
  });
}

export const convolutionIntrinsics: readonly Intrinsic[] = [
  convolution("conv1d", 1),
  convolution("conv2d", 2),
  // Padding is no entry: it is less than all others.
  pool("max_pool2d", ({ builder: b }, x, paddings, view) => {
    const around = padded(b, x, paddings);
    const inside = around === x ? null : padded(b, filled(b, 1, x.shape, "bool"), paddings);
    return reduceMax(b, view(inside === null ? x : select(b, inside, around, -Infinity)), [-3, -1]);
  }),
  // Padding counts: every mean is over the whole window.
  pool("avg_pool2d", ({ builder: b }, x, paddings, view, entries) =>
    div(b, reduceSum(b, view(padded(b, x, paddings)), [-3, -1]), convert(b, dimension(b, entries), "real")),
  ),
];
