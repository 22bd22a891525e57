"""Second derivatives at special points: ties, 0 and -0, infinities, NaN, subnormal, tiny and huge numbers, ends of domains.

    python3 second.py         writes second.json beside it; a minute, most of it SymPy's

A row of the table:

    expression    as in table.py; in its place `model`, the body of a model whose output `p` is asked for at inference, or `primitive`, a
                  primitive that no expression leads to (test/gradients/special.ts builds its graph)
    inputs        name -> {"shape", "data"}, with "kind" where it holds integers
    value         of the expression
    cotangent     w, of the shape of the value
    directions    name -> v, for each input that is differentiated by
    gradient      name -> g, the gradient of sum(w * expression)
    second        "a b" -> the gradient of sum(v_a * g_a) by b; null where contract and PyTorch both leave a number open
    departs       where the number is not PyTorch's, and why: an exact one (SymPy, at 400 digits or more) where PyTorch's own formula
                  overflows or loses all digits, or the one that derive's contract says
"""
import json
import math
import pathlib
import sys

import mpmath
import numpy as np
import sympy as sp
import torch

import table
from table import INF, NAN, hashed, number, pack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "math"))
import derivatives  # noqa: E402

F = torch.nn.functional
Z = -0.0
HARD = [-INF, -1e308, -1e300, -800, -1e-8, -1e-300, -1e-310, -5e-324, Z, 0.0, 5e-324, 1e-310, 1e-300, 1e-8, 800, 1e300, 1e308, INF, NAN]
ORDINARY = [-2.5, -1, -0.3, 0.5, 1, 3]


def same(p, q):
    return p == q and math.copysign(1, p) == math.copysign(1, q) or (math.isnan(p) and math.isnan(q))


def near(p, q):
    return same(p, q) or (p == 0 and q == 0) or (math.isfinite(p) and math.isfinite(q) and abs(p - q) <= 1e-11 * abs(q) + 2e-323)


def row(f, inputs, subject, kinds=None, ones=False, wrt=None):
    """`f` over the inputs by name, with all its first and second derivatives by double backward."""
    kinds = kinds or {}
    wrt = [k for k in inputs if k not in kinds] if wrt is None else wrt
    leaves = {k: (v.detach().clone().requires_grad_() if k in wrt else v) for k, v in inputs.items()}
    value = f(**leaves)
    real = value.to(torch.float64)
    weights = lambda shape, start: torch.ones(shape) if ones else torch.tensor(hashed(int(np.prod(shape)), start).reshape(tuple(shape))) + 1.5
    cotangent = weights(real.shape, 77)
    directions = {k: weights(inputs[k].shape, 130 + 17 * i) for i, k in enumerate(wrt)}
    zeros = {k: torch.zeros_like(leaves[k]) for k in wrt}

    def gradients(scalar):
        if not scalar.requires_grad:
            return zeros
        got = torch.autograd.grad(scalar, [leaves[k] for k in wrt], create_graph=True, allow_unused=True)
        # The sum gives PyTorch's lazy zeros a memory of their own.
        return {k: zeros[k] if g is None else zeros[k] + g for k, g in zip(wrt, got)}

    first = gradients((cotangent * real).sum())
    second = {f"{a} {b}": h for a in wrt for b, h in gradients((directions[a] * first[a]).sum()).items()}
    kind = {torch.bool: "bool", torch.int64: "index"}.get(value.dtype)
    return {
        **({"expression": subject} if isinstance(subject, str) else subject),
        "inputs": {k: {**pack(v), **({"kind": kinds[k]} if k in kinds else {})} for k, v in inputs.items()},
        "value": {**pack(real), **({"kind": kind} if kind else {})},
        "cotangent": pack(cotangent),
        "directions": {k: pack(v) for k, v in directions.items()},
        "gradient": {k: pack(v, inputs[k].shape) for k, v in first.items()},
        "second": {k: pack(v, inputs[k.split(" ")[1]].shape) for k, v in second.items()},
    }


def read(entry):
    return NAN if entry is None else float(entry)


def settle(made, place, index, wanted, why):
    """Puts `wanted` (None: open) where PyTorch has another number, with the reason."""
    part, key = place
    target = made[part] if key is None else made[part][key]
    had = target["data"][index]
    if wanted is None:
        target["data"][index] = None
        return
    target["data"][index] = number(wanted)
    if near(read(had), float(wanted)):
        return
    made.setdefault("departs", []).append({"at": f"{part}{'' if key is None else '.' + key}[{index}]", "torch": had, "why": why})


POORER = "PyTorch's formula overflows or loses its digits here: the exact number"


def unary(name, f, points=(), exact=None, contract=(), open_at=(), expression=None, largest=1e100):
    """`exact`: a SymPy expression, or a function that gives value, first and second derivative, for finite points away from kinks, at most `largest`; `contract`: (place, point, number, why); `open_at`: points or (place, point)."""
    xs = [float(p) for p in [*HARD, *ORDINARY, *points]]
    made = row(lambda x: f(x), {"x": torch.tensor(xs)}, expression or f"{name}(x)", ones=True)
    places = {"value": ("value", None), "gradient": ("gradient", "x"), "second": ("second", "x x")}
    kinks = {p for _, p, _, _ in contract}
    formulas = [] if exact is None or callable(exact) else [exact, *(sp.diff(exact, derivatives.x, k) for k in (1, 2))]
    numbers = exact if callable(exact) else lambda p: [derivatives.evaluate(f, {derivatives.x: p}) for f in formulas]
    for i, p in enumerate(xs):
        if math.isfinite(p) and abs(p) <= largest and p not in kinks:
            for place, wanted in zip(places.values(), numbers(p)):
                if wanted is not None:
                    settle(made, place, i, wanted, POORER)
        # Outside the domain, and where nothing is a limit, anything goes.
        outside = made["value"]["data"][i] == "nan"
        for place in ("gradient", "second"):
            data = made[place]["x" if place == "gradient" else "x x"]["data"]
            if outside or (math.isinf(p) and data[i] == "nan"):
                data[i] = None
    for place, p, wanted, why in contract:
        for i, q in enumerate(xs):
            if same(float(p), q):
                settle(made, places[place], i, wanted, why)
    for item in open_at:
        which, p = item if isinstance(item, tuple) else ("both", item)
        for place in ("gradient", "second") if which == "both" else (which,):
            for i, q in enumerate(xs):
                if same(float(p), q):
                    settle(made, places[place], i, None, "")
    return made


def at(place, points, wanted, why):
    return [(place, p, wanted, why) for p in points]


