"""Functions of one number and of two, at ordinary and at hard points."""
import mpmath
import numpy as np
import torch

from table import INF, NAN, case, number

F = torch.nn.functional

POINTS = [
    -INF, -1e308, -800, -100, -40, -10, -3, -2.5, -1.5, -1, -0.5, -0.3, -1e-8, -1e-300, -5e-324, -0.0,
    0.0, 5e-324, 1e-300, 1e-8, 0.3, 0.5, 1, 1.5, 2, 2.5, 3, 6, 10, 25, 40, 100, 710, 800, 1e308, INF, NAN,
]


def unary(expression, f, points=POINTS, departs=(), open_value=(), open_gradient=(), values=None, slopes=None):
    """`departs`: (place, point, contract, why). A gradient at NaN or outside the domain, or one at an
    infinite point that PyTorch calls NaN, is open.

    `values`, `slopes`: functions of one float, where PyTorch has none or a poor one.
    """
    x = torch.tensor(points, dtype=torch.float64)
    index = lambda p: next(i for i, q in enumerate(points) if repr(float(q)) == repr(float(p)))
    value = None if values is None else np.array([values(p) for p in points])
    gradients = None if slopes is None else {"x": np.array([slopes(p) for p in points])}
    made = case(expression, lambda x: f(x), {"x": x}, value=value, gradients=gradients, ones=True,
                departs=[(place, index(p), c, why) for place, p, c, why in departs],
                open_at=[("value", index(p)) for p in open_value] + [("x", index(p)) for p in open_gradient])
    changed = {d["at"] for d in made.get("departs", [])}
    for i, p in enumerate(points):
        g = made["gradient"]["x"]["data"]
        outside = made["value"]["data"][i] == "nan"
        if f"gradient.x[{i}]" not in changed and (outside or np.isnan(p) or (np.isinf(p) and g[i] == "nan")):
            g[i] = None
    return made


def exact(f):
    """A float function from mpmath at 60 digits, with NaN outside its domain."""
    def call(p):
        if np.isnan(p):
            return NAN
        with mpmath.workdps(60):
            r = f(mpmath.mpf(p))
            return float(r) if not isinstance(r, mpmath.mpc) else NAN
    return call


def cbrt_slope(p):
    if np.isnan(p):
        return NAN
    return INF if p == 0 else 0.0 if np.isinf(p) else float(1 / (3 * np.cbrt(p) ** 2))


def softplus_value(p):
    return NAN if np.isnan(p) else float(np.logaddexp(0, p))


def softplus_slope(p):
    with np.errstate(over="ignore"):
        return NAN if np.isnan(p) else float(1 / (1 + np.exp(-np.float64(p))))


AT_ZERO = "the slope at 0 is 1, as in textbooks"
CLOSED = "clamp passes the gradient on its closed interval"


def kinked():
    zero = [("x", p, 1, AT_ZERO) for p in (0.0, -0.0)]
    selu = 1.0507009873554804934193349852946
    return [
        unary("relu(x)", torch.relu, departs=zero),
        unary("leaky_relu(x)", F.leaky_relu, departs=zero),
        unary("leaky_relu(x, slope = 0.2)", lambda x: F.leaky_relu(x, 0.2), departs=zero),
        unary("elu(x)", F.elu),
        unary("elu(x, alpha = 0.5)", lambda x: F.elu(x, 0.5), departs=zero),
        unary("selu(x)", F.selu, departs=[("x", p, selu, "the slope at 0 is that of the right-hand side") for p in (0.0, -0.0)]),
        unary("relu6(x)", F.relu6, departs=zero + [("x", 6, 1, CLOSED)]),
        unary("hard_sigmoid(x)", lambda x: F.relu6(x + 3) / 6, departs=[("x", p, 1 / 6, CLOSED) for p in (-3, 3)]),
        unary("hard_tanh(x)", F.hardtanh, departs=[("x", p, 1, CLOSED) for p in (-1, 1)]),
        unary("clamp(x, -1, 2.5)", lambda x: torch.clamp(x, -1, 2.5)),
        unary("abs(x)", torch.abs),
        unary("sign(x)", torch.sign, departs=[("value", NAN, NAN, "NaN passes, as in NumPy")]),
        unary("floor(x)", torch.floor),
        unary("ceil(x)", torch.ceil),
        unary("round(x)", torch.round),
    ]


