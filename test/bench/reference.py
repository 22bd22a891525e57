"""The losses at step 20 of the workloads (workloads.ts) in PyTorch, float64 and float32: losses.json beside this file.

The data are float32 numbers in both. Run with Python 3 and PyTorch 1.13 or later.
"""
import json
import pathlib

import numpy as np
import torch

F = torch.nn.functional


def u(i):
    return (i.astype(np.uint64) * 2654435761 % 2**32).astype(np.float64) / 2**32 * 2 - 1


def weights(dtype, t, fan, *shape):
    values = (u(np.arange(int(np.prod(shape))) + 1000 * t) * np.sqrt(3 / fan)).astype(np.float32)
    return torch.tensor(values.reshape(shape)).to(dtype).requires_grad_()


def zeros(dtype, n):
    return torch.zeros(n, dtype=dtype, requires_grad=True)


def dense(dtype, sizes, batch, activation, binary):
    P = [p for l in range(len(sizes) - 1) for p in (weights(dtype, l, sizes[l], sizes[l], sizes[l + 1]), zeros(dtype, sizes[l + 1]))]
    x = torch.tensor(u(np.arange(batch * sizes[0]) + 500000).astype(np.float32).reshape(batch, -1)).to(dtype)
    y = torch.tensor((np.arange(batch) % 2).reshape(batch, 1)).to(dtype) if binary else torch.tensor((np.arange(batch) * 7 + 3) % sizes[-1])

    def loss():
        h = x
        for l in range(0, len(P), 2):
            h = h @ P[l] + P[l + 1]
            if l + 2 < len(P):
                h = activation(h)
        return F.binary_cross_entropy_with_logits(h, y) if binary else F.cross_entropy(h, y)

    return P, loss


def lm(dtype, batch):
    P = [weights(dtype, 0, 64, 2000, 64), weights(dtype, 1, 192, 192, 256), zeros(dtype, 256), weights(dtype, 2, 256, 256, 2000), zeros(dtype, 2000)]
    x = torch.tensor((np.arange(batch * 3) * 31 + 17) % 2000)
    y = torch.tensor((np.arange(batch) * 7 + 3) % 2000)
    return P, lambda: F.cross_entropy(torch.relu(F.embedding(x, P[0]).reshape(batch, 192) @ P[1] + P[2]) @ P[3] + P[4], y)


def run(P, loss, lr):
    sgd = torch.optim.SGD(P, lr)
    for _ in range(20):
        sgd.zero_grad()
        value = loss()
        value.backward()
        sgd.step()
    return value.item()


def losses(dtype):
    table = {}
    for b in (1, 4):
        table[f"xor b{b}"] = run(*dense(dtype, [2, 8, 1], b, torch.tanh, True), 0.5)
    for b in (1, 16, 64, 256):
        table[f"mlp b{b}"] = run(*dense(dtype, [784, 128, 10], b, torch.relu, False), 0.1)
    table["deep b64"] = run(*dense(dtype, [784, 512, 512, 10], 64, torch.relu, False), 0.05)
    for b in (16, 64):
        table[f"lm b{b}"] = run(*lm(dtype, b), 0.1)
    return table


out = {"float64": losses(torch.float64), "float32": losses(torch.float32)}
pathlib.Path(__file__).with_name("losses.json").write_text(json.dumps(out, indent=1) + "\n")
print(json.dumps(out, indent=1))
