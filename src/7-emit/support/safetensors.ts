/**
 * Reading and writing the safetensors format: eight bytes with the length of a JSON header, the header (name -> dtype,
 * shape, offsets into what follows), the tensors in little-endian row-major order.
 */
import { checkKeys, described } from "./checks.ts";

/** A tensor of a model, as it is saved and loaded. */
export interface TensorSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly array: Float32Array | Float64Array;
  /** A file without it is refused; otherwise the tensor is reset and reported. */
  readonly required: boolean;
}

/** The bytes of a file that holds the tensors in the order given, and texts by name. */
export function saveTensors(slots: readonly TensorSlot[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let size = 0;
  for (const { name, shape, array } of slots) {
    const bytes = array.length * array.BYTES_PER_ELEMENT;
    entries.push([
      name,
      { dtype: array instanceof Float32Array ? "F32" : "F64", shape, data_offsets: [size, size + bytes] },
    ]);
    size += bytes;
  }
  const text = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",")}}`;
  const json = new TextEncoder().encode(text);
  // The header is filled with spaces, so that the tensors begin at a multiple of 8.
  const header = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + header + size);
  const view = new DataView(file.buffer);
  view.setUint32(0, header, true);
  file.fill(32, 8, 8 + header);
  file.set(json, 8);
  let at = 8 + header;
  for (const { array } of slots) {
    const wide = array instanceof Float64Array;
    for (let i = 0; i < array.length; i++) {
      if (wide) view.setFloat64(at, array[i], true);
      else view.setFloat32(at, array[i], true);
      at += array.BYTES_PER_ELEMENT;
    }
  }
  return file;
}

/** An entry of a file's header. */
interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** How many bytes an element of each type has. */
const bytesOfType: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/**
 * Reads tensors by name. Everything is checked before anything changes; `beforeChange`, which gets the file's metadata and
 * may still throw, runs in between. `options.rename` says under which name the file has a tensor; `.T` after it means that
 * the file has it transposed.
 * Throws Error (what the file is or lacks) and TypeError (wrong arguments).
 */
export function loadTensors(
  bytes: unknown,
  slots: readonly TensorSlot[],
  options: { readonly rename?: Readonly<Record<string, string>> } | undefined,
  beforeChange: (metadata: Readonly<Record<string, string>>) => void,
): { reset: string[]; unknown: string[] } {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`load: expected the bytes of a safetensors file as a Uint8Array, found ${described(bytes)}`);
  }
  const rename = renamesOf(options, slots);
  const { stored, metadata, data } = readHeader(bytes);
  const used = new Set<string>();
  const reset: string[] = [];
  const found: { slot: TensorSlot; values: Float64Array }[] = [];
  for (const slot of slots) {
    const asked = Object.hasOwn(rename, slot.name) ? rename[slot.name] : slot.name;
    const plain = stored.get(asked);
    const transposed = plain === undefined && asked.endsWith(".T");
    const name = transposed ? asked.slice(0, -2) : asked;
    const tensor = plain ?? stored.get(name);
    if (tensor === undefined) {
      if (slot.required) throw new Error(`load: the file has no tensor ${name}`);
      reset.push(slot.name);
      continue;
    }
    used.add(name);
    found.push({ slot, values: readTensor(data, name, tensor, slot.shape, transposed) });
  }
  beforeChange(metadata);
  for (const { slot, values } of found) slot.array.set(values);
  return { reset, unknown: [...stored.keys()].filter((name) => !used.has(name)) };
}

/** The option `rename`, after checks: texts by names that the model has. */
function renamesOf(options: unknown, slots: readonly TensorSlot[]): Readonly<Record<string, string>> {
  if (options === undefined) return {};
  checkKeys(options, ["rename"], "load: options");
  const { rename } = options as { rename?: unknown };
  if (rename === undefined) return {};
  if (typeof rename !== "object" || rename === null) {
    throw new TypeError(`load: rename: expected an object of names by name, found ${described(rename)}`);
  }
  for (const [key, name] of Object.entries(rename) as [string, unknown][]) {
    if (!slots.some((slot) => slot.name === key)) throw new TypeError(`load: rename: the model has no tensor ${key}`);
    if (typeof name !== "string") {
      throw new TypeError(`load: rename: ${key}: expected the name in the file, found ${described(name)}`);
    }
  }
  return rename as Readonly<Record<string, string>>;
}

/** The seed or step that a file's metadata give; `otherwise` where they give none. Throws where it is no such number. */
export function counterIn(metadata: Readonly<Record<string, string>>, key: "seed" | "step", otherwise: number): number {
  if (!Object.hasOwn(metadata, key)) return otherwise;
  const value = /^-?\d+$/.test(metadata[key]) ? Number(metadata[key]) : NaN;
  if (!Number.isSafeInteger(value) || (key === "step" && value < 0)) {
    throw new Error(
      `load: the metadata's ${key} is ${JSON.stringify(metadata[key])}, which is no integer that can be one`,
    );
  }
  return value;
}

