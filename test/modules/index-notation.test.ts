// Index notation against loops written by hand, and its derivatives against differences of those loops.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";
import { ridders } from "../gradients/differences.ts";

type Loops = (...args: readonly number[][]) => number[];

interface Row {
  readonly text: string;
  /** Arguments of every call. */
  readonly given: readonly (readonly number[])[];
  readonly loops: Loops;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const total = (n: number, of: (i: number) => number): number => range(n).reduce((sum, i) => sum + of(i), 0);
const grid = (m: number, n: number, of: (i: number, j: number) => number): number[] =>
  range(m).flatMap((i) => range(n).map((j) => of(i, j)));

const seven = [0.3, -1.2, 2.5, 0.7, -0.4, 1.9, -2.2];
const six = [1.5, -0.5, 0.25, 2, -1, 0.75];
const three = [0.6, -1.1, 0.9];

const rows: Readonly<Record<string, Row>> = {
  "a product of matrix and vector": {
    text: "fn f(W: [m, k], x: [k]) = [i < m] -> sum([j < k] -> W[i, j] * x[j])",
    given: [six, three],
    loops: (W, x) => range(2).map((i) => total(3, (j) => W[3 * i + j] * x[j])),
  },
  "an outer product with indices as numbers": {
    text: "fn f(x: [n], y: [m]) = [i < n, j < m] -> (i + 2 * j) * x[i] * y[j]",
    given: [seven, three],
    loops: (x, y) => grid(7, 3, (i, j) => (i + 2 * j) * x[i] * y[j]),
  },
  "a convolution": {
    text: "fn f(x: [n], w: [k]) = [i < n - k + 1] -> sum([j < k] -> w[j] * x[i + j])^2",
    given: [seven, three],
    loops: (x, w) => range(5).map((i) => total(3, (j) => w[j] * x[i + j]) ** 2),
  },
  "a convolution with a stride and gaps": {
    text: "fn f(x: [7], w: [2]) = [i < 2] -> sum([j < 2] -> w[j] * x[2 * i + 3 * j])^2",
    given: [seven, [0.6, -1.1]],
    loops: (x, w) => range(2).map((i) => total(2, (j) => w[j] * x[2 * i + 3 * j]) ** 2),
  },
  "differences from 1 on": {
    text: "fn f(x: [n]) = [1 <= i < n] -> (x[i] - x[i - 1])^3",
    given: [seven],
    loops: (x) => range(6).map((i) => (x[i + 1] - x[i]) ** 3),
  },
  "back to front, every second": {
    text: "fn f(x: [7]) = [i < 3] -> x[6 - 2 * i]^2",
    given: [seven],
    loops: (x) => range(3).map((i) => x[6 - 2 * i] ** 2),
  },
  "guarded neighbours": {
    text: "fn f(x: [n]) = [i < n] -> ((if i > 0 then x[i - 1] else 0) - 2 * x[i] + (if i + 1 < n then x[i + 1] else 0))^2",
    given: [seven],
    loops: (x) => range(7).map((i) => ((x[i - 1] ?? 0) - 2 * x[i] + (x[i + 1] ?? 0)) ** 2),
  },
  "a neighbour under a guard that a single entry never passes": {
    text: "fn f(x: [1]) = [i < 1] -> if i + 1 < 1 and 0 < i then x[i + 1] - x[i - 1] else x[i]^2",
    given: [[1.5]],
    loops: ([x]) => [x * x],
  },
  "a packed triangle": {
    text: "fn f(l: [6], x: [3]) = [i < 3] -> sum([j < 3] -> if j <= i then l[div(i * (i + 1), 2) + j] * x[j] else 0)^2",
    given: [six, three],
    loops: (l, x) => range(3).map((i) => total(i + 1, (j) => l[(i * (i + 1)) / 2 + j] * x[j]) ** 2),
  },
  "guards of the other branch": {
    text: "fn f(x: [n]) = [i < n] -> (if i == 0 then 1 else if i < n - 1 then x[i + 1] * x[i - 1] else x[i - 1])^2",
    given: [seven],
    loops: (x) => range(7).map((i) => (i === 0 ? 1 : i < 6 ? x[i + 1] * x[i - 1] : x[i - 1]) ** 2),
  },
  "a triangle packed by columns, its subscripts inside where they are selected": {
    text: `fn f(l: [p], x: [d]) = [i < d] -> sum([j < d] -> if j < i then l[div(j * (2 * d - 1 - j), 2) + i - j - 1] * x[j] else 0)^2`,
    given: [three, [1.5, -0.5, 0.25]],
    loops: ([a, b, c], x) => [0, (a * x[0]) ** 2, (b * x[0] + c * x[1]) ** 2],
  },
  "guards joined by and, or and not, inside each other": {
    text: "fn f(x: [n, n]) = [i < n, j < n] -> if i > 0 and not (j == 0 or j >= n - 1) then x[i - 1, j - 1] * x[i, j + 1] else if i < n - 1 then (if j < 1 then x[i + 1, j]^2 else x[i + 1, j - 1]) else x[i, j]",
    given: [[...seven, 1, 2]],
    loops: (x) =>
      grid(3, 3, (i, j) => {
        const at = (p: number, q: number): number => x[3 * p + q];
        if (i > 0 && !(j === 0 || j >= 2)) return at(i - 1, j - 1) * at(i, j + 1);
        if (i < 2) return j < 1 ? at(i + 1, j) ** 2 : at(i + 1, j - 1);
        return at(i, j);
      }),
  },
  "guards that data decides too, and what is singular beside them": {
    text: "fn f(x: [n], y: [n]) = [i < n] -> if i >= 2 and y[i] > 0 then log(x[i - 2]) / y[i] else 0",
    given: [
      [0.5, 1.5, 2.5, 0.7],
      [1, -1, 2, 0.5],
    ],
    loops: (x, y) => range(4).map((i) => (i >= 2 && y[i] > 0 ? Math.log(x[i - 2]) / y[i] : 0)),
  },
  "more places than entries, and fewer": {
    text: "fn f(x: [m], y: [k]) = [i < 5] -> (if i < m then x[i]^2 else 0) + (if i < k then y[i] else 1)",
    given: [three, seven],
    loops: (x, y) => range(5).map((i) => (x[i] ?? 0) ** 2 + y[i]),
  },
  "a convolution of the same size, back to front": {
    text: "fn f(x: [n], w: [3]) = [i < n] -> sum([j < 3] -> if i + j >= 1 and i + j - 1 < n then w[2 - j] * x[i + j - 1] else 0)^2",
    given: [seven, three],
    loops: (x, w) => range(7).map((i) => total(3, (j) => w[2 - j] * (x[i + j - 1] ?? 0)) ** 2),
  },
  "every second, guarded at its end, and reversed": {
    text: "fn f(x: [7]) = [i < 5] -> (if 2 * i < 7 then x[2 * i] else 0) * (if i > 1 then x[8 - 2 * i] else 1)",
    given: [seven],
    loops: (x) => range(5).map((i) => (x[2 * i] ?? 0) * (i > 1 ? x[8 - 2 * i] : 1)),
  },
  "differences of indices": {
    text: "fn f(x: [n]) = [i < n, j < n] -> if j <= i then x[i - j]^2 else 0",
    given: [three],
    loops: (x) => grid(3, 3, (i, j) => (j <= i ? x[i - j] ** 2 : 0)),
  },
  "subscripts on and off the axes": {
    text: "fn f(x: [2, 3]) = [i < 3] -> x[:, i]^2",
    given: [six],
    loops: (x) => grid(3, 2, (i, j) => x[3 * j + i] ** 2),
  },
  "a diagonal": {
    text: "fn f(x: [n, n]) = [i < n] -> x[i, i]^2",
    given: [[...seven, 1, 2]],
    loops: (x) => range(3).map((i) => x[4 * i] ** 2),
  },
  "a body that does not vary": {
    text: "fn f(x) = [i < 3] -> x^2",
    given: [[1.5]],
    loops: ([x]) => range(3).map(() => x * x),
  },
  "a block": {
    text: `fn f(x: [n], y: [n]) = [i < n] -> {
  d = x[i] - y[n - 1 - i]
  return d * exp(d)
}`,
    given: [three, [0.1, 0.2, 0.3]],
    loops: (x, y) => range(3).map((i) => (x[i] - y[2 - i]) * Math.exp(x[i] - y[2 - i])),
  },
  "nested, each index seen inside": {
    text: "fn f(x: [n]) = [i < n] -> sum([j < n] -> if j < i then (x[i] - x[j])^2 else 0)",
    given: [seven],
    loops: (x) => range(7).map((i) => total(i, (j) => (x[i] - x[j]) ** 2)),
  },
  "functions of indices": {
    text: "fn f(x: [n]) = [i < n] -> power(x, i)\nfn power(x: [n], i) = sum(x^2) * x[i] * (i + 1)",
    given: [three],
    loops: (x) => range(3).map((i) => total(3, (j) => x[j] ** 2) * x[i] * (i + 1)),
  },
  "gradients by an element, a row at a time": {
    text: `fn f(x: [n, 3], w: [3]) = [b < n] -> grad(sum(w * g(x[b])), x[b])
fn g(r: [3]) = r^3 + prod(r)`,
    given: [six, three],
    loops: (x, w) =>
      grid(2, 3, (b, k) => {
        const r = x.slice(3 * b, 3 * b + 3);
        const others = r.filter((_, j) => j !== k).reduce((p, q) => p * q, 1);
        return w[k] * 3 * r[k] ** 2 + others * (w[0] + w[1] + w[2]);
      }),
  },
  "gradients by a name outside": {
    text: "fn f(x: [n], w: [3]) = [i < n] -> grad(sum(w^2) * x[i]^2, w)",
    given: [[0.5, -2], three],
    loops: (x, w) => grid(2, 3, (i, k) => 2 * w[k] * x[i] ** 2),
  },
  "jacobians by rows, forward": {
    text: "fn f(x: [n, 2]) = [b < n] -> jacobian([x[b, 0] * x[b, 1], x[b, 0]^2, sin(x[b, 1])], x[b, 1])",
    given: [[0.5, 1.5, -1, 2]],
    loops: (x) => range(2).flatMap((b) => [x[2 * b], 0, Math.cos(x[2 * b + 1])]),
  },
};

const wide: Row["given"] = [[0.5, 1.5, -1, 2, 0.25, -0.75]];
const blocks: Readonly<Record<string, Row>> = {
  forward: {
    text: "fn f(x: [n, 2]) = [b < n] -> jacobian(g(x[b]), x[b])\nfn g(r: [2]) = [r[0] * r[1], r[0]^2, exp(r[1])]",
    given: wide,
    loops: (x) =>
      range(3).flatMap((b) => {
        const [p, q] = [x[2 * b], x[2 * b + 1]];
        return [q, p, 2 * p, 0, 0, Math.exp(q)];
      }),
  },
  reverse: {
    text: "fn f(x: [n, 3]) = [b < n] -> jacobian(g(x[b]), x[b])\nfn g(r: [3]) = [r[0] * r[1], r[1] * exp(r[2])]",
    given: wide,
    loops: (x) =>
      range(2).flatMap((b) => {
        const [p, q, r] = x.slice(3 * b, 3 * b + 3);
        return [q, p, 0, 0, Math.exp(r), q * Math.exp(r)];
      }),
  },
  hessians: {
    text: "fn f(x: [n, 2]) = [b < n] -> hessian(x[b, 0]^2 * h(x[b]), x[b])\nfn h(r: [2]) = r[1]^3",
    given: wide,
    // x[b, 0] is a name of its own only where a derivative is taken by it.
    loops: (x) =>
      range(3).flatMap((b) => {
        const [p, q] = [x[2 * b], x[2 * b + 1]];
        return [0, 0, 0, 6 * p ** 2 * q];
      }),
  },
};

function close(found: ArrayLike<number>, wanted: readonly number[], tolerance: number, scale = 1): void {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((w, k) => {
    expect(Math.abs(found[k] - w), `entry ${k}: ${found[k]} is not ${w}`).toBeLessThanOrEqual(tolerance * (scale + Math.abs(w))); // prettier-ignore
  });
}

const isScalar = (row: Row, k: number): boolean => new RegExp(`fn f\\((?:[^,(]+(?:: \\[[^\\]]*\\])?, ){${k}}\\w+[,)]`).test(row.text) && row.given[k].length === 1; // prettier-ignore

describe.each(Object.entries({ ...rows, ...blocks }))("%s", (_, row) => {
  const args = row.given.map((a, k) => (isScalar(row, k) ? a[0] : Float64Array.from(a)));
  const load = async (derive: string): Promise<Record<string, (...given: unknown[]) => unknown>> =>
    (await evaluate(`${row.text}\nderive f: ${derive}`, { path: "f.nn", precision: "f64", verify: true })) as never;

  test("gives what the loops give", async () => {
    const { f } = await load("value");
    close(f(...args) as Float64Array, row.loops(...row.given.map((a) => [...a])), 1e-13);
  });

  test("has the derivatives of the loops", async () => {
    const { fJacobian } = await load("jacobian");
    const { jacobian } = fJacobian(...args) as { jacobian: Float64Array | Record<string, Float64Array> };
    const parts = ArrayBuffer.isView(jacobian) ? [jacobian] : Object.values(jacobian);
    const value = row.loops(...row.given.map((a) => [...a]));
    expect(parts.length).toBe(row.given.length);
    parts.forEach((part, p) => {
      row.given[p].forEach((at, column) => {
        value.forEach((_, entry) => {
          const moved = (t: number): number =>
            row.loops(...row.given.map((a, q) => a.map((v, k) => (q === p && k === column ? at + t : v))))[entry];
          const found = part[entry * row.given[p].length + column];
          const { value: wanted } = ridders(moved, 0.05);
          expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(wanted)));
        });
      });
    });
  });
});

