/**
 * Elementary functions in WebAssembly, from the programs that TypeScript's are: the same operations in the same order, so that
 * results are the same bits. Each comes for one double, and for the two of a vector: there both lanes go through
 * the program together as long as they take the same branches; where they part, each takes the scalar function.
 */
import type { MathExpression, MathProgram, MathStatement } from "./math-program.ts";
import { programsText, tablesText } from "./math.generated.ts";
import { Unsupported } from "./numbers.ts";
import * as wat from "./syntax.ts";
import type { Code, DataSegment, Local, ValueType, WasmFunction } from "./syntax.ts";

type Type = "real" | "int" | "bool";

interface Value {
  readonly type: Type;
  readonly code: Code;
}

/** Arrays of one number through which functions give a second result. */
const results: ReadonlyMap<string, number> = new Map([["lowPart", 1], ["reducedAngle", 2]]); // prettier-ignore

/** No kernel has a name with a dot. */
function ownName(name: string, vector: boolean): string {
  return `math.${name}${vector ? ".2" : ""}`;
}

/** Writes elementary functions as they are asked for. */
export class MathWriter {
  readonly #programs = JSON.parse(programsText) as Readonly<Record<string, MathProgram>>;
  readonly #tables = JSON.parse(tablesText) as Readonly<Record<string, readonly number[]>>;
  readonly #functions = new Map<string, WasmFunction | null>();
  readonly #places = new Map<string, number>();
  readonly #globals = new Map<string, ValueType>();
  readonly #from: number;
  readonly #to: number;
  #next: number;

