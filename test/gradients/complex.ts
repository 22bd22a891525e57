/**
 * Elementary functions of complex numbers, for derivatives by the complex step: f'(x) = Im f(x + ih) / h for a tiny h, without
 * cancellation (Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998). Formulas keep a
 * tiny imaginary part to full precision: Kahan, Branch cuts for complex elementary functions, 1987.
 */

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });

export const add = (x: Complex, y: Complex): Complex => complex(x.re + y.re, x.im + y.im);
export const subtract = (x: Complex, y: Complex): Complex => complex(x.re - y.re, x.im - y.im);
export const negate = (x: Complex): Complex => complex(-x.re, -x.im);
export const scale = (x: Complex, by: number): Complex => complex(x.re * by, x.im * by);
export const multiply = (x: Complex, y: Complex): Complex =>
  complex(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re);

/** Smith's division, which does not overflow in between. */
export function divide(x: Complex, y: Complex): Complex {
  if (Math.abs(y.re) >= Math.abs(y.im)) {
    const ratio = y.im / y.re;
    const below = y.re + y.im * ratio;
    return complex((x.re + x.im * ratio) / below, (x.im - x.re * ratio) / below);
  }
  const ratio = y.re / y.im;
  const below = y.re * ratio + y.im;
  return complex((x.re * ratio + x.im) / below, (x.im * ratio - x.re) / below);
}

const one = complex(1);

