import { describe, expect, it } from "vitest";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { readersOf, readsOf, tiesOf } from "../../src/4-differentiate/ties.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { AnyNode, Node } from "../../src/ir/graph.ts";
import { createBuilder, gradient, graphOf, outputOf, parameter, randoms, run } from "../5-simplify/support.ts";

const c = dims.constant;
const n = dims.symbol("n");
const less = (by: number): dims.Dim => dims.subtract(n, c(by));
const cut = (b: GraphBuilder, x: Node, start: dims.Dim, size: dims.Dim, step = 1): Node =>
  e.slice(b, x, [{ start, size, step }]);

/** `axis: base <= by · j - of · i <= end` of each axis of x, or `all`. */
function shown(b: GraphBuilder, y: Node, x: Node): string[] | null {
  const show = (d: dims.Dim): string => dims.print(d);
  return (
    tiesOf(b, y, x)?.map((tie) => {
      if (tie === null) return "all";
      const { axis, by, of, base, width } = tie;
      return `${axis}: ${show(base)} <= ${by}j - ${of}i <= ${show(dims.add(base, c(width)))}`;
    }) ?? null
  );
}

interface Case {
  readonly shape: readonly (number | string)[];
  readonly y: (b: GraphBuilder, x: Node) => Node;
  readonly ties: readonly string[];
  /** How many directions a Jacobian takes. */
  readonly passes: number;
  /** Axes of rows, as the Jacobian counts them. */
  readonly batch?: number;
}

const stencil = (b: GraphBuilder, x: Node): Node =>
  e.mul(b, cut(b, x, c(0), less(2)), e.sin(b, e.add(b, cut(b, x, c(1), less(2)), cut(b, x, c(2), less(2)))));

const cases: Readonly<Record<string, Case>> = {
  "an elementwise function": {
    shape: ["n"],
    y: (b, x) => e.mul(b, e.exp(b, x), x),
    ties: ["0: 0 <= 1j - 1i <= 0"],
    passes: 1,
  },
  "three neighbours": { shape: ["n"], y: stencil, ties: ["0: 0 <= 1j - 1i <= 2"], passes: 3 },
  "the Hessian of three neighbours": {
    shape: ["n"],
    y: (b, x) => outputOf(differentiate(graphOf({ g: gradient(b, e.reduceSum(b, stencil(b, x), [-1]), x) }), b), "g"),
    ties: ["0: -2 <= 1j - 1i <= 2"],
    passes: 5,
  },
  "one neighbour to the end": {
    shape: ["n"],
    y: (b, x) => e.sin(b, cut(b, x, less(1), n, -1)),
    ties: ["0: n - 1 <= 1j - -1i <= n - 1"],
    passes: 1,
  },
  "every other entry, and back": {
    shape: [8],
    y: (b, x) => e.pad(b, e.sin(b, cut(b, x, c(1), c(4), 2)), [{ low: c(1), high: c(0), interior: 1 }]),
    ties: ["0: 0 <= 1j - 1i <= 0"],
    passes: 1,
  },
  "pairs as rows": {
    shape: [8],
    y: (b, x) => e.reduceSum(b, e.sin(b, e.reshape(b, x, [c(4), c(2)])), [-1]),
    ties: ["0: 0 <= 1j - 2i <= 1"],
    passes: 1,
  },
  "rows with a matrix": {
    shape: ["n", 3],
    y: (b, x) => e.matmul(b, x, e.sin(b, e.transpose(b, e.broadcastTo(b, e.constant(b, 2), [c(3), c(2)]), [-2, -1]))),
    ties: ["0: 0 <= 1j - 1i <= 0", "all"],
    passes: 2,
  },
  "rows of one list": {
    shape: ["n", 3],
    y: (b, x) =>
      e.reshape(b, e.mul(b, x, e.transpose(b, e.transpose(b, e.sin(b, x), [-1, -2]), [-1, -2])), [
        dims.multiply(n, c(3)),
      ]),
    ties: ["0: -2 <= 3j - 1i <= 0", "all"],
    passes: 3,
  },
  "neighbours in each of two rows": {
    shape: [2, 5],
    y: (b, x) => {
      const row = (start: number): Node => e.slice(b, x, [{ start: c(start), size: c(4), step: 1 }]);
      return e.mul(b, row(0), e.sin(b, row(1)));
    },
    ties: ["0: 0 <= 1j - 1i <= 0", "1: 0 <= 1j - 1i <= 1"],
    passes: 2,
    batch: 1,
  },
  "windows that overlap": {
    shape: [9],
    y: (b, x) => {
      const windows = b.create("window", [x], { axis: -1, count: c(4), size: c(3), stride: 2, dilation: 1 });
      return e.reduceSum(b, e.mul(b, windows, windows), [-1]);
    },
    ties: ["0: 0 <= 1j - 2i <= 2"],
    passes: 2,
  },
  "the sum of windows": {
    shape: [4, 3],
    y: (b, x) => b.create("fold", [e.sin(b, x)], { axis: -1, length: c(9), stride: 2, dilation: 1 }),
    ties: ["0: -2 <= 2j - 1i <= 0", "0: -6 <= 1j - 1i <= 0"],
    passes: 3,
  },
  "two parts": {
    shape: [6],
    y: (b, x) => b.create("concat", [cut(b, x, c(1), c(3)), e.exp(b, cut(b, x, c(3), c(3)))], { axis: -1 }),
    ties: ["0: 0 <= 1j - 1i <= 1"],
    passes: 2,
  },
  "a sum spread over all": {
    shape: [5],
    y: (b, x) => e.mul(b, x, e.broadcastTo(b, e.reduceSum(b, x, [-1]), [c(5)])),
    ties: ["all"],
    passes: 5,
  },
  "both sides of a product": {
    shape: [3, 4],
    y: (b, x) => e.contract(b, [x, ["b", "i"]], [e.sin(b, x), ["b", "j"]], ["i", "b", "j"]),
    ties: ["1: 0 <= 1j - 1i <= 0", "all"],
    passes: 4,
  },
  "rows in an order of their own": {
    shape: [3, 4],
    y: (b, x) => b.create("gather", [e.sin(b, x), b.create("iota", [], { size: c(2) })], { batch: 0 }),
    ties: ["all", "1: 0 <= 1j - 1i <= 0"],
    passes: 2,
  },
  "systems a row": {
    shape: [2, 2, 2],
    y: (b, x) => b.create("determinant", [x, b.create("lu", [x], { complete: false })], {}),
    ties: ["0: 0 <= 1j - 1i <= 0", "all", "all"],
    passes: 1,
  },
};