ZEROS = (0.0, Z)
UPPER = "at a kink the slope is that of the upper side, and so is the slope of the slope"
CLOSED = "clamp passes the gradient on its closed interval"


def elementwise():
    x = derivatives.x
    exact = {name: formula for name, (formula, _) in derivatives.UNARY.items()}
    smooth = lambda name, f, **more: unary(name, f, exact=exact[name], **more)
    selu = 1.0507009873554804934193349852946
    beyond = at("second", (1e300, -1e300), 0, "a factor that overflows times one that vanishes in PyTorch")
    # Twice the number, or its square, overflows in derive too.
    largest, squares = [("second", p) for p in (1e308, -1e308)], [("second", p) for p in (1e300, -1e300, 1e308, -1e308)]
    return [
        smooth("exp", torch.exp, points=[709, -745]),
        smooth("log", torch.log, largest=INF),
        smooth("log1p", torch.log1p, largest=INF),
        smooth("expm1", torch.expm1),
        smooth("log2", torch.log2, largest=INF),
        smooth("log10", torch.log10, largest=INF),
        smooth("sqrt", torch.sqrt, largest=INF),
        smooth("rsqrt", torch.rsqrt, largest=INF),
        # The left and the right limit of the second derivative at 0 are infinities of either sign.
        unary("cbrt", lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3), exact=derivatives.real_cbrt, largest=INF, contract=at("gradient", ZEROS, INF, "cbrt'(0) = inf"),
              open_at=[("second", p) for p in (*ZEROS, INF, -INF)]),
        smooth("square", torch.square, largest=INF),
        smooth("reciprocal", torch.reciprocal, largest=INF),
        smooth("abs", torch.abs, contract=at("second", ZEROS, 0, "abs' is constant on both sides") + at("gradient", ZEROS, 0, "abs'(0) = 0")),
        unary("sign", torch.sign, contract=[("value", NAN, NAN, "NaN passes, as in NumPy")]),
        unary("floor", torch.floor),
        unary("ceil", torch.ceil),
        unary("round", torch.round, points=[1.5]),
        smooth("sin", torch.sin, points=[math.pi, 1e22]),
        smooth("cos", torch.cos, points=[math.pi / 2, 1e22]),
        smooth("tan", torch.tan, points=[math.pi / 2]),
        smooth("asin", torch.asin),
        smooth("acos", torch.acos),
        smooth("atan", torch.atan, largest=INF, open_at=largest),
        smooth("sinh", torch.sinh),
        smooth("cosh", torch.cosh),
        smooth("tanh", torch.tanh),
        smooth("asinh", torch.asinh, largest=INF),
        smooth("acosh", torch.acosh, points=[1.125, 1e10], largest=INF),
        smooth("atanh", torch.atanh),
        smooth("erf", torch.erf, contract=beyond, open_at=largest),
        smooth("erfc", torch.erfc, points=[27], contract=beyond, open_at=largest),
        smooth("sigmoid", torch.sigmoid, points=[-745]),
        smooth("log_sigmoid", F.logsigmoid),
        unary("softplus", lambda x: -F.logsigmoid(-x), exact=exact["softplus"]),
        smooth("relu", torch.relu, contract=at("gradient", ZEROS, 1, UPPER)),
        smooth("relu6", F.relu6, points=[6], contract=at("gradient", [*ZEROS, 6], 1, CLOSED)),
        smooth("selu", F.selu, contract=at("gradient", ZEROS, selu, UPPER) + at("second", ZEROS, 0, UPPER)),
        smooth("silu", F.silu),
        smooth("mish", F.mish, contract=beyond, open_at=largest),
        unary("softsign", F.softsign),
        smooth("hard_sigmoid", lambda x: F.relu6(x + 3) / 6, points=[-3], contract=at("gradient", [-3, 3], 1 / 6, CLOSED)),
        smooth("hard_tanh", F.hardtanh, contract=at("gradient", [-1, 1], 1, CLOSED)),
        unary("isnan", torch.isnan),
        unary("isfinite", torch.isfinite),
        smooth("leaky_relu", F.leaky_relu, contract=at("gradient", ZEROS, 1, UPPER)),
        smooth("elu", F.elu, contract=at("gradient", ZEROS, 1, UPPER) + at("second", ZEROS, 0, UPPER)),
        smooth("gelu", F.gelu, largest=100, open_at=squares),
        unary("clamp", lambda x: torch.clamp(x, -1, 0.5), expression="clamp(x, -1, 0.5)"),
        unary("square", lambda x: x**2, expression="x^2"),
        unary("cube", lambda x: x**3, expression="x^3"),
        unary("power", lambda x: x**5, expression="pow(x, 5)"),
        unary("power", lambda x: x**-1, expression="x^-1"),
        unary("power", lambda x: x**-2, expression="x^-2"),
        unary("power", lambda x: x**1, expression="x^1"),
        unary("power", lambda x: x**0, expression="x^0"),
        unary("guard", lambda x: torch.where(x > 0, torch.log(torch.where(x > 0, x, torch.ones_like(x))), torch.zeros_like(x)),
              expression="if x > 0 then log(x) else 0"),
        unary("guard", lambda x: torch.where(x == 0, torch.ones_like(x), torch.sin(x) / torch.where(x == 0, torch.ones_like(x), x)),
              expression="where(x == 0, 1, sin(x) / x)", open_at=[("second", p) for p in (1e-310, -1e-310, 5e-324, -5e-324, 1e-300, -1e-300, 1e-8, -1e-8)]),
        unary("stop", lambda x: x * torch.exp(x).detach() + torch.sin(x), expression="x * stop_gradient(exp(x)) + sin(x)"),
    ]


SPECIAL = (0.0, Z, 1, -1, 2.5, -3, 5e-324, -1e-300, 1e308, INF, -INF, NAN)
PAIRS = [(float(a), float(b)) for a in SPECIAL for b in SPECIAL]


