"""Fifty steps of every optimizer against torch.optim, from the same start on the same least squares.

optimizers.json: a list of {"optimizer": as a .nn program writes it, "losses", "W", "b" (after the last step)}. The model is
mse(x @ W + b, y) with x [8, 3], W [3, 2] and b [2] as in optimizers-data.json.
"""
import json

import torch

from table import HERE, pack, tensor

X = tensor(8, 3, start=1)
Y = tensor(8, 2, start=700, scale=5.0)
W = tensor(3, 2, start=900)
B = torch.tensor([0.25, -0.5])


def run(build, clip=None, rate=None):
    w, b = W.clone().requires_grad_(), B.clone().requires_grad_()
    optimizer = build([w, b])
    losses = []
    for step in range(1, 51):
        if rate is not None:
            optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(X @ w + b, Y)
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([w, b], clip)
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "W": pack(w)["data"], "b": pack(b)["data"]}


def sgd(**options):
    return lambda params: torch.optim.SGD(params, **options)


def adam(**options):
    return lambda params: torch.optim.Adam(params, **options)


def adamw(**options):
    return lambda params: torch.optim.AdamW(params, **options)


def rmsprop(**options):
    return lambda params: torch.optim.RMSprop(params, **options)


def adagrad(**options):
    return lambda params: torch.optim.Adagrad(params, **options)


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al., 2023; PyTorch 1.13 has none."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (first, second), decay = group["betas"], group["weight_decay"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(first * m + (1 - first) * p.grad)
                p -= group["lr"] * (update + decay * p)
                m.copy_(second * m + (1 - second) * p.grad)


def lion(**options):
    return lambda params: Lion(params, **options)


def write():
    rows = {
        "sgd(lr = 0.05)": run(sgd(lr=0.05)),
        "sgd(lr = 0.05, weight_decay = 0.1)": run(sgd(lr=0.05, weight_decay=0.1)),
        "sgd(lr = 0.05, momentum = 0.9)": run(sgd(lr=0.05, momentum=0.9)),
        "sgd(lr = 0.05, momentum = 0.9, nesterov = true)": run(sgd(lr=0.05, momentum=0.9, nesterov=True)),
        "sgd(lr = 0.05, momentum = 0.5, weight_decay = 0.1, clip_norm = 1)": run(sgd(lr=0.05, momentum=0.5, weight_decay=0.1), clip=1),
        "sgd(lr = 0.05, clip_norm = 2)": run(sgd(lr=0.05), clip=2),
        "sgd(lr = 0.1 * 0.5^(step / 10))": run(sgd(lr=0.1), rate=lambda step: 0.1 * 0.5 ** (step / 10)),
        "adam()": run(adam()),
        "adam(lr = 0.1)": run(adam(lr=0.1)),
        "adam(lr = 0.1, beta1 = 0.8, beta2 = 0.9, eps = 1e-3)": run(adam(lr=0.1, betas=(0.8, 0.9), eps=1e-3)),
        "adam(lr = 0.1, weight_decay = 0.1)": run(adam(lr=0.1, weight_decay=0.1)),
        "adam(lr = 0.1, clip_norm = 1)": run(adam(lr=0.1), clip=1),
        "adam(lr = 0.1 / step)": run(adam(lr=0.1), rate=lambda step: 0.1 / step),
        "adamw()": run(adamw()),
        "adamw(lr = 0.1, weight_decay = 0.2)": run(adamw(lr=0.1, weight_decay=0.2)),
        "adamw(lr = 0.1, beta1 = 0.8, beta2 = 0.9, eps = 1e-3, weight_decay = 0, clip_norm = 1)": run(adamw(lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0), clip=1),
        "adamw(lr = 0.1 / step)": run(adamw(lr=0.1), rate=lambda step: 0.1 / step),
        "rmsprop()": run(rmsprop()),
        "rmsprop(lr = 0.05, alpha = 0.9, eps = 1e-4)": run(rmsprop(lr=0.05, alpha=0.9, eps=1e-4)),
        "rmsprop(lr = 0.02, momentum = 0.8)": run(rmsprop(lr=0.02, momentum=0.8)),
        "rmsprop(lr = 0.02, momentum = 0.5, clip_norm = 1)": run(rmsprop(lr=0.02, momentum=0.5), clip=1),
        "adagrad()": run(adagrad()),
        "adagrad(lr = 0.5, eps = 1e-3, clip_norm = 2)": run(adagrad(lr=0.5, eps=1e-3), clip=2),
        "lion()": run(lion()),
        "lion(lr = 0.02, beta1 = 0.8, beta2 = 0.9, weight_decay = 0.1)": run(lion(lr=0.02, betas=(0.8, 0.9), weight_decay=0.1)),
        "lion(lr = 0.01, clip_norm = 1)": run(lion(lr=0.01), clip=1),
    }
    table = [{"optimizer": name, **row} for name, row in rows.items()]
    (HERE / "optimizers.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]\n")
    data = {name: pack(v) for name, v in (("x", X), ("y", Y), ("W", W), ("b", B))}
    (HERE / "optimizers-data.json").write_text(json.dumps(data) + "\n")
    print(f"optimizers: {len(table)} rows")
