/** Primitives that move cells without computing: broadcast, reshape, transpose, slice, pad, concat. All are linear. */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import * as e from "../ir/expressions.ts";
import type { PadAxis, SliceAxis } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { Facts, PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { linear, plain } from "./define.ts";
import { blank } from "./evaluate.ts";
import { exactly, hull } from "./facts.ts";
import { place, stridesOf, view } from "./strided.ts";
import { requireAtMost, requireElement, requireRank, replaceAxis, requireSameShape, sizeAt } from "./shapes.ts";

const same = ([x]: readonly Facts[]): Facts => x;
const list = (axes: readonly number[]): string => `[${axes.join(", ")}]`;

/** The first axis that is the attributes' concern; those before are a batch. */
const batchOf = (rank: number, axes: { readonly length: number }): number => rank - axes.length;

export const broadcast: PrimitiveRecord<"broadcast"> = {
  ...plain,
  name: "broadcast",
  arity: 1,
  print: ({ shape, axes }) => `shape=${dims.printShape(shape)} axes=${list(axes)}`,
  shape: ([x], { shape, axes }) => {
    requireRank(x.shape, axes.length, "broadcast");
    axes.forEach((axis, k) => {
      const size = sizeAt(x.shape, k - axes.length);
      if (axis >= 0 || (k > 0 && axis <= axes[k - 1]))
        throw new ShapeFault("broadcast axes must be negative, ascending");
      if (!dims.equal(size, sizeAt(shape, axis))) {
        throw new ShapeFault(`${dims.printShape(x.shape)} and ${dims.printShape(shape)} differ on axis ${axis}`);
      }
    });
    return { element: x.element, shape: [...x.shape.slice(0, batchOf(x.shape.length, axes)), ...shape] };
  },
  meaning: ([x], { shape, axes }, at) => {
    const from = stridesOf(x.shape);
    const lead = batchOf(x.shape.length, axes);
    const strides = at.shape.map((_, k) => (k < lead ? from[k] : 0));
    axes.forEach((axis, k) => (strides[lead + shape.length + axis] = from[lead + k]));
    return view(x, at.shape, strides);
  },
  // The cotangent is summed over the axes that the operand lacks.
  derivative: linear((b, cotangent, { attributes: { shape, axes } }) => {
    const gained = shape.map((_, k) => k - shape.length).filter((axis) => !axes.includes(axis));
    return e.reduceSum(b, cotangent, gained);
  }),
  facts: same,
};

export const reshape: PrimitiveRecord<"reshape"> = {
  ...plain,
  name: "reshape",
  arity: 1,
  print: ({ consumed, shape }) => `consumed=${consumed} shape=${dims.printShape(shape)}`,
  shape: ([x], { consumed, shape }) => {
    requireRank(x.shape, consumed, "reshape");
    const lead = x.shape.slice(0, x.shape.length - consumed);
    const from = x.shape.slice(lead.length);
    const [before, after] = [dims.product(from), dims.product(shape)];
    if (!dims.equal(before, after)) {
      throw new ShapeFault(
        `${dims.printShape(from)} has ${dims.print(before)} entries and ${dims.printShape(shape)} has ${dims.print(after)}`,
      );
    }
    return { element: x.element, shape: [...lead, ...shape] };
  },
  meaning: ([x], _, at) => ({ ...x, shape: at.shape }),
  derivative: linear((b, cotangent, { operands: [x] }) => e.reshape(b, cotangent, x.shape)),
  facts: same,
};

export const transpose: PrimitiveRecord<"transpose"> = {
  ...plain,
  name: "transpose",
  arity: 1,
  print: ({ permutation }) => `permutation=${list(permutation)}`,
  shape: ([x], { permutation }) => {
    requireRank(x.shape, permutation.length, "transpose");
    if (new Set(permutation).size !== permutation.length || permutation.some((axis) => axis < -permutation.length)) {
      throw new ShapeFault(`${list(permutation)} does not name each of the last ${permutation.length} axes once`);
    }
    const lead = x.shape.slice(0, batchOf(x.shape.length, permutation));
    return { element: x.element, shape: [...lead, ...permutation.map((axis) => sizeAt(x.shape, axis))] };
  },
  meaning: ([x], { permutation }, at) => {
    const from = stridesOf(x.shape);
    const lead = batchOf(x.shape.length, permutation);
    const strides = from.map((stride, k) => (k < lead ? stride : from[from.length + permutation[k - lead]]));
    return view(x, at.shape, strides);
  },
  derivative: linear((b, cotangent, { attributes: { permutation } }) => {
    const inverse = permutation.map((_, k) => permutation.indexOf(k - permutation.length) - permutation.length);
    return e.transpose(b, cotangent, inverse);
  }),
  facts: same,
};

const printSlice = ({ start, size, step }: SliceAxis): string =>
  `${dims.print(start)}+${dims.print(size)}${step === 1 ? "" : `*${step}`}`;

/** The index of the last entry that a slice takes, if it takes any. */
const lastOf = ({ start, size, step }: SliceAxis): Dim =>
  dims.add(start, dims.multiply(dims.constant(step), dims.subtract(size, dims.constant(1))));

export const slice: PrimitiveRecord<"slice"> = {
  ...plain,
  name: "slice",
  arity: 1,
  print: ({ axes }) => `axes=[${axes.map(printSlice).join(", ")}]`,
  shape: ([x], { axes }) => {
    requireRank(x.shape, axes.length, "a slice");
    const lead = x.shape.slice(0, batchOf(x.shape.length, axes));
    axes.forEach((axis, k) => {
      const length = sizeAt(x.shape, k - axes.length);
      if (!Number.isInteger(axis.step) || axis.step === 0) throw new ShapeFault("the step of a slice must not be zero");
      requireAtMost(dims.constant(0), axis.size, `a slice would have ${dims.print(axis.size)} entries`);
      if (dims.isNonNegative(dims.subtract(axis.size, dims.constant(1))) !== true) return;
      for (const end of [axis.start, lastOf(axis)]) {
        const message = `a slice reaches entry ${dims.print(end)} of an axis of ${dims.print(length)}`;
        requireAtMost(dims.constant(0), end, message);
        requireAtMost(dims.add(end, dims.constant(1)), length, message);
      }
    });
    return { element: x.element, shape: [...lead, ...axes.map((axis) => axis.size)] };
  },
  meaning: ([x], { axes }, at) => {
    const from = stridesOf(x.shape);
    const lead = batchOf(x.shape.length, axes);
    let offset = 0;
    const strides = [...from];
    axes.forEach(({ start, step }, k) => {
      const first = dims.evaluate(start, at.dims);
      const count = at.shape[lead + k];
      const last = first + step * (count - 1);
      if (count > 0 && (Math.min(first, last) < 0 || Math.max(first, last) >= x.shape[lead + k])) {
        throw new RangeError(`a slice takes entries ${first} to ${last} of an axis of ${x.shape[lead + k]}`);
      }
      offset += first * from[lead + k];
      strides[lead + k] *= step;
    });
    return view(x, at.shape, strides, offset);
  },
  // The cotangent goes back to its cells, with zeros around and between; against the walk for negative steps.
  derivative: linear((b, cotangent, { operands: [x], attributes: { axes } }) => {
    const flipped = axes.map(({ size, step }) =>
      step > 0
        ? { start: dims.constant(0), size, step: 1 }
        : { start: dims.subtract(size, dims.constant(1)), size, step: -1 },
    );
    const turned = axes.some(({ step }) => step < 0) ? e.slice(b, cotangent, flipped) : cotangent;
    const around = axes.map((axis, k): PadAxis => {
      // An empty slice starts and ends at 0, so that all of the axis lies behind it.
      const empty = dims.constantOf(axis.size) === 0;
      const low = empty ? dims.constant(0) : axis.step > 0 ? axis.start : lastOf(axis);
      const end = empty ? low : dims.add(axis.step > 0 ? lastOf(axis) : axis.start, dims.constant(1));
      const interior = Math.abs(axis.step) - 1;
      return { low, high: dims.subtract(sizeAt(x.shape, k - axes.length), end), interior };
    });
    return e.pad(b, turned, around);
  }),
  facts: same,
};

/** The size of a padded axis: low + high + n + (n - 1) interior, and without interior cells for n = 0. */
function paddedSize(size: Dim, { low, high, interior }: PadAxis): Dim {
  const gaps = dims.multiply(dims.constant(interior), dims.subtract(size, dims.constant(1)));
  const between = dims.constantOf(size) === 0 || interior === 0 ? dims.constant(0) : gaps;
  return dims.add(dims.add(low, high), dims.add(size, between));
}

export const pad: PrimitiveRecord<"pad"> = {
  ...plain,
  name: "pad",
  arity: 1,
  print: ({ axes }) =>
    `axes=[${axes.map(({ low, high, interior }) => [dims.print(low), dims.print(high), ...(interior ? [interior] : [])].join(":")).join(", ")}]`, // prettier-ignore
  shape: ([x], { axes }) => {
    requireRank(x.shape, axes.length, "pad");
    const lead = batchOf(x.shape.length, axes);
    const sizes = axes.map((axis, k) => {
      if (!Number.isInteger(axis.interior) || axis.interior < 0) throw new ShapeFault("interior padding is negative");
      const size = paddedSize(x.shape[lead + k], axis);
      requireAtMost(dims.constant(0), size, `padding leaves ${dims.print(size)} entries`);
      return size;
    });
    return { element: x.element, shape: [...x.shape.slice(0, lead), ...sizes] };
  },
  meaning: ([x], { axes }, at) => {
    // Crop the cells that fall outside, then place the rest.
    const lead = batchOf(x.shape.length, axes);
    const [from, to] = [stridesOf(x.shape), stridesOf(at.shape)];
    const shape = [...x.shape];
    const strides = [...to];
    let [source, target] = [0, 0];
    axes.forEach(({ low, interior }, k) => {
      const axis = lead + k;
      const [first, step] = [dims.evaluate(low, at.dims), interior + 1];
      const begin = Math.max(0, Math.ceil(-first / step));
      const end = Math.min(x.shape[axis], Math.ceil((at.shape[axis] - first) / step));
      shape[axis] = Math.max(0, end - begin);
      source += begin * from[axis];
      target += (first + begin * step) * to[axis];
      strides[axis] *= step;
    });
    const result = blank(at.shape, x.element);
    place(view(x, shape, from, source), result, strides, target);
    return result;
  },
  // Crops what was added; every (interior + 1)th cell.
  derivative: linear((b, cotangent, { operands: [x], attributes: { axes } }) => {
    const negative = (dim: Dim): Dim => dims.negate(dims.minimum(dim, dims.constant(0)));
    const lead = batchOf(x.shape.length, axes);
    const cropped = axes.some(({ low, high }) => [low, high].some((dim) => dims.isNonNegative(dim) !== true));
    // What was cropped away gets zeros, so that the slice finds a cell for each of the operand.
    const whole = axes.map(({ low, high }): PadAxis => ({ low: negative(low), high: negative(high), interior: 0 }));
    const back = cropped ? e.pad(b, cotangent, whole) : cotangent;
    const cells = axes.map(({ low, interior }, k): SliceAxis => ({
      start: dims.maximum(low, dims.constant(0)),
      size: x.shape[lead + k],
      step: interior + 1,
    }));
    return e.slice(b, back, cells);
  }),
  facts: ([x], { axes }) => {
    const grows = axes.some(
      ({ low, high, interior }) => interior > 0 || [low, high].some((dim) => (dims.constantOf(dim) ?? 1) > 0),
    );
    return grows ? hull(x, exactly(0)) : x;
  },
};

export const concat: PrimitiveRecord<"concat"> = {
  ...plain,
  name: "concat",
  arity: "any",
  print: ({ axis }) => `axis=${axis}`,
  shape: (operands, { axis }) => {
    if (operands.length === 0) throw new ShapeFault("concat needs at least one tensor");
    const [first] = operands;
    let length = dims.constant(0);
    for (const { shape, element } of operands) {
      requireElement({ shape, element }, [first.element], "concat of such tensors");
      requireSameShape(replaceAxis(first.shape, axis, dims.constant(1)), replaceAxis(shape, axis, dims.constant(1)));
      length = dims.add(length, sizeAt(shape, axis));
    }
    return { element: first.element, shape: replaceAxis(first.shape, axis, length) };
  },
  meaning: (operands, { axis }, at) => {
    const result = blank(at.shape, at.element);
    const strides = stridesOf(at.shape);
    const place_ = at.shape.length + axis;
    operands.reduce((offset: number, x: Value) => {
      place(x, result, strides, offset);
      return offset + x.shape[place_] * strides[place_];
    }, 0);
    return result;
  },
  // Each operand gets its slice of the cotangent.
  derivative: linear((b, cotangent, { operands, attributes: { axis } }, operand) => {
    const before = operands.slice(0, operand).map((x) => sizeAt(x.shape, axis));
    const start = before.reduce(dims.add, dims.constant(0));
    const rest: Shape = cotangent.shape.slice(cotangent.shape.length + axis + 1);
    return e.slice(b, cotangent, [
      { start, size: sizeAt(operands[operand].shape, axis), step: 1 },
      ...rest.map((size) => ({ start: dims.constant(0), size, step: 1 })),
    ]);
  }),
  facts: (operands) => operands.reduce(hull),
};
