import {
  binaryExponent,
  doubleValue,
  doubleWords,
  highWord,
  ln2High,
  ln2Low,
  lowPart,
  powerValue,
  powerWord,
  productError,
  quotientOfSums,
  scaleByPowerOfTwo,
  sumError,
} from "./bits.ts";

/** What a logarithm gives for x that is not positive and finite. */
export function logAtEdge(x: number): number {
  // By arithmetic: engines box results that may be constants of theirs.
  return x === 0 ? -1 / Math.abs(x) : Math.sqrt(x);
}

/** 2 artanh(s) for |s| < 0.1716, with relative error below 2^-35: Chebyshev fit. */
export function doubleArtanhF32(s: number): number {
  const w = s * s;
  const p = 0.6666666655404201 + w * (0.4000012221181065 + w * (0.28550778633191964 + w * 0.23331614471843498));
  return s + s + s * w * p;
}

/**
 * 1 / c and ln c for a point c of each interval [1 + i/128, 1 + (i + 1)/128), from i = 53 on of half of that interval;
 * c = 1 in the two intervals beside 1.
 */
export const logTable = /* @__PURE__ */ (() => {
  const table = new Float64Array(256);
  for (let i = 0; i < 128; i++) {
    const middle = 1 + (i + 0.5) / 128;
    const inverse = i === 0 || i === 127 ? 1 : 1 / (i < 53 ? middle : 0.5 * middle);
    table[2 * i] = inverse;
    table[2 * i + 1] = -logF64(inverse);
  }
  return table;
})();

/**
 * ln x with relative error below 2^-33: x = 2^k c (1 + r), ln c by table, ln(1 + r) by a Chebyshev fit (after Tang,
 * ACM TOMS 16, 1990).
 */
export function logF32(x: number): number {
  if (!(x > 1.2e-38 && x < 1.2e38)) return logF64(x);
  doubleValue[0] = x;
  const bits = doubleWords[highWord];
  const k = (bits - 0x3fe6a000) >> 20;
  const i = (bits >> 12) & 254;
  powerWord[0] = (127 - k) << 23;
  const r = x * powerValue[0] * logTable[i] - 1;
  return (
    k * 0.6931471805599453 +
    logTable[i + 1] +
    (r + r * r * (-0.5000000085617856 + r * (0.3333362651123242 + r * -0.24884553382214702)))
  );
}

/** log2 x with relative error below 2^-33, as `logF32`; exact for powers of two. */
export function log2F32(x: number): number {
  if (!(x > 1.2e-38 && x < 1.2e38)) return log2F64(x);
  doubleValue[0] = x;
  const bits = doubleWords[highWord];
  const k = (bits - 0x3fe6a000) >> 20;
  const i = (bits >> 12) & 254;
  powerWord[0] = (127 - k) << 23;
  const r = x * powerValue[0] * logTable[i] - 1;
  return (
    k +
    1.4426950408889634 *
      (logTable[i + 1] + (r + r * r * (-0.5000000085617856 + r * (0.3333362651123242 + r * -0.24884553382214702)))) // 1 / ln 2
  );
}

/** log10 x with relative error below 2^-33. */
export function log10F32(x: number): number {
  return logF32(x) * 0.4342944819032518; // 1 / ln 10
}

/** ln(1 + x) with relative error below 2^-33. */
export function log1pF32(x: number): number {
  return x > -0.29 && x < 0.41 ? doubleArtanhF32(x / (2 + x)) : logF32(1 + x);
}

/**
 * k ln 2 + ln(1 + f) + c within 0.9 ulp, for sqrt(1/2) <= 1 + f <= sqrt(2) and |c| below an ulp of the result:
 * ln(1 + f) = f - (f^2/2 - s (f^2/2 + R)), s = f / (2 + f) (as in fdlibm's e_log.c; Chebyshev fit for R).
 */
export function logOfParts(k: number, f: number, c: number): number {
  const s = f / (2 + f);
  const w = s * s;
  const half = 0.5 * f * f;
  let p = 0.14617807153417325;
  p = p * w + 0.15331611722055008;
  p = p * w + 0.1818289243253687;
  p = p * w + 0.22222211089379496;
  p = p * w + 0.28571428626253836;
  p = p * w + 0.3999999999989889;
  p = p * w + 0.666666666666667;
  return k * ln2High - (half - (s * (half + w * p) + (k * ln2Low + c)) - f);
}

