/** Windows, folds, and the zeros around them: what their rules are tried with. */
import { constant as dim } from "../../src/ir/dim.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import type { Case, Operands } from "./rule-case.ts";

const width = (low: number, high = 0, interior = 0) => ({ low: dim(low), high: dim(high), interior });
const cut = (start: number, size: number, step = 1) => ({ start: dim(start), size: dim(size), step });

const window = (b: GraphBuilder, x: Node, axis: number, count: number, size: number, stride = 1, dilation = 1): Node =>
  b.create("window", [x], { axis, count: dim(count), size: dim(size), stride, dilation });
const fold = (b: GraphBuilder, x: Node, axis: number, length: number, stride = 1, dilation = 1): Node =>
  b.create("fold", [x], { axis, length: dim(length), stride, dilation });

/** x_i y_k */
const outer = (b: GraphBuilder, x: Node, y: Node): Node => e.contract(b, [x, ["i"]], [y, ["k"]], ["i", "k"]);
/** x with zeros around, -1 in their place. */
const guarded = (b: GraphBuilder, x: Node, axes: readonly ReturnType<typeof width>[]): Node =>
  e.select(b, e.pad(b, e.like(b, 1, x, "bool"), axes), e.pad(b, x, axes), -1);
/** -x, row by row in a loop. */
function rows(b: GraphBuilder, x: Node): Node {
  const named = (name: string, shape: Node["shape"], element: "real" | "index") =>
    b.create("parameter", [], { name, type: { element, shape }, bound: null, held: "array" });
  const row = named("row", x.shape.slice(1), "real");
  const loop = b.create("loop", [x], {
    record: {
      trip: x.shape[0],
      counted: false,
      condition: null,
      reverse: false,
      recompute: false,
      index: named("round", [], "index"),
      carries: [],
      stackedInputs: [row],
      invariants: [],
      next: [],
      stackedOutputs: [e.neg(b, row)],
    },
  });
  return b.create("loop_result", [loop], { index: 0 });
}
const head = (b: GraphBuilder, x: Node): Node => e.slice(b, x, [cut(0, 2)]);

export const windowCases: Readonly<Record<string, Case>> = {
  "fold-of-tiles": {
    build: (b, { m, n, x }) => [
      fold(b, m, -1, 6, 3),
      fold(b, m, -1, 8, 3),
      fold(b, e.reshape(b, n, [dim(3), dim(1), dim(2)]), -2, 3, 1, 4),
      fold(b, e.reshape(b, x, [dim(1), dim(3)]), -1, 4, 2),
    ],
  },
  "fold-of-product": {
    build: (b, { m, n, x, y }) => [
      fold(b, outer(b, x, y), -1, 5),
      fold(b, outer(b, x, y), -1, 6),
      fold(b, outer(b, x, y), -1, 7, 1, 2),
      // The shorter factor is summed over, on either side.
      fold(b, outer(b, x, head(b, y)), -1, 4),
      fold(b, outer(b, head(b, x), y), -1, 4),
      fold(b, e.contract(b, [y, ["k"]], [x, ["i"]], ["i", "k"]), -1, 5),
      // Other axes of both, one of them summed.
      fold(b, e.contract(b, [m, ["a", "i"]], [n, ["k", "a"]], ["i", "k"]), -1, 5),
      fold(b, e.contract(b, [m, ["a", "i"]], [n, ["k", "o"]], ["a", "i", "k", "o"]), -2, 5),
      // Over batches that no label names.
      fold(b, b.create("contract", [m, e.mul(b, m, m)], { left: ["i"], right: ["k"], result: ["i", "k"] }), -1, 5),
    ],
  },
  "pad-of-window": {
    build: (b, { m }) => [
      e.pad(b, window(b, m, -1, 2, 2), [width(1), width(0), width(0)]),
      e.pad(b, window(b, m, -2, 1, 2), [width(-1, 2)]),
    ],
  },
  "pad-of-pad": {
    build: (b, { x, m }) => [
      e.pad(b, e.pad(b, x, [width(1, 2)]), [width(2, -1)]),
      e.pad(b, e.pad(b, x, [width(1, 0)]), [width(-2, 1)]),
      e.pad(b, e.pad(b, x, [width(-1, -2)]), [width(-0, -0)]),
      e.pad(b, e.pad(b, m, [width(0, 0, 1)]), [width(1, 1), width(0)]),
    ],
  },
  "pads-that-meet": {
    build: (b, { x, y, m }) => [
      e.add(b, e.pad(b, rows(b, x), [width(0, 3)]), e.pad(b, rows(b, y), [width(3)])),
      e.add(b, e.pad(b, rows(b, x), [width(2)]), e.pad(b, rows(b, head(b, y)), [width(0, 3)])),
      // Side by side, one of them in another shape.
      e.add(
        b,
        e.pad(b, rows(b, m), [width(0), width(0, 3)]),
        e.pad(b, e.reshape(b, rows(b, e.reshape(b, m, [dim(3), dim(2)])), [dim(2), dim(3)]), [width(0), width(3)]),
      ),
    ],
  },
  "slice-of-window": {
    build: (b, { x, m }) => [
      e.slice(b, window(b, x, -1, 2, 2), [cut(1, 1), cut(0, 2)]),
      e.slice(b, window(b, m, -1, 2, 1, 2), [cut(1, 1), cut(0, 2), cut(0, 1)]),
      e.slice(b, window(b, m, -1, 1, 2, 1, 2), [cut(1, 1, -1), cut(0, 1), cut(0, 2)]),
    ],
  },
  "slice-of-pad": {
    build: (b, { x, m }) => [
      e.slice(b, e.pad(b, x, [width(2, 1)]), [cut(1, 3)]),
      e.slice(b, e.pad(b, x, [width(2, 1)]), [cut(3, 1)]),
      e.slice(b, e.pad(b, x, [width(2, 1)]), [cut(0, 2)]),
      e.slice(b, e.pad(b, m, [width(1, 1)]), [cut(1, 1), cut(1, 3)]),
    ],
  },
  "slice-of-guarded": {
    build: (b, { x, m }) => [
      e.slice(b, guarded(b, x, [width(2, 1)]), [cut(2, 3)]),
      e.slice(b, guarded(b, m, [width(1, 1)]), [cut(0, 1), cut(2, 2)]),
    ],
  },
  "slice-of-product": {
    build: (b, { m, n }) => [
      e.slice(b, e.matmul(b, m, n), [cut(1, 1), cut(0, 1)]),
      e.slice(b, e.contract(b, [m, ["a", "i"]], [e.mul(b, m, m), ["a", "i"]], ["a"]), [cut(1, 1, -1)]),
    ],
  },
};

