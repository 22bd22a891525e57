/** Scalar expressions of a nest as WebAssembly, for as many entries side by side as a vector holds. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { Scalar } from "../../ir/program.ts";
import { accumulatorKey, strideOf } from "./dependence.ts";
import { hasGuarded, Numbers, spelled, Unsupported, type Load, type Mode, type Position } from "./numbers.ts";
import { widthOf } from "./shape.ts";
import * as wat from "./syntax.ts";
import type { Code } from "./syntax.ts";

/** Operations whose results are as exact in single as in double, up to one rounding each, and overflow no sooner. */
const narrowOperations: ReadonlySet<string> = new Set([
  "add", "subtract", "multiply", "negate", "maximum", "minimum", "abs", "floor", "ceil", "equal", "less", "less_equal", "not", "and", "or", "is_nan",
]); // prettier-ignore

export class Evaluator extends Numbers {
  readonly #narrow = new Map<Scalar, boolean>();

  /** Vectors that hold one lane each of `mode`. */
  parts(mode: Mode): 1 | 2 {
    return mode === "wide" && this.lanes === 4 ? 2 : 1;
  }

  /** The mode in which an expression is computed. */
  modeOf(s: Scalar): Mode {
    return this.lanes === 4 && this.#isNarrow(s) ? "narrow" : "wide";
  }