/** ln x within 0.9 ulp. */
export function logF64(x: number): number {
  if (!(x > 0 && x < Infinity)) return logAtEdge(x);
  const shift = x < 2.2250738585072014e-308 ? 54 : 0;
  if (shift > 0) x *= 18014398509481984; // a subnormal times 2^54
  const k = binaryExponent(x);
  return logOfParts(k - shift, scaleByPowerOfTwo(x, -k) - 1, 0);
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

/**
 * ln(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2) as a sum with relative error below 2^-65, its low part in `lowPart`:
 * 2 (s + s^3/3 + s^5/5 + ...), s = f / (2 + f), where the powers of s carry their low parts.
 */
export function log1pAsSum(f: number): number {
  const d = 2 + f;
  const s = quotientOfSums(f, 0, d, sumError(2, f, d));
  const sLow = lowPart[0];
  const w = s * s;
  const wLow = productError(s, s, w) + 2 * s * sLow;
  const cube = w * s;
  const cubeLow = productError(w, s, cube) + (w * sLow + wLow * s);
  const term = cube * 0.6666666666666666;
  const termLow =
    productError(cube, 0.6666666666666666, term) + (cube * 3.700743415417188e-17 + cubeLow * 0.6666666666666666);
  let p = 0.11724327060846747;
  p = p * w + 0.11706126464563398;
  p = p * w + 0.1333480879881234;
  p = p * w + 0.1538459488700718;
  p = p * w + 0.18181818336099848;
  p = p * w + 0.22222222221652765;
  p = p * w + 0.2857142857142937;
  const slope = p * w;
  const fit = 0.4 + slope;
  const fitLow = 0.4 - fit + slope - 2.220446049250313e-17; // 0.4 to twice the bits
  const fifth = cube * w;
  const fifthLow = productError(cube, w, fifth) + (cube * wLow + cubeLow * w);
  const rest = fifth * fit;
  const restLow = productError(fifth, fit, rest) + (fifth * fitLow + fifthLow * fit);
  const main = 2 * s + term;
  const tail = 2 * s - main + term + (rest + (2 * sLow + termLow + restLow));
  const sum = main + tail;
  lowPart[0] = main - sum + tail;
  return sum;
}

/**
 * For each interval of `logTable` three numbers: 1 / c to 9 binary places, ln c to a multiple of 2^-42, and what that leaves off
 * of ln c, to 2^-95.
 */
export const logSumTable = /* @__PURE__ */ (() => {
  const table = new Float64Array(384);
  for (let i = 0; i < 128; i++) {
    const middle = 1 + (i + 0.5) / 128;
    const inverse = i === 0 || i === 127 ? 1 : Math.floor(512 / (i < 53 ? middle : 0.5 * middle) + 0.5) / 512;
    const l = -log1pAsSum(inverse - 1);
    const high = l + 1536 - 1536;
    table[3 * i] = inverse;
    table[3 * i + 1] = high;
    table[3 * i + 2] = l - high - lowPart[0];
  }
  return table;
})();

/**
 * ln x of a positive normal x as a sum with relative error below 2^-65, its low part in `lowPart`: x = 2^k c (1 + r) as
 * in `logF32`, where r is had without error by taking x apart, and ln(1 + r) = r - r^2/2 + ... with the leading part of
 * r^2/2 exact (after Tang 1990).
 */
export function logOfNormal(x: number): number {
  doubleValue[0] = x;
  const bits = doubleWords[highWord];
  const k = (bits - 0x3fe6a000) >> 20;
  const i = ((bits >> 13) & 127) * 3;
  let m: number;
  if (k > -127 && k < 127) {
    powerWord[0] = (127 - k) << 23;
    m = x * powerValue[0];
  } else {
    doubleWords[highWord] = bits - (k << 20);
    m = doubleValue[0];
  }
  const mHigh = Math.fround(m);
  const inverse = logSumTable[i];
  const rHigh = mHigh * inverse - 1;
  const rLow = (m - mHigh) * inverse;
  const r = rHigh + rLow;
  const offset = k * 0.6931471805598903 + logSumTable[i + 1]; // ln 2 to a multiple of 2^-42
  const main = offset + r;
  const square = -0.5 * rHigh * rHigh;
  let p = -0.1;
  p = p * r + 0.1111111111111111;
  p = p * r - 0.125;
  p = p * r + 0.14285714285714285;
  p = p * r - 0.16666666666666666;
  p = p * r + 0.2;
  p = p * r - 0.25;
  p = p * r + 0.3333333333333333;
  const high = main + square;
  const low =
    offset -
    main +
    rHigh +
    rLow +
    (main - high + square) +
    (k * 5.497923018708371e-14 + logSumTable[i + 2] - 0.5 * rLow * (r + rHigh) + r * r * (r * p));
  const sum = high + low;
  lowPart[0] = high - sum + low;
  return sum;
}

/** `logOfNormal` for any positive finite x. */
export function logAsSum(x: number): number {
  if (x >= 2.2250738585072014e-308) return logOfNormal(x);
  const l = logOfNormal(x * 18014398509481984); // a subnormal times 2^54
  const lLow = lowPart[0];
  const main = l - 37.42994775023705; // 54 ln 2
  const tail = sumError(l, -37.42994775023705, main) + (lLow + 1.1902053746983427e-15);
  const sum = main + tail;
  lowPart[0] = main - sum + tail;
  return sum;
}

/** log2 x within 0.6 ulp; exact for powers of two. */
export function log2F64(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return log2AtEdge(x);
  const l = logOfNormal(x);
  const p = l * 1.4426950408889634; // 1 / ln 2
  return p + (productError(l, 1.4426950408889634, p) + (l * 2.0355273740931033e-17 + lowPart[0] * 1.4426950408889634));
}

/** `log2F64` of a subnormal x, within 1 ulp, and of what is not positive and finite. */
export function log2AtEdge(x: number): number {
  if (!(x > 0 && x < Infinity)) return logAtEdge(x);
  const l = logOfNormal(x * 18014398509481984); // 2^54
  const p = l * 1.4426950408889634; // 1 / ln 2
  const rest = productError(l, 1.4426950408889634, p) + (l * 2.0355273740931033e-17 + lowPart[0] * 1.4426950408889634);
  return p + rest - 54;
}

/** log10 x within 0.6 ulp; exact for powers of ten. */
export function log10F64(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Infinity)) return log10AtEdge(x);
  const l = logOfNormal(x);
  const p = l * 0.4342944819032518; // 1 / ln 10
  return p + (productError(l, 0.4342944819032518, p) + (l * 1.098319650216765e-17 + lowPart[0] * 0.4342944819032518));
}

/** `log10F64` of a subnormal x, within 1.1 ulp, and of what is not positive and finite. */
export function log10AtEdge(x: number): number {
  return x > 0 && x < Infinity ? logAsSum(x) * 0.4342944819032518 : logAtEdge(x);
}