/** Movements alone, by hand: which entry of x stands at place i. */
const moved: Readonly<Record<string, Omit<Case, "passes">>> = {
  // Place p of the spread list is 2j + 3; window k holds 4k to 4k + 3: 2(j - 2k) is one of -3 .. 0.
  "windows over a list with gaps": {
    shape: [8],
    y: (b, x) => sumOfWindows(b, spaced(b, x, c(3), c(1)), 4, 4, 4),
    ties: ["0: -1 <= 1j - 2i <= 0"],
  },
  // 2j + 2n + 1 is one of 2k .. 2k + 3.
  "windows over a list with gaps, as far in as it is long": {
    shape: ["n"],
    y: (b, x) => sumOfWindows(b, spaced(b, x, dims.add(dims.multiply(n, c(2)), c(1)), c(9)), 4, 4, 2),
    ties: ["0: -n <= 1j - 1i <= 1 - n"],
  },
  // 6j + 4 is one of 3k .. 3k + 4: 2j - k is -1 or 0.
  "windows over a list with wide gaps": {
    shape: [8],
    y: (b, x) => sumOfWindows(b, b.create("pad", [x], { axes: [{ low: c(4), high: c(0), interior: 5 }] }), 4, 5, 3),
    ties: ["0: -1 <= 2j - 1i <= 0"],
  },
  // j = n - 1 - p, where p is one of 2i .. 2i + 2.
  "windows over a list turned round": {
    shape: ["n"],
    y: (b, x) => sumOfWindows(b, cut(b, x, less(1), n, -1), 4, 3, 2),
    ties: ["0: n - 3 <= 1j - -2i <= n - 1"],
  },
  // Place i is 2p, and p = j - 1 - (0 .. 2).
  "gaps between sums of neighbours": {
    shape: [9],
    y: (b, x) => spaced(b, sumOfWindows(b, cut(b, x, c(1), c(8)), 6, 3, 1), c(0), c(0)),
    ties: ["0: 2 <= 2j - 1i <= 6"],
  },
  "a sum of the first axis": {
    shape: [3, 4],
    y: (b, x) => e.reduceSum(b, x, [-2]),
    ties: ["all", "0: 0 <= 1j - 1i <= 0"],
  },
  "a sum of the last axis": {
    shape: [3, 4],
    y: (b, x) => e.reduceSum(b, x, [-1]),
    ties: ["0: 0 <= 1j - 1i <= 0", "all"],
  },
  "rows spread over a new axis": {
    shape: [5, 3],
    y: (b, x) => b.create("broadcast", [x], { shape: [c(2), c(3)], axes: [-1] }),
    ties: ["0: 0 <= 1j - 1i <= 0", "2: 0 <= 1j - 1i <= 0"],
  },
  "matrices turned": {
    shape: [5, 2, 3],
    y: (b, x) => b.create("transpose", [x], { permutation: [-1, -2] }),
    ties: ["0: 0 <= 1j - 1i <= 0", "2: 0 <= 1j - 1i <= 0", "1: 0 <= 1j - 1i <= 0"],
  },
  "rows of an outer and an inner axis, made one": {
    shape: [5, 2, 3],
    y: (b, x) => b.create("reshape", [x], { consumed: 2, shape: [c(6)] }),
    ties: ["0: 0 <= 1j - 1i <= 0", "1: -2 <= 3j - 1i <= 0", "all"],
  },
  "an axis of one entry and another, made one": {
    shape: [1, 6],
    y: (b, x) => e.reshape(b, x, [c(6)]),
    ties: ["0: -5 <= 6j - 1i <= 0", "0: 0 <= 1j - 1i <= 0"],
  },
  "three axes made one": {
    shape: [2, 3, 4],
    y: (b, x) => e.reshape(b, x, [c(24)]),
    ties: ["0: -11 <= 12j - 1i <= 0", "all", "all"],
  },
  "an axis split into three": {
    shape: [5, 24],
    y: (b, x) => e.reshape(b, x, [c(5), c(2), c(3), c(4)]),
    ties: ["0: 0 <= 1j - 1i <= 0", "1: 0 <= 1j - 12i <= 11"],
  },
  "rows that begin later": {
    shape: [5, 4],
    y: (b, x) => b.create("pad", [x], { axes: [{ low: c(2), high: c(0), interior: 0 }] }),
    ties: ["0: 0 <= 1j - 1i <= 0", "1: -2 <= 1j - 1i <= -2"],
  },
  "windows of unknown size between other axes": {
    shape: [3, 9, 4],
    y: (b, x) => b.create("window", [x], { axis: -2, count: c(4), size: n, stride: 2, dilation: 3 }),
    ties: ["0: 0 <= 1j - 1i <= 0", "2: 0 <= 1j - 3i <= 6", "3: 0 <= 1j - 1i <= 0"],
  },
  "as many windows as are wanted": {
    shape: [9],
    y: (b, x) => b.create("window", [x], { axis: -1, count: dims.symbol("m"), size: n, stride: 2, dilation: 3 }),
    ties: ["all"],
  },
  // Entry p of window w is added to 2w + p.
  "the sum of windows between other axes": {
    shape: [3, 4, 3, 5],
    y: (b, x) => b.create("fold", [x], { axis: -2, length: c(9), stride: 2, dilation: 1 }),
    ties: ["0: 0 <= 1j - 1i <= 0", "1: -2 <= 2j - 1i <= 0", "1: -6 <= 1j - 1i <= 0", "2: 0 <= 1j - 1i <= 0"],
  },
  "a product a row, its axes turned": {
    shape: [5, 3, 4],
    y: (b, x) => b.create("contract", [x, constants(b, [5, 4, 2])], { left: ["i", "k"], right: ["k", "j"], result: ["j", "i"] }), // prettier-ignore
    ties: ["0: 0 <= 1j - 1i <= 0", "2: 0 <= 1j - 1i <= 0", "all"],
  },
  "entries that data chooses in each row": {
    shape: [2, 5, 3],
    y: (b, x) => b.create("gather", [x, parameter(b, "i", [2, 4], "index", 5)], { batch: 1 }),
    ties: ["0: 0 <= 1j - 1i <= 0", "all", "2: 0 <= 1j - 1i <= 0"],
  },
  "entries that data chooses, one of each row": {
    shape: [2, 5, 3],
    y: (b, x) => b.create("gather", [x, parameter(b, "i", [2], "index", 5)], { batch: 1 }),
    ties: ["0: 0 <= 1j - 1i <= 0", "all", "1: 0 <= 1j - 1i <= 0"],
  },
  "rows added where data says": {
    shape: [2, 2, 4, 3],
    y: (b, x) => b.create("scatter_add", [parameter(b, "i", [2, 2, 4], "index", 5), x], { batch: 1, size: c(5) }),
    ties: ["0: 0 <= 1j - 1i <= 0", "all", "all", "2: 0 <= 1j - 1i <= 0"],
  },
};

