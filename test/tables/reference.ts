// Reads the tables that torch/*.py made; torch/table.py says what they hold.
import { readFileSync } from "node:fs";

type Entry = number | string | null;

export interface Packed {
  shape: number[];
  data: Entry[];
  kind?: string;
}

export interface Case {
  expression: string;
  inputs: Record<string, Packed>;
  value: Packed;
  cotangent?: Packed;
  gradient?: Record<string, Packed>;
  departs?: { at: string; torch: Entry; why: string }[];
}

export function readTable(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`torch/${name}.json`, import.meta.url), "utf8"));
}

/** A number of a table. */
export function entry(value: Entry): number {
  if (value === null) return NaN;
  if (typeof value === "number") return value;
  return value === "-0" ? -0 : value === "inf" ? Infinity : value === "-inf" ? -Infinity : NaN;
}

/** What a generated f64 function takes for these numbers. */
export function argument({ shape, data, kind }: Packed): number | Float64Array | Int32Array {
  const [only] = data;
  if (shape.length === 0) return entry(only ?? null);
  return kind === undefined ? Float64Array.from(data, entry) : Int32Array.from(data, entry);
}

/** The type of these numbers in a signature, with its colon; nothing for a real scalar. */
export function annotation({ shape, kind }: Packed): string {
  const brackets = shape.length === 0 ? "" : `[${shape.join(", ")}]`;
  return kind === undefined && brackets === "" ? "" : `: ${kind ?? ""}${brackets}`;
}

/**
 * The same inputs with one symbolic dim n: the first axis of the first tensor, and all others of that length. Undefined where there is no
 * such axis, or where lengths do not tell n.
 */
export function withSymbol(inputs: Record<string, Packed>): { n: number; annotate: (packed: Packed) => string } | undefined {
  const first = Object.values(inputs).find(({ shape }) => shape.length > 0);
  const [n = 1, ...rest] = first?.shape ?? [];
  const bounds = Object.values(inputs).map(({ kind }) => kind);
  if (n === 1 || rest.includes(0) || bounds.includes(`index(${n})`)) return undefined;
  return {
    n,
    annotate: (packed) => annotation(packed).replace(/\[.*\]/, `[${packed.shape.map((d) => (d === n ? "n" : d)).join(", ")}]`),
  };
}

/** How near a result has to be: a part of the number itself plus a part of `scale`, and whether the sign of 0 counts. */
export interface Tolerance {
  relative: number;
  absolute: number;
  signOfZero: boolean;
}

const typeNames: Partial<Record<string, [scalar: string, tensor: string]>> = {
  bool: ["boolean", "Uint8Array"],
  index: ["number", "Int32Array"],
};

function typeName(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}

/** The first entry that is not as the table has it, in words; undefined when all are. Entries that the table leaves open are passed over. */
export function difference(found: unknown, expected: Packed, tolerance: Tolerance): string | undefined {
  const type = typeName(found);
  if (expected.kind !== undefined && type !== typeNames[expected.kind]?.[expected.shape.length === 0 ? 0 : 1]) {
    return `is a ${type}`;
  }
  const numbers = ArrayBuffer.isView(found) ? Array.from(found as unknown as ArrayLike<number>) : [Number(found)];
  if (ArrayBuffer.isView(found) !== expected.shape.length > 0) return `a ${typeof found} for shape [${expected.shape.join(", ")}]`;
  if (numbers.length !== expected.data.length) return `${numbers.length} entries instead of ${expected.data.length}`;
  for (const [i, open] of expected.data.entries()) {
    if (open === null) continue;
    const want = entry(open);
    const have = numbers[i] ?? NaN;
    const near =
      Object.is(have, want) ||
      (have === want && (want !== 0 || !tolerance.signOfZero)) ||
      (want !== 0 && Math.abs(have - want) <= tolerance.relative * Math.abs(want) + tolerance.absolute) ||
      (want === 0 && have !== 0 && Math.abs(have) <= tolerance.absolute);
    if (!near) return `entry ${i}: ${Object.is(have, -0) ? "-0" : have} instead of ${Object.is(want, -0) ? "-0" : want}`;
  }
  return undefined;
}

/** A tensor of doubles of a safetensors file. */
export function savedTensor(bytes: Uint8Array, name: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, { dtype: string; data_offsets: [number, number] }>; // prettier-ignore
  const entry = header[name] as (typeof header)[string] | undefined;
  if (entry?.dtype !== "F64") throw new Error(`${name} is not among ${Object.keys(header).join(", ")} as doubles`);
  return new Float64Array(bytes.slice(start + entry.data_offsets[0], start + entry.data_offsets[1]).buffer);
}
