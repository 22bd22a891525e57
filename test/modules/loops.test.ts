// `for`, `scan` and `while` against loops written by hand, and their derivatives against differences of those.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";
import { ridders } from "../gradients/differences.ts";

type Given = readonly (number | readonly number[])[];

interface Row {
  /** A scalar function `f`. */
  readonly text: string;
  readonly given: Given;
  /** Indices among the arguments have no derivative. */
  readonly fixed?: readonly number[];
  readonly loops: (...args: never[]) => number;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const seven = [0.3, -1.2, 1.5, 0.7, -0.4, 0.9, -0.8];
const six = [0.5, -0.5, 0.25, 0.8, -0.6, 0.75];

const rows: Readonly<Record<string, Row>> = {
  "a carried number": {
    text: "fn f(x, c: [k]) = for t in 0 : k carry h = 1 { next h = h * x + c[t] }",
    given: [0.7, seven],
    loops: (x: number, c: number[]) => c.reduce((h, v) => h * x + v, 1),
  },
  "no rounds": {
    text: "fn f(x, c: [k]) = for t in 0 : k carry h = x^2 { next h = h * c[t] }",
    given: [0.7, []],
    loops: (x: number) => x * x,
  },
  "a recurrent network": {
    text: `fn f(h0: [n], x: [T, n], W: [n, n]) {
  h, ys = scan t in 0 : T carry h = h0 yield y {
    next h = tanh(W @ h + x[t])
    y = sum(h)
  }
  return sum(h) + sum(ys^2)
}`,
    given: [[0.3, -0.2], six, [0.5, -0.4, 0.2, 0.9]],
    loops: (h0: number[], x: number[], W: number[]) => {
      let h = h0;
      let squares = 0;
      for (let t = 0; t < 3; t++) {
        squares += sum(h) ** 2;
        const before = h;
        h = range(2).map((i) => Math.tanh(W[2 * i] * before[0] + W[2 * i + 1] * before[1] + x[2 * t + i]));
      }
      return sum(h) + squares;
    },
  },
  "a recurrent network over rows, some of its weights taken off": {
    text: `fn f(x: [T, 2, m], U: [m, n], W: [n, n]) {
  h = for t in 0 : T carry h = zeros([2, n]) { next h = tanh(h @ W - x[t] @ U) + 0.1 * (h @ W) }
  return sum(h^2)
}`,
    given: [[...six, ...seven.slice(0, 6)], [0.4, -0.7], [0.6]],
    loops: (x: number[], [p, q]: number[], [w]: number[]) => {
      const last = range(2).map((row) =>
        range(3).reduce((h, t) => {
          const at = 2 * (2 * t + row);
          return Math.tanh(h * w - (x[at] * p + x[at + 1] * q)) + 0.1 * (h * w);
        }, 0),
      );
      return sum(last.map((h) => h * h));
    },
  },
  "values that change places": {
    text: `fn f(x, y) {
  a, b = for t in 0 : 5 carry a = x, b = y { next a = b  next b = sin(a) + b }
  return a * b
}`,
    given: [0.4, -0.3],
    loops: (x: number, y: number) => {
      let [a, b] = [x, y];
      for (let t = 0; t < 5; t++) [a, b] = [b, Math.sin(a) + b];
      return a * b;
    },
  },
  "vectors that change places, one of them joined from both": {
    text: `fn f(x: [4], y: [4]) {
  a, b = for t in 0 : 3 carry a = x, b = y { next a = b[::-1]  next b = concat([a[1:], b[:1]]) * b }
  return sum(a * b)
}`,
    given: [[0.4, -0.3, 0.8, 1.1], [0.9, 0.2, -0.7, 0.6]], // prettier-ignore
    loops: (x: number[], y: number[]) => {
      let [a, b] = [x, y];
      for (let t = 0; t < 3; t++) {
        const [p, q] = [a, b];
        a = [...q].reverse();
        b = [...p.slice(1), q[0]].map((v, k) => v * q[k]);
      }
      return sum(a.map((v, k) => v * b[k]));
    },
  },
  "a range that begins later, and rows before": {
    text: "fn f(x: [n]) = for t in 1 : n carry s = 0 { next s = s * 0.5 + (x[t] - x[t - 1])^2 }",
    given: [seven],
    loops: (x: number[]) => range(6).reduce((s, t) => 0.5 * s + (x[t + 1] - x[t]) ** 2, 0),
  },
  "the index as a number": {
    text: "fn f(x) = for t in 0 : 6 carry s = 0 { next s = s + sin(t * x) / (t + 1) }",
    given: [0.8],
    loops: (x: number) => sum(range(6).map((t) => Math.sin(t * x) / (t + 1))),
  },
  "a derivative by an argument that names what earlier rounds depend on": {
    text: "fn f(a) = for t in 0 : 3 carry x = a { next x = x + slope(x, a) / 9 }\nfn slope(x, y) = grad(x * y^2, y)",
    given: [0.8],
    loops: (a: number) => range(3).reduce((x) => x + (2 * x * a) / 9, a),
  },
  "Newton's method until it settles": {
    text: "fn f(a) = while abs(x^2 - a) > 1e-13 carry x = 1.5 max 50 { next x = (x + a / x) / 2 }",
    given: [2.7],
    loops: (a: number) => {
      let x = 1.5;
      while (Math.abs(x * x - a) > 1e-13) x = (x + a / x) / 2;
      return x;
    },
  },
  "a `while` that `max` ends": {
    text: "fn f(a) = while true carry x = a max 3 { next x = x * sin(x) + a }",
    given: [1.2],
    loops: (a: number) => range(3).reduce((x) => x * Math.sin(x) + a, a),
  },
  "a `while` over vectors with a counter": {
    text: `fn f(x: [n]) {
  v, k = while sum(v^2) > 0.1 carry v = x, k = 0 max 40 { next v = 0.7 * v + 0.1 * cos(v) * x  next k = k + 1 }
  return sum(v * x) + k
}`,
    given: [[1.4, -0.9, 0.3]],
    loops: (x: number[]) => {
      let v = x;
      let k = 0;
      while (sum(v.map((u) => u * u)) > 0.1 && k < 40) {
        v = v.map((u, i) => 0.7 * u + 0.1 * Math.cos(u) * x[i]);
        k++;
      }
      return sum(v.map((u, i) => u * x[i])) + k;
    },
  },
  "as many rounds as an argument says": {
    text: "fn f(k: index(9), x, c: [8]) = for t in 0 : k carry h = x max 8 { next h = h * c[t] + sin(h) }",
    given: [3, 0.6, [...seven, 1]],
    fixed: [0],
    loops: (k: number, x: number, c: number[]) => range(k).reduce((h, t) => h * c[t] + Math.sin(h), x),
  },
  "a scan with as many rounds as an argument says": {
    text: `fn f(k: index(9), x: [8]) {
  h, ys = scan t in 0 : k carry h = 1 yield y max 8 { y = h * x[t]  next h = y + cos(h) }
  return sum(ys^2) + h
}`,
    given: [4, [...seven, 1]],
    fixed: [0],
    loops: (k: number, x: number[]) => {
      let h = 1;
      let squares = 0;
      for (let t = 0; t < k; t++) {
        const y = h * x[t];
        squares += y * y;
        h = y + Math.cos(h);
      }
      return squares + h;
    },
  },
  "loops in loops": {
    text: `fn f(x: [n, 3]) = for i in 0 : n carry s = 1 {
  next s = for j in 0 : 3 carry r = s { next r = sin(r * x[i, j]) + r }
}`,
    given: [six.map((v) => v)],
    loops: (x: number[]) => {
      let s = 1;
      for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) s = Math.sin(s * x[3 * i + j]) + s;
      return s;
    },
  },
  "scans in scans, of vectors": {
    text: `fn f(x: [n], W: [k, k]) {
  _, rows = scan t in 0 : n carry v = ones([k]) yield total {
    w, all = scan j in 0 : 2 carry w = v yield w { next w = tanh(W @ w) * x[t] }
    total = sum(all * all)
    next v = w + 0.1
  }
  return sum(rows * x)
}`,
    given: [[0.9, -0.7, 1.3], [0.5, -0.4, 0.2, 0.9]], // prettier-ignore
    loops: (x: number[], W: number[]) => {
      let v = [1, 1];
      return sum(
        x.map((at) => {
          let w = v;
          let total = 0;
          for (let j = 0; j < 2; j++) {
            const before = w;
            w = range(2).map((i) => Math.tanh(W[2 * i] * before[0] + W[2 * i + 1] * before[1]) * at);
            total += sum(w.map((u) => u * u));
          }
          v = w.map((u) => u + 0.1);
          return total * at;
        }),
      );
    },
  },
  "rows that data chooses, checked before the loop": {
    text: "fn f(p: index(n)[k], x: [n]) = for t in 0 : k carry s = 1 { next s = s + sin(s * x[p[t]]) }",
    given: [[2, 0, 2, 1], [0.4, -0.9, 1.1]], // prettier-ignore
    fixed: [0],
    loops: (p: number[], x: number[]) => p.reduce((s, i) => s + Math.sin(s * x[i]), 1),
  },
  "a place that rounds choose": {
    text: `fn f(p: index(n)[n], x: [n]) {
  i, s = for t in 0 : 4 carry i = p[0], s = 0 { next i = p[i]  next s = s + x[i]^2 * (t + 1) }
  return s
}`,
    given: [[2, 0, 1], [0.4, -0.9, 1.1]], // prettier-ignore
    fixed: [0],
    loops: (p: number[], x: number[]) => {
      let i = p[0];
      let s = 0;
      for (let t = 0; t < 4; t++) {
        s += x[i] ** 2 * (t + 1);
        i = p[i];
      }
      return s;
    },
  },
  "rows that data chooses of what is carried and of what stays": {
    text: `fn f(p: index(3)[3], x: [3], y: [3]) = sum(for t in 0 : 3 carry v = x { next v = sin(v[p] * y[p]) + v })`,
    given: [[2, 0, 2], [0.4, -0.9, 1.1], [0.7, 0.2, -0.6]], // prettier-ignore
    fixed: [0],
    loops: (p: number[], x: number[], y: number[]) =>
      sum(range(3).reduce((v) => v.map((u, i) => Math.sin(v[p[i]] * y[p[i]]) + u), x)),
  },
  "a branch not taken, infinite there": {
    text: "fn f(x: [n]) = for t in 0 : n carry s = 0 { next s = s + (if x[t] > 0 then sqrt(x[t]) * s + log(x[t]) else x[t]) }",
    given: [[0.5, -1, 0.8, -0.1]],
    loops: (x: number[]) => x.reduce((s, v) => s + (v > 0 ? Math.sqrt(v) * s + Math.log(v) : v), 0),
  },
  "steps of gradient descent": {
    text: `fn f(w0: [2], a) {
  w = for t in 0 : 4 carry w = w0 { next w = w - 0.1 * grad(loss(w, a), w) }
  return sum(w^2)
}
fn loss(w: [2], a) = a * w[0]^4 + (w[0] * w[1] - 1)^2`,
    given: [[0.8, -0.5], 0.6], // prettier-ignore
    loops: (w0: number[], a: number) => {
      let [p, q] = w0;
      for (let t = 0; t < 4; t++) {
        const d = 2 * (p * q - 1);
        [p, q] = [p - 0.1 * (4 * a * p ** 3 + d * q), q - 0.1 * d * p];
      }
      return p * p + q * q;
    },
  },
  "integers to start from, that gradients make reals": {
    text: "fn f(a) = sum(for t in 0 : 3 carry x = [0, 2] { next x = x - 0.1 * grad(sum((x - a)^4), x) })",
    given: [0.7],
    loops: (a: number) => sum([0, 2].map((start) => range(3).reduce((x) => x - 0.4 * (x - a) ** 3, start))),
  },
  "a derivative by a name outside, of one round": {
    text: `fn f(x, c: [n]) = for t in 0 : n carry s = 0 { next s = s + grad(sin(c[t] * x) * x, x)^2 }`,
    given: [0.7, [0.5, -1, 0.8]], // prettier-ignore
    loops: (x: number, c: number[]) => sum(c.map((v) => (v * Math.cos(v * x) * x + Math.sin(v * x)) ** 2)),
  },
  "a derivative of a loop inside a function": {
    text: `fn f(x, y) = grad(g(x, y), x) * y
fn g(x, y) = for t in 0 : 4 carry h = x { next h = h * cos(y * h) + x }`,
    given: [0.6, 0.9],
    loops: (x: number, y: number) => {
      let [h, dh] = [x, 1];
      for (let t = 0; t < 4; t++) [h, dh] = [h * Math.cos(y * h) + x, dh * (Math.cos(y * h) - h * y * Math.sin(y * h)) + 1]; // prettier-ignore
      return dh * y;
    },
  },
  "a loop for every row": {
    text: "fn f(x: [n], c: [k]) = sum([i < n] -> (for t in 0 : k carry h = x[i] { next h = sin(h) * c[t] + x[i] })^2)",
    given: [[0.4, -0.9, 1.1], [0.5, 0.8]], // prettier-ignore
    loops: (x: number[], c: number[]) => sum(x.map((v) => c.reduce((h, w) => Math.sin(h) * w + v, v) ** 2)),
  },
  "a `while` for every row, each ending by itself": {
    text: `fn f(x: [n]) = sum([i < n] -> {
  y, k = while y^2 < 10 carry y = x[i], k = 0 max 60 { next y = y * 1.3 + 0.1 * x[i]  next k = k + 1 }
  return y * k
})`,
    given: [[0.41, -0.85, 5.1, 1.75]],
    loops: (x: number[]) =>
      sum(
        x.map((v) => {
          let [y, k] = [v, 0];
          while (y * y < 10) [y, k] = [y * 1.3 + 0.1 * v, k + 1];
          return y * k;
        }),
      ),
  },
  "rounds of its own for every row": {
    text: "fn f(p: index(6)[n], x: [n]) = sum([i < n] -> for t in 0 : p[i] carry h = x[i] max 5 { next h = h * h + 0.3 * x[i] })",
    given: [[0, 3, 5], [0.4, -0.9, 0.6]], // prettier-ignore
    fixed: [0],
    loops: (p: number[], x: number[]) => sum(x.map((v, i) => range(p[i]).reduce((h) => h * h + 0.3 * v, v))),
  },
};