  #isNarrow(s: Scalar): boolean {
    const known = this.#narrow.get(s);
    if (known !== undefined) return known;
    const result = this.#findNarrow(s);
    this.#narrow.set(s, result);
    return result;
  }

  #findNarrow(s: Scalar): boolean {
    if (s.kind === "choose") return [s.condition, s.then, s.else].every((o) => this.#isNarrow(o));
    if (s.kind !== "operation") return s.kind !== "random";
    if (s.operands.every((o) => o.element === "index")) return s.operation !== "convert";
    if (s.operation === "convert" || s.operation === "stored") return this.#isNarrow(s.operands[0]);
    return narrowOperations.has(s.operation) && s.operands.every((o) => this.#isNarrow(o));
  }

  /** Whether an expression differs from lane to lane. */
  varies(s: Scalar, at: Position): boolean {
    const of = this.dependence.of(s);
    if (at.lane !== null && of.has(at.lane)) return true;
    for (const [name, sum] of at.sums) if (sum.kind !== "number" && of.has(accumulatorKey(name))) return true;
    return false;
  }

  /** Reals, one a lane, in the locals that this gives. */
  reals(s: Scalar, mode: Mode, at: Position): readonly string[] {
    if (s.kind === "accumulator") {
      const sum = at.sums.get(s.name);
      if (sum !== undefined && sum.kind !== "number") return this.#converted(sum.kind, sum.locals, mode);
    }
    return this.#vector(s, mode, at, () => this.#reals(s, mode, at));
  }

  #reals(s: Scalar, mode: Mode, at: Position): readonly Code[] {
    const count = this.parts(mode);
    if (!this.varies(s, at)) return this.#splat(s, mode, at);
    switch (s.kind) {
      case "load":
        return this.#load(s, mode, at);
      case "choose": {
        if (hasGuarded(s)) throw new Unsupported("a guarded read");
        const masks = this.mask(s.condition, mode, at);
        const [a, b] = [this.reals(s.then, mode, at), this.reals(s.else, mode, at)];
        return masks.map((m, k) => wat.op("v128.bitselect", wat.get(a[k]), wat.get(b[k]), wat.get(m)));
      }
      case "operation":
        break;
      default:
        throw new Unsupported(s.kind);
    }
    const shape = mode === "narrow" ? "f32x4" : "f64x2";
    const [x] = s.operands;
    if (s.operation === "convert") {
      if (x.element === "bool") {
        const one = splatted(mode, 1);
        return this.mask(x, mode, at).map((m) => wat.op("v128.and", wat.get(m), one));
      }
      const ints = wat.get(this.ints(x, at));
      if (mode === "narrow") return [wat.op("f32x4.convert_i32x4_s", ints)];
      return Array.from({ length: count }, (_, k) =>
        wat.op("f64x2.convert_low_i32x4_s", k === 0 ? ints : upperHalf(ints)),
      );
    }
    if (s.operation === "stored") {
      const values = this.reals(x, mode, at).map(wat.get);
      if (mode === "narrow" || this.lanes === 2) return values;
      return values.map((v) => wat.op("f64x2.promote_low_f32x4", wat.op("f32x4.demote_f64x2_zero", v)));
    }
    const operands = s.operands.map((o) => this.reals(o, mode, at));
    const own = (k: number): readonly Code[] => operands.map((o) => wat.get(o[k]));
    const each = (make: (k: number) => Code): readonly Code[] => Array.from({ length: count }, (_, k) => make(k));
    if (s.operation === "power_integer" && s.exponent === -1)
      return each((k) => wat.op(`${shape}.div`, splatted(mode, 1), ...own(k)));
    const name = spelled.get(s.operation);
    if (name !== undefined) return each((k) => wat.op(`${shape}.${name}`, ...own(k)));
    if (mode === "narrow") throw new Error(`internal: ${s.operation} in single`);
    const call = this.given.elementary(s, true);
    if (call === null) throw new Unsupported(s.operation);
    const exponent = s.exponent === null ? [] : [splatted("wide", s.exponent)];
    return each((k) => wat.call(call, ...own(k), ...exponent));
  }

  #splat(s: Scalar, mode: Mode, at: Position): readonly Code[] {
    const all = (code: Code): readonly Code[] => [code];
    if (s.kind === "number") return this.#repeat(mode, splatted(mode, s.value));
    if (mode === "narrow") {
      if (s.kind === "load" && s.element === "real") {
        const { pointer, offset } = this.addressOf(s, at);
        return all(wat.op(wat.access("v128.load32_splat", offset), pointer));
      }
      return all(wat.op("f32x4.splat", wat.op("f32.demote_f64", this.float(s, at))));
    }
    if (s.kind === "load" && this.lanes === 2) {
      const { pointer, offset } = this.addressOf(s, at);
      return all(wat.op(wat.access("v128.load64_splat", offset), pointer));
    }
    return this.#repeat(mode, wat.op("f64x2.splat", this.float(s, at)));
  }

  /** The same vector for both halves of the lanes. */
  #repeat(mode: Mode, code: Code): readonly Code[] {
    return Array.from({ length: this.parts(mode) }, () => code);
  }

  #load(s: Load, mode: Mode, at: Position): readonly Code[] {
    if (at.lane === null) throw new Error("internal: no lanes");
    const stride = strideOf(s.index, at.lane, this.dependence);
    if (stride !== null && dims.constantOf(stride) === 1) {
      const { pointer, offset } = this.addressOf(s, at);
      if (mode === "narrow" || this.lanes === 2) return [wat.op(wat.access("v128.load", offset), pointer)];
      return [0, 8].map((half) =>
        wat.op("f64x2.promote_low_f32x4", wat.op(wat.access("v128.load64_zero", offset + half), pointer)),
      );
    }
    // Lane by lane.
    const { lane } = at;
    const single = this.lanes === 4 ? "32" : "64";
    let gathered: Code | null = null;
    for (let k = 0; k < this.lanes; k++) {
      const { pointer, offset } = this.#laneAddress(s, at, lane, stride, k);
      if (gathered === null) gathered = wat.op(wat.access(`v128.load${single}_zero`, offset), pointer);
      else gathered = wat.op(`${wat.access(`v128.load${single}_lane`, offset)} ${k}`, pointer, gathered);
    }
    if (gathered === null) throw new Error("internal: no lanes");
    if (mode === "narrow" || this.lanes === 2) return [gathered];
    const local = this.w.local("gathered", "v128");
    this.w.add(wat.set(local, gathered));
    return [wat.get(local), upperHalf(wat.get(local))].map((half) => wat.op("f64x2.promote_low_f32x4", half));
  }

  /** Lanes that do not count read what the first does: memory ends somewhere. */
  #laneAddress(s: Load, at: Position, lane: string, stride: Dim | null, k: number): ReturnType<Evaluator["address"]> {
    if (at.limit === null || k === 0) return this.addressOf(s, laneOf(at, lane, k));
    if (stride === null) throw new Unsupported("lanes that choose what they read");
    const known = wat.constantOf(at.limit);
    if (known !== null) return this.addressOf(s, laneOf(at, lane, k < known ? k : 0));
    const { pointer, offset } = this.addressOf(s, laneOf(at, lane, 0));
    const width = widthOf(s.element, this.given.precision);
    const moved = wat.times(this.dim(stride), wat.i32(k * width));
    const counts = wat.op("i32.gt_s", at.limit, wat.i32(k));
    return { pointer: wat.plus(pointer, wat.op("select", moved, wat.i32(0), counts)), offset };
  }

  /** Reals held in one mode, in the other. */
  #converted(from: Mode, locals: readonly string[], to: Mode): readonly string[] {
    if (from === to || this.lanes === 2) return locals;
    const codes = from === "narrow" ? [wat.get(locals[0]), upperHalf(wat.get(locals[0]))].map((half) => wat.op("f64x2.promote_low_f32x4", half)) : [this.demoted(locals)]; // prettier-ignore
    return codes.map((code) => {
      const local = this.w.local("as", "v128");
      this.w.add(wat.set(local, code));
      return local;
    });
  }

  /** Two vectors of doubles as one of singles. */
  demoted(locals: readonly string[]): Code {
    const [low, high] = locals.map((l) => wat.op("f32x4.demote_f64x2_zero", wat.get(l)));
    return wat.op("i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23", low, high);
  }

  /** Integers, one a 32-bit lane. */
  ints(s: Scalar, at: Position): string {
    return this.#vector(s, "ints", at, () => [this.#ints(s, at)])[0];
  }

  #ints(s: Scalar, at: Position): Code {
    if (!this.varies(s, at)) return wat.op("i32x4.splat", this.int(s, at));
    switch (s.kind) {
      case "variable": {
        const start = wat.plus(wat.get(s.name), wat.i32(at.offsets.get(s.name) ?? 0));
        return wat.op("i32x4.add", wat.op("i32x4.splat", start), wat.op("v128.const i32x4 0 1 2 3"));
      }
      case "affine": {
        const terms = s.terms.map(({ scalar, coefficient }) => {
          const x = wat.get(this.ints(scalar, at));
          const factor = this.dim(coefficient);
          return wat.constantOf(factor) === 1 ? x : wat.op("i32x4.mul", x, wat.op("i32x4.splat", factor));
        });
        const offset = this.dim(s.offset);
        if (wat.constantOf(offset) !== 0) terms.push(wat.op("i32x4.splat", offset));
        return terms.reduce((a, b) => wat.op("i32x4.add", a, b));
      }
      case "load": {
        const stride = at.lane === null ? null : strideOf(s.index, at.lane, this.dependence);
        if (s.element !== "index" || stride === null || dims.constantOf(stride) !== 1) throw new Unsupported("scattered integers"); // prettier-ignore
        const { pointer, offset } = this.addressOf(s, at);
        return wat.op(wat.access(this.lanes === 4 ? "v128.load" : "v128.load64_zero", offset), pointer);
      }
      case "choose": {
        if (hasGuarded(s)) throw new Unsupported("a guarded read");
        const mask = this.#mask32(s.condition, at);
        return wat.op("v128.bitselect", wat.get(this.ints(s.then, at)), wat.get(this.ints(s.else, at)), mask);
      }
      case "operation": {
        const name = { add: "add", subtract: "sub", multiply: "mul", maximum: "max_s", minimum: "min_s" }[
          s.operation as "add"
        ] as string | undefined;
        if (s.operation === "convert" && s.operands[0].element === "bool")
          return wat.op("v128.and", this.#mask32(s.operands[0], at), wat.op("v128.const i32x4 1 1 1 1"));
        if (name === undefined || s.operands.some((o) => o.element !== "index")) throw new Unsupported(s.operation);
        return wat.op(`i32x4.${name}`, ...s.operands.map((o) => wat.get(this.ints(o, at))));
      }
      default:
        throw new Unsupported(s.kind);
    }
  }

  /** A condition as masks that select among vectors of `mode`. */
  mask(s: Scalar, mode: Mode, at: Position): readonly string[] {
    return this.#vector(s, `mask ${mode}`, at, () => {
      if (!this.varies(s, at))
        return this.#repeat(mode, wat.op("i32x4.splat", wat.op("i32.sub", wat.i32(0), this.int(s, at))));
      return this.#mask(s, mode, at);
    });
  }

  #mask(s: Scalar, mode: Mode, at: Position): readonly Code[] {
    const shape = mode === "narrow" ? "f32x4" : "f64x2";
    if (s.kind === "operation") {
      const { operation, operands } = s;
      const ofBools = operands.every((o) => o.element === "bool");
      if (ofBools && (operation === "and" || operation === "or" || operation === "not" || operation === "equal")) {
        const masks = operands.map((o) => this.mask(o, mode, at));
        return masks[0].map((first, k) => {
          const [a, b] = [wat.get(first), wat.get((masks.at(1) ?? masks[0])[k])];
          if (operation === "not") return wat.op("v128.not", a);
          return operation === "equal" ? wat.op("v128.not", wat.op("v128.xor", a, b)) : wat.op(`v128.${operation}`, a, b); // prettier-ignore
        });
      }
      if (operands.some((o) => o.element === "real")) {
        const values = operands.map((o) => this.reals(o, mode, at).map(wat.get));
        return values[0].map((a, k) => {
          if (operation === "is_nan") return wat.op(`${shape}.ne`, a, a);
          if (operation === "is_finite")
            return wat.op(`${shape}.lt`, wat.op(`${shape}.abs`, a), splatted(mode, Infinity));
          const name = { equal: "eq", less: "lt", less_equal: "le" }[operation as "equal"] as string | undefined;
          if (name === undefined) throw new Unsupported(operation);
          return wat.op(`${shape}.${name}`, a, values[1][k]);
        });
      }
    }
    if (s.kind === "choose" && !hasGuarded(s)) {
      const [c, a, b] = [s.condition, s.then, s.else].map((o) => this.mask(o, mode, at));
      return c.map((m, k) => wat.op("v128.bitselect", wat.get(a[k]), wat.get(b[k]), wat.get(m)));
    }
    const mask = this.#mask32(s, at);
    if (mode === "narrow") return [mask];
    const local = this.w.local("mask", "v128");
    this.w.add(wat.set(local, mask));
    return Array.from({ length: this.parts(mode) }, (_, k) =>
      wat.op(`i64x2.extend_${k === 0 ? "low" : "high"}_i32x4_s`, wat.get(local)),
    );
  }

  /** A condition on integers or stored bools as a mask of 32-bit lanes. */
  #mask32(s: Scalar, at: Position): Code {
    if (!this.varies(s, at)) return wat.op("i32x4.splat", wat.op("i32.sub", wat.i32(0), this.int(s, at)));
    if (s.kind === "operation" && s.operands.every((o) => o.element === "index")) {
      const name = { equal: "eq", less: "lt_s", less_equal: "le_s" }[s.operation as "equal"] as string | undefined;
      if (name !== undefined) return wat.op(`i32x4.${name}`, ...s.operands.map((o) => wat.get(this.ints(o, at))));
    }
    if (s.kind === "operation" && s.operands.every((o) => o.element === "bool")) {
      const [a, b] = s.operands.map((o) => this.#mask32(o, at));
      if (s.operation === "not") return wat.op("v128.not", a);
      if (s.operation === "and" || s.operation === "or") return wat.op(`v128.${s.operation}`, a, b);
    }
    throw new Unsupported(`truth values of ${s.kind}`);
  }

  #vector(s: Scalar, form: string, at: Position, make: () => readonly Code[]): readonly string[] {
    return this.kept(s, form, at, "v128", make);
  }
}

/** A number in every lane. */
export function splatted(mode: Mode, value: number): Code {
  if (mode === "wide") {
    const text = wat.numeral(value);
    return wat.op(`v128.const f64x2 ${text} ${text}`);
  }
  const text = wat.numeral(Math.fround(value));
  return wat.op(`v128.const f32x4 ${text} ${text} ${text} ${text}`);
}

/** The upper two 32-bit lanes, as the lower two. */
function upperHalf(code: Code): Code {
  return wat.op("i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15", code, code);
}

/** The position of one lane. */
export function laneOf(at: Position, lane: string, k: number): Position {
  return { ...at, lane: null, offsets: new Map(at.offsets).set(lane, (at.offsets.get(lane) ?? 0) + k) };
}
