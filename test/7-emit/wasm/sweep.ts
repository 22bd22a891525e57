/** Models whose kernels take every form, and the sizes at which they are judged. */
import { emit, entriesOf, frontend, type Precision } from "../../fuzz/compiled.ts";
import { judgeModel } from "../../fuzz/model-judge.ts";
import { load } from "../../../src/evaluate.ts";
import type { Module } from "../../fuzz/judge.ts";

/** Bodies of models over symbolic sizes, by what their kernels do. */
export const forms: Readonly<Record<string, string>> = {
  "a product": "input a: [m, k]\n input b: [k, n]\n output c = a @ b",
  "a product of rows": "input a: [m, k]\n input b: [n, k]\n output c = a @ b.T",
  "a product of columns": "input a: [k, m]\n input b: [k, n]\n output c = a.T @ b",
  "a product of columns and rows": "input a: [k, m]\n input b: [n, k]\n output c = a.T @ b.T",
  "a product with a vector": "input a: [m, k]\n input b: [k]\n output c = a @ b",
  "a product of a vector": "input a: [k]\n input b: [k, n]\n output c = a @ b",
  "a dot product": "input a: [k]\n input b: [k]\n output c = dot(a, b)",
  "products by batch": "input a: [m, n, k]\n input b: [m, k, n]\n output c = a @ b",
  "an outer product": "input a: [m]\n input b: [n]\n output c = outer(a, b)",
  "an epilogue":
    "input a: [m, k]\n input b: [k, n]\n input c: [n]\n output d = relu(a @ b + c)\n output e = (a @ b + c) * 2",
  "an epilogue that divides": "input a: [m, k]\n input b: [k, n]\n input c: [m, n]\n output d = (a @ b) / (1 + abs(c))",
  "column sums":
    "input a: [m, n]\n output s = sum(a, axis = 0)\n output t = max(a, axis = 0)\n output u = prod(a, axis = 0)",
  "row sums":
    "input a: [m, n]\n output s = sum(a, axis = 1)\n output t = min(a, axis = 1)\n output u = mean(a^2, axis = 1)",
  "whole sums": "input a: [m, n]\n output s = sum(a)\n output t = max(a)\n output u = norm(a)",
  "middle sums": "input a: [m, k, n]\n output s = sum(a, axis = 1)\n output t = sum(a, axis = [0, 2])",
  distances: "input a: [m, k]\n input b: [n, k]\n output d = [i < m, j < n] -> sum([l < k] -> (a[i, l] - b[j, l])^2)",
  elementwise:
    "input a: [m, n]\n input b: [n]\n output c = a * b + abs(a)\n output d = if a > b then a else b / 3\n output e = sqrt(abs(a))",
  "a transpose": "input a: [m, n]\n input b: [n, m]\n output c = a.T + b\n output d = 2 * a.T",
  "slices and flips":
    "input a: [m, n]\n output c = 2 * a[:, ::-1]\n output d = a[::2, :] + 1\n output e = a[:, ::2] * 3",
  pieces: "input a: [m, n]\n input b: [m, k]\n output c = concat([a, 2 * b], axis = 1)\n output d = stack([a, a + 1])",
  choices:
    "input a: [m, n]\n input y: index(9)[m]\n input E: [9, n]\n output c = E[y] * a\n output d = one_hot(y, 9) * a[0, 0]",
  softmax: "input a: [m, n]\n output p = softmax(a)\n output l = log_softmax(a)\n output s = logsumexp(a, axis = 1)",
  functions:
    "input a: [m, n]\n output c = tanh(a) * sigmoid(a) + exp(a)\n output d = log(1 + a^2) + erf(a)\n output e = sin(a) + softplus(a)\n output g = sum(a)",
  "integers": "input y: index(50)[n]\n input z: index(50)[n]\n output a = argmax(outer(y + 0.5, z + 1.0), axis = 1)\n output b = y * 2 + z\n output c = if y < z then 1.5 else 2", // prettier-ignore
  numbers: "input a: [m, n]\n input s\n output c = a * s\n output d = exp(s) * a + sum(a) * s",
  windows:
    "input x: [m, n, 12]\n input w: [5, n, 3]\n output y = conv1d(x, w)\n output z = conv1d(x, w, stride = 2, padding = 1)",
};

/** Models that are trained. */
export const trained: Readonly<Record<string, string>> = {
  "a classifier": "input x: [m, 9]\n target y: index(7)[m]\n h = relu(dense(x, 13))\n output z = dense(h, 7)\n loss cross_entropy(z, y)\n metric accuracy = mean(argmax(z, axis = -1) == y)\n train sgd(lr = 0.1)", // prettier-ignore
  "adam": "input x: [m, 6]\n target y: [m, 5]\n output z = dense(tanh(dense(x, 11)), 5)\n loss mse(z, y)\n train adam(lr = 0.01)", // prettier-ignore
  "momentum and clipping": "input x: [m, 6]\n target y: [m, 5]\n output z = dense(x, 5)\n loss mse(z, y)\n train sgd(lr = 0.01, momentum = 0.9, clip_norm = 0.5)", // prettier-ignore
  "embeddings": "input w: index(11)[m, 3]\n target y: index(11)[m]\n param E: [11, 4] = normal(1)\n e = reshape(E[w], [m, 12])\n output z = dense(e, 11)\n loss cross_entropy(z, y)\n train sgd(lr = 0.1)", // prettier-ignore
  "batch statistics": "input x: [m, 6]\n target y: [m, 5]\n h = dense(x, 5)\n n = (h - mean(h, axis = 0)) / sqrt(var(h, axis = 0) + 1e-3)\n output z = n\n loss mse(z, y)\n train sgd(lr = 0.1)", // prettier-ignore
};

/** A form compiled once, to be judged at many sizes. */
export function judged(body: string, precision: Precision): (sizes: ReadonlyMap<string, number>, seed: number) => void {
  const front = frontend(`model M {\n ${body}\n}\n`);
  if (!("file" in front)) throw new Error(front.map((d) => d.message).join("\n"));
  const entries = entriesOf(front, () => undefined);
  const variant = { precision, unroll: false, language: "js", target: "wasm" } as const;
  const emitted = emit(front, entries, variant);
  if (!emitted.code.includes("wasmBytes")) throw new Error("no kernel has WebAssembly");
  const module: Module = { variant, emitted, loaded: load(emitted.code) };
  const [model] = front.file.models;
  return (sizes, seed) => {
    judgeModel(model, entries, module, seed, sizes);
  };
}

/**
 * The sizes to judge a form at: each symbol in turn is one of `edges`, the others are odd; of products also large enough
 * that a factor is packed.
 */
export function sizesOf(body: string, edges: readonly number[]): readonly ReadonlyMap<string, number>[] {
  const symbols = symbolsOfForm(body);
  const bases = body.includes("@") && symbols.length === 3 ? [[5, 6, 3], [18, 37, 75]] : [[5, 6, 3]]; // prettier-ignore
  return bases.flatMap((others) =>
    symbols.flatMap((own) =>
      edges.map((edge) => new Map(symbols.map((symbol, k) => [symbol, symbol === own ? edge : others[k]]))),
    ),
  );
}

/** The symbols of a form. */
function symbolsOfForm(body: string): readonly string[] {
  return ["m", "k", "n"].filter((symbol) => new RegExp(`[[, ]${symbol}[\\],]`).test(body));
}
