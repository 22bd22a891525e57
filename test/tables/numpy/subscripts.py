"""Random subscripts and operators with NumPy's results: writes subscripts.json and operators.json.

    python3 subscripts.py
"""

import json
import pathlib
import random

import numpy as np

random.seed(7)
folder = pathlib.Path(__file__).parent
SHAPE = (5, 4, 3)
X = np.arange(60).reshape(SHAPE)


def bound(n):
    return random.choice([None, random.randint(-n - 2, n + 2), random.randint(-n, n), random.randint(0, n)])


def slice_of(n):
    start, stop = bound(n), bound(n)
    step = random.choice([None, None, None, 1, 2, 3, -1, -2, -3])
    text = ("" if start is None else str(start)) + ":" + ("" if stop is None else str(stop))
    return slice(start, stop, step), text + ("" if step is None else f":{step}")


def one(n, gathers):
    kind = random.choice(["slice", "slice", "at", "index"])
    if kind == "index" and not gathers:
        gathers.append(True)
        shape = random.choice([(), (2,), (2, 3)])
        index = np.random.default_rng(len(cases)).integers(0, n, shape)
        return index, "i", index
    if kind == "at":
        k = random.randint(-n, n - 1)
        return k, str(k), None
    chosen, text = slice_of(n)
    return chosen, text, None


cases = []
while len(cases) < 300:
    gathers = []
    parts = [one(n, gathers) for n in SHAPE[: random.randint(1, 3)]]
    index = next((i for _, _, i in parts if i is not None), None)
    result = X[tuple(p for p, _, _ in parts)]
    case = {"subscript": ", ".join(t for _, t, _ in parts), "shape": list(np.shape(result)), "data": np.ravel(result).tolist()}
    if index is not None:
        case["index"] = {"shape": list(np.shape(index)), "data": np.ravel(index).tolist(), "bound": int(np.max(index)) + 1}
    cases.append(case)
(folder / "subscripts.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")

# Operands of random shapes that broadcast, products of matrices and vectors with leading axes.
rng = np.random.default_rng(11)
operators = []
FUNCTIONS = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}


def operand(shape):
    # Quarters: exact in binary, so that results are too, division aside.
    return rng.integers(1, 9, shape) / 4


def broadcasting():
    full = [random.randint(1, 3) for _ in range(random.randint(0, 3))]
    cut = lambda: [n if random.random() < 0.7 else 1 for n in full][random.randint(0, len(full)) :]
    return cut(), cut()


while len(operators) < 120:
    name, function = random.choice(list(FUNCTIONS.items()))
    left, right = broadcasting()
    a, b = operand(left), operand(right)
    result = function(a, b)
    operators.append((name, a, b, result))
while len(operators) < 220:
    lead_a, lead_b = broadcasting()
    n, k, m = (random.randint(1, 3) for _ in range(3))
    a = operand([*lead_a, n, k]) if random.random() < 0.7 else operand([k])
    b = operand([*lead_b, k, m]) if random.random() < 0.7 else operand([k])
    operators.append(("@", a, b, a @ b))
pack = lambda x: {"shape": list(np.shape(x)), "data": np.ravel(x).astype(float).tolist()}
rows = [json.dumps({"operator": o, "a": pack(a), "b": pack(b), "result": pack(r)}) for o, a, b, r in operators]
(folder / "operators.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
