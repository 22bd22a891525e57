/** Scalar expressions of a nest as WebAssembly, for one entry: integers, doubles, addresses. */
import * as dims from "../../ir/dim.ts";
import type { Dim, DimAtom } from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { Scalar } from "../../ir/program.ts";
import { accumulatorKey, affineOf, type Dependence } from "./dependence.ts";
import type { FunctionWriter, Scope } from "./scopes.ts";
import { lanesOf, widthOf, type Precision } from "./shape.ts";
import * as wat from "./syntax.ts";
import type { Code, ValueType } from "./syntax.ts";

/** Thrown where a kernel holds what has no WebAssembly: it stays with the target that has. */
export class Unsupported extends Error {}

/**
 * How reals are held in vectors. `narrow`: four singles, each operation rounded to single; `wide`: doubles, two a vector,
 * as the TypeScript target computes.
 */
export type Mode = "narrow" | "wide";

/** Which entries an expression is evaluated for. */
export interface Position {
  /** How far beyond its local a variable stands. */
  readonly offsets: ReadonlyMap<string, number>;
  /** The variable that the lanes count up from. */
  readonly lane: string | null;
  /** How many lanes count, where not all do: the others may read anything that is there. */
  readonly limit: Code | null;
  /** What a reduction has come to, by the accumulator's name. */
  readonly sums: ReadonlyMap<string, Sum>;
}

/** An accumulator's locals: one number (`f64`, `i32`), or vectors. */
export type Sum =
  { readonly kind: "number"; readonly local: string } | { readonly kind: Mode; readonly locals: readonly string[] };

/** What a kernel function is given. */
export interface Given {
  readonly precision: Precision;
  /** Memory's local of a buffer, its element type, and whether the kernel writes it. */
  readonly buffer: (name: string) => {
    readonly local: string;
    readonly element: ElementType;
    readonly written: boolean;
  };
  readonly symbol: (name: string) => string;
  /** Memory's local of room for a panel; null where the kernel has none. */
  readonly panel: string | null;
  /** A number of the entry point: of reals in double, of others as i32. */
  readonly argument: (name: string) => Code;
  /** The function that computes an elementary function of doubles, or of the doubles of a vector; null where there is none. */
  readonly elementary: (s: Scalar & { readonly kind: "operation" }, vector: boolean) => string | null;
}

export type Operation = Scalar & { readonly kind: "operation" };
export type Load = Scalar & { readonly kind: "load" };

export class Numbers {
  protected readonly w: FunctionWriter;
  protected readonly given: Given;
  protected readonly dependence: Dependence;
  readonly lanes: 2 | 4;

  constructor(w: FunctionWriter, given: Given, dependence: Dependence) {
    this.w = w;
    this.given = given;
    this.dependence = dependence;
    this.lanes = lanesOf(given.precision);
  }

