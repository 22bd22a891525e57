import { ln2High, ln2Low, lowPart, powerValue, powerWord, scaleByPowerOfTwo, sumError } from "./bits.ts";

/** 2^(j / 64) for j = 0 .. 63, within 4e-16: products of the repeated square roots of 2. */
export const powersOfRoot64 = /* @__PURE__ */ (() => {
  const table = new Float64Array(64).fill(1);
  let root = 2;
  for (let bit = 32; bit > 0; bit >>= 1) {
    root = Math.sqrt(root);
    for (let j = bit; j < 64; j += 2 * bit) table[j] = table[j - bit] * root;
  }
  return table;
})();

/**
 * e^x with relative error below 2^-36 (2^-33 where |x| > 87): 2^(n/64) from a table times a cubic (after Tang, ACM TOMS
 * 15, 1989). What lies far from 0, as in a saturated softmax, is the y power of e^(x/8).
 */
export function expF32(x: number): number {
  let y = x;
  if (!(x > -87 && x < 88)) {
    if (x < -746) return 0;
    if (!(x > -690 && x < 700)) return expF64(x);
    y = x * 0.125;
  }
  // Adding and subtracting 1.5 * 2^52 rounds to an integer.
  const n = y * 92.33248261893498 + 6755399441055744 - 6755399441055744; // 64 / ln 2
  const r = y - n * 0.010830424696249145; // ln(2) / 64
  powerWord[0] = ((n >> 6) + 127) << 23;
  const scale = powersOfRoot64[n & 63] * powerValue[0];
  let e = scale + scale * r * (1 + r * (0.500000916392071 + r * 0.1666668499450425));
  if (y !== x) {
    e *= e;
    e *= e;
    e *= e;
  }
  return e;
}

/** (e^r - 1 - r - r^2/2) / r^3 for |r| < 0.3475, within 2^-56: Chebyshev fit. */
export function expRemainder(r: number): number {
  let p = 2.0911414421956654e-9;
  p = p * r + 2.5100634461878497e-8;
  p = p * r + 2.755728259480407e-7;
  p = p * r + 2.7557267935231926e-6;
  p = p * r + 2.48015873173863e-5;
  p = p * r + 0.00019841269863392214;
  p = p * r + 0.0013888888888886504;
  p = p * r + 0.008333333333329994;
  p = p * r + 0.041666666666666664;
  p = p * r + 0.16666666666666669;
  return p;
}

/**
 * e^(x + xLow) * 2^shift, for |xLow| below an ulp of x: within 0.6 ulp, 1 ulp where subnormal (Cody and Waite's
 * reduction by ln 2).
 * Where the result is above 2^-950 the part that rounding leaves off goes to `lowPart`.
 */
export function expOfSum(x: number, xLow: number, shift: number): number {
  if (!(x > -746 && x < 711)) {
    lowPart[0] = 0;
    return x > 0 ? Infinity : x < 0 ? 0 : x;
  }
  const n = x * 1.4426950408889634 + 6755399441055744 - 6755399441055744; // 1 / ln 2
  const high = x - n * ln2High;
  const low = n * ln2Low - xLow;
  const r = high - low;
  const rest = high - r - low + r * r * (0.5 + r * expRemainder(r));
  const main = 1 + r;
  const tail = 1 - main + r + rest;
  const sum = main + tail;
  const left = main - sum + tail;
  const exponent = n + shift;
  if (!(exponent >= -126 && exponent <= 127)) {
    lowPart[0] = scaleByPowerOfTwo(left, exponent);
    return scaleByPowerOfTwo(sum, exponent);
  }
  powerWord[0] = (exponent + 127) << 23;
  lowPart[0] = left * powerValue[0];
  return sum * powerValue[0];
}

/**
 * e^x within 0.6 ulp (1 ulp where it is subnormal): `expOfSum` without its low parts where the power of two is a
 * normal single.
 */
export function expF64(x: number): number {
  if (!(x > -87 && x < 88)) return expOfSum(x, 0, 0);
  const n = x * 1.4426950408889634 + 6755399441055744 - 6755399441055744; // 1 / ln 2
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const rest = high - r - low + r * r * (0.5 + r * expRemainder(r));
  const main = 1 + r;
  powerWord[0] = (n + 127) << 23;
  return (main + (1 - main + r + rest)) * powerValue[0];
}

/**
 * e^x - 1 for -40 < x < 700: the result within 1 ulp and, in `lowPart`, what rounding leaves off.
 * Reduction by ln 2, then 2^n ((1 - 2^-n) + (e^r - 1)) with the error of the sum kept.
 */
export function expm1AsSum(x: number): number {
  const n = x * 1.4426950408889634 + 6755399441055744 - 6755399441055744; // 1 / ln 2
  const high = x - n * ln2High;
  const low = n * ln2Low;
  const r = high - low;
  const rest = high - r - low + r * r * (0.5 + r * expRemainder(r));
  const main = r + rest;
  const tail = r - main + rest;
  if (n === 0) {
    lowPart[0] = tail;
    return main;
  }
  const minusPower = -scaleByPowerOfTwo(1, -n);
  const offset = 1 + minusPower;
  const sum = offset + main;
  const left = sumError(offset, main, sum) + (sumError(1, minusPower, offset) + tail);
  const result = sum + left;
  lowPart[0] = scaleByPowerOfTwo(sum - result + left, n);
  return scaleByPowerOfTwo(result, n);
}

/** e^x - 1 within 1 ulp: see `expm1AsSum`. */
export function expm1F64(x: number): number {
  if (Math.abs(x) < 1e-17) return x; // keeps the sign of zero
  if (x <= -40) return -1;
  if (!(x < 700)) return expF64(x);
  return expm1AsSum(x);
}

/** e^x - 1 with relative error below 2^-33: Chebyshev fit near 0, else by `expF32`. */
export function expm1F32(x: number): number {
  if (!(Math.abs(x) < 0.3)) return expF32(x) - 1;
  let p = 2.4838818232834632e-5;
  p = p * x + 0.00019878506485452763;
  p = p * x + 0.001388887632071296;
  p = p * x + 0.008333320762681574;
  p = p * x + 0.04166666667295099;
  p = p * x + 0.1666666667295228;
  return x * (1 + x * (0.5 + x * p));
}
