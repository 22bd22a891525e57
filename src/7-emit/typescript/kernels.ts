/** Kernel statements and scalar expressions as TypeScript. */
import type { ScheduleOptions } from "../../6-schedule/buffers.ts";
import * as dims from "../../ir/dim.ts";
import type { Dim, DimAtom } from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { ElementwiseName } from "../../ir/primitive.ts";
import type { Scalar, Statement as KernelStatement } from "../../ir/program.ts";
import { mathSupport, type MathFunction, type MathPrecision } from "../support/math/index.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";

/** How the names of a kernel are written where it is printed. */
export interface KernelNames {
  /** The array of a buffer, and the offset at which it begins there (null: 0). */
  readonly array: (buffer: string) => { readonly name: string; readonly base: Expression | null };
  readonly symbol: (name: string) => string;
  readonly argument: (name: string) => Expression;
  /** The element type of a buffer: bools are stored as 0 and 1. */
  readonly elementOf: (buffer: string) => ElementType;
  /** How many elements a buffer has. */
  readonly sizeOf: (buffer: string) => Dim;
  /** Takes note that support code is called, and gives its name. */
  readonly support: (name: string) => string;
  /** Of the elementary functions. */
  readonly precision: MathPrecision;
}

/** The statements of a kernel body. */
export function emitStatements(body: readonly KernelStatement[], names: KernelNames): readonly Statement[] {
  return body.flatMap((s) => (s.kind === "batch" ? emitBatch(s, names) : [emitStatement(s, names)]));
}

/** Operands into the array, one call, results out of it. */
function emitBatch(s: Batch, names: KernelNames): readonly Statement[] {
  const slot = (k: number): Expression => ts.element(ts.name(names.support("operands")), ts.number(k));
  const exponent = s.exponent === null ? [] : [ts.number(s.exponent)];
  const given = s.calls.flatMap((c) => [...c.operands.map((o) => emitScalar(o, names)), ...exponent]);
  const { entry } = mathSupport(elementaryFunction(s.operation), names.precision);
  return [
    ...given.map((e, k) => ts.assign(slot(k), e)),
    ts.expression(ts.call(names.support(`${entry}Batch`), ts.number(s.calls.length))),
    ...s.calls.map((c, k) => ts.constant(c.name, slot(k))),
  ];
}

type Batch = KernelStatement & { readonly kind: "batch" };

function emitStatement(s: Exclude<KernelStatement, Batch>, names: KernelNames): Statement {
  switch (s.kind) {
    case "let":
      return ts.constant(s.name, emitScalar(s.value, names));
    case "declare":
      return {
        kind: "let",
        name: s.name,
        type: null,
        value: s.element === "bool" ? ts.boolean(s.initial !== 0) : ts.number(s.initial),
      };
    case "accumulate": {
      const target = ts.name(s.name);
      const value = emitScalar(s.value, names);
      if (s.combine === "add") return ts.assign(target, value, "+=");
      if (s.combine === "multiply") return ts.assign(target, value, "*=");
      if (s.value.element === "bool")
        return ts.assign(target, ts.binary(s.combine === "maximum" ? "||" : "&&", value, target));
      return ts.assign(target, ts.call(s.combine === "maximum" ? "Math.max" : "Math.min", target, value));
    }
    case "assign":
      return ts.assign(ts.name(s.name), emitScalar(s.value, names));
    case "store":
      return ts.assign(elementOf(s.buffer, s.index, names), stored(s.value, names.elementOf(s.buffer), names));
    case "storeAdd":
      return ts.assign(elementOf(s.buffer, s.index, names), emitScalar(s.value, names), "+=");
    case "check":
      return ts.expression(
        ts.call(names.support("checkIndex"), emitScalar(s.value, names), emitScalar(s.size, names), ts.string(s.name)),
      );
    case "fill": {
      const { name, base } = names.array(s.buffer);
      const from = base === null ? [] : [base, sum([{ e: base, negative: false }, { e: emitDim(names.sizeOf(s.buffer), names.symbol), negative: false }])]; // prettier-ignore
      return ts.expression(ts.call(`${name}.fill`, ts.number(s.value), ...from));
    }
    case "call": {
      const parts = s.parts.flatMap(({ buffer, start }) => {
        const { name, base } = names.array(buffer);
        const at = emitScalar(start, names);
        const isZero = at.kind === "number" && at.value === 0;
        return [ts.name(name), base === null ? at : isZero ? base : ts.binary("+", base, at)];
      });
      const numbers = s.numbers.map((size) => emitScalar(size, names));
      return ts.expression(ts.call(names.support(s.routine), ...parts, ...numbers));
    }
    case "loop":
      return {
        kind: "for",
        variable: s.variable,
        from: emitScalar(s.from, names),
        to: emitScalar(s.to, names),
        step: s.step,
        body: emitStatements(s.body, names),
      };
    case "if":
      return ts.when(emitScalar(s.condition, names), emitStatements(s.body, names));
  }
}

