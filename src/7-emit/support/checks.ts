/** How generated modules refuse wrong calls, before anything is changed. */

/** `a Float64Array`, `an Int32Array`: of names in which a leading U is spoken as in Uint8Array. */
export function withArticle(name: string): string {
  return `${/^[AEIO]/i.test(name) ? "an" : "a"} ${name}`;
}

/** What a value is, for an error message: `null`, `a string`, `an Int32Array`. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return withArticle(typeof value);
  // Objects need not have a constructor.
  const name: unknown = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "Object" && name !== "" ? withArticle(name) : "an object";
}

/** Throws TypeError where `value` is not of the JavaScript type `type`. */
export function checkType(value: unknown, type: "number" | "boolean", name: string): void {
  if (typeof value !== type) throw wrongType(value, type, name);
}

/** The error for a value that is not of the JavaScript type `type`. */
export function wrongType(value: unknown, type: "number" | "boolean", name: string): TypeError {
  return new TypeError(`${name}: expected a ${type}, found ${described(value)}`);
}

/** Throws TypeError where `value` is not an array of `type`; `shape` is the argument's, for the message. */
export function checkArray(
  value: unknown,
  type: abstract new (...args: never[]) => unknown,
  name: string,
  shape: string,
): void {
  if (!(value instanceof type)) {
    throw new TypeError(`${name}: expected ${withArticle(type.name)} of shape ${shape}, found ${described(value)}`);
  }
}

/** The error for an array whose length does not fit its shape. */
export function misfit(name: string, shape: string, found: number): RangeError {
  return new RangeError(`${name}: shape ${shape} does not fit an array of ${String(found)} elements`);
}

/** Throws RangeError where an array of shape `shape` does not have the `wanted` elements. */
export function checkLength(found: number, wanted: number, name: string, shape: string): void {
  if (found !== wanted) {
    throw new RangeError(`${name}: shape ${shape} needs ${String(wanted)} elements, found ${String(found)}`);
  }
}

/** Throws RangeError where a dimension is not an integer >= 0. */
export function checkDimension(value: unknown, name: string): void {
  if (typeof value !== "number") {
    throw new TypeError(`dimension ${name}: expected a number, found ${described(value)}`);
  }
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`dimension ${name}: expected an integer >= 0, found ${String(value)}`);
  }
}

/** Throws RangeError where `value` is not an integer 0 .. bound - 1. */
export function checkIndex(value: number, bound: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value >= bound) {
    throw new RangeError(`${name} is ${String(value)}: expected an integer 0 <= ${name} < ${String(bound)}`);
  }
}

/** Throws RangeError at the first element that is not 0 .. bound - 1. */
export function checkIndices(values: ArrayLike<number>, bound: number, name: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < 0 || value >= bound) {
      throw new RangeError(`${name}[${String(i)}] is ${String(value)}: expected an integer 0 <= i < ${String(bound)}`);
    }
  }
}

/** Throws TypeError where `value` is no object, or has a key that is not one of `keys`. */
export function checkKeys(value: unknown, keys: readonly string[], name: string): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: expected an object with ${keys.join(", ")}, found ${described(value)}`);
  }
  // for-in: Object.keys would allocate. What others added to Object.prototype was not given.
  for (const key in value) {
    if (!keys.includes(key) && Object.hasOwn(value, key))
      throw new TypeError(`${name}: unknown key ${key}: expected ${keys.join(", ")}`);
  }
}

/** Whether two arrays share memory. */
function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Throws RangeError where two arrays share memory. */
export function checkApart(out: ArrayBufferView, outName: string, input: ArrayBufferView, inputName: string): void {
  if (overlap(out, input)) throw new RangeError(`${outName} overlaps ${inputName}: results need memory of their own`);
}

/** Throws RangeError where an array lies in the memory of a model. */
export function checkOutside(array: ArrayBufferView, name: string, memory: ArrayBuffer): void {
  if (array.buffer === memory) throw new RangeError(`${name} is memory of the model itself: give an array of your own`);
}

/** The arrays of a call while `checkDistinct` compares them: kept, so that a call allocates nothing. */
const compared: (ArrayBufferView | null)[] = [];

/** Puts the result numbered k among those that `checkDistinct` compares. */
export function compareResult(array: ArrayBufferView, k: number): void {
  compared[k] = array;
}

/** Throws RangeError where two of the results that were put here share memory; `names` has a name for each. */
export function checkDistinct(names: readonly string[], name: string): void {
  let fault = "";
  for (let k = 1; k < names.length; k++) {
    const array = compared[k];
    for (let j = 0; j < k; j++) {
      const other = compared[j];
      if (array !== null && other !== null && overlap(array, other)) fault = `${names[k]} overlaps ${names[j]}`;
    }
  }
  // The module keeps no memory of its callers alive.
  compared.fill(null);
  if (fault !== "") throw new RangeError(`${name}: ${fault}: each result needs memory of its own`);
}

/** Whether an object has a member, of its own or inherited. Throws TypeError where it has not, and can get none. */
export function hasMember(out: object, key: string, name: string): boolean {
  if (key in out) return true;
  if (!Object.isExtensible(out)) throw new TypeError(`${name}: ${key} cannot be added: the object is frozen or sealed`);
  return false;
}

/** The integer r >= 0 with r^power = value, or NaN. */
export function integerRoot(value: number, power: number): number {
  const root = Math.round(value ** (1 / power));
  return root ** power === value ? root : NaN;
}
