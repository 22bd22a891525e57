"""Answers to small instances of GradBench's problems, by PyTorch in double precision from the definitions, one loop step at a time.

Each record is a message's module, function and input with the output that is wanted.
"""
import math

import numpy as np
import torch

from common import save

rng = np.random.default_rng(20)
records = []


def double(values):
    return torch.tensor(values, dtype=torch.float64).requires_grad_()


def record(module, function, given, output):
    records.append({"module": module, "function": function, "input": given, "output": output})


def gradients(value, of):
    return [g.tolist() for g in torch.autograd.grad(value, of)]


def hello():
    record("hello", "square", 1.25, 1.25**2)
    x = double(-3.5)
    record("hello", "double", -3.5, torch.autograd.grad(x * x, x)[0].item())


def llsq():
    n, given = 7, rng.uniform(-1, 1, 5).tolist()
    x = double(given)
    y = torch.tensor(0.0, dtype=torch.float64)
    for i in range(n):
        t = -1 + i * 2 / (n - 1)
        rest = torch.tensor(float(np.sign(t)), dtype=torch.float64)
        for j in range(len(given)):
            rest = rest - x[j] * t**j
        y = y + rest * rest / 2
    record("llsq", "primal", {"x": given, "n": n}, y.item())
    record("llsq", "gradient", {"x": given, "n": n}, gradients(y, [x])[0])


def lse():
    for given in [rng.uniform(-3, 3, 9).tolist(), [800.0, 799.5, -2.0]]:
        x = double(given)
        a = max(given)
        total = torch.tensor(0.0, dtype=torch.float64)
        for i in range(len(given)):
            total = total + torch.exp(x[i] - a)
        y = a + torch.log(total)
        record("lse", "primal", {"x": given}, y.item())
        record("lse", "gradient", {"x": given}, gradients(y, [x])[0])


hello()
llsq()
lse()
save("gradbench.json", records)
