"""Tables of values and derivatives of the built-in functions, made with PyTorch in float64.

    python3 generate.py         writes elementwise.json, reductions.json, structure.json, losses.json, convolution.json,
optimizers.json,
and layers.json, initializers.json (layers.py) beside it; second.py, which needs SymPy too, writes second.json

A table is a list of cases:

    expression   a derive expression over the inputs, e.g. "leaky_relu(x, slope = 0.2)"
    inputs       name -> {"shape", "data"} (row-major), with "kind": "index(n)" where it holds integers
    value        {"shape", "data"} of the result, with "kind": "bool" or "index" where it is not real
    cotangent    {"shape", "data"}: the gradient is that of sum(cotangent * expression)
    gradient     name -> {"shape", "data"}; null where derive's contract and PyTorch both leave a number open (then nothing is compared)
    departs      what derive's contract says otherwise than PyTorch: [{"at": "value[3]" or "gradient.x[3]", "torch": number, "why"}];
                 the number in `value` or `gradient` is the contract's, worked out by hand

Numbers that JSON has no word for are the texts "nan", "inf", "-inf" and "-0".
"""
import json
import math
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
INF, NAN = math.inf, math.nan
KINDS = {torch.bool: "bool", torch.int64: "index"}


def number(v):
    if v is None:
        return None
    v = float(v)
    if math.isnan(v):
        return "nan"
    if math.isinf(v):
        return "inf" if v > 0 else "-inf"
    if v == 0 and math.copysign(1, v) < 0:
        return "-0"
    return int(v) if v == int(v) and abs(v) < 2**53 else v


def pack(values, shape=None):
    a = np.asarray(values.detach() if isinstance(values, torch.Tensor) else values)
    return {"shape": list(a.shape if shape is None else shape), "data": [number(v) for v in a.reshape(-1)]}


def hashed(n, start=0):
    """Ordinary numbers in [-1, 1) without a pattern."""
    i = np.arange(start, start + n).astype(np.uint64)
    return (i * 2654435761 % 2**32).astype(np.float64) / 2**32 * 2 - 1


def tensor(*shape, start=1, scale=2.0):
    return torch.tensor(hashed(int(np.prod(shape)), start).reshape(shape) * scale)


def case(expression, torch_function, inputs, wrt=None, kinds=None, departs=(), open_at=(), value=None, gradients=None, ones=False):
    """One case. `departs`: (place, index, contract's number, why), place "value" or an input's name; `open_at`: (place, index).

    `value` and `gradients` replace PyTorch's where it has no such function. `wrt`: the inputs to differentiate by; default all real ones.
    """
    kinds = kinds or {}
    wrt = [k for k in inputs if k not in kinds] if wrt is None else wrt
    leaves = {k: (v.detach().clone().requires_grad_() if k in wrt else v) for k, v in inputs.items()}
    result = torch_function(**leaves) if value is None else torch.as_tensor(np.asarray(value), dtype=torch.float64)
    real = result.to(torch.float64)
    cotangent = torch.ones_like(real) if ones else torch.tensor(hashed(real.numel(), 77).reshape(real.shape)) + 1.5
    cotangent = cotangent.detach()
    out = {
        "expression": expression,
        "inputs": {k: {**pack(v), **({"kind": kinds[k]} if k in kinds else {})} for k, v in inputs.items()},
        "value": {**pack(real), **({"kind": KINDS[result.dtype]} if result.dtype in KINDS else {})},
    }
    if wrt:
        if gradients is not None:
            grads = gradients
        elif real.requires_grad:
            got = torch.autograd.grad(real, [leaves[k] for k in wrt], cotangent, allow_unused=True)
            grads = {k: torch.zeros_like(leaves[k]) if g is None else g for k, g in zip(wrt, got)}
        else:
            grads = {k: torch.zeros_like(leaves[k]) for k in wrt}
        out["cotangent"] = pack(cotangent)
        out["gradient"] = {k: pack(grads[k], inputs[k].shape) for k in wrt}
    noted = []
    for place, index, contract, why in departs:
        target = out["value"] if place == "value" else out["gradient"][place]
        where = "value" if place == "value" else f"gradient.{place}"
        if target["data"][index] == number(contract):
            raise ValueError(f"{expression}: PyTorch has {contract} at {where}[{index}] too")
        noted.append({"at": f"{where}[{index}]", "torch": target["data"][index], "why": why})
        target["data"][index] = number(contract)
    for place, index in open_at:
        (out["value"] if place == "value" else out["gradient"][place])["data"][index] = None
    if noted:
        out["departs"] = noted
    return out


def save(name, cases):
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(cases)} cases, {sum(len(c.get('departs', [])) for c in cases)} departures")
