import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { constant as dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { createBuilder, derive, formula, gradient, graphOf, outputOf, parameter, run } from "./support.ts";

type Loss = (b: GraphBuilder, y: Node, a: Node) => Node;

/** -(y log a + (1 - y) log(1 - a)), in several spellings. */
const handWritten: Readonly<Record<string, Loss>> = {
  "-(y log a + (1 - y) log(1 - a))": (b, y, a) =>
    e.neg(b, e.add(b, e.mul(b, y, e.log(b, a)), e.mul(b, e.sub(b, 1, y), e.log(b, e.sub(b, 1, a))))),
  "-y log a - (1 - y) log(1 - a)": (b, y, a) =>
    e.sub(b, e.mul(b, e.neg(b, y), e.log(b, a)), e.mul(b, e.sub(b, 1, y), e.log(b, e.sub(b, 1, a)))),
  "(y - 1) log(1 - a) - log(a) y": (b, y, a) =>
    e.sub(b, e.mul(b, e.sub(b, y, 1), e.log(b, e.sub(b, 1, a))), e.mul(b, e.log(b, a), y)),
};

/** As the prelude has it: logs clamped at -100 as PyTorch's, with the gradient of the log. */
const prelude: Loss = (b, y, a) => {
  const clamped = (p: Node): Node => {
    const l = e.select(b, e.equalTo(b, p, 0), -100, e.log(b, p));
    return e.add(b, l, e.stopGradient(b, e.sub(b, e.max(b, l, -100), l)));
  };
  return e.neg(b, e.add(b, e.mul(b, y, clamped(a)), e.mul(b, e.sub(b, 1, y), clamped(e.sub(b, 1, a)))));
};

function mean(b: GraphBuilder, x: Node): Node {
  if (x.shape.length === 0) return x;
  const sum = e.reduceSum(b, x, e.allAxes(x));
  const sizes = x.shape.map((size) => e.convert(b, e.dimension(b, size), "real"));
  return sizes.reduce((quotient, size) => e.div(b, quotient, size), sum);
}

describe("sigmoid with binary cross-entropy: a - y", () => {
  for (const [spelling, loss] of Object.entries({ ...handWritten, "bce(a, y)": prelude })) {
    for (const [label, sizes, scale] of [
      ["a scalar", [], ""],
      ["a batch", ["batch"], " * (1 / batch)"],
      ["a batch of columns", ["batch", 1], " * (1 / batch)"],
      ["a batch of known size", [4], " * 0.25"],
    ] as const) {
      for (const marked of [false, true]) {
        it(`${spelling}, ${label}${marked ? ", with grad(l, a) beside it" : ""}`, () => {
          const b = createBuilder();
          const z = parameter(b, "score", sizes);
          const y = parameter(b, "truth", sizes);
          const a = marked ? b.mark(e.sigmoid(b, z), "a") : e.sigmoid(b, z);
          const l = mean(b, loss(b, y, a));
          const graph = derive(graphOf({ l, dz: gradient(b, l, z), ...(marked ? { da: gradient(b, l, a) } : {}) }), b);
          const wanted = scale.startsWith(" * 0") ? "(0.25 * (sigmoid(score) - truth))" : scale === "" ? "(sigmoid(score) - truth)" : `((sigmoid(score) - truth)${scale})`; // prettier-ignore
          expect(formula(outputOf(graph, "dz"))).toBe(wanted);
          if (!marked) return;
          const cells = sizes.length === 0 ? 1 : 4;
          const scores = [-1.5, 0.25, 2, -0.5].slice(0, cells);
          const truths = [1, 0, 0.25, 1].slice(0, cells);
          const { da, l: value } = run(graph, { score: scores, truth: truths }, { batch: 4 });
          // -(y/a - (1 - y)/(1 - a)), over the number of entries
          const activations = scores.map((score) => 1 / (1 + Math.exp(-score)));
          const terms = truths.map(
            (t, k) => -(t * Math.log(activations[k]) + (1 - t) * Math.log(1 - activations[k])) / cells,
          );
          expect(value[0]).toBeCloseTo(
            terms.reduce((p, q) => p + q, 0),
            12,
          );
          da.forEach((found, k) => {
            const expected = -(truths[k] / activations[k] - (1 - truths[k]) / (1 - activations[k])) / cells;
            expect(found).toBeCloseTo(expected, 12);
          });
        });
      }
    }
  }

  // The scores whose negation has no sign in front of it: -(x - w) is w - x.
  const scores: Readonly<Record<string, (b: GraphBuilder, x: Node, w: Node) => Node>> = {
    x: (_, x) => x,
    "(x - w)": (b, x, w) => e.sub(b, x, w),
    "(w - x)": (b, x, w) => e.sub(b, w, x),
    "((2 * x) - w)": (b, x, w) => e.sub(b, e.mul(b, 2, x), w),
    "(-3 * x)": (b, x) => e.mul(b, -3, x),
    "((1 - x) * w)": (b, x, w) => e.mul(b, e.sub(b, 1, x), w),
    "((x - w) * x)": (b, x, w) => e.mul(b, e.sub(b, x, w), x),
    "(x * (x - w))": (b, x, w) => e.mul(b, x, e.sub(b, x, w)),
    "((x - w) / cosh(x))": (b, x, w) => e.div(b, e.sub(b, x, w), e.cosh(b, x)),
    "(x / (w - x))": (b, x, w) => e.div(b, x, e.sub(b, w, x)),
    "((x * w) + 3)": (b, x, w) => e.add(b, e.mul(b, x, w), 3),
  };
  const byHand: Readonly<Record<string, (b: GraphBuilder, u: Node) => Node>> = {
    "1 / (1 + exp(-u))": (b, u) => e.div(b, 1, e.add(b, 1, e.exp(b, e.neg(b, u)))),
    "exp(u) / (exp(u) + 1)": (b, u) => e.div(b, e.exp(b, u), e.add(b, e.exp(b, u), 1)),
    "(1 + exp(-u))^-1": (b, u) => e.powInt(b, e.add(b, 1, e.exp(b, e.neg(b, u))), -1),
    "sigmoid(u)": (b, u) => e.sigmoid(b, u),
  };
  for (const [score, make] of Object.entries(scores)) {
    it.each(Object.keys(byHand))(`%s of u = ${score}, with scores of both signs in the program`, (spelled) => {
      for (const sizes of [[], ["batch"]]) {
        for (const loss of Object.values(handWritten)) {
          const b = createBuilder();
          const x = parameter(b, "x", sizes);
          const w = parameter(b, "w", sizes);
          const y = parameter(b, "y", sizes);
          // Another item has the opposite differences.
          const other = [e.sub(b, w, x), e.sub(b, x, w)].map((node) => e.sigmoid(b, node));
          const u = b.mark(make(b, x, w), "u");
          const l = loss(b, y, byHand[spelled](b, u));
          const total = e.reduceSum(b, l, e.allAxes(l));
          const graph = derive(graphOf({ du: gradient(b, total, u) }), b);
          expect(formula(outputOf(graph, "du"))).toBe(`(sigmoid(${score}) - y)`);
          expect(other).toHaveLength(2);
        }
      }
    });
  }

  it.each([-Infinity, -1000, -40, -1e-9, 0, 0.75, 36, 800, Infinity, NaN])("is sigmoid(w - x) - y at %d, too", (at) => {
    for (const make of [scores["(x - w)"], scores["(w - x)"]]) {
      for (const truth of [0, 1, 0.3]) {
        const b = createBuilder();
        const [x, w, y] = ["x", "w", "y"].map((name) => parameter(b, name));
        const u = b.mark(make(b, x, w), "u");
        const l = handWritten["-(y log a + (1 - y) log(1 - a))"](b, y, byHand["1 / (1 + exp(-u))"](b, u));
        const { du } = run(derive(graphOf({ du: gradient(b, l, u) }), b), { x: at, w: 0, y: truth });
        const score = make === scores["(x - w)"] ? at : -at;
        // The same number either way that exp does not overflow.
        const q = score > 0 ? 1 / (1 + Math.exp(-score)) : Math.exp(score) / (1 + Math.exp(score));
        if (Number.isNaN(at)) expect(du[0]).toBeNaN();
        else expect(Math.abs(du[0] - (q - truth))).toBeLessThanOrEqual(4 * 2 ** -53);
      }
    }
  });

  it("keeps grad(l, a) as a textbook writes it", () => {
    const b = createBuilder();
    const z = parameter(b, "z");
    const y = parameter(b, "y");
    const a = b.mark(e.sigmoid(b, z), "a");
    const l = handWritten["-(y log a + (1 - y) log(1 - a))"](b, y, a);
    const graph = derive(graphOf({ da: gradient(b, l, a), dz: gradient(b, l, z) }), b);
    expect(formula(outputOf(graph, "da"))).toBe("(((1 - y) / (1 - sigmoid(z))) - (y / sigmoid(z)))");
    expect(formula(outputOf(graph, "dz"))).toBe("(sigmoid(z) - y)");
  });

  it("clamps the value at -100 where sigmoid saturates, and is finite everywhere", () => {
    const b = createBuilder();
    const z = parameter(b, "z");
    const y = parameter(b, "y");
    const a = b.mark(e.sigmoid(b, z), "a");
    const l = prelude(b, y, a);
    const graph = derive(graphOf({ l, dz: gradient(b, l, z), da: gradient(b, l, a) }), b);
    expect(run(graph, { z: -800, y: 1 })).toMatchObject({ l: [100], dz: [-1] });
    expect(run(graph, { z: -800, y: 0 }).da.every((value) => Number.isFinite(value))).toBe(true);
    expect(run(graph, { z: 800, y: 0 })).toMatchObject({ l: [100], dz: [1] });
    expect(run(graph, { z: 50, y: 0 })).toMatchObject({ l: [50], dz: [1] });
  });

  it("follows through a dense layer", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["batch", 3]);
    const W = parameter(b, "W", [3, 1]);
    const c = parameter(b, "c", [1]);
    const y = parameter(b, "y", ["batch", 1]);
    const z = e.add(b, e.matmul(b, x, W), e.broadcastTo(b, c, y.shape));
    const l = mean(b, prelude(b, y, e.sigmoid(b, z)));
    const graph = derive(graphOf({ dW: gradient(b, l, W), dc: gradient(b, l, c) }), b);
    const delta = "((sigmoid((contract(x, W) + c)) - y) * (1 / batch))";
    expect(formula(outputOf(graph, "dW"))).toBe(`contract(${delta}, x)`);
  });
});

