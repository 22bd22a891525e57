import { lowPart, powerValue, powerWord, sumError } from "./bits.ts";
import { expF32, expF64, expOfSum, expRemainder, powersOfRoot128 } from "./exp.ts";
import { log1pOfSum } from "./log.ts";

/** 1 / (1 + e^-x) with relative error below 2^-32, in both tails. */
export function sigmoidF32(x: number): number {
  return x < -700 ? expF32(x) : 1 / (1 + expF32(-x));
}

/**
 * 1 / (1 + e^-x) within 1.1 ulp, in both tails: what rounding leaves off the exponential and the sum goes into one step of
 * Newton's on the quotient.
 */
export function sigmoidF64(x: number): number {
  if (!(x > -87 && x < 38)) return x > 0 ? 1 : expF64(x);
  const n = x * -184.6649652337873 + 6755399441055744 - 6755399441055744; // 128 / ln 2
  const r = n * -0.00541521234663378 - x - n * 1.4907929134926466e-12; // ln2High / 128, ln2Low / 128
  const j = (n & 127) << 1;
  const powerLow = powersOfRoot128[j + 1];
  powerWord[0] = ((n >> 7) + 127) << 23;
  const scale = powerValue[0];
  const main = powersOfRoot128[j] * scale;
  const tail = powerLow * scale + main * (r + r * r * expRemainder(r));
  const e = main + tail;
  const d = 1 + e;
  const q = 1 / d;
  return q - q * (q * (sumError(1, e, d) + (main - e + tail)));
}

/** ln(1 + e^x) with relative error below 2^-32, in both tails: max(x, 0) + 2 artanh(e / (2 + e)), e = e^-|x|. */
export function softplusF32(x: number): number {
  const e = expF32(-Math.abs(x));
  const s = e / (2 + e);
  const w = s * s;
  let p = 0.20787616855746752;
  p = p * w + 0.17464702465440773;
  p = p * w + 0.22264711209001325;
  p = p * w + 0.2857030572188366;
  p = p * w + 0.4000001076994966;
  p = p * w + 0.6666666665002361;
  return (x > 0 ? x : 0) + (s + s + s * w * p);
}

/** ln(1 + e^x) within 1.2 ulp, in both tails. */
export function softplusF64(x: number): number {
  if (!(x > -38 && x < 38)) return x > 0 ? x : expF64(x);
  const e = expOfSum(-Math.abs(x), 0, 0);
  const rest = log1pOfSum(e, lowPart[0]);
  return x > 0 ? x + rest : rest;
}