function stored(value: Scalar, element: ElementType, names: KernelNames): Expression {
  const e = emitScalar(value, names);
  return element === "bool" ? ts.conditional(e, ts.number(1), ts.number(0)) : e;
}

function elementOf(buffer: string, index: Scalar, names: KernelNames): Expression {
  const { name, base } = names.array(buffer);
  const at = emitScalar(index, names);
  return ts.element(ts.name(name), base === null ? at : ts.binary("+", base, at));
}

/** One scalar expression. Its depth is bounded: the placement cuts deep ones by locals. */
export function emitScalar(s: Scalar, names: KernelNames): Expression {
  switch (s.kind) {
    case "number":
      return s.element === "bool" ? ts.boolean(s.value !== 0) : ts.number(s.value);
    case "variable":
    case "accumulator":
    case "local":
      return ts.name(s.name);
    case "argument":
      return names.argument(s.name);
    case "affine":
      return emitAffine(s, names);
    case "load": {
      const e = elementOf(s.buffer, s.index, names);
      return s.element === "bool" ? ts.binary("!==", e, ts.number(0)) : e;
    }
    case "operation":
      return emitOperation(s, names);
    case "choose":
      return ts.conditional(emitScalar(s.condition, names), emitScalar(s.then, names), emitScalar(s.else, names));
    case "random": {
      const { seed, step, site, position } = s;
      const drawn = [emitScalar(seed, names), emitScalar(step, names), ts.number(site), emitScalar(position, names)];
      return ts.binary("/", ts.call(names.support("randomBits"), ...drawn), ts.number(2 ** 24));
    }
  }
}

function emitAffine(s: Scalar & { readonly kind: "affine" }, names: KernelNames): Expression {
  const terms = s.terms.map(({ scalar, coefficient }) => {
    const e = emitScalar(scalar, names);
    const factor = dims.constantOf(coefficient);
    if (factor === 1) return { e, negative: false };
    if (factor === -1) return { e, negative: true };
    if (factor !== null && factor < 0) return { e: ts.binary("*", e, ts.number(-factor)), negative: true };
    return { e: ts.binary("*", e, emitDim(coefficient, names.symbol)), negative: false };
  });
  const offset = dims.constantOf(s.offset);
  if (offset === null) terms.push({ e: emitDim(s.offset, names.symbol), negative: false });
  else if (offset !== 0 || terms.length === 0) terms.push({ e: ts.number(Math.abs(offset)), negative: offset < 0 });
  return sum(terms);
}

function sum(terms: readonly { readonly e: Expression; readonly negative: boolean }[]): Expression {
  const positive = terms.filter((t) => !t.negative);
  const [first, ...rest] = [...positive, ...terms.filter((t) => t.negative)];
  const start = first.negative ? ts.unary("-", first.e) : first.e;
  return rest.reduce((left, t) => ts.binary(t.negative ? "-" : "+", left, t.e), start);
}

/**
 * A dim as integer arithmetic over the locals that hold the symbols. What takes long to compute (`dims.isWhole`) has a local
 * too where `symbol` knows its name; it gives back what it does not know.
 */
export function emitDim(dim: Dim, symbol: (name: string) => string): Expression {
  const atom = (a: DimAtom): Expression => {
    const local = dims.isWhole(a) ? symbol(dims.atomKey(a)) : null;
    if (local !== null && local !== dims.atomKey(a)) return ts.name(local);
    switch (a.kind) {
      case "symbol":
        return ts.name(symbol(a.name));
      case "floor":
        return ts.call("Math.floor", ts.binary("/", emitDim(a.numerator, symbol), emitDim(a.divisor, symbol)));
      case "min":
      case "max":
        return ts.call(`Math.${a.kind}`, emitDim(a.left, symbol), emitDim(a.right, symbol));
      case "root":
        return ts.call("Math.ceil", ts.call("Math.sqrt", ts.call("Math.max", ts.number(1), emitDim(a.of, symbol))));
    }
  };
  if (dim.terms.length === 0) return ts.number(0);
  return sum(
    dim.terms.map(({ coefficient, factors }) => {
      const parts = factors.flatMap((f) => Array.from({ length: f.power }, () => atom(f.atom)));
      const magnitude = Math.abs(coefficient);
      if (magnitude !== 1 || parts.length === 0) parts.unshift(ts.number(magnitude));
      return { e: parts.reduce((p, q) => ts.binary("*", p, q)), negative: coefficient < 0 };
    }),
  );
}

