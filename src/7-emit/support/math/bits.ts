/**
 * What the other files stand on: views through which numbers are taken apart, powers of two, and exact error terms.
 *
 * All of this directory is written from exactly specified operations alone (+ - * / sqrt, abs, fround, bit views), so
 * that results are the same bits in every engine. Each declaration may be copied by itself into a generated module,
 * together with those it names.
 */

/** The bytes of one double. */
export const doubleBuffer = /* @__PURE__ */ new ArrayBuffer(8);

/** A double to be taken apart, seen as 32-bit halves by `doubleWords`. */
export const doubleValue = /* @__PURE__ */ new Float64Array(doubleBuffer);

/** The halves of `doubleValue`. */
export const doubleWords = /* @__PURE__ */ new Int32Array(doubleBuffer);

/** Which half of a double holds sign and exponent: 1 on little-endian machines. */
export const highWord = /* @__PURE__ */ (() => new Uint8Array(new Uint16Array([1]).buffer)[0])();

/** The bytes of one single. */
export const singleBuffer = /* @__PURE__ */ new ArrayBuffer(4);

/** A power of two, written as bits through `powerWord`: a 4-byte store and load, which processors forward. */
export const powerValue = /* @__PURE__ */ new Float32Array(singleBuffer);

/** The bits of `powerValue`. */
export const powerWord = /* @__PURE__ */ new Int32Array(singleBuffer);

/** Second result of the functions that return an unevaluated sum: the low part, read right after the call. */
export const lowPart = /* @__PURE__ */ new Float64Array(1);

/** ln 2 to 32 bits: its products with exponents are exact. */
export const ln2High = 6.9314718036912381649e-1;

/** ln 2 - ln2High. */
export const ln2Low = 1.90821492927058770002e-10;

/**
 * y * 2^n for an integer -1534 <= n <= 1535, exact, or rounded once where the result is subnormal.
 * Outside -1022 <= n <= 1023, |y| must lie between 2^-500 and 2^500, or y 2^n near 1.
 */
export function scaleByPowerOfTwo(y: number, n: number): number {
  if (n >= -126 && n <= 127) {
    powerWord[0] = (n + 127) << 23;
    return y * powerValue[0];
  }
  if (n > 1023) {
    y *= 1.3407807929942597e154; // 2^512
    n -= 512;
  } else if (n < -1022) {
    y *= 7.458340731200207e-155; // 2^-512
    n += 512;
  }
  doubleWords[1 - highWord] = 0;
  doubleWords[highWord] = (n + 1023) << 20;
  return y * doubleValue[0];
}

/** The integer k for which x / 2^k lies in [sqrt(1/2), sqrt(2)), up to 2^-20; x positive, finite and normal. */
export function binaryExponent(x: number): number {
  doubleValue[0] = x;
  return (doubleWords[highWord] - 0x3fe6a09e) >> 20;
}

/** (a + b) - s exactly, for s = a + b rounded (Knuth, TAOCP 2, 4.2.2). */
export function sumError(a: number, b: number, s: number): number {
  const t = s - a;
  return a - (s - t) + (b - t);
}

/**
 * a * b - p exactly, for p = a * b rounded, where neither overflows nor the error underflows (Veltkamp, Dekker 1971).
 */
export function productError(a: number, b: number, p: number): number {
  const ta = 134217729 * a; // 2^27 + 1
  const aHigh = ta - (ta - a);
  const aLow = a - aHigh;
  const tb = 134217729 * b;
  const bHigh = tb - (tb - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - p + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** (n + nLow) / (d + dLow), within 0.51 ulp; the part that rounding leaves off goes to `lowPart`. */
export function quotientOfSums(n: number, nLow: number, d: number, dLow: number): number {
  const q = n / d;
  const p = q * d;
  const rest = (n - p - productError(q, d, p) + nLow - q * dLow) / d;
  const sum = q + rest;
  lowPart[0] = q - sum + rest;
  return sum;
}
