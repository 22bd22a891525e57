// Functions that call themselves: against the same mathematics written by hand, and how much of it is shared.
import { describe, expect, test } from "vitest";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { evaluate } from "../../src/evaluate.ts";
import { constantValue, topological } from "../../src/ir/expressions.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { checkText } from "../2-check/support.ts";

type Matrix = readonly (readonly number[])[];

/** The determinant as the sum over permutations of signed products (Leibniz); `columns` are those that are left. */
function leibniz(a: Matrix, columns = a.map((_, k) => k)): number {
  if (columns.length === 0) return 1;
  const row = a[a.length - columns.length];
  return columns.reduce((sum, column, k) => {
    const rest = columns.filter((other) => other !== column);
    return sum + (k % 2 === 0 ? 1 : -1) * row[column] * leibniz(a, rest);
  }, 0);
}

/** d det / d a[i][j]: the determinant without row i and column j, signed (Jacobi). */
function cofactor(a: Matrix, i: number, j: number): number {
  const minor = a.filter((_, r) => r !== i).map((row) => row.filter((_, c) => c !== j));
  return ((i + j) % 2 === 0 ? 1 : -1) * leibniz(minor);
}

const matrix = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_unused, j) => 2 * Math.sin(3 * (n * i + j) + 1)));

/** A determinant by minors in the ways in which a minor can be cut out. */
const determinants = {
  "columns joined again, in rounds": `fn det(a: [n, n]) = if n == 1 then a[0, 0] else repeat j < n carry s = 0 {
  next s = s + (if mod(j, 2) == 0 then 1 else -1) * a[0, j] * det(concat([a[1:, :j], a[1:, j + 1:]], axis = 1))
}`,
  "index notation": `fn det(a: [n, n]) = if n == 1 then a[0, 0] else sum([j < n] -> (-1)^j * a[0, j] * det(minor(a, j)))
fn minor(a: [n, n], j) = [r < n - 1, c < n - 1] -> a[r + 1, if c < j then c else c + 1]`,
  "along the last column, rows left out by a gather": `fn det(a: [n, n]) = if n == 0 then 1 else repeat i < n carry s = 0 {
  next s = s + (-1)^(i + n - 1) * a[i, -1] * without(a[:, :-1], i)
}
fn without(b: [n, m], i) = if n == 1 then det(b[:0]) else det(b[[r < n - 1] -> if r < i then r else r + 1])`,
  "transposed, through another function": `fn det(a: [n, n]) = if n == 1 then a[0, 0] else repeat j < n carry s = 0 {
  next s = s + (-1)^j * a[0, j] * without(a.T, j)
}
fn without(t: [n, n], j) = det(concat([t[:j], t[j + 1:]])[:, 1:].T)`,
} as const;

/** Products of two numbers that the program does not know, in the value as it is checked and in its gradient. */
function products(text: string, n: number): { readonly value: number; readonly gradient: number } {
  const { checked, builder, origins } = checkText(`${text}\nderive det(a: [${n}, ${n}]): value, gradient`);
  if (checked === null) throw new Error("there are errors");
  const count = (graph: Graph): number =>
    topological(graph.outputs.map(({ node }) => node)).filter(
      ({ primitive, operands }) => primitive === "multiply" && operands.every((x) => constantValue(x) === null),
    ).length;
  const [value, gradient] = lower(checked, builder, origins).functions[0].entries.map(({ graph }) => graph);
  return { value: count(value), gradient: count(differentiate(gradient, builder)) };
}

type Gradient = (a: Float64Array, out?: object) => { value: number; gradient: { a: Float64Array } };

describe.each(Object.entries(determinants))("a determinant by minors: %s", (_, text) => {
  test("takes n 2^(n-1) products, and its gradient three times as many", () => {
    // Of k rows there are n over k minors of k products; one row takes none.
    const n = 5;
    const { value, gradient } = products(text, n);
    expect(value).toBe(n * 2 ** (n - 1) - n);
    expect(gradient).toBeLessThanOrEqual(3 * n * 2 ** (n - 1));
  });

  test("is Leibniz' sum, and its gradient Jacobi's cofactors", async () => {
    const n = 4;
    const a = matrix(n);
    const { detGradient } = (await evaluate(`${text}\nderive det(a: [${n}, ${n}]): gradient`, {
      path: "det.nn",
      precision: "f64",
      verify: true,
    })) as { detGradient: Gradient };
    const { value, gradient } = detGradient(Float64Array.from(a.flat()));
    // Sums of 24 and of 6 products of entries below 2.
    expect(Math.abs(value - leibniz(a))).toBeLessThan(1e-13);
    a.forEach((row, i) => {
      row.forEach((_unused, j) => {
        expect(Math.abs(gradient.a[n * i + j] - cofactor(a, i, j))).toBeLessThan(1e-13);
      });
    });
  });
});

test("the work of a determinant by minors doubles with each column", () => {
  for (const n of [3, 6, 8]) {
    const { value, gradient } = products(determinants["columns joined again, in rounds"], n);
    expect(value).toBe(n * 2 ** (n - 1) - n);
    expect(gradient).toBeLessThanOrEqual(3 * n * 2 ** (n - 1));
  }
});

