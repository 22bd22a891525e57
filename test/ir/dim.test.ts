import { describe, expect, it } from "vitest";
import {
  add,
  constant,
  constantOf,
  decide,
  divideExact,
  equal,
  evaluate,
  floorDivide,
  isNonNegative,
  maximum,
  minimum,
  multiply,
  negate,
  print,
  printShape,
  product,
  root,
  shapesEqual,
  substitute,
  subtract,
  symbol,
  symbolsOf,
  type Dim,
} from "../../src/ir/dim.ts";
import { capacityOf } from "../../src/ir/dim-capacity.ts";

const c = constant;
const n = symbol("n");
const m = symbol("m");
const k = symbol("k");

/** sum of everything given */
const sum = (...dims: readonly Dim[]): Dim => dims.reduce(add);
const times = (...dims: readonly Dim[]): Dim => dims.reduce(multiply);

describe("ring", () => {
  it("gives equal polynomials equal keys however they were made", () => {
    const square = times(add(n, m), add(n, m));
    expect(square.key).toBe(sum(times(m, m), times(c(2), m, n), times(n, n)).key);
    expect(equal(subtract(square, square), c(0))).toBe(true);
    expect(equal(add(n, m), add(m, n))).toBe(true);
    expect(equal(n, m)).toBe(false);
    expect(constantOf(subtract(add(n, c(3)), n))).toBe(3);
    expect(constantOf(n)).toBeNull();
  });

  it("divides exactly or not at all", () => {
    const p = times(add(n, c(1)), subtract(m, k), add(n, times(m, c(2))));
    const q = divideExact(p, subtract(m, k));
    expect(q === null ? null : print(q)).toBe(print(times(add(n, c(1)), add(n, times(m, c(2))))));
    expect(divideExact(add(n, c(1)), n)).toBeNull();
    expect(divideExact(times(c(3), n), c(2))).toBeNull();
    expect(divideExact(c(6), c(-2))?.key).toBe("-3");
    expect(divideExact(c(6), c(0))).toBeNull();
    expect(divideExact(c(0), n)?.key).toBe("0");
  });

  it("refuses what is no integer or passes 2^53", () => {
    expect(() => constant(1.5)).toThrow(/must be an integer/);
    expect(() => constant(2 ** 53)).toThrow(RangeError);
    expect(() => multiply(constant(2 ** 30), constant(2 ** 30))).toThrow(/too large/);
    expect(() => multiply(times(c(2 ** 30), n), c(2 ** 30))).toThrow(/too large/);
    const long = Array.from({ length: 400 }, (_, i) => symbol(`s${i}`)).reduce(add);
    expect(() => multiply(long, long)).toThrow(/terms/);
    expect(() => symbol("n + 1")).toThrow(RangeError);
    expect(() => symbol("")).toThrow(RangeError);
    expect(Object.is(constantOf(negate(c(0))), 0)).toBe(true);
    expect(negate(c(0)).key).toBe("0");
  });
});

describe("floor", () => {
  it("pulls whole multiples out", () => {
    expect(print(floorDivide(add(times(c(2), n), c(4)), c(2)))).toBe("n + 2");
    expect(print(add(floorDivide(subtract(n, k), c(2)), c(1)))).toBe("floor((n - k)/2) + 1");
    expect(equal(floorDivide(sum(n, negate(k), c(2)), c(2)), add(floorDivide(subtract(n, k), c(2)), c(1)))).toBe(true);
    expect(equal(floorDivide(add(n, k), c(2)), add(floorDivide(subtract(n, k), c(2)), k))).toBe(true);
    expect(print(floorDivide(add(n, times(k, m)), k))).toBe("floor(n/k) + m");
    expect(print(floorDivide(n, times(c(2), k)))).toBe("floor(n/(2*k))");
    expect(print(floorDivide(add(n, c(3)), c(3)))).toBe("floor(n/3) + 1");
  });

  it("folds constants, fractions, common factors and nested floors", () => {
    expect(floorDivide(c(-7), c(2)).key).toBe("-4");
    expect(floorDivide(c(7), c(-2)).key).toBe("-4");
    expect(floorDivide(n, c(1)).key).toBe("n");
    expect(floorDivide(n, add(n, c(1))).key).toBe("0");
    expect(floorDivide(add(times(c(2), n), c(1)), c(4)).key).toBe(floorDivide(n, c(2)).key);
    expect(floorDivide(times(c(2), n, k), times(c(3), k)).key).toBe(floorDivide(times(c(2), n), c(3)).key);
    expect(floorDivide(floorDivide(n, c(2)), c(3)).key).toBe(floorDivide(n, c(6)).key);
    expect(floorDivide(add(floorDivide(n, c(2)), c(1)), c(3)).key).toBe(floorDivide(add(n, c(2)), c(6)).key);
    expect(() => floorDivide(n, c(0))).toThrow(RangeError);
  });
});