const flat = (value: unknown): number[] => (typeof value === "number" ? [value] : [...(value as Float64Array)]);

describe.each(Object.entries(rows))("%s", (_, row) => {
  const free = row.given.map((_, k) => k).filter((k) => row.fixed?.includes(k) !== true);

  const argumentsOf = (given: Given): unknown[] =>
    given.map((a, k) => {
      if (typeof a === "number") return a;
      return row.fixed?.includes(k) === true ? Int32Array.from(a) : Float64Array.from(a);
    });
  const reference = (given: Given): number =>
    (row.loops as (...args: unknown[]) => number)(...given.map((a) => (typeof a === "number" ? a : [...a])));
  const load = async (): Promise<Record<string, (...given: unknown[]) => Record<string, never>>> =>
    (await evaluate(`${row.text}\nderive f: value, gradient, jvp, hessian`, { path: "f.nn", precision: "f64", verify: true })) as never; // prettier-ignore
  /** The arguments with entry `k` of argument `p` moved. */
  const moved = (p: number, k: number, by: number): Given =>
    row.given.map((a, q) => (q !== p ? a : typeof a === "number" ? a + by : a.map((v, j) => (j === k ? v + by : v))));
  const close = (found: number, wanted: number, tolerance: number): void => {
    expect(Math.abs(found - wanted), `${found} is not ${wanted}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted))); // prettier-ignore
  };

  test("value, gradient, directional derivative and Hessian", async () => {
    const module = await load();
    close(module.f(...argumentsOf(row.given)) as unknown as number, reference(row.given), 1e-13);
    const gradientAt = (given: Given): number[] => {
      const { gradient } = module.fGradient(...argumentsOf(given));
      return free.flatMap((p) => flat(gradient[namesOfArguments(row.text)[p]]));
    };
    const places = free.flatMap((p) => range(flat(argumentsOf(row.given)[p]).length).map((k) => [p, k] as const));
    const found = gradientAt(row.given);
    places.forEach(([p, k], at) => {
      close(found[at], ridders((t) => reference(moved(p, k, t)), 0.01).value, 1e-8);
    });
    // Along (1, 2, 3, ..).
    let step = 0;
    const along = free.map((p) => {
      const a = argumentsOf(row.given)[p];
      return [
        namesOfArguments(row.text)[p],
        typeof a === "number" ? ++step : (a as Float64Array).map(() => ++step),
      ] as const;
    });
    const { tangent } = module.fJvp(...argumentsOf(row.given), Object.fromEntries(along));
    close(tangent, sum(found.map((g, at) => g * (at + 1))), 1e-12);
    const { hessian } = module.fHessian(...argumentsOf(row.given)) as unknown as {
      hessian: Record<string, Record<string, never>>;
    };
    const names = namesOfArguments(row.text);
    places.forEach(([p, k], column) => {
      const size = flat(argumentsOf(row.given)[p]).length;
      const slopes = places.map((_, at) => ridders((t) => gradientAt(moved(p, k, t))[at], 0.01).value);
      const rows = free.flatMap((q) => {
        const block = flat(hessian[names[q]][names[p]]);
        return range(block.length / size).map((r) => block[r * size + k]);
      });
      expect(rows.length, `column ${column}`).toBe(slopes.length);
      rows.forEach((h, at) => {
        close(h, slopes[at], 1e-7);
      });
    });
  });
});

/** The arguments of `f` in order. */
function namesOfArguments(text: string): string[] {
  const list = /fn f\(((?:[^()]|\([^)]*\))*)\)/.exec(text)?.[1] ?? "";
  return list.split(/,(?![^[]*\])/).map((part) => part.split(":")[0].trim());
}

const endless = "fn f(a) = while abs(x^2 - a) > 1e-13 carry x = a { next x = (x + a / x) / 2 }\n";

test("a `while` without `max` differentiates forward, and says what reverse mode wants", async () => {
  const { fJvp } = (await evaluate(`${endless}derive f: jvp`, { path: "f.nn", precision: "f64" })) as {
    fJvp: (a: number, v: { a: number }) => { value: number; tangent: number };
  };
  const { value, tangent } = fJvp(2.25, { a: 1 });
  expect(Math.abs(value - 1.5)).toBeLessThan(1e-13);
  expect(Math.abs(tangent - 1 / 3)).toBeLessThan(1e-13);
  const { diagnostics } = await compile(`${endless}derive f: gradient`, { path: "f.nn" });
  expect(diagnostics.map(({ code, help }) => [code, help])).toEqual([
    ["while-without-max", "write `max N` after `carry ...`, or ask for `jvp`"],
  ]);
});

test("what a body reads is that of its own entry point", async () => {
  const text = `fn f(x, y: [n, m], z: [m, m]) {
  t, _ = while r < 3 carry h = 2, r = 0 max 4 { next h = mish(x)  next r = r + 1 }
  return t
}
derive f: value, gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (...given: unknown[]) => { value: number };
  };
  // x tanh(log(1 + e^x))
  const mish = 0.7 * Math.tanh(Math.log1p(Math.exp(0.7)));
  expect(Math.abs(fGradient(0.7, new Float64Array(6), new Float64Array(9)).value - mish)).toBeLessThan(1e-15);
});

test("a number of rounds outside of the range that was given is refused before anything changes", async () => {
  const text = "fn f(k: index(n), x: [n]) = for t in 2 : k carry h = x max 4 { next h = h * h }\nderive f: value";
  const { f } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    f: (k: number, x: Float64Array, out?: Float64Array) => Float64Array;
  };
  const x = Float64Array.from({ length: 9 }, () => 1.5);
  expect(f(4, x)[0]).toBe(1.5 ** 4);
  for (const k of [1, 7]) {
    const out = new Float64Array(9);
    expect(() => f(k, x, out)).toThrow(RangeError);
    expect([...out]).toEqual([...new Float64Array(9)]);
  }
});