  /** An integer, or a truth value as 0 or 1. */
  int(s: Scalar, at: Position): Code {
    switch (s.kind) {
      case "number":
        return wat.i32(s.value);
      case "variable":
        if (at.lane === s.name) throw new Error("internal: lanes have no one value");
        return wat.plus(wat.get(s.name), wat.i32(at.offsets.get(s.name) ?? 0));
      case "argument":
        return this.given.argument(s.name);
      case "affine": {
        const terms = s.terms.map((t) => wat.times(this.int(t.scalar, at), this.dim(t.coefficient)));
        return [...terms, this.dim(s.offset)].reduce(wat.plus);
      }
      case "accumulator":
        return wat.get(this.#number(s.name, at));
      default:
        return wat.get(this.#once(s, at, "i32", () => this.#int(s, at)));
    }
  }

  #int(s: Scalar, at: Position): Code {
    switch (s.kind) {
      case "load": {
        const { pointer, offset } = this.addressOf(s, at);
        const bool = s.element === "bool";
        const loaded = wat.op(wat.access(bool ? "i32.load8_u" : "i32.load", offset), pointer);
        return bool ? wat.op("i32.ne", loaded, wat.i32(0)) : loaded;
      }
      case "choose":
        if (hasGuarded(s)) throw new Unsupported("a guarded read");
        return wat.op("select", this.int(s.then, at), this.int(s.else, at), this.int(s.condition, at));
      case "operation":
        return this.#intOperation(s, at);
      default:
        throw new Unsupported(s.kind);
    }
  }

  #intOperation(s: Operation, at: Position): Code {
    const { operation, operands } = s;
    const reals = operands.some((o) => o.element === "real");
    const compare = { equal: "eq", less: "lt", less_equal: "le" } as const;
    if (operation === "equal" || operation === "less" || operation === "less_equal") {
      const name = compare[operation];
      if (reals) return wat.op(`f64.${name}`, ...operands.map((o) => this.float(o, at)));
      return wat.op(`i32.${name}${name === "eq" ? "" : "_s"}`, ...operands.map((o) => this.int(o, at)));
    }
    if (reals && operation === "is_nan") {
      const x = this.float(operands[0], at);
      return wat.op("f64.ne", x, x);
    }
    if (reals && operation === "is_finite")
      return wat.op("f64.lt", wat.op("f64.abs", this.float(operands[0], at)), wat.op("f64.const inf"));
    if (reals) throw new Unsupported(operation);
    const [a, b] = operands.map((o) => this.int(o, at));
    switch (operation) {
      case "and":
        return wat.op("i32.and", a, b);
      case "or":
        return wat.op("i32.or", a, b);
      case "not":
        return wat.op("i32.eqz", a);
      case "add":
      case "subtract":
      case "multiply":
        return wat.op(`i32.${{ add: "add", subtract: "sub", multiply: "mul" }[operation]}`, a, b);
      case "maximum":
        return wat.op("select", a, b, wat.op("i32.gt_s", a, b));
      case "minimum":
        return wat.op("select", a, b, wat.op("i32.lt_s", a, b));
      case "convert":
        return a;
      default:
        throw new Unsupported(`${operation} of integers`);
    }
  }

  /** A real in double. */
  float(s: Scalar, at: Position): Code {
    switch (s.kind) {
      case "number":
        return wat.op(`f64.const ${wat.numeral(s.value)}`);
      case "argument":
        return this.given.argument(s.name);
      case "accumulator":
        return wat.get(this.#number(s.name, at));
      default:
        return wat.get(this.#once(s, at, "f64", () => this.#float(s, at)));
    }
  }

  #float(s: Scalar, at: Position): Code {
    switch (s.kind) {
      case "load": {
        const { pointer, offset } = this.addressOf(s, at);
        if (this.lanes === 2) return wat.op(wat.access("f64.load", offset), pointer);
        return wat.op("f64.promote_f32", wat.op(wat.access("f32.load", offset), pointer));
      }
      case "choose":
        if (hasGuarded(s)) throw new Unsupported("a guarded read");
        return wat.op("select", this.float(s.then, at), this.float(s.else, at), this.int(s.condition, at));
      case "operation":
        break;
      default:
        throw new Unsupported(s.kind);
    }
    if (s.operation === "convert") return wat.op("f64.convert_i32_s", this.int(s.operands[0], at));
    const operands = s.operands.map((o) => this.float(o, at));
    const [a] = operands;
    if (s.operation === "stored") return this.lanes === 2 ? a : wat.op("f64.promote_f32", wat.op("f32.demote_f64", a));
    if (s.operation === "power_integer" && s.exponent === -1) return wat.op("f64.div", wat.op("f64.const 1"), a);
    const name = spelled.get(s.operation);
    if (name !== undefined) return wat.op(`f64.${name}`, ...operands);
    const call = this.given.elementary(s, false);
    if (call === null) throw new Unsupported(s.operation);
    const exponent = s.exponent === null ? [] : [wat.op(`f64.const ${s.exponent}`)];
    return wat.call(call, ...operands, ...exponent);
  }

  #number(accumulator: string, at: Position): string {
    const sum = at.sums.get(accumulator);
    if (sum?.kind !== "number") throw new Error(`internal: ${accumulator} is no number here`);
    return sum.local;
  }