def smooth():
    tiny = [p for p in POINTS if 0 < abs(p) < 1e-100]
    unit = [-INF, -2, -1, -0.75, -0.5, -1e-8, -0.0, 0.0, 1e-300, 1e-8, 0.3, 0.5, 0.9375, 1, 2, INF, NAN]
    angles = [-INF, -1e5, -100, -3, -1.5707963267948966, -1, -0.5, -1e-8, -1e-300, -0.0, 0.0, 5e-324, 1e-8, 0.3, 0.7853981633974483, 1, 1.5,
              3.141592653589793, 10, 100, 1e5, 1e10, 1e22, INF, NAN]
    return [
        unary("exp(x)", torch.exp),
        unary("expm1(x)", torch.expm1),
        unary("log(x)", torch.log),
        unary("log1p(x)", torch.log1p),
        unary("log2(x)", torch.log2),
        unary("log10(x)", torch.log10),
        unary("sqrt(x)", torch.sqrt),
        unary("rsqrt(x)", torch.rsqrt),
        unary("cbrt(x)", None, values=lambda p: float(np.cbrt(p)), slopes=cbrt_slope, open_gradient=tiny),
        unary("square(x)", torch.square),
        unary("reciprocal(x)", torch.reciprocal),
        unary("sin(x)", torch.sin, angles),
        unary("cos(x)", torch.cos, angles),
        unary("tan(x)", torch.tan, angles),
        unary("asin(x)", torch.asin, unit),
        unary("acos(x)", torch.acos, unit),
        unary("atan(x)", torch.atan),
        unary("sinh(x)", torch.sinh),
        unary("cosh(x)", torch.cosh),
        unary("tanh(x)", torch.tanh),
        unary("asinh(x)", torch.asinh),
        unary("acosh(x)", torch.acosh, [-1, 0, 0.5, 1, 1.125, 1.5, 2, 10, 1e10, INF, NAN]),
        unary("atanh(x)", torch.atanh, unit),
        unary("erf(x)", torch.erf),
        unary("erfc(x)", torch.erfc),
        unary("sigmoid(x)", torch.sigmoid),
        unary("log_sigmoid(x)", F.logsigmoid),
        unary("softplus(x)", None, values=softplus_value, slopes=softplus_slope),
        unary("silu(x)", F.silu),
        unary("mish(x)", F.mish),
        unary("softsign(x)", F.softsign),
        unary("gelu(x)", F.gelu),
        unary("isnan(x)", torch.isnan),
        unary("isfinite(x)", torch.isfinite),
        unary("x^2", lambda x: x**2),
        unary("x^3", lambda x: x**3),
        unary("x^-1", lambda x: x**-1),
        unary("x^0", lambda x: x**0),
        unary("x^0.5", lambda x: x**0.5, open_value=[-INF]),
        unary("-x^2", lambda x: -(x**2)),
        unary("if x > 0 then log(x) else 0", lambda x: torch.where(x > 0, torch.log(torch.where(x > 0, x, torch.ones_like(x))), torch.zeros_like(x))),
        unary("where(x == 0, 1, sin(x) / x)", lambda x: torch.where(x == 0, torch.ones_like(x), torch.sin(x) / torch.where(x == 0, torch.ones_like(x), x)),
              [-10, -1, -0.0, 0.0, 0.5, 3, NAN]),
    ]


def binary(expression, f, pairs, names=("a", "b"), departs=(), open_at=(), value=None, gradients=None):
    a, b = (torch.tensor([p[i] for p in pairs], dtype=torch.float64) for i in (0, 1))
    made = case(expression, lambda **k: f(k[names[0]], k[names[1]]), dict(zip(names, (a, b))), ones=True, departs=departs, open_at=open_at,
                value=value, gradients=gradients)
    for i, p in enumerate(pairs):
        if any(np.isnan(v) for v in p):
            for n in names:
                made["gradient"][n]["data"][i] = None
    return made


def pairs_of(*values):
    return [(a, b) for a in values for b in values]