def binary(expression, f, hessian=None, inside=None, contract=None, why="", pairs=PAIRS, slopes=None, value=None):
    """`hessian`: the exact entries aa, ab, bb and `slopes` the exact gradient, at finite pairs where `inside` holds."""
    a, b = (torch.tensor([p[i] for p in pairs]) for i in (0, 1))
    made = row(lambda a, b: f(a, b), {"a": a, "b": b}, expression, ones=True)
    for i, p in enumerate(pairs):
        outside = made["value"]["data"][i] == "nan" or any(map(math.isnan, p))
        if value is not None and all(map(math.isfinite, p)):
            with mpmath.workdps(700):
                exact_value = value(mpmath.mpf(p[0]), mpmath.mpf(p[1]))
            if exact_value is not None:
                settle(made, ("value", None), i, float(exact_value), POORER)
        wanted = None if contract is None else contract(*p)
        if wanted is not None:
            (da, db), (aa, ab, bb) = wanted
            for place, n in ((("gradient", "a"), da), (("gradient", "b"), db), (("second", "a a"), aa), (("second", "a b"), ab), (("second", "b a"), ab), (("second", "b b"), bb)):
                settle(made, place, i, n, why)
            continue
        usable = all(map(math.isfinite, p)) and (inside is None or inside(*p))
        for part, keys, exact in (("gradient", ("a", "b"), slopes), ("second", ("a a", "a b", "b b", "b a"), hessian)):
            numbers = None
            if exact is not None and usable:
                with mpmath.workdps(700):
                    numbers = [float(v) for v in exact(mpmath.mpf(p[0]), mpmath.mpf(p[1]))]
                if part == "second":
                    numbers.append(numbers[1])
            for k, key in enumerate(keys):
                if numbers is not None:
                    settle(made, (part, key), i, numbers[k], POORER)
                elif outside or (exact is not None and not usable) or (any(map(math.isinf, p)) and made[part][key]["data"][i] == "nan"):
                    settle(made, (part, key), i, None, "")
    return made


def chosen(condition, f):
    """A choice of cubes: what is not selected is 0 before it is cubed, so that infinities there do not count."""
    def choice(a, b):
        c, zero = f(a, b), torch.zeros_like(a)
        return torch.where(c, torch.where(c, a, zero) ** 3, torch.where(c, zero, b) ** 3)
    made = binary(f"where({condition}, a^3, b^3)", choice)
    selected = f(*(torch.tensor([p[i] for p in PAIRS]) for i in (0, 1)))
    for i, ((a, b), first) in enumerate(zip(PAIRS, selected.tolist())):
        # derive takes the square of a parameter for finite: where it is not, 0 times infinity may come from what is not selected.
        name, other = ("b", b) if first else ("a", a)
        if not abs(other) < 1e150:
            for part, key in (("gradient", name), ("second", f"{name} {name}")):
                settle(made, (part, key), i, None, "")
    return made


def magnitude(low, high):
    """Whether both operands are 0 or of a size whose squares and cubes are doubles."""
    return lambda a, b: all(v == 0 or low <= abs(v) <= high for v in (a, b)) and (a, b) != (0, 0)


def two():
    moderate = magnitude(1e-100, 1e100)
    r = mpmath.hypot
    flat = lambda a, b: ((None, None), (0, 0, 0))
    zero = lambda a, b: (0, 0, 0)
    return [
        binary("a + b", torch.add),
        binary("a - b", torch.sub),
        binary("a * b", torch.mul),
        binary("a / b", torch.div, lambda a, b: (0, -1 / b**2, 2 * a / b**3), lambda a, b: moderate(a, b) and b != 0),
        binary("maximum(a, b)", torch.maximum),
        binary("minimum(a, b)", torch.minimum),
        binary("pow(a, b)", torch.pow, lambda a, b: (b * (b - 1) * a ** (b - 2), a ** (b - 1) * (1 + b * mpmath.log(a)), a**b * mpmath.log(a) ** 2),
               lambda a, b: moderate(a, b) and a > 0),
        binary("mod(a, b)", torch.remainder, zero, lambda a, b: moderate(a, b) and b != 0 and a != 0,
               value=lambda a, b: a - b * mpmath.floor(a / b) if b != 0 else None),
        binary("atan2(a, b)", torch.atan2, lambda y, x: (-2 * x * y / r(x, y) ** 4, (y * y - x * x) / r(x, y) ** 4, 2 * x * y / r(x, y) ** 4), moderate,
               slopes=lambda y, x: (x / r(x, y) ** 2, -y / r(x, y) ** 2)),
        binary("hypot(a, b)", torch.hypot, lambda a, b: (b * b / r(a, b) ** 3, -a * b / r(a, b) ** 3, a * a / r(a, b) ** 3), moderate,
               contract=lambda a, b: ((0, 0), (0, 0, 0)) if a == b == 0 else None, why="the gradient of hypot is 0 at 0, a constant of the guard"),
        binary("div(a, b) * a^3", lambda a, b: torch.tensor(np.floor_divide(a.detach().numpy(), b.detach().numpy())) * a**3,
               pairs=[(7, 3), (-7, 3), (7, -3), (6, 3), (-6, 3), (0.0, 5), (Z, 5), (1, 0.1), (1e10, 0.75), (5e-324, -3), (-3, INF)]),
        binary("where(a > b, a * b, sin(b) - a)", lambda a, b: torch.where(a > b, a * b, torch.sin(b) - a)),
        binary("if a > b then a / b else a * b^2", lambda a, b: torch.where(a > b, a / torch.where(a > b, b, torch.ones_like(b)), a * b**2)),
        *(chosen(f"a {s} b", f) for s, f in (("==", torch.eq), ("<", torch.lt), ("<=", torch.le), ("!=", torch.ne))),
        chosen("a > 0 and not b > 0 or a == b", lambda a, b: (a > 0) & ~(b > 0) | (a == b)),
        chosen("isnan(a) or isfinite(b)", lambda a, b: torch.isnan(a) | torch.isfinite(b)),
    ]


def general(subject, f, inputs, kinds=None, departs=(), open_at=()):
    """`subject`: an expression, {"model": body} or {"primitive": name}; `departs`: (part, key, index, number, why); `open_at`: (part, key, indices, or None for all)."""
    inputs = {k: v if isinstance(v, torch.Tensor) else torch.tensor(v) for k, v in inputs.items()}
    made = row(f, inputs, subject, kinds=kinds)
    for part, key, index, wanted, why in departs:
        settle(made, (part, key), index, wanted, why)
    for part, key, indices in open_at:
        target = made[part] if key is None else made[part][key]
        for i in range(len(target["data"])) if indices is None else indices:
            target["data"][i] = None
    return made


