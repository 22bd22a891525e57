/** What layers, random functions, initializers and optimizers are tried with: models, of several groups of shapes each. */
import type { publicNames } from "../../src/2-check/intrinsics/public.ts";
import type { InModels } from "./function-rows.ts";

type Initializer = (typeof publicNames.initializers)[number];
type Optimizer = (typeof publicNames.optimizers)[number];

/** The body of a model whose output `p` is differentiated by its inputs and parameters. */
export interface Body {
  readonly group: string;
  readonly text: string;
}

const over = (inputs: string, output: string, ...statements: readonly string[]): Body => ({
  group: `${output} of ${inputs}`,
  text: [`input ${inputs}`, ...statements, `output p = ${output}`].join("\n"),
});

/** A layer of inputs [..., n]. */
const layer = (of: (x: string) => string): readonly Body[] => [
  over("x: [3]", of("x")),
  over("x: [2, 3]", of("x")),
  over("x: [2, 2, 2]", of("x")),
  over("x: [1, 3]", of("x")),
  over("x: [2, 3]", of("broadcast(x[0], [2, 3])")),
  over("x: [0, 3]", of("x")),
];

/** Draws: of the arguments of the function, which are parameters here. */
const draws = (of: (shape: string) => string): readonly Body[] =>
  ["[3]", "[2, 3]", "[2, 2, 2]", "[1, 3]", "[2, 0]"].map((shape) => ({
    group: shape,
    text: `param a: [1] = zeros\nparam b: [1] = ones\noutput p = ${of(shape)}`,
  }));

/** A recurrence over the second axis. */
const sequences = (name: string): readonly Body[] =>
  ["[1, 2, 2]", "[2, 1, 1]", "[1, 3, 1]", "[2, 0, 1]", "[0, 2, 2]"].map((shape) => over(`x: ${shape}`, `${name}(x, 2)`)); // prettier-ignore

/** A model without a row does not compile. */
export const modelRows: { readonly [F in InModels]: readonly Body[] } = {
  dropout: layer((x) => `dropout(sin(${x}), 0.4)`),
  uniform: draws((shape) => `uniform(${shape}, min = a[0], max = b[0])`),
  normal: draws((shape) => `normal(${shape}, mean = a[0], std = b[0])`),
  dense: layer((x) => `dense(${x}, 2)`),
  embedding: [
    over("i: index(4)[3]", "embedding(i, 4, 2)"),
    over("i: index(4)", "embedding(i, 4, 2)"),
    over("i: index(3)[2, 2]", "embedding(i, 3, 2)"),
    over("i: index(1)[2]", "embedding(i, 1, 3)"),
    over("i: index(3)[0]", "embedding(i, 3, 2)"),
  ],
  layer_norm: layer((x) => `layer_norm(${x})`),
  rms_norm: layer((x) => `rms_norm(${x})`),
  batch_norm: ["[3, 2]", "[2, 3]", "[4, 1]", "[5, 2]", "[2, 1]"].flatMap((shape) => [over(`x: ${shape}`, "batch_norm(x)"), over(`x: ${shape}`, "batch_norm(x, momentum = 0.5, eps = 0.01)")]), // prettier-ignore
  multi_head_attention: [
    over("x: [1, 2, 2]", "multi_head_attention(x, 1)"),
    over("x: [1, 2, 2]", "multi_head_attention(x, 2, causal = true)"),
    over("x: [2, 2, 2]", "multi_head_attention(x, 2)"),
    over("x: [1, 1, 2]", "multi_head_attention(x, 1, causal = true)"),
    over("x: [0, 2, 2]", "multi_head_attention(x, 1)"),
  ],
  rnn: sequences("rnn"),
  lstm: sequences("lstm"),
  gru: sequences("gru"),
  standardize: layer((x) => `standardize(${x})`),
  conv2d_layer: [
    over("x: [1, 2, 3, 3]", "conv2d_layer(x, 2, 2)"),
    over("x: [2, 1, 3, 4]", "conv2d_layer(x, 1, 3, padding = 1)"),
    over("x: [1, 1, 4, 4]", "conv2d_layer(x, out = 2, size = 2, stride = 2)"),
    over("x: [1, 2, 1, 1]", "conv2d_layer(x, 2, 1)"),
    over("x: [0, 1, 2, 2]", "conv2d_layer(x, 1, 2)"),
  ],
};

/** One `train` line each; their update is differentiated by the parameter, its gradient, the states and the numbers. */
export const optimizerRows: { readonly [O in Optimizer]: readonly string[] } = {
  sgd: ["sgd(lr = 0.1)", "sgd(lr = 0.1, momentum = 0.9)", "sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 0.01)"], // prettier-ignore
  adamw: ["adamw()", "adamw(lr = 0.01, beta1 = 0.8, beta2 = 0.95, eps = 0.001, weight_decay = 0.1)"],
  rmsprop: ["rmsprop()", "rmsprop(lr = 0.02, alpha = 0.9, eps = 0.001, momentum = 0.5)"],
  adagrad: ["adagrad()", "adagrad(lr = 0.1, eps = 0.001)"],
  lion: ["lion()", "lion(lr = 0.01, beta1 = 0.8, beta2 = 0.95, weight_decay = 0.1)"],
  adam: ["adam()", "adam(lr = 0.01, beta1 = 0.8, beta2 = 0.95, eps = 0.001)", "adam(weight_decay = 0.01)"],
};

/** Mean, variance and bounds of an initializer's entries, by hand from its definition: fan_in 40, fan_out 50. */
interface Moments {
  readonly call: string;
  readonly mean: number;
  readonly variance: number;
  readonly low: number;
  readonly high: number;
  /** The fourth central moment over the squared variance: 9/5 of uniform numbers, 3 of normal ones. */
  readonly kurtosis: number;
}

const evenly = (call: string, low: number, high: number): Moments => ({
  call,
  mean: (low + high) / 2,
  variance: (high - low) ** 2 / 12,
  low,
  high,
  kurtosis: 9 / 5,
});
const normally = (call: string, std: number): Moments => ({ call, mean: 0, variance: std ** 2, low: -Infinity, high: Infinity, kurtosis: 3 }); // prettier-ignore

export const initializerRows: { readonly [I in Initializer]: Moments } = {
  zeros: evenly("zeros", 0, 0),
  ones: evenly("ones", 1, 1),
  constant: evenly("constant(-2.5)", -2.5, -2.5),
  uniform: evenly("uniform(-1, 3)", -1, 3),
  normal: normally("normal(0.5)", 0.5),
  glorot_uniform: evenly("glorot_uniform", -Math.sqrt(6 / 90), Math.sqrt(6 / 90)),
  glorot_normal: normally("glorot_normal", Math.sqrt(2 / 90)),
  he_uniform: evenly("he_uniform", -Math.sqrt(6 / 40), Math.sqrt(6 / 40)),
  he_normal: normally("he_normal", Math.sqrt(2 / 40)),
  // Rows of length 1 with 50 entries.
  orthogonal: { ...normally("orthogonal", Math.sqrt(1 / 50)), low: -1, high: 1 },
};
