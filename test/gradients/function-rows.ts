/** What each public function is tried with: one row a function, each of several groups of shapes. */
import type { publicNames } from "../../src/2-check/intrinsics/public.ts";

export interface Call {
  readonly group: string;
  /** As in a signature; concrete sizes. */
  readonly parameters: string;
  readonly expression: string;
  /** Where real entries come from. */
  readonly interval: readonly [low: number, high: number];
}

export type PublicFunction = (typeof publicNames.functions)[number];

type Interval = readonly [number, number];
const wide: Interval = [-3, 3];

const call = (group: string, parameters: string, expression: string, interval: Interval = wide): Call => ({
  group,
  parameters,
  expression,
  interval,
});

/** A function of one tensor, entry by entry. */
function unary(apply: string, interval: Interval = wide): readonly Call[] {
  const of = (argument: string): string => apply.replaceAll("$", argument);
  return [
    call("scalars", "x", of("x"), interval),
    call("vectors", "x: [4]", of("x"), interval),
    call("matrices", "x: [2, 3]", of("x"), interval),
    call("batches", "x: [2, 2, 2]", of("x"), interval),
    call("broadcast", "x: [3], y: [2, 3]", of("broadcast(x, [2, 3])") + " * y", interval),
    call("size-1 axes", "x: [1, 3, 1]", of("x"), interval),
    call("empty dims", "x: [0], y: [2, 0]", of("x") + " + " + of("y"), interval),
  ];
}

/** A function of two tensors, entry by entry. */
function binary(apply: string, interval: Interval = wide): readonly Call[] {
  return [
    call("scalars", "x, y", apply, interval),
    call("vectors", "x: [4], y: [4]", apply, interval),
    call("matrices", "x: [2, 3], y: [2, 3]", apply, interval),
    call("batches", "x: [2, 2, 3], y: [2, 2, 3]", apply, interval),
    call("broadcast: a scalar", "x: [3], y", apply, interval),
    call("broadcast: a row", "x: [2, 3], y: [3]", apply, interval),
    call("broadcast: both", "x: [2, 1], y: [3]", apply, interval),
    call("size-1 axes", "x: [1], y: [1, 1]", apply, interval),
    call("empty dims", "x: [2, 0], y: [0]", apply, interval),
  ];
}

/** A reduction along axes: `$` is the operand and what stands behind it. */
function reduction(name: string, interval: Interval = wide, emptyAxes = true): readonly Call[] {
  return [
    call("scalars", "x", `${name}(x)`, interval),
    call("vectors", "x: [5]", `${name}(x)`, interval),
    call("matrices by row", "x: [2, 3]", `${name}(x, axis = -1)`, interval),
    call("matrices by column", "x: [3, 2]", `${name}(x, axis = 0)`, interval),
    call("batches", "x: [2, 3, 2]", `${name}(x, axis = [0, 2])`, interval),
    call("kept axes, stretched", "x: [2, 3]", `x * ${name}(x, axis = 1, keep = true)`, interval),
    call("size-1 axes", "x: [1, 3, 1]", `${name}(x, axis = [0, 2])`, interval),
    call("empty results", "x: [0, 3]", `${name}(x, axis = 1)`, interval),
    ...(emptyAxes ? [call("empty axes", "x: [2, 0]", `${name}(x, axis = 1)`, interval)] : []),
  ];
}

/** A reduction along one axis. */
function alongOne(name: string, interval: Interval = wide): readonly Call[] {
  return [
    call("vectors", "x: [5]", `${name}(x)`, interval),
    call("matrices by row", "x: [2, 3]", `${name}(x, axis = -1)`, interval),
    call("matrices by column", "x: [3, 2]", `${name}(x, axis = 0)`, interval),
    call("batches", "x: [2, 3, 2]", `${name}(x, axis = 1)`, interval),
    call("size-1 axes", "x: [3, 1]", `${name}(x, axis = -1)`, interval),
    call("empty results", "x: [0, 3]", `${name}(x, axis = 1)`, interval),
  ];
}

/** A function that moves entries: each signature with its call. */
function moving(...calls: readonly (readonly [parameters: string, expression: string])[]): readonly Call[] {
  return calls.map(([parameters, expression]) => call(`${expression} of ${parameters}`, parameters, expression));
}

