"""Normalising layers by PyTorch, written to norms.json in the form of test/tables/torch/layers.json, with the gradient by the input too.

PyTorch 1.13 has no RMSNorm: it is written out (torch.nn.RMSNorm of later versions computes the same).
"""
import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tables" / "torch"))
from table import pack, tensor  # noqa: E402


def rms_norm(x, gain, eps):
    return x / torch.sqrt((x**2).mean(-1, keepdim=True) + eps) * gain


def row(call, network, shape, params):
    x, y = tensor(*shape), tensor(*shape, start=50)
    before = tensor(*shape, start=90)
    sizes = ", ".join(["batch", *map(str, shape[1:])])
    model = f"model M {{\n  input x: [batch{''.join(f', {n}' for n in shape[1:])}]\n  target y: [{sizes}]\n"
    model += f"  param before: [{', '.join(map(str, shape[1:]))}] = zeros\n  z = {call}\n  loss mse(z, y)\n}}\n"
    values = {"before": before[0], **params}
    p = {k: v.clone().requires_grad_() for k, v in values.items()}
    loss = torch.nn.functional.mse_loss(network(x + p["before"], p), y)
    loss.backward()
    return {
        "model": model, "dims": {"batch": shape[0]}, "batch": {"x": pack(x), "y": pack(y)},
        "params": {k: pack(v) for k, v in values.items()}, "loss": loss.item(), "gradient": {k: pack(v.grad) for k, v in p.items()},
    }


F = torch.nn.functional
gain, bias = tensor(5, start=200), tensor(5, start=300)
norm = {"z.gain": gain, "z.bias": bias}
rows = [
    row("layer_norm(x + before)", lambda x, p: F.layer_norm(x, (5,), p["z.gain"], p["z.bias"]), (4, 5), norm),
    row("layer_norm(x + before, eps = 0.1)", lambda x, p: F.layer_norm(x, (5,), p["z.gain"], p["z.bias"], 0.1), (2, 3, 5), norm),
    row("rms_norm(x + before)", lambda x, p: rms_norm(x, p["z.gain"], 1e-6), (4, 5), {"z.gain": gain}),
    row("rms_norm(x + before, eps = 0.1)", lambda x, p: rms_norm(x, p["z.gain"], 0.1), (2, 3, 5), {"z.gain": gain}),
]
(HERE / "norms.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
print(f"norms: {len(rows)} rows")