SIX = [0.0, 1e308, Z, INF, 5e-324, 2.5]
TWO = torch.tensor([[0.0, -3, INF], [NAN, 5e-324, 1e102]])
EIGHT = torch.tensor([0.0, Z, 1.5, INF, NAN, -2, 1e102, 5e-324]).reshape(2, 2, 2)
TIES = torch.tensor([[3.0, 1, 3, 3], [-2, -2, -5, -2], [0, 0.5, 0.25, 0.5], [1, 1, 1, 1], [INF, 2, INF, 0], [-INF, -INF, -INF, -INF], [0, Z, -1, 0]])
HUGE = torch.tensor([[1000.0, 1000, 999], [-1000, -1001, -1e308], [-INF, 0, 1], [-INF, -INF, 2], [1e308, 1e308, -1e308], [5e-324, 0, Z], [745, 0, -745]])
ZEROES = torch.tensor([[2.0, 0, 3, 0.5], [1.5, 2, -4, 0.25], [0, 0, 5, 7], [0, 0, 0, 2], [Z, 1, 2, -3], [1e-200, 1e-200, 1e300, 1], [5e-324, 1, 1, 1]])
XX = (("gradient", "x"), ("second", "x x"))
NO_SHARE = "an entry that is not the largest has no share; PyTorch multiplies 0 and infinity"
CONSTANT = "constant by the guard that makes the gradient 0"