/** A tensor made of nothing, beside x. */
function made(...calls: readonly (readonly [parameters: string, expression: string])[]): readonly Call[] {
  return moving(...calls.map(([parameters, expression]) => [parameters, `sin(x) * ${expression}`] as const));
}

/** A loss of a prediction and a target of one shape, its numbers from where it is defined. */
function loss(name: string, prediction: (x: string) => string, target: (y: string) => string): readonly Call[] {
  const of = (parameters: string): readonly [string, string] => [
    parameters,
    `${name}(${prediction("x")}, ${target("y")})`,
  ];
  return moving(of("x, y"), of("x: [4], y: [4]"), of("x: [2, 3], y: [2, 3]"), of("x: [2, 2, 2], y: [2, 2, 2]"), of("x: [3], y"), of("x: [1, 1], y: [1, 1]")); // prettier-ignore
}

const self = (x: string): string => x;
/** Signs -1 and 1, and probabilities. */
const signs = (y: string): string => `sign(${y})`;
const chance = (x: string): string => `sigmoid(${x})`;

const byClass = (apply: (z: string, y: string) => string): readonly Call[] =>
  moving(
    ["x: [4], i: index(4)", apply("x", "i")],
    ["x: [2, 3], i: index(3)[2]", apply("x", "i")],
    ["x: [2, 2, 3], i: index(3)[2, 2]", apply("x", "i")],
    ["x: [3, 1], i: index(1)[3]", apply("x", "i")],
    ["x: [1, 4], i: index(4)[1]", apply("x", "i")],
  );

