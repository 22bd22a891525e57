"""Values of built-in functions by NumPy, written to values.json: rows {"name", "args", "values"}.

An argument is {"tensor": {"element", "shape", "data"}}, {"dim": 3}, {"dims": [...]}, {"axes": [...]}, {"axis": -1}, {"flag": true},
{"list": [tensors]} or {"pairs": [[before, after], ...]}; `values` holds one tensor, or several for split. "symbolic": the first size
of the first tensor is a symbol in the graph, and its number at run time only.
"""
import json
from pathlib import Path

import numpy as np

KINDS = {"f": "real", "i": "index", "b": "bool"}


def number(v):
    v = float(v)
    return v if np.isfinite(v) else "nan" if np.isnan(v) else "inf" if v > 0 else "-inf"


def pack(a):
    a = np.asarray(a)
    return {"element": KINDS[a.dtype.kind], "shape": list(a.shape), "data": [number(v) for v in a.ravel()]}


def t(a):
    return {"tensor": pack(a)}


def dim(n):
    return {"dim": n}


def row(name, args, *values, symbolic=False):
    return {"name": name, "args": args, "values": [pack(v) for v in values], **({"symbolic": True} if symbolic else {})}


rng = np.random.default_rng(7)
V = rng.normal(size=5)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
S = rng.normal(size=(4, 4))
I = np.array([[3, 0, 2], [1, 1, 3]])
B = np.array([[True, False, True], [True, True, True]])
ODD = np.array([-np.inf, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, np.inf])


