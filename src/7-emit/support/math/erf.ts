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

/**
 * erfc x for 1/2 <= x < 28, within 1.3 ulp: e^(-x^2) / d times a Chebyshev fit, in (x - c) / d with d = x + 3 below 6 and
 * in 1 / x^2 with d = x above.
 */
export function erfcTail(x: number): number {
  const d = x < 6 ? x + 3 : x;
  const dLow = x < 6 ? sumError(x, 3, d) : 0;
  let constant: number;
  let slope: number; // the fit is the sum of these
  if (x < 2) {
    const u = (x - 1) / d;
    constant = 1.710334304623228;
    let p = -0.00012198310341483475;
    p = p * u + 0.0019328277778639872;
    p = p * u + 0.0012271083741356857;
    p = p * u - 0.006611326083649992;
    p = p * u - 0.008044484040679294;
    p = p * u + 0.025659034361163888;
    p = p * u + 0.034349647885309476;
    p = p * u - 0.13621340532593165;
    p = p * u - 0.046727261943917554;
    p = p * u + 0.849060053807453;
    p = p * u - 2.0466066705770394;
    p = p * u + 2.847329759340611;
    p = p * u - 2.661057931919149;
    slope = p * u;
  } else if (x < 6) {
    const u = (x - 3.25) / d;
    constant = 1.0395959276676368;
    let p = -9.86170929140552e-7;
    p = p * u - 1.1592583783430312e-5;
    p = p * u + 1.3553319630989726e-5;
    p = p * u + 7.909545873058907e-5;
    p = p * u - 0.00016019261916374203;
    p = p * u - 0.00046162120356776665;
    p = p * u + 0.0021367485188253403;
    p = p * u - 0.00030439284450436114;
    p = p * u - 0.02203000185626888;
    p = p * u + 0.09694434070569366;
    p = p * u - 0.25814237696614434;
    p = p * u + 0.5106609033130554;
    p = p * u - 0.8041307255030808;
    slope = p * u;
  } else {
    const w = 1 / (x * x);
    constant = 0.5641895835477562;
    let p = 86636.6555751445;
    p = p * w - 24194.64454393511;
    p = p * w + 4002.2479045020195;
    p = p * w - 585.0251591189383;
    p = p * w + 91.47198618343951;
    p = p * w - 16.659493963598358;
    p = p * w + 3.7024821065013502;
    p = p * w - 1.0578554158216689;
    p = p * w + 0.4231421875204269;
    p = p * w - 0.2820947917736846;
    slope = p * w;
  }
  const fit = constant + slope;
  const fitLow = constant - fit + slope;
  const square = x * x;
  const e = expOfSum(-square, -productError(x, x, square), 128); // times 2^128: no part of the product is subnormal
  const eLow = lowPart[0];
  const product = e * fit;
  const productLow = productError(e, fit, product) + (eLow * fit + e * fitLow);
  return quotientOfSums(product, productLow, d, dLow) * 2.938735877055719e-39; // 2^-128
}

/** erf x within 1.1 ulp. */
export function erfF64(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) return x + x * erfRemainder(x);
  const t = a > 6 ? 1 : 1 - erfcTail(a);
  return x < 0 ? -t : t;
}

/** erfc x = 1 - erf x within 1.3 ulp, in both tails. */
export function erfcF64(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) {
    const main = 1 - x;
    return main + (sumError(1, -x, main) - x * erfRemainder(x));
  }
  if (a > 28) return x < 0 ? 2 : 0;
  return x < 0 ? 2 - erfcTail(a) : erfcTail(a);
}