/** Every public function that stands in expressions of a fn. A function without a row does not compile. */
export const functionRows: { readonly [F in Exclude<PublicFunction, InModels>]: readonly Call[] } = {
  exp: unary("exp($)"),
  log: unary("log($)", [0.1, 9]),
  log1p: unary("log1p($)", [-0.9, 9]),
  expm1: unary("expm1($)"),
  log2: unary("log2($)", [0.1, 9]),
  log10: unary("log10($)", [0.1, 9]),
  sqrt: unary("sqrt($)", [0.1, 9]),
  rsqrt: unary("rsqrt($)", [0.1, 9]),
  cbrt: unary("cbrt($)", [0.1, 9]),
  square: unary("square($)"),
  reciprocal: unary("reciprocal($)", [0.2, 3]),
  abs: unary("abs($)"),
  sign: unary("sign($)"),
  floor: unary("floor($)"),
  ceil: unary("ceil($)"),
  round: unary("round($)"),
  sin: unary("sin($)", [-7, 7]),
  cos: unary("cos($)", [-7, 7]),
  tan: unary("tan($)", [-1.3, 1.3]),
  asin: unary("asin($)", [-0.9, 0.9]),
  acos: unary("acos($)", [-0.9, 0.9]),
  atan: unary("atan($)"),
  sinh: unary("sinh($)"),
  cosh: unary("cosh($)"),
  tanh: unary("tanh($)"),
  asinh: unary("asinh($)"),
  acosh: unary("acosh($)", [1.1, 9]),
  atanh: unary("atanh($)", [-0.9, 0.9]),
  erf: unary("erf($)"),
  erfc: unary("erfc($)"),
  sigmoid: unary("sigmoid($)"),
  log_sigmoid: unary("log_sigmoid($)"),
  softplus: unary("softplus($)"),
  relu: unary("relu($)"),
  relu6: unary("relu6($)", [-3, 9]),
  selu: unary("selu($)"),
  silu: unary("silu($)"),
  mish: unary("mish($)"),
  softsign: unary("softsign($)"),
  hard_sigmoid: unary("hard_sigmoid($)", [-5, 5]),
  hard_tanh: unary("hard_tanh($)"),
  isnan: unary("isnan($)"),
  isfinite: unary("isfinite($)"),
  leaky_relu: [...unary("leaky_relu($)"), call("an argument", "x: [3], y", "leaky_relu(x, slope = y)")],
  elu: [...unary("elu($)"), call("an argument", "x: [3], y", "elu(x, alpha = y)")],
  gelu: unary("gelu($)"),
  maximum: binary("maximum(x, y)"),
  minimum: binary("minimum(x, y)"),
  clamp: [...unary("clamp($, -1, 0.5)"), call("arguments", "x: [4], y, z", "clamp(x, min = y, max = z)")],
  where: binary("where(x > 0.5, x * y, sin(y) - x)"),
  pow: [...binary("pow(x, y)", [0.2, 3]), ...unary("pow($, 3)"), ...unary("$^-2", [0.3, 2])].map((c, k) => ({ ...c, group: `${c.group} ${k}` })), // prettier-ignore
  mod: binary("mod(x, y)", [0.3, 4]),
  div: binary("div(x, y)", [0.3, 4]),
  atan2: binary("atan2(x, y)"),
  hypot: binary("hypot(x, y)"),
  sum: reduction("sum"),
  mean: reduction("mean", wide, false),
  prod: reduction("prod"),
  max: reduction("max", wide, false),
  min: reduction("min", wide, false),
  any: moving(...logic("any")),
  all: moving(...logic("all")),
  logsumexp: reduction("logsumexp", wide, false),
  norm: [
    ...reduction("norm", wide, true),
    ...["0", "1", "3", "1.5", "inf", "-inf"].map((p) => call(`p = ${p}`, "x: [2, 3]", `norm(x, p = ${p}, axis = -1)`)),
  ],
  var: [...reduction("var", wide, false), call("ddof", "x: [2, 3]", "var(x, axis = -1, ddof = 1)")],
  std: [...reduction("std", wide, false).slice(1), call("ddof", "x: [2, 3]", "std(x, axis = -1, ddof = 1)")].filter((c) => c.group !== "size-1 axes").concat(call("size-1 axes", "x: [1, 3, 1]", "std(x, axis = [1, 2])")), // prettier-ignore
  argmax: alongOne("argmax"),
  argmin: alongOne("argmin"),
  softmax: alongOne("softmax"),
  log_softmax: alongOne("log_softmax"),
  reshape: moving(["x: [6]", "reshape(x, [2, 3])"], ["x: [2, 6]", "reshape(x, [3, -1])"], ["x: [2, 1, 3]", "reshape(x, [6])"], ["x", "reshape(x, [1, 1])"], ["x: [2, 0]", "reshape(x, [0, 5])"]), // prettier-ignore
  flatten: moving(["x", "flatten(x)"], ["x: [3]", "flatten(x)"], ["x: [2, 3]", "flatten(x)"], ["x: [2, 1, 2]", "flatten(x)"], ["x: [2, 0]", "flatten(x)"]), // prettier-ignore
  transpose: moving(["x", "transpose(x)"], ["x: [3]", "transpose(x)"], ["x: [2, 3]", "transpose(x)"], ["x: [2, 1, 3]", "transpose(x)"], ["x: [2, 0]", "transpose(x)"]), // prettier-ignore
  permute: moving(["x: [2, 3]", "permute(x, [1, 0])"], ["x: [2, 3, 2]", "permute(x, [1, 2, 0])"], ["x: [2, 1, 3]", "permute(x, [-1, 0, 1])"], ["x: [2]", "permute(x, [0])"], ["x: [0, 2]", "permute(x, [1, 0])"]), // prettier-ignore
  expand: moving(["x", "expand(x, 0)"], ["x: [3]", "expand(x, -1)"], ["x: [2, 3]", "expand(x, 1)"], ["x: [2, 1, 2]", "expand(x, 0)"], ["x: [0]", "expand(x, 1)"]), // prettier-ignore
  squeeze: moving(["x: [1]", "squeeze(x, 0)"], ["x: [3, 1]", "squeeze(x, -1)"], ["x: [2, 1, 3]", "squeeze(x, 1)"], ["x: [1, 2, 1]", "squeeze(x, 0)"], ["x: [1, 0]", "squeeze(x, 0)"]), // prettier-ignore
  broadcast: moving(["x", "broadcast(x, [2, 2])"], ["x: [3]", "broadcast(x, [2, 3])"], ["x: [2, 1]", "broadcast(x, [2, 3])"], ["x: [1, 2, 1]", "broadcast(x, [2, 2, 3])"], ["x: [1]", "broadcast(x, [0])"]), // prettier-ignore
  concat: moving(["x: [2], y: [3]", "concat([x, y])"], ["x: [2, 1], y: [2, 2]", "concat([x, y], axis = -1)"], ["x: [1, 3], y: [2, 3]", "concat([x, y, x])"], ["x: [2, 2, 1], y: [2, 1, 1]", "concat([x, y], axis = 1)"], ["x: [2], y: [0]", "concat([x, y])"]), // prettier-ignore
  stack: moving(["x, y", "stack([x, y])"], ["x: [3], y: [3]", "stack([x, y], axis = 1)"], ["x: [2, 3], y: [2, 3]", "stack([x, y, x], axis = -1)"], ["x: [1, 1], y: [1, 1]", "stack([x, y])"], ["x: [0], y: [0]", "stack([x, y], axis = 1)"]), // prettier-ignore
  split: [["[4]", "0"], ["[2, 4]", "1"], ["[4, 1]", "0"], ["[2, 2, 2]", "-1"], ["[0, 2]", "1"]].map(([shape, axis]) => call(`${shape} by ${axis}`, `x: ${shape}`, `{ a, b = split(x, 2, axis = ${axis})\n return a * sin(b) }`)), // prettier-ignore
  pad: moving(["x: [3]", "pad(x, [[1, 2]])"], ["x: [2, 3]", "pad(x, [[1, 0], [0, 2]], value = 0.5)"], ["x: [2, 1, 2]", "pad(x, [[0, 0], [1, 1], [0, 1]])"], ["x: [1]", "pad(x, [[2, 0]])"], ["x: [0]", "pad(x, [[1, 1]])"]), // prettier-ignore
  tile: moving(["x: [3]", "tile(x, [2])"], ["x: [2, 3]", "tile(x, [2, 2])"], ["x: [2, 1, 2]", "tile(x, [1, 3, 2])"], ["x: [1]", "tile(x, [4])"], ["x: [0]", "tile(x, [3])"]), // prettier-ignore
  repeat: moving(["x: [3]", "repeat(x, 2, 0)"], ["x: [2, 3]", "repeat(x, 2, axis = 1)"], ["x: [2, 1, 2]", "repeat(x, 3, 1)"], ["x: [1]", "repeat(x, 4, 0)"], ["x: [0]", "repeat(x, 2, 0)"]), // prettier-ignore
  cumsum: moving(["x: [4]", "cumsum(x) * x"], ["x: [2, 3]", "cumsum(x, axis = 0)^2"], ["x: [2, 2, 3]", "cumsum(x, axis = 1) * x"], ["x: [1, 3]", "cumsum(x)"], ["x: [0]", "cumsum(x)"]), // prettier-ignore
  cumprod: moving(["x: [4]", "cumprod(x)"], ["x: [2, 3]", "cumprod(x, axis = 0) * x"], ["x: [2, 2, 2]", "cumprod(x, axis = 1)"], ["x: [1, 3]", "cumprod(x)^2"], ["x: [0]", "cumprod(x)"]), // prettier-ignore
  flip: moving(["x: [3]", "flip(x, 0)"], ["x: [2, 3]", "flip(x, axis = 1)"], ["x: [2, 2, 3]", "flip(x, [0, 2])"], ["x: [1, 3]", "flip(x, 0)"], ["x: [0]", "flip(x, 0)"]), // prettier-ignore
  roll: moving(["x: [4]", "roll(x, 1, 0)"], ["x: [2, 3]", "roll(x, -2, axis = 1)"], ["x: [2, 3, 2]", "roll(x, 7, 1)"], ["x: [1, 3]", "roll(x, 1, 0)"], ["x: [3, 0]", "roll(x, 1, 0)"]), // prettier-ignore
  one_hot: moving(["x: [4], i: index(4)", "x * one_hot(i, 4)"], ["x: [4, 2], i: index(4)[3]", "one_hot(i, 4) @ x"], ["x: [3], i: index(3)[2, 2]", "one_hot(i, 3) * x"], ["x: [1], i: index(1)[2]", "one_hot(i, 1) * x"], ["x: [3], i: index(3)[0]", "one_hot(i, 3) * x"]), // prettier-ignore
  arange: made(["x: [3]", "arange(3)"], ["x: [1]", "arange(1)"], ["x: [2, 4]", "arange(4)"], ["x", "arange(3)"], ["x: [0]", "arange(0)"]), // prettier-ignore
  linspace: made(["x: [3]", "linspace(0, 1, 3)"], ["x: [1]", "linspace(3, 9, 1)"], ["x: [2, 4]", "linspace(-1, 2, 4)"], ["x", "linspace(0, 1, 5)"], ["x: [2]", "linspace(1, 0, 2)"]), // prettier-ignore
  eye: made(["x: [3, 3]", "eye(3)"], ["x: [1, 1]", "eye(1)"], ["x: [2, 2, 2]", "eye(2)"], ["x", "eye(2)"], ["x: [0, 0]", "eye(0)"]), // prettier-ignore
  diag: moving(["x: [3]", "diag(x)"], ["x: [1]", "diag(x)"], ["x: [3, 3]", "diag(x)"], ["x: [2, 2]", "diag(diag(x))"], ["x: [0]", "diag(x)"]), // prettier-ignore
  trace: moving(["x: [3, 3]", "trace(x)"], ["x: [1, 1]", "trace(x)"], ["x: [2, 2]", "x * trace(x)"], ["x: [2, 2]", "trace(x @ x)"], ["x: [0, 0]", "trace(x)"]), // prettier-ignore
  tril: moving(["x: [3, 3]", "tril(x)"], ["x: [2, 3]", "tril(x, k = 1)"], ["x: [3, 2]", "tril(x, k = -1)"], ["x: [2, 2, 2]", "tril(x)"], ["x: [1, 1]", "tril(x)"], ["x: [0, 0]", "tril(x)"]), // prettier-ignore
  triu: moving(["x: [3, 3]", "triu(x)"], ["x: [2, 3]", "triu(x, k = 1)"], ["x: [3, 2]", "triu(x, k = -1)"], ["x: [2, 2, 2]", "triu(x)"], ["x: [1, 1]", "triu(x)"], ["x: [0, 0]", "triu(x)"]), // prettier-ignore
  zeros: made(["x: [3]", "zeros([3])"], ["x: [2, 3]", "zeros([3])"], ["x", "zeros([2, 2])"], ["x: [1]", "zeros([1])"], ["x: [0]", "zeros([0])"]), // prettier-ignore
  ones: made(["x: [3]", "ones([3])"], ["x: [2, 3]", "ones([3])"], ["x", "ones([2, 2])"], ["x: [1]", "ones([1])"], ["x: [0]", "ones([0])"]), // prettier-ignore
  full: moving(["x: [3], y", "x * full([3], y)"], ["x: [2, 3], y", "x * full([3], y)"], ["x, y", "full([2, 2], x * y)"], ["x", "full([1], x)"], ["x", "full([0], x)"]), // prettier-ignore
  zeros_like: made(["x", "zeros_like(x)"], ["x: [3]", "zeros_like(x)"], ["x: [2, 3]", "zeros_like(x)"], ["x: [1, 1]", "zeros_like(x)"], ["x: [0]", "zeros_like(x)"]), // prettier-ignore
  ones_like: made(["x", "ones_like(x)"], ["x: [3]", "ones_like(x)"], ["x: [2, 3]", "ones_like(x)"], ["x: [1, 1]", "ones_like(x)"], ["x: [0]", "ones_like(x)"]), // prettier-ignore
  dot: moving(["x: [3], y: [3]", "dot(x, y)"], ["x: [3]", "dot(x, x)"], ["x: [1], y: [1]", "dot(x, y)"], ["x: [2], y: [2]", "x * dot(x, sin(y))"], ["x: [0], y: [0]", "dot(x, y)"]), // prettier-ignore
  outer: moving(["x: [2], y: [3]", "outer(x, y)"], ["x: [2]", "outer(x, x)"], ["x: [1], y: [1]", "outer(x, y)"], ["x: [2], y: [2]", "outer(x, y) @ x"], ["x: [0], y: [2]", "outer(x, y)"]), // prettier-ignore
  matmul: moving(["x: [2, 3], y: [3, 2]", "matmul(x, y)"], ["x: [2, 3], y: [3]", "x @ y"], ["x: [3], y: [3, 2]", "x @ y"], ["x: [2, 2, 3], y: [3, 2]", "x @ y"], ["x: [2, 1, 2, 2], y: [3, 2, 1]", "x @ y"], ["x: [2, 2]", "x @ x.T @ x"], ["x: [2, 0], y: [0, 3]", "x @ y"]), // prettier-ignore
  einsum: moving(["x: [2, 3], y: [3, 2]", 'einsum("ij,jk->ki", x, y)'], ["x: [2, 2]", 'einsum("ii->i", x) * einsum("ij->", x)'], ["x: [2, 3], y: [3], z: [2, 1]", 'einsum("ij,j,ik->k", x, y, z)'], ["x: [2, 2, 2], y: [2, 2]", 'einsum("...ij,...j", x, y)'], ["x: [2], y: [1], z", 'einsum("i,i,->i", x, y, z)'], ["x: [0, 2], y: [2, 3]", 'einsum("ij,jk", x, y)']), // prettier-ignore
  attention: moving(["x: [2, 3], y: [4, 3], z: [4, 2]", "attention(x, y, z)"], ["x: [3, 2]", "attention(x, 2 * x, sin(x), causal = true)"], ["x: [2, 2, 2], y: [2, 3, 2]", "attention(x, y, y)"], ["x: [1, 2], y: [1, 2]", "attention(x, y, x)"], ["x: [2, 1, 3], y: [1, 2, 3]", "attention(x, y, y, true)"], ["x: [0, 2], y: [2, 2]", "attention(x, y, y)"]), // prettier-ignore
  conv1d: moving(["x: [2, 2, 5], w: [2, 2, 3]", "conv1d(x, w)"], ["x: [1, 2, 6], w: [1, 2, 2]", "conv1d(x, w, stride = 2, padding = 1)"], ["x: [2, 5], w: [2, 2, 2]", "conv1d(x, w, dilation = 2)"], ["x: [1, 1, 7], w: [1, 1, 2]", "conv1d(x, w, stride = 3, padding = 2, dilation = 3)"], ["x: [0, 1, 3], w: [2, 1, 1]", "conv1d(x, w)"]), // prettier-ignore
  conv2d: moving(["x: [1, 2, 4, 3], w: [2, 2, 3, 2]", "conv2d(x, w, padding = 1)"], ["x: [2, 1, 3, 4], w: [1, 1, 2, 2]", "conv2d(x, w, stride = [1, 2])"], ["x: [1, 3, 4], w: [2, 1, 2, 2]", "conv2d(x, w, padding = [1, 0], dilation = [2, 1])"], ["x: [1, 1, 2, 2], w: [1, 1, 1, 1]", "sin(conv2d(x, w))"], ["x: [0, 1, 3, 3], w: [1, 1, 3, 3]", "conv2d(x, w)"]), // prettier-ignore
  max_pool2d: moving(["x: [1, 2, 4, 4]", "max_pool2d(x, 2)"], ["x: [1, 1, 4, 5]", "max_pool2d(x, 3, stride = 2, padding = 1)"], ["x: [3, 4]", "max_pool2d(x, [2, 3], stride = 1)"], ["x: [2, 1, 1]", "max_pool2d(x, 1)"], ["x: [0, 2, 2]", "max_pool2d(x, 2)"]), // prettier-ignore
  avg_pool2d: moving(["x: [1, 2, 4, 4]", "avg_pool2d(x, 2)"], ["x: [1, 1, 4, 5]", "avg_pool2d(x, 3, stride = 2, padding = 1)"], ["x: [3, 4]", "avg_pool2d(x, [2, 3], stride = 1)"], ["x: [2, 1, 1]", "avg_pool2d(x, 1)"], ["x: [0, 2, 2]", "avg_pool2d(x, 2)"]), // prettier-ignore
  solve: moving(["x: [3, 3], y: [3]", "solve(x, y)"], ["x: [2, 2], y: [2, 3]", "solve(x, y)"], ["x: [2, 2, 2], y: [2]", "solve(x, y)"], ["x: [2, 2], y: [3, 2, 1]", "solve(x, y)"], ["x: [2, 1, 2, 2], y: [3, 2, 1]", "solve(x, sin(y))"], ["x: [1, 1], y: [1]", "solve(x, y)"], ["x: [0, 0], y: [0]", "solve(x, y)"]), // prettier-ignore
  cholesky: moving(["x: [3, 3]", "cholesky(x @ x.T + eye(3))"], ["x: [2, 2], y: [2]", "cholesky(x @ x.T + eye(2)) @ y"], ["x: [2, 2, 2]", "cholesky(x @ x.T + eye(2))"], ["x: [1, 1]", "cholesky(exp(x))"], ["x: [0, 0]", "cholesky(x)"]), // prettier-ignore
  det: moving(["x: [3, 3]", "det(x)"], ["x: [2, 2]", "x * det(x)"], ["x: [2, 2, 2]", "det(x)"], ["x: [2, 3], y: [2, 3]", "det(x.T @ y)"], ["x: [1, 1]", "det(x)"], ["x: [0, 0]", "det(x)"]), // prettier-ignore
  logdet: moving(["x: [3, 3]", "logdet(x @ x.T + 0.1 * eye(3))"], ["x: [2, 2]", "x * logdet(x @ x.T + eye(2))"], ["x: [2, 2, 2]", "logdet(x @ x)"], ["x: [1, 1]", "logdet(exp(x))"], ["x: [0, 0]", "logdet(x)"]), // prettier-ignore
  inv: moving(["x: [3, 3]", "inv(x)"], ["x: [2, 2], y: [2]", "inv(x) @ y"], ["x: [2, 2, 2]", "inv(x) * x"], ["x: [1, 1]", "inv(x)"], ["x: [0, 0]", "inv(x)"]), // prettier-ignore
  mse: loss("mse", self, self),
  mae: loss("mae", self, self),
  huber: [...loss("huber", self, self), call("an argument", "x: [3], y: [3], z", "huber(x, y, delta = exp(z))")],
  bce: loss("bce", chance, chance),
  bce_with_logits: loss("bce_with_logits", self, chance),
  cross_entropy: [
    ...byClass((z, y) => `cross_entropy(${z}, ${y})`),
    ...byClass((z, y) => `cross_entropy(${z}, ${y}, label_smoothing = 0.1)`),
    ...moving(
      ["x: [2, 3], y: [2, 3]", "cross_entropy(x, softmax(y))"],
      ["x: [4], y: [4], z", "cross_entropy(x, softmax(y), label_smoothing = z)"],
    ),
  ],
  nll: byClass((z, y) => `nll(log_softmax(${z}), ${y})`),
  kl: loss("kl", (x) => `log(${chance(x)})`, chance).filter((c) => c.parameters !== "x: [3], y"),
  hinge: loss("hinge", self, signs),
  stop_gradient: moving(["x", "x * stop_gradient(exp(x))"], ["x: [3]", "sin(x) * stop_gradient(x)"], ["x: [2, 3], y: [3]", "x * stop_gradient(x * y)"], ["x: [1, 2]", "softmax(x) * stop_gradient(sum(x))"], ["x: [0]", "x * stop_gradient(x)"]), // prettier-ignore
};

/** Functions that stand in models alone: they own parameters, or draw random numbers (model-rows.ts). */
export type InModels =
  | "dropout"
  | "uniform"
  | "normal"
  | "dense"
  | "embedding"
  | "layer_norm"
  | "rms_norm"
  | "standardize"
  | "conv2d_layer"
  | "batch_norm"
  | "multi_head_attention"
  | "rnn"
  | "lstm"
  | "gru";

function logic(name: string): readonly (readonly [string, string])[] {
  return [
    ["x", `where(${name}(x > 0), x, sin(x))`],
    ["x: [3]", `where(${name}(x > 0), x, sin(x))`],
    ["x: [2, 3]", `x * ${name}(x > 0, axis = -1, keep = true)`],
    ["x: [2, 2, 2]", `x * ${name}(x > -2, axis = [0, 2], keep = true)`],
    ["x: [3, 1]", `x * ${name}(x < 1, axis = 1, keep = true)`],
    ["x: [2, 0], y: [2]", `y * ${name}(x > 0, axis = 1)`],
  ];
}