test("second derivatives through windows: a sum of squared convolutions", async () => {
  const text =
    "fn f(w: [2]) = sum([i < 3] -> sum([j < 2] -> w[j] * c[i + j])^2)\nconst c = [1, -2, 3, 0.5]\nderive f: hessian";
  const { fHessian } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fHessian: (w: Float64Array) => { hessian: { w: { w: Float64Array } } };
  };
  // 2 sum over i of c[i + j] c[i + k].
  const c = [1, -2, 3, 0.5];
  close(fHessian(Float64Array.of(0.3, 0.7)).hessian.w.w, grid(2, 2, (j, k) => 2 * total(3, (i) => c[i + j] * c[i + k])), 1e-14); // prettier-ignore
});

test("draws are new for every index", async () => {
  const text = `model M {
  input x: [n]
  param w = zeros
  output p = w * x
  loss mean(w * x + ([i < n] -> dropout(x[i], 0.5)))
  train sgd(lr = 0)
}`;
  const { createMTrainer } = (await evaluate(text, { path: "m.nn" })) as {
    createMTrainer: (options: object) => { step: (batch: object) => number };
  };
  const ones = new Float32Array(64).fill(1);
  const loss = createMTrainer({ n: 64, seed: 3 }).step({ x: ones });
  // All kept or all dropped would give 2 or 0.
  expect(loss).toBeGreaterThan(0.5);
  expect(loss).toBeLessThan(1.5);
});

