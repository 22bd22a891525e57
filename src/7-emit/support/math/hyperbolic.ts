import { lowPart, powerValue, powerWord, productError, quotientOfSums, sumError } from "./bits.ts";
import { expF32, expm1AsSum, expOfSum, expRemainder, powersOfRoot128 } from "./exp.ts";
import { log1pOfSum, logF64 } from "./log.ts";

/** tanh x with relative error below 2^-33: Chebyshev fit near 0, else 1 - 2 / (e^2x + 1). */
export function tanhF32(x: number): number {
  const a = Math.abs(x);
  if (a < 0.25) {
    const w = x * x;
    const p = -0.33333333232847023 + w * (0.1333328184361586 + w * (-0.05392688609507459 + w * 0.020799047442261017));
    return x * (1 + w * p);
  }
  const t = 1 - 2 / (expF32(a + a) + 1);
  return x < 0 ? -t : t;
}

/**
 * tanh x within 1.6 ulp: E / (2 - E) for E = 1 - e^-2|x|, found as in `expm1F64`, where 1 / (2 - E) = (1 + tanh |x|) / 2
 * weighs what rounding left off.
 */
export function tanhF64(x: number): number {
  const a = Math.abs(x);
  if (a < 3.725290298461914e-9) return x; // 2^-28
  if (!(a <= 20)) return x < 0 ? -1 : x > 0 ? 1 : x;
  const n = a * -369.3299304675746 + 6755399441055744 - 6755399441055744; // 256 / ln 2
  const high = -2 * a - n * 0.00541521234663378; // ln2High / 128
  const low = n * 1.4907929134926466e-12; // ln2Low / 128
  const r = high - low;
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  powerWord[0] = ((n >> 7) + 127) << 23;
  const scale = powerValue[0];
  const power = powersOfRoot128[j] * scale;
  const offset = 1 - power;
  const main = offset * r - (high - r - low + (powerLow * scale + power * (r * r * expRemainder(r)))) - r;
  const e = offset + main;
  const eLow = offset - e + main + (1 - offset - power);
  const d = 2 - e;
  const dLow = 2 - d - e - eLow;
  const q = e / d;
  const t = q + (eLow - q * dLow) * (0.5 + 0.5 * q);
  return x < 0 ? -t : t;
}

/** sinh x with relative error below 2^-32: Chebyshev fit near 0, else (e^x - e^-x) / 2. */
export function sinhF32(x: number): number {
  const a = Math.abs(x);
  if (a < 1) {
    const w = x * x;
    const p =
      0.16666666646842135 + w * (0.00833333967591706 + w * (0.00019838101968683888 + w * 2.8062802582276946e-6));
    return x * (1 + w * p);
  }
  if (a > 700) return sinhF64(x);
  const e = expF32(a);
  const t = 0.5 * e - 0.5 / e;
  return x < 0 ? -t : t;
}

/** sinh x within 0.8 ulp: (E + E / (E + 1)) / 2 for E = e^x - 1, with the low parts kept. */
export function sinhF64(x: number): number {
  const a = Math.abs(x);
  if (a < 3.725290298461914e-9) return x; // 2^-28
  let t: number;
  if (a < 40) {
    const e = expm1AsSum(a);
    const eLow = lowPart[0];
    const d = e + 1;
    const q = quotientOfSums(e, eLow, d, sumError(e, 1, d) + eLow);
    const sum = e + q;
    t = 0.5 * (sum + (sumError(e, q, sum) + (eLow + lowPart[0])));
  } else {
    t = expOfSum(a, 0, -1);
  }
  return x < 0 ? -t : t;
}

/** cosh x with relative error below 2^-35: (e^x + e^-x) / 2. */
export function coshF32(x: number): number {
  const a = Math.abs(x);
  if (a > 700) return coshF64(x);
  const e = expF32(a);
  return 0.5 * e + 0.5 / e;
}

/** cosh x within 0.6 ulp: (e^x + e^-x) / 2 with the low parts kept. */
export function coshF64(x: number): number {
  const a = Math.abs(x);
  if (!(a < 40)) return expOfSum(a, 0, -1);
  const e = expOfSum(a, 0, -1);
  const eLow = lowPart[0];
  const q = quotientOfSums(0.25, 0, e, eLow);
  const sum = e + q;
  return sum + (sumError(e, q, sum) + (eLow + lowPart[0]));
}

/** asinh x within 1 ulp: ln(1 + u), u = x + x^2 / (1 + sqrt(1 + x^2)) with its low part (Kahan 1987). */
export function asinhF64(x: number): number {
  const a = Math.abs(x);
  if (a < 3.725290298461914e-9) return x; // 2^-28
  let t: number;
  if (a < 268435456) {
    const square = a * a;
    const squareLow = productError(a, a, square);
    const z = 1 + square;
    const zLow = sumError(1, square, z) + squareLow;
    const root = Math.sqrt(z);
    const rootLow = (z - root * root - productError(root, root, root * root) + zLow) / (2 * root);
    const d = 1 + root;
    const q = quotientOfSums(square, squareLow, d, sumError(1, root, d) + rootLow);
    const u = a + q;
    t = log1pOfSum(u, sumError(a, q, u) + lowPart[0]);
  } else {
    t = logF64(0.5 * a) + 1.3862943611198906; // ln(2 x)
  }
  return x < 0 ? -t : t;
}

/** acosh x within 1 ulp: ln(1 + u), u = t + sqrt(t (t + 2)), t = x - 1, with the low parts kept. */
export function acoshF64(x: number): number {
  if (!(x >= 1)) return NaN;
  if (x > 268435456) return logF64(0.5 * x) + 1.3862943611198906; // ln(2 x)
  const t = x - 1;
  if (t === 0) return 0;
  const b = t + 2;
  const z = t * b;
  const zLow = productError(t, b, z) + t * sumError(t, 2, b);
  const root = Math.sqrt(z);
  const square = root * root;
  const rootLow = (z - square - productError(root, root, square) + zLow) / (2 * root);
  const u = t + root;
  return log1pOfSum(u, sumError(t, root, u) + rootLow);
}

/** atanh x within 1 ulp: ln(1 + 2x / (1 - x)) / 2, with the low parts kept. */
export function atanhF64(x: number): number {
  const a = Math.abs(x);
  if (a < 3.725290298461914e-9) return x; // 2^-28
  if (!(a < 1)) return a === 1 ? x / 0 : NaN;
  const d = 1 - a;
  const q = quotientOfSums(2 * a, 0, d, sumError(1, -a, d));
  const t = 0.5 * log1pOfSum(q, lowPart[0]);
  return x < 0 ? -t : t;
}