describe("min and max", () => {
  it("folds where the order is provable and is canonical elsewhere", () => {
    expect(minimum(n, add(n, c(1))).key).toBe("n");
    expect(maximum(n, add(n, c(1))).key).toBe("n + 1");
    expect(minimum(c(3), c(5)).key).toBe("3");
    expect(maximum(c(0), n).key).toBe("n");
    expect(print(minimum(n, m))).toBe("min(m, n)");
    expect(equal(minimum(n, m), minimum(m, n))).toBe(true);
    expect(equal(minimum(add(n, k), add(m, k)), add(k, minimum(n, m)))).toBe(true);
    expect(equal(minimum(c(0), subtract(m, n)), subtract(minimum(n, m), n))).toBe(true);
    expect(equal(minimum(times(c(2), n), times(c(2), m)), times(c(2), minimum(n, m)))).toBe(true);
    expect(equal(maximum(times(k, n), times(k, m)), times(k, maximum(n, m)))).toBe(true);
    expect(minimum(minimum(n, m), m).key).toBe(minimum(n, m).key);
    expect(maximum(minimum(n, m), m).key).toBe("m");
  });
});

describe("substitute and evaluate", () => {
  const dim = sum(floorDivide(subtract(n, k), c(2)), times(n, n), minimum(n, m));

  it("substitutes inside atoms", () => {
    expect(print(substitute(dim, new Map([["n", add(times(c(2), m), k)]])))).toBe(
      print(sum(m, times(add(times(c(2), m), k), add(times(c(2), m), k)), m)),
    );
    expect([...symbolsOf(dim)].sort()).toEqual(["k", "m", "n"]);
  });

  it("evaluates", () => {
    const values = new Map([
      ["n", 4],
      ["m", 3],
      ["k", 1],
    ]);
    expect(evaluate(dim, values)).toBe(1 + 16 + 3);
    expect(() => evaluate(dim, new Map([["n", 4]]))).toThrow(/k has no value|m has no value/);
    expect(() => evaluate(floorDivide(n, k), new Map(Object.entries({ n: 4, k: 0 })))).toThrow(/divides by zero/);
  });
});

