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

/** Throws RangeError where two of the arrays `arrays[keys[k]]` share memory. */
export function checkDistinct(arrays: object, keys: readonly string[], name: string): void {
  const values = arrays as Readonly<Record<string, ArrayBufferView>>;
  for (let k = 1; k < keys.length; k++) {
    for (let j = 0; j < k; j++) {
      if (!overlap(values[keys[k]], values[keys[j]])) continue;
      throw new RangeError(`${name}: ${keys[k]} overlaps ${keys[j]}: each result needs memory of its own`);
    }
  }
}

/** The array that the path numbered k leads to; each path in `keys` ends with an empty text. Allocates nothing. */
export function arrayAt(tree: object, keys: readonly string[], k: number): ArrayBufferView {
  let at: unknown = tree;
  let path = 0;
  for (let i = 0; i < keys.length && path <= k; i++) {
    if (keys[i] === "") path++;
    else if (path === k) at = (at as Readonly<Record<string, unknown>>)[keys[i]];
  }
  return at as ArrayBufferView;
}

/** Throws RangeError where two of the `count` arrays in a tree of objects share memory. */
export function checkTreeDistinct(tree: object, keys: readonly string[], count: number, name: string): void {
  for (let k = 1; k < count; k++) {
    for (let j = 0; j < k; j++) {
      if (!overlap(arrayAt(tree, keys, k), arrayAt(tree, keys, j))) continue;
      const paths = keys.join(".").slice(0, -1).split("..");
      throw new RangeError(`${name}: ${paths[k]} overlaps ${paths[j]}: each result needs memory of its own`);
    }
  }
}

/** The integer r >= 0 with r^power = value, or NaN. */
export function integerRoot(value: number, power: number): number {
  const root = Math.round(value ** (1 / power));
  return root ** power === value ? root : NaN;
}
