import { describe, expect, it } from "vitest";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { tiesOf } from "../../src/4-differentiate/ties.ts";
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

describe("ties", () => {
  it.each(Object.entries(cases))("of %s", (_, { shape, y, ties, passes }) => {
    const b = createBuilder();
    const x = parameter(b, "x", shape);
    const v = parameter(b, "v", shape);
    const f = y(b, x);
    expect(shown(b, f, x)).toEqual(ties);
    const graph = differentiate(
      graphOf({ jacobian: b.create("jacobian", [f, x], { batch: 0 }), jvp: b.create("jvp", [f, x, v], {}) }),
      b,
    );
    const size = (d: dims.Dim): number => dims.evaluate(d, new Map([["n", 6]]));
    const entries = size(dims.product(x.shape));
    const at = randoms(5, entries);
    const unit = (k: number): number[] => at.map((__, j) => (j === k ? 1 : 0));
    const columns = at.map((__, k) => run(graph, { x: at, v: unit(k) }, { n: 6 }).jvp);
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
