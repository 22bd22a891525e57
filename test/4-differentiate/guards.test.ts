import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { constant as dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { createBuilder, derive, gradient, graphOf, parameter, run } from "../5-simplify/support.ts";

/** A value that was not selected contributes 0, in both modes, at both orders, simplified or not. */
function bothWays(build: (b: GraphBuilder) => Graph): readonly Graph[] {
  const b = createBuilder();
  const graph = build(b);
  return [differentiate(graph, b), derive(graph, b), differentiate(simplify(graph, b), b)];
}

function orders(f: (b: GraphBuilder, x: Node) => Node): readonly Graph[] {
  return bothWays((b) => {
    const x = parameter(b, "x");
    const y = f(b, x);
    const g = gradient(b, y, x);
    const jvp = b.create("jvp", [y, x, e.constant(b, 1)], {});
    return graphOf({
      g,
      jvp,
      reverseReverse: gradient(b, g, x),
      forwardReverse: b.create("jvp", [g, x, e.constant(b, 1)], {}),
      reverseForward: gradient(b, jvp, x),
      forwardForward: b.create("jvp", [jvp, x, e.constant(b, 1)], {}),
    });
  });
}

const ifPositive = (b: GraphBuilder, x: Node, y: Node): Node => e.select(b, e.less(b, 0, x), y, 0);

describe("guards", () => {
  const cases: Readonly<Record<string, (b: GraphBuilder, x: Node) => Node>> = {
    log: (b, x) => ifPositive(b, x, e.log(b, x)),
    sqrt: (b, x) => ifPositive(b, x, e.sqrt(b, x)),
    "x^1.5, whose second derivative alone is infinite": (b, x) => ifPositive(b, x, e.mul(b, x, e.sqrt(b, x))),
    "a quotient": (b, x) => ifPositive(b, x, e.div(b, e.sin(b, x), x)),
    "a chain": (b, x) => ifPositive(b, x, e.exp(b, e.sin(b, e.log(b, e.sqrt(b, x))))),
    "a product with a factor that is not finite": (b, x) => ifPositive(b, x, e.mul(b, x, e.log(b, x))),
    "the other branch": (b, x) => e.select(b, e.lessEqual(b, x, 0), 0, e.mul(b, 3, e.log(b, x))),
    "a choice in a choice": (b, x) => e.select(b, e.less(b, -1, x), ifPositive(b, x, e.log(b, x)), e.mul(b, x, x)),
    "a choice that is scaled": (b, x) => e.mul(b, e.exp(b, x), ifPositive(b, x, e.div(b, 1, x))),
  };
  for (const [name, f] of Object.entries(cases)) {
    it(`${name}: 0 where not selected, at any order`, () => {
      for (const graph of orders(f)) {
        for (const [output, [value]] of Object.entries(run(graph, { x: 0 }))) expect([output, value + 0]).toEqual([output, 0]); // prettier-ignore
      }
    });
  }

  it("leaves the selected branch alone", () => {
    for (const graph of orders((b, x) => ifPositive(b, x, e.log(b, x)))) {
      const found = run(graph, { x: 2 });
      expect(found.g[0]).toBeCloseTo(0.5, 12);
      expect(found.jvp[0]).toBeCloseTo(0.5, 12);
      for (const name of ["reverseReverse", "forwardReverse", "reverseForward", "forwardForward"]) {
        expect(found[name][0]).toBeCloseTo(-0.25, 12);
      }
    }
  });

  it("does not hide an infinity that was selected", () => {
    for (const graph of orders((b, x) => e.select(b, e.lessEqual(b, 0, x), e.sqrt(b, x), 0))) {
      expect(run(graph, { x: 0 }).g).toEqual([Infinity]);
    }
  });

  it("holds entry by entry, through broadcasts, sums and products", () => {
    const graphs = bothWays((b) => {
      const x = parameter(b, "x", [3]);
      const s = parameter(b, "s");
      const W = parameter(b, "W", [3, 2]);
      const c = e.less(b, 0, x);
      const logs = e.select(b, c, e.log(b, x), 0);
      const shared = e.select(b, e.less(b, 0, s), e.broadcastTo(b, e.log(b, s), x.shape), 0);
      const product = e.select(b, e.less(b, 0, s), e.reduceSum(b, e.matmul(b, e.log(b, x), W), [-1]), 0);
      const sum = (node: Node): Node => e.reduceSum(b, node, e.allAxes(node));
      return graphOf({
        logs: gradient(b, sum(logs), x),
        shared: gradient(b, sum(shared), s),
        productX: gradient(b, product, x),
        productW: gradient(b, product, W),
      });
    });
    for (const graph of graphs) {
      const found = run(graph, { x: [0, 2, -1], s: 0, W: [1, 2, 3, 4, 5, 6] });
      expect(found.logs.map((v) => v + 0)).toEqual([0, 0.5, 0]);
      expect(found.shared.map((v) => v + 0)).toEqual([0]);
      expect(found.productX.map((v) => v + 0)).toEqual([0, 0, 0]);
      expect(found.productW.map((v) => v + 0)).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it("holds for entries that a subscript leaves out, one or several of a row", () => {
    const graphs = bothWays((b) => {
      const x = parameter(b, "x", [3]);
      const m = parameter(b, "m", [2, 3]);
      const i = parameter(b, "i", [], "index", 3);
      const j = parameter(b, "j", [2], "index", 3);
      const k = parameter(b, "k", [2], "index", 2);
      const sum = (node: Node): Node => (node.shape.length === 0 ? node : e.reduceSum(b, node, e.allAxes(node)));
      const chosen = (of: Node, at: Node, batch: number): Node =>
        sum(b.create("gather", [e.sqrt(b, of), at], { batch }));
      const guarded = b.create("gather", [ifPositive(b, m, e.log(b, m)), j], { batch: 1 });
      return graphOf({
        one: gradient(b, chosen(x, i, 0), x),
        several: gradient(b, chosen(x, j, 0), x),
        "one of each row": gradient(b, chosen(m, j, 1), m),
        rows: gradient(b, chosen(m, k, 0), m),
        guarded: gradient(b, sum(guarded), m),
      });
    });
    for (const graph of graphs) {
      const found = run(graph, { x: [0, 4, 0], i: 1, m: [0, 1, 4, 0.25, 0, 0], j: [1, 1], k: [0, 0] });
      // d sqrt(x)/dx = 1/(2 sqrt x): 1/4 at 4, infinite at 0.
      expect(found.one).toEqual([0, 0.25, 0]);
      expect(found.several).toEqual([0, 0.5, 0]);
      expect(found["one of each row"]).toEqual([0, 0.5, 0, 0, Infinity, 0]);
      expect(found.rows).toEqual([Infinity, 1, 0.5, 0, 0, 0]);
      expect(found.guarded.map((v) => v + 0)).toEqual([0, 1, 0, 0, 0, 0]);
    }
  });

  it("holds for entries of a row that is chosen by a subscript, by one and by one of each", () => {
    const graphs = bothWays((b) => {
      const x = parameter(b, "x", [2, 3, 2]);
      const i = parameter(b, "i", [], "index", 2);
      const j = parameter(b, "j", [2], "index", 3);
      const c = parameter(b, "c", [3, 2]);
      const d = parameter(b, "d", [2, 2]);
      const taken = (rows: Node, condition: Node): Node => {
        const kept = e.select(b, e.less(b, 0, condition), rows, 0);
        return e.reduceSum(b, kept, e.allAxes(kept));
      };
      const one = taken(b.create("gather", [e.log(b, x), i], { batch: 0 }), c);
      const each = taken(b.create("gather", [e.log(b, x), j], { batch: 1 }), d);
      return graphOf({ one: gradient(b, one, x), each: gradient(b, each, x) });
    });
    const x = [0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 5];
    for (const graph of graphs) {
      const { one, each } = run(graph, { x, i: 1, j: [2, 1], c: [0, 1, 1, 0, 0, 1], d: [0, 0, 1, 0] });
      // d log(x)/dx = 1/x
      expect(one.map((v) => v + 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0.5, 0.25, 0, 0, 0.2]);
      expect(each.map((v) => v + 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0, 0, 0]);
    }
  });

  it("leaves out a value that a maximum did not take", () => {
    // At -1 the larger of x and 0 is 0, where the root's slope is infinite.
    for (const graph of orders((b, x) => e.sqrt(b, e.max(b, x, 0)))) {
      for (const [output, [value]] of Object.entries(run(graph, { x: -1 }))) expect([output, value + 0]).toEqual([output, 0]); // prettier-ignore
      expect(run(graph, { x: 4 }).g[0]).toBeCloseTo(0.25, 12);
    }
  });

  interface Choices {
    readonly build: (b: GraphBuilder, parts: Readonly<Record<"u" | "v" | "p" | "q" | "r", Node>>) => Node;
    /** Its slopes by u and v, where conditions are 1 or 0. */
    readonly slopes: (p: number, q: number, r: number) => readonly [byU: number, byV: number];
  }
  const ifOn = (b: GraphBuilder, condition: Node, x: Node): Node => e.select(b, e.less(b, 0, condition), x, 0);
  const choices: Readonly<Record<string, Choices>> = {
    "choices in both branches of a choice": {
      build: (b, { u, v, p, q, r }) => e.select(b, e.less(b, 0, p), ifOn(b, q, u), ifOn(b, r, v)),
      slopes: (p, q, r) => [p * q, (1 - p) * r],
    },
    "choices of one number in both branches of a choice": {
      build: (b, { u, p, q, r }) => e.select(b, e.less(b, 0, p), ifOn(b, q, u), ifOn(b, r, e.mul(b, 2, u))),
      slopes: (p, q, r) => [p * q + 2 * (1 - p) * r, 0],
    },
    "a choice in a choice": {
      build: (b, { u, v, p, q }) => e.add(b, ifOn(b, p, ifOn(b, q, u)), e.mul(b, 0, v)),
      slopes: (p, q) => [p * q, 0],
    },
    "a sum of choices": {
      build: (b, { u, v, p, q }) => e.add(b, ifOn(b, p, u), ifOn(b, q, v)),
      slopes: (p, q) => [p, q],
    },
    "a sum of choices of one number": {
      build: (b, { u, p, q }) => e.add(b, ifOn(b, p, u), ifOn(b, q, e.exp(b, e.neg(b, u)))),
      slopes: (p, q) => [p - q * Math.exp(-4), 0],
    },
  };
  for (const [name, { build, slopes }] of Object.entries(choices)) {
    it(`${name}: what was not taken contributes 0 to the tangent of its root, and what was its slope`, () => {
      const graphs = bothWays((b) => {
        const [u, v, p, q, r] = ["u", "v", "p", "q", "r"].map((letter) => parameter(b, letter));
        const inner = build(b, { u, v, p, q, r });
        const y = e.sqrt(b, inner);
        const one = e.constant(b, 1);
        return graphOf({ inner, byU: gradient(b, y, u), byV: gradient(b, y, v), alongU: b.create("jvp", [y, u, one], {}), alongV: b.create("jvp", [y, v, one], {}), u, v, p, q, r }); // prettier-ignore
      });
      for (const graph of graphs) {
        for (const signs of [0, 1, 2, 3, 4, 5, 6, 7]) {
          const [p, q, r] = [signs & 1, (signs >> 1) & 1, signs >> 2];
          const { inner, byU, byV, alongU, alongV } = run(graph, { u: 4, v: 9, p, q, r });
          // Where nothing was taken the root's slope is infinite.
          const outer = inner[0] === 0 ? 0 : 0.5 / Math.sqrt(inner[0]);
          slopes(p, q, r).forEach((slope, k) => {
            expect([signs, k === 0 ? byU[0] : byV[0]]).toEqual([signs, expect.closeTo(outer * slope, 12)]);
            expect([signs, k === 0 ? alongU[0] : alongV[0]]).toEqual([signs, expect.closeTo(outer * slope, 12)]);
          });
        }
      }
    });
  }

  it("holds for tangents that are summed along axes, or multiplied by matrices", () => {
    const graphs = bothWays((b) => {
      const x = parameter(b, "x", [2, 3, 2]);
      const c = parameter(b, "c", [2]);
      const d = parameter(b, "d", [2, 3]);
      const W = parameter(b, "W", [2, 2]);
      const v = parameter(b, "v", [2, 3, 2]);
      const along = (positive: Node, axes: readonly number[]): Node =>
        e.select(b, b.create("broadcast", [e.less(b, 0, positive)], { shape: x.shape, axes }), x, 0);
      const rootSum = (inner: Node): Node => e.reduceSum(b, e.sqrt(b, inner), e.allAxes(inner));
      const summed = rootSum(e.reduceSum(b, along(c, [-3]), [-1]));
      const turned = rootSum(e.contract(b, [along(d, [-3, -2]), ["i", "l", "k"]], [W, ["k", "j"]], ["l", "j", "i"]));
      const both = (y: Node, name: string): Record<string, Node> => ({
        [`${name}Gradient`]: gradient(b, y, x),
        [`${name}Jvp`]: b.create("jvp", [y, x, v], {}),
      });
      return graphOf({ ...both(summed, "summed"), ...both(turned, "turned") });
    });
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const v = [1, -1, 2, 3, -2, 1, 1, 2, 3, -1, 1, 4];
    const c = [0, 1];
    const d = [1, 0, 1, 0, 1, 1];
    const W = [1, 2, 3, 4];
    const summed = Array<number>(12).fill(0);
    const turned = Array<number>(12).fill(0);
    for (let i = 0; i < 2; i++) {
      for (let l = 0; l < 3; l++) {
        const at = (i * 3 + l) * 2;
        for (let k = 0; k < 2; k++) {
          // d sqrt(Σ_k x_ilk)/dx_ilk, and Σ_j W_kj / (2 sqrt(Σ_k x_ilk W_kj)), where the row was taken
          if (c[i] > 0) summed[at + k] = 0.5 / Math.sqrt(x[at] + x[at + 1]);
          if (d[i * 3 + l] === 0) continue;
          for (let j = 0; j < 2; j++) turned[at + k] += (0.5 * W[k * 2 + j]) / Math.sqrt(x[at] * W[j] + x[at + 1] * W[2 + j]); // prettier-ignore
        }
      }
    }
    const dot = (slopes: readonly number[]): number => slopes.reduce((sum, slope, k) => sum + slope * v[k], 0);
    for (const graph of graphs) {
      const found = run(graph, { x, v, c, d, W });
      for (const [name, wanted] of Object.entries({ summed, turned })) {
        found[`${name}Gradient`].forEach((value, k) => {
          expect(value).toBeCloseTo(wanted[k], 12);
        });
        expect(found[`${name}Jvp`][0]).toBeCloseTo(dot(wanted), 12);
      }
    }
  });

  it("leaves out only rows of a factor that meet nothing that was taken", () => {
    const graphs = bothWays((b) => {
      const x = parameter(b, "x", [2, 3]);
      const W = parameter(b, "W", [3, 2]);
      const c = parameter(b, "c", [2, 2]);
      const taken = e.select(b, e.less(b, 0, c), e.matmul(b, e.log(b, x), W), 0);
      // The same product, of which the log has its axes the other way round.
      const turned = e.select(b, e.less(b, 0, c), e.contract(b, [e.transpose(b, e.log(b, x), [-1, -2]), ["k", "i"]], [W, ["k", "j"]], ["i", "j"]), 0); // prettier-ignore
      const sum = (node: Node): Node => e.reduceSum(b, node, e.allAxes(node));
      return graphOf({
        byW: gradient(b, sum(taken), W),
        byX: gradient(b, sum(taken), x),
        turned: gradient(b, sum(turned), W),
      });
    });
    for (const graph of graphs) {
      // Of row 0, which holds log(0), nothing is taken; of row 1 the first column.
      const found = run(graph, { x: [0, 1, 2, 1, 2, 4], W: [1, 2, 3, 4, 5, 6], c: [0, 0, 1, 0] });
      const wanted = [0, 0, Math.log(2), 0, Math.log(4), 0];
      wanted.forEach((value, k) => {
        expect(found.byW[k]).toBeCloseTo(value, 12);
        expect(found.turned[k]).toBeCloseTo(value, 12);
      });
      expect(found.byX.map((v) => v + 0)).toEqual([0, 0, 0, 1, 1.5, 1.25]);
    }
  });

  it("holds for solutions of systems, of which some are singular", () => {
    const graphs = bothWays((b) => {
      const A = parameter(b, "A", [2, 2, 2]);
      const R = parameter(b, "R", [2, 2, 2]);
      const r = parameter(b, "r", [2, 2]);
      const c = parameter(b, "c", [2]);
      const d = parameter(b, "d", [2, 1, 1]);
      const q = parameter(b, "q", [2, 3]);
      const solved = (right: Node, by = A): Node =>
        b.create("solve", [by, b.create("lu", [by], { complete: false }), right], { transposed: false });
      const reshaped = (x: Node, ...sizes: readonly number[]): Node => e.reshape(b, x, sizes.map((size) => dim(size))); // prettier-ignore
      const taken = (x: Node, axes: readonly number[]): Node => {
        const chosen = b.create("broadcast", [e.less(b, 0, c)], { shape: x.shape, axes });
        const kept = e.select(b, chosen, x, 0);
        return e.reduceSum(b, kept, e.allAxes(kept));
      };
      // A right side of one column, and a list that stands for it.
      const ofList = taken(reshaped(solved(reshaped(r, 2, 2, 1)), 2, 2), [-2]);
      const ofMatrix = taken(solved(R), [-3]);
      // Systems of one row.
      const ofRow = taken(reshaped(solved(reshaped(q, 2, 1, 3), d), 2, 3), [-2]);
      return graphOf({
        byA: gradient(b, ofMatrix, A),
        byR: gradient(b, ofMatrix, R),
        listByA: gradient(b, ofList, A),
        listByR: gradient(b, ofList, r),
        byD: gradient(b, ofRow, d),
        byQ: gradient(b, ofRow, q),
      });
    });
    const A = [1, 2, 2, 4, 2, 0, 0, 4];
    for (const graph of graphs) {
      const found = run(graph, { A, R: [1, 1, 1, 1, 1, 2, 3, 4], r: [5, 6, 7, 8], c: [0, 1], d: [0, 4], q: [1, 2, 3, 4, 5, 7] }); // prettier-ignore
      // X = [[1/2, 1], [3/4, 1]] of the second system: the slope by R is A⁻ᵀ of ones, that by A is -A⁻ᵀ 1 Xᵀ.
      expect(found.byR.map((v) => v + 0)).toEqual([0, 0, 0, 0, 0.5, 0.5, 0.25, 0.25]);
      expect(found.byA.map((v) => v + 0)).toEqual([0, 0, 0, 0, -0.75, -0.875, -0.375, -0.4375]);
      // x = [7/2, 2].
      expect(found.listByR.map((v) => v + 0)).toEqual([0, 0, 0.5, 0.25]);
      expect(found.listByA.map((v) => v + 0)).toEqual([0, 0, 0, 0, -1.75, -1, -0.875, -0.5]);
      expect(found.byQ.map((v) => v + 0)).toEqual([0, 0, 0, 0.25, 0.25, 0.25]);
      expect(found.byD.map((v) => v + 0)).toEqual([0, -1]);
      // A condition that holds of all entries of a column or row alike is asked as it is.
      for (const { name, node } of graph.outputs) {
        const counted = e.topological([node]).filter((n) => e.is(n, "reduce_sum") && n.operands[0].primitive === "convert"); // prettier-ignore
        expect([name, counted.length]).toEqual([name, 0]);
      }
    }
  });

  it("costs nothing where partials are finite", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["batch", 8]);
    const W = parameter(b, "W", [8, 8]);
    const relu = (z: Node): Node => e.select(b, e.less(b, z, 0), 0, z);
    const y = e.reduceSum(b, relu(e.matmul(b, relu(e.matmul(b, x, W)), W)), [-2, -1]);
    const graph = derive(graphOf({ g: gradient(b, y, W) }), b);
    const selects = e.topological(graph.outputs.map((o) => o.node)).filter((n) => n.primitive === "select");
    // The forward one of the inner layer, and one for the adjoint of each.
    expect(selects.length).toBeLessThanOrEqual(3);
  });
});
