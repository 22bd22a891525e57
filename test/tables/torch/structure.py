"""Functions that move entries without computing with them, and the tensors made of nothing."""
import numpy as np
import torch

from table import case, tensor

X = tensor(2, 3, 4)
M = tensor(3, 4, start=30)
V = tensor(5, start=60)
K = torch.tensor([[4, 0, 1], [1, 1, 4]])
INDEX = {"i": "index(5)"}


def constant(expression, value):
    return case(expression, None, {}, value=value)


def views():
    return [
        case("reshape(x, [4, 6])", lambda x: x.reshape(4, 6), {"x": X}),
        case("reshape(x, [2, -1])", lambda x: x.reshape(2, -1), {"x": X}),
        case("reshape(x, [24])", lambda x: x.reshape(24), {"x": X}),
        case("flatten(x)", lambda x: x.flatten(), {"x": X}),
        case("transpose(x)", lambda x: x.permute(2, 1, 0), {"x": X}),
        case("x.T", lambda x: x.mT, {"x": X}),
        case("x.T", lambda x: x.T, {"x": M}),
        case("permute(x, [1, 2, 0])", lambda x: x.permute(1, 2, 0), {"x": X}),
        case("permute(x, [-1, 0, 1])", lambda x: x.permute(2, 0, 1), {"x": X}),
        case("expand(x, 0)", lambda x: x.unsqueeze(0), {"x": M}),
        case("expand(x, -1)", lambda x: x.unsqueeze(-1), {"x": M}),
        case("expand(x, 1)", lambda x: x.unsqueeze(1), {"x": M}),
        case("squeeze(x, 1)", lambda x: x.squeeze(1), {"x": M.reshape(3, 1, 4)}),
        case("squeeze(x, -1)", lambda x: x.squeeze(-1), {"x": V.reshape(5, 1)}),
        case("broadcast(x, [3, 5])", lambda x: x.expand(3, 5), {"x": V}),
        case("broadcast(x, [2, 3, 4])", lambda x: x.expand(2, 3, 4), {"x": M[:, :1]}),
        case("broadcast(x, [2, 2])", lambda x: x.expand(2, 2), {"x": torch.tensor(1.5)}),
    ]


def slices():
    return [
        case("x[1:]", lambda x: x[1:], {"x": V}),
        case("x[:-1]", lambda x: x[:-1], {"x": V}),
        case("x[1:4]", lambda x: x[1:4], {"x": V}),
        case("x[::2]", lambda x: x[::2], {"x": V}),
        case("x[1::3]", lambda x: x[1::3], {"x": V}),
        case("x[::-1]", lambda x: x.flip(0), {"x": V}),
        case("x[3:0:-2]", lambda x: x[1:4].flip(0)[::2], {"x": V}),
        case("x[2:100]", lambda x: x[2:100], {"x": V}),
        case("x[4:2]", lambda x: x[4:2], {"x": V}),
        case("x[-1]", lambda x: x[-1], {"x": V}),
        case("x[0]", lambda x: x[0], {"x": X}),
        case("x[:, 1]", lambda x: x[:, 1], {"x": X}),
        case("x[1, :, ::2]", lambda x: x[1, :, ::2], {"x": X}),
        case("x[0, 2, -1]", lambda x: x[0, 2, -1], {"x": X}),
        case("x[:, 1:, :2]", lambda x: x[:, 1:, :2], {"x": X}),
        case("x[i]", lambda x, i: x[i], {"x": V, "i": torch.tensor([4, 0, 4, 2])}, kinds=INDEX),
        case("x[i]", lambda x, i: x[i], {"x": tensor(5, 3), "i": K}, kinds=INDEX),
        case("x[:, i]", lambda x, i: x[:, i], {"x": tensor(2, 5), "i": K}, kinds=INDEX),
        case("x[i]", lambda x, i: x[i], {"x": tensor(5, 3), "i": torch.tensor(3)}, kinds=INDEX),
        case("x[:, i]", lambda x, i: x[:, i], {"x": tensor(2, 5), "i": torch.tensor(3)}, kinds=INDEX),
        case("x[i]", lambda x, i: x[i], {"x": V, "i": torch.zeros(0, dtype=torch.int64)}, kinds=INDEX),
    ]


