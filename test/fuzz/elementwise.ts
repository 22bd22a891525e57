/** Constructs that work element by element, with broadcasting. */
import * as dims from "../../src/ir/dim.ts";
import type { Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { broadcast, positive, tamed, type Scope } from "./scope.ts";
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
  // The whole domain is tried too, where the function is not defined and where it overflows.
  const raw = s.rng.chance(0.12);
  const name = s.rng.name([...anywhere, ...ofTamed, ...ofPositive, ...ofPositive, "acosh"]);
  if (name === "leaky_relu" || name === "elu") return sloped(s, name, x);
  if (name === "stop_gradient") return call(name, { ...x.type, bound: null }, [x]);
  if (name === "acosh")
    return call(name, real(shape), [infix("+", real(shape), positive(x), literal("1"), strength.add)]);
  const operand = raw ? x : ofTamed.includes(name) ? tamed(x) : ofPositive.includes(name) ? positive(x) : x;
  return call(name, real(shape), [operand]);
}

/** A function with a second argument that is usually left out. */
function sloped(s: Scope, name: string, x: Term): Term {
  if (s.rng.chance(0.4)) return call(name, real(x.type.shape), [x]);
  const slope = s.find((t) => t.element === "real" && t.shape.length === 0) ?? literal("0.2");
  return call(name, real(x.type.shape), [x, slope]);
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
  const name = s.rng.name(["maximum", "minimum", "maximum", "minimum", "atan2", "hypot", "mod", "div"]);
  const type = name === "atan2" || name === "hypot" ? real(shape) : arithmeticType(x, term, shape);
  const needsPositive = name === "mod" || name === "div";
  // An integer divided by 0 has no value.
  if (needsPositive && type.element === "index") return null;
  return call(name, type, [x, needsPositive ? positive(term) : term]);
}

/** Integers, of which some are not known before the call: quotients and remainders of both signs. */
function integerPair(s: Scope): Term | null {
  const x = s.find((t) => t.element === "index");
  if (x === null) return null;
  const y = s.find((t) => t.element === "index" && broadcast(x.type.shape, t.shape) !== null) ?? x;
  const shape = broadcast(x.type.shape, y.type.shape) ?? x.type.shape;
  const type = typeOf("index", shape);
  const name = s.rng.pick(["mod", "div", "maximum", "minimum", "+", "-", "*", "if"]);
  if (name === "mod" || name === "div") {
    // Below 0 as well, and never 0.
    const square = infix("*", y.type, y, y, strength.multiply);
    const above = infix("+", y.type, square, literal("1"), strength.add);
    const divisor = s.rng.chance(0.5) ? above : op("-", y.type, [above], ([a]) => `-${a}`, { strength: strength.negate, wanted: [strength.negate] }); // prettier-ignore
    const lowered = infix("-", x.type, x, literal("2"), strength.add);
    return call(name, type, [s.rng.chance(0.5) ? lowered : x, divisor]);
  }
  if (name === "if") {
    if (s.isStatic(x) && s.isStatic(y)) return null;
    const condition = infix(s.rng.pick(["<", "==", "!="]), typeOf("bool", shape), x, y, strength.compare);
    return op("if", type, [condition, x, y], ifText, { strength: strength.prefix });
  }
  if (name === "maximum" || name === "minimum") return call(name, type, [x, y]);
  return infix(name, type, x, y, name === "*" ? strength.multiply : strength.add);
}

function clamp(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const [low, high] = s.rng.pick([["-0.5", "0.75"], ["0", "1"], ["-1", "inf"], ["0.5", "-0.5"]]); // prettier-ignore
  const bound = s.rng.chance(0.3) ? s.find((t) => t.element === "real" && t.shape.length === 0) : null;
  if (bound !== null) return call("clamp", real(x.type.shape), [x, bound], high);
  return call("clamp", real(x.type.shape), [x], low, high);
}

