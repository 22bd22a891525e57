#!/usr/bin/env python3
"""Writes derivatives.json beside it: values and derivatives of the elementwise functions at hard points.

SymPy differentiates the textbook definition of each function, mpmath evaluates it to 400 digits (more until the result stays), and the result is
rounded once to double. Points are near zeros, poles, the ends of domains and kinks, tiny and huge, where a careless formula loses its digits or
overflows; only points of the domain where all these numbers are finite doubles are kept.

    python3 derivatives.py        needs python3-sympy

A list of {"function", "points", "value", "first", "second", "third"} (the third tells how well-conditioned the second is); of two operands a point is a pair, `first` the two partial derivatives and `second`
the entries aa, ab, bb of the Hessian.
"""

import json
import math
import pathlib

import mpmath
import sympy as sp

HERE = pathlib.Path(__file__).resolve().parent
x, y = sp.symbols("x y", real=True)

TINY = [1e-300, 1e-150, 1e-30, 1e-16, 1e-8, 1e-4]
SPREAD = [0.01, 0.3, 0.5, 0.9, 1.0, 1.5, 2.0, 3.0, 7.25]
LARGE = [20.0, 100.0, 1e4, 1e8, 1e15, 1e100]


def both(points):
    return [s * p for p in points for s in (1, -1)]


ANY = both(TINY + SPREAD + LARGE)
POSITIVE = TINY + SPREAD + LARGE + [1 - 2**-30, 1 + 2**-30]
UNIT = both(TINY + [0.01, 0.3, 0.5, 0.9, 0.99, 1 - 1e-6, 1 - 1e-12])
SMALL = both(TINY + SPREAD)
ABOVE_ONE = [1 + 1e-12, 1 + 1e-6, 1.01, 1.5, 3.0, 20.0, 1e8, 1e100]

alpha, scale = sp.Rational("1.6732632423543772848170429916717"), sp.Rational("1.0507009873554804934193349852946")
sigmoid = 1 / (1 + sp.exp(-x))
softplus = sp.log(1 + sp.exp(x))


def piecewise(below, above, at=0):
    return sp.Piecewise((below, x < at), (above, True))


UNARY = {
    "exp": (sp.exp(x), ANY),
    "log": (sp.log(x), POSITIVE),
    "log1p": (sp.log(1 + x), [p for p in ANY if p > -1] + [-0.9, -1 + 1e-6, -1 + 1e-12]),
    "expm1": (sp.exp(x) - 1, ANY),
    "log2": (sp.log(x) / sp.log(2), POSITIVE),
    "log10": (sp.log(x) / sp.log(10), POSITIVE),
    "sqrt": (sp.sqrt(x), POSITIVE),
    "rsqrt": (1 / sp.sqrt(x), POSITIVE),
    "cbrt": (sp.sign(x) * sp.Abs(x) ** sp.Rational(1, 3), None),
    "square": (x**2, ANY),
    "reciprocal": (1 / x, ANY),
    "sin": (sp.sin(x), ANY + [math.pi, math.pi / 2, 1e22]),
    "cos": (sp.cos(x), ANY + [math.pi, math.pi / 2, 1e22]),
    "tan": (sp.tan(x), SMALL + [math.pi, math.pi / 2 - 1e-6, 1e8]),
    "asin": (sp.asin(x), UNIT),
    "acos": (sp.acos(x), UNIT),
    # The square of 1 + x² stays a double.
    "atan": (sp.atan(x), [p for p in ANY if abs(p) < 1e50]),
    "sinh": (sp.sinh(x), ANY),
    "cosh": (sp.cosh(x), ANY),
    "tanh": (sp.tanh(x), ANY),
    "asinh": (sp.asinh(x), ANY),
    "acosh": (sp.acosh(x), ABOVE_ONE),
    "atanh": (sp.atanh(x), UNIT),
    "erf": (sp.erf(x), ANY),
    "erfc": (sp.erfc(x), ANY),
    "sigmoid": (sigmoid, ANY),
    "log_sigmoid": (-softplus.subs(x, -x), ANY),
    "softplus": (softplus, ANY),
    "relu": (piecewise(sp.Integer(0), x), ANY),
    "relu6": (piecewise(sp.Integer(0), sp.Piecewise((x, x < 6), (6, True))), ANY),
    "selu": (scale * piecewise(alpha * (sp.exp(x) - 1), x), ANY),
    "silu": (x * sigmoid, ANY),
    "mish": (x * sp.tanh(softplus), ANY),
    "softsign": (piecewise(x / (1 - x), x / (1 + x)), ANY),
    "hard_sigmoid": (sp.Piecewise((0, x < -3), (1, x > 3), ((x + 3) / 6, True)), [p for p in ANY if abs(p) != 3]),
    "hard_tanh": (sp.Piecewise((-1, x < -1), (1, x > 1), (x, True)), [p for p in ANY if abs(p) != 1]),
    "leaky_relu": (piecewise(x / 100, x), ANY),
    "elu": (piecewise(sp.exp(x) - 1, x), ANY),
    "gelu": (x * (1 + sp.erf(x / sp.sqrt(2))) / 2, [p for p in ANY if abs(p) <= 100]),
    "abs": (piecewise(-x, x), ANY),
}

