// The text of small modules, as readers of generated code see it. Numbers are proved elsewhere: these pin names, layout and order.
import { expect, test } from "vitest";
import { compile, type CompileOptions } from "../../../src/compile.ts";

/** The module without the support code, which has tests and a text of its own. */
async function exported(source: string, options: Partial<CompileOptions>): Promise<string> {
  const { code, declarations, diagnostics } = await compile(source, { path: "sample.nn", ...options });
  if (code === null) throw new Error(diagnostics.map((d) => d.message).join("\n"));
  const end = code.indexOf("\n/** What a value is, for an error message");
  return (declarations ?? "") + (end < 0 ? code : code.slice(0, end));
}

const samples: Readonly<Record<string, readonly [source: string, options: Partial<CompileOptions>]>> = {
  "numbers.ts": ["/// A computation graph.\nfn L(a, b, c) {\n  d = 2 * b\n  e = a + d\n  return c * e\n}\n", {}],
  "numbers.js": ["fn L(a, b, c) = c * (a + 2 * b)\n", { emit: "js" }],
  "symbolic.ts": [
    "fn rosenbrock(x: [n]) = sum(100 * (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)\nderive rosenbrock: gradient, hvp\n",
    {},
  ],
  "several-results.ts": [
    "fn cell(x: [batch, 3], W: [3, 2], keep: bool, which: index(2)) {\n  h = tanh(x @ W)\n  top = max(h[:, which])\n  return h, top, h > 0\n}\n",
    { precision: "f64" },
  ],
  "checked-subscript.ts": ["fn after(x: [n], i: index(9)[m]) = x[i + 1]\n", {}],
  "tiles.ts": ["fn hidden(x: [batch, 30], W: [30, 50], b: [50]) = relu(x @ W + b)\n", {}],
  "model.ts": [
    "model Line {\n  input x: [batch]\n  target y: [batch]\n  param a = 1\n  param b = 0\n  output p = a * x + b\n  loss mse(p, y)\n  train sgd(lr = 0.1)\n}\n",
    {},
  ],
};

test.each(Object.entries(samples))("%s", async (name, [source, options]) => {
  const text = await exported(source, options);
  await expect(text).toMatchFileSnapshot(`./snapshots/${name}.txt`);
  // The same source gives the same bytes.
  expect(await exported(source, options)).toBe(text);
});