  /** A dim over the symbols' locals. */
  dim(dim: Dim): Code {
    const constant = dims.constantOf(dim);
    if (constant !== null) return wat.i32(constant);
    const key = `dim ${dim.key}`;
    const known = this.w.known(this.w.root, key);
    if (known !== null) return wat.get(known[0]);
    const [term, ...more] = dim.terms;
    const [factor, ...others] = term.factors;
    if (
      more.length === 0 &&
      others.length === 0 &&
      term.coefficient === 1 &&
      factor.power === 1 &&
      (factor.atom.kind === "symbol" || dims.isWhole(factor.atom))
    )
      return wat.get(this.given.symbol(dims.atomKey(factor.atom)));
    return this.w.in(this.w.root, () => {
      const code = dim.terms
        .map(({ coefficient, factors }) => {
          const atoms = factors.flatMap((f) => Array.from({ length: f.power }, () => this.#atom(f.atom)));
          return [...atoms, wat.i32(coefficient)].reduce(wat.times);
        })
        .reduce(wat.plus);
      const local = this.w.local("size", "i32");
      this.w.add(wat.set(local, code));
      this.w.root.memo.set(key, [local]);
      return wat.get(local);
    });
  }

  #atom(atom: DimAtom): Code {
    // What takes long to compute is passed as symbols are.
    if (atom.kind === "symbol" || atom.kind === "root" || dims.isWhole(atom))
      return wat.get(this.given.symbol(dims.atomKey(atom)));
    if (atom.kind === "floor") {
      // Dims are not negative, nor are the quotients in them: but differences below a floor may be.
      const [a, b] = [this.dim(atom.numerator), this.dim(atom.divisor)];
      const whole = wat.op("i32.div_s", a, b);
      const rest = wat.op("i32.lt_s", wat.op("i32.rem_s", a, b), wat.i32(0));
      return wat.op("i32.sub", whole, rest);
    }
    const [a, b] = [this.dim(atom.left), this.dim(atom.right)];
    return wat.op("select", a, b, wat.op(`i32.${atom.kind === "min" ? "lt" : "gt"}_s`, a, b));
  }

  // Addresses.

  /** The address of a buffer's entry for a store or load: a pointer's local, and bytes to add. */
  address(buffer: string, index: Scalar, at: Position): { readonly pointer: Code; readonly offset: number } {
    const { local, element } = this.given.buffer(buffer);
    const width = widthOf(element, this.given.precision);
    const { terms, offset } = affineOf(index);
    let shift = offset;
    for (const { scalar, coefficient } of terms) {
      const moved = scalar.kind === "variable" ? (at.offsets.get(scalar.name) ?? 0) : 0;
      if (moved !== 0) shift = dims.add(shift, dims.multiply(coefficient, dims.constant(moved)));
    }
    const constantPart = shift.terms.find((t) => t.factors.length === 0)?.coefficient ?? 0;
    const bytes = constantPart * width;
    // Offsets of instructions are not negative.
    const fixed = bytes < 0 || bytes >= 2 ** 31 ? 0 : bytes;
    const symbolic = dims.subtract(shift, dims.constant(fixed / width));
    const dependsOn = (variable: string): boolean => terms.some((t) => this.dependence.on(t.scalar, variable));
    const moves = terms.map((t) => `${t.scalar.id}${this.#suffix(t.scalar, at, true)}*${t.coefficient.key}`);
    const key = `address ${buffer} ${moves.join(" ")} ${symbolic.key}`;
    const home = this.w.home(dependsOn);
    const known = this.w.known(home, key);
    if (known !== null) return { pointer: wat.get(known[0]), offset: fixed };
    const { stream } = home;
    const own = stream === null ? [] : terms.filter((t) => t.scalar.kind === "variable" && t.scalar.name === stream.variable); // prettier-ignore
    const isStream = stream !== null && terms.every((t) => own.includes(t) || !this.dependence.on(t.scalar, stream.variable)) && own.length > 0; // prettier-ignore
    const compute = (): Code => {
      const parts = terms.map(({ scalar, coefficient }) => {
        // A variable's shift stands in `symbolic` already.
        const value = scalar.kind === "variable" ? wat.get(scalar.name) : this.int(scalar, at);
        return wat.times(value, wat.times(this.dim(coefficient), wat.i32(width)));
      });
      const rest = dims.constantOf(symbolic) === 0 ? [] : [wat.times(this.dim(symbolic), wat.i32(width))];
      return [wat.get(local), ...parts, ...rest].reduce(wat.plus);
    };
    const pointer = this.w.local(`${local}_at`, "i32");
    if (isStream && home.parent !== null) {
      this.w.in(home.parent, () => {
        this.w.add(wat.set(pointer, compute()));
      });
      const stride = own.reduce((sum, t) => dims.add(sum, t.coefficient), dims.constant(0));
      const moved = this.w.in(this.w.root, () => wat.times(this.dim(stride), wat.i32(width * stream.step)));
      stream.latch.push(wat.set(pointer, wat.op("i32.add", wat.get(pointer), moved)));
    } else {
      this.w.in(home, () => {
        this.w.add(wat.set(pointer, compute()));
      });
    }
    home.memo.set(key, [pointer]);
    return { pointer: wat.get(pointer), offset: fixed };
  }

  protected addressOf(s: Load, at: Position): { readonly pointer: Code; readonly offset: number } {
    if (s.guarded) throw new Unsupported("a guarded read");
    return this.address(s.buffer, s.index, at);
  }

  #once(s: Scalar, at: Position, type: ValueType, make: () => Code): string {
    return this.kept(s, "number", at, type, () => [make()])[0];
  }

