import { describe, expect, it } from "vitest";
import type { Given } from "../../src/explain/given.ts";
import { formulaText } from "../../src/explain/formula-text.ts";
import { printShape } from "../../src/ir/dim.ts";
import type { Walk } from "../../src/explain/walk.ts";
import { gradients, resultOf, walked } from "./support.ts";

type Point = Readonly<Record<string, Given>>;

const programs: readonly (readonly [title: string, source: string, at: Point])[] = [
  ["a product", "fn f(a, b, c) {\n d = 2 * b\n e = a + d\n return c * e\n}", { a: 3, b: 1, c: -2 }],
  [
    "several ways",
    "fn f(x, y) {\n u = x * sin(y)\n v = u^2 / (1 + x^2)\n return exp(-v) * u + x\n}",
    { x: 0.7, y: -1.3 },
  ],
  [
    "choices",
    "fn f(x, y) {\n u = if x > y then x * y else x - y\n return maximum(u, x^3) + abs(y) * relu(x - 1)\n}",
    { x: 1.4, y: -0.3 },
  ],
  ["powers", "fn f(x, y) = x^y + y^x + sqrt(x * y) - x^-2", { x: 1.3, y: 0.8 }],
  [
    "cross-entropy",
    "fn f(w, x, b, y) {\n z = w * x + b\n a = sigmoid(z)\n return bce(a, y)\n}",
    { w: 0.5, x: -1.2, b: 0.3, y: 0.25 },
  ],
  [
    "a network",
    "fn f(W: [m, n], b: [m], v: [m], x: [n], t) {\n z = W @ x + b\n h = tanh(z)\n a = sigmoid(dot(v, h))\n return (a - t)^2\n}",
    { W: [[0.5, -0.25, 1], [-1, 0.5, 0.125]], b: [0.25, 0.5], v: [0.5, -0.75], x: [2, 1, -1], t: 0.2 }, // prettier-ignore
  ],
  [
    "a batch",
    "fn f(W: [n, m], b: [m], x: [k, n], t: [k, m]) {\n z = x @ W + b\n p = softmax(z)\n return mse(p, t) + 0.1 * sum(W^2)\n}",
    { W: [[0.5, -0.25], [-1, 0.5]], b: [0.25, 0.5], x: [[2, 1], [0, -1], [0.3, 0.2]], t: [[1, 0], [0, 1], [0.5, 0.5]] }, // prettier-ignore
  ],
  ["slices", "fn f(x: [n]) = sum(100 * (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", { x: [0.3, -0.7, 1.1, 0.2] }],
  [
    "statistics",
    "fn f(x: [n]) {\n d = x - mean(x)\n return var(x) * norm(d) + logsumexp(x)\n}",
    { x: [0.3, -0.7, 1.1] },
  ],
  [
    "functions of its own",
    "fn f(x, y) = g(x * y) + g(y)\nfn g(t) {\n u = log(1 + t^2)\n return u * t\n}",
    { x: 1.1, y: 0.6 },
  ],
  ["derivatives in the program", "fn f(x) {\n y = x^3 * sin(x)\n g = grad(y, x)\n return g^2\n}", { x: 0.8 }],
];

/** (f(x + h) - f(x - h)) / 2h for one entry of one argument, f64 with an error of about 1e-9. */
function difference(source: string, at: Point, name: string, entry: number): number {
  const h = 1e-5;
  const moved = (step: number): number => {
    let k = 0;
    const shift = (value: Given): Given => {
      if (typeof value === "number") return k++ === entry ? value + step : value;
      return value.map(shift);
    };
    return resultOf(walked(source, { ...at, [name]: shift(at[name]) }))[0];
  };
  return (moved(h) - moved(-h)) / (2 * h);
}

describe.each(programs)("the passes of %s", (_, source, at) => {
  const walk = walked(source, at);

  it("give the gradients that finite differences give", () => {
    const found = gradients(walk);
    for (const name of Object.keys(at)) {
      found[name].forEach((value, entry) => {
        const wanted = difference(source, at, name, entry);
        expect(Math.abs(value - wanted), `${name} ${entry}`).toBeLessThan(1e-7 * (1 + Math.abs(wanted)));
      });
    }
  });

  it("agree with the simplified derivatives", () => {
    const found = gradients(walk);
    const compared = walk.derivatives.flatMap(({ by, value }) => {
      if (by === null || value === null) return [];
      [...value.data].forEach((x, k) => {
        expect(Math.abs(x - found[by.name][k]), by.name).toBeLessThan(1e-12 * (1 + Math.abs(x)));
      });
      return [by.name];
    });
    for (const name of Object.keys(at)) expect(compared).toContain(name);
  });

  it("multiply upstream and local gradients", () => {
    for (const { edge, upstream, local, downstream } of walk.backward?.edges ?? []) {
      if (edge.kind === "linear") continue;
      downstream.data.forEach((x, k) => {
        const product = (upstream.data.length === 1 ? upstream.data[0] : upstream.data[k]) * local.data[k];
        expect(Math.abs(x - product)).toBeLessThan(1e-12 * (1 + Math.abs(x)));
      });
    }
  });

  it("show formulas that the language reads, of the values shown beside them", () => {
    const { text, wanted } = asProgram(walk, at);
    for (const [name, value] of wanted) {
      const found = resultOf(walked(text(name), at, "check"));
      expect(found.length, text(name)).toBe(value.length);
      value.forEach((x, k) => {
        expect(Math.abs(x - found[k]), text(name)).toBeLessThan(1e-9 * (1 + Math.abs(x)));
      });
    }
  });
});

/** The steps and derivatives as a program that returns one of them. */
function asProgram(
  { subject, variables, steps, derivatives }: Walk,
  at: Point,
): { readonly text: (name: string) => string; readonly wanted: ReadonlyMap<string, readonly number[]> } {
  const plain = (text: string): string =>
    text
      .replace(/\b([a-z]\w*)\.([a-z]\w*)/gi, (whole, call: string, name: string) =>
        name === "T" ? whole : `${call}_${name}`,
      )
      .replace(/#(\d)/g, "_$1")
      .replace(/\bd(\w+)\/d(\w+)/g, "D_$1_$2");
  const lines: [name: string, line: string][] = [];
  const wanted = new Map<string, readonly number[]>();
  const add = (name: string, formula: string, value: Iterable<number> | null): void => {
    const own = plain(name);
    lines.push([own, ` ${own} = ${formula}`]);
    if (value !== null) wanted.set(own, [...value]);
  };
  for (const { step, formula, value } of steps) add(step.name, plain(formulaText(formula)), value.data);
  for (const { name, formula, where, node, value } of derivatives) {
    for (const part of where) add(part.name, plain(formulaText(part.formula)), null);
    // A number stands for a tensor of it, and a gradient for one of the shape of what it is taken by.
    const shape = node.shape.length === 0 ? "" : ` + zeros(${printShape(node.shape)})`;
    add(name, plain(formulaText(formula)) + shape, value?.data ?? null);
  }
  const arguments_ = variables.map(({ variable: { name, node } }) =>
    node.shape.length === 0 ? name : `${name}: ${printShape(node.shape)}`,
  );
  expect(Object.keys(at)).toEqual(subject.variables.map(({ name }) => name));
  const text = (name: string): string => {
    const end = lines.findIndex(([own]) => own === name);
    const body = lines.slice(0, end + 1).map(([, line]) => line);
    // Every argument is used, so that its length settles the dims.
    return `fn check(${arguments_.join(", ")}) {\n${body.join("\n")}\n return ${name}\n}\n`;
  };
  return { text, wanted };
}
