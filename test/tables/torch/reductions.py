"""Reductions, softmax, products of matrices."""
import itertools

import numpy as np
import torch

from table import INF, NAN, case, tensor

X = tensor(2, 3, 4)
V = tensor(5, start=200)
EMPTY = torch.zeros(0)
ROWS = torch.zeros(0, 3)
COLUMNS = torch.zeros(2, 0)
ZEROS = torch.tensor([[2.0, 0, 3, 0.5], [1.5, 2, -4, 0.25], [0, 0, 5, 7]])
TIES = torch.tensor([[3.0, 1, 3, 3], [-2, -2, -5, -2], [0, 0.5, 0.25, 0.5]])
HUGE = torch.tensor([[1000.0, 1000, 999], [-1000, -1001, -1e308], [-INF, 0, 1], [-INF, -INF, 2]])

# (the axes as derive writes them, as PyTorch takes them, keep)
AXES = [(a, d, k) for (a, d), k in itertools.product([("0", (0,)), ("1", (1,)), ("-1", (2,)), ("[0, 2]", (0, 2)), ("[-1, 1]", (1, 2))], (False, True))]


def every_axis(name, f, x=X, extra="", axes=AXES):
    """`f(x, dim, keepdim)` over all axes and over each choice."""
    made = [case(f"{name}(x{extra})", lambda x: f(x, tuple(range(x.dim())), False), {"x": x})]
    for a, d, keep in axes:
        suffix = ", keep = true" if keep else ""
        made.append(case(f"{name}(x{extra}, axis = {a}{suffix})", lambda x: f(x, d, keep), {"x": x}))
    return made


def prod(x, dim, keep):
    for d in sorted(dim, reverse=True):
        x = torch.prod(x, d, keepdim=keep)
    return x


def l(p):
    return lambda x, dim, keep: torch.linalg.vector_norm(x, p, dim, keepdim=keep)


def variance(ddof):
    return lambda x, dim, keep: torch.var(x, dim=dim, correction=ddof, keepdim=keep)


def deviation(ddof):
    return lambda x, dim, keep: torch.std(x, dim=dim, correction=ddof, keepdim=keep)


def first(f):
    """PyTorch documents no order of ties; NumPy takes the first, as derive does."""
    return lambda x: torch.tensor(f(x.numpy()))


def numbers():
    last = [("-1", (1,), False)]
    return [
        *every_axis("sum", lambda x, d, k: x.sum(d, keepdim=k)),
        *every_axis("mean", lambda x, d, k: x.mean(d, keepdim=k)),
        *every_axis("prod", prod),
        *every_axis("prod", prod, ZEROS, axes=last),
        *every_axis("max", lambda x, d, k: x.amax(d, keepdim=k)),
        *every_axis("min", lambda x, d, k: x.amin(d, keepdim=k)),
        *every_axis("max", lambda x, d, k: x.amax(d, keepdim=k), TIES, axes=last),
        *every_axis("min", lambda x, d, k: x.amin(d, keepdim=k), TIES, axes=last),
        *every_axis("logsumexp", lambda x, d, k: x.logsumexp(d, keepdim=k)),
        *every_axis("norm", l(2)),
        *every_axis("norm", l(1), extra=", p = 1", axes=AXES[:2]),
        *every_axis("norm", l(3), extra=", p = 3", axes=AXES[:2]),
        *every_axis("norm", l(INF), extra=", p = inf", axes=AXES[:2]),
        *every_axis("var", variance(0)),
        *every_axis("var", variance(1), extra=", ddof = 1", axes=AXES[2:4]),
        *every_axis("std", deviation(0)),
        *every_axis("std", deviation(1), extra=", ddof = 1", axes=AXES[2:4]),
        case("logsumexp(x, axis = -1)", lambda x: x.logsumexp(-1), {"x": HUGE}),
        case("logsumexp(x)", lambda x: x.logsumexp(0), {"x": torch.tensor([INF, 1.0])}, open_at=[("x", 0), ("x", 1)]),
        case("logsumexp(x)", lambda x: x.logsumexp(0), {"x": torch.tensor([-INF, -INF])}, open_at=[("x", 0), ("x", 1)]),
        case("norm(x)", lambda x: x.norm(), {"x": torch.zeros(3)}),
        case("norm(x, p = 1)", lambda x: torch.linalg.vector_norm(x, 1), {"x": torch.tensor([0.0, -2, 3])}),
        case("norm(x, p = inf)", lambda x: torch.linalg.vector_norm(x, INF), {"x": torch.tensor([-3.0, 2, 3])}),
        case("norm(x, axis = 1)", lambda x: x.norm(dim=1), {"x": torch.tensor([[3.0, 4], [0, 0]])}),
        case("std(x)", lambda x: x.std(unbiased=False), {"x": torch.full((3,), 2.0)}),
        case("var(x)", lambda x: x.var(unbiased=False), {"x": torch.full((3,), 2.0)}),
        case("var(x)", lambda x: x.var(unbiased=False), {"x": torch.tensor([1e8 + 1, 1e8 + 2, 1e8 + 3])}),
        case("max(x)", lambda x: x.amax(), {"x": torch.tensor([1.0, NAN, 3])}, open_at=[("x", i) for i in range(3)]),
        case("min(x)", lambda x: x.amin(), {"x": torch.tensor([1.0, NAN, -INF])}, open_at=[("x", i) for i in range(3)]),
        case("max(x)", lambda x: x.amax(), {"x": torch.tensor([-INF, -INF])}),
        case("sum(x)", lambda x: x.sum(), {"x": torch.tensor([1e16, 1.0, -1e16, 3.0])}, open_at=[("value", 0)]),
        case("sum(x)", lambda x: x.sum(), {"x": torch.tensor([INF, -INF, 1.0])}),
        case("sum(x)", lambda x: x.sum(), {"x": EMPTY}),
        case("sum(x, axis = 0)", lambda x: x.sum(0), {"x": ROWS}),
        case("sum(x, axis = 1)", lambda x: x.sum(1), {"x": COLUMNS}),
        case("prod(x)", lambda x: x.prod(), {"x": EMPTY}),
        case("prod(x, axis = 1)", lambda x: x.prod(1), {"x": COLUMNS}),
        case("mean(x)", lambda x: x.mean(), {"x": EMPTY}),
        case("sum(x)", lambda x: x.sum(), {"x": torch.tensor(3.5)}),
        case("max(x)", lambda x: x.amax(), {"x": torch.tensor(3.5)}),
    ]