PAIRS = [(a, b) for a in both([1e-100, 1e-8, 0.3, 1.0, 2.5, 1e8, 1e100]) for b in (1e-100, 1e-8, 0.4, 3.0, 1e8, 1e100)]
MODERATE = [(a, b) for a in (1e-8, 0.3, 1.0, 1 + 2**-30, 2.5, 1e8) for b in both([1e-8, 0.5, 1.0, 2.0, 7.5])]
BINARY = {
    "maximum": (sp.Piecewise((x, x > y), (y, True)), [p for p in PAIRS if p[0] != p[1]]),
    "minimum": (sp.Piecewise((x, x < y), (y, True)), [p for p in PAIRS if p[0] != p[1]]),
    "pow": (x**y, MODERATE),
    "atan2": (sp.atan2(x, y), PAIRS),
    "hypot": (sp.sqrt(x**2 + y**2), PAIRS),
}


def evaluate(expression, at):
    """The double nearest to the exact number, by precision doubled until it stays; None where it is not finite."""
    last = None
    for digits in (400, 800, 2000):
        with mpmath.workdps(digits):
            # Doubles are exact: they are put in as fractions, and nothing is rounded before the result.
            exact = {symbol: sp.Rational(value) for symbol, value in at.items()}
            found = expression.subs(exact)
            try:
                number = mpmath.mpf(sp.N(found, digits, maxn=4 * digits)) if found.is_number else None
            except (TypeError, ValueError, OverflowError):
                return None
        if number is None or not mpmath.isfinite(number):
            return None
        rounded = float(number)
        if rounded == last:
            return rounded if math.isfinite(rounded) else None
        last = rounded
    return None


def real_cbrt(p):
    with mpmath.workdps(60):
        root = mpmath.sign(p) * mpmath.cbrt(abs(mpmath.mpf(p)))
        return [float(root), float(1 / (3 * root**2)), float(-2 / (9 * root**5)), float(10 / (27 * root**8))]


def unary(name, expression, points):
    if points is None:
        rows = [(p, real_cbrt(p)) for p in both(TINY[1:] + SPREAD + LARGE)]
    else:
        derivatives = [expression, *(sp.diff(expression, x, order) for order in (1, 2, 3))]
        rows = [(p, [evaluate(d, {x: p}) for d in derivatives]) for p in points]
    rows = sorted((p, values) for p, values in rows if None not in values and all(map(math.isfinite, values)))
    return {
        "function": name,
        "points": [p for p, _ in rows],
        "value": [v[0] for _, v in rows],
        "first": [v[1] for _, v in rows],
        "second": [v[2] for _, v in rows],
        "third": [v[3] for _, v in rows],
    }


def binary(name, expression, points):
    first = [sp.diff(expression, x), sp.diff(expression, y)]
    derivatives = [expression, *first, sp.diff(first[0], x), sp.diff(first[0], y), sp.diff(first[1], y)]
    rows = [(p, [evaluate(d, {x: p[0], y: p[1]}) for d in derivatives]) for p in points]
    rows = [(p, v) for p, v in rows if None not in v]
    return {
        "function": name,
        "points": [list(p) for p, _ in rows],
        "value": [v[0] for _, v in rows],
        "first": [v[1:3] for _, v in rows],
        "second": [v[3:] for _, v in rows],
    }


def main():
    tables = []
    for make, functions in ((unary, UNARY), (binary, BINARY)):
        for name, (expression, points) in functions.items():
            tables.append(make(name, expression, points))
            print(name, len(tables[-1]["points"]), flush=True)
    (HERE / "derivatives.json").write_text("[\n" + ",\n".join(json.dumps(t) for t in tables) + "\n]\n")


if __name__ == "__main__":
    main()
