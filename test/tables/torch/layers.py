"""Layers and initializers: layers.json, batch-norm.json and initializers.json.

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


def recurrence(kind, p, x):
    """PyTorch's own recurrence with these weights, [in, gates] transposed; its two biases are one but for that of a gru's candidate."""
    units = p["z.U"].shape[0]
    hidden = torch.zeros_like(p["z.b"])
    if kind == "gru":
        hidden = torch.cat([hidden[: 2 * units], p["z.c"]])
    weights = [p["z.W"].T, p["z.U"].T, p["z.b"], hidden]
    start = torch.zeros(1, x.shape[0], units)
    run = {"rnn": torch.rnn_tanh, "lstm": torch.lstm, "gru": torch.gru}[kind]
    # With biases, one layer, no dropout, training, one direction, the batch first.
    return run(x, (start, start) if kind == "lstm" else start, weights, True, 1, 0.0, True, False, True)[0]


def attended(p, x, heads, causal):
    """torch.nn.MultiheadAttention with these projections."""
    n, t = x.shape[2], x.shape[1]
    net = torch.nn.MultiheadAttention(n, heads, batch_first=True)
    weights = {
        "in_proj_weight": torch.cat([p["z.Wq"].T, p["z.Wk"].T, p["z.Wv"].T]),
        "in_proj_bias": torch.cat([p["z.bq"], p["z.bk"], p["z.bv"]]),
        "out_proj.weight": p["z.Wo"].T,
        "out_proj.bias": p["z.bo"],
    }
    mask = torch.triu(torch.ones(t, t, dtype=torch.bool), 1) if causal else None
    return torch.nn.utils.stateless.functional_call(net, weights, (x, x, x), {"attn_mask": mask, "need_weights": False})[0]


def sequences():
    x, y = tensor(2, 5, 3, start=100), tensor(2, 5, 2, start=200)
    head = "  input x: [batch, time, 3]\n  target y: [batch, time, 2]\n"
    rows = []
    for kind, gates in (("rnn", 1), ("lstm", 4), ("gru", 3)):
        params = {"z.W": tensor(3, 2 * gates, start=700), "z.U": tensor(2, 2 * gates, start=730), "z.b": tensor(2 * gates, start=760)}
        if kind == "gru":
            params["z.c"] = tensor(2, start=790)
        rows.append((model(head + f"  z = {kind}(x, 2)\n"), {"x": x, "y": y}, params, {}, lambda p, kind=kind: recurrence(kind, p, x)))
    x4, y4 = tensor(2, 5, 4, start=800), tensor(2, 5, 4, start=900)
    projections = {f"z.{k}": tensor(*((4, 4) if k[0] == "W" else (4,)), start=1000 + 20 * at) for at, k in enumerate(("Wq", "Wk", "Wv", "Wo", "bq", "bk", "bv", "bo"))}
    head4 = "  input x: [batch, time, 4]\n  target y: [batch, time, 4]\n"
    for heads, causal in ((1, False), (2, False), (2, True), (4, True)):
        written = ", causal = true" if causal else ""
        rows.append((model(head4 + f"  z = multi_head_attention(x, {heads}{written})\n"), {"x": x4, "y": y4}, projections, {},
                     lambda p, heads=heads, causal=causal: attended(p, x4, heads, causal)))
    return rows


def normalised():
    """Five steps of plain gradient descent through torch.nn.BatchNorm1d: losses, running statistics, and the loss in evaluation after each."""
    x, y = [tensor(6, 3, start=1200 + 30 * k) for k in range(5)], tensor(6, 3, start=1500)
    gain, bias = tensor(3, start=1600), tensor(3, start=1610)
    rows = []
    for options, written in (({}, ""), ({"momentum": 0.3, "eps": 1e-2}, ", momentum = 0.3, eps = 1e-2")):
        net = torch.nn.BatchNorm1d(3, **options)
        with torch.no_grad():
            net.weight.copy_(gain)
            net.bias.copy_(bias)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        steps = []
        for batch in x:
            net.train()
            optimizer.zero_grad()
            loss = F.mse_loss(net(batch), y)
            loss.backward()
            gradient = {"z.gain": pack(net.weight.grad), "z.bias": pack(net.bias.grad)}
            optimizer.step()
            net.eval()
            steps.append({"x": pack(batch), "loss": loss.item(), "gradient": gradient, "mean": pack(net.running_mean), "var": pack(net.running_var),
                          "evaluated": F.mse_loss(net(batch), y).item()})
        text = model(f"  input x: [batch, 3]\n  target y: [batch, 3]\n  z = batch_norm(x{written})\n  train sgd(lr = 0.1)\n")
        rows.append({"model": text, "params": {"z.gain": pack(gain), "z.bias": pack(bias)}, "y": pack(y), "steps": steps})
    return rows


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
    rows += sequences()
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
    for name, rows in (("layers", layer_rows()), ("batch-norm", normalised()), ("initializers", initializer_rows())):
        (HERE / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
        print(f"{name}: {len(rows)} rows")
