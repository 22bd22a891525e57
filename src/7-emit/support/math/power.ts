import { binaryExponent, lowPart, productError, quotientOfSums, scaleByPowerOfTwo } from "./bits.ts";
import { expF32, expOfSum } from "./exp.ts";
import { logAsSum, logF64 } from "./log.ts";

/** The sign of x^y for negative x and finite y: -1 for odd y, 1 for even y, else NaN. */
export function powerSign(y: number): number {
  if (Math.floor(y) !== y) return NaN;
  return y % 2 === 0 ? 1 : -1;
}

/** x^y where x is zero or not finite, or y is not finite, as in C99 (annex F.9.4.4). */
export function powerAtEdge(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return NaN;
  const a = Math.abs(x);
  if (Math.abs(y) === Infinity) {
    if (a === 1) return 1;
    return a > 1 === y > 0 ? Infinity : 0;
  }
  const magnitude = a > 1 === y > 0 ? Infinity : 0;
  const negative = x < 0 || Object.is(x, -0);
  return negative && powerSign(y) === -1 ? -magnitude : magnitude;
}

/** x^y with relative error below 2^-35. */
export function powF32(x: number, y: number): number {
  const a = Math.abs(x);
  if (!(a > 0 && a < Infinity && Math.abs(y) < Infinity)) return powerAtEdge(x, y);
  const power = expF32(y * logF64(a));
  return x < 0 ? power * powerSign(y) : power;
}

/** x^y within 0.7 ulp (1 ulp where subnormal): e^(y ln x), the logarithm and the product with 65 bits at least. */
export function powF64(x: number, y: number): number {
  const a = Math.abs(x);
  if (!(a > 0 && a < Infinity && Math.abs(y) < Infinity)) return powerAtEdge(x, y);
  const l = logAsSum(a);
  const lLow = lowPart[0];
  const exponent = y * l;
  // Beyond 800 the result is 0 or infinity, and that of a = 1 is exact: the parts of a huge y would overflow there.
  const exponentLow = l !== 0 && Math.abs(exponent) < 800 ? productError(y, l, exponent) + y * lLow : 0;
  const power = expOfSum(exponent, exponentLow, 0);
  return x < 0 ? power * powerSign(y) : power;
}

/** x^n for an integer n, with relative error below 2^-40: repeated squaring. */
export function powiF32(x: number, n: number): number {
  const count = Math.abs(n);
  if (!(count <= 1024)) return powF32(x, n);
  let result = 1;
  let square = x;
  for (let rest = count; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}

/**
 * x^n for an integer n: x^2 = x*x, x^3 = x*x*x (within 1.5 ulp), else repeated squaring with 100 bits, rounded once
 * (beyond |n| = 64 as `powF64`).
 */
export function powiF64(x: number, n: number): number {
  if (n === 2) return x * x;
  if (n === 1) return x;
  if (n === 3) return x * x * x;
  if (n === -1) return 1 / x;
  const a = Math.abs(x);
  const count = Math.abs(n);
  if (!(a > 0 && a < Infinity && count <= 64)) return powF64(x, n);
  const shift = a < 2.2250738585072014e-308 ? 54 : 0;
  if (shift > 0) x *= 18014398509481984; // a subnormal times 2^54
  const k = binaryExponent(Math.abs(x));
  let square = scaleByPowerOfTwo(x, -k);
  let squareLow = 0;
  let result = 1;
  let resultLow = 0;
  for (let rest = count; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) {
      const product = result * square;
      resultLow = productError(result, square, product) + (result * squareLow + resultLow * square);
      result = product;
    }
    const product = square * square;
    squareLow = productError(square, square, product) + 2 * square * squareLow;
    square = product;
  }
  const power = n < 0 ? quotientOfSums(1, 0, result, resultLow) : result + resultLow;
  const exponent = (k - shift) * n;
  return scaleByPowerOfTwo(power, exponent > 1500 ? 1500 : exponent < -1500 ? -1500 : exponent);
}

/** The cube root of x within 0.6 ulp: Halley's iteration, then a Newton step with the exact residual. */
export function cbrtF64(x: number): number {
  if (x === 0 || !(Math.abs(x) < Infinity)) return x;
  const shift = Math.abs(x) < 2.2250738585072014e-308 ? 18 : 0;
  const a = shift > 0 ? Math.abs(x) * 18014398509481984 : Math.abs(x); // a subnormal times 2^54
  const third = Math.floor(binaryExponent(a) / 3);
  const m = scaleByPowerOfTwo(a, -3 * third); // in [0.7, 5.7)
  let t = 0.638562512670641 + m * (0.41412696013107964 + m * (-0.06052645493120085 + m * 0.004087556326278172));
  let cube = t * t * t;
  t *= (cube + 2 * m) / (2 * cube + m);
  cube = t * t * t;
  t *= (cube + 2 * m) / (2 * cube + m);
  const square = t * t;
  cube = square * t;
  const residual = m - cube - (productError(square, t, cube) + productError(t, t, square) * t);
  t += residual / (3 * square);
  const root = scaleByPowerOfTwo(t, third - shift);
  return x < 0 ? -root : root;
}

/** sqrt(x^2 + y^2) within 0.6 ulp (1 ulp where subnormal), without overflow or underflow on the way; infinite if either is, as in C99. */
export function hypotF64(x: number, y: number): number {
  let a = Math.abs(x);
  let b = Math.abs(y);
  if (a === Infinity || b === Infinity) return Infinity;
  if (a < b) {
    const swap = a;
    a = b;
    b = swap;
  }
  let scale = 1;
  if (a > 1e150)
    scale = 2.409919865102884e-181; // 2^-600
  else if (a < 1e-130) scale = 4.149515568880993e180; // 2^600
  a *= scale;
  b *= scale;
  if (!(b > a * 1e-17)) return (a + b) / scale;
  const aa = a * a;
  const bb = b * b;
  const sum = aa + bb;
  const sumLow = aa - sum + bb + (productError(a, a, aa) + productError(b, b, bb));
  const root = Math.sqrt(sum);
  const square = root * root;
  return (root + (sum - square - productError(root, root, square) + sumLow) / (2 * root)) / scale;
}