def two():
    ordinary = [(1.5, -2.25), (-3, 0.5), (0.25, 7), (-1, -4)]
    ties = [(1, 1), (-2, -2), (0.0, 0.0), (INF, INF), (-INF, 3), (2, INF), (NAN, 1), (1, NAN)]
    powers = [(2, 3), (2, -1.5), (0.5, 0.5), (1, 7), (0.0, 0), (0.0, 1), (0.0, 2), (0.0, 2.5), (0.0, 0.5), (-2, 3), (-2, 2), (-2, 0), (3, 0),
              (INF, 2), (INF, -1), (1, INF), (NAN, 2), (2, NAN)]
    index = {p: i for i, p in enumerate(powers)}
    divisions = [(7, 3), (-7, 3), (7, -3), (-7, -3), (7.5, 2), (-0.5, 2), (6, 3), (-6, 3), (1e10, 0.75), (0.0, 5), (1, 0.1), (0.3, 0.1), (5e-324, -3)]
    a, b = np.array(divisions).T
    legs = [(3, 4), (-3, 4), (1e200, 1e200), (1e-200, 1e-200), (0.0, 2), (-5, 0.0), (0.0, 0.0), (INF, 1), (1, -INF)]
    hypot = np.hypot(*np.array(legs).T)
    with np.errstate(invalid="ignore"):
        slopes = [np.where(hypot == 0, 0, np.array(legs)[:, i] / np.where(hypot == 0, 1, hypot)) for i in (0, 1)]
    directions = [(1, 1), (1, -1), (-1, -1), (-1, 1), (0.0, 1), (-0.0, 1), (0.0, -1), (-0.0, -1), (2, 0.0), (-2, 0.0), (0.0, 0.0), (1, INF)]
    return [
        binary("a + b", torch.add, ordinary + ties),
        binary("a - b", torch.sub, ordinary + ties),
        binary("a * b", torch.mul, ordinary + ties),
        binary("a / b", torch.div, ordinary + [(1, 0.0), (-1, 0.0), (0.0, 0.0), (0.0, 2), (1, INF), (1e300, 1e-300)]),
        binary("maximum(a, b)", torch.maximum, ordinary + ties),
        binary("minimum(a, b)", torch.minimum, ordinary + ties),
        binary("pow(a, b)", torch.pow, powers, open_at=[("b", index[p]) for p in ((0.0, 0), (INF, 2), (INF, -1), (1, INF))] + [("a", index[(1, INF)])]),
        binary("a ^ b", torch.pow, ordinary[2:3] + [(3, 2), (0.1, -3)]),
        binary("mod(a, b)", torch.remainder, divisions),
        binary("div(a, b)", None, divisions, value=np.floor_divide(a, b), gradients={"a": 0 * a, "b": 0 * b}),
        binary("atan2(a, b)", torch.atan2, directions, open_at=[("a", 10), ("b", 10)]),
        binary("hypot(a, b)", None, legs, value=hypot, gradients={"a": slopes[0], "b": slopes[1]},
               open_at=[(n, i) for n in "ab" for i in (2, 3, 7, 8)]),
        binary("if a > b then a * b else a / b", lambda a, b: torch.where(a > b, a * b, a / b), ordinary + [(1, 1)]),
        binary("where(a == b, a^2, b)", lambda a, b: torch.where(a == b, a**2, b), ordinary + [(3, 3), (0.0, -0.0)]),
        *(binary(f"a {s} b", f, ordinary + ties) for s, f in (
            ("==", torch.eq), ("!=", torch.ne), ("<", torch.lt), ("<=", torch.le), (">", torch.gt), (">=", torch.ge))),
        binary("a > 0 and not b > 0 or a == b", lambda a, b: (a > 0) & ~(b > 0) | (a == b), ordinary + ties),
    ]


SPECIAL = (0.0, -0.0, 1, -1, 2.5, -3, 5e-324, -1e-300, 1e308, INF, -INF, NAN)


def exact_partials(partials):
    """Both partial derivatives at each special pair with mpmath, rounded once; None where a number is not finite."""
    found = {}
    for a, b in pairs_of(*SPECIAL):
        if not (np.isfinite(a) and np.isfinite(b)) or (a == 0 and b == 0):
            continue
        with mpmath.workdps(60):
            found[(repr(float(a)), repr(float(b)))] = [float(d) for d in partials(mpmath.mpf(a), mpmath.mpf(b))]
    return found


