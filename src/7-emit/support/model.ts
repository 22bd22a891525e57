/** What generated models share: options, capacities, parameters given by name, staged index inputs. */
import { described, withArticle } from "./checks.ts";

/** Any array of integers that serves as an index input. */
export type Integers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A capacity option: an integer >= 1. Throws TypeError where it is missing, RangeError where it is no such number. */
export function capacityOf(value: unknown, name: string, create: string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${create}: option ${name}: expected a number, found ${described(value)}`);
  }
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${create}: option ${name}: expected an integer >= 1, found ${String(value)}`);
  }
  return value;
}

/** The error for a call with more than a model was created for. `needed`: every capacity that the call needs. */
export function capacityError(create: string, needed: Readonly<Record<string, number>>): RangeError {
  const options = Object.entries(needed).map(([name, size]) => `${name}: ${String(size)}`);
  return new RangeError(`larger than what the model was created for: use ${create}({ ${options.join(", ")} })`);
}

/** Throws where options ask for what the module does not hold. */
export function checkEngine(
  options: { readonly engine?: string; readonly wasm?: unknown; readonly threads?: number } | undefined,
  create: string,
): void {
  if (options?.engine !== undefined && options.engine !== "ts") {
    throw new Error(`${create}: engine ${options.engine} is not in this module: it was compiled with --target ts`);
  }
  if (options?.threads !== undefined && options.threads !== 1) {
    throw new Error(`${create}: threads: this module runs on 1 thread, found ${String(options.threads)}`);
  }
}

/** Copies an index input, refusing what is no integer array and what is not 0 .. bound - 1. */
export function stageIndices(values: unknown, staged: Int32Array, bound: number, name: string, shape: string): void {
  if (!isIntegers(values)) {
    throw new TypeError(`${name}: expected an Int32Array of shape ${shape}, found ${described(values)}`);
  }
  if (values.length > staged.length) return; // Refused by the check of its length.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < 0 || value >= bound) {
      throw new RangeError(`${name}[${String(i)}] is ${String(value)}: expected an integer 0 <= i < ${String(bound)}`);
    }
    staged[i] = value;
  }
}

/** Whether a value is a typed array of integers of at most 32 bits. */
export function isIntegers(value: unknown): value is Integers {
  return (
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Uint16Array ||
    value instanceof Int16Array ||
    value instanceof Int8Array ||
    value instanceof Uint32Array
  );
}

/** Throws TypeError where an index input is not an array of integers. */
export function checkIntegers(values: unknown, name: string, shape: string): void {
  if (!isIntegers(values)) {
    throw new TypeError(`${name}: expected an Int32Array of shape ${shape}, found ${described(values)}`);
  }
}

/** Copies arrays given by name into those of a model, after all of them were checked. `all`: each name must be given. */
export function setArrays(target: object, given: unknown, name: string, all: boolean): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${name}: expected an object of arrays by name, found ${described(given)}`);
  }
  const arrays = target as Readonly<Record<string, Float32Array | Float64Array>>;
  const values = given as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(values)) {
    if (!Object.hasOwn(arrays, key)) {
      throw new TypeError(`${name}: unknown key ${key}: expected ${Object.keys(arrays).join(", ")}`);
    }
  }
  for (const key in arrays) {
    // A parameter may be called `constructor`, which every object has.
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    const wanted = arrays[key];
    if (value === undefined && !all) continue;
    if (!(value instanceof wanted.constructor)) {
      throw new TypeError(
        `${name}: ${key}: expected ${withArticle(wanted.constructor.name)}, found ${described(value)}`,
      );
    }
    const found = (value as typeof wanted).length;
    if (found !== wanted.length) {
      throw new RangeError(`${name}: ${key}: needs ${String(wanted.length)} elements, found ${String(found)}`);
    }
  }
  for (const key in arrays) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value !== undefined) arrays[key].set(value as Float32Array | Float64Array);
  }
}

/** Throws where a parameter that has no initial value was never given: it still holds the NaN that it began with. */
export function checkGiven(values: Float32Array | Float64Array, path: string, model: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      throw new Error(
        `${model}: the frozen parameter ${path} has no value yet: give it in params, by load() or with .set()`,
      );
    }
  }
}

/** A copy of arrays given by name. */
export function copyArrays<P extends object>(given: P | undefined): P | undefined {
  if (given === undefined) return undefined;
  const entries = Object.entries(given).filter(([, array]) => array !== undefined);
  return Object.fromEntries(entries.map(([name, array]) => [name, (array as Float32Array).slice()])) as P;
}

/** Throws where a seed is not an integer. */
export function checkSeed(seed: unknown, where: string): void {
  if (typeof seed !== "number") throw new TypeError(`${where}: seed: expected a number, found ${described(seed)}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${where}: seed: expected an integer, found ${String(seed)}`);
}
