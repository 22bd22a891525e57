import { lowPart, productError, quotientOfSums, sumError } from "./bits.ts";
import { expF32, expOfSum } from "./exp.ts";

/** erf x for |x| <= 1, with relative error below 2^-34: Chebyshev fit. */
export function erfNearZeroF32(x: number): number {
  const w = x * x;
  let p = -9.667044571486996e-6;
  p = p * w + 0.00011265959025606609;
  p = p * w - 0.0008484080405535107;
  p = p * w + 0.005221031807858023;
  p = p * w - 0.026865430727670243;
  p = p * w + 0.11283782495236845;
  p = p * w - 0.3761263846802871;
  p = p * w + 1.1283791670615435;
  return x * p;
}

/** erfc x for 1 <= x <= 10.1, with relative error below 2^-33: e^(-x^2) times a Chebyshev fit in 1 / (x + 2). */
export function erfcTailF32(x: number): number {
  const t = 1 / (x + 2);
  let p = 121.06604246266986;
  p = p * t - 322.2926841209725;
  p = p * t + 341.1123610906303;
  p = p * t - 170.19623927262452;
  p = p * t + 37.258682168672365;
  p = p * t - 8.779453009675313;
  p = p * t + 3.7908057940854003;
  p = p * t + 2.722557463044196;
  p = p * t + 1.9803098494445426;
  p = p * t + 1.1281898312034933;
  p = p * t + 0.5641923969136575;
  return expF32(-x * x) * t * p;
}

/** erf x with relative error below 2^-33. */
export function erfF32(x: number): number {
  const a = Math.abs(x);
  if (a < 1) return erfNearZeroF32(x);
  const t = a > 6 ? 1 : 1 - erfcTailF32(a);
  return x < 0 ? -t : t;
}

/** erfc x = 1 - erf x with relative error below 2^-31, in both tails. */
export function erfcF32(x: number): number {
  const a = Math.abs(x);
  if (a < 1) return 1 - erfNearZeroF32(x);
  if (x > 9.3) return erfcF64(x);
  const t = a > 9.3 ? 0 : erfcTailF32(a);
  return x < 0 ? 2 - t : t;
}

/** erf(x) / x - 1 for |x| < 1/2: Chebyshev fit. */
export function erfRemainder(x: number): number {
  const w = x * x;
  let p = -1.462091340945175e-7;
  p = p * w + 1.637123442577e-6;
  p = p * w - 1.4923003368152099e-5;
  p = p * w + 0.00012055286202005714;
  p = p * w - 0.0008548326510724796;
  p = p * w + 0.0052239776220169365;
  p = p * w - 0.02686617064499972;
  p = p * w + 0.1128379167095487;
  p = p * w - 0.3761263890318375;
  p = p * w + 0.12837916709551256;
  return p;
}

/** erfc x for 1/2 <= x < 28, within 1.2 ulp: e^(-x^2) / (x + 3) times a Chebyshev fit in (x - c) / (x + 3), c = 1 or 5. */
export function erfcTail(x: number): number {
  const d = x + 3;
  const dLow = sumError(x, 3, d);
  let p: number;
  if (x < 2) {
    const u = (x - 1) / d;
    let q = -0.00012198310341483475;
    q = q * u + 0.0019328277778639872;
    q = q * u + 0.0012271083741356857;
    q = q * u - 0.006611326083649992;
    q = q * u - 0.008044484040679294;
    q = q * u + 0.025659034361163888;
    q = q * u + 0.034349647885309476;
    q = q * u - 0.13621340532593165;
    q = q * u - 0.046727261943917554;
    q = q * u + 0.849060053807453;
    q = q * u - 2.0466066705770394;
    q = q * u + 2.847329759340611;
    q = q * u - 2.661057931919149;
    q = q * u + 1.710334304623228;
    p = q;
  } else {
    const u = (x - 5) / d;
    let q = 2.039170937760189e-9;
    q = q * u - 3.063443396657791e-9;
    q = q * u - 1.8599296942309915e-8;
    q = q * u + 3.561384235024674e-8;
    q = q * u + 1.5287271055298885e-7;
    q = q * u - 4.444127161752296e-7;
    q = q * u - 1.1155825277685755e-6;
    q = q * u + 6.22726668869493e-6;
    q = q * u + 2.2201431210620026e-6;
    q = q * u - 8.28536520124504e-5;
    q = q * u + 0.00020565983172954804;
    q = q * u + 0.000511159875111602;
    q = q * u - 0.005992101444570652;
    q = q * u + 0.027317987192557226;
    q = q * u - 0.08762571665293097;
    q = q * u + 0.2238727333425639;
    q = q * u - 0.47966144308433484;
    q = q * u + 0.885637101864549;
    p = q;
  }
  const square = x * x;
  const e = expOfSum(-square, -productError(x, x, square), 128); // times 2^128: no part of the product is subnormal
  const eLow = lowPart[0];
  const product = e * p;
  const productLow = productError(e, p, product) + eLow * p;
  return quotientOfSums(product, productLow, d, dLow) * 2.938735877055719e-39; // 2^-128
}

/** erf x within 1 ulp. */
export function erfF64(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) return x + x * erfRemainder(x);
  const t = a > 6 ? 1 : 1 - erfcTail(a);
  return x < 0 ? -t : t;
}

/** erfc x = 1 - erf x within 1.2 ulp, in both tails. */
export function erfcF64(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) {
    const main = 1 - x;
    return main + (sumError(1, -x, main) - x * erfRemainder(x));
  }
  if (a > 28) return x < 0 ? 2 : 0;
  return x < 0 ? 2 - erfcTail(a) : erfcTail(a);
}
