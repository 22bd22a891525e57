import { describe, expect, it } from "vitest";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { constant, constantOf } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import {
  createBuilder,
  directional,
  gradient,
  graphOf,
  numericGradient,
  parameter,
  randoms,
  run,
} from "../5-simplify/support.ts";

/** Gradient, hvp and hessian of a scalar function of x[n], each against differences of the one before. */
function checkScalar(f: (b: GraphBuilder, x: Node) => Node, x: readonly number[], tolerance = 1e-6): void {
  const b = createBuilder();
  const p = parameter(b, "x", [x.length]);
  const v = parameter(b, "v", [x.length]);
  const y = f(b, p);
  const g = gradient(b, y, p);
  const graph = differentiate(
    graphOf({
      y,
      g,
      jvp: b.create("jvp", [y, p, v], {}),
      hvp: b.create("jvp", [g, p, v], {}),
      reverseHvp: gradient(b, e.reduceSum(b, e.mul(b, g, v), [-1]), p),
      hessian: b.create("jacobian", [g, p], { batch: 0 }),
      jacobian: b.create("jacobian", [y, p], { batch: 0 }),
    }),
    b,
  );
  const direction = randoms(7, x.length);
  const at = (point: readonly number[]): Record<string, number[]> => run(graph, { x: point, v: direction });
  const found = at(x);
  const expected = numericGradient((point) => at(point).y[0], x);
  const close = (actual: readonly number[], wanted: readonly number[]): void => {
    expect(actual.length).toBe(wanted.length);
    wanted.forEach((value, k) => {
      expect(Math.abs(actual[k] - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
    });
  };
  close(found.g, expected);
  close(found.jacobian, expected);
  close(found.jvp, [directional((point) => at(point).y[0], x, direction)]);
  const second = x.map((_, k) => numericGradient((point) => at(point).g[k], x));
  close(found.hessian, second.flat());
  const product = second.map((row) => row.reduce((sum, value, k) => sum + value * direction[k], 0));
  close(found.hvp, product);
  close(found.reverseHvp, product);
}

const column = (b: GraphBuilder, x: Node, k: number): Node =>
  e.reshape(b, e.slice(b, x, [{ start: constant(k), size: constant(1), step: 1 }]), []);

describe("derivatives of orders one and two against differences", () => {
  const cases: Readonly<Record<string, (b: GraphBuilder, x: Node) => Node>> = {
    "a sum of squares": (b, x) => e.reduceSum(b, e.mul(b, x, x), [-1]),
    "products, quotients and powers": (b, x) =>
      e.reduceSum(b, e.div(b, e.powInt(b, x, 3), e.add(b, 2, e.mul(b, x, e.exp(b, x)))), [-1]),
    "a softmax": (b, x) => {
      const exps = e.exp(b, x);
      const p = e.div(b, exps, e.broadcastTo(b, e.reduceSum(b, exps, [-1]), x.shape));
      return e.reduceSum(b, e.mul(b, p, e.mul(b, p, x)), [-1]);
    },
    "a matrix product": (b, x) => {
      const outer = e.contract(b, [x, ["i"]], [e.sin(b, x), ["j"]], ["i", "j"]);
      const square = e.matmul(b, outer, outer);
      return e.reduceSum(b, e.tanh(b, e.matmul(b, square, x)), [-1]);
    },
    "a product along an axis": (b, x) => e.reduceProduct(b, e.add(b, x, e.mul(b, x, x)), [-1]),
    "a largest entry": (b, x) => e.reduceMax(b, e.mul(b, x, e.exp(b, x)), [-1]),
    choices: (b, x) => e.reduceSum(b, e.select(b, e.less(b, x, 0), e.mul(b, x, x), e.sin(b, x)), [-1]),
    "slices and pads": (b, x) => {
      const first = column(b, x, 0);
      const second = column(b, x, 1);
      return e.mul(b, e.exp(b, first), e.add(b, second, e.mul(b, first, second)));
    },
    "a reversed axis": (b, x) => {
      const size = x.shape[0];
      const flipped = e.slice(b, x, [{ start: constant(2), size, step: -1 }]);
      return e.reduceSum(b, e.mul(b, e.exp(b, flipped), e.mul(b, x, x)), [-1]);
    },
    "many functions": (b, x) => {
      const parts = [e.sigmoid(b, x), e.softplus(b, x), e.tanh(b, x), e.cosh(b, x), e.log(b, e.add(b, 2, x))];
      return e.reduceSum(b, parts.reduce((p, q) => e.add(b, e.mul(b, p, q), q)), [-1]); // prettier-ignore
    },
    "factors of -1 on either side": (b, x) => e.reduceSum(b, e.mul(b, -1, e.exp(b, e.mul(b, x, -1))), [-1]),
    "a square root of a sum": (b, x) => e.sqrt(b, e.add(b, 1, e.reduceSum(b, e.mul(b, x, x), [-1]))),
  };
  for (const [name, f] of Object.entries(cases)) {
    it(name, () => {
      checkScalar(f, [0.3, -0.7, 0.9]);
    });
  }
});

describe("names", () => {
  it("differentiates by the name, not by what it is made of", () => {
    const b = createBuilder();
    const x = parameter(b, "x");
    const u = b.mark(e.mul(b, 2, x), "u");
    const v = b.mark(e.mul(b, 2, x), "v");
    const y = e.mul(b, u, v);
    const graph = eraseMarks(
      differentiate(graphOf({ byU: gradient(b, y, u), byV: gradient(b, y, v), byX: gradient(b, y, x) }), b),
      b,
    );
    expect(run(graph, { x: 3 })).toEqual({ byU: [6], byV: [6], byX: [24] });
  });

  it("takes a mark whose definition holds a derivative", () => {
    const b = createBuilder();
    const x = parameter(b, "x");
    const slope = b.mark(gradient(b, e.powInt(b, x, 3), x), "slope");
    const y = e.mul(b, slope, slope);
    const graph = differentiate(graphOf({ bySlope: gradient(b, y, slope), byX: gradient(b, y, x) }), b);
    // slope = 3 x^2, y = 9 x^4
    expect(run(graph, { x: 2 })).toEqual({ bySlope: [24], byX: [288] });
  });

  it("reports what does not depend on the name, and gives zeros of its shape", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [3]);
    const y = parameter(b, "y");
    const request = gradient(b, e.mul(b, y, y), x);
    const cut = gradient(b, e.reduceSum(b, e.stopGradient(b, x), [-1]), x);
    const flat = gradient(b, e.reduceSum(b, e.floor(b, x), [-1]), x);
    const reported: Node[] = [];
    const graph = differentiate(graphOf({ request, cut, flat, x, y }), b, {
      onIndependent: (node) => reported.push(node),
    });
    const found = run(graph, { x: [1, 2, 3], y: 4 });
    expect(found.request).toEqual([0, 0, 0]);
    expect(found.cut).toEqual([0, 0, 0]);
    expect(found.flat).toEqual([0, 0, 0]);
    // The others do depend on x, though no derivative flows.
    expect(reported.map((node) => node.id)).toEqual([request.id]);
  });

  it("takes the gradients of one scalar in one pass", () => {
    const b = createBuilder();
    const xs = Array.from({ length: 50 }, (_, k) => parameter(b, `x${k}`));
    const y = xs.reduce<Node>((sum, x) => e.add(b, e.sin(b, sum), x), xs[0]);
    const before = b.size;
    differentiate(graphOf(Object.fromEntries(xs.map((x, k) => [`g${k}`, gradient(b, y, x)]))), b);
    // One pass makes a few nodes for each node of y; fifty passes would make fifty times as many.
    expect(b.size - before).toBeLessThan(10 * 50 + 100);
  });
});