def joins():
    a, b, c = tensor(2, 3), tensor(2, 3, start=20), tensor(4, 3, start=40)
    return [
        case("concat([a, b, c])", lambda a, b, c: torch.cat([a, b, c]), {"a": a, "b": b, "c": c}),
        case("concat([a, b], axis = 1)", lambda a, b: torch.cat([a, b], 1), {"a": a, "b": b}),
        case("concat([a, a], axis = -1)", lambda a: torch.cat([a, a], -1), {"a": a}),
        case("concat([x, y])", lambda x, y: torch.cat([x, y]), {"x": V, "y": torch.zeros(0)}),
        case("stack([a, b])", lambda a, b: torch.stack([a, b]), {"a": a, "b": b}),
        case("stack([a, b], axis = -1)", lambda a, b: torch.stack([a, b], -1), {"a": a, "b": b}),
        case("stack([a, b], axis = 1)", lambda a, b: torch.stack([a, b], 1), {"a": a, "b": b}),
        case("[x, y, 2]", lambda x, y: torch.stack([x, y, torch.tensor(2.0)]), {"x": torch.tensor(0.5), "y": torch.tensor(-4.0)}),
        case("pad(x, [[1, 2]])", lambda x: torch.nn.functional.pad(x, (1, 2)), {"x": V}),
        case("pad(x, [[1, 0], [0, 3]], value = -1.5)", lambda x: torch.nn.functional.pad(x, (0, 3, 1, 0), value=-1.5), {"x": M}),
        case("tile(x, [2, 3])", lambda x: x.tile(2, 3), {"x": M}),
        case("tile(x, [3])", lambda x: x.tile(3), {"x": V}),
        case("repeat(x, 2, 1)", lambda x: x.repeat_interleave(2, 1), {"x": M}),
        case("repeat(x, 3, 0)", lambda x: x.repeat_interleave(3, 0), {"x": V}),
        case("flip(x, 1)", lambda x: x.flip(1), {"x": X}),
        case("flip(x, [0, 2])", lambda x: x.flip(0, 2), {"x": X}),
        case("roll(x, 2, 0)", lambda x: x.roll(2, 0), {"x": V}),
        case("roll(x, -1, 1)", lambda x: x.roll(-1, 1), {"x": M}),
        case("roll(x, 7, 0)", lambda x: x.roll(7, 0), {"x": V}),
    ]


def diagonals():
    S = tensor(4, 4, start=9)
    made = [
        case("diag(x)", lambda x: torch.diag(x), {"x": V}),
        case("diag(x)", lambda x: torch.diag(x), {"x": S}),
        case("trace(x)", lambda x: torch.trace(x), {"x": S}),
        case("one_hot(i, 5)", None, {"i": K}, kinds=INDEX, value=np.eye(5)[K.numpy()]),
        case("one_hot(i, 5) @ x", lambda x, i: x[i], {"x": tensor(5, 3), "i": K}, kinds=INDEX),
        case("x @ one_hot(i, 5)", lambda x, i: x[:, i], {"x": tensor(3, 5), "i": torch.tensor(2)}, kinds=INDEX),
        case("x @ one_hot(i, 5).T", lambda x, i: x[:, i], {"x": tensor(3, 5), "i": torch.tensor([2, 0, 2])}, kinds=INDEX),
    ]
    for k in (0, 1, -1):
        argument = "" if k == 0 else f", k = {k}"
        made.append(case(f"tril(x{argument})", lambda x: torch.tril(x, k), {"x": S}))
        made.append(case(f"triu(x{argument})", lambda x: torch.triu(x, k), {"x": M}))
    return made


def constants():
    return [
        constant("arange(5)", np.arange(5)),
        constant("linspace(-1, 2, 7)", np.linspace(-1, 2, 7)),
        constant("linspace(3, 9, 1)", np.linspace(3, 9, 1)),
        constant("eye(3)", np.eye(3)),
        constant("zeros([2, 3])", np.zeros((2, 3))),
        constant("ones([3])", np.ones(3)),
        constant("full([2, 2], -2.5)", np.full((2, 2), -2.5)),
        constant("[[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]])),
        case("zeros_like(x)", lambda x: 0 * x, {"x": M}),
        case("ones_like(x)", lambda x: 0 * x + 1, {"x": M}),
        case("stop_gradient(x) * x", lambda x: x.detach() * x, {"x": V}),
    ]


def cases():
    return views() + slices() + joins() + diagonals() + constants()