/** The header of a file, every entry checked against the bytes that there are. */
function readHeader(bytes: Uint8Array): {
  readonly stored: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: DataView;
} {
  if (bytes.length < 8) throw new Error(`load: not a safetensors file: ${String(bytes.length)} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > bytes.length - 8) {
    throw new Error(`load: the header is said to have ${String(length)} bytes, the file has ${String(bytes.length)}`);
  }
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch {
    throw new Error("load: not a safetensors file: the header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error("load: not a safetensors file: the header is not an object");
  }
  const repeated = repeatedKey(text);
  if (repeated !== null) throw new Error(`load: the header names ${repeated} twice`);
  const size = bytes.length - 8 - length;
  const stored = new Map<string, StoredTensor>();
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header as Record<string, unknown>)) {
    if (name === "__metadata__") {
      const isText = (value: unknown): value is string => typeof value === "string";
      if (typeof entry !== "object" || entry === null || Array.isArray(entry) || !Object.values(entry).every(isText)) {
        throw new Error("load: __metadata__ of the header: expected texts by name");
      }
      Object.assign(metadata, entry);
    } else {
      stored.set(name, readEntry(name, entry, size));
    }
  }
  // By the specification the tensors cover the data without holes.
  let end = 0;
  let last = "";
  for (const [name, { from, to }] of [...stored].sort(([, a], [, b]) => a.from - b.from || a.to - b.to)) {
    if (from < end) throw new Error(`load: tensors ${last} and ${name} overlap`);
    if (from > end) throw new Error(`load: bytes ${String(end)} to ${String(from)} of the data belong to no tensor`);
    end = to;
    last = name;
  }
  if (end < size) throw new Error(`load: bytes ${String(end)} to ${String(size)} of the data belong to no tensor`);
  return { stored, metadata, data: new DataView(bytes.buffer, bytes.byteOffset + 8 + length, size) };
}

/** A key that a JSON object has twice, where JSON.parse would take the later one; null if there is none. */
function repeatedKey(json: string): string | null {
  const keys = new Set<string>();
  let depth = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token.endsWith(":")) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

function readEntry(name: string, entry: unknown, size: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const isSize = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
  const valid =
    typeof dtype === "string" &&
    Array.isArray(shape) &&
    shape.every(isSize) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isSize);
  if (!valid) throw new Error(`load: tensor ${name}: a dtype, a shape and two data_offsets are needed`);
  if (!Object.hasOwn(bytesOfType, dtype)) throw new Error(`load: tensor ${name}: unknown type ${dtype}`);
  const sizes = shape as readonly number[];
  const [from, to] = offsets as readonly number[];
  const needed = sizes.reduce((p, n) => p * n, bytesOfType[dtype]);
  if (to < from || to > size || to - from !== needed) {
    throw new Error(
      `load: tensor ${name}: [${sizes.join(", ")}] of ${dtype} needs ${String(needed)} bytes, ` +
        `its offsets are ${String(from)} to ${String(to)} of ${String(size)}`,
    );
  }
  return { dtype, shape: sizes, from, to };
}

/** The values of a tensor in the wanted orientation. */
function readTensor(
  data: DataView,
  name: string,
  tensor: StoredTensor,
  wanted: readonly number[],
  transposed: boolean,
): Float64Array {
  const shape = transposed ? [...tensor.shape.slice(0, -2), ...tensor.shape.slice(-2).reverse()] : tensor.shape;
  if (shape.length !== wanted.length || shape.some((n, k) => n !== wanted[k])) {
    const kind = transposed ? "transposed " : "";
    throw new Error(`load: tensor ${name} is ${kind}[${shape.join(", ")}], the model's is [${wanted.join(", ")}]`);
  }
  const count = shape.reduce((p, n) => p * n, 1);
  const width = bytesOfType[tensor.dtype];
  const values = new Float64Array(count);
  const rows = shape.at(-2) ?? 1;
  const columns = shape.at(-1) ?? 1;
  for (let i = 0; i < count; i++) {
    // In a transposed file the element (r, c) stands at (c, r).
    const inner = i % (rows * columns);
    const at = transposed ? i - inner + (inner % columns) * rows + Math.floor(inner / columns) : i;
    values[i] = readElement(data, tensor.dtype, tensor.from + at * width);
  }
  return values;
}

function readElement(data: DataView, dtype: string, at: number): number {
  switch (dtype) {
    case "F64":
      return data.getFloat64(at, true);
    case "F32":
      return data.getFloat32(at, true);
    case "F16":
      return halfToNumber(data.getUint16(at, true));
    case "BF16": {
      // bfloat16 is the upper half of an f32.
      const word = new DataView(new ArrayBuffer(4));
      word.setUint32(0, data.getUint16(at, true) * 2 ** 16);
      return word.getFloat32(0);
    }
    case "I64":
      return data.getUint32(at, true) + data.getInt32(at + 4, true) * 2 ** 32;
    case "U64":
      return data.getUint32(at, true) + data.getUint32(at + 4, true) * 2 ** 32;
    case "I32":
      return data.getInt32(at, true);
    case "U32":
      return data.getUint32(at, true);
    case "I16":
      return data.getInt16(at, true);
    case "U16":
      return data.getUint16(at, true);
    case "I8":
      return data.getInt8(at);
    default:
      return data.getUint8(at);
  }
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(bits / 1024) % 32;
  const fraction = bits % 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
