// Gradients of loops that keep every sqrt(T)-th carry: the same numbers from less memory.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { evaluate } from "../../src/evaluate.ts";
import { ridders } from "../gradients/differences.ts";
import { range, rows, sum } from "./loop-programs.ts";

type Module = Record<string, (...given: readonly unknown[]) => unknown>;

const load = async (text: string, checkpoint = true): Promise<Module> =>
  (await evaluate(text, { path: "f.nn", precision: "f64", checkpoint, verify: checkpoint })) as Module;

/** Every number of a result, in order. */
function flat(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (value instanceof Float64Array) return [...value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(flat) : [];
}

const some = (n: number, from = 1): Float64Array => Float64Array.from({ length: n }, (_, i) => 0.8 * Math.sin(1.7 * i + from)); // prettier-ignore
/** No rounds, fewer than a segment has, squares and their neighbours, primes. */
const sizes = [0, 1, 2, 3, 4, 5, 7, 9, 10, 16, 17, 23, 30];

test("a recurrence of any length against its derivative by hand", async () => {
  const { fGradient } = await load("fn f(x, c: [T]) = for t in 0 : T carry h = x { next h = sin(h) * c[t] + 0.1 * t }");
  for (const size of sizes) {
    const c = some(size);
    const before: number[] = [];
    let h = 0.6;
    for (let t = 0; t < size; t++) {
      before.push(h);
      h = Math.sin(h) * c[t] + 0.1 * t;
    }
    let adjoint = 1;
    const byRows = range(size).map(() => 0);
    for (const t of range(size).reverse()) {
      byRows[t] = adjoint * Math.sin(before[t]);
      adjoint *= Math.cos(before[t]) * c[t];
    }
    const found = flat(fGradient(0.6, c));
    [h, adjoint, ...byRows].forEach((wanted, k) => {
      // Each round rounds a few times; the rounds contract.
      expect(Math.abs(found[k] - wanted), `T = ${size}, ${k}`).toBeLessThan(1e-15 * (size + 4));
    });
    expect(found.length).toBe(size + 2);
  }
});

const programs: Readonly<Record<string, readonly [text: string, given: (size: number) => readonly unknown[]]>> = {
  "a recurrent network with results of every round": [
    `fn f(h0: [2], x: [T, 2], W: [2, 2], c: [T]) {
  h, ys = scan t in 0 : T carry h = h0 yield y {
    next h = tanh(W @ h + x[t]) * (1 + 0.01 * t)
    y = sum(h) * c[t]
  }
  return sum(h) + sum(ys^2)
}
derive f: gradient`,
    (n) => [some(2), some(2 * n), some(4, 3), some(n, 5)],
  ],
  "as many rounds as an argument says": [
    `fn f(k: index(100), x, c: [T]) = for t in 0 : k carry h = x max T { next h = h * c[t] + sin(h) }
derive f: gradient`,
    (n) => [Math.floor(0.7 * n), 0.6, some(n)],
  ],
  "a `while`, ended by its condition or by `max`": [
    `fn f(x: [T], y) {
  v, k = while v < 6 carry v = y, k = 0 max T { next v = v * 1.1 + 0.1 * sin(v); next k = k + 1 }
  return v * k + sum(x)
}
derive f: gradient`,
    (n) => [some(n), 0.6],
  ],
  "loops in loops": [
    `fn f(x: [T, m], y, c: [m]) = for i in 0 : T carry s = y {
  next s = for j in 0 : m carry r = s { next r = sin(r * x[i, j]) + r * c[j] }
}
derive f: gradient`,
    (n) => [some(7 * n), 0.7, some(7)],
  ],
  "carried integers": [
    `fn f(p: index(n)[n], x: [n], c: [T]) {
  i, s = for t in 0 : T carry i = p[0], s = 0 { next i = p[i]; next s = sin(s) + x[i]^2 * c[t] }
  return s
}
derive f: gradient`,
    (n) => [Int32Array.of(2, 0, 1), some(3), some(n)],
  ],
  "derivatives of derivatives, the inner one in the body": [
    `fn f(c: [T], a) = for t in 0 : T carry x = a { next x = x - 0.3 * grad(sin(x * c[t]), x) }
derive f: hvp`,
    (n) => [some(n), 0.9, { c: some(n, 2), a: 1 }],
  ],
  "derivatives of derivatives, the inner one of the loop": [
    `fn f(x, c: [T]) = grad(g(x, c), x)^2
fn g(x, c: [T]) = for t in 0 : T carry h = x { next h = sin(h * x) + c[t] * h }
derive f: gradient`,
    (n) => [0.6, some(n)],
  ],
};

describe.each(Object.entries(programs))("%s", (_, [text, given]) => {
  test("has the gradient that it has without checkpoints", async () => {
    const [plain, kept] = await Promise.all([load(text, false), load(text)]);
    const entry = Object.keys(plain).find((name) => /^f(Gradient|Hvp)$/.test(name)) ?? "";
    for (const size of sizes) {
      const wanted = flat(plain[entry](...given(size)));
      const found = flat(kept[entry](...given(size)));
      expect(found.length).toBe(wanted.length);
      wanted.forEach((w, k) => {
        // Sums over rounds are added up in another order.
        expect(Math.abs(found[k] - w), `T = ${size}, ${k}`).toBeLessThanOrEqual(1e-15 * (size + 4) * Math.max(1, Math.abs(w))); // prettier-ignore
      });
    }
  });
});

test.each([
  "Newton's method until it settles",
  "a scan with as many rounds as an argument says",
  "a `while` for every row, each ending by itself",
  "rounds of its own for every row",
])("%s, against differences", async (name) => {
  const { text, given, fixed, loops } = rows[name];
  const { fGradient } = await load(`${text}\nderive f: gradient`);
  const arrays = given.map((a, k) => (typeof a === "number" ? a : (fixed?.includes(k) === true ? Int32Array : Float64Array).from(a))); // prettier-ignore
  const { gradient } = fGradient(...arrays) as { readonly gradient: object };
  const reference = loops as (...args: unknown[]) => number;
  const slopes = given.flatMap((a, p) => {
    if (fixed?.includes(p) === true) return [];
    const moved = (by: number, at: number): unknown => (typeof a === "number" ? a + by : a.map((v, j) => (j === at ? v + by : v))); // prettier-ignore
    return range(typeof a === "number" ? 1 : a.length).map(
      (at) => ridders((by) => reference(...given.with(p, moved(by, at) as number)), 0.01).value,
    );
  });
  const found = flat(gradient);
  expect(found.length).toBe(slopes.length);
  slopes.forEach((slope, k) => {
    expect(Math.abs(found[k] - slope)).toBeLessThanOrEqual(1e-8 * Math.max(1, Math.abs(slope)));
  });
});

/** What the cost sheet says of the temporaries of `f gradient`. */
async function bytesOf(text: string, checkpoint: boolean): Promise<{ code: string; bytes: string }> {
  const { code } = await compile(text, { path: "f.nn", precision: "f64", checkpoint, format: false });
  const bytes = /f gradient: .* multiply-adds, (.*) bytes of temporaries/.exec(code ?? "")?.[1] ?? "";
  return { code: code ?? "", bytes };
}

test("10,000 rounds keep what 100 segments start with, and 100 rounds", async () => {
  const text =
    "fn f(x: [n], W: [n, n]) = sum(for t in 0 : 10000 carry h = x { next h = tanh(W @ h) })\nderive f: gradient";
  const [plain, kept] = await Promise.all([bytesOf(text, false), bytesOf(text, true)]);
  // Of each round h and 1 - h^2.
  const linear = /(\d+)\*n$/;
  expect(Number(linear.exec(plain.bytes)?.[1])).toBeGreaterThanOrEqual(8 * 20_000);
  expect(plain.bytes).not.toContain("^2");
  // Of each segment h, of each round of one h, 1 - h^2 and its adjoint; some vectors besides.
  expect(Number(/^(\d+)\*n$/.exec(kept.bytes)?.[1])).toBeLessThanOrEqual(8 * 410);
  expect(kept.code).toContain("// Options: --target ts --precision f64 --checkpoint\n");
});

test("any number of rounds keeps as much as its root says", async () => {
  const text =
    "fn f(x: [n], c: [T]) = sum(for t in 0 : T carry h = x { next h = sin(h) * c[t] })\nderive f: gradient(x)";
  const [plain, kept] = await Promise.all([bytesOf(text, false), bytesOf(text, true)]);
  expect(plain.bytes).toMatch(/T\*n|n\*T/);
  // cos(h) of every round.
  expect(plain.code).toContain("bytes of temporaries, 8*T*n of them for rows of loops\n");
  expect(kept.code).toMatch(/bytes of temporaries, \d+\*ceil\(sqrt\(T\)\)\*n of them for rows of loops\n/);
  expect(kept.bytes).toMatch(/^\d+\*ceil\(sqrt\(T\)\)\*n( \+ \d+\*ceil\(sqrt\(T\)\))?( \+ \d+\*n)?$/);
});

test("what rounds read is read in place, and its gradient is written in place", async () => {
  const text = `fn f(x: [T, n], W: [n, n]) = sum(for t in 0 : T carry h = zeros([n]) { next h = tanh(W @ h + x[t]) })
derive f: gradient`;
  const { bytes } = await bytesOf(text, true);
  expect(bytes).toMatch(/^\d+\*ceil\(sqrt\(T\)\)\*n \+ 8\*n\^2 \+ \d+\*n$/);
});

test("a model takes fewer rounds than it was created for", async () => {
  const text = `model M {
  input x: [t, 3]
  target z: [2]
  param W: [2, 2] = glorot_uniform
  param U: [2, 3] = glorot_uniform
  h = for s in 0 : t carry h = zeros([2]) { next h = tanh(W @ h + U @ x[s]) }
  loss sum((h - z)^2)
}`;
  const [plain, kept] = await Promise.all([load(text, false), load(text)]);
  // 17 rounds are 3 segments of 5 and two rounds, 16 are 4 of 4, 15 are 3 of 4 and three rounds.
  const [m, k] = [plain, kept].map(({ createMTrainer }) => createMTrainer({ t: 17, seed: 3 }) as Module);
  for (let t = 17; t >= 1; t--) {
    const batch = { x: some(3 * t), z: Float64Array.of(0.3, -0.4) };
    const [wanted, found] = [flat(m.gradient(batch)), flat(k.gradient(batch))];
    expect(sum(wanted.map((w, at) => Math.abs(w - found[at]))), `t = ${t}`).toBeLessThan(1e-14);
  }
});
