/** Index arithmetic that the reference evaluation of movement, reduction and contraction shares. */
import type { Value } from "../ir/value.ts";
import { blank, sizeOf } from "./evaluate.ts";

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * shape[k + 1];
  return strides;
}

/**
 * Walks the cells of `shape` in row-major order. At each, `visit` gets the running number of the cell and one offset for
 * each list of strides.
 */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (cell: number, offsets: readonly number[]) => void,
): void {
  const cells = sizeOf(shape);
  const at = new Array<number>(shape.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let cell = 0; cell < cells; cell++) {
    visit(cell, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis]++;
      for (let k = 0; k < strides.length; k++) offsets[k] += strides[k][axis];
      if (at[axis] < shape[axis]) break;
      at[axis] = 0;
      for (let k = 0; k < strides.length; k++) offsets[k] -= strides[k][axis] * shape[axis];
    }
  }
}

/** A value whose cells are those of `x` at `offset` + strides. */
export function view(x: Value, shape: readonly number[], strides: readonly number[], offset = 0): Value {
  const result = blank(shape, x.element);
  walk(shape, [strides], (cell, [from]) => {
    result.data[cell] = x.data[offset + from];
    result.error[cell] = x.error[offset + from];
  });
  return result;
}

/** Copies (or with `add` adds) the cells of `x` into `target` at `offset` + strides. */
export function place(x: Value, target: Value, strides: readonly number[], offset = 0, add = false): void {
  walk(x.shape, [strides], (cell, [to]) => {
    // A copy keeps the sign of -0, which adding 0 would lose.
    target.data[offset + to] = add ? x.data[cell] + target.data[offset + to] : x.data[cell];
    target.error[offset + to] = x.error[cell] + (add ? target.error[offset + to] : 0);
  });
}