/** Elementary functions of the support code, by the operation that calls them. */
const supported: Readonly<Partial<Record<ElementwiseName, MathFunction>>> = {
  exp: "exp", expm1: "expm1", log: "log", log1p: "log1p", log2: "log2", log10: "log10", sin: "sin", cos: "cos",
  tan: "tan", asin: "asin", acos: "acos", atan: "atan", atan2: "atan2", sinh: "sinh", cosh: "cosh", tanh: "tanh",
  asinh: "asinh", acosh: "acosh", atanh: "atanh", erf: "erf", erfc: "erfc", sigmoid: "sigmoid", softplus: "softplus",
  cbrt: "cbrt", power: "pow", power_integer: "powi", hypot: "hypot", modulo: "mod", floor_divide: "div", round: "round", sign: "sign",
}; // prettier-ignore

/** How many calls of a function V8 inlines in one function that does little else, where that is not three. */
const inlined: Readonly<Record<MathPrecision, Readonly<Partial<Record<MathFunction, number>>>>> = {
  f32: { round: 8, sign: 8, mod: 8, div: 8, powi: 4, atan: 2, erf: 1, erfc: 1, pow: 1, hypot: 1, asin: 0.5, acos: 0.5, atan2: 0.5, asinh: 0.5, acosh: 0.5, atanh: 0.5, cbrt: 0.5 },
  f64: { round: 8, sign: 8, mod: 8, div: 8, exp: 2, log: 2, atan: 2, log1p: 1, hypot: 1 },
}; // prettier-ignore

/** `inlinedCalls` of the schedule for TypeScript, from measurements of the bytes that calls allocate. */
export function inlinedCalls(precision: MathPrecision): ScheduleOptions["inlinedCalls"] {
  return (operation, exponent) => {
    const name = supported[operation];
    return name === undefined || exponent === -1
      ? Infinity
      : (inlined[precision][name] ?? (precision === "f32" ? 3 : 0.5));
  };
}

/** The elementary function that computes an operation; null where it is none. */
export function elementaryEntry(operation: ElementwiseName, precision: MathPrecision): string | null {
  const name = supported[operation];
  return name === undefined ? null : mathSupport(name, precision).entry;
}

function elementaryFunction(operation: ElementwiseName): MathFunction {
  const name = supported[operation];
  if (name === undefined) throw new Error(`internal: ${operation} is no elementary function`);
  return name;
}

function emitOperation(s: Scalar & { readonly kind: "operation" }, names: KernelNames): Expression {
  const operands = s.operands.map((o) => emitScalar(o, names));
  const [a, b] = operands;
  const support = supported[s.operation];
  // Of integers the rounded quotient lies on the right side of every integer; of reals it need not (1 / 0.1 is 10).
  const isQuotientOfIntegers = s.operation === "floor_divide" && s.element === "index";
  if (support !== undefined && support !== "powi" && !isQuotientOfIntegers) {
    const { entry } = mathSupport(support, names.precision);
    return ts.call(names.support(entry), ...operands);
  }
  switch (s.operation) {
    case "add":
      return ts.binary("+", a, b);
    case "subtract":
      return ts.binary("-", a, b);
    case "multiply":
      return ts.binary("*", a, b);
    case "divide":
      return ts.binary("/", a, b);
    case "negate":
      return ts.unary("-", a);
    case "power_integer":
      return emitPower(s, a, names);
    case "maximum":
      return ts.call("Math.max", a, b);
    case "minimum":
      return ts.call("Math.min", a, b);
    case "floor_divide":
      return ts.call("Math.floor", ts.binary("/", a, b));
    case "abs":
    case "floor":
    case "ceil":
    case "sqrt":
      return ts.call(`Math.${s.operation}`, a);
    case "stored":
      return names.precision === "f64" || s.operands[0].kind === "load" ? a : ts.call("Math.fround", a);
    case "equal":
      return ts.binary("===", a, b);
    case "less":
      return ts.binary("<", a, b);
    case "less_equal":
      return ts.binary("<=", a, b);
    case "not":
      return ts.unary("!", a);
    case "and":
      return ts.binary("&&", a, b);
    case "or":
      return ts.binary("||", a, b);
    case "is_nan":
      return ts.call("Number.isNaN", a);
    case "is_finite":
      return ts.call("Number.isFinite", a);
    case "convert":
      return s.operands[0].element === "bool" ? ts.conditional(a, ts.number(1), ts.number(0)) : a;
    default:
      throw new Error(`internal: no spelling of ${s.operation}`);
  }
}

function emitPower(s: Scalar & { readonly kind: "operation" }, x: Expression, names: KernelNames): Expression {
  const exponent = s.exponent ?? 1;
  if (exponent === -1) return ts.binary("/", ts.number(1), x);
  return ts.call(names.support(mathSupport("powi", names.precision).entry), x, ts.number(exponent));
}
