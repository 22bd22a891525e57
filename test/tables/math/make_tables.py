#!/usr/bin/env python3
"""Writes the reference tables of this directory: one <function>.tsv each, `precision  arguments  expected`.

Arguments are doubles (f64 rows) or doubles that are exactly single precision (f32 rows); the expected value is the
exact value, computed with mpmath to at least 50 digits, rounded once, half to even, to that precision (subnormals and
overflow included). f32 rows hold the points, of some thousand sampled, whose exact value lies nearest to the middle of
two neighbours, where a small error shows, and a random share of the others.

    python3 test/tables/math/make_tables.py [function ...]        needs python3-mpmath
"""

import math
import os
import random
import struct
import sys

from mpmath import mp, mpf
import mpmath

HERE = os.path.dirname(os.path.abspath(__file__))
F64 = (53, -1074, 1024)
F32 = (24, -149, 128)


def round_to(y, form):
    """The nearest number of a binary format, half to even, and the distance to the nearest midpoint in ulps."""
    bits, least, top = form
    if y == 0:
        return 0.0, 0.5
    _, e = mpmath.frexp(abs(y))
    unit = max(int(e) - bits, least)
    if int(e) < least - 2:
        return 0.0 if y > 0 else -0.0, 0.5
    if int(e) > top + 2:
        return math.inf if y > 0 else -math.inf, 0.5
    scaled = mpmath.ldexp(abs(y), -unit)
    n = int(mpmath.nint(scaled))
    midpoint = abs(abs(scaled - n) - mpf(0.5))
    value = math.inf if n >= 2 ** (top - unit) else math.ldexp(n, unit)
    return math.copysign(value, -1.0 if y < 0 else 1.0), float(midpoint)


def exact(f, args):
    """f at the doubles args, to 35 digits at least: precision is doubled until two evaluations agree."""
    digits = 50
    last = None
    while True:
        with mp.workdps(digits):
            y = f(*[mpf(a) for a in args])
            if isinstance(y, mpmath.mpc):
                return None
        if last is not None and (y == last or abs(y - last) <= abs(y) * mpf(10) ** -35):
            return y
        last = y
        digits *= 2
        if digits > 3500:
            raise ArithmeticError(f"no agreement at {args}")


def single(x):
    try:
        return struct.unpack("f", struct.pack("f", x))[0]
    except OverflowError:
        return math.inf


def neighbours(x, form, count):
    """x and `count` neighbours on both sides."""
    if form is F32:
        (n,) = struct.unpack("i", struct.pack("f", x))
        return [struct.unpack("f", struct.pack("i", n + d))[0] for d in range(-count, count + 1) if n + d >= 0 or x < 0]
    result = [x]
    low = high = x
    for _ in range(count):
        low, high = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
        result += [low, high]
    return result


class Unary:
    """A function of one argument: where it is hard, and the range in which its values are not yet saturated."""

    def __init__(self, f, active, hard=(), domain=lambda x: True):
        self.f, self.active, self.hard, self.domain = f, active, hard, domain

    def sample(self, form, rng, count):
        bits, least, top = form
        points = []
        low, high = self.active
        for _ in range(count):
            points.append(rng.uniform(low, high))
            points.append(math.ldexp(rng.uniform(1, 2), rng.randrange(least, top)) * rng.choice([1, -1]))
            points.append(math.ldexp(rng.uniform(1, 2), rng.randrange(-12, 12)) * rng.choice([1, -1]))
        for h in list(self.hard) + [1, -1, 0.5, -0.5, 2, math.ldexp(1.0, least + bits - 1)]:
            points += neighbours(h if form is F64 else single(h), form, 2)
        for n in (1, 2, 3, 7, 1000, 123457):
            points += [math.ldexp(n, least), -math.ldexp(n, least)]
        largest = math.ldexp(2 - math.ldexp(1, 1 - bits), top - 1)
        points += [largest, -largest]
        if form is F32:
            points = [single(x) for x in points]
        return [(x,) for x in points if math.isfinite(x) and x != 0 and self.domain(x)]


