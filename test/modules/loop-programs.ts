/** Programs with `for`, `scan` and `while`, each with the same loops written by hand. */

export type Given = readonly (number | readonly number[])[];

/** A program with loops, and the same in plain numbers. */
export interface Row {
  /** A scalar function `f`. */
  readonly text: string;
  readonly given: Given;
  /** Indices among the arguments have no derivative. */
  readonly fixed?: readonly number[];
  readonly loops: (...args: never[]) => number;
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const seven = [0.3, -1.2, 1.5, 0.7, -0.4, 0.9, -0.8];
const six = [0.5, -0.5, 0.25, 0.8, -0.6, 0.75];

export const rows: Readonly<Record<string, Row>> = {
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