test("a determinant too large for straight-line code is kernels that compute the same", async () => {
  const n = 6;
  const a = matrix(n);
  const text = `${determinants["columns joined again, in rounds"]}\nderive det(a: [${n}, ${n}]): gradient`;
  const { detGradient } = (await evaluate(text, { path: "det.nn", precision: "f64" })) as { detGradient: Gradient };
  const { value, gradient } = detGradient(Float64Array.from(a.flat()));
  // 720 and 120 products below 2^6.
  expect(Math.abs(value - leibniz(a))).toBeLessThan(1e-11);
  a.forEach((row, i) => {
    row.forEach((_, j) => {
      expect(Math.abs(gradient.a[n * i + j] - cofactor(a, i, j))).toBeLessThan(1e-11);
    });
  });
});

describe("functions that call themselves", () => {
  const load = async (text: string): Promise<Record<string, (...given: unknown[]) => unknown>> =>
    (await evaluate(text, { path: "f.nn", precision: "f64", verify: true })) as never;

  test("by integers: Fibonacci's numbers, each once", async () => {
    const { f } = await load("fn fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2)\nfn f(x) = x * fib(70)");
    expect(f(2)).toBe(2 * 190392490709135);
  });

  test("by an integer with a default, halved exactly", async () => {
    const { powered, poweredGradient } = await load(
      "fn powered(x, k = 12) = if k == 0 then 1 else if mod(k, 2) == 0 then powered(x * x, k / 2) else x * powered(x, k - 1)",
    );
    expect(powered(3)).toBe(531441);
    expect(poweredGradient(3)).toEqual({ value: 531441, gradient: { x: 12 * 177147 } });
  });

  test("over halves and over even and odd entries, through one another", async () => {
    const { f, fGradient } = await load(`
      fn f(x: [n]) = if n == 1 then x[0] else f(x[::2]) * g(x[1::2])
      fn g(x: [n]) = if n == 1 then x[0] else f(x[:div(n, 2)]) + 3 * g(x[div(n, 2):])
      derive f(x: [4]): value, gradient`);
    // f = f(x0, x2) g(x1, x3) = x0 x2 (x1 + 3 x3)
    const x = Float64Array.of(2, 3, 5, 7);
    expect(f(x)).toBe(2 * 5 * 24);
    expect(fGradient(x)).toEqual({ value: 240, gradient: { x: Float64Array.of(120, 10, 48, 30) } });
  });

  test("beside symbolic dims, to order two", async () => {
    const { fHvp } = await load(`
      fn horner(c: [n, m], x) = if n == 1 then c[0] else c[0] + x * horner(c[1:], x)
      fn f(c: [3, m], x) = sum(horner(c, x)^2)
      derive f: hvp(x)`);
    // p = c0 + c1 x + c2 x^2 for each of two columns; (p^2)'' = 2 p'^2 + 2 p p''.
    const c = [0.5, -1, 2, 0.25, -1.5, 3];
    const x = 0.75;
    const second = [0, 1].reduce((sum, k) => {
      const [p, d] = [c[k] + c[2 + k] * x + c[4 + k] * x * x, c[2 + k] + 2 * c[4 + k] * x];
      return sum + 2 * d * d + 4 * p * c[4 + k];
    }, 0);
    const { hvp } = fHvp(Float64Array.from(c), x, { x: 1 }) as { hvp: { x: number } };
    expect(Math.abs(hvp.x - second)).toBeLessThan(1e-12);
  });

  test("with a condition that data decides inside the one that ends it", async () => {
    const { fGradient } = await load(`
      fn f(x: [n]) = if n == 1 then x[0]^2 else if x[0] > 0 then x[0] * f(x[1:]) else f(-x[1:]) + x[0]
      derive f(x: [3]): gradient`);
    // x0 > 0: x0 f(x1, x2); x1 <= 0: f = x2^2 + x1.
    const found = fGradient(Float64Array.of(2, -3, 5));
    expect(found).toEqual({ value: 44, gradient: { x: Float64Array.of(22, 2, 20) } });
  });

  test("are elaborated anew where an `if` around the call allows other subscripts", () => {
    const text = "fn at(x: [n], i) = x[i - 1]\nfn f(x: [n]) = [i < n] -> (if i > 0 then at(x, i) else 0) + at(x, i)";
    expect(checkText(text).diagnostics.map(({ code }) => code)).toEqual(["index-range"]);
  });

  test("never exhaust the compiler", () => {
    const sources = [
      "fn f(x: [n]) = if n == 0 then 0 else f(concat([x, [1]])) + f(concat([[1], x]))\nderive f(x: [2]): value",
      "fn f(x: [n]) = if n == 1 then x[0] else exp(f(x[1:])) + f(x[:-1])\nderive f(x: [60]): value",
    ];
    const codes = sources.map((text) => checkText(text, { maxNodes: 20_000 }).diagnostics.map(({ code }) => code));
    expect(codes).toEqual([["recursion-too-deep"], []]);
  });
});