describe("isNonNegative and decide", () => {
  it("proves what follows from symbols >= 0", () => {
    expect(isNonNegative(n)).toBe(true);
    expect(isNonNegative(subtract(n, c(1)))).toBeNull();
    expect(isNonNegative(subtract(negate(n), c(1)))).toBe(false);
    expect(isNonNegative(subtract(times(n, n), n))).toBe(true);
    expect(isNonNegative(subtract(times(n, m), n))).toBeNull();
    expect(isNonNegative(subtract(n, floorDivide(n, c(2))))).toBe(true);
    expect(isNonNegative(subtract(add(n, c(1)), times(c(2), floorDivide(add(n, c(1)), c(2)))))).toBe(true);
    expect(isNonNegative(subtract(n, minimum(n, m)))).toBe(true);
    expect(isNonNegative(subtract(maximum(n, m), m))).toBe(true);
    expect(isNonNegative(subtract(minimum(n, m), n))).toBeNull(); // 0 where n <= m
    expect(isNonNegative(floorDivide(subtract(n, c(1)), c(2)))).toBeNull();
    expect(isNonNegative(floorDivide(n, k))).toBe(true);
  });

  it("proves what follows from roots and quotients by them", () => {
    const r = root(n);
    const parts = floorDivide(n, r);
    const rest = subtract(n, times(r, parts));
    expect(isNonNegative(subtract(r, c(1)))).toBe(true);
    expect(isNonNegative(subtract(times(r, r), n))).toBe(true);
    expect(isNonNegative(subtract(times(r, r, m), times(n, m)))).toBe(true);
    expect(isNonNegative(subtract(r, parts))).toBe(true);
    expect(isNonNegative(rest)).toBe(true);
    expect(isNonNegative(subtract(subtract(r, c(1)), rest))).toBe(true);
    expect(isNonNegative(subtract(n, r))).toBeNull(); // 1 where n = 0
    expect(isNonNegative(subtract(n, times(r, r)))).toBeNull();
    expect(isNonNegative(subtract(parts, c(1)))).toBeNull();
  });

  it("says how much storage serves all smaller sizes", () => {
    const r = root(n);
    const parts = floorDivide(n, r);
    const whole = times(r, parts);
    const shapes = [[parts, m], [subtract(n, whole)], [whole], [parts, r], [add(n, c(1))]];
    for (const shape of shapes) {
      const at = (dim: Dim, size: number): number => evaluate(dim, new Map(Object.entries({ n: size, m: 3 })));
      for (let size = 0, most = 0; size < 40; size++) {
        most = Math.max(most, at(product(shape), size));
        expect(at(capacityOf(shape), size), printShape(shape)).toBeGreaterThanOrEqual(most);
        expect(at(capacityOf(shape), size)).toBeLessThanOrEqual((Math.sqrt(size) + 1) * 3 + size + 1);
      }
    }
    expect(capacityOf([parts, m]).key).toBe(times(r, m).key);
  });

  it("decides requirements", () => {
    expect(decide({ left: add(n, c(1)), relation: ">=", right: c(1) })).toBe(true);
    expect(decide({ left: n, relation: ">=", right: c(1) })).toBeNull();
    expect(decide({ left: n, relation: ">=", right: add(n, c(1)) })).toBe(false);
    expect(decide({ left: n, relation: "==", right: n })).toBe(true);
    expect(decide({ left: n, relation: "==", right: m })).toBeNull();
    expect(decide({ left: n, relation: "==", right: add(n, c(1)) })).toBe(false);
    expect(decide({ left: times(c(2), n), relation: "==", right: add(times(c(2), m), c(1)) })).toBe(false);
    expect(decide({ left: c(3), relation: "divides", right: times(c(6), n) })).toBe(true);
    expect(decide({ left: c(3), relation: "divides", right: n })).toBeNull();
    expect(decide({ left: c(3), relation: "divides", right: add(times(c(6), n), c(1)) })).toBe(false);
    expect(decide({ left: c(3), relation: "divides", right: c(4) })).toBe(false);
    expect(decide({ left: c(0), relation: "divides", right: c(0) })).toBe(true);
    expect(decide({ left: c(0), relation: "divides", right: c(4) })).toBe(false);
    expect(decide({ left: n, relation: "divides", right: times(n, m) })).toBe(true);
  });
});

describe("printing", () => {
  it("reads like mathematics", () => {
    expect(print(add(times(c(2), n), c(1)))).toBe("2*n + 1");
    expect(print(times(n, n))).toBe("n^2");
    expect(print(subtract(c(1), n))).toBe("1 - n");
    expect(print(negate(n))).toBe("-n");
    expect(print(c(-3))).toBe("-3");
    expect(printShape([symbol("batch"), c(784)])).toBe("[batch, 784]");
    expect(print(sum(floorDivide(sum(n, times(c(2), m), negate(k)), c(2)), c(1)))).toBe("floor((n - k)/2) + m + 1");
  });

  it("has products and comparisons of shapes", () => {
    expect(print(product([n, c(3), n]))).toBe("3*n^2");
    expect(product([]).key).toBe("1");
    expect(shapesEqual([n, c(1)], [n, c(1)])).toBe(true);
    expect(shapesEqual([n], [n, c(1)])).toBe(false);
    expect(shapesEqual([n], [m])).toBe(false);
  });
});