  /** Locals that hold `s`, computed once in the outermost scope where that can be. */
  protected kept(
    s: Scalar,
    form: string,
    at: Position,
    type: ValueType,
    make: () => readonly Code[],
  ): readonly string[] {
    const key = `${s.id} ${form}${this.#suffix(s, at, false)}`;
    const home: Scope = this.#readsWritten(s)
      ? this.w.scope
      : this.w.home((variable) => this.dependence.on(s, variable));
    const known = this.w.known(home, key);
    if (known !== null) return known;
    return this.w.in(home, () => {
      const locals = make().map((code) => {
        if (code.kind === "plain" && code.op.startsWith("local.get $")) return code.op.slice("local.get $".length);
        const local = this.w.local(hintOf(s), type);
        this.w.add(wat.set(local, code));
        return local;
      });
      home.memo.set(key, locals);
      return locals;
    });
  }

  #readsWritten(s: Scalar): boolean {
    return s.kind === "load" && this.given.buffer(s.buffer).written;
  }

  /** What tells the value of `s` at this position from that at others. `inAddress`: a variable's own shift is told elsewhere. */
  #suffix(s: Scalar, at: Position, inAddress: boolean): string {
    if (inAddress && s.kind === "variable") return "";
    let suffix = "";
    const of = this.dependence.of(s);
    for (const [variable, moved] of at.offsets) if (moved !== 0 && of.has(variable)) suffix += ` ${variable}+${moved}`;
    if (at.lane !== null && of.has(at.lane)) suffix += " lanes";
    for (const [name, sum] of at.sums) {
      if (of.has(accumulatorKey(name))) suffix += ` ${sum.kind === "number" ? sum.local : sum.locals.join()}`;
    }
    return suffix;
  }
}

/** Operations that are one instruction of doubles and singles alike. */
export const spelled: ReadonlyMap<string, string> = new Map([
  ["add", "add"], ["subtract", "sub"], ["multiply", "mul"], ["divide", "div"], ["negate", "neg"], ["maximum", "max"],
  ["minimum", "min"], ["abs", "abs"], ["sqrt", "sqrt"], ["floor", "floor"], ["ceil", "ceil"], ["round", "nearest"],
]); // prettier-ignore

/** Whether one branch reads what only its condition makes safe. */
export function hasGuarded(s: Scalar & { readonly kind: "choose" }): boolean {
  return [s.then, s.else].some((branch) => branch.kind === "load" && branch.guarded);
}

function hintOf(s: Scalar): string {
  if (s.kind === "load") return s.buffer.split(".").at(-1)?.replaceAll(/\W/g, "_") ?? "x";
  return s.kind === "operation" ? s.operation : "t";
}