class Binary:
    """A function of two arguments, with generators of pairs."""

    def __init__(self, f, pairs):
        self.f, self.pairs = f, pairs

    def sample(self, form, rng, count):
        points = [p for _ in range(count) for p in self.pairs(form, rng)]
        if form is F32:
            points = [(single(x), single(y)) for x, y in points]
        return [p for p in points if all(math.isfinite(x) and x != 0 for x in p)]


def any_binade(form, rng):
    return math.ldexp(rng.uniform(1, 2), rng.randrange(form[1], form[2])) * rng.choice([1, -1])


def near_binade(rng, low, high):
    return math.ldexp(rng.uniform(1, 2), rng.randrange(low, high)) * rng.choice([1, -1])


FUNCTIONS = {
    "exp": Unary(mpmath.exp, (-745, 710), (709.7827, -745.1332, -708.4, 88.7228, -103.972, -87.3)),
    "expm1": Unary(mpmath.expm1, (-40, 90), (0.3465, -0.3465, -0.69, 1.04, 709.7827, 88.7228, 0.3, -0.3, -37.4, 1e-8)),
    "log": Unary(mpmath.log, (0, 20), (0.70710678, 1.41421356, 1.2e38, 1.2e-38, 1.0078125, 0.99609375, 1.4140625), lambda x: x > 0),
    "log1p": Unary(mpmath.log1p, (-1, 20), (-0.2929, 0.41421356, -0.29, 0.41, -0.999, 1e-8), lambda x: x > -1),
    "tanh": Unary(mpmath.tanh, (-10, 10), (0.25, 0.1733, 19.06, 9.01, 1e-8)),
    "sigmoid": Unary(lambda x: 1 / (1 + mpmath.exp(-x)), (-746, 40), (-37.4, 36.7, 16.6, -87.3, -103.9, -708.4, -744.9)),
    "softplus": Unary(lambda x: mpmath.log1p(mpmath.exp(x)), (-746, 50), (-37.4, 36.7, 0.01, -0.01, -103.9, -708.4)),
}


def real_cbrt(x):
    return -mpmath.cbrt(-x) if x < 0 else mpmath.cbrt(x)


def half_turns(rng):
    """Doubles near multiples of pi/2, of every size."""
    with mp.workdps(60):
        n = rng.randrange(1, 2 ** rng.randrange(2, 60))
        return float(n * mpmath.pi / 2)


def power_pairs(form, rng):
    top = 709 if form is F64 else 88
    x = near_binade(rng, -20, 20)
    yield abs(x), rng.uniform(-top, top) / abs(math.log(abs(x)) or 1)
    yield 1 + rng.uniform(-1, 1) * 2.0 ** rng.randrange(-24, -1), near_binade(rng, -5, 30)
    yield x, float(rng.randrange(-40, 40))
    yield abs(any_binade(form, rng)), near_binade(rng, -12, 6)


def integer_power_pairs(form, rng):
    yield near_binade(rng, -20, 20), float(rng.randrange(-12, 13))
    yield rng.uniform(-2, 2), float(rng.randrange(-70, 71))
    yield any_binade(form, rng), float(rng.choice([-3, -2, -1, 2, 3, 4]))
    yield float(rng.randrange(1, 12)), float(rng.randrange(-3, 16))
    yield 1 + rng.uniform(-1, 1) * 2.0**-8, float(rng.randrange(-20000, 20000))


def any_pairs(form, rng):
    x, y = any_binade(form, rng), any_binade(form, rng)
    yield x, y
    yield x, x * near_binade(rng, -6, 6)
    yield near_binade(rng, -8, 8), near_binade(rng, -8, 8)
    yield near_binade(rng, -30, 30), near_binade(rng, -30, 30)


def quotient_pairs(form, rng):
    yield rng.uniform(-100, 100), near_binade(rng, -3, 4)
    yield float(rng.randrange(-50, 50)), float(rng.randrange(-9, 10))
    yield near_binade(rng, 0, 40), near_binade(rng, -3, 4)


