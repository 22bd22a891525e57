// Sparse Jacobians and Hessians: patterns counted by hand, entries against the dense derivatives of the same functions.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";
import { audited } from "../audit/support.ts";

interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly rowStarts: Int32Array;
  readonly columnIndices: Int32Array;
}
type Call = (...args: readonly unknown[]) => unknown;
type Tree<T> = { readonly [key: string]: T | Tree<T> };

/** The leaves of nested objects, in order. */
function leaves<T>(tree: Tree<T>, isLeaf: (value: unknown) => boolean): readonly T[] {
  return Object.values(tree).flatMap((value) => (isLeaf(value) ? [value as T] : leaves(value as Tree<T>, isLeaf)));
}

function dense({ rows, columns, rowStarts, columnIndices }: Pattern, entries: Float64Array): Float64Array {
  const all = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = rowStarts[row]; k < rowStarts[row + 1]; k++) all[row * columns + columnIndices[k]] = entries[k];
  }
  return all;
}

interface Row {
  readonly what: string;
  readonly body: string;
  readonly shapes: string;
  readonly order: 1 | 2;
  /** How many entries each block can have. */
  readonly counts: readonly number[];
  readonly args: readonly (readonly number[] | number)[];
}

const some = (n: number): readonly number[] => Array.from({ length: n }, (_, k) => Math.sin(3 * k + 1) + 0.1 * k);

const table: readonly Row[] = [
  { what: "a diagonal", body: "fn f(x: [n]) = sum(exp(x) * x)", shapes: "x: [7]", order: 2, counts: [7], args: [some(7)] },
  { what: "a band", body: "fn f(x: [n]) = sum(100 * (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", shapes: "x: [8]", order: 2, counts: [8 + 2 * 7], args: [some(8)] },
  // A hub in its row and its column, and the diagonal.
  { what: "an arrow", body: "fn f(x: [n]) = sum(sin(x[1:] * x[0]))", shapes: "x: [9]", order: 2, counts: [9 + 2 * 8], args: [some(9)] },
  { what: "blocks by argument pair", body: "fn f(x: [n], s) = sum(exp(x * s)) + s^3", shapes: "x: [5]", order: 2, counts: [5, 5, 5, 1], args: [some(5), 0.7] },
  // Grid neighbours: 12 cells, 3 * 3 + 4 * 2 = 17 edges.
  { what: "a grid", body: "fn f(u: [m, n]) = sum(sin(u[1:] - u[:-1]) * u[1:]) + sum((u[:, 1:] * u[:, :-1])^2)", shapes: "u: [3, 4]", order: 2, counts: [12 + 2 * 17], args: [some(12)] },
  { what: "nothing at all", body: "fn f(x: [n], y: [n]) = sum(3 * x) + sum(y^2)", shapes: "x: [4], y: [4]", order: 2, counts: [0, 0, 0, 4], args: [some(4), some(4)] },
  { what: "windows", body: "fn f(x: [n]) = sin(x[:-2]) * x[1:-1] + x[2:]", shapes: "x: [9]", order: 1, counts: [3 * 7], args: [some(9)] },
  { what: "a column and the diagonal", body: "fn f(x: [n]) = x * x[0]", shapes: "x: [6]", order: 1, counts: [1 + 2 * 5], args: [some(6)] },
  { what: "a row, by reverse passes", body: "fn f(x: [n]) { a = sum(x^2)\nreturn a, x[1:] * x[:-1] }", shapes: "x: [6]", order: 1, counts: [6, 10], args: [some(6)] },
  { what: "rows that a computed index chooses", body: "fn f(x: [n]) = x * [i < n] -> x[mod(i + 2, n)]", shapes: "x: [7]", order: 1, counts: [14], args: [some(7)] },
  { what: "an index of the call may choose any", body: "fn f(x: [n], i: index(n)[m]) = x[i] * 2", shapes: "x: [4], i: index(4)[3]", order: 1, counts: [12], args: [some(4), [3, 0, 3]] },
  { what: "a matrix with zeros", body: "fn f(x: [n]) = tril(full([n, n], 2)) @ sin(x)", shapes: "x: [5]", order: 1, counts: [15], args: [some(5)] },
  { what: "a recurrence", body: "fn f(x: [n]) { h, ys = scan t in 0 : n carry h = 0 yield y { next h = sin(h) + x[t]\ny = h * x[t] }\nreturn ys }", shapes: "x: [5]", order: 1, counts: [15], args: [some(5)] },
  { what: "branches of constant conditions", body: "fn f(x: [n]) = [i < n] -> if i < 2 then x[i]^2 else x[n - 1] * x[0]", shapes: "x: [5]", order: 1, counts: [2 + 3 * 2], args: [some(5)] },
  { what: "blocks of matrices", body: "fn f(A: [b, n, n], y: [b, n, 1]) = solve(A, y)", shapes: "A: [2, 2, 2], y: [2, 2, 1]", order: 1, counts: [16, 8], args: [[2, 1, 0, 3, 4, 1, 1, 2], some(4)] },
  { what: "a convolution", body: "fn f(x: [c, n], w: [o, c, k]) = conv1d(x, w)", shapes: "x: [1, 6], w: [2, 1, 3]", order: 1, counts: [2 * 4 * 3, 2 * 4 * 3], args: [some(6), some(6)] },
  { what: "an index bound by a size that the line gives", body: "fn f(x: [n], i: index(n)[2]) = x[i] * x[:2]", shapes: "x: [4]", order: 1, counts: [8], args: [some(4), [3, 1]] },
  // The adjoint begins in the last round that runs, whichever that is: a diagonal, the last row and the last column.
  { what: "rounds that the call counts, backwards", body: "fn f(x: [n], k: index(6)) = x[4] * (for t in 0 : k carry h = x[0] max 5 { next h = sin(x[t]) })", shapes: "x: [5]", order: 2, counts: [4 + 4 + 5], args: [some(5), 3] },
  { what: "scalars", body: "fn f(a, b) = a * b + sin(a)", shapes: "", order: 2, counts: [1, 1, 1, 0], args: [0.3, 0.4] },
]; // prettier-ignore

