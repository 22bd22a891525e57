import { lowPart, quotientOfSums, sumError } from "./bits.ts";
import { expF32, expF64, expOfSum } from "./exp.ts";
import { log1pOfSum } from "./log.ts";

/** 1 / (1 + e^-x) with relative error below 2^-34, in both tails. */
export function sigmoidF32(x: number): number {
  return x < -700 ? expF64(x) : 1 / (1 + expF32(-x));
}

/**
 * 1 / (1 + e^-x) within 0.8 ulp (1 ulp where subnormal), in both tails: the exponential and the quotient carry their
 * low parts.
 */
export function sigmoidF64(x: number): number {
  if (!(x > -38 && x < 38)) return x > 0 ? 1 : expF64(x);
  const e = expOfSum(-Math.abs(x), 0, 0);
  const eLow = lowPart[0];
  const d = 1 + e;
  const dLow = sumError(1, e, d) + eLow;
  return x < 0 ? quotientOfSums(e, eLow, d, dLow) : quotientOfSums(1, 0, d, dLow);
}

/** ln(1 + e^x) with relative error below 2^-34, in both tails: max(x, 0) + 2 artanh(e / (2 + e)), e = e^-|x|. */
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
