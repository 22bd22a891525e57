#!/usr/bin/env python3
"""Prints the polynomials of src/7-emit/support/math: coefficients from the constant upwards and the error of the fit.

Each is the Chebyshev interpolation (mpmath's chebyfit, 120 digits) of the given function on the given interval, rounded
to double. The error is absolute, of the function as given here; the files say what follows for their results.

    python3 test/tables/math/coefficients.py        needs python3-mpmath
"""

from mpmath import (asin, atan, atanh, cbrt, chebyfit, cos, erf, erfc, exp, expm1, log, log1p, mp, mpf, pi, sin, sinh, sqrt, tanh)

mp.dps = 120
TINY = mpf(10) ** -20  # stands for zero, where the formulas are 0 / 0


def fit(name, f, low, high, count):
    coefficients, error = chebyfit(f, [mpf(low), mpf(high)], count, error=True)
    print(f"{name}: error 2^{float(log(error, 2)):.1f}")
    for c in reversed(coefficients):
        print(f"    {float(c)!r}")


def of_square(f):
    """w -> f(sqrt(w))"""
    return lambda w: f(sqrt(w))


def away_from_zero(f):
    return lambda x: f(x if abs(x) > mpf(10) ** -30 else mpf(10) ** -30)


ARTANH = (sqrt(2) - 1) / (sqrt(2) + 1)  # the largest s = f / (2 + f) for sqrt(1/2) <= 1 + f <= sqrt(2)
QUARTER = mpf("0.7864")  # a little above pi/4


def scaled_erfc(x):
    return exp(x * x) * erfc(x)


def erfc_in_u(c):
    """erfc(x) e^(x^2) (x + 3) as a function of u = (x - c) / (x + 3)."""
    return lambda u: scaled_erfc((c + 3 * u) / (1 - u)) * ((c + 3 * u) / (1 - u) + 3)


def u_of(x, c):
    return (mpf(x) - c) / (mpf(x) + 3)


fit("expF32, (e^r - 1) / r", away_from_zero(lambda r: expm1(r) / r), -log(2) / 128, log(2) / 128, 3)
fit("expRemainder, less 1/2, by r", away_from_zero(lambda r: (exp(r) - 1 - r - r * r / 2) / r**3), -log(2) / 256 * mpf("1.001"), log(2) / 256 * mpf("1.001"), 3)
fit("expm1F32", away_from_zero(lambda x: (expm1(x) / x - 1 - x / 2) / x**2), -0.3, 0.3, 6)
fit("logF32", away_from_zero(lambda r: (log1p(r) - r) / r**2), -mpf(1.01) / 256, mpf(1.001) / 128, 3)
fit("doubleArtanhF32", of_square(lambda s: (2 * atanh(s) / s - 2) / s**2), TINY, ARTANH**2 * mpf("1.001"), 4)
fit("logOfParts", of_square(lambda s: (2 * atanh(s) / s - 2) / s**2), TINY, ARTANH**2 * mpf("1.001"), 7)
fit("log1pAsSum", of_square(lambda s: (2 * atanh(s) / s - 2 - 2 * s**2 / 3) / s**4), TINY, ARTANH**2 * mpf("1.001"), 8)
fit("softplusF32", of_square(lambda s: (2 * atanh(s) / s - 2) / s**2), TINY, mpf(1) / 9, 6)
fit("tanhF32", of_square(lambda x: (tanh(x) / x - 1) / x**2), TINY, mpf(1) / 16, 4)
fit("sinhF32", of_square(lambda x: (sinh(x) / x - 1) / x**2), TINY, 1, 4)
fit("sinOnHalfTurnF32", of_square(lambda r: (sin(r) / r - 1) / r**2), TINY, (pi / 2 * mpf("1.0001")) ** 2, 5)
fit("tanF32, sine", of_square(lambda r: (sin(r) / r - 1) / r**2), TINY, QUARTER**2, 4)
fit("tanF32, cosine", of_square(lambda r: (cos(r) - 1) / r**2), TINY, QUARTER**2, 4)
fit("sinAsSum", of_square(lambda r: (sin(r) / r - 1) / r**2), TINY, QUARTER**2, 7)
fit("cosAsSum", of_square(lambda r: (cos(r) - 1 + r**2 / 2) / r**4), TINY, QUARTER**2, 6)
fit("asinRemainder", of_square(lambda r: (asin(r) / r - 1) / r**2), TINY, mpf(1) / 4, 13)
fit("atanOfSum", of_square(lambda r: (atan(r) / r - 1) / r**2), TINY, (mpf(7) / 16) ** 2, 12)
fit("erfNearZeroF32", of_square(lambda x: erf(x) / x), TINY, 1, 8)
fit("erfRemainder, plus 1", of_square(lambda x: erf(x) / x), TINY, mpf(1) / 4, 10)
fit("erfcTailF32", lambda t: scaled_erfc(1 / t - 2) / t, 1 / mpf(12.15), mpf(1) / 3, 11)
fit("erfcTail below 2", erfc_in_u(mpf(1)), u_of(0.5, 1), u_of(2, 1), 14)
fit("erfcTail below 6", erfc_in_u(mpf("3.25")), u_of(2, mpf("3.25")), u_of(6, mpf("3.25")), 14)
fit("erfcTail above 6", of_square(lambda r: scaled_erfc(1 / r) / r), 1 / mpf(28) ** 2, 1 / mpf(6) ** 2, 11)
fit("cbrtF64", cbrt, 0.705, 5.67, 4)