test("a loop whose result is not selected has gradient 0, whatever its rounds divide by", async () => {
  const text = `fn f(x: [n], y, p: bool) = if p then (for t in 0 : n carry h = y { next h = h / x[t] }) else 0
derive f: gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (x: Float64Array, y: number, p: boolean) => { gradient: { x: Float64Array; y: number } };
  };
  const { x, y } = fGradient(Float64Array.of(0, 2), 0, false).gradient;
  expect([...x, y]).toEqual([0, 0, 0]);
  // d (y / (x0 x1))
  const taken = fGradient(Float64Array.of(4, 2), 8, true).gradient;
  expect([...taken.x, taken.y]).toEqual([-0.25, -0.5, 0.125]);
});

test("of a loop's results that are selected apart, each has its share alone", async () => {
  const text = `fn f(x: [n], y, p: bool, q: bool) {
  h, hs = scan t in 0 : n carry h = y yield h { next h = h / x[t] }
  return (if p then h else 0) + (if q then sum(hs) else 0)
}
derive f: gradient`;
  const { fGradient } = (await evaluate(text, { path: "f.nn", precision: "f64" })) as {
    fGradient: (x: Float64Array, y: number, p: boolean, q: boolean) => { gradient: { x: Float64Array; y: number } };
  };
  const at = (p: boolean, q: boolean, x: readonly number[] = [4, 2]): number[] => {
    const { gradient } = fGradient(Float64Array.from(x), 8, p, q);
    return [...gradient.x, gradient.y];
  };
  expect(at(false, false, [0, 2])).toEqual([0, 0, 0]);
  expect(at(true, false)).toEqual([-0.25, -0.5, 0.125]);
  // y / x0 + y / (x0 x1)
  expect(at(false, true)).toEqual([-0.75, -0.5, 0.375]);
  expect(at(true, true)).toEqual([-1, -1, 0.5]);
});