def special_pairs():
    """Every pair of hard numbers. Where PyTorch's squares overflow or underflow, or a quotient does, the exact number stands.

    A slope that divides twice by one number is written as a division by its square when derivatives are simplified: it is open where that
    square leaves the range of doubles.
    """
    pairs = pairs_of(*SPECIAL)
    place = {(repr(float(a)), repr(float(b))): i for i, (a, b) in enumerate(pairs)}

    def made(expression, f, partials=None, at_origin=None, why="", divisor=None):
        case_ = binary(expression, f, pairs)
        wanted = {} if partials is None else exact_partials(partials)
        if at_origin is not None:
            wanted |= {(a, b): [at_origin] * 2 for a in ("0.0", "-0.0") for b in ("0.0", "-0.0")}
        departs = []
        for at, slopes in wanted.items():
            i = place[at]
            for name, slope in zip("ab", slopes):
                had = case_["gradient"][name]["data"][i]
                # What rounds in the subnormal range is right there; what vanished or is no number is not.
                if had in ("nan", "inf", "-inf", "-0", 0) and number(slope) != had and not (slope == 0 and had in ("-0", 0)):
                    departs.append((name, i, slope, why))
        outside = [i for i, v in enumerate(case_["value"]["data"]) if v == "nan"]
        squares = [] if divisor is None else [i for i, p in enumerate(pairs) if not 1e-154 <= divisor(*p) <= 1e154 and divisor(*p) not in (0, INF)]
        return binary(expression, f, pairs, departs=[d for d in departs if d[1] not in squares], open_at=[(n, i) for n in "ab" for i in outside + squares])

    def quotient(a, b):
        return [mpmath.mpf(1), -mpmath.floor(a / b)] if b != 0 else [mpmath.mpf(1), mpmath.mpf(0)]

    overflows = "the square of an operand overflows or underflows in PyTorch"
    remainder = lambda a, b: a - b * mpmath.floor(a / b) if b != 0 else mpmath.nan
    modulo = binary("mod(a, b)", torch.remainder, pairs)
    departs = []
    for i, (a, b) in enumerate(pairs):
        if not (np.isfinite(a) and np.isfinite(b)) or b == 0:
            continue
        with mpmath.workdps(700):
            exact = {"value": float(remainder(mpmath.mpf(a), mpmath.mpf(b))), "b": float(quotient(mpmath.mpf(a), mpmath.mpf(b))[1])}
        for name, number_ in exact.items():
            had = (modulo["value"] if name == "value" else modulo["gradient"][name])["data"][i]
            if had in ("nan", "inf", "-inf") and number(number_) != had:
                departs.append((name, i, number_, "the quotient overflows"))
    outside = [(n, i) for n in "ab" for i, (a, b) in enumerate(pairs) if not np.isfinite(a * b) or b == 0]
    # Quotients that a division rounds up to an integer, too.
    whole = pairs + [(1, 0.1), (-1, 0.1), (0.3, 0.1), (0.6, 0.2), (4.35, 0.01)]
    with np.errstate(all="ignore"):
        floors = np.floor_divide(*np.array(whole).T)
    flat = np.zeros(len(whole))
    return [
        made("a + b", torch.add),
        made("a - b", torch.sub),
        made("a * b", torch.mul),
        made("a / b", torch.div, divisor=lambda a, b: abs(b)),
        made("maximum(a, b)", torch.maximum),
        made("minimum(a, b)", torch.minimum),
        made("pow(a, b)", torch.pow),
        binary("mod(a, b)", torch.remainder, pairs, departs=departs, open_at=[o for o in outside if (o[0], o[1]) not in {d[:2] for d in departs}]),
        binary("div(a, b)", None, whole, value=floors, gradients={"a": flat, "b": flat}),
        made("atan2(a, b)", torch.atan2, lambda y, x: [x / (x * x + y * y), -y / (x * x + y * y)], why=overflows, divisor=lambda y, x: np.hypot(y, x)),
        made("hypot(a, b)", torch.hypot, lambda x, y: [x / mpmath.hypot(x, y), y / mpmath.hypot(x, y)], at_origin=0, why="the gradient of hypot is 0 at 0"),
        *(binary(f"a {s} b", f, pairs) for s, f in (("==", torch.eq), ("<", torch.lt), ("<=", torch.le))),
    ]


def broadcasting():
    from table import tensor
    x, row, column, scalar = tensor(3, 4), tensor(4, start=40), tensor(3, 1, start=60), torch.tensor(1.75)
    return [
        case("x + y", lambda x, y: x + y, {"x": x, "y": row}),
        case("x * y", lambda x, y: x * y, {"x": x, "y": column}),
        case("x / y", lambda x, y: x / y, {"x": row, "y": column + 3}),
        case("x - y", lambda x, y: x - y, {"x": scalar, "y": x}),
        case("maximum(x, y)", lambda x, y: torch.maximum(x, y), {"x": column, "y": row}),
        case("hypot(x, y)", lambda x, y: torch.hypot(x, y), {"x": x, "y": scalar}),
        case("where(x > 0, y, x)", lambda x, y: torch.where(x > 0, y, x), {"x": x, "y": row}),
        case("x ^ y", lambda x, y: x**y, {"x": x.abs() + 0.5, "y": row}),
    ]


def cases():
    return kinked() + smooth() + two() + special_pairs() + broadcasting()