/** x^n by repeated squaring. */
export function integerPower(x: Complex, n: number): Complex {
  if (n < 0) return divide(one, integerPower(x, -n));
  let [result, square] = [one, x];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** The principal root. */
export function sqrt(z: Complex): Complex {
  if (z.re === 0 && z.im === 0) return complex(0, z.im);
  const root = Math.sqrt((Math.hypot(z.re, z.im) + Math.abs(z.re)) / 2);
  if (z.re >= 0) return complex(root, z.im / (2 * root));
  return complex(Math.abs(z.im) / (2 * root), z.im < 0 ? -root : root);
}

/** The real cube root, continued. */
export function cbrt(z: Complex): Complex {
  if (z.re < 0) return negate(cbrt(negate(z)));
  const root = Math.cbrt(Math.hypot(z.re, z.im));
  const angle = Math.atan2(z.im, z.re) / 3;
  return complex(root * Math.cos(angle), root * Math.sin(angle));
}

export function exp(z: Complex): Complex {
  const size = Math.exp(z.re);
  return complex(size * Math.cos(z.im), size * Math.sin(z.im));
}

export function expm1(z: Complex): Complex {
  const half = Math.sin(z.im / 2);
  return complex(Math.expm1(z.re) * Math.cos(z.im) - 2 * half * half, Math.exp(z.re) * Math.sin(z.im));
}

export const log = (z: Complex): Complex => complex(Math.log(Math.hypot(z.re, z.im)), Math.atan2(z.im, z.re));

export function log1p(z: Complex): Complex {
  if (Math.abs(z.re) > 0.5) return log(complex(1 + z.re, z.im));
  return complex(0.5 * Math.log1p(z.re * (2 + z.re) + z.im * z.im), Math.atan2(z.im, 1 + z.re));
}

export const sin = (z: Complex): Complex => complex(Math.sin(z.re) * Math.cosh(z.im), Math.cos(z.re) * Math.sinh(z.im));
export const cos = (z: Complex): Complex =>
  complex(Math.cos(z.re) * Math.cosh(z.im), -Math.sin(z.re) * Math.sinh(z.im));
export const tan = (z: Complex): Complex => divide(sin(z), cos(z));
export const sinh = (z: Complex): Complex =>
  complex(Math.sinh(z.re) * Math.cos(z.im), Math.cosh(z.re) * Math.sin(z.im));
export const cosh = (z: Complex): Complex =>
  complex(Math.cosh(z.re) * Math.cos(z.im), Math.sinh(z.re) * Math.sin(z.im));

/** Kahan's form, with t = tan(im) and s = sinh(re). */
export function tanh(z: Complex): Complex {
  const t = Math.tan(z.im);
  const s = Math.sinh(z.re);
  const beta = 1 + t * t;
  const below = 1 + beta * s * s;
  return complex((beta * Math.cosh(z.re) * s) / below, t / below);
}

/** Im(conj(p) q) */
const cross = (p: Complex, q: Complex): number => p.re * q.im - p.im * q.re;

export function asin(z: Complex): Complex {
  const [below, above] = [sqrt(subtract(one, z)), sqrt(add(one, z))];
  return complex(Math.atan2(z.re, multiply(below, above).re), Math.asinh(cross(below, above)));
}

export function acos(z: Complex): Complex {
  const [below, above] = [sqrt(subtract(one, z)), sqrt(add(one, z))];
  return complex(2 * Math.atan2(below.re, above.re), Math.asinh(cross(above, below)));
}

export function atan({ re, im }: Complex): Complex {
  const below = re * re + (1 - im) * (1 - im);
  return complex(0.5 * Math.atan2(2 * re, 1 - re * re - im * im), 0.25 * Math.log1p((4 * im) / below));
}

/** -i asin(iz) */
export function asinh(z: Complex): Complex {
  const turned = asin(complex(-z.im, z.re));
  return complex(turned.im, -turned.re);
}

export function acosh(z: Complex): Complex {
  const [below, above] = [sqrt(subtract(z, one)), sqrt(add(z, one))];
  const re = Math.asinh(below.re * above.re + below.im * above.im);
  return complex(re, 2 * Math.atan2(below.im, above.re));
}

export function atanh({ re, im }: Complex): Complex {
  const below = (1 - re) * (1 - re) + im * im;
  return complex(0.25 * Math.log1p((4 * re) / below), 0.5 * Math.atan2(2 * im, (1 - re) * (1 + re) - im * im));
}

const rootPi = Math.sqrt(Math.PI);

/** erf z = 2/√π e^(-z²) Σ 2ⁿ z^(2n+1) / (2n+1)!!, whose terms have one sign on the real axis (Abramowitz and Stegun 7.1.6). */
function erfSeries(z: Complex): Complex {
  const square = multiply(z, z);
  let [term, sum] = [z, z];
  for (let n = 1; n < 40; n++) {
    term = scale(multiply(term, square), 2 / (2 * n + 1));
    sum = add(sum, term);
  }
  return scale(multiply(exp(negate(square)), sum), 2 / rootPi);
}

/** erfc z = e^(-z²)/√π 1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + ...)))) for Re z > 0 (Abramowitz and Stegun 7.1.14). */
function erfcFraction(z: Complex): Complex {
  let tail = z;
  for (let k = 200; k >= 1; k--) tail = add(z, divide(complex(k / 2), tail));
  return divide(scale(exp(negate(multiply(z, z))), 1 / rootPi), tail);
}

/** The derivative of the series cancels for larger arguments, the fraction converges slowly for smaller ones. */
const switchover = 1;

export function erfc(z: Complex): Complex {
  return z.re < switchover ? subtract(one, erf(z)) : erfcFraction(z);
}

export function erf(z: Complex): Complex {
  if (z.re < 0) return negate(erf(negate(z)));
  return z.re < switchover ? erfSeries(z) : subtract(one, erfcFraction(z));
}

export function sigmoid(z: Complex): Complex {
  if (z.re >= 0) return divide(one, add(one, exp(negate(z))));
  const e = exp(z);
  return divide(e, add(one, e));
}

export const softplus = (z: Complex): Complex => (z.re <= 0 ? log1p(exp(z)) : add(z, log1p(exp(negate(z)))));

/** x^y = exp(y log x) for Re x > 0; an integer y of any x. */
export function power(x: Complex, y: Complex): Complex {
  if (y.im === 0 && Number.isInteger(y.re) && Math.abs(y.re) < 64) return integerPower(x, y.re);
  return exp(multiply(y, log(x)));
}

export const hypot = (x: Complex, y: Complex): Complex => sqrt(add(multiply(x, x), multiply(y, y)));

/** The angle of x + iy for real x and y, continued from each quadrant. */
export function atan2(y: Complex, x: Complex): Complex {
  if (Math.abs(x.re) >= Math.abs(y.re)) {
    const turn = x.re > 0 ? 0 : y.re < 0 ? -Math.PI : Math.PI;
    return add(atan(divide(y, x)), complex(turn));
  }
  return subtract(complex(y.re < 0 ? -Math.PI / 2 : Math.PI / 2), atan(divide(x, y)));
}

/** x - y floor(x / y): a line between its jumps. */
export const modulo = (x: Complex, y: Complex): Complex => subtract(x, scale(y, Math.floor(x.re / y.re)));

/** Functions made of analytic pieces: each is continued from the piece that the real part lies on. */
export const abs = (z: Complex): Complex => (z.re < 0 ? negate(z) : z);
export const maximum = (x: Complex, y: Complex): Complex => (x.re < y.re ? y : x);
export const minimum = (x: Complex, y: Complex): Complex => (y.re < x.re ? y : x);
