import { binaryExponent, productError, scaleByPowerOfTwo, sumError } from "./bits.ts";

/** x - n pi/2 as a sum: what `reduceByHalfPi` found. */
export const reducedAngle = /* @__PURE__ */ new Float64Array(2);

/** 2 / pi in digits of base 2^24. */
export const twoOverPiDigits = /* @__PURE__ */ new Float64Array([
  10680707, 7228996, 1387004, 2578385, 16069853, 12639074, 9804092, 4427841, 16666979, 11263675, 12935607, 2387514,
  4345298, 14681673, 3074569, 13734428, 16653803, 1880361, 10960616, 8533493, 3062596, 8710556, 7349940, 6258241,
  3772886, 3769171, 3798172, 8675211, 12450088, 3874808, 9961438, 366607, 15675153, 9132554, 7151469, 3571407, 2607881,
  12013382, 4155038, 6285869, 7677882, 13102053, 15825725, 473591, 9065106, 15363067, 6271263, 9264392, 5636912,
  4652155, 7056368, 13614112,
]);

/** The digits of a product with 2 / pi, while `reduceByHalfPi` works. */
export const productDigits = /* @__PURE__ */ new Float64Array(10);

/**
 * Finds n = x / (pi/2) rounded to an integer, returns n mod 4 and leaves x - n pi/2, in [-pi/4, pi/4] and with relative
 * error below 2^-68, as a sum in `reducedAngle`. Up to 2^20 by Cody and Waite's reduction in four parts of pi/2. Above,
 * and where that cancels too much, x is multiplied by the digits of 2 / pi that matter (Payne and Hanek 1983).
 */
export function reduceByHalfPi(x: number): number {
  if (Math.abs(x) < 1048576) {
    const n = x * 0.6366197723675814 + 6755399441055744 - 6755399441055744; // 2 / pi
    const first = x - n * 1.5707963267341256; // 33 bits: exact
    const product = n * 6.077100506303966e-11; // 33 bits: exact
    const second = first - product;
    const rest = sumError(first, -product, second) - n * 2.0222662487959506e-21;
    const sum = second + rest;
    if (n === 0 || Math.abs(sum) > 1e-9) {
      reducedAngle[0] = sum;
      reducedAngle[1] = second - sum + rest;
      return n & 3;
    }
  }
  return reduceByDigits(x);
}

/** `reduceByHalfPi` for any finite x with |x| > 0.5, by the digits of 2 / pi. */
export function reduceByDigits(x: number): number {
  // |x| = (m2 2^48 + m1 2^24 + m0) 2^exponent, an integer below 2^54 times a power of two.
  const a = Math.abs(x);
  const k = binaryExponent(a);
  const mantissa = scaleByPowerOfTwo(a, -k) * 9007199254740992;
  const exponent = k - 53;
  const m2 = Math.floor(mantissa * 3.552713678800501e-15); // 2^-48
  const lower = mantissa - m2 * 281474976710656;
  const m1 = Math.floor(lower * 5.960464477539063e-8); // 2^-24
  const m0 = lower - m1 * 16777216;
  // Digit i of 2/pi has the weight 2^(-24 (i + 1)); those whose products are multiples of 4 are left out.
  const start = exponent < 26 ? 0 : Math.floor((exponent - 2) / 24);
  let carry = 0;
  for (let j = 9; j >= 0; j--) {
    // Column j gathers m0 times digit j - 2, m1 times digit j - 1 and m2 times digit j.
    let sum = carry;
    if (j >= 2) sum += m0 * twoOverPiDigits[start + j - 2];
    if (j >= 1 && j <= 8) sum += m1 * twoOverPiDigits[start + j - 1];
    if (j <= 7) sum += m2 * twoOverPiDigits[start + j];
    carry = j > 0 ? Math.floor(sum * 5.960464477539063e-8) : 0;
    productDigits[j] = sum - carry * 16777216;
  }
  // As fractions of a quarter turn, modulo 4; the leading column has the weight 2^(exponent - 24 (start + 1) + 48).
  let weight = scaleByPowerOfTwo(1, exponent - 24 * start + 24);
  let turns = 0;
  for (let j = 0; j < 10; j++) {
    const value = productDigits[j] * weight;
    productDigits[j] = value - 4 * Math.floor(0.25 * value);
    turns += productDigits[j];
    weight *= 5.960464477539063e-8;
  }
  const n = Math.floor(turns + 0.5);
  let high = -n;
  let low = 0;
  for (let j = 0; j < 10; j++) {
    const sum = high + productDigits[j];
    low += sumError(high, productDigits[j], sum);
    high = sum;
  }
  const fraction = high + low;
  const fractionLow = high - fraction + low;
  const angle = fraction * 1.5707963267948966;
  const angleLow =
    productError(fraction, 1.5707963267948966, angle) +
    (fraction * 6.123233995736766e-17 + fractionLow * 1.5707963267948966);
  const sign = x < 0 ? -1 : 1;
  const result = angle + angleLow;
  reducedAngle[0] = sign * result;
  reducedAngle[1] = sign * (angle - result + angleLow);
  return (sign * n) & 3;
}