/** Sums of windows. */
function sumOfWindows(b: GraphBuilder, x: Node, count: number, size: number, stride: number): Node {
  const windows = b.create("window", [x], { axis: -1, count: c(count), size: c(size), stride, dilation: 1 });
  return e.reduceSum(b, windows, [-1]);
}

/** A zero between any two entries. */
function spaced(b: GraphBuilder, x: Node, low: dims.Dim, high: dims.Dim): Node {
  return b.create("pad", [x], { axes: [{ low, high, interior: 1 }] });
}

function constants(b: GraphBuilder, shape: readonly number[]): Node {
  return e.broadcastTo(b, e.constant(b, 2), shape.map(c));
}

describe("ties", () => {
  it.each(Object.entries(moved))("of %s", (_, { shape, y, ties }) => {
    const b = createBuilder();
    const x = parameter(b, "x", shape);
    expect(shown(b, y(b, x), x)).toEqual(ties);
  });

  it("tell how many entries one reads, and how many read it", () => {
    // 3j - 2i is one of 0 .. 7: three j, four i.
    const tie = { axis: 0, by: 3, of: -2, base: c(0), width: 7 };
    expect([readsOf(tie), readersOf(tie)]).toEqual([3, 4]);
  });

  it.each(Object.entries(cases))("of %s", (_, { shape, y, ties, passes, batch = 0 }) => {
    const b = createBuilder();
    const x = parameter(b, "x", shape);
    const v = parameter(b, "v", shape);
    const f = y(b, x);
    expect(shown(b, f, x)).toEqual(ties);
    const graph = differentiate(
      graphOf({ jacobian: b.create("jacobian", [f, x], { batch }), jvp: b.create("jvp", [f, x, v], {}) }),
      b,
    );
    const size = (d: dims.Dim): number => dims.evaluate(d, new Map([["n", 6]]));
    // All rows go in the same direction.
    const entries = size(dims.product(x.shape.slice(batch)));
    const at = randoms(5, size(dims.product(x.shape)));
    const unit = (k: number): number[] => at.map((__, j) => (j % entries === k ? 1 : 0));
    const columns = Array.from({ length: entries }, (__, k) => run(graph, { x: at, v: unit(k) }, { n: 6 }).jvp);
    const found = run(graph, { x: at, v: unit(0) }, { n: 6 }).jacobian;
    // Sums over directions that do not meet add zeros: the entries are the same numbers, those of reverse mode nearly so.
    const wanted = columns[0].flatMap((__, i) => columns.map((column) => column[i]));
    expect(found.length).toBe(wanted.length);
    found.forEach((value, k) => {
      expect(Math.abs(value - wanted[k])).toBeLessThanOrEqual(1e-15 * Math.abs(wanted[k]) * 8);
    });
    expect(directionsOf(outputOf(graph, "jacobian"), size)).toBe(passes);
  });

  it("end where no derivative flows", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    expect(tiesOf(b, e.stopGradient(b, x), x)).toBeNull();
    expect(tiesOf(b, parameter(b, "z", ["n"]), x)).toBeNull();
  });
});

/** How many directions the seeds of a Jacobian name: a comparison of counters along each axis of directions. */
function directionsOf(jacobian: Node, size: (d: dims.Dim) => number): number {
  const rows = new Set<string>();
  let count = 1;
  for (const node of e.topological([jacobian])) {
    if (!e.is(node, "convert")) continue;
    const [compared] = node.operands as readonly AnyNode[];
    if (compared.primitive !== "equal") continue;
    const [row] = compared.operands as readonly AnyNode[];
    if (row.primitive !== "broadcast") continue;
    const key = `${row.attributes.axes[0]} of ${row.attributes.shape.length}`;
    if (rows.has(key)) continue;
    rows.add(key);
    count *= size(row.operands[0].shape[0]);
  }
  return count;
}
