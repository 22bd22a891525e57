"""What the reference scripts of the examples share: deterministic numbers, and where the data packages are.

Run with Python 3 and PyTorch 1.13 or later from any folder, after `npm ci`.
"""
import json
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "node_modules"


def u(i):
    """A hash of the integers i into [-1, 1): ((i * 2654435761 mod 2^32) / 2^32) * 2 - 1."""
    return (i.astype(np.uint64) * 2654435761 % 2**32).astype(np.float64) / 2**32 * 2 - 1


def weights(t, scale, *shape, dtype=torch.float32):
    """Parameter number t: entry i is u(i + 1000 t) * scale, rounded to float32."""
    values = (u(np.arange(int(np.prod(shape))) + 1000 * t) * scale).astype(np.float32)
    return torch.tensor(values.reshape(shape)).to(dtype).requires_grad_()


def zeros(*shape, dtype=torch.float32):
    return torch.zeros(shape, dtype=dtype, requires_grad=True)


def save(name, table):
    (HERE / name).write_text(json.dumps(table, indent=1) + "\n")