describe("random dims", () => {
  /** A small linear congruential generator, so that a failure can be run again. */
  function generator(seed: number): (limit: number) => number {
    let state = seed;
    return (limit) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
  }

  const rootOf = (x: number): number => {
    let r = 1;
    while (r * r < x) r++;
    return r;
  };

  type Meaning = (values: ReadonlyMap<string, number>) => number;

  /** A dim beside what it should mean, computed on plain integers. */
  function build(next: (limit: number) => number, depth: number): { dim: Dim; meaning: Meaning } {
    if (depth === 0 || next(5) === 0) {
      if (next(3) === 0) {
        const value = next(9) - 4;
        return { dim: constant(value), meaning: () => value };
      }
      const name = ["n", "m", "k"][next(3)];
      return { dim: symbol(name), meaning: (values) => values.get(name) ?? 0 };
    }
    const a = build(next, depth - 1);
    const b = build(next, depth - 1);
    switch (next(9)) {
      case 0:
        return { dim: multiply(a.dim, b.dim), meaning: (v) => a.meaning(v) * b.meaning(v) };
      case 1:
        return { dim: subtract(a.dim, b.dim), meaning: (v) => a.meaning(v) - b.meaning(v) };
      case 2:
        return { dim: minimum(a.dim, b.dim), meaning: (v) => Math.min(a.meaning(v), b.meaning(v)) };
      case 3:
        return { dim: maximum(a.dim, b.dim), meaning: (v) => Math.max(a.meaning(v), b.meaning(v)) };
      case 4: {
        const by = 1 + next(4);
        return { dim: floorDivide(a.dim, constant(by)), meaning: (v) => Math.floor(a.meaning(v) / by) };
      }
      case 5: {
        const divisor = add(symbol("k"), constant(1));
        return {
          dim: floorDivide(a.dim, divisor),
          meaning: (v) => Math.floor(a.meaning(v) / ((v.get("k") ?? 0) + 1)),
        };
      }
      case 6:
        return { dim: root(a.dim), meaning: (v) => rootOf(a.meaning(v)) };
      case 7: {
        // What is left of b after as many parts as go into it, and a.
        const parts = floorDivide(b.dim, root(b.dim));
        const rest = subtract(b.dim, multiply(parts, root(b.dim)));
        return {
          dim: subtract(a.dim, rest),
          meaning: (v) => a.meaning(v) - (b.meaning(v) - Math.floor(b.meaning(v) / rootOf(b.meaning(v))) * rootOf(b.meaning(v))), // prettier-ignore
        };
      }
      default:
        return { dim: add(a.dim, b.dim), meaning: (v) => a.meaning(v) + b.meaning(v) };
    }
  }

  it("keep their value through normalisation, and proofs are sound", () => {
    const next = generator(7);
    for (let round = 0; round < 3000; round++) {
      const { dim, meaning } = build(next, 1 + next(4));
      const sign = isNonNegative(dim);
      for (let sample = 0; sample < 8; sample++) {
        const values = new Map(["n", "m", "k"].map((name) => [name, next(7)]));
        const wanted = meaning(values);
        expect(evaluate(dim, values), print(dim)).toBe(wanted + 0);
        const constants = new Map([...values].map(([name, value]) => [name, constant(value)]));
        expect(constantOf(substitute(dim, constants)), print(dim)).toBe(wanted + 0);
        if (sign !== null) expect(wanted >= 0, `${print(dim)} is said to be ${sign ? ">= 0" : "< 0"}`).toBe(sign);
      }
    }
  });
});