function comparison(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { term, shape } = s.partner(x);
  // What is decided at compile time is no bool of a call.
  if (s.isStatic(x) && s.isStatic(term)) return null;
  return infix(s.rng.pick(comparisons), typeOf("bool", shape), x, term, strength.compare);
}

/** Comparisons of the entries of x joined by `and`, `or` and `not`, one within the other. */
function conditionOf(s: Scope, x: Term, depth: number): Term {
  const type = typeOf("bool", x.type.shape);
  if (depth === 0) return infix(s.rng.pick(comparisons), type, x, literal(s.rng.pick(["0", "0.5", "-1", "1"])), strength.compare); // prettier-ignore
  const [a, b] = [conditionOf(s, x, depth - 1), conditionOf(s, x, s.rng.below(depth))];
  const kind = s.rng.below(4);
  if (kind === 0) return op("not", type, [a], ([c]) => `not ${c}`, { strength: strength.not, wanted: [strength.not] });
  if (kind === 1) return op("if", type, [b, a, conditionOf(s, x, 0)], ifText, { strength: strength.prefix });
  return kind === 2 ? infix("and", type, a, b, strength.and) : infix("or", type, a, b, strength.or);
}

/** `if` in the condition and in the branches of `if`. */
function nestedCondition(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null || s.isStatic(x)) return null;
  const { term, shape } = s.partner(x);
  const branch = real(shape);
  const inner = op("if", branch, [conditionOf(s, x, 1), term, x], ifText, { strength: strength.prefix });
  const other = s.rng.chance(0.5) ? x : infix("*", x.type, x, literal("2"), strength.multiply);
  const [p, q] = s.rng.chance(0.5) ? [inner, other] : [other, inner];
  return op("if", branch, [conditionOf(s, x, 2), p, q], ifText, { strength: strength.prefix });
}

/** A condition of consts, sizes and literals: the other branch is not looked at, so that any shape may stand there. */
function decided(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  const other = s.number();
  if (x === null || other === null) return null;
  const flags = s.options.items.consts.filter((c) => c.binding.type.element === "bool");
  const flag = flags.length > 0 && s.rng.chance(0.6) ? s.rng.pick(flags) : null;
  const [yes, no] = flag === null ? s.rng.pick(settled) : flag.text.endsWith("true") ? [flag.binding.name, `not ${flag.binding.name}`] : [`not ${flag.binding.name}`, flag.binding.name]; // prettier-ignore
  if (s.rng.chance(0.5)) return op("decided", x.type, [x, other], ([a, b]) => `if ${yes} then ${a} else ${b}`, { strength: strength.prefix }); // prettier-ignore
  return op("decided", x.type, [other, x], ([b, a]) => `if ${no} then ${b} else ${a}`, { strength: strength.prefix });
}

const settled = [
  ["2 > 1", "2 < 1"],
  ["true", "false"],
  ["1.5 <= 2.5 and not false", "1.5 > 2.5 or false"],
  ["div(7, 2) == 3", "mod(7, 2) == 0"],
] as const;

const comparisons = ["<", "<=", ">", ">=", "==", "!="] as const;

function ifText([c, p, q]: readonly string[]): string {
  return `if ${c} then ${p} else ${q}`;
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
  return x === null ? null : call(s.rng.name(["isnan", "isfinite"]), typeOf("bool", x.type.shape), [x]);
}

/** `if c then a else b`, or where(c, a, b). */
function select(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  if (s.isStatic(x)) return null;
  const { term, shape } = s.partner(x);
  const condition = s.find((t) => t.element === "bool" && fitsInto(t.shape, shape)) ?? zeroTest(s, x);
  const type = arithmeticType(x, term, shape);
  if (x.type.element === "bool" && term.type.element === "bool") return null;
  const [a, b] = s.rng.chance(0.5) ? [x, term] : [term, x];
  if (s.rng.chance(0.3)) return call("where", type, [condition, a, b]);
  if (s.rng.chance(0.15)) {
    // A prefix form on the right of an operator reaches to the end.
    const text = ([c, p, q]: readonly string[]): string => `${p} ${sign} if ${c} then ${p} else ${q}`;
    const sign = s.rng.pick(["+", "-", "*"]);
    const wanted = [strength.prefix, strength.atom, strength.prefix];
    return op("if-operand", type.element === "bool" ? real(shape) : type, [condition, a, b], text, { strength: strength.prefix, wanted }); // prettier-ignore
  }
  return op("if", type, [condition, a, b], ifText, { strength: strength.prefix });
}