describe("entries and patterns", () => {
  test.each(table)("$what", async ({ body, shapes, order, counts, args }) => {
    const [kind, name] = order === 2 ? ["hessian", "Hessian"] : ["jacobian", "Jacobian"];
    const line = `derive f${shapes === "" ? "" : `(${shapes})`}: sparse_${kind}, ${kind}`;
    const m = await evaluate(`${body}\n${line}`, { path: "f.nn", precision: "f64" });
    const given = args.map((x, k) => (typeof x === "number" ? x : /index/.test(body) && k === 1 && typeof x !== "number" ? Int32Array.from(x) : Float64Array.from(x))); // prettier-ignore
    const isEntries = (value: unknown): boolean => value instanceof Float64Array || typeof value === "number";
    const part = (call: unknown): readonly Float64Array[] => {
      const result = (call as Call)(...given) as Record<string, Tree<Float64Array | number>>;
      return leaves(result[kind], isEntries).map((x) => (typeof x === "number" ? Float64Array.of(x) : x));
    };
    const patterns = leaves<Pattern>(m[`fSparse${name}Pattern`] as Tree<Pattern>, (p) => Object.hasOwn(p as object, "rowStarts")); // prettier-ignore
    const [found, whole] = [part(m[`fSparse${name}`]), part(m[`f${name}`])];
    expect(found.map((x) => x.length)).toEqual(counts);
    patterns.forEach((pattern, k) => {
      const all = dense(pattern, found[k]);
      expect(all.length).toBe(whole[k].length);
      whole[k].forEach((entry, at) => {
        expect(Math.abs(all[at] - entry)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(entry)));
      });
    });
  });
});

test("a dense pattern over many columns is refused before it is written down", async () => {
  const source = "fn f(x: [n]) = cumsum(x^2)\nderive f(x: [3000]): sparse_jacobian";
  const { diagnostics } = await compile(source, { path: "f.nn" });
  expect(diagnostics.map(({ code }) => code)).toEqual(["sparse-too-large"]);
});

test("more entries than the limit are an error of the program", async () => {
  const { code, diagnostics } = await compile("fn f(x: [n]) = outer(x, x)\nderive f(x: [40]): sparse_jacobian", { path: "f.nn", maxNodes: 2000 }); // prettier-ignore
  expect(code).toBe(null);
  // 40 rows and columns, each product by both of its factors but the squares.
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    [
      "sparse-too-large",
      `${2 * 40 * 40 - 40} entries of a sparse derivative of \`f\` can be nonzero; the limit is 2000`,
    ],
  ]);
});

test("`derive check` holds them against differences, and finds an entry that is wrong", async () => {
  const source = `${table[1].body}\nderive f(x: [6]): sparse_hessian\nfn g(x: [n]) = x[1:] * sin(x[:-1])\nderive g(x: [4]): sparse_jacobian`;
  const found = await audited(source);
  expect(found.passed).toBe(true);
  const rows = found.items.flatMap(({ derivatives }) => derivatives).map((d) => `${d.entry} ${d.of} ${d.shape.join("x")}`); // prettier-ignore
  expect(rows).toEqual(["gradient value 6", "sparse_hessian gradient.x 6x6", "sparse_jacobian value 3x4"]);
  const spoiled = await audited(source, {}, (module) => ({
    ...module,
    gSparseJacobian: (x: Float64Array) => {
      const result = (module.gSparseJacobian as (x: Float64Array) => { jacobian: { x: Float64Array } })(x);
      result.jacobian.x[3] *= 1.01;
      return result;
    },
  }));
  expect(spoiled.passed).toBe(false);
});

test("the diagonal alone is computed of a Hessian whose trace is taken, at any order", async () => {
  const source = "fn f(x: [n]) = trace(hessian(sum(exp(x) * sin(x)), x))\nderive f: gradient, hvp";
  const { printed } = await compile(source, { path: "f.nn", print: "simplified" });
  expect(printed).toMatch(/output hvp.x/);
  expect(printed).not.toMatch(/\[n, n\]/);
});
