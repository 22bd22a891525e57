/** Scratch memory of functions that need temporaries: one grow-only buffer a type and module, no allocation per call. */

const floatScratch = { memory: /* @__PURE__ */ new Float32Array(0) };

/** At least `size` floats, contents arbitrary. */
export function reserveFloats(size: number): Float32Array {
  if (floatScratch.memory.length < size) floatScratch.memory = new Float32Array(size);
  return floatScratch.memory;
}

const doubleScratch = { memory: /* @__PURE__ */ new Float64Array(0) };

/** At least `size` doubles, contents arbitrary. */
export function reserveDoubles(size: number): Float64Array {
  if (doubleScratch.memory.length < size) doubleScratch.memory = new Float64Array(size);
  return doubleScratch.memory;
}

const integerScratch = { memory: /* @__PURE__ */ new Int32Array(0) };

/** At least `size` integers, contents arbitrary. */
export function reserveIntegers(size: number): Int32Array {
  if (integerScratch.memory.length < size) integerScratch.memory = new Int32Array(size);
  return integerScratch.memory;
}

const flagScratch = { memory: /* @__PURE__ */ new Uint8Array(0) };

/** At least `size` truth values, contents arbitrary. */
export function reserveFlags(size: number): Uint8Array {
  if (flagScratch.memory.length < size) flagScratch.memory = new Uint8Array(size);
  return flagScratch.memory;
}