/** What they have to leave as it is. */
export const windowsKept: Readonly<Record<string, (b: GraphBuilder, p: Operands) => readonly Node[]>> = {
  // Windows that overlap, or lie apart.
  "fold-of-tiles": (b, { m }) => [fold(b, m, -1, 5, 2), fold(b, m, -1, 7, 4), fold(b, m, -1, 8, 3, 2)],
  "fold-of-product": (b, { x, y, m }) => [
    fold(b, outer(b, x, y), -1, 7, 2),
    // Logarithms may be infinite, and zeros around x would make NaN of them; many zeros are many products.
    fold(b, outer(b, x, e.log(b, y)), -1, 5),
    fold(b, outer(b, x, y), -1, 9),
    // Both factors vary along both axes.
    fold(b, e.contract(b, [m, ["i", "k"]], [e.mul(b, m, m), ["i", "k"]], ["i", "k"]), -1, 4),
  ],
  "pad-of-window": (b, { x }) => [
    e.pad(b, window(b, x, -1, 2, 2), [width(1), width(0)]),
    e.pad(b, window(b, x, -1, 2, 2), [width(0, 1)]),
  ],
  // Cells that are cropped do not come back, and zeros between cells are none beside them.
  "pad-of-pad": (b, { x }) => [
    e.pad(b, e.pad(b, x, [width(-1)]), [width(1)]),
    e.pad(b, e.pad(b, x, [width(0, -1)]), [width(0, 1)]),
    e.pad(b, e.pad(b, x, [width(0, 0, 1)]), [width(1)]),
  ],
  // They overlap, leave a gap, stand in one place, meet along no axis alone; what is no result of a loop is not joined.
  "pads-that-meet": (b, { x, y, m }) => {
    const [p, q] = [rows(b, x), rows(b, m)];
    return [
      e.add(b, e.pad(b, p, [width(0, 2)]), e.pad(b, rows(b, y), [width(2, 0)])),
      e.add(b, e.pad(b, p, [width(0, 4)]), e.pad(b, rows(b, y), [width(4, 0)])),
      e.add(b, e.pad(b, p, [width(0, 3)]), e.pad(b, rows(b, y), [width(0, 3)])),
      e.add(b, e.pad(b, q, [width(0, 2), width(0, 3)]), e.pad(b, rows(b, e.neg(b, m)), [width(2, 0), width(3, 0)])),
      e.add(b, e.pad(b, x, [width(0, 3)]), e.pad(b, y, [width(3, 0)])),
      e.add(b, e.pad(b, p, [width(0, 2, 1)]), e.pad(b, rows(b, e.pad(b, y, [width(0, 1)])), [width(3, 0)])),
    ];
  },
  "slice-of-window": (b, { x }) => [
    e.slice(b, window(b, x, -1, 2, 2), [cut(0, 1)]),
    e.slice(b, window(b, x, -1, 2, 2), [cut(1, 2, -1), cut(0, 2)]),
  ],
  "slice-of-pad": (b, { x }) => [
    e.slice(b, e.pad(b, x, [width(1, 1)]), [cut(0, 3, 2)]),
    e.slice(b, e.pad(b, x, [width(1, 1, 1)]), [cut(1, 3)]),
  ],
  // A cell beside what is inside.
  "slice-of-guarded": (b, { x }) => [
    e.slice(b, guarded(b, x, [width(1, 1)]), [cut(0, 3)]),
    e.slice(b, guarded(b, x, [width(1, 1)]), [cut(2, 3)]),
    e.slice(b, guarded(b, x, [width(1, 1, 1)]), [cut(1, 3)]),
  ],
  // All of the product is needed, or another part of it.
  "slice-of-product": (b, { m, n }) => {
    const product = e.matmul(b, m, n);
    return [e.add(b, e.slice(b, product, [cut(0, 1), cut(0, 2)]), e.slice(b, product, [cut(1, 1), cut(0, 2)])), e.mul(b, product, e.broadcastTo(b, e.slice(b, product, [cut(0, 1), cut(0, 2)]), product.shape))]; // prettier-ignore
  },
};
