/** Elementwise functions. Meanings are NumPy's; `div`, `mod`, `minimum` and `maximum` of integers are integers. */
import {
  floorDivide,
  maximum,
  minimum,
  multiply,
  subtract,
  constantOf,
  isNonNegative,
  constant,
} from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { apply } from "../../ir/expressions.ts";
import type { PlainName } from "../../ir/expressions.ts";
import { ShapeFault } from "../../ir/primitive.ts";
import type { TensorValue } from "../value.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { boundOf, elementwise, literal, number, power, promoted, real, tensor, truth } from "./support.ts";

const x = { name: "x", kind: "tensor" } as const;
const a = { name: "a", kind: "tensor" } as const;
const b = { name: "b", kind: "tensor" } as const;

/** A function of reals, element by element. */
function ofReals(name: string, primitive: PlainName): Intrinsic {
  return define(name, [x], ({ builder }, args) => tensor(apply(builder, primitive, real(builder, args.x.node))));
}

/** A function of two numbers that gives an integer for integers. */
function ofNumbers(
  name: string,
  primitive: PlainName,
  ofDims: (p: Dim, q: Dim) => Dim | null,
  bound: (p: TensorValue, q: TensorValue) => Dim | null,
): Intrinsic {
  return define(
    name,
    [a, b],
    ({ builder }, args) => {
      const nodes = promoted(builder, [number(builder, args.a.node), number(builder, args.b.node)]);
      return tensor(elementwise(builder, primitive, nodes), bound(args.a, args.b));
    },
    { static: ([p, q]) => ofDims(p, q) },
  );
}

/** A function of two reals. */
function ofTwoReals(name: string, primitive: PlainName, first: string, second: string): Intrinsic {
  const parameters = [
    { name: first, kind: "tensor" },
    { name: second, kind: "tensor" },
  ] as const;
  return define(name, parameters, ({ builder }, args) =>
    tensor(elementwise(builder, primitive, [real(builder, args[first].node), real(builder, args[second].node)])),
  );
}

function nonZero(divisor: Dim): Dim {
  if (constantOf(divisor) === 0) throw new ShapeFault("a dimension is divided by zero");
  return divisor;
}

function larger(p: TensorValue, q: TensorValue): Dim | null {
  const [m, n] = [boundOf(p), boundOf(q)];
  return m === null || n === null ? null : maximum(m, n);
}

function smaller(p: TensorValue, q: TensorValue): Dim | null {
  const [m, n] = [boundOf(p), boundOf(q)];
  return m === null || n === null ? null : minimum(m, n);
}

/** mod(i, n) is below n where n > 0. */
function belowDivisor(_: TensorValue, q: TensorValue): Dim | null {
  const node = q.node.element === "index" ? q.node : null;
  if (node === null) return null;
  const known = literal(node);
  return known !== null && known > 0 ? constant(known) : null;
}

/** div(i, n) is at most i for i >= 0 and n >= 1. */
function dividend(p: TensorValue, q: TensorValue): Dim | null {
  const known = q.node.element === "index" ? literal(q.node) : null;
  if (p.bound === null || known === null || known < 1) return null;
  return isNonNegative(p.bound) === true ? p.bound : null;
}

export const elementwiseIntrinsics: readonly Intrinsic[] = [
  ofReals("exp", "exp"),
  ofReals("log", "log"),
  ofReals("log1p", "log1p"),
  ofReals("expm1", "expm1"),
  ofReals("log2", "log2"),
  ofReals("log10", "log10"),
  ofReals("sqrt", "sqrt"),
  ofReals("cbrt", "cbrt"),
  ofReals("abs", "abs"),
  ofReals("sign", "sign"),
  ofReals("floor", "floor"),
  ofReals("ceil", "ceil"),
  ofReals("round", "round"),
  ofReals("sin", "sin"),
  ofReals("cos", "cos"),
  ofReals("tan", "tan"),
  ofReals("asin", "asin"),
  ofReals("acos", "acos"),
  ofReals("atan", "atan"),
  ofReals("sinh", "sinh"),
  ofReals("cosh", "cosh"),
  ofReals("tanh", "tanh"),
  ofReals("asinh", "asinh"),
  ofReals("acosh", "acosh"),
  ofReals("atanh", "atanh"),
  ofReals("erf", "erf"),
  ofReals("erfc", "erfc"),
  ofReals("sigmoid", "sigmoid"),
  ofReals("softplus", "softplus"),
  ofReals("isnan", "is_nan"),
  ofReals("isfinite", "is_finite"),
  ofTwoReals("atan2", "atan2", "y", "x"),
  ofTwoReals("hypot", "hypot", "x", "y"),
  ofNumbers("maximum", "maximum", maximum, larger),
  ofNumbers("minimum", "minimum", minimum, smaller),
  ofNumbers("div", "floor_divide", (p, q) => floorDivide(p, nonZero(q)), dividend),
  ofNumbers("mod", "modulo", (p, q) => subtract(p, multiply(q, floorDivide(p, nonZero(q)))), belowDivisor),
  define("pow", [a, b], ({ builder }, args) => tensor(power(builder, args.a.node, args.b.node))),
  define("where", [{ name: "c", kind: "tensor" }, a, b], ({ builder }, args) => {
    const [then, otherwise] = promoted(builder, [args.a.node, args.b.node]);
    return tensor(
      elementwise(builder, "select", [truth(builder, args.c.node), then, otherwise]),
      larger(args.a, args.b),
    );
  }),
  define("stop_gradient", [x], ({ builder }, args) =>
    tensor(apply(builder, "stop_gradient", args.x.node), args.x.bound),
  ),
];
