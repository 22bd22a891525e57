// Every public function, from text through every variant of the scheduled code, at sizes 0, 1 and some odd ones.
import { describe, expect, test } from "vitest";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, GraphOutput, GraphRequirement, Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { checkText, lineOf } from "../2-check/support.ts";
import { generator } from "../primitives/harness.ts";
import { Agreement } from "./harness.ts";

interface Row {
  readonly parameters: string;
  readonly expression: string;
  /** Open interval of real entries; (-2, 2) if none is given. */
  readonly within?: readonly [low: number, high: number];
}

const row = (parameters: string, expression: string, within?: readonly [number, number]): Row =>
  within === undefined ? { parameters, expression } : { parameters, expression, within };
const each = (
  names: string,
  parameters: string,
  call: (name: string) => string,
  within?: readonly [number, number],
): Row[] => names.split(" ").map((name) => row(parameters, call(name), within));

const rows: readonly Row[] = [
  ...each("exp expm1 square abs sign floor ceil round sin cos atan sinh cosh tanh asinh erf erfc sigmoid log_sigmoid softplus relu relu6 selu silu mish softsign hard_sigmoid hard_tanh leaky_relu elu gelu cbrt", "x: [n, 3]", (f) => `${f}(x)`),
  ...each("log log1p log2 log10 sqrt rsqrt reciprocal", "x: [n, 3]", (f) => `${f}(x)`, [0.1, 3]),
  ...each("tan asin acos atanh", "x: [n, 3]", (f) => `${f}(x)`, [-0.9, 0.9]),
  row("x: [n, 3]", "acosh(x)", [1.1, 4]),
  ...each("isnan isfinite", "x: [n, 3]", (f) => `where(${f}(x / (x - x[:, :1])), x, 0)`),
  row("x: [n, 3], y: [n, 3]", "isnan(x) or not isfinite(y)"),
  ...each("maximum minimum atan2 hypot", "x: [n, 3], y: [3]", (f) => `${f}(x, y)`),
  ...each("maximum minimum", "x: [n, 3], s", (f) => `${f}(s, x)`),
  row("x: [n, 3]", "clamp(x, -1, 0.5)"),
  row("x: [n, 3], y: [n, 1]", "where(x > y, x * y, exp(y))"),
  row("x: [n, 3], y: [n, 3]", "pow(x, y)", [0.2, 2]),
  row("x: [n, 3]", "x^3 - x^-2 + x^0.5 + 2^x", [0.2, 2]),
  row("x: [n, 3], y: [3]", "mod(x, y) + div(x, y)", [0.3, 2]),
  row("i: index(7)[n]", "mod(i, 3) * 2 + div(i, 2) - max(i)"),
  ...each("sum mean prod logsumexp norm", "x: [n, 3]", (f) => `${f}(x)`, [0.2, 2]),
  ...each("sum mean prod logsumexp norm", "x: [n, 3]", (f) => `${f}(x, axis = 0)`, [0.2, 2]),
  ...each("sum mean prod max min logsumexp norm var std", "x: [n, 3]", (f) => `${f}(x, axis = -1)`),
  ...each("sum max min", "x: [n, 3, m]", (f) => `${f}(x, axis = [0, 2])`),
  ...each("sum mean prod max min logsumexp norm var std", "x: [n, 4]", (f) => `x * ${f}(x, axis = -1, keep = true)`),
  ...each("var std", "x: [n, 4]", (f) => `${f}(x, ddof = 1)`),
  row("x: [n, 3]", "norm(x, p = 1, axis = -1) + norm(x, p = 3, axis = -1)", [0.2, 2]),
  ...each("any all", "x: [n, 3]", (f) => `${f}(x > 0, axis = -1)`),
  ...each("any all", "x: [n, 3]", (f) => `${f}(x > 0)`),
  ...each("argmax argmin", "x: [n, 3]", (f) => `${f}(x, axis = -1)`),
  ...each("argmax argmin", "x: [n, 3]", (f) => `${f}(x)`),
  row("x: [n, 3]", "x[argmax(x, axis = -1)[0]]"),
  ...each("softmax log_softmax", "x: [n, 3]", (f) => `${f}(x)`),
  ...each("softmax log_softmax", "x: [n, m]", (f) => `${f}(x, axis = 0)`),
  row("x: [n, 6]", "reshape(x, [n * 2, 3]) + reshape(x, [-1, 3])"),
  row("x: [n, 6]", "flatten(x)"),
  row("x: [n, 3, m]", "transpose(exp(x))"),
  row("x: [n, 3, m]", "permute(x, [1, 2, 0])"),
  row("x: [n, 3]", "expand(x, 1) * squeeze(expand(x, 0), 0)"),
  row("x: [n, 1]", "broadcast(x, [2, n, 3])"),
  row("x: [n, 3], y: [n, 2]", "concat([x, y, exp(x)], axis = -1)"),
  row("x: [n, 3], y: [m, 3]", "concat([x, y])"),
  row("x: [n, 3], y: [n, 3]", "stack([x, y, x * y], axis = 1)"),
  row("x: [n, 3]", "[x, 2 * x][1]"),
  row("x: [n, 4]", "{ a, b = split(x, 2, axis = -1)\n return a * sin(b) }"),
  row("x: [n, 3]", "pad(x, [[1, 2], [0, 1]], value = 0.5)"),
  row("x: [n, 3]", "tile(x, [2, 3])"),
  row("x: [n, 3]", "repeat(x, 2, axis = 0) + repeat(repeat(x, 2, 0), 1, -1)"),
  row("x: [n, 3]", "flip(x, axis = 0) * flip(exp(x), axis = -1)"),
  row("x: [n, 3]", "roll(x, 1, axis = -1) - x"),
  row("x: [n, 3]", "cumsum(x) + cumprod(x, axis = 0)"),
  row("i: index(4)[n], x: [4, 3]", "one_hot(i, 4) @ x"),
  row("i: index(4)[n]", "one_hot(i, 4)"),
  row("x: [n]", "arange(n) * x + linspace(0, 1, 5)[2]"),
  row("x: [n, n]", "eye(n) * x + trace(x) + tril(x) - triu(x, 1)"),
  row("x: [n]", "diag(x) + diag(diag(x))"),
  row("x: [n, 3]", "zeros([n, 3]) + ones([3]) * full([n, 3], 2.5) + zeros_like(x) * ones_like(x) + x"),
  row("x: [n], y: [n]", "dot(x, y)"),
  row("x: [n], y: [m]", "outer(x, y)"),
  row("x: [n, 3], y: [3, m]", "matmul(x, y)"),
  row("x: [2, n, 3], y: [3, 4]", "x @ y"),
  row("x: [n, 3], y: [n, 3]", "(x @ y.T) @ x"),
  row("x: [n, 3], y: [3]", "tanh(x @ y)"),
  row("x: [n], y: [n, 3]", "x @ y"),
  row("x: [n, n], y: [n, m]", "solve(x + 4 * eye(n), y)"),
  row("x: [m, n, n], y: [n]", "solve(x + 4 * eye(n), y) + inv(x + 4 * eye(n)) @ y"),
  row("x: [n, n]", "cholesky(x @ x.T + eye(n)) * det(0.5 * x) + logdet(x @ x.T + eye(n))"),
  row("x: [n, 3], y: [3, m], z: [m]", 'einsum("ij,jk,k->i", x, y, z)'),
  row("x: [n, n]", 'einsum("ii->i", x) * einsum("ij->j", x)'),
  row("x: [n, 3], y: [m, 3], z: [m, 2]", "attention(x, y, z)"),
  row("x: [2, n, 2]", "attention(x, x, sin(x), causal = true)"),
  row("x: [2, n], w: [3, 2, 2]", "conv1d(x, w, padding = 1)"),
  row("x: [n, 1, 4, 3], w: [2, 1, 3, 2]", "conv2d(x, w, stride = [2, 1], padding = 1)"),
  row("x: [n, 4, 5]", "max_pool2d(x, 3, stride = 2, padding = 1)"),
  row("x: [n, 5, 4]", "max_pool2d(x, 2) + avg_pool2d(x, 2)"),
  row("x: [n, 4]", "x[:, 1:3] * x[:, ::-2] + x[:, [0, 1]]"),
  row("x: [n, 4], i: index(4)[m]", "x[:, i] + 1"),
  row("x: [5, 4], i: index(5)[n]", "x[i] * exp(x[i])"),
  row("x: [n]", "x[1:] - x[:-1]"),
  row("x: [n]", "x[::-1] + x[::2][0]"),
  ...each("mse mae huber hinge", "x: [n, 3], y: [n, 3]", (f) => `${f}(x, y)`),
  row("x: [n], y: [n]", "bce(sigmoid(x), sigmoid(y))"),
  row("x: [n], y: [n]", "bce(x, y)", [0.05, 0.95]),
  row("x: [n], y: [n]", "bce_with_logits(x, sigmoid(y))"),
  row("x: [n, 4], i: index(4)[n]", "cross_entropy(x, i)"),
  row("x: [n, 4], i: index(4)[n]", "cross_entropy(x, i, label_smoothing = 0.1)"),
  row("x: [n, 4], y: [n, 4]", "cross_entropy(x, softmax(y))"),
  row("x: [n, 4], i: index(4)[n]", "nll(log_softmax(x), i)"),
  row("x: [n, 4], y: [n, 4]", "kl(log_softmax(x), softmax(y))"),
  row("x: [n, 3]", "x * stop_gradient(exp(x))"),
  row("x: [n, 3]", "if x > 0 then log(x) else 0"),
  row("x: [n], y: [n]", "{ a = sigmoid(x)\n l = -sum(y * log(a) + (1 - y) * log(1 - a))\n return grad(l, a) + grad(l, x) }"),
]; // prettier-ignore