describe("products along long axes", () => {
  it("take a few numbers for each entry, however long", () => {
    const b = createBuilder();
    const length = 2 ** 16;
    const x = parameter(b, "x", [length]);
    const graph = differentiate(graphOf({ g: gradient(b, e.reduceProduct(b, x, [-1]), x) }), b);
    // Rows of 16 need tables of 16 by 16; one table for all would have 65,536 numbers for each entry.
    for (const node of e.topological(graph.outputs.map((output) => output.node))) {
      const entries = node.shape.reduce((product, size) => product * (constantOf(size) ?? Infinity), 1);
      expect(entries).toBeLessThanOrEqual(16 * length);
    }
  });
});

describe("products along an axis of unknown length", () => {
  it("are cut into blocks once, in whatever order of derivatives", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    const v = parameter(b, "v", ["n"]);
    let y: Node = b.create("reduce_product", [x], { axes: [-1] });
    for (let order = 1; order <= 4; order++) y = b.create("jvp", [y, x, v], {});
    const graph = differentiate(graphOf({ y }), b);
    // floor((n + ..) / 16^5) would be the row of rows of a product of more than 2^20 entries.
    const sizes = e.topological(graph.outputs.map(({ node }) => node)).flatMap(({ shape }) => shape.map((d) => d.key));
    expect(sizes.filter((key) => /\/1048576\b/.test(key))).toEqual([]);
    // The fourth derivative of x0 x1 x2 x3 x4 along v is 24 times the sum over i of x_i and the product of v_j, j ≠ i.
    const [at, along] = [
      [2, 3, 5, 7, 11],
      [1, -1, 2, 0.5, 3],
    ];
    const wanted = at.reduce((sum, xi, i) => sum + xi * along.reduce((p, vj, j) => (j === i ? p : p * vj), 1), 0);
    expect(run(graph, { x: at, v: along }, { n: 5 }).y).toEqual([24 * wanted]);
  });
});

