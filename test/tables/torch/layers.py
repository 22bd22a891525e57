"""Layers and initializers: layers.json and initializers.json.

layers.json: a list of {"model": a .nn program with one model M, "dims", "batch", "params", "loss", "gradient"}: the loss of `evaluate` (dropout
off) and the gradient of every trained parameter. initializers.json: a list of {"initializer", "shape", "std", "bound"}: the standard
deviation, and the largest magnitude where there is one, of a [.., fan in, fan out] parameter.
"""
import json
import math

import torch

from table import HERE, pack, tensor

F = torch.nn.functional

LAST = "  loss mse(z, y)\n}\n"


def model(text):
    return "model M {\n" + text + LAST


def layer_rows():
    x, y = tensor(4, 3), tensor(4, 2, start=40)
    W, b = tensor(3, 2, start=60), tensor(2, start=80)
    sequence, answers = tensor(2, 5, 3, start=100), tensor(2, 5, 2, start=200)
    words = torch.tensor([[6, 0, 3], [3, 3, 1]])
    E, target = tensor(7, 2, start=300), tensor(2, 3, 2, start=320)
    W2, b2 = tensor(2, 2, start=400), tensor(2, start=410)
    mean, std = tensor(3, start=500), tensor(3, start=510).abs() + 0.5
    dense = {"z.W": W, "z.b": b}
    pixels = "  input x: [batch, 3]\n  target y: [batch, 2]\n"
    rows = [
        (model(pixels + "  z = dense(x, 2)\n"), {"x": x, "y": y}, dense, {}, lambda p: x @ p["z.W"] + p["z.b"]),
        (model("  input x: [batch, time, 3]\n  target y: [batch, time, 2]\n  z = dense(x, 2)\n"), {"x": sequence, "y": answers}, dense, {},
         lambda p: sequence @ p["z.W"] + p["z.b"]),
        (model("  input i: index(7)[batch, 3]\n  target y: [batch, 3, 2]\n  z = embedding(i, 7, 2)\n"), {"i": words, "y": target}, {"z.E": E}, {},
         lambda p: F.embedding(words, p["z.E"])),
        (model(pixels + "  s = standardize(x)\n  z = dense(s, 2)\n"), {"x": x, "y": y}, dense, {"s.mean": mean, "s.std": std},
         lambda p: (x - mean) / std @ p["z.W"] + p["z.b"]),
        (model(pixels + "  d = dropout(x, 0.5)\n  z = dense(d, 2)\n"), {"x": x, "y": y}, dense, {}, None),
        # Textual order: the outer call is the first.
        (model(pixels + "  z = dense(tanh(dense(x, 2)), 2)\n"), {"x": x, "y": y},
         {"z.dense1.W": W2, "z.dense1.b": b2, "z.dense2.W": W, "z.dense2.b": b}, {},
         lambda p: torch.tanh(x @ p["z.dense2.W"] + p["z.dense2.b"]) @ p["z.dense1.W"] + p["z.dense1.b"]),
        (model(pixels + "  use layer1 = dense(units = 3)\n  z = dense(layer1(relu(layer1(x))), 2)\n"), {"x": x, "y": y},
         {"layer1.W": tensor(3, 3, start=600), "layer1.b": tensor(3, start=620), **dense}, {},
         lambda p: (torch.relu(x @ p["layer1.W"] + p["layer1.b"]) @ p["layer1.W"] + p["layer1.b"]) @ p["z.W"] + p["z.b"]),
        (model(pixels + "  z = dense(x, 2)\n").replace("mse(z, y)", "mse(z, y) + 0.01 * sum(z.W^2)"), {"x": x, "y": y}, dense, {}, "decay"),
    ]
    table = []
    for text, batch, params, frozen, network in rows:
        p = {k: v.clone().requires_grad_() for k, v in params.items()}
        evaluated = network is None
        if evaluated or network == "decay":
            z = x @ p["z.W"] + p["z.b"]
        else:
            z = network(p)
        loss = F.mse_loss(z, batch["y"])
        if network == "decay":
            loss = loss + 0.01 * (p["z.W"] ** 2).sum()
        loss.backward()
        first = next(iter(batch.values()))
        row = {
            "model": text,
            "dims": {"batch": first.shape[0], **({"time": first.shape[1]} if "time" in text else {})},
            "batch": {k: {**pack(v), **({} if v.is_floating_point() else {"kind": "index(7)"})} for k, v in batch.items()},
            "params": {k: pack(v) for k, v in {**params, **frozen}.items()},
            "loss": loss.item(),
        }
        # Training draws a mask where there is dropout: only the evaluation has a reference.
        if not evaluated:
            row["gradient"] = {k: pack(v.grad) for k, v in p.items()}
        table.append(row)
    return table


def initializer_rows():
    """PyTorch's weights are [out, in, ...]; drawn large enough that the sample deviation confirms the formula to 1%."""
    rows = []
    for shape in ((600, 200), (200, 600)):
        n, m = shape
        w = torch.empty(m, n)
        for name, draw, std, bound in (
            ("glorot_uniform", torch.nn.init.xavier_uniform_, math.sqrt(2 / (n + m)), math.sqrt(6 / (n + m))),
            ("glorot_normal", torch.nn.init.xavier_normal_, math.sqrt(2 / (n + m)), None),
            ("he_uniform", torch.nn.init.kaiming_uniform_, math.sqrt(2 / n), math.sqrt(6 / n)),
            ("he_normal", torch.nn.init.kaiming_normal_, math.sqrt(2 / n), None),
            ("uniform(-0.5, 1.5)", lambda w: torch.nn.init.uniform_(w, -0.5, 1.5).sub_(0.5), 1 / math.sqrt(3), 1.0),
            ("normal(0.02)", lambda w: torch.nn.init.normal_(w, 0, 0.02), 0.02, None),
        ):
            draw(w)
            if abs(w.std().item() / std - 1) > 0.01 or (bound is not None and not 0.99 * bound < w.abs().max().item() <= bound):
                raise ValueError(f"{name}: PyTorch has deviation {w.std().item()}, maximum {w.abs().max().item()}")
            rows.append({"initializer": name, "shape": list(shape), "mean": 0.5 if name.startswith("uniform") else 0, "std": std, "bound": bound})
    return rows


def write():
    torch.manual_seed(0)
    for name, rows in (("layers", layer_rows()), ("initializers", initializer_rows())):
        (HERE / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
        print(f"{name}: {len(rows)} rows")