def reductions():
    prod = lambda x: x.prod(-1)
    running = lambda x: torch.stack([x[..., : k + 1].prod(-1) for k in range(x.shape[-1])], -1)
    rows = torch.tensor([[3.0, 4], [0, 0], [0, -2], [1e200, 0], [Z, Z]])
    flat = torch.tensor([[2.0, 2, 2], [1, 2, 3], [0, 0, 0], [1e8 + 1, 1e8 + 2, 1e8 + 3]])
    guard = lambda made, wanted_rows: [settle(made, (part, key), i, 0, CONSTANT) for part, key in XX
                                       for r in wanted_rows for i in range(r * len(made["inputs"]["x"]["data"]) // made["inputs"]["x"]["shape"][0],
                                                                          (r + 1) * len(made["inputs"]["x"]["data"]) // made["inputs"]["x"]["shape"][0])] and made
    # PyTorch's own derivative, exp(x - logsumexp x), is wrong where the logarithm of the sum is lost beside the largest entry.
    top = lambda x: x.detach().amax(-1, keepdim=True)
    logsumexp = lambda x: torch.exp(x - top(x)).sum(-1).log() + top(x)[..., 0]
    norm = lambda p: lambda x: torch.linalg.vector_norm(x, p, -1)
    return [
        general("sum(x^3)", lambda x: (x**3).sum(), {"x": [0.0, Z, 1e102, -1e308, INF, 5e-324]}),
        general("sum(x, axis = -1)^3", lambda x: x.sum(-1) ** 3, {"x": [[1.0, INF], [INF, -INF], [0, Z], [NAN, 1], [1e308, 1e308], [5e-324, 0]]}),
        general("mean(x, axis = -1)^3", lambda x: x.mean(-1) ** 3, {"x": [[1.0, INF], [INF, -INF], [0, Z], [NAN, 1], [5e-324, 5e-324]]}),
        general("sum(x)^2", lambda x: x.sum() ** 2, {"x": torch.zeros(0)}),
        general("prod(x)^2", lambda x: x.prod() ** 2, {"x": torch.zeros(0)}),
        general("prod(x, axis = -1)", prod, {"x": ZEROES}),
        general("prod(x)", lambda x: x.prod(), {"x": [0.0, 0, 0]}),
        general("prod(x)", lambda x: x.prod(), {"x": [0.0, 1e308]}),
        # The product of the others, where PyTorch divides the product by the entry.
        general("prod(x)", lambda x: x[0] * x[1] * x[2], {"x": [2.0, INF, -1]}, open_at=[("second", "x x", None)]),
        general("prod(x, axis = 0)^2", lambda x: x.prod(0) ** 2, {"x": [[0.0, 2, Z], [3, 0, 0]]}),
        general("cumsum(x)^3", lambda x: x.cumsum(-1) ** 3, {"x": [[1.0, 0, Z, -1], [1e100, 5e-324, NAN, 1], [INF, 1, -INF, 2]]}),
        general("cumprod(x)", running, {"x": ZEROES[:5]}),
        general("cumprod(x, axis = 0)^2", lambda x: running(x.T).T ** 2, {"x": [[0.0, 2, Z], [3, 0, 0], [1, 1, 1e150]]}),
        general("max(x, axis = -1)^3", lambda x: x.amax(-1) ** 3, {"x": TIES}, departs=[(part, key, i, 0, NO_SHARE) for part, key in XX for i in (17, 19)]),
        general("min(x, axis = -1)^3", lambda x: x.amin(-1) ** 3, {"x": TIES}),
        general("max(x)^2 * x", lambda x: x.amax() ** 2 * x, {"x": [2.0, 2, -1]}),
        general("logsumexp(x, axis = -1)", logsumexp, {"x": HUGE}),
        guard(general("norm(x, axis = -1)", norm(2), {"x": rows}), [1, 4]),
        general("norm(x, p = 1, axis = -1)", norm(1), {"x": rows}),
        general("norm(x, p = inf, axis = -1)", norm(INF), {"x": rows}),
        general("norm(x, p = 3, axis = -1)", norm(3), {"x": rows[:3]}),
        general("var(x, axis = -1)", lambda x: x.var(-1, unbiased=False), {"x": flat}),
        guard(general("std(x, axis = -1)", lambda x: x.std(-1, unbiased=False), {"x": flat}), [0, 2]),
        general("any(x > 0, axis = -1, keep = true) * x^3", lambda x: (x > 0).any(-1, keepdim=True) * x**3, {"x": TIES[:4]}),
        general("all(x > 0, axis = -1, keep = true) * x^3", lambda x: (x > 0).all(-1, keepdim=True) * x**3, {"x": TIES[:4]}),
        general("argmax(x, axis = -1) * sum(x^3, axis = -1)", lambda x: torch.tensor(np.argmax(x.detach().numpy(), -1)) * (x**3).sum(-1), {"x": TIES[:4]}),
        general("argmin(x, axis = -1) * sum(x^3, axis = -1)", lambda x: torch.tensor(np.argmin(x.detach().numpy(), -1)) * (x**3).sum(-1), {"x": TIES[:4]}),
        general("softmax(x)", lambda x: torch.softmax(x, -1), {"x": HUGE}),
        general("log_softmax(x)", lambda x: torch.log_softmax(x, -1), {"x": HUGE}),
        general("softmax(x)^2", lambda x: torch.softmax(x, -1) ** 2, {"x": [4.0]}),
    ]


def structure():
    index = {"i": "index(4)"}
    i = torch.tensor([3, 0, 3])
    four = torch.tensor([0.0, INF, Z, 1e102])
    spread = torch.tensor([1.5, 5e-324, NAN, -2.0, INF])
    moved = lambda expression, f, x, **more: general(expression, f, {"x": x, **more})
    return [
        moved("reshape(x, [3, 2])^3", lambda x: x.reshape(3, 2) ** 3, TWO),
        moved("flatten(x)^3", lambda x: x.flatten() ** 3, TWO),
        moved("transpose(x)^3", lambda x: x.permute(2, 1, 0) ** 3, EIGHT),
        moved("permute(x, [1, 2, 0])^3", lambda x: x.permute(1, 2, 0) ** 3, EIGHT),
        moved("expand(x, 1)^3", lambda x: x.unsqueeze(1) ** 3, TWO),
        moved("squeeze(expand(x, 1), 1)^3", lambda x: x**3, TWO),
        moved("broadcast(x, [2, 2, 3])^3", lambda x: x.expand(2, 2, 3) ** 3, TWO),
        moved("concat([x, y, x], axis = -1)^3", lambda x, y: torch.cat([x, y, x], -1) ** 3, TWO, y=torch.tensor([[1.0], [INF]])),
        moved("stack([x, y], axis = 1)^3", lambda x, y: torch.stack([x, y], 1) ** 3, TWO, y=torch.ones(2, 3)),
        moved("concat(split(x, 2, axis = -1))^3", lambda x: x.reshape(2, 2, 2).transpose(0, 1).reshape(-1, 2) ** 3 if x.dim() == 1 else torch.cat(x.split(2, -1)) ** 3,
              torch.tensor([[0.0, Z, INF, 1e102], [NAN, 1, 5e-324, -1]])),
        moved("pad(x, [[1, 0], [0, 2]], value = 0.5)^3", lambda x: F.pad(x, (0, 2, 1, 0), value=0.5) ** 3, TWO),
        moved("tile(x, [2, 1])^3", lambda x: x.tile(2, 1) ** 3, TWO),
        moved("repeat(x, 2, 1)^3", lambda x: x.repeat_interleave(2, 1) ** 3, TWO),
        moved("flip(x, 1)^3", lambda x: x.flip(1) ** 3, TWO),
        moved("roll(x, 1, 1)^3", lambda x: x.roll(1, 1) ** 3, TWO),
        moved("x[1:]^3", lambda x: x[1:] ** 3, four),
        moved("x[::-2]^3", lambda x: x.flip(0)[::2] ** 3, four),
        moved("x[-1]^3", lambda x: x[-1] ** 3, four),
        general("x[i]^3", lambda x, i: x[i] ** 3, {"x": four, "i": i}, kinds=index),
        general("(one_hot(i, 4) * x)^3", lambda x, i: (F.one_hot(i, 4) * x) ** 3, {"x": torch.tensor([0.0, 2, Z, 1e102]), "i": i}, kinds=index),
        moved("arange(4) * x^3", lambda x: torch.arange(4) * x**3, torch.tensor([1.0, INF, NAN, 5e-324])),
        moved("linspace(1, 2, 5) * x^3", lambda x: torch.linspace(1, 2, 5) * x**3, spread),
        moved("full([5], 2) * x^3", lambda x: 2 * x**3, spread),
        moved("full([2], x)^3", lambda x: x.expand(2) ** 3, torch.tensor(1e102)),
        moved("ones([5]) * x^3", lambda x: x**3, spread),
        moved("ones_like(x) * x^3", lambda x: x**3, spread),
        moved("zeros([4]) * x^3", lambda x: 0 * x**3, torch.tensor([1.0, Z, 5e-324, 1e100])),
        moved("zeros_like(x) * x^3", lambda x: 0 * x**3, torch.tensor([1.0, Z, 5e-324, 1e100])),
        moved("eye(2) * x^3", lambda x: torch.eye(2) * x**3, torch.tensor([[INF, 1], [Z, NAN]])),
        moved("diag(x)^3", lambda x: torch.diag(x) ** 3, four),
        moved("diag(x)^3", lambda x: torch.diagonal(x) ** 3, torch.tensor([[INF, NAN], [NAN, Z]])),
        moved("trace(x)^3", lambda x: torch.diagonal(x).sum() ** 3, torch.tensor([[INF, NAN], [NAN, Z]])),
        moved("tril(x)^3", lambda x: torch.tril(x) ** 3, torch.tensor([[INF, NAN], [Z, 1e102]])),
        moved("triu(x)^3", lambda x: torch.triu(x) ** 3, torch.tensor([[INF, NAN], [INF, Z]])),
        moved("dot(x, y)^2", lambda x, y: torch.dot(x, y) ** 2, torch.tensor([0.0, INF, 1]), y=torch.tensor([1.0, 2, Z])),
        moved("dot(x, x)", lambda x: torch.dot(x, x), torch.tensor([0.0, INF, 1e308])),
        moved("outer(x, y)", lambda x, y: torch.outer(x, y), torch.tensor([0.0, 1e200]), y=torch.tensor([1e200, Z, -1])),
        moved("matmul(x, y)", lambda x, y: torch.matmul(x, y), torch.tensor([[0.0, 1], [INF, 5e-324]]), y=torch.tensor([[1.0, 2], [3, -1]])),
        moved('einsum("ij,jk->ki", x, y)^2', lambda x, y: (x @ y).T ** 2, torch.tensor([[0.0, 1], [1e100, 5e-324]]), y=torch.tensor([[1.0, Z, 2], [3, -1, 0]])),
        moved('einsum("ii->i", x)^3', lambda x: torch.diagonal(x) ** 3, torch.tensor([[INF, NAN], [NAN, Z]])),
        moved("conv1d(x, k, padding = 1)^2", lambda x, k: F.conv1d(x, k, padding=1) ** 2, torch.tensor([[[0.0, 1e100, Z, 5e-324, 1]]]), k=torch.tensor([[[1.0, Z, -2]]])),
        moved("conv2d(x, k, stride = 2)^2", lambda x, k: F.conv2d(x, k, stride=2) ** 2, torch.tensor([[[[0.0, Z, 3], [1e100, -1, 5e-324], [1, 2, 1e-300]]]]),
              k=torch.tensor([[[[1.0, 0], [Z, -1]]]])),
        moved("max_pool2d(x, 2, stride = 1, padding = 1)^3", lambda x: F.max_pool2d(x, 2, 1, 1) ** 3, torch.tensor([[[1.0, 1e-310, -INF], [5e-324, -1, 1e102], [-2, 3, INF]]])),
        moved("avg_pool2d(x, 2, padding = 1)^3", lambda x: F.avg_pool2d(x, 2, padding=1) ** 3, torch.tensor([[[1.0, 5e-324, INF], [Z, -1, 1e102], [-2, 3, 0]]])),
        moved("(x @ y)^2", lambda x, y: (x @ y) ** 2, torch.tensor([[0.0, 1], [1e154, 5e-324]]), y=torch.tensor([1.0, Z])),
    ]


def losses():
    kind = {"y": "index(3)"}
    bce = lambda p, y: -(y * torch.log(p).clamp(min=-100) + (1 - y) * torch.log(1 - p).clamp(min=-100)).mean()
    pair = lambda name, f, a, b, names=("p", "y"), **more: general(f"{name}({names[0]}, {names[1]})", f, dict(zip(names, (torch.tensor(a), torch.tensor(b)))), **more)
    hard = torch.tensor([[1000.0, -1000, 0], [1e300, 0, 0], [0, Z, 5e-324], [-INF, 1, 2]])
    y = torch.tensor([1, 0, 2, 2])
    return [
        pair("mse", lambda p, y: F.mse_loss(p, y), [1.0, 1e200, 5e-324, Z], [1.0, -1e200, 0, 0.0]),
        pair("mae", lambda p, y: F.l1_loss(p, y), [1.0, 2, 3, Z], [1.0, 2.5, 2, 0.0]),
        pair("huber", lambda p, y: F.huber_loss(p, y), [0.0, 1, -1, 5, Z, 1e300], [0.0, 0, 0, 0, 0, -1e300]),
        pair("bce", bce, [0.25, 1e-40, 0.5, 1 - 2**-53], [0.0, 1, 0.5, 1]),
        # The contract fixes the value alone where p is 0 or 1.
        pair("bce", bce, [0.0, 1, 0, 1], [0.0, 1, 1, 0], open_at=[("gradient", "p", None), *(("second", k, None) for k in ("p p", "p y", "y p"))]),
        general("bce_with_logits(z, y)", lambda z, y: F.binary_cross_entropy_with_logits(z, y),
                {"z": [-800.0, 800, -800, 800, 0, Z, 1e308], "y": [0.0, 1, 1, 0, 0.5, 1, 1]}),
        general("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": hard, "y": y}, kinds=kind),
        general("cross_entropy(z, y, label_smoothing = 0.1)", lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1), {"z": hard[:3], "y": y[:3]}, kinds=kind),
        general("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": hard[:3], "y": torch.tensor([[1.0, 0, 0], [0, 0.5, 0.5], [1, 0, 0]])}),
        general("nll(logp, y)", lambda logp, y: F.nll_loss(logp, y), {"logp": hard, "y": y}, kinds=kind),
        general("kl(logp, q)", lambda logp, q: F.kl_div(logp, q, reduction="batchmean"),
                {"logp": [[-0.7, -1000.0, -1e-300], [-1.5, -1.25, 0]], "q": [[1.0, 0, 1e-150], [0.5, 0.5, 0]]},
                open_at=[(part, key, (1, 5)) for part, keys in (("gradient", ("q",)), ("second", ("logp q", "q logp", "q q"))) for key in keys]),
        general("hinge(z, y)", lambda z, y: torch.relu(1 - y * z).mean(), {"z": [1.0, -1, 0, 2, -2, Z], "y": [1.0, -1, 1, 1, 1, -1]}),
    ]