def truths():
    flags = torch.tensor([[1.0, 0, 1], [1, 1, 1], [0, 0, 0]])
    made = [
        case(f"{name}(x > 0{axis})", lambda x: f(x > 0), {"x": x}, wrt=[])
        for name, axis, f, x in (
            ("any", "", torch.any, flags),
            ("all", "", torch.all, flags),
            ("any", "", torch.any, torch.zeros(2, 3)),
            ("any", ", axis = 1", lambda t: t.any(1), flags),
            ("all", ", axis = -1, keep = true", lambda t: t.all(-1, keepdim=True), flags),
            ("any", ", axis = 0", lambda t: t.any(0), TIES),
            ("all", "", torch.all, EMPTY),
            ("any", "", torch.any, EMPTY),
            ("mean", "", lambda t: t.double().mean(), TIES),
            ("sum", "", torch.sum, flags),
        )
    ]
    return made + [
        case("argmax(x)", first(np.argmax), {"x": TIES}, wrt=[]),
        case("argmin(x)", first(np.argmin), {"x": TIES}, wrt=[]),
        case("argmax(x, axis = -1)", first(lambda x: x.argmax(-1)), {"x": TIES}, wrt=[]),
        case("argmin(x, axis = 0)", first(lambda x: x.argmin(0)), {"x": TIES}, wrt=[]),
        case("argmax(x, axis = 1)", first(lambda x: x.argmax(1)), {"x": X}, wrt=[]),
        case("argmax(x, axis = -1)", first(lambda x: x.argmax(-1)), {"x": torch.tensor([[1.0, NAN, 3], [-INF, -INF, -INF]])}, wrt=[]),
    ]


def softmaxes():
    made = []
    for name, f in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        for axis in (0, 1, -1):
            made.append(case(f"{name}(x, axis = {axis})", lambda x: f(x, axis), {"x": X}))
        made.append(case(f"{name}(x)", lambda x: f(x, -1), {"x": X}))
        made.append(case(f"{name}(x)", lambda x: f(x, -1), {"x": HUGE}))
        made.append(case(f"{name}(x)", lambda x: f(x, -1), {"x": torch.tensor([4.0])}))
    return made


def products():
    def shapes(expression, a, b):
        return case(expression, lambda a, b: torch.matmul(a, b), {"a": tensor(*a, start=1), "b": tensor(*b, start=500)})

    return [
        shapes("a @ b", (2, 3), (3, 4)),
        shapes("a @ b", (3,), (3, 4)),
        shapes("a @ b", (2, 3), (3,)),
        shapes("a @ b", (3,), (3,)),
        shapes("a @ b", (5, 2, 3), (5, 3, 4)),
        shapes("a @ b", (5, 2, 3), (3, 4)),
        shapes("a @ b", (2, 3), (5, 3, 4)),
        shapes("a @ b", (3,), (5, 3, 4)),
        shapes("a @ b", (5, 2, 3), (3,)),
        shapes("a @ b", (5, 1, 2, 3), (6, 3, 4)),
        shapes("a @ b", (2, 0), (0, 4)),
        shapes("a @ b", (0, 3), (3, 4)),
        shapes("a @ b", (17, 19), (19, 23)),
        shapes("matmul(a, b)", (2, 3), (3, 4)),
        shapes("dot(a, b)", (7,), (7,)),
        case("a @ b.T", lambda a, b: a @ b.T, {"a": tensor(2, 3), "b": tensor(4, 3, start=90)}),
        case("a.T @ b", lambda a, b: a.T @ b, {"a": tensor(3, 2), "b": tensor(3, 4, start=90)}),
        case("a @ a", lambda a: a @ a, {"a": tensor(3, 3)}),
        case("a @ a.T", lambda a: a @ a.T, {"a": tensor(3, 2)}),
        case("outer(a, b)", lambda a, b: torch.outer(a, b), {"a": tensor(3), "b": tensor(4, start=50)}),
        case("dot(a, a)", lambda a: torch.dot(a, a), {"a": V}),
        case("sum((W @ x - y)^2)", lambda W, x, y: ((W @ x - y) ** 2).sum(), {"W": tensor(3, 4), "x": tensor(4, start=60), "y": tensor(3, start=70)}),
    ]


def cases():
    return numbers() + truths() + softmaxes() + products()