  /** `from`, `to`: bytes of memory for tables. */
  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
    this.#next = from;
  }

  /** The function that computes `name`, of doubles or of vectors of two; null where it has no WebAssembly. */
  use(name: string, vector: boolean): string | null {
    const own = ownName(name, vector);
    const known = this.#functions.get(own);
    if (known !== undefined) return known === null ? null : own;
    const program = Object.hasOwn(this.#programs, name) ? this.#programs[name] : null;
    if (program === null) return null;
    // Functions do not call each other in circles.
    let made: WasmFunction | null;
    try {
      made = vector ? this.#vector(name, program) : new MathFunctionWriter(this, program, false).write(own, name);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      made = null;
    }
    this.#functions.set(own, made);
    return made === null ? null : own;
  }

  #vector(name: string, program: MathProgram): WasmFunction {
    if (this.use(name, false) === null) throw new Unsupported(name);
    try {
      return new MathFunctionWriter(this, program, true).write(ownName(name, true), name);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      return new MathFunctionWriter(this, { ...program, body: [] }, true).write(ownName(name, true), name);
    }
  }

  /** Where a table begins in memory, or the room for an array. */
  place(array: string): number {
    const known = this.#places.get(array);
    if (known !== undefined) return known;
    const length = Object.hasOwn(this.#tables, array) ? this.#tables[array].length : 16;
    const at = this.#next;
    this.#next += 16 * Math.ceil(length / 2);
    if (this.#next > this.#to) throw new Error("internal: tables take more memory than there is for them");
    this.#places.set(array, at);
    return at;
  }

  global(name: string, type: ValueType): string {
    this.#globals.set(name, type);
    return name;
  }

  /** Whether a function, or one that it calls, leaves something in an array of results. */
  leaves(name: string, array: string, seen = new Set<string>()): boolean {
    if (seen.has(name) || !Object.hasOwn(this.#programs, name)) return false;
    seen.add(name);
    const text = JSON.stringify(this.#programs[name]);
    if (text.includes(`"kind":"store","array":"${array}"`)) return true;
    return [...text.matchAll(/"kind":"call","name":"(\w+)"/g)].some(([, callee]) => this.leaves(callee, array, seen));
  }

  get functions(): readonly WasmFunction[] {
    return [...this.#functions.values()].filter((f) => f !== null);
  }

  get globals(): readonly Local[] {
    return [...this.#globals].map(([name, type]) => ({ name, type }));
  }

  get data(): readonly DataSegment[] {
    return [...this.#places].flatMap(([name, offset]) => {
      if (!Object.hasOwn(this.#tables, name)) return [];
      const bytes = new DataView(new ArrayBuffer(8 * this.#tables[name].length));
      this.#tables[name].forEach((value, k) => {
        bytes.setFloat64(8 * k, value, true);
      });
      return [{ name, offset, bytes: new Uint8Array(bytes.buffer) }];
    });
  }

  /** Bytes that tables take. */
  get size(): number {
    return this.#next - this.#from;
  }
}

/** One function under construction. Values that calls give or arrays hold are taken into locals at once: order is kept. */
class MathFunctionWriter {
  readonly #math: MathWriter;
  readonly #program: MathProgram;
  readonly #vector: boolean;
  readonly #locals = new Map<string, { readonly type: Type; readonly local: string }>();
  readonly #declared: Local[] = [];
  #code: Code[] = [];
  #name = "";
  #loops = 0;

  constructor(math: MathWriter, program: MathProgram, vector: boolean) {
    this.#math = math;
    this.#program = program;
    this.#vector = vector;
  }

  write(own: string, name: string): WasmFunction {
    this.#name = name;
    const { parameters, body } = this.#program;
    const type = this.#vector ? "v128" : "f64";
    for (const p of parameters) {
      // Where lanes part, the functions of one double begin again with what was given.
      this.#locals.set(p, { type: "real", local: `${p}_` });
      this.#declare(`${p}_`, "real");
      this.#code.push(wat.set(`${p}_`, wat.get(p)));
    }
    if (body.length === 0) this.#code.push(...this.#laneByLane());
    else this.#statements(body);
    return {
      name: own,
      exported: false,
      parameters: parameters.map((p) => ({ name: p, type })),
      result: type,
      locals: this.#declared,
      body: [...this.#code, wat.op("unreachable")],
      comment: [`${name}${this.#vector ? " of two" : ""}`],
    };
  }

  #declare(name: string, type: Type): string {
    const own = this.#vector ? "v128" : type === "real" ? "f64" : "i32";
    if (!this.#declared.some((l) => l.name === name)) this.#declared.push({ name, type: own });
    return name;
  }

  #temporary(value: Value): Value {
    const local = this.#declare(`t${this.#declared.length}`, value.type);
    this.#code.push(wat.set(local, value.code));
    return { type: value.type, code: wat.get(local) };
  }

  #inner(body: () => void): Code[] {
    const before = this.#code;
    this.#code = [];
    body();
    const inner = this.#code;
    this.#code = before;
    return inner;
  }

  #statements(body: readonly MathStatement[]): void {
    for (const s of body) this.#statement(s);
  }

  #statement(s: MathStatement): void {
    switch (s.kind) {
      case "let": {
        const value = s.value === null ? null : this.#expression(s.value);
        // A number that begins as an integer may become none.
        const type = value === null || s.value?.kind === "number" ? "real" : value.type;
        const local = this.#declare(`${s.name}$`, type);
        this.#locals.set(s.name, { type, local });
        if (value !== null) this.#code.push(wat.set(local, this.#as(type, value)));
        return;
      }
      case "set": {
        const target = this.#localOf(s.name);
        this.#code.push(wat.set(target.local, this.#as(target.type, this.#expression(s.value))));
        return;
      }
      case "store":
        this.#store(s.array, s.index, s.value);
        return;
      case "return":
        this.#code.push(wat.op("return", this.#as("real", this.#expression(s.value))));
        return;
      case "if":
        this.#branch(s.condition, s.then, s.else);
        return;
      case "loop": {
        if (this.#vector) throw new Unsupported("rounds of vectors");
        const label = `round${this.#loops++}`;
        const body = this.#inner(() => {
          const condition = this.#condition(s.condition);
          const inner = this.#inner(() => {
            this.#statements(s.body);
            this.#statement(s.step);
          });
          this.#code.push(wat.when(condition, [...inner, wat.op(`br $${label}`)]));
        });
        this.#code.push({ kind: "loop", label, body });
      }
    }
  }

  #branch(condition: MathExpression, then: readonly MathStatement[], otherwise: readonly MathStatement[]): void {
    const test = this.#expression(condition);
    if (test.type !== "bool") throw new Unsupported("a condition that is a number");
    const [yes, no] = [then, otherwise].map((body) => this.#inner(() => { this.#statements(body); })); // prettier-ignore
    if (!this.#vector) {
      this.#code.push(wat.when(test.code, yes, no));
      return;
    }
    const mask = this.#temporary(test).code;
    const all = wat.when(wat.op("i64x2.all_true", mask), yes, this.#laneByLane());
    this.#code.push(wat.when(wat.op("v128.any_true", mask), [all], no));
  }

  /** Returns what the function of one double gives for each lane. */
  #laneByLane(): Code[] {
    const { parameters } = this.#program;
    const [first, second] = [0, 1].map((k) =>
      wat.call(ownName(this.#name, false), ...parameters.map((p) => wat.op(`f64x2.extract_lane ${k}`, wat.get(p)))),
    );
    const local = this.#declare("lanes$", "real");
    const code: Code[] = [wat.set(local, wat.op("f64x2.splat", first))];
    const left: { readonly one: string; readonly two: string }[] = [];
    for (const [array, count] of results) {
      if (!this.#math.leaves(this.#name, array)) continue;
      for (let k = 0; k < count; k++)
        left.push({ one: this.#math.global(`${array}${k}`, "f64"), two: this.#math.global(`${array}${k}_2`, "v128") });
    }
    for (const { one, two } of left) code.push(wat.op(`global.set $${two}`, wat.op("f64x2.splat", wat.op(`global.get $${one}`)))); // prettier-ignore
    code.push(wat.set(local, wat.op("f64x2.replace_lane 1", wat.get(local), second)));
    for (const { one, two } of left)
      code.push(wat.op(`global.set $${two}`, wat.op("f64x2.replace_lane 1", wat.op(`global.get $${two}`), wat.op(`global.get $${one}`)))); // prettier-ignore
    return [...code, wat.op("return", wat.get(local))];
  }

  #localOf(name: string): { readonly type: Type; readonly local: string } {
    const known = this.#locals.get(name);
    if (known === undefined) throw new Unsupported(name);
    return known;
  }

  #condition(e: MathExpression): Code {
    const value = this.#expression(e);
    if (value.type !== "bool") throw new Unsupported("a condition that is a number");
    return value.code;
  }

  #as(type: Type, value: Value): Code {
    if (type === value.type) return value.code;
    if (type === "real" && value.type === "int") {
      return wat.op(this.#vector ? "f64x2.convert_low_i32x4_s" : "f64.convert_i32_s", value.code);
    }
    if (type === "int" && value.type === "real") {
      if (this.#vector) return wat.op("i32x4.trunc_sat_f64x2_s_zero", value.code);
      return wat.op("i32.wrap_i64", wat.op("i64.trunc_sat_f64_s", value.code));
    }
    throw new Unsupported(`${value.type} as ${type}`);
  }

  #real(e: MathExpression): Code {
    return this.#as("real", this.#expression(e));
  }

  /** An expression that bits are asked of: sums of integers stay integers, which wrap as the conversion of the exact sum does. */
  #int(e: MathExpression): Code {
    const known = e.kind === "number" ? e.value : null;
    if (typeof known === "number" && Number.isInteger(known)) return this.#integer(known | 0);
    if (e.kind === "binary" && (e.operator === "+" || e.operator === "-") && this.#isInt(e.left) && this.#isInt(e.right))
      return wat.op(`${this.#vector ? "i32x4" : "i32"}.${e.operator === "+" ? "add" : "sub"}`, this.#int(e.left), this.#int(e.right)); // prettier-ignore
    return this.#as("int", this.#expression(e));
  }

  #integer(value: number): Code {
    return this.#vector ? wat.op(`v128.const i32x4 ${value} ${value} ${value} ${value}`) : wat.i32(value);
  }

  #isInt(e: MathExpression): boolean {
    switch (e.kind) {
      case "number":
        return typeof e.value === "number" && Number.isInteger(e.value) && Math.abs(e.value) < 2 ** 32;
      case "local":
        return this.#locals.get(e.name)?.type === "int";
      case "element":
        return e.array === "doubleWords" || e.array === "powerWord";
      case "binary":
        if (e.operator === "+" || e.operator === "-") return this.#isInt(e.left) && this.#isInt(e.right);
        return ["&", "|", "<<", ">>"].includes(e.operator);
      default:
        return false;
    }
  }

  #expression(e: MathExpression): Value {
    const shape = this.#vector ? "f64x2" : "f64";
    switch (e.kind) {
      case "number": {
        const text = wat.numeral(Number(e.value));
        return { type: "real", code: wat.op(this.#vector ? `v128.const f64x2 ${text} ${text}` : `f64.const ${text}`) };
      }
      case "local": {
        const { type, local } = this.#localOf(e.name);
        return { type, code: wat.get(local) };
      }
      case "element":
        return this.#temporary(this.#element(e.array, e.index));
      case "call":
        return this.#temporary(this.#call(e.name, e.operands));
      case "unary": {
        const operand = this.#expression(e.operand);
        if (e.operator === "-") return { type: "real", code: wat.op(`${shape}.neg`, this.#as("real", operand)) };
        if (e.operator !== "!" || operand.type !== "bool") throw new Unsupported(e.operator);
        return { type: "bool", code: wat.op(this.#vector ? "v128.not" : "i32.eqz", operand.code) };
      }
      case "binary":
        return this.#binary(e.operator, e.left, e.right);
      case "choose": {
        const condition = this.#temporary(this.#expression(e.condition));
        if (condition.type !== "bool") throw new Unsupported("a condition that is a number");
        if (this.#vector) {
          const [a, b] = [e.then, e.else].map((branch) => this.#real(branch));
          return { type: "real", code: wat.op("v128.bitselect", a, b, condition.code) };
        }
        const local = this.#declare(`t${this.#declared.length}`, "real");
        const [then, otherwise] = [e.then, e.else].map((branch) =>
          this.#inner(() => {
            this.#code.push(wat.set(local, this.#real(branch)));
          }),
        );
        this.#code.push(wat.when(condition.code, then, otherwise));
        return { type: "real", code: wat.get(local) };
      }
    }
  }

  #binary(operator: string, left: MathExpression, right: MathExpression): Value {
    const [shape, ints] = this.#vector ? ["f64x2", "i32x4"] : ["f64", "i32"];
    const arithmetic = { "+": "add", "-": "sub", "*": "mul", "/": "div" }[operator];
    if (arithmetic !== undefined) {
      const a = this.#real(left);
      return { type: "real", code: wat.op(`${shape}.${arithmetic}`, a, this.#real(right)) };
    }
    if (operator === "%") {
      // By a power of two all of this is exact.
      if (right.kind !== "number" || right.value !== 2) throw new Unsupported("%");
      const x = this.#temporary({ type: "real", code: this.#real(left) }).code;
      const half = wat.op(`${shape}.trunc`, wat.op(`${shape}.mul`, x, this.#real({ kind: "number", value: 0.5 })));
      return { type: "real", code: wat.op(`${shape}.sub`, x, wat.op(`${shape}.mul`, half, this.#real(right))) };
    }
    if (operator === "&&" || operator === "||") {
      const [a, b] = [this.#expression(left), this.#expression(right)];
      if (a.type !== "bool" || b.type !== "bool") throw new Unsupported(operator);
      return { type: "bool", code: wat.op(`${this.#vector ? "v128" : "i32"}.${operator === "&&" ? "and" : "or"}`, a.code, b.code) }; // prettier-ignore
    }
    const bits = { "&": "and", "|": "or", "<<": "shl", ">>": "shr_s" }[operator];
    if (bits !== undefined) {
      const a = this.#int(left);
      const isShift = bits.startsWith("sh");
      if (isShift && right.kind !== "number") throw new Unsupported("a shift by a variable");
      const b = isShift && right.kind === "number" ? wat.i32(Number(right.value)) : this.#int(right);
      return { type: "int", code: wat.op(`${this.#vector && !isShift ? "v128" : ints}.${bits}`, a, b) };
    }
    const compare = { "<": "lt", ">": "gt", "<=": "le", ">=": "ge", "===": "eq", "!==": "ne" }[operator];
    if (compare === undefined) throw new Unsupported(operator);
    const [a, b] = [this.#expression(left), this.#expression(right)];
    if (a.type === "bool" && b.type === "bool") {
      const differ = wat.op(this.#vector ? "v128.xor" : "i32.xor", a.code, b.code);
      if (operator !== "===") return { type: "bool", code: differ };
      return { type: "bool", code: wat.op(this.#vector ? "v128.not" : "i32.eqz", differ) };
    }
    return { type: "bool", code: wat.op(`${shape}.${compare}`, this.#as("real", a), this.#as("real", b)) };
  }

  #call(name: string, operands: readonly MathExpression[]): Value {
    const shape = this.#vector ? "f64x2" : "f64";
    const given = operands.map((o) => this.#real(o));
    const own = { "Math.abs": "abs", "Math.floor": "floor", "Math.sqrt": "sqrt" }[name];
    if (own !== undefined) return { type: "real", code: wat.op(`${shape}.${own}`, ...given) };
    if (name === "Math.fround") {
      if (this.#vector) return { type: "real", code: wat.op("f64x2.promote_low_f32x4", wat.op("f32x4.demote_f64x2_zero", ...given)) }; // prettier-ignore
      return { type: "real", code: wat.op("f64.promote_f32", wat.op("f32.demote_f64", ...given)) };
    }
    if (name === "Object.is") {
      const [x, y] = given;
      if (this.#vector) return { type: "bool", code: wat.op("i64x2.eq", x, y) };
      return {
        type: "bool",
        code: wat.op("i64.eq", wat.op("i64.reinterpret_f64", x), wat.op("i64.reinterpret_f64", y)),
      };
    }
    const callee = this.#math.use(name, this.#vector);
    if (callee === null) throw new Unsupported(name);
    return { type: "real", code: wat.call(callee, ...given) };
  }

  /** Which half of a double an index of its words names; null where it names none. */
  #half(index: MathExpression): "high" | "low" | null {
    if (index.kind === "local" && index.name === "highWord") return "high";
    return index.kind === "binary" && index.operator === "-" ? "low" : null;
  }

  #bits(): string {
    if (this.#vector) return this.#declare("double$", "real");
    if (!this.#declared.some((l) => l.name === "double$")) this.#declared.push({ name: "double$", type: "i64" });
    return "double$";
  }

  #element(array: string, index: MathExpression): Value {
    const count = results.get(array);
    if (count !== undefined) {
      const type = this.#vector ? "v128" : "f64";
      const global = this.#math.global(`${array}${this.#place(index)}${this.#vector ? "_2" : ""}`, type);
      return { type: "real", code: wat.op(`global.get $${global}`) };
    }
    if (array === "powerValue") {
      const word = wat.get(this.#declare("single$", "int"));
      if (this.#vector) return { type: "real", code: wat.op("f64x2.promote_low_f32x4", word) };
      return { type: "real", code: wat.op("f64.promote_f32", wat.op("f32.reinterpret_i32", word)) };
    }
    if (array === "doubleValue") {
      const bits = wat.get(this.#bits());
      return { type: "real", code: this.#vector ? bits : wat.op("f64.reinterpret_i64", bits) };
    }
    if (array === "doubleWords") {
      if (this.#half(index) !== "high") throw new Unsupported("the low word");
      const bits = wat.get(this.#bits());
      // The upper words of both lanes, side by side.
      if (this.#vector) return { type: "int", code: wat.op("i8x16.shuffle 4 5 6 7 12 13 14 15 4 5 6 7 12 13 14 15", bits, bits) }; // prettier-ignore
      return { type: "int", code: wat.op("i32.wrap_i64", wat.op("i64.shr_s", bits, wat.op("i64.const 32"))) };
    }
    const base = this.#math.place(array);
    const at = this.#temporary({ type: "int", code: wat.op(this.#vector ? "i32x4.shl" : "i32.shl", this.#int(index), wat.i32(3)) }).code; // prettier-ignore
    if (!this.#vector) return { type: "real", code: wat.op(wat.access("f64.load", base), at) };
    const [first, second] = [0, 1].map((k) => wat.op(`i32x4.extract_lane ${k}`, at));
    const one = wat.op(wat.access("v128.load64_zero", base), first);
    return { type: "real", code: wat.op(`${wat.access("v128.load64_lane", base)} 1`, second, one) };
  }

  #place(index: MathExpression): number {
    if (index.kind !== "number") throw new Unsupported("a computed place");
    return Number(index.value);
  }

  #store(array: string, index: MathExpression, value: MathExpression): void {
    if (results.has(array)) {
      const type = this.#vector ? "v128" : "f64";
      const global = this.#math.global(`${array}${this.#place(index)}${this.#vector ? "_2" : ""}`, type);
      this.#code.push(wat.op(`global.set $${global}`, this.#real(value)));
      return;
    }
    if (array === "powerWord") {
      this.#code.push(wat.set(this.#declare("single$", "int"), this.#int(value)));
      return;
    }
    if (array === "doubleValue") {
      const code = this.#real(value);
      this.#code.push(wat.set(this.#bits(), this.#vector ? code : wat.op("i64.reinterpret_f64", code)));
      return;
    }
    if (array === "doubleWords") {
      const half = this.#half(index);
      const bits = this.#bits();
      const word = this.#int(value);
      const wide = wat.op(this.#vector ? "i64x2.extend_low_i32x4_u" : "i64.extend_i32_u", word);
      const mask = half === "high" ? "0xffffffff" : "0xffffffff00000000";
      const kept = this.#vector ? wat.op("v128.and", wat.get(bits), wat.op(`v128.const i64x2 ${mask} ${mask}`)) : wat.op("i64.and", wat.get(bits), wat.op(`i64.const ${mask}`)); // prettier-ignore
      const moved = half === "low" ? wide : this.#vector ? wat.op("i64x2.shl", wide, wat.i32(32)) : wat.op("i64.shl", wide, wat.op("i64.const 32")); // prettier-ignore
      this.#code.push(wat.set(bits, wat.op(this.#vector ? "v128.or" : "i64.or", kept, moved)));
      return;
    }
    if (this.#vector) throw new Unsupported(`stores to ${array}`);
    const base = this.#math.place(array);
    const at = wat.op("i32.shl", this.#int(index), wat.i32(3));
    this.#code.push(wat.op(wat.access("f64.store", base), at, this.#real(value)));
  }
}