def attended(q, k, v, causal=False):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.triu(torch.ones(scores.shape[-2:], dtype=torch.bool), 1), -INF)
    return torch.softmax(scores, -1) @ v


def heads(x, p_Wq, p_Wk, p_Wv, p_Wo, p_bq, p_bk, p_bv, p_bo):
    parts = [(x @ w + b).reshape(1, 3, 2, 1).permute(0, 2, 1, 3) for w, b in ((p_Wq, p_bq), (p_Wk, p_bk), (p_Wv, p_bv))]
    return attended(*parts, causal=True).permute(0, 2, 1, 3).reshape(1, 3, 2) @ p_Wo + p_bo


def simple(x, p_W, p_U, p_b):
    h, made = torch.zeros(1, 2), []
    for t in range(3):
        h = torch.tanh(x[:, t] @ p_W + p_b + h @ p_U)
        made.append(h)
    return torch.stack(made, 1)


def lstm(x, p_W, p_U, p_b):
    h, c, made = torch.zeros(1, 1), torch.zeros(1, 1), []
    for t in range(3):
        i, f, g, o = (x[:, t] @ p_W + p_b + h @ p_U).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        made.append(h)
    return torch.stack(made, 1)


def gru(x, p_W, p_U, p_b, p_c):
    h, made = torch.zeros(1, 1), []
    for t in range(3):
        (a, b, n), (r, z, m) = (x[:, t] @ p_W + p_b).chunk(3, 1), (h @ p_U).chunk(3, 1)
        keep = torch.sigmoid(b + z)
        h = (1 - keep) * torch.tanh(n + torch.sigmoid(a + r) * (m + p_c)) + keep * h
        made.append(h)
    return torch.stack(made, 1)


