import { describe, expect, it } from "vitest";
import * as e from "../../src/ir/expressions.ts";
import { FactTable } from "../../src/ir/facts.ts";
import type { Node } from "../../src/ir/graph.ts";
import { Engine, indexRules } from "../../src/5-simplify/engine.ts";
import type { Rule, SimplifyOptions } from "../../src/5-simplify/rule.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { Views } from "../../src/ir/views.ts";
import { createBuilder, derive, formula, gradient, graphOf, outputOf, parameter, run } from "./support.ts";

const b = createBuilder();
const x = parameter(b, "x");
const y = parameter(b, "y");

function simplified(node: Node, options: SimplifyOptions = {}): string {
  return formula(outputOf(simplify(graphOf({ node }), b, options), "node"));
}

function engineOf(rules: readonly Rule[], fuel: number, options: SimplifyOptions = {}): Engine {
  const rounded = new FactTable(b, { rounded: true });
  const context = {
    b,
    facts: new FactTable(b),
    rounded,
    nonEmpty: rounded,
    hasEntries: () => false,
    views: new Views(b),
  };
  return new Engine(context, indexRules(rules), options, { left: fuel }, (record) => record);
}

describe("the engine", () => {
  it("goes on until no rule applies", () => {
    const nested = e.add(b, e.mul(b, 1, e.neg(b, e.neg(b, e.add(b, x, 0)))), 0);
    expect(simplified(nested)).toBe("x");
  });

  it("is idempotent", () => {
    const node = e.div(b, e.sub(b, e.mul(b, x, y), e.mul(b, y, e.exp(b, x))), y);
    const once = simplify(graphOf({ node }), b);
    expect(outputOf(simplify(once, b), "node")).toBe(outputOf(once, "node"));
  });

  it("tells which rules fired, and what took the place of what", () => {
    const node = e.log(b, e.sigmoid(b, e.add(b, x, 0)));
    const fired: string[] = [];
    const replaced: [string, string][] = [];
    simplified(node, {
      trace: ({ rule }) => fired.push(rule),
      onReplace: (from, to) => replaced.push([formula(from), formula(to)]),
    });
    expect(fired).toEqual(["add-zero", "log-sigmoid"]);
    expect(replaced).toContainEqual(["(x + 0)", "x"]);
    expect(replaced).toContainEqual(["log(sigmoid(x))", "-softplus(-x)"]);
  });

  it("leaves out rules that are switched off", () => {
    const node = e.log(b, e.sigmoid(b, x));
    expect(simplified(node, { disable: new Set(["log-sigmoid"]) })).toBe("log(sigmoid(x))");
    expect(simplified(node)).toBe("-softplus(-x)");
    const sum = e.add(b, x, e.add(b, x, y));
    expect(simplified(sum, { disable: new Set(["collect-terms", "expand-products"]) })).toBe("(x + (x + y))");
  });

  it("stops without fuel, with an equal graph", () => {
    const node = e.div(b, e.mul(b, 1, e.add(b, x, 0)), 1);
    const exhausted: string[] = [];
    expect(simplified(node, { fuel: 1, onExhausted: (rule) => exhausted.push(rule) })).not.toBe("x");
    expect(exhausted.length).toBeGreaterThan(0);
    expect(simplified(node, { fuel: 3 })).toBe("x");
  });

  it("ends where rules go in a circle, or grow what they rewrite", () => {
    const swap: Rule = {
      name: "swap",
      law: "x + y = y + x",
      soundness: "exact",
      on: ["add"],
      apply: (node) => b.withOperands(node, [...node.operands].reverse()),
    };
    const grow: Rule = {
      name: "grow",
      law: "x y = (x y) 1",
      soundness: "exact",
      on: ["multiply"],
      apply: (node) => e.mul(b, node, 1),
    };
    const reported: string[] = [];
    const options = { onExhausted: (rule: string) => reported.push(rule) };
    const sum = engineOf([swap], 100, options).normalize(e.add(b, x, y));
    expect(["(x + y)", "(y + x)"]).toContain(formula(sum));
    engineOf([grow], 100, options).normalize(e.mul(b, x, y));
    expect(reported.length).toBeGreaterThanOrEqual(2);
  });

  it("crosses no mark and no stop_gradient", () => {
    const a = b.mark(e.sigmoid(b, x), "a");
    expect(simplified(e.log(b, a))).toBe("log(a)");
    expect(simplified(e.neg(b, e.stopGradient(b, e.neg(b, x))))).toBe("-stop_gradient(-x)");
  });

  it("keeps the names that requests differentiate by", () => {
    const u = b.mark(e.mul(b, 2, x), "u");
    const v = b.mark(e.mul(b, 2, x), "v");
    const product = e.mul(b, u, v);
    const graph = derive(graphOf({ u: gradient(b, product, u), x: gradient(b, product, x) }), b);
    expect(formula(outputOf(graph, "u"))).toBe("(2 * x)");
    expect(formula(outputOf(graph, "x"))).toBe("(8 * x)");
  });
});

