#!/usr/bin/env python3
"""Errors in ulps against mpmath, for ulps.ts.

    python3 ulps.py NAME FORMAT ARITY < points > errors

Reads doubles, ARITY arguments and the number found a point; writes one double a point: |found - exact| in units in the last
place of the exact value in FORMAT (f64 or f32; subnormals have the unit of the least number), infinity where one is NaN and
the other not, NaN where both are. The exact value has 35 digits at least (make_tables.exact); infinity counts as the power
of two after the largest number.
"""
import math
import struct
import sys

import mpmath
from mpmath import mp, mpf

import make_tables


def whole(f):
    """f in exact arithmetic: 2400 bits hold every quotient of doubles that is not a whole number apart from one."""
    def call(x, y):
        with mp.workprec(2400):
            return f(mpf(x), mpf(y))
    return call


EXACT = {
    "mod": whole(lambda x, y: x - y * mpmath.floor(x / y)),
    "div": whole(lambda x, y: mpmath.floor(x / y)),
    "round": whole(lambda x, _: mpmath.nint(x)),
}

# Beyond these results are at a limit (0, 1, 2, infinity, x itself or its double) by far less than half an ulp, where mpmath
# would need as many digits as the exponent says.
LIMITS = {
    "exp": lambda x: math.inf if x > 800 else 0.0 if x < -800 else None,
    "expm1": lambda x: math.inf if x > 800 else -1.0 if x < -800 else x if abs(x) < 1e-30 else None,
    "sinh": lambda x: math.copysign(math.inf, x) if abs(x) > 800 else x if abs(x) < 1e-30 else None,
    "cosh": lambda x: math.inf if abs(x) > 800 else 1.0 if abs(x) < 1e-30 else None,
    "tanh": lambda x: math.copysign(1, x) if abs(x) > 800 else x if abs(x) < 1e-30 else None,
    "sigmoid": lambda x: 1.0 if x > 800 else 0.0 if x < -800 else 0.5 if abs(x) < 1e-30 else None,
    "softplus": lambda x: x if x > 800 else 0.0 if x < -800 else None,
    "erf": lambda x: math.copysign(1, x) if abs(x) > 30 else None,
    "erfc": lambda x: 0.0 if x > 40 else 2.0 if x < -30 else None,
    "log1p": lambda x: x if abs(x) < 1e-30 else None,
    "sin": lambda x: x if abs(x) < 1e-30 else None,
    "tan": lambda x: x if abs(x) < 1e-30 else None,
    "asin": lambda x: x if abs(x) < 1e-30 else None,
    "atan": lambda x: x if abs(x) < 1e-30 else None,
    "asinh": lambda x: x if abs(x) < 1e-30 else None,
    "atanh": lambda x: x if abs(x) < 1e-30 else None,
    "cos": lambda x: 1.0 if abs(x) < 1e-30 else None,
    # 2^1100 and 2^-1200 are beyond every double.
    "pow": lambda x, y: power_limit(x, y),
    "powi": lambda x, y: power_limit(x, y),
}


def power_limit(x, y):
    size = y * math.log2(abs(x)) if x != 0 else 0
    if -1200 < size < 1100:
        return None
    sign = -1.0 if x < 0 and y % 2 == 1 else 1.0
    return sign * (math.inf if size > 0 else 0.0)


def exact(name, args):
    if name in EXACT:
        return EXACT[name](args[0], args[-1])
    entry = make_tables.FUNCTIONS[name]
    if isinstance(entry, make_tables.Unary) and not entry.domain(args[0]) and name not in ("erf", "erfc"):
        return None
    if name == "pow" and args[0] < 0 and args[1] != math.floor(args[1]):
        return None
    limit = LIMITS.get(name, lambda *_: None)(*args)
    return make_tables.exact(entry.f, args) if limit is None else mpf(limit)


def error(name, form, args, found):
    bits, least, top = form
    y = exact(name, args)
    if y is None or mpmath.isnan(y):
        return math.nan if math.isnan(found) else math.inf
    if math.isnan(found):
        return math.inf
    with mp.workdps(60):
        edge = mpmath.ldexp(1, top)
        y = y if abs(y) < edge else edge * mpmath.sign(y)
        found = mpf(found) if math.isfinite(found) else edge * mpmath.sign(found)
        exponent = int(mpmath.frexp(abs(y))[1]) if y != 0 else least
        return float(abs(found - y) / mpmath.ldexp(1, min(max(exponent - bits, least), top - bits)))


def main():
    name, form, arity = sys.argv[1], {"f64": make_tables.F64, "f32": make_tables.F32}[sys.argv[2]], int(sys.argv[3])
    data = sys.stdin.buffer.read()
    numbers = struct.unpack(f"{len(data) // 8}d", data)
    for i in range(0, len(numbers), arity + 1):
        sys.stdout.buffer.write(struct.pack("d", error(name, form, numbers[i:i + arity], numbers[i + arity])))


if __name__ == "__main__":
    main()
