/** Shapes as addresses: strides, and the layout of tensors with at most one symbolic axis. */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";

/** The static sizes of a shape, 1 standing for the symbolic axis. */
export interface RowLayout {
  /** The symbolic axis, counted from the front, or null. */
  readonly axis: number | null;
  readonly sizes: readonly number[];
  /** The product of the static sizes before the symbolic axis. */
  readonly before: number;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): readonly Dim[] {
  const strides: Dim[] = [];
  let stride = dims.constant(1);
  for (let k = shape.length - 1; k >= 0; k--) {
    strides.unshift(stride);
    stride = dims.multiply(stride, shape[k]);
  }
  return strides;
}

/** Null where `symbol` stands on more than one axis. */
export function rowLayout(shape: Shape, symbol: Dim | null): RowLayout | null {
  let axis: number | null = null;
  let before = 1;
  const sizes: number[] = [];
  for (const [k, dim] of shape.entries()) {
    const size = dims.constantOf(dim);
    if (size === null) {
      if (axis !== null || symbol === null || !dims.equal(dim, symbol)) return null;
      axis = k;
    } else if (axis === null) {
      before *= size;
    }
    sizes.push(size ?? 1);
  }
  return { axis, sizes, before };
}

/** How many entries a row has. */
export function staticSize(layout: RowLayout): number {
  return layout.sizes.reduce((p, n) => p * n, 1);
}
