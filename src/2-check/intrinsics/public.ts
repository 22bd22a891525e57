/**
 * Which names of the standard library a user sees.
 *
 * The library is the intrinsics (index.ts) and the items of grammar/prelude/*.nn. All of it is in scope inside the
 * prelude; a user's file sees the names below alone, and may define any of them anew without changing what the prelude
 * means by them. Three name spaces, because `zeros` and `normal` are functions of a shape and initializers of a
 * parameter: `functions` (and layers) in expressions, `initializers` after `param ... =`, `optimizers` after `train`.
 *
 * Parameters of prelude items:
 * - without a type (`axis = all`): whatever the call gives, unchanged: an integer, dim, flag, list, `all` or tensor;
 * - `x: [...]`: a tensor of any shape, converted to reals; `x: [..., n]` likewise, and binds `n`;
 * - of an initializer: shape, fan_in and fan_out come from the parameter, the others from its call (`constant(3)`);
 * - of an optimizer: p and g come from the parameter trained. A state that `next p` does not depend on need not be kept:
 *   `sgd` without momentum has none.
 */

// prettier-ignore
export const publicNames = {
  functions: [
    // Elementwise
    "exp", "log", "log1p", "expm1", "log2", "log10", "sqrt", "rsqrt", "cbrt", "square", "reciprocal", "abs", "sign",
    "floor", "ceil", "round", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf", "erfc", "sigmoid", "log_sigmoid", "softplus", "relu", "relu6", "selu", "silu", "mish", "softsign",
    "hard_sigmoid", "hard_tanh", "isnan", "isfinite", "leaky_relu", "elu", "gelu", "maximum", "minimum", "clamp",
    "where", "pow", "mod", "div", "atan2", "hypot",
    // Reductions
    "sum", "mean", "prod", "max", "min", "any", "all", "logsumexp", "norm", "var", "std", "argmax", "argmin", "softmax",
    "log_softmax", "cumsum", "cumprod",
    // Structure
    "reshape", "flatten", "transpose", "permute", "expand", "squeeze", "broadcast", "concat", "stack", "split", "pad",
    "tile", "repeat", "flip", "roll", "one_hot", "arange", "linspace", "eye", "diag", "trace", "tril", "triu", "zeros",
    "ones", "full", "zeros_like", "ones_like",
    // Products
    "dot", "outer", "matmul", "einsum", "conv1d", "conv2d", "max_pool2d", "avg_pool2d",
    // Linear algebra
    "solve", "cholesky", "det", "logdet", "inv",
    // Random
    "dropout", "uniform", "normal",
    // Losses
    "mse", "mae", "huber", "bce", "bce_with_logits", "cross_entropy", "nll", "kl", "hinge",
    // Derivatives
    "stop_gradient",
    // Layers
    "dense", "embedding", "layer_norm", "rms_norm", "batch_norm", "standardize", "conv2d_layer", "attention",
    "multi_head_attention", "rnn", "lstm", "gru",
  ],
  initializers: [
    "zeros", "ones", "constant", "uniform", "normal", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
    "orthogonal",
  ],
  optimizers: ["sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"],
} as const satisfies Record<string, readonly string[]>;
