"""Convolutions, pools and einsum. In PyTorch's pools the first of equal entries takes the gradient; in derive's they share it."""
import numpy as np
import torch
import torch.nn.functional as F

from table import INF, NAN, case, tensor

X1 = tensor(2, 3, 8)
W1 = tensor(4, 3, 3, start=100)
X2 = tensor(2, 2, 6, 7)
W2 = tensor(3, 2, 3, 2, start=200)
S2 = tensor(1, 1, 5, 5, start=9)


def written(**options):
    texts = {k: list(v) if isinstance(v, tuple) else v for k, v in options.items()}
    return "".join(f", {k} = {v}" for k, v in texts.items())


def convolution(name, function, x, w, **options):
    return case(f"{name}(x, w{written(**options)})", lambda x, w: function(x, w, **options), {"x": x, "w": w})


def convolutions():
    rows = []
    for options in ({}, {"stride": 2}, {"stride": 3, "padding": 2}, {"dilation": 2}, {"stride": 2, "padding": 1, "dilation": 3}):
        rows.append(convolution("conv1d", F.conv1d, X1, W1, **options))
    for options in (
        {},
        {"padding": 1},
        {"stride": 2},
        {"stride": (2, 3), "padding": (1, 0)},
        {"dilation": (2, 3), "padding": (3, 1)},
        {"stride": 2, "padding": 2, "dilation": 2},
        {"stride": 4},
    ):
        rows.append(convolution("conv2d", F.conv2d, X2, W2, **options))
    return rows + [
        convolution("conv1d", F.conv1d, X1[0], W1, padding=1),
        convolution("conv2d", F.conv2d, X2[1], W2),
        convolution("conv2d", F.conv2d, X2, tensor(2, 2, 1, 1, start=5), stride=2),
        convolution("conv2d", F.conv2d, X2, tensor(2, 2, 6, 7, start=5)),
        convolution("conv2d", F.conv2d, X2, tensor(1, 2, 2, 2, start=5), stride=2, padding=(0, 1)),
        convolution("conv2d", F.conv2d, tensor(0, 2, 6, 7), W2, padding=1),
        convolution("conv2d", F.conv2d, torch.where(S2 > 1.4, torch.tensor(NAN), S2), tensor(1, 1, 2, 2, start=3)),
    ]


def pool(name, function, x, size, **options):
    return case(f"{name}(x, {list(size) if isinstance(size, tuple) else size}{written(**options)})", lambda x: function(x, size, **options), {"x": x})


def ties(x, size, stride, padding):
    """The gradient of max_pool2d by hand: equal entries of a window share its cotangent."""
    from table import hashed

    n, c, h, w = x.shape
    result = F.max_pool2d(x, size, stride, padding)
    cotangent = hashed(result.numel(), 77).reshape(result.shape) + 1.5
    gradient = np.zeros(x.shape)
    for at in np.ndindex(*result.shape):
        rows = [r for r in range(at[2] * stride - padding, at[2] * stride - padding + size) if 0 <= r < h]
        columns = [r for r in range(at[3] * stride - padding, at[3] * stride - padding + size) if 0 <= r < w]
        best = [(r, s) for r in rows for s in columns if x[at[0], at[1], r, s] == result[at]]
        for r, s in best:
            gradient[at[0], at[1], r, s] += cotangent[at] / len(best)
    return case(f"max_pool2d(x, {size}, stride = {stride}, padding = {padding})", None, {"x": x}, value=result.numpy(), gradients={"x": gradient})


def pools():
    rows = []
    for name, function in (("max_pool2d", F.max_pool2d), ("avg_pool2d", F.avg_pool2d)):
        for size, options in (
            (2, {}),
            (3, {}),
            (2, {"stride": 1}),
            (3, {"stride": 2, "padding": 1}),
            ((2, 3), {"stride": (3, 1), "padding": (0, 1)}),
            ((1, 2), {"stride": (2, 3), "padding": (0, 1)}),
        ):
            rows.append(pool(name, function, X2, size, **options))
        rows.append(pool(name, function, X2[0], 2))
        rows.append(pool(name, function, tensor(0, 2, 4, 4), 2, padding=1))
    flat = torch.tensor([[[[1.0, 1, 2, 0, 2], [0, 1, 2, 2, 2], [3, 3, -1, -1, -1], [3, 3, -1, -1, -1]]]])
    lost = torch.tensor([[[[1.0, NAN, 2, 0], [0, 1, 5, -INF], [INF, 3, -INF, -INF], [3, 3, -INF, -INF]]]])
    for row in (ties(flat, 2, 2, 0), ties(flat, 3, 1, 1), ties(-flat, 2, 1, 1)):
        rows.append(row)
    rows.append(case("max_pool2d(x, 2)", None, {"x": lost}, wrt=[], value=F.max_pool2d(lost, 2).numpy()))
    rows.append(case("max_pool2d(x, 3, padding = 1)", None, {"x": lost}, wrt=[], value=F.max_pool2d(lost, 3, padding=1).numpy()))
    rows.append(pool("avg_pool2d", F.avg_pool2d, lost, 2))
    return rows


def summed(text, *operands):
    names = "xyzuv"[: len(operands)]
    inputs = dict(zip(names, operands))
    return case(f'einsum("{text}", {", ".join(names)})', lambda **given: torch.einsum(text, *given.values()), inputs)


def sums():
    a, b, c = tensor(2, 3), tensor(3, 4, start=20), tensor(4, 2, start=40)
    v, s = tensor(3, start=60), tensor(3, 3, start=70)
    t, u = tensor(2, 3, 4, start=80), tensor(2, 4, 3, start=110)
    return [
        summed("ij,jk->ik", a, b),
        summed("ij,jk", a, b),
        summed("ba", a),
        summed("ij->", a),
        summed("ij->ji", a),
        summed("ii", s),
        summed("ii->i", s),
        summed("iij->ji", tensor(3, 3, 2, start=90)),
        summed("iji->j", tensor(2, 3, 2, start=90)),
        summed("i,j->ji", v, tensor(2)),
        summed("i,i->i", v, v + 1),
        summed("i,i", v, v + 1),
        summed("bij,bjk->bik", t, u),
        summed("bij,bkj->bki", t, tensor(2, 5, 4, start=33)),
        summed("...ij,...jk->...ik", t, u),
        summed("...j,j", t, tensor(4, start=3)),
        summed("i...,...i->...", v, tensor(2, 3, start=5)),
        summed("... j, j k -> k ...", t, c),
        summed("ij,jk,kl->il", a, b, c),
        summed("ij,jk,kl,li", a, b, c, tensor(2, 2, start=50)),
        summed("ij,j,ik->k", a, v, tensor(2, 5, start=44)),
        summed("bi,oij,bj->bo", a, tensor(5, 3, 4, start=61), tensor(2, 4, start=8)),
        summed(",ij->i", torch.tensor(1.5), a),
        summed("ij,kj->k", a, tensor(4, 3, start=77)),
        summed("ij,ij->ij", a, tensor(1, 3, start=12)),
        summed("aB,Bc", a, b),
        summed("ij,jk->ik", tensor(0, 3), b),
        summed("ij,jk->ik", tensor(2, 0), tensor(0, 4)),
    ]


def cases():
    return convolutions() + pools() + sums()
