/** x modulo y with the sign of y (NumPy's `mod`): x - y floor(x / y), computed exactly and rounded once. */
export function floorModulo(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 === y < 0 ? rest : rest + y;
}

/** The floor of x / y (NumPy's `floor_divide`), by the exact remainder; x / 0 is infinite or NaN. */
export function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  let rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  rest = Math.floor(quotient);
  return quotient - rest > 0.5 ? rest + 1 : rest;
}

/** x rounded to an integer, halves to the even one. Adding 2^52 leaves no bits for a fraction. */
export function roundHalfEven(x: number): number {
  const a = Math.abs(x);
  if (!(a < 4503599627370496)) return x;
  const r = a + 4503599627370496 - 4503599627370496;
  return x < 0 || Object.is(x, -0) ? -r : r;
}

/** -1, 0 or 1 (NumPy's `sign`: of either zero it is 0, of NaN it is NaN). */
export function signOf(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN;
}
