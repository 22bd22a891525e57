import { lowPart, powerValue, powerWord, productError, scaleByPowerOfTwo, sumError } from "./bits.ts";

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
 * e^x with relative error below 2^-36 (2^-32 where |x| > 87): 2^(n/64) from a table times a cubic (after Tang, ACM TOMS
 * 15, 1989). What lies far from 0, as in a saturated softmax, is the 16th power of e^(x/16).
 */
export function expF32(x: number): number {
  let y = x;
  if (!(x > -87 && x < 88)) {
    // Infinity or NaN by arithmetic: engines box results that may be a constant of theirs.
    if (!(x > -746 && x < 710)) return x < 0 ? 0 : x + Infinity;
    y = x * 0.0625;
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
    e *= e;
  }
  return e;
}

/** 2^(j / 128) for j = 0 .. 127 as sums of two numbers, within 2^-100: products of the repeated square roots of 2. */
export const powersOfRoot128 = /* @__PURE__ */ (() => {
  const table = new Float64Array(256);
  table[0] = 1;
  let root = 2;
  let rootLow = 0;
  for (let bit = 64; bit > 0; bit >>= 1) {
    const square = root;
    root = Math.sqrt(root);
    const p = root * root;
    rootLow = (square - p - productError(root, root, p) + rootLow) / (2 * root);
    for (let j = bit; j < 128; j += 2 * bit) {
      const factor = table[2 * (j - bit)];
      const product = factor * root;
      const low = productError(factor, root, product) + (factor * rootLow + table[2 * (j - bit) + 1] * root);
      table[2 * j] = product + low;
      table[2 * j + 1] = product - table[2 * j] + low;
    }
  }
  return table;
})();

/** (e^r - 1 - r) / r^2 for |r| < ln(2) / 256, within 2^-45: Chebyshev fit. */
export function expRemainder(r: number): number {
  return 0.5 + r * (0.16666666666666666 + r * (0.04166667431854324 + r * 0.008333334426458535));
}

/**
 * e^(x + xLow) * 2^shift, for |xLow| below an ulp of x: within 0.51 ulp, 1 ulp where subnormal: 2^(n/128) from a table
 * times a polynomial (after Tang, ACM TOMS 15, 1989), ln 2 taken off in two parts.
 * Where the result is above 2^-950 the part that rounding leaves off goes to `lowPart`.
 */
export function expOfSum(x: number, xLow: number, shift: number): number {
  if (!(x > -746 && x < 711)) {
    lowPart[0] = 0;
    return x < 0 ? 0 : x + Infinity;
  }
  const n = x * 184.6649652337873 + 6755399441055744 - 6755399441055744; // 128 / ln 2
  const high = x - n * 0.00541521234663378; // ln2High / 128
  const low = n * 1.4907929134926466e-12 - xLow; // ln2Low / 128
  const r = high - low;
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  const main = powersOfRoot128[j];
  const tail = powerLow + main * (r + (high - r - low + r * r * expRemainder(r)));
  const sum = main + tail;
  const left = main - sum + tail;
  const exponent = (n >> 7) + shift;
  if (!(exponent >= -126 && exponent <= 127)) {
    lowPart[0] = scaleByPowerOfTwo(left, exponent);
    return scaleByPowerOfTwo(sum, exponent);
  }
  powerWord[0] = (exponent + 127) << 23;
  lowPart[0] = left * powerValue[0];
  return sum * powerValue[0];
}

/**
 * e^x within 0.51 ulp (1 ulp where it is subnormal): `expOfSum` without its low parts where the power of two is a
 * normal single.
 */
export function expF64(x: number): number {
  if (!(x > -87 && x < 88)) return expOfSum(x, 0, 0);
  const n = x * 184.6649652337873 + 6755399441055744 - 6755399441055744; // 128 / ln 2
  const r = x - n * 0.00541521234663378 - n * 1.4907929134926466e-12; // ln2High / 128, ln2Low / 128
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  powerWord[0] = ((n >> 7) + 127) << 23;
  const main = powersOfRoot128[j];
  const sum = main + (powerLow + main * (r + r * r * expRemainder(r)));
  return sum * powerValue[0];
}

/**
 * e^x - 1 for -40 < x < 700: the result within 1 ulp and, in `lowPart`, what rounding leaves off.
 * As `expF64`: 2^k ((T - 2^-k) + T (e^r - 1)) for a table's T, where T (e^r - 1) = r + (T - 1) r + ... keeps the bits of r.
 */
export function expm1AsSum(x: number): number {
  const n = x * 184.6649652337873 + 6755399441055744 - 6755399441055744; // 128 / ln 2
  const high = x - n * 0.00541521234663378; // ln2High / 128
  const low = n * 1.4907929134926466e-12; // ln2Low / 128
  const r = high - low;
  const k = n >> 7;
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  const power = powersOfRoot128[j];
  const rest = high - r - low + (power - 1) * r + (powerLow + power * (r * r * expRemainder(r)));
  const main = r + rest;
  const minusOne = -scaleByPowerOfTwo(1, -k);
  const offset = power + minusOne;
  const sum = offset + main;
  const left = offset - sum + main + (sumError(power, minusOne, offset) + (r - main + rest));
  const result = sum + left;
  lowPart[0] = scaleByPowerOfTwo(sum - result + left, k);
  return scaleByPowerOfTwo(result, k);
}

/** e^x - 1 within 1.3 ulp: `expm1AsSum` without its low parts where the power of two is a normal single. */
export function expm1F64(x: number): number {
  if (Math.abs(x) < 1e-17) return x; // keeps the sign of zero
  if (x <= -40) return -1;
  if (!(x < 700)) return expF64(x);
  if (x > 87) return expm1AsSum(x);
  const n = x * 184.6649652337873 + 6755399441055744 - 6755399441055744; // 128 / ln 2
  const high = x - n * 0.00541521234663378; // ln2High / 128
  const low = n * 1.4907929134926466e-12; // ln2Low / 128
  const r = high - low;
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  powerWord[0] = ((n >> 7) + 127) << 23;
  const scale = powerValue[0];
  const power = powersOfRoot128[j] * scale;
  const offset = power - 1;
  return offset + (r + (high - r - low + (offset * r + (powerLow * scale + power * (r * r * expRemainder(r))))));
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
