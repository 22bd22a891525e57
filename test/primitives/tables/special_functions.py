"""Writes special_functions.json: exact values, rounded to f64, of the functions that Math lacks. Needs mpmath."""
import json
import random
from pathlib import Path

import mpmath

mpmath.mp.prec = 400
random.seed(1)
functions = {
    "erf": (mpmath.erf, [random.uniform(-6, 6) for _ in range(150)] + [1e-300, 1e-9, 0.375, 0.5, -0.5, 0.4999999999]),
    "erfc": (mpmath.erfc, [random.uniform(-6, 26) for _ in range(200)] + [0.375, 2.375, 2.374999, 0.625, 1e-9, 26.5]),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), [random.uniform(-700, 50) for _ in range(100)] + [0.0, 1e-12, -40.0]),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), [random.uniform(-700, 50) for _ in range(100)] + [0.0, 1e-12, 40.0]),
}
table = {
    name: [[x, float(function(mpmath.mpf(x)))] for x in points] for name, (function, points) in functions.items()
}
Path(__file__).with_suffix(".json").write_text(json.dumps(table, indent=1) + "\n")