def rows():
    for name in ("exp", "expm1", "sinh", "cosh", "tanh", "arcsinh", "arctan", "sin", "cos", "tan", "cbrt", "abs", "sign", "floor", "ceil", "round"):
        yield row(name.replace("arc", "a"), {"x": t(V)}, getattr(np, name)(V))
    yield row("round", {"x": t(ODD)}, np.round(ODD))
    yield row("abs", {"x": t(I)}, np.abs(I).astype(float))
    for name in ("maximum", "minimum"):
        yield row(name, {"a": t(M), "b": t(M[:, :1])}, getattr(np, name)(M, M[:, :1]))
        yield row(name, {"a": t(I), "b": t(np.array(2))}, getattr(np, name)(I, 2))
        yield row(name, {"a": t(np.array([np.nan, 1])), "b": t(np.array([1, np.nan]))}, np.array([np.nan, np.nan]))
    for p, q in ((np.array([7, -7, 6]), np.array([3, 3, -4])), (np.array([7.5, -7.5, 6]), np.array([2, 2, -4.0]))):
        yield row("div", {"a": t(p), "b": t(q)}, p // q)
        yield row("mod", {"a": t(p), "b": t(q)}, p % q)
    yield row("where", {"c": t(B), "a": t(np.array(1.5)), "b": t(I)}, np.where(B, 1.5, I))
    yield row("where", {"c": t(I), "a": t(I), "b": t(np.array(9))}, np.where(I, I, 9))
    yield row("atan2", {"y": t(V), "x": t(V[::-1])}, np.arctan2(V, V[::-1]))
    yield row("pow", {"a": t(I), "b": t(np.array(3))}, I.astype(float) ** 3)

    for name in ("sum", "prod", "max", "min"):
        f = getattr(np, name)
        yield row(name, {"x": t(T)}, f(T))
        yield row(name, {"x": t(T), "axis": {"axes": [-3, -1]}, "keep": {"flag": True}}, f(T, axis=(0, 2), keepdims=True))
        yield row(name, {"x": t(I), "axis": {"axes": [-2]}}, f(I, axis=0))
    yield row("sum", {"x": t(B), "axis": {"axes": [-1]}}, B.sum(axis=1))
    yield row("max", {"x": t(B), "axis": {"axes": [-1]}}, B.max(axis=1))
    for name in ("any", "all"):
        f = getattr(np, name)
        yield row(name, {"x": t(B), "axis": {"axes": [-1]}}, f(B, axis=1))
        yield row(name, {"x": t(I), "axis": {"axes": [-2]}, "keep": {"flag": True}}, f(I, axis=0, keepdims=True))
        yield row(name, {"x": t(np.array([0.0, np.nan]))}, f(np.array([0.0, np.nan])))
        yield row(name, {"x": t(np.zeros((0, 2))), "axis": {"axes": [-2]}}, f(np.zeros((0, 2)), axis=0))
    for name in ("argmax", "argmin"):
        f = getattr(np, name)
        yield row(name, {"x": t(T)}, f(T))
        yield row(name, {"x": t(T), "axis": {"axes": [-2]}, "keep": {"flag": True}}, f(T, axis=1, keepdims=True))
        yield row(name, {"x": t(I), "axis": {"axes": [-1]}}, f(I, axis=1))
        yield row(name, {"x": t(B), "axis": {"axes": [-1]}}, f(B, axis=1))

    yield row("reshape", {"x": t(I), "shape": {"dims": [-1, 2]}}, I.reshape(-1, 2))
    yield row("transpose", {"x": t(T)}, T.transpose())
    yield row("permute", {"x": t(T), "axes": {"dims": [1, -1, 0]}}, T.transpose(1, 2, 0))
    yield row("expand", {"x": t(M), "axis": dim(1)}, np.expand_dims(M, 1))
    yield row("squeeze", {"x": t(M[:, None, :, None]), "axis": {"axes": [-3, -1]}}, M)
    yield row("broadcast", {"x": t(M[:, :1]), "shape": {"dims": [2, 3, 4]}}, np.broadcast_to(M[:, :1], (2, 3, 4)))
    for reps in ((3,), (2, 1), (2, 3, 2), (0, 1)):
        yield row("tile", {"x": t(M), "reps": {"dims": list(reps)}}, np.tile(M, reps))
    for axis in (0, 1, 2):
        yield row("repeat", {"x": t(T), "n": dim(3), "axis": {"axis": axis - 3}}, np.repeat(T, 3, axis))
    yield row("flip", {"x": t(T), "axis": {"axes": [-3, -1]}}, np.flip(T, (0, 2)))
    yield row("flip", {"x": t(V), "axis": {"axes": [-1]}}, np.flip(V), symbolic=True)
    for shift in (0, 1, 3, -1, 5, -13):
        yield row("roll", {"x": t(V), "shift": dim(shift), "axis": {"axis": -1}}, np.roll(V, shift))
        yield row("roll", {"x": t(V), "shift": dim(shift), "axis": {"axis": -1}}, np.roll(V, shift), symbolic=True)
        yield row("roll", {"x": t(T), "shift": dim(shift), "axis": {"axis": -2}}, np.roll(T, shift, 1))
        yield row("roll", {"x": t(T), "shift": dim(shift), "axis": {"axis": -3}}, np.roll(T, shift, 0), symbolic=True)

    yield row("concat", {"list": {"list": [pack(M), pack(M[:1])]}}, np.concatenate([M, M[:1]]))
    yield row("concat", {"list": {"list": [pack(I), pack(B)]}, "axis": dim(-1)}, np.concatenate([I, B], 1))
    yield row("stack", {"list": {"list": [pack(M), pack(2 * M)]}, "axis": dim(-1)}, np.stack([M, 2 * M], -1))
    yield row("stack", {"list": {"list": [pack(np.array(2.5)), pack(np.array(1))]}}, np.array([2.5, 1]))
    yield row("split", {"x": t(M), "sections": dim(2), "axis": {"axis": -1}}, *np.split(M, 2, 1))
    yield row("split", {"x": t(V), "sections": {"dims": [1, 3]}}, *np.split(V, [1, 3]))
    yield row("split", {"x": t(V), "sections": {"dims": [-1, 9]}}, *np.split(V, [4, 9]))
    yield row("pad", {"x": t(M), "widths": {"pairs": [[1, 0], [2, 3]]}}, np.pad(M, [[1, 0], [2, 3]]))
    nans = np.where(M > 0, np.nan, M)
    yield row("pad", {"x": t(nans), "widths": {"pairs": [[1, 0], [2, 3]]}, "value": t(np.array(-np.inf))},
              np.pad(nans, [[1, 0], [2, 3]], constant_values=-np.inf))
    yield row("pad", {"x": t(I), "widths": {"pairs": [[0, 1], [1, 1]]}, "value": t(np.array(7))}, np.pad(I, [[0, 1], [1, 1]], constant_values=7))

    yield row("arange", {"n": dim(6)}, np.arange(6))
    yield row("arange", {"n": dim(0)}, np.arange(0))
    for a, b, n in ((-1, 2, 7), (0.1, 0.7, 4), (3, 9, 1), (2, 5, 0), (1, 0, 11)):
        yield row("linspace", {"a": t(np.array(float(a))), "b": t(np.array(float(b))), "n": dim(n)}, np.linspace(a, b, n))
    yield row("eye", {"n": dim(3)}, np.eye(3))
    yield row("full", {"shape": {"dims": [2, 3]}, "value": t(np.array([1.5, 2, 3]))}, np.full((2, 3), [1.5, 2, 3]))
    yield row("one_hot", {"i": t(I), "n": dim(4)}, np.eye(4)[I])
    yield row("diag", {"x": t(V)}, np.diag(V))
    yield row("diag", {"x": t(V)}, np.diag(V), symbolic=True)
    for x in (S, M, M.T, np.where(np.eye(4) > 0, S, np.inf)):
        yield row("diag", {"x": t(x)}, np.diag(x))
        yield row("trace", {"x": t(x)}, np.trace(x))
        yield row("diag", {"x": t(x)}, np.diag(x), symbolic=True)
    for k in (-2, 0, 1, 5):
        yield row("tril", {"x": t(T), "k": dim(k)}, np.tril(T, k))
        yield row("triu", {"x": t(T), "k": dim(k)}, np.triu(T, k))
    yield row("triu", {"x": t(np.full((2, 2), np.inf))}, np.array([[np.inf, np.inf], [0, np.inf]]))

    deep = rng.normal(size=(5, 4, 2))
    yield row("dot", {"a": t(T), "b": t(deep)}, np.dot(T, deep))
    yield row("dot", {"a": t(M), "b": t(T[0, 0])}, M @ T[0, 0])
    yield row("dot", {"a": t(np.array(2.0)), "b": t(M)}, 2 * M)
    yield row("dot", {"a": t(I[0]), "b": t(I[1])}, float(I[0] @ I[1]))
    yield row("outer", {"a": t(M), "b": t(V)}, np.outer(M, V))
    for p, q in (((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 1, 2, 3), (6, 3, 4)), ((3,), (5, 3, 4)), ((1, 2, 3), (1, 3, 2))):
        a, b = rng.normal(size=p), rng.normal(size=q)
        yield row("matmul", {"a": t(a), "b": t(b)}, a @ b)
    yield row("pick", {"x": t(T), "i": t(I)}, np.take_along_axis(T, I[..., None], -1)[..., 0])


made = list(rows())
Path(__file__).with_suffix(".json").write_text("[\n" + ",\n".join(json.dumps(r) for r in made) + "\n]\n")
print(f"{len(made)} rows")
