import { lowPart, quotientOfSums } from "./bits.ts";
import { reducedAngle, reduceByHalfPi } from "./reduce.ts";

/** sin r for |r| < 1.5709, with relative error below 2^-33: Chebyshev fit. */
export function sinOnHalfTurnF32(r: number): number {
  const w = r * r;
  let p = -2.407999973210464e-8;
  p = p * w + 2.753645532390914e-6;
  p = p * w - 0.00019841086452506194;
  p = p * w + 0.008333332768305049;
  p = p * w - 0.16666666663878466;
  return r * (1 + w * p);
}

/** sin x with relative error below 2^-33: (-1)^n sin(x - n pi), for any x. */
export function sinF32(x: number): number {
  const n = x * 0.3183098861837907 + 6755399441055744 - 6755399441055744; // 1 / pi
  const r = x - n * 3.1415926534682512 - n * 1.2154201013012384e-10;
  if (!(Math.abs(x) < 1048576) || (Math.abs(r) < 1e-8 && n !== 0)) return sinF64(x);
  return sinOnHalfTurnF32(r) * (1 - 2 * (n & 1));
}

/** cos x with relative error below 2^-33: (-1)^n sin(x - (n - 1/2) pi), for any x. */
export function cosF32(x: number): number {
  const n = x * 0.3183098861837907 + 0.5 + 6755399441055744 - 6755399441055744; // 1 / pi
  const h = n - 0.5;
  const r = x - h * 3.1415926534682512 - h * 1.2154201013012384e-10;
  if (!(Math.abs(x) < 1048576) || Math.abs(r) < 1e-8) return cosF64(x);
  return sinOnHalfTurnF32(r) * (1 - 2 * (n & 1));
}

/** tan x with relative error below 2^-31: sine over cosine after reduction by pi/2, for any x. */
export function tanF32(x: number): number {
  const n = x * 0.6366197723675814 + 6755399441055744 - 6755399441055744; // 2 / pi
  const r = x - n * 1.5707963267341256 - n * 6.077100506506192e-11;
  if (!(Math.abs(x) < 1048576) || (Math.abs(r) < 1e-8 && n !== 0)) return tanF64(x);
  const w = r * r;
  const s =
    r *
    (1 +
      w *
        (-0.1666666666382653 + w * (0.008333331863540225 + w * (-0.00019840080708843227 + w * 2.7249145365196265e-6))));
  const c =
    1 + w * (-0.4999999996880352 + w * (0.04166665052187948 + w * (-0.0013887582539294856 + w * 2.446293151185493e-5)));
  return (n & 1) === 0 ? s / c : -c / s;
}

/** sin(r + rLow) for |r| < 0.7864, within 0.8 ulp; what rounding leaves off goes to `lowPart`. Chebyshev fit. */
export function sinAsSum(r: number, rLow: number): number {
  const w = r * r;
  let p = -7.586543352036612e-13;
  p = p * w + 1.6058529007163676e-10;
  p = p * w - 2.505210621594853e-8;
  p = p * w + 2.7557319219291606e-6;
  p = p * w - 0.00019841269841265003;
  p = p * w + 0.008333333333333331;
  p = p * w - 0.16666666666666666;
  const rest = r * w * p + rLow * (1 - 0.5 * w);
  const sum = r + rest;
  lowPart[0] = r - sum + rest;
  return sum;
}

/** cos(r + rLow) for |r| < 0.7864, within 0.8 ulp; what rounding leaves off goes to `lowPart`. Chebyshev fit. */
export function cosAsSum(r: number, rLow: number): number {
  const w = r * r;
  let p = -1.1382408343099982e-11;
  p = p * w + 2.0876143154189503e-9;
  p = p * w - 2.755731725676853e-7;
  p = p * w + 2.480158729873681e-5;
  p = p * w - 0.0013888888888887378;
  p = p * w + 0.041666666666666664;
  const half = 0.5 * w;
  const main = 1 - half;
  const tail = 1 - main - half + (w * w * p - r * rLow);
  const sum = main + tail;
  lowPart[0] = main - sum + tail;
  return sum;
}

/** sin x within 0.8 ulp, for any x. */
export function sinF64(x: number): number {
  if (Math.abs(x) < 1e-8) return x;
  if (!(Math.abs(x) < Infinity)) return NaN;
  const quadrant = reduceByHalfPi(x);
  const r = reducedAngle[0];
  const rLow = reducedAngle[1];
  const s = (quadrant & 1) === 0 ? sinAsSum(r, rLow) : cosAsSum(r, rLow);
  return quadrant < 2 ? s : -s;
}

/** cos x within 0.8 ulp, for any x. */
export function cosF64(x: number): number {
  if (!(Math.abs(x) < Infinity)) return NaN;
  const quadrant = reduceByHalfPi(x);
  const r = reducedAngle[0];
  const rLow = reducedAngle[1];
  const s = (quadrant & 1) === 0 ? cosAsSum(r, rLow) : sinAsSum(r, rLow);
  return quadrant === 0 || quadrant === 3 ? s : -s;
}

/** tan x within 1 ulp, for any x: the quotient of sine and cosine with their low parts. */
export function tanF64(x: number): number {
  if (Math.abs(x) < 1e-8) return x;
  if (!(Math.abs(x) < Infinity)) return NaN;
  const quadrant = reduceByHalfPi(x);
  const r = reducedAngle[0];
  const rLow = reducedAngle[1];
  const s = sinAsSum(r, rLow);
  const sLow = lowPart[0];
  const c = cosAsSum(r, rLow);
  const cLow = lowPart[0];
  return (quadrant & 1) === 0 ? quotientOfSums(s, sLow, c, cLow) : -quotientOfSums(c, cLow, s, sLow);
}
