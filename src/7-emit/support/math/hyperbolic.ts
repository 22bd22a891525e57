import { lowPart, quotientOfSums, sumError } from "./bits.ts";
import { expF32, expm1AsSum } from "./exp.ts";

/** tanh x with relative error below 2^-33: Chebyshev fit near 0, else 1 - 2 / (e^2x + 1). */
export function tanhF32(x: number): number {
  const a = Math.abs(x);
  if (a < 0.25) {
    const w = x * x;
    return (
      x +
      x * w * (-0.33333333232847023 + w * (0.1333328184361586 + w * (-0.05392688609507459 + w * 0.020799047442261017)))
    );
  }
  const t = 1 - 2 / (expF32(a + a) + 1);
  return x < 0 ? -t : t;
}

/** tanh x within 0.8 ulp: E / (E + 2) for E = e^2x - 1, with the low parts kept. */
export function tanhF64(x: number): number {
  const a = Math.abs(x);
  if (a < 3.7252902984619140625e-9) return x; // 2^-28
  let t = 1;
  if (!(a > 20)) {
    const e = expm1AsSum(a + a);
    const eLow = lowPart[0];
    const d = e + 2;
    t = quotientOfSums(e, eLow, d, sumError(e, 2, d) + eLow);
  }
  return x < 0 ? -t : t;
}