def layers():
    """Parameters are named by their paths, where Python has a word for them: p.W is p_W."""
    body = lambda parameters, output: {"model": f"{parameters}\noutput p = {output}"}
    rows = torch.tensor([[1.0, 1, 1], [0, Z, 5e-324], [1, -2, 3], [1e150, 0, 0], [1e-8, 0, -1e-8]])
    gain, bias = torch.tensor([1.0, -0.5, 0]), torch.tensor([0.25, 0, Z])
    x = torch.tensor([[0.0, INF, 5e-324], [Z, 1, -2]])
    hot, keys = torch.tensor([[1.0, 1], [0, Z], [2000, -2000], [5e-324, 1]]), torch.tensor([[1.0, 1], [1, 1], [-3, Z]])
    answers, series = torch.tensor([[1.0, Z], [0, 5e-324], [-2, 3]]), torch.tensor([[[0.0, Z], [800, -800], [5e-324, 1]]])
    square = torch.tensor([[0.0, 1], [Z, -2]])
    return [
        general(body("input x: [2, 3]", "dropout(x, 0.4)^3"), lambda x: x**3, {"x": TWO}),
        general(body("param a: [1] = zeros\nparam b: [1] = ones", "uniform([3], min = a[0], max = b[0])^3"), lambda a, b: ((a + b) / 2).expand(3) ** 3, {"a": [0.0], "b": [5e-324]}),
        general(body("param a: [1] = zeros\nparam b: [1] = ones", "normal([3], mean = a[0], std = b[0])^3"), lambda a, b: a.expand(3) ** 3, {"a": [Z], "b": [1e308]}),
        general(body("input x: [3, 2]", "dense(x, 2)^2"), lambda x, p_W, p_b: (x @ p_W + p_b) ** 2,
                {"x": torch.tensor([[0.0, Z], [1e150, 5e-324], [-1, 2]]), "p_W": torch.tensor([[1.0, 0], [Z, -2]]), "p_b": torch.tensor([0.0, 1])}),
        general(body("input x: [1, 1, 3, 2]", "conv2d_layer(x, 2, 2, padding = 1)^2"), lambda x, p_W, p_b: F.conv2d(x, p_W, p_b, padding=1) ** 2,
                {"x": torch.tensor([[[[0.0, Z], [1e100, 5e-324], [-1, 2]]]]), "p_W": torch.tensor([[[[1.0, 0], [Z, -2]]], [[[0.5, 1], [1, 1e-300]]]]), "p_b": torch.tensor([0.0, 1])}),
        general(body("input i: index(3)[3]", "embedding(i, 3, 2)^3"), lambda p_E, i: p_E[i] ** 3,
                {"p_E": torch.tensor([[0.0, INF], [NAN, NAN], [Z, 1e102]]), "i": torch.tensor([2, 0, 2])}, kinds={"i": "index(3)"}),
        general(body("input x: [5, 3]", "layer_norm(x)"), lambda x, p_gain, p_bias: F.layer_norm(x, (3,), p_gain, p_bias), {"x": rows[[0, 1, 2, 4, 0]], "p_gain": gain, "p_bias": bias}),
        general(body("input x: [5, 3]", "rms_norm(x)"), lambda x, p_gain: x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * p_gain, {"x": rows, "p_gain": gain}),
        # Outside of training the running means serve.
        general(body("input x: [4, 2]", "batch_norm(x)^2"),
                lambda x, p_gain, p_bias, state_p_mean, state_p_var: ((x - state_p_mean) / (state_p_var + 1e-5).sqrt() * p_gain + p_bias) ** 2,
                {"x": torch.tensor([[0.0, Z], [1e100, 5e-324], [-1, 2], [1, 1]]), "p_gain": gain[:2], "p_bias": bias[:2],
                 "state_p_mean": torch.tensor([1.0, Z]), "state_p_var": torch.tensor([0.0, 1e200])}),
        general("attention(q, k, v)", attended, {"q": hot, "k": keys, "v": answers}),
        general("attention(q, k, v, causal = true)", lambda q, k, v: attended(q, k, v, True), {"q": hot[:3], "k": keys, "v": answers}),
        general(body("input x: [1, 3, 2]", "multi_head_attention(x, 2, causal = true)"), heads,
                {"x": series, **{f"p_{k}": torch.tensor([[1.0, -0.5], [Z, 2]]) for k in ("Wq", "Wk", "Wv", "Wo")}, **{f"p_{k}": torch.tensor([0.0, 1]) for k in ("bq", "bk", "bv", "bo")}}),
        general(body("input x: [1, 3, 2]", "rnn(x, 2)"), simple, {"x": series, "p_W": square, "p_U": square, "p_b": torch.tensor([0.0, Z])}),
        general(body("input x: [1, 3, 2]", "lstm(x, 1)"), lstm,
                {"x": series, "p_W": torch.tensor([[1.0, 0, Z, 2], [-1, 0.5, 1, -2]]), "p_U": torch.tensor([[1.0, -1, 0, 0.5]]), "p_b": torch.tensor([0.0, Z, 1, -1])}),
        general(body("input x: [1, 3, 2]", "gru(x, 1)"), gru,
                {"x": series, "p_W": torch.tensor([[1.0, 0, Z], [-1, 0.5, 1]]), "p_U": torch.tensor([[1.0, -1, 0.5]]), "p_b": torch.tensor([0.0, Z, 1]), "p_c": torch.tensor([0.25])}),
        general(body("input x: [1, 3]", "standardize(x)^2"), lambda x, p_mean, p_std: ((x - p_mean) / p_std) ** 2,
                {"x": x[1:], "p_mean": torch.tensor([0.0, 1, -2]), "p_std": torch.tensor([1.0, 1e-100, 3])}),
    ]


def recurrent(h, x, weights):
    for entry in x:
        h = torch.tanh(h @ weights + entry)
    return h


def stacked(h, x, weights):
    made = []
    for entry in x.flip(0):
        h = torch.tanh(h @ weights + entry)
        made.append(torch.sin(h))
    return torch.stack(made[::-1])


def folded(x):
    made = torch.zeros(5).index_add(0, torch.tensor([0, 1, 2]), x[0]).index_add(0, torch.tensor([2, 3, 4]), x[1])
    return made**3


def primitives():
    index = {"i": "index(3)"}
    line = torch.tensor([0.0, Z, 2.5, INF, -1])
    state = {"h": torch.tensor([0.0, Z]), "x": torch.tensor([[0.0, 5e-324], [800, -1e308], [Z, 1e-300]]), "weights": torch.tensor([[0.0, 1], [Z, -2]])}
    named = lambda name, f, **inputs: general({"primitive": name}, f, inputs)
    return [
        named("dimension", lambda x: 3 * x**3, x=line),
        named("random", lambda x: x**3, x=line),
        named("jacobian", lambda x: torch.diag(12 * x**2), x=torch.tensor([0.0, Z, 5e-324, 1e102])),
        named("stored", lambda x: x**3, x=line),
        named("window", lambda x: x.unfold(0, 3, 2) ** 3, x=line),
        named("fold", folded, x=torch.tensor([[0.0, INF, 1], [2, NAN, Z]])),
        named("table", lambda x: x[[2, 0, 2, 1]] ** 3, x=[1.5, INF, Z]),
        general({"primitive": "scatter_add"}, lambda x, i: torch.zeros(3).index_add(0, i, x) ** 3, {"x": [1.5, INF, Z], "i": torch.tensor([2, 0, 2])}, kinds=index),
        named("loop", recurrent, **state),
        named("loop_result", stacked, **state),
    ]


def exactly(made, inputs, value):
    """Settles a row by exact derivatives of `value`, a list of SymPy expressions over the symbols of `inputs` (name -> symbols)."""
    at = {s: sp.Rational(read(v)) for name, symbols in inputs.items() for s, v in zip(symbols, made["inputs"][name]["data"])}
    weights = lambda packed: [sp.Rational(read(v)) for v in packed["data"]]
    total = sum(w * v for w, v in zip(weights(made["cotangent"]), value))
    gradient = {a: [sp.diff(total, s) for s in symbols] for a, symbols in inputs.items()}
    for i, v in enumerate(value):
        settle(made, ("value", None), i, v.subs(at), POORER)
    for a, symbols in inputs.items():
        for i, g in enumerate(gradient[a]):
            settle(made, ("gradient", a), i, g.subs(at), POORER)
        along = sum(v * g for v, g in zip(weights(made["directions"][a]), gradient[a]))
        for b, others in inputs.items():
            for i, s in enumerate(others):
                settle(made, ("second", f"{a} {b}"), i, sp.diff(along, s).subs(at), POORER)
    return made


