import { binaryExponent, ln2High, ln2Low, scaleByPowerOfTwo, sumError } from "./bits.ts";

/** What a logarithm gives where x is not a positive, finite, normal double and not subnormal: NaN, infinities. */
export function logAtEdge(x: number): number {
  return x === 0 ? -Infinity : x > 0 ? x : NaN;
}

/** ln x with relative error below 2^-34: x = 2^k (1 + f), ln(1 + f) = 2 artanh(s) with s = f / (2 + f), Chebyshev fit in s^2. */
export function logF32(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return logF64(x);
  const k = binaryExponent(x);
  const f = scaleByPowerOfTwo(x, -k) - 1;
  const s = f / (2 + f);
  const w = s * s;
  return (
    k * 0.6931471805599453 +
    (s + s) +
    s * w * (0.6666666655404201 + w * (0.4000012221181065 + w * (0.28550778633191964 + w * 0.23331614471843498)))
  );
}

/**
 * k ln 2 + ln(1 + f) + c within 0.9 ulp, for sqrt(1/2) <= 1 + f <= sqrt(2) and |c| below an ulp of the result:
 * ln(1 + f) = f - (f^2/2 - s (f^2/2 + R)), s = f / (2 + f) (as in fdlibm's e_log.c; own Chebyshev fit for R).
 */
export function logOfParts(k: number, f: number, c: number): number {
  const s = f / (2 + f);
  const w = s * s;
  const half = 0.5 * f * f;
  const fit =
    w *
    (0.666666666666667 +
      w *
        (0.3999999999989889 +
          w *
            (0.28571428626253836 +
              w *
                (0.22222211089379496 +
                  w * (0.1818289243253687 + w * (0.15331611722055008 + w * 0.14617807153417325))))));
  return k * ln2High - (half - (s * (half + fit) + (k * ln2Low + c)) - f);
}

/** ln x within 0.9 ulp. */
export function logF64(x: number): number {
  let k = 0;
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) {
    if (!(x > 0 && x < Infinity)) return logAtEdge(x);
    x *= 18014398509481984; // a subnormal, times 2^54
    k = -54;
  }
  const exponent = binaryExponent(x);
  return logOfParts(k + exponent, scaleByPowerOfTwo(x, -exponent) - 1, 0);
}

/** ln(1 + x + c) within 0.9 ulp, for finite x > -1 and |c| below an ulp of x. */
export function log1pOfSum(x: number, c: number): number {
  if (x > -0.29 && x < 0.41) return logOfParts(0, x, c / (1 + x));
  const u = 1 + x;
  const k = binaryExponent(u);
  return logOfParts(k, scaleByPowerOfTwo(u, -k) - 1, (sumError(1, x, u) + c) / u);
}

/** ln(1 + x) within 0.9 ulp. */
export function log1pF64(x: number): number {
  if (!(x > -1 && x < Infinity)) return logAtEdge(x + 1);
  return x === 0 ? x : log1pOfSum(x, 0);
}

/** ln(1 + x) with relative error below 2^-34. */
export function log1pF32(x: number): number {
  if (!(x > -0.29 && x < 0.41)) return logF32(1 + x);
  const s = x / (2 + x);
  const w = s * s;
  return (
    s +
    s +
    s * w * (0.6666666655404201 + w * (0.4000012221181065 + w * (0.28550778633191964 + w * 0.23331614471843498)))
  );
}