/** A guard, as users write it: `if x > 0 then log(x) else 0`. */
function guarded(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null || s.isStatic(x)) return null;
  const name = s.rng.name(["log", "sqrt", "log1p", "rsqrt", "reciprocal", "log2"]);
  const condition = infix(s.rng.pick([">", ">="]), typeOf("bool", x.type.shape), x, literal("0"), strength.compare);
  return op("guard", x.type, [condition, call(name, x.type, [x]), literal("0")], ifText, { strength: strength.prefix }); // prettier-ignore
}

function zeroTest(s: Scope, x: Term): Term {
  return infix(s.rng.pick(["<", ">="]), typeOf("bool", x.type.shape), x, literal("0"), strength.compare);
}

function negation(s: Scope): Term | null {
  const x = s.number();
  if (x === null || x.type.element === "bool") return null;
  if (s.rng.chance(0.3)) return signed(s, x);
  return op("-", { ...x.type, bound: null }, [x], ([a]) => `-${a}`, {
    strength: strength.negate,
    wanted: [strength.negate],
  });
}

/** Signs beside powers: -x^2 is -(x^2), and an exponent may have a sign. */
function signed(s: Scope, x: Term): Term {
  const type = real(x.type.shape);
  const wanted = [strength.atom];
  return s.rng.chance(0.5)
    ? op("-^", type, [x], ([a]) => `-${a}^2`, { strength: strength.negate, wanted })
    : op("2^-", type, [tamed(x)], ([a]) => `2^-${a}`, { strength: strength.power, wanted });
}

/** Numbers that are special: infinities and NaN. */
function special(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null) return null;
  const value = s.rng.pick(["inf", "nan", "nan", "-inf", "pi", "1e30", "1e-30", "1e-310", "-0.", "1_000_000"]);
  const sign = s.rng.pick(["*", "+"]);
  return infix(sign, x.type, x, literal(value), sign === "*" ? strength.multiply : strength.add);
}

/** Whether a tensor of shape `a` stretches to `b`. */
function fitsInto(a: Shape, b: Shape): boolean {
  const both = broadcast(a, b);
  return both !== null && dims.shapesEqual(both, b);
}

export const elementwise: readonly Construct[] = [
  { name: "unary", weight: 8, make: unary, calls: [...anywhere, ...ofTamed, ...ofPositive, "acosh"] },
  { name: "arithmetic", weight: 10, make: arithmetic },
  { name: "power", weight: 2, make: power, calls: ["pow"] },
  { name: "two-numbers", weight: 3, make: twoNumbers, calls: ["maximum", "minimum", "atan2", "hypot", "mod", "div"] },
  { name: "integer-pair", weight: 1, make: integerPair },
  { name: "nested-condition", weight: 1, make: nestedCondition },
  { name: "decided", weight: 0.7, make: decided },
  { name: "clamp", weight: 1, make: clamp, calls: ["clamp"] },
  { name: "comparison", weight: 2, make: comparison },
  { name: "logical", weight: 1, make: logical },
  { name: "test", weight: 0.7, make: test, calls: ["isnan", "isfinite"] },
  { name: "select", weight: 3, make: select, calls: ["where"] },
  { name: "guarded", weight: 1, make: guarded },
  { name: "negation", weight: 1, make: negation },
  { name: "special", weight: 0.3, make: special },
];

/** Constructs whose result has the shape of their operands, whatever it is. */
export const ofAnyShape: readonly Construct[] = elementwise.filter(
  ({ name }) => name !== "logical" && name !== "integer-pair",
);