def symbols_of(name, count):
    return sp.symbols(f"{name}:{count}")


def determinants():
    """Of singular matrices too: the determinant is a polynomial, whose derivatives PyTorch's formulas lose there."""
    made = []
    for a in ([[0.0, 2, 0], [0, 0, -3], [1.5, 0, 0]], [[1.0, 2, 3], [2, 4, 6], [0.5, 0, 1]], [[1.0, -2, 0.5], [2, -4, 1], [-1, 2, -0.5]], [[0.0, 0], [0, 0]],
              [[1e-160, 0, 0], [0, 1e160, 0], [0, 0, 2]], [[0.0]], [[3.0]]):
        entries = symbols_of("a", len(a) ** 2)
        made.append(exactly(general("det(a)", lambda a: torch.linalg.det(a), {"a": a}), {"a": entries}, [sp.Matrix(len(a), len(a), entries).det()]))
    return made


def lower_factor(a):
    """Of (a + aᵀ) / 2."""
    n = a.rows
    l = sp.zeros(n)
    for j in range(n):
        for i in range(j, n):
            rest = (a[i, j] + a[j, i]) / 2 - sum(l[i, k] * l[j, k] for k in range(j))
            l[i, j] = sp.sqrt(rest) if i == j else rest / l[j, j]
    return l


def of_batch(expression, f, a, n, exact, b=None):
    """A row over a batch of matrices, settled by `exact`: of one matrix (and the vector b) the entries of the result."""
    made = general(expression, f, {"a": a} if b is None else {"a": a, "b": b})
    entries = symbols_of("a", a.numel())
    vector = None if b is None else sp.Matrix(symbols_of("b", len(b)))
    matrices = [sp.Matrix(n, n, entries[at : at + n * n]) for at in range(0, len(entries), n * n)]
    value = [v for m in matrices for v in (exact(m) if b is None else exact(m, vector))]
    return exactly(made, {"a": entries} if b is None else {"a": entries, "b": tuple(vector)}, value)


def cofactors_along(a, b):
    """For two or three rows, written out."""
    n = len(a)
    if n == 2:
        return torch.stack([b[1, 1], -b[1, 0], -b[0, 1], b[0, 0]]).reshape(2, 2)
    entry = lambda i, j: [a[(i + p) % n, (j + q) % n] * b[(i + 3 - p) % n, (j + 3 - q) % n] for p, q in ((1, 1), (2, 2), (1, 2), (2, 1))]
    return torch.stack([p + q - r - s for i in range(n) for j in range(n) for p, q, r, s in [entry(i, j)]]).reshape(n, n)


def moved_cofactors():
    """The derivative of the cofactor matrix along b, where a has rank one and where it has an inverse."""
    made = []
    for a in ([[1.0, -2, 0.5], [2, -4, 1], [-1, 2, -0.5]], [[0.0, 1], [-2, 3]]):
        n = len(a)
        [p, q] = [symbols_of(name, n * n) for name in "ab"]
        t = sp.symbols("t")
        moved = sp.Matrix(n, n, p) + t * sp.Matrix(n, n, q)
        value = [sp.diff(sp.expand(x), t).subs(t, 0) for x in moved.adjugate().T]
        made.append(exactly(general({"primitive": "cofactor"}, cofactors_along, {"a": a, "b": hashed(n * n, 5).reshape(n, n)}), {"a": p, "b": q}, value))
    return made


def linear_algebra():
    solve = lambda a, b: torch.linalg.solve(a, b)
    inv, det, cholesky, logdet = (lambda a, f=f: f(a) for f in (torch.linalg.inv, torch.linalg.det, torch.linalg.cholesky, torch.logdet))
    hilbert = [[1 / (i + j + 1) for j in range(4)] for i in range(4)]
    turned = [[0.0, 2, 0], [0, 0, -3], [1.5, 0, 0]]
    positive = torch.tensor([[4.0, 1, -1], [1, 3, 0.5], [-1, 0.5, 2]])
    batch = torch.tensor([[[0.0, 1], [2, 0]], [[1e8, 1], [1, 1e-7]]])
    vectors = lambda a, b: torch.linalg.solve(a, b.expand(2, 2))
    negative = general("logdet(a)", logdet, {"a": [[0.0, 1], [2, 0]]})
    for part, key in (("gradient", "a"), ("second", "a a")):
        for i in range(4):
            settle(negative, (part, key), i, 0.0, "the branch that is not NaN is not selected")
    return [
        general("solve(a, b)", solve, {"a": turned, "b": [1.0, 2, -0.5]}),
        general("solve(a, b)", solve, {"a": hilbert, "b": hashed(8, 9).reshape(4, 2)}),
        of_batch("solve(a, b)", vectors, batch, 2, lambda m, v: m.inv() * v, b=torch.tensor([1.0, -2])),
        general("solve(a, b)", solve, {"a": [[-2.0]], "b": [[3.0, 0]]}),
        general("solve(a, b)", solve, {"a": torch.zeros(0, 0), "b": torch.zeros(0)}),
        general("inv(a)", inv, {"a": turned}),
        of_batch("inv(a)", inv, batch, 2, lambda m: m.inv()),
        *determinants(),
        of_batch("det(a)", det, batch, 2, lambda m: [m.det()]),
        general("logdet(a)", logdet, {"a": positive}),
        general("logdet(a)", logdet, {"a": batch[1] * 1e-120}),
        negative,
        general("cholesky(a)", cholesky, {"a": positive}),
        of_batch("cholesky(a)", cholesky, torch.stack([positive, torch.diag(torch.tensor([1e-8, 1, 1e8]))]), 3, lower_factor),
        *moved_cofactors(),
        general({"primitive": "triangular_solve"}, lambda a, b: torch.linalg.solve_triangular(a.tril(), b, upper=False), {"a": [[2.0, 7], [-1, 0.5]], "b": [[1.0, 0], [2, -3]]}),
    ]


def main():
    rows = elementwise() + two() + reductions() + structure() + losses() + layers() + linear_algebra() + primitives()
    lines = ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    (table.HERE / "second.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(rows)} rows, {sum(len(r.get('departs', [])) for r in rows)} departures")


if __name__ == "__main__":
    main()