FUNCTIONS |= {
    "log2": Unary(lambda x: mpmath.log(x) / mpmath.log(2), (0, 20), (0.7071, 1.4142, 8.0, 1.2e38, 1.2e-38, 1.0078125), lambda x: x > 0),
    "log10": Unary(mpmath.log10, (0, 20), (0.70710678, 1.41421356, 1e3, 1e15, 1e22, 0.1), lambda x: x > 0),
    "sinh": Unary(mpmath.sinh, (-50, 50), (710.4758, 89.4159, 0.99, 1.0, 40, 1e-8)),
    "cosh": Unary(mpmath.cosh, (-50, 50), (710.4758, 89.4159, 0.3, 40, 1e-8)),
    "asinh": Unary(mpmath.asinh, (-5, 5), (0.405, 0.74, 268435456, 1e-8)),
    "acosh": Unary(mpmath.acosh, (1, 6), (1.0000001, 1.09, 268435456), lambda x: x >= 1),
    "atanh": Unary(mpmath.atanh, (-1, 1), (0.17, -0.15, 0.9999999, 1e-8), lambda x: abs(x) < 1),
    "asin": Unary(mpmath.asin, (-1, 1), (0.4999, 0.9999999, 1e-8), lambda x: abs(x) <= 1),
    "acos": Unary(mpmath.acos, (-1, 1), (0.4999, 0.9999999, -0.9999999, 1e-8), lambda x: abs(x) <= 1),
    "atan": Unary(mpmath.atan, (-4, 4), (0.4375, 0.6875, 1.1875, 2.4375, 1e-8, 1e17)),
    "erf": Unary(mpmath.erf, (-7, 7), (0.5, 1.0, 2.0, 5.9, 1e-8), lambda x: abs(x) < 1e6),
    "erfc": Unary(mpmath.erfc, (-7, 28), (0.5, 1.0, 2.0, 9.2, 10.05, 26.54, 27.22, 1e-8), lambda x: abs(x) < 1e6),
    "cbrt": Unary(real_cbrt, (-30, 30), (8, 27, 0.70710678, 5.656)),
    "pow": Binary(mpmath.power, power_pairs),
    "powi": Binary(mpmath.power, integer_power_pairs),
    "hypot": Binary(mpmath.hypot, any_pairs),
    "atan2": Binary(mpmath.atan2, any_pairs),
    "mod": Binary(lambda x, y: x - y * mpmath.floor(x / y), quotient_pairs),
    "div": Binary(lambda x, y: mpmath.floor(x / y), quotient_pairs),
    "round": Unary(mpmath.nint, (-20, 20), (0.5, 1.5, 2.5, -3.5, 4503599627370495.5, 8388607.5)),
}
turns = [half_turns(random.Random(i)) for i in range(60)]
# 6381956970095103 * 2^797 is the double closest to a multiple of pi/2 (Muller, Elementary Functions, 11.2).
turns += [math.ldexp(6381956970095103, 797), math.ldexp(5261692873635770, 499), math.pi, 1e22, 1e300, 1048576.5]
for trigonometric in ("sin", "cos", "tan"):
    FUNCTIONS[trigonometric] = Unary(getattr(mpmath, trigonometric), (-10, 10), turns)


def rows(name, entry, form, rng):
    precision = "f64" if form is F64 else "f32"
    count = 40 if form is F64 else 250
    found = {}
    for args in entry.sample(form, rng, count):
        y = exact(entry.f, args)
        if y is not None:
            value, midpoint = round_to(y, form)
            found[args] = (value, midpoint)
    picked = sorted(found, key=lambda a: found[a][1])[:50] if form is F32 else []
    others = [a for a in found if a not in picked]
    rng.shuffle(others)
    saturated = [a for a in others if found[a][0] in (0, 1, -1, math.inf, -math.inf)]
    others = [a for a in others if a not in saturated[10:]]
    picked += others[: 100 if form is F32 else 160]
    for args in sorted(picked):
        yield "\t".join([precision, *map(repr, args), repr(found[args][0])])


def main():
    names = sys.argv[1:] or list(FUNCTIONS)
    for name in names:
        rng = random.Random(name)
        lines = [line for form in (F64, F32) for line in rows(name, FUNCTIONS[name], form, rng)]
        with open(os.path.join(HERE, name + ".tsv"), "w") as out:
            out.write("\n".join(lines) + "\n")
        print(name, len(lines))


if __name__ == "__main__":
    main()
