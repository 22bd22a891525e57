/** Functions that `Math` lacks, in f64 within about two ulps over their whole range. */

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** exp(-x^2), with the rounding error of x^2 taken into account. */
function gaussian(x: number): number {
  // x = high + low with high^2 exact in 53 bits: exp(-x^2) = exp(-high^2) exp((high - x)(high + x)).
  const scaled = x * 134217729;
  const high = scaled - (scaled - x);
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x));
}

/** The error function: its Maclaurin series for |x| < 1/2, 1 - erfc(x) elsewhere. */
export function erf(x: number): number {
  if (Math.abs(x) >= 0.5) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  if (Number.isNaN(x)) return x;
  // erf x = 2/sqrt(pi) sum (-1)^k x^(2k+1) / (k! (2k+1))   (Abramowitz & Stegun 7.1.5)
  const square = x * x;
  let term = 1;
  let sum = 0;
  for (let k = 1; k < 14; k++) {
    term *= -square / k;
    sum += term / (2 * k + 1);
  }
  return twoOverRootPi * (x + x * sum);
}

// erfc at 1/2, 3/4, ..., 9/4 (mpmath, rounded to f64).
const centres: readonly number[] = [
  0.4795001221869535, 0.28884436634648486, 0.15729920705028513, 0.07709987174354177, 0.033894853524689274,
  0.013328328780817557, 0.004677734981047266, 0.0014627165866811518,
];

/** The complementary error function 1 - erf(x), without cancellation for large x. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -0.5) return 2 - erfc(-x);
  if (x < 0.375) return 1 - erf(x);
  return x < 2.375 ? erfcNear(x) : erfcTail(x);
}

/** The Taylor series of erfc around the nearest of the centres. */
function erfcNear(x: number): number {
  const index = Math.round((x - 0.5) * 4);
  const c = 0.5 + index / 4;
  const h = x - c;
  // a(k) = erfc^(k)(c) / k!, where y'' = -2 x y' gives (k + 2)(k + 1) a(k + 2) = -2 c (k + 1) a(k + 1) - 2 k a(k).
  let previous = -twoOverRootPi * gaussian(c);
  let current = -c * previous;
  let power = h;
  let sum = previous * power;
  for (let k = 1; k < 22; k++) {
    power *= h;
    sum += current * power;
    const next = (-2 * c * (k + 1) * current - 2 * k * previous) / ((k + 2) * (k + 1));
    previous = current;
    current = next;
  }
  return centres[index] + sum;
}

/** erfc x = exp(-x^2) / (x sqrt(pi)) / (1 + 1/(2x^2) / (1 + 2/(2x^2) / (1 + ...)))   (Abramowitz & Stegun 7.1.14) */
function erfcTail(x: number): number {
  if (x > 28) return 0;
  const half = 0.5 / (x * x);
  let fraction = 1;
  for (let k = 60; k >= 1; k--) fraction = 1 + (k * half) / fraction;
  return (gaussian(x) / (x * fraction)) * (twoOverRootPi / 2);
}

/** 1 / (1 + exp(-x)) */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + exp(x)) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Half-way cases to the even integer. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** a - b floor(a / b), with the sign of b: exact up to one rounding. */
export function floorModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

/** floor(a / b) of the exact quotient, as NumPy has it: 1 over 0.1 is 9, and an infinite a gives NaN. */
export function floorQuotient(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  const quotient = Math.round((a - rest) / b);
  return rest !== 0 && rest < 0 !== b < 0 ? quotient - 1 : quotient;
}