describe("jacobians", () => {
  const build = (rows: number, columns: number): ReturnType<typeof differentiate> => {
    const b = createBuilder();
    const x = parameter(b, "x", [columns]);
    const W = parameter(b, "W", [rows, columns]);
    const y = e.tanh(b, e.matmul(b, W, e.mul(b, x, x)));
    return differentiate(
      graphOf({ J: b.create("jacobian", [y, x], { batch: 0 }), byW: b.create("jacobian", [y, W], { batch: 0 }) }),
      b,
    );
  };
  for (const [rows, columns] of [
    [2, 4],
    [4, 2],
    [3, 3],
  ]) {
    it(`of ${rows} results by ${columns} inputs`, () => {
      const W = randoms(3, rows * columns);
      const x = randoms(5, columns);
      const f = (at: readonly number[], w: readonly number[]): number[] =>
        Array.from({ length: rows }, (_, i) =>
          Math.tanh(at.reduce((sum, value, k) => sum + w[i * columns + k] * value * value, 0)),
        );
      const { J, byW } = run(build(rows, columns), { W, x });
      const wanted = Array.from({ length: rows }, (_, i) => numericGradient((at) => f(at, W)[i], x)).flat();
      const wantedW = Array.from({ length: rows }, (_, i) => numericGradient((w) => f(x, w)[i], W)).flat();
      J.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[k], 8);
      });
      byW.forEach((value, k) => {
        expect(value).toBeCloseTo(wantedW[k], 8);
      });
    });
  }

  it("with symbolic sizes", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    const y = e.mul(b, x, e.broadcastTo(b, e.reduceSum(b, x, [-1]), x.shape));
    const graph = differentiate(graphOf({ J: b.create("jacobian", [y, x], { batch: 0 }) }), b);
    // d(x_i s)/dx_j = x_i + s [i = j]
    expect(run(graph, { x: [1, 2] }, { n: 2 }).J).toEqual([4, 1, 2, 5]);
    expect(run(graph, { x: [5] }, { n: 1 }).J).toEqual([10]);
    expect(run(graph, { x: [] }, { n: 0 }).J).toEqual([]);
  });

  for (const [rows, inner, columns] of [
    [4, 2, 3],
    [2, 4, 3],
  ]) {
    it(`of a ${rows} by ${columns} matrix, by one of ${inner} by ${columns}`, () => {
      const b = createBuilder();
      const x = parameter(b, "x", [inner, columns]);
      const A = parameter(b, "A", [rows, inner]);
      const product = e.matmul(b, A, x);
      const y = e.mul(b, product, product);
      const graph = differentiate(graphOf({ J: b.create("jacobian", [y, x], { batch: 0 }) }), b);
      const a = randoms(3, rows * inner);
      const at = randoms(5, inner * columns);
      // y_ij = (Σ_k a_ik x_kj)², so dy_ij/dx_kl = 2 (A x)_ij a_ik [j = l]
      const wanted: number[] = [];
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += a[i * inner + k] * at[k * columns + j];
          for (let k = 0; k < inner; k++) {
            for (let l = 0; l < columns; l++) wanted.push(j === l ? 2 * sum * a[i * inner + k] : 0);
          }
        }
      }
      const { J } = run(graph, { A: a, x: at });
      expect(J.length).toBe(wanted.length);
      J.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[k], 12);
      });
    });
  }

  it("of products of a batch, whose axes have no labels", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [3]);
    const Q = parameter(b, "Q", [2, 1, 3]);
    const W = parameter(b, "W", [2, 3, 2]);
    const scaled = e.mul(b, e.broadcastTo(b, x, Q.shape), Q);
    const y = b.create("contract", [scaled, W], { left: ["i", "k"], right: ["k", "j"], result: ["i", "j"] });
    const graph = differentiate(graphOf({ J: b.create("jacobian", [y, x], { batch: 0 }) }), b);
    const [q, w] = [randoms(3, 6), randoms(5, 12)];
    // y_bj = Σ_k x_k q_bk w_bkj
    const wanted = [0, 1].flatMap((n) =>
      [0, 1].flatMap((j) => [0, 1, 2].map((k) => q[n * 3 + k] * w[(n * 3 + k) * 2 + j])),
    );
    run(graph, { x: [1, 2, 3], Q: q, W: w }).J.forEach((value, k) => {
      expect(value).toBeCloseTo(wanted[k], 12);
    });
  });

  it("by inputs that gathers, windows and choices read", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [4]);
    const i = parameter(b, "i", [2], "index", 4);
    const chosen = b.create("gather", [x, i], { batch: 0 });
    const y = e.mul(b, chosen, chosen);
    const graph = differentiate(graphOf({ J: b.create("jacobian", [y, x], { batch: 0 }) }), b);
    expect(run(graph, { x: [1, 2, 3, 4], i: [3, 1] }).J).toEqual([0, 0, 0, 8, 0, 4, 0, 0]);
  });
});
