/** The small part of WebAssembly's text format that kernels are made of, as a syntax tree. */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export type Code =
  /** An instruction with its immediates, `v128.load offset=16`, and what it takes from the stack. */
  | { readonly kind: "plain"; readonly op: string; readonly operands: readonly Code[] }
  /** Runs again where a `continue` of its label does. */
  | { readonly kind: "loop" | "block"; readonly label: string; readonly body: readonly Code[] }
  | {
      readonly kind: "if";
      readonly condition: Code;
      readonly then: readonly Code[];
      readonly else: readonly Code[];
    }
  | { readonly kind: "comment"; readonly text: string };

export interface Local {
  readonly name: string;
  readonly type: ValueType;
}

export interface WasmFunction {
  readonly name: string;
  readonly exported: boolean;
  readonly parameters: readonly Local[];
  readonly result: ValueType | null;
  readonly locals: readonly Local[];
  readonly body: readonly Code[];
  /** Lines of the comment above it. */
  readonly comment: readonly string[];
}

/** Bytes that stand in memory from the start, and where. */
export interface DataSegment {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface WasmModule {
  readonly functions: readonly WasmFunction[];
  readonly globals: readonly Local[];
  readonly data: readonly DataSegment[];
  /** Says so to who starts it. */
  readonly relaxed: boolean;
}

export const op = (name: string, ...operands: readonly Code[]): Code => ({ kind: "plain", op: name, operands });
export const get = (local: string): Code => op(`local.get $${local}`);
export const set = (local: string, value: Code): Code => op(`local.set $${local}`, value);
export const i32 = (value: number): Code => op(`i32.const ${value}`);
export const call = (name: string, ...operands: readonly Code[]): Code => op(`call $${name}`, ...operands);
export const when = (condition: Code, then: readonly Code[], otherwise: readonly Code[] = []): Code => ({
  kind: "if",
  condition,
  then,
  else: otherwise,
});

/** `v128.load offset=16`; an offset of 0 is left out. */
export function access(name: string, offset: number): string {
  return offset === 0 ? name : `${name} offset=${offset}`;
}

/** The value of an `i32.const`, or null. */
export function constantOf(code: Code): number | null {
  if (code.kind !== "plain" || !code.op.startsWith("i32.const ")) return null;
  return Number(code.op.slice("i32.const ".length));
}

/** a + b, folded where both are known. */
export function plus(a: Code, b: Code): Code {
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== null && y !== null) return i32(x + y);
  if (x === 0) return b;
  return y === 0 ? a : op("i32.add", a, b);
}

/** a * b, folded where both are known. */
export function times(a: Code, b: Code): Code {
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== null && y !== null) return i32(x * y);
  if (x === 0 || y === 0) return i32(0);
  if (x === 1) return b;
  return y === 1 ? a : op("i32.mul", a, b);
}

/** A number as `f64.const`, `f32.const` take it. */
export function numeral(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * The code with every `multiply_add` (x * y + z, an instruction that there is not) spelled: as one that rounds as often as
 * the processor likes, or as two.
 */
export function withMultiplyAdd(code: Code, relaxed: boolean): Code {
  switch (code.kind) {
    case "comment":
      return code;
    case "loop":
    case "block":
      return { ...code, body: code.body.map((c) => withMultiplyAdd(c, relaxed)) };
    case "if":
      return {
        kind: "if",
        condition: withMultiplyAdd(code.condition, relaxed),
        then: code.then.map((c) => withMultiplyAdd(c, relaxed)),
        else: code.else.map((c) => withMultiplyAdd(c, relaxed)),
      };
    case "plain": {
      const operands = code.operands.map((c) => withMultiplyAdd(c, relaxed));
      const [shape, name] = code.op.split(".");
      if (name !== "multiply_add") return { ...code, operands };
      if (relaxed) return op(`${shape}.relaxed_madd`, ...operands);
      const [x, y, z] = operands;
      return op(`${shape}.add`, z, op(`${shape}.mul`, x, y));
    }
  }
}