describe("conditions that only rounding attains", () => {
  it("keep their guard where the branch would not be finite", () => {
    const guarded = e.select(b, e.equalTo(b, e.exp(b, x), 0), 0, e.div(b, 1, e.exp(b, x)));
    const graph = simplify(graphOf({ node: guarded }), b);
    expect(run(graph, { x: -1000 }).node).toEqual([0]);
  });

  it("never take away what asks for NaN", () => {
    const node = e.select(b, e.isNaN(b, x), 0, x);
    const graph = simplify(graphOf({ node }), b);
    expect(run(graph, { x: NaN }).node).toEqual([0]);
  });
});

describe("formulas", () => {
  const cases: readonly (readonly [string, Node, string])[] = [
    ["like terms", e.add(b, e.mul(b, 2, x), e.sub(b, y, x)), "(x + y)"],
    ["a quotient that cancels", e.mul(b, e.div(b, y, x), x), "y"],
    ["a difference that vanishes", e.sub(b, e.mul(b, x, y), e.mul(b, y, x)), "0"],
    ["a common factor", e.add(b, e.mul(b, x, y), e.mul(b, x, e.exp(b, y))), "((y + exp(y)) * x)"],
    ["powers", e.mul(b, e.powInt(b, x, 2), x), "x^3"],
    ["a constant of a sum", e.mul(b, 3, e.div(b, x, 3)), "x"],
    ["a square that is divided by", e.div(b, e.div(b, x, e.exp(b, y)), e.exp(b, y)), "((x / exp(y)) / exp(y))"],
    ["a square that vanishes nowhere", e.div(b, e.div(b, x, e.cosh(b, y)), e.cosh(b, y)), "(x / cosh(y)^2)"],
    ["thirds stay thirds", e.div(b, e.add(b, x, y), 3), "((x + y) / 3)"],
    ["c (a + 2 b) as it stands", e.mul(b, e.exp(b, x), e.add(b, x, e.mul(b, 2, y))), "(exp(x) * (x + (2 * y)))"],
  ];
  for (const [name, node, wanted] of cases) {
    it(name, () => {
      expect(simplified(node)).toBe(wanted);
    });
  }

  it("E @ one_hot(w) and its kin are lookups, and their gradients additions to rows", () => {
    const other = createBuilder();
    const E = parameter(other, "E", [4, 6]);
    const w = parameter(other, "w", ["batch"], "index", 6);
    const shape = [w.shape[0], E.shape[1]];
    const numbers = other.create("broadcast", [other.create("iota", [], { size: E.shape[1] })], { shape, axes: [-1] });
    const hot = e.convert(other, e.equalTo(other, other.create("broadcast", [w], { shape, axes: [-2] }), numbers), "real"); // prettier-ignore
    const rows = e.contract(other, [hot, ["b", "k"]], [E, ["u", "k"]], ["b", "u"]);
    const l = e.reduceSum(other, e.mul(other, rows, rows), [-2, -1]);
    const graph = derive(graphOf({ rows, dE: gradient(other, l, E) }), other);
    const used = e.topological(graph.outputs.map((output) => output.node)).map((node) => node.primitive);
    expect(used).not.toContain("contract");
    expect(used).toContain("gather");
    expect(used).toContain("scatter_add");
  });
});

describe("cost", () => {
  const seconds = (f: () => void): number => {
    const start = process.cpuUsage();
    f();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };

  it("a sum of 10,000 terms is no worse than linear", () => {
    const sum = (count: number): void => {
      const own = createBuilder();
      const p = parameter(own, "p");
      let total: Node = p;
      for (let k = 1; k < count; k++) total = e.add(own, total, e.sin(own, e.mul(own, k, p)));
      derive(graphOf({ total, g: gradient(own, total, p) }), own);
    };
    sum(500);
    const small = seconds(() => {
      sum(1000);
    });
    const large = seconds(() => {
      sum(10000);
    });
    // Quadratic would be a factor of 100.
    expect(large / small).toBeLessThan(40);
  });

  it("a network of 200 layers takes as many times as long as one of 20 as it is deeper", () => {
    const net = (layers: number): void => {
      const own = createBuilder();
      let h: Node = parameter(own, "h", ["batch", 8]);
      const weights = Array.from({ length: layers }, (_, k) => parameter(own, `W${k}`, [8, 8]));
      for (const W of weights) h = e.tanh(own, e.matmul(own, h, W));
      const l = e.reduceSum(own, e.mul(own, h, h), [-2, -1]);
      derive(graphOf(Object.fromEntries(weights.map((W, k) => [`g${k}`, gradient(own, l, W)]))), own);
    };
    net(20);
    const small = seconds(() => {
      net(20);
    });
    const large = seconds(() => {
      net(200);
    });
    expect(large / small).toBeLessThan(40);
  });
});