test("windows and slices take the place of subscripts, so that nothing is checked when the program runs", async () => {
  const text = rows["a convolution with a stride and gaps"].text;
  const { code } = await compile(`${text}\nderive f: gradient\n`.replace("= [i", "= sum([i").replace("^2\nderive", "^2)\nderive"), { path: "f.nn" }); // prettier-ignore
  expect(code).not.toBeNull();
  expect(code).not.toMatch(/checkIndex|reserveIntegers/);
});

test("guarded neighbours are zeros beside the tensor: no condition and no index array is left", async () => {
  const { code } = await compile(`${rows["guarded neighbours"].text}\nderive f: value, jvp`, { path: "f.nn" });
  expect(code).not.toBeNull();
  expect(code).not.toMatch(/reserveIntegers|Math\.(?:min|max)/);
  // Each neighbour is looked for once an entry, its condition kept nowhere else.
  expect(code?.match(/\? x\[/g)?.length).toBe(4);
});

test("a bound that data decides is checked in the call", async () => {
  const text = "fn f(x: [n], p: index(m)[k], y: [m]) = [i < k] -> y[p[i]] * x[i]\nderive f: value";
  const { f } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    f: (...given: unknown[]) => Float64Array;
  };
  const [x, y] = [Float64Array.of(1, 2, 3), Float64Array.of(10, 20)];
  expect([...f(x, Int32Array.of(1, 0), y)]).toEqual([20, 20]);
  expect(() => f(x, Int32Array.of(1, 2), y)).toThrow(/`?p`?/);
  // More indices than x has entries: said before anything is computed.
  expect(() => f(Float64Array.of(1), Int32Array.of(1, 0), y)).toThrow(/x\[i\]/);
});