// Layers and draws stand in models alone.
const inModels = new Set([
  "dropout",
  "uniform",
  "normal",
  "dense",
  "embedding",
  "layer_norm",
  "rms_norm",
  "standardize",
  "conv2d_layer",
  "batch_norm",
  "multi_head_attention",
  "rnn",
  "lstm",
  "gru",
]);

test("every public function has a row", () => {
  const text = rows.map((r) => r.expression).join("\n");
  const missing = publicNames.functions.filter(
    (name) => !inModels.has(name) && !new RegExp(`\\b${name}\\b`).test(text),
  );
  expect(missing).toEqual([]);
});

describe("library", () => {
  test.each(rows.map((r) => [`${r.expression} of ${r.parameters}`, r] as const))("%s", (_, { parameters, expression, within }) => {
    const body = expression.startsWith("{") ? expression : `= ${expression}`;
    const { checked, diagnostics, builder: b } = checkText(`fn f(${parameters}, sizeN: [n], sizeM: [m]) ${body}\nderive f: value\n`);
    if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
    const [f] = checked.functions;
    const [{ node: y }] = f.results;
    const outputs: GraphOutput[] = [{ name: "y", node: y, updates: null }];
    const reals = f.inputs.filter((i) => i.node.element === "real" && !i.name.startsWith("size"));
    const total = y.element === "real" ? e.reduceSum(b, e.mul(b, y, e.stopGradient(b, e.cos(b, y))), e.allAxes(y)) : null;
    const directions: Node<"parameter">[] = [];
    reals.forEach(({ name, node }) => {
      if (total === null) return;
      const g = b.create("gradient", [total, node], {});
      const v = b.create("parameter", [], { ...node.attributes, name: `v_${name}` });
      directions.push(v);
      outputs.push({ name: `g_${name}`, node: g, updates: null }, { name: `h_${name}`, node: b.create("jvp", [g, node, v], {}), updates: null }); // prettier-ignore
    });
    const graph: Graph = { parameters: [...f.inputs.map((i) => i.node), ...directions], outputs, requirements: f.requirements };
    const agreement = new Agreement(graph, b);
    let tried = 0;
    for (const [n, m] of [[0, 1], [1, 2], [2, 0], [5, 3], [9, 1]]) { // prettier-ignore
      const symbols = { n, m };
      if (!graph.requirements.every((r) => holds(r, symbols))) continue;
      tried += 1;
      agreement.check(inputsOf(graph, 10 * n + m, symbols, within ?? [-2, 2]), symbols);
    }
    expect(tried).toBeGreaterThan(2);
  }); // prettier-ignore
});

function holds({ requirement: { left, relation, right } }: GraphRequirement, symbols: Record<string, number>): boolean {
  const bound = new Map(Object.entries(symbols));
  const [p, q] = [dims.evaluate(left, bound), dims.evaluate(right, bound)];
  return relation === ">=" ? p >= q : relation === "==" ? p === q : q % p === 0;
}

function inputsOf(
  graph: Graph,
  seed: number,
  symbols: Readonly<Record<string, number>>,
  [low, high]: readonly [number, number],
): Record<string, Value> {
  const next = generator(seed + 5);
  const bound = new Map(Object.entries(symbols));
  return Object.fromEntries(
    graph.parameters.map((p): [string, Value] => {
      const shape = p.shape.map((s) => dims.evaluate(s, bound));
      const size = shape.reduce((q, s) => q * s, 1);
      const top = p.attributes.bound === null ? 1 : dims.evaluate(p.attributes.bound, bound);
      const draw = (): number => (p.element === "index" ? Math.floor(next() * top) : low + (high - low) * next());
      return [p.attributes.name, tensor(shape, Array.from({ length: size }, draw), p.element)];
    }),
  );
}
