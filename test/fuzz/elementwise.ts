/** Constructs that work element by element, with broadcasting. */
import * as dims from "../../src/ir/dim.ts";
import type { Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { positive, tamed, type Scope } from "./scope.ts";
import { call, infix, literal, op, real, strength, typeOf, type Term } from "./terms.ts";

const anywhere = [
  "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "erfc", "atan", "asinh", "cbrt", "abs", "sign", "floor", "ceil", "round",
  "square", "relu", "relu6", "selu", "silu", "mish", "softsign", "hard_sigmoid", "hard_tanh", "log_sigmoid", "gelu", "leaky_relu", "elu",
  "stop_gradient", "zeros_like", "ones_like",
]; // prettier-ignore
const ofTamed = ["exp", "expm1", "sinh", "cosh", "tan", "asin", "acos", "atanh"];
const ofPositive = ["log", "sqrt", "rsqrt", "log2", "log10", "log1p", "reciprocal"];

function unary(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { shape } = x.type;
  const kind = s.rng.next();
  // The whole domain is tried too, where the function is not defined and where it overflows.
  const raw = s.rng.chance(0.12);
  if (kind < 0.55) {
    const name = s.rng.pick(anywhere);
    return call(name, name === "stop_gradient" ? { ...x.type, bound: null } : real(shape), [x]);
  }
  if (kind < 0.75) {
    const name = s.rng.pick(ofTamed);
    return call(name, real(shape), [raw ? x : tamed(x)]);
  }
  if (kind < 0.97) return call(s.rng.pick(ofPositive), real(shape), [raw ? x : positive(x)]);
  return call("acosh", real(shape), [infix("+", real(shape), positive(x), literal("1"), strength.add)]);
}

/** The shape and element of a sum, difference or product. */
function arithmeticType(a: Term, b: Term, shape: Shape) {
  const isReal = a.type.element === "real" || b.type.element === "real";
  return isReal ? real(shape) : typeOf("index", shape);
}

function arithmetic(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { term, shape } = s.partner(x);
  const [a, b] = s.rng.chance(0.5) ? [x, term] : [term, x];
  const sign = s.rng.pick(["+", "-", "*", "+", "-", "*", "/"]);
  if (sign === "/") {
    const divisor = s.rng.chance(0.15) ? b : positive(b);
    return infix("/", real(shape), a, divisor, strength.multiply);
  }
  return infix(sign, arithmeticType(a, b, shape), a, b, sign === "*" ? strength.multiply : strength.add);
}

function power(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const type = real(x.type.shape);
  if (s.rng.chance(0.6)) {
    const exponent = s.rng.pick(["2", "3", "2", "-1", "-2", "0", "1", "0.5", "4"]);
    const base = exponent === "0.5" || exponent.startsWith("-") ? positive(x) : x;
    return infix("^", type, base, literal(exponent), strength.power);
  }
  const { term, shape } = s.partner(x);
  const base = s.rng.chance(0.1) ? x : positive(x);
  if (s.rng.chance(0.5)) return call("pow", real(shape), [base, tamed(term)]);
  return infix("^", real(shape), base, tamed(term), strength.power);
}

function twoNumbers(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { term, shape } = s.partner(x);
  const name = s.rng.pick(["maximum", "minimum", "maximum", "minimum", "atan2", "hypot", "mod", "div"]);
  const type = name === "atan2" || name === "hypot" ? real(shape) : arithmeticType(x, term, shape);
  const needsPositive = name === "mod" || name === "div";
  // An integer divided by 0 has no value.
  if (needsPositive && type.element === "index") return null;
  return call(name, type, [x, needsPositive ? positive(term) : term]);
}

function clamp(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const [low, high] = s.rng.pick([["-0.5", "0.75"], ["0", "1"], ["-1", "inf"], ["0.5", "-0.5"]]); // prettier-ignore
  return call("clamp", real(x.type.shape), [x], low, high);
}

function comparison(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { term, shape } = s.partner(x);
  const sign = s.rng.pick(["<", "<=", ">", ">=", "==", "!="]);
  return infix(sign, typeOf("bool", shape), x, term, strength.compare);
}

function logical(s: Scope): Term | null {
  const x = s.find((t) => t.element === "bool");
  if (x === null) return null;
  if (s.rng.chance(0.3)) {
    return op("not", x.type, [x], ([a]) => `not ${a}`, { strength: strength.not, wanted: [strength.not] });
  }
  const y = s.want(x.type);
  const [sign, own] = s.rng.chance(0.5) ? (["and", strength.and] as const) : (["or", strength.or] as const);
  return infix(sign, x.type, x, y, own);
}

function test(s: Scope): Term | null {
  const x = s.number();
  return x === null ? null : call(s.rng.pick(["isnan", "isfinite"]), typeOf("bool", x.type.shape), [x]);
}

/** `if c then a else b`, or where(c, a, b). */
function select(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const condition = s.find((t) => t.element === "bool" && sameShape(t.shape, x.type.shape)) ?? zeroTest(s, x);
  const { term, shape } = s.partner(x);
  const type = arithmeticType(x, term, shape);
  if (x.type.element === "bool" && term.type.element === "bool") return null;
  const [a, b] = s.rng.chance(0.5) ? [x, term] : [term, x];
  if (s.rng.chance(0.3)) return call("where", type, [condition, a, b]);
  return op("if", type, [condition, a, b], ([c, p, q]) => `if ${c} then ${p} else ${q}`, { strength: strength.prefix });
}

/** A guard, as users write it: `if x > 0 then log(x) else 0`. */
function guarded(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null) return null;
  const name = s.rng.pick(["log", "sqrt", "log1p", "rsqrt", "reciprocal", "log2"]);
  const condition = infix(s.rng.pick([">", ">="]), typeOf("bool", x.type.shape), x, literal("0"), strength.compare);
  return op("guard", x.type, [condition, call(name, x.type, [x]), literal("0")], ([c, p, q]) => `if ${c} then ${p} else ${q}`, { strength: strength.prefix }); // prettier-ignore
}

function zeroTest(s: Scope, x: Term): Term {
  return infix(s.rng.pick(["<", ">="]), typeOf("bool", x.type.shape), x, literal("0"), strength.compare);
}

function negation(s: Scope): Term | null {
  const x = s.number();
  if (x === null || x.type.element === "bool") return null;
  return op("-", { ...x.type, bound: null }, [x], ([a]) => `-${a}`, {
    strength: strength.negate,
    wanted: [strength.negate],
  });
}

/** Numbers that are special: infinities and NaN. */
function special(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null) return null;
  const value = s.rng.pick(["inf", "nan", "-inf", "pi", "1e30", "1e-30"]);
  const sign = s.rng.pick(["*", "+"]);
  return infix(sign, x.type, x, literal(value), sign === "*" ? strength.multiply : strength.add);
}

function sameShape(a: Shape, b: Shape): boolean {
  return dims.shapesEqual(a, b);
}

export const elementwise: readonly Construct[] = [
  { name: "unary", weight: 8, make: unary },
  { name: "arithmetic", weight: 10, make: arithmetic },
  { name: "power", weight: 2, make: power },
  { name: "two-numbers", weight: 3, make: twoNumbers },
  { name: "clamp", weight: 1, make: clamp },
  { name: "comparison", weight: 2, make: comparison },
  { name: "logical", weight: 1, make: logical },
  { name: "test", weight: 0.4, make: test },
  { name: "select", weight: 3, make: select },
  { name: "guarded", weight: 1, make: guarded },
  { name: "negation", weight: 1, make: negation },
  { name: "special", weight: 0.2, make: special },
];
