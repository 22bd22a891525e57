import { productError, sumError } from "./bits.ts";

/** (asin(r) - r) / r^3 as a function of w = r^2 <= 1/4, within 2^-55: Chebyshev fit. */
export function asinRemainder(w: number): number {
  let p = 0.028757851367421566;
  p = p * w - 0.014851887071247204;
  p = p * w + 0.01740087944269402;
  p = p * w + 0.005457506718640358;
  p = p * w + 0.01032281435018578;
  p = p * w + 0.011479177415184906;
  p = p * w + 0.013971212973552933;
  p = p * w + 0.017352392720869973;
  p = p * w + 0.02237217294214989;
  p = p * w + 0.030381944138531247;
  p = p * w + 0.04464285714635543;
  p = p * w + 0.07499999999998433;
  p = p * w + 0.16666666666666669;
  return p;
}

/** sqrt(w) - s for s = sqrt(w) rounded, 0 <= w <= 1/4. */
export function sqrtError(w: number, s: number): number {
  if (w === 0) return 0;
  const square = s * s;
  return (w - square - productError(s, s, square)) / (2 * s);
}

/** asin x within 0.7 ulp: above 1/2 by pi/2 - 2 asin(sqrt((1 - x) / 2)) (as in fdlibm's e_asin.c). */
export function asinF64(x: number): number {
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a < 0.5) {
    if (a < 1e-8) return x;
    const w = x * x;
    return x + x * (w * asinRemainder(w));
  }
  const w = 0.5 * (1 - a);
  const s = Math.sqrt(w);
  const rest = 2 * (s * (w * asinRemainder(w)) + sqrtError(w, s)) - 6.123233995736766e-17; // pi/2 and its low part
  const main = 1.5707963267948966 - 2 * s;
  const t = main + (sumError(1.5707963267948966, -2 * s, main) - rest);
  return x < 0 ? -t : t;
}

/** acos x within 0.7 ulp: pi/2 - asin x near 0, else by 2 asin(sqrt((1 - |x|) / 2)) (as in fdlibm's e_acos.c). */
export function acosF64(x: number): number {
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a < 0.5) {
    const w = x * x;
    const main = 1.5707963267948966 - x;
    return main + (sumError(1.5707963267948966, -x, main) + (6.123233995736766e-17 - x * (w * asinRemainder(w))));
  }
  const w = 0.5 * (1 - a);
  const s = Math.sqrt(w);
  const rest = s * (w * asinRemainder(w)) + sqrtError(w, s);
  if (x > 0) return 2 * (s + rest);
  const main = 3.141592653589793 - 2 * s;
  return main + (sumError(3.141592653589793, -2 * s, main) + (1.2246467991473532e-16 - 2 * rest));
}

/**
 * atan(a + aLow) for a >= 0 and |aLow| below an ulp of a, within 0.8 ulp: by atan of 1/2, 1, 3/2, infinity (as in
 * fdlibm's s_atan.c).
 */
export function atanOfSum(a: number, aLow: number): number {
  let r = a;
  let offset = 0;
  let offsetLow = 0;
  if (a >= 2.4375) {
    r = -1 / a;
    offset = 1.5707963267948966;
    offsetLow = 6.123233995736766e-17;
  } else if (a >= 1.1875) {
    r = (a - 1.5) / (1 + 1.5 * a);
    offset = 0.982793723247329;
    offsetLow = 1.3903311031230998e-17;
  } else if (a >= 0.6875) {
    r = (a - 1) / (a + 1);
    offset = 0.7853981633974483;
    offsetLow = 3.061616997868383e-17;
  } else if (a >= 0.4375) {
    r = (2 * a - 1) / (2 + a);
    offset = 0.4636476090008061;
    offsetLow = 2.2698777452961687e-17;
  }
  const w = r * r;
  let p = 0.014773184616983806;
  p = p * w - 0.033128134256069586;
  p = p * w + 0.04492259293193656;
  p = p * w - 0.05216679739313656;
  p = p * w + 0.05876946456755061;
  p = p * w - 0.06666241923359964;
  p = p * w + 0.07692285554889286;
  p = p * w - 0.09090908355602592;
  p = p * w + 0.11111111096645038;
  p = p * w - 0.14285714285566806;
  p = p * w + 0.1999999999999941;
  p = p * w - 0.3333333333333333;
  const rest = r * (w * p) + (offsetLow + (a < 1e17 ? aLow / (1 + a * a) : 0));
  return offset === 0 ? r + rest : offset + (r + rest);
}

/** atan x within 0.8 ulp. */
export function atanF64(x: number): number {
  const a = Math.abs(x);
  if (a < 1e-8) return x;
  const t = atanOfSum(a, 0);
  return x < 0 ? -t : t;
}

/** The angle of the point (x, y), in [-pi, pi], within 1.3 ulp, with C99's values for zeros and infinities. */
export function atan2F64(y: number, x: number): number {
  const a = Math.abs(x);
  const b = Math.abs(y);
  const left = x < 0 || Object.is(x, -0);
  if (x !== x || y !== y) return NaN;
  let t: number;
  if (b === 0 || a === Infinity) {
    t = b < Infinity ? 0 : 0.7853981633974483;
  } else if (b > 1e17 * a) {
    return y < 0 ? -1.5707963267948966 : 1.5707963267948966;
  } else {
    const q = b / a;
    const p = q * a;
    // The remainder of the quotient, where it can be had without overflow or underflow.
    const qLow = a > 1e-200 && a < 1e200 && b > 1e-200 && b < 1e200 ? (b - p - productError(q, a, p)) / a : 0;
    t = q < 1e-8 ? q : atanOfSum(q, qLow);
  }
  if (left) {
    const main = 3.141592653589793 - t;
    t = main + (sumError(3.141592653589793, -t, main) + 1.2246467991473532e-16);
  }
  return y < 0 || Object.is(y, -0) ? -t : t;
}