describe("softmax with cross-entropy: p - y", () => {
  const softmax = (b: GraphBuilder, z: Node, stop: boolean): Node => {
    const top = e.reduceMax(b, z, [-1], true);
    const exps = e.exp(b, e.sub(b, z, e.broadcastTo(b, stop ? e.stopGradient(b, top) : top, z.shape)));
    return e.div(b, exps, e.broadcastTo(b, e.reduceSum(b, exps, [-1], true), z.shape));
  };
  const oneHot = (b: GraphBuilder, index: Node, z: Node): Node => {
    const numbers = b.create("iota", [], { size: dim(3) });
    const across = z.shape.length === 1 ? numbers : b.create("broadcast", [numbers], { shape: z.shape, axes: [-1] });
    const axes = index.shape.length === 0 ? [] : [-2];
    const row = b.create("broadcast", [index], { shape: z.shape, axes });
    return e.convert(b, e.equalTo(b, row, across), "real");
  };
  for (const stop of [true, false]) {
    for (const [label, sizes] of [
      ["a vector", [3]],
      ["a batch", ["batch", 3]],
    ] as const) {
      for (const target of ["probabilities", "index as one-hot", "index"] as const) {
        it(`${label}, ${target}, ${stop ? "maximum held fixed" : "plain maximum"}`, () => {
          const b = createBuilder();
          const z = parameter(b, "z", sizes);
          const lead = sizes.slice(0, -1);
          const p = softmax(b, z, stop);
          const index = parameter(b, "k", lead, "index", 3);
          const row = (): Node => {
            const logs = e.log(b, p);
            if (target === "index") return e.neg(b, b.create("gather", [logs, index], { batch: lead.length }));
            const y = target === "probabilities" ? parameter(b, "y", sizes) : oneHot(b, index, z);
            return e.neg(b, e.reduceSum(b, e.mul(b, y, logs), [-1]));
          };
          const l = mean(b, row());
          const graph = derive(graphOf({ l, p, dz: gradient(b, l, z) }), b);
          const printed = formula(outputOf(graph, "p"));
          const core = target === "probabilities" ? `((${printed} * sum(y)) - y)` : `(${printed} - [(k == iota())])`;
          const text = formula(outputOf(graph, "dz")).replaceAll("{", "");
          expect(text).toBe(lead.length === 0 ? core : `(${core} * (1 / batch))`);
          // No probability is computed to take its logarithm.
          expect(formula(outputOf(graph, "l"))).not.toContain("/ sum(exp");
        });
      }
    }
  }

  it("finds the values of the textbook", () => {
    const b = createBuilder();
    const z = parameter(b, "z", [3]);
    const y = parameter(b, "y", [3]);
    const l = e.neg(b, e.reduceSum(b, e.mul(b, y, e.log(b, softmax(b, z, true))), [-1]));
    const graph = derive(graphOf({ l, dz: gradient(b, l, z) }), b);
    const found = run(graph, { z: [1, 2, 3], y: [0.2, 0.3, 0.1] });
    const exps = [1, 2, 3].map(Math.exp);
    const total = exps[0] + exps[1] + exps[2];
    [0.2, 0.3, 0.1].forEach((target, k) => {
      expect(found.dz[k]).toBeCloseTo((exps[k] / total) * 0.6 - target, 12);
    });
    expect(run(graph, { z: [1000, 0, -1000], y: [0, 0, 1] }).l[0]).toBe(2000);
  });
});
