"""Answers to small instances of GradBench's problems, by PyTorch in double precision from the definitions, one loop step at a time.

Each record is a message's module, function and input with the output that is wanted. All of `ht` share the model `hand`: there the
records have what else is in a model.
"""
import math

import numpy as np
import torch

from common import save

rng = np.random.default_rng(20)
records = []
hand = {}


def double(values):
    return torch.tensor(values, dtype=torch.float64).requires_grad_()


def record(module, function, given, output):
    records.append({"module": module, "function": function, "input": given, "output": output})


def gradients(value, of):
    return [g.tolist() for g in torch.autograd.grad(value, of)]


def hello():
    record("hello", "square", 1.25, 1.25**2)
    x = double(-3.5)
    record("hello", "double", -3.5, torch.autograd.grad(x * x, x)[0].item())


def llsq():
    n, given = 7, rng.uniform(-1, 1, 5).tolist()
    x = double(given)
    y = torch.tensor(0.0, dtype=torch.float64)
    for i in range(n):
        t = -1 + i * 2 / (n - 1)
        rest = torch.tensor(float(np.sign(t)), dtype=torch.float64)
        for j in range(len(given)):
            rest = rest - x[j] * t**j
        y = y + rest * rest / 2
    record("llsq", "primal", {"x": given, "n": n}, y.item())
    record("llsq", "gradient", {"x": given, "n": n}, gradients(y, [x])[0])


def lse():
    for given in [rng.uniform(-3, 3, 9).tolist(), [800.0, 799.5, -2.0]]:
        x = double(given)
        a = max(given)
        total = torch.tensor(0.0, dtype=torch.float64)
        for i in range(len(given)):
            total = total + torch.exp(x[i] - a)
        y = a + torch.log(total)
        record("lse", "primal", {"x": given}, y.item())
        record("lse", "gradient", {"x": given}, gradients(y, [x])[0])


def det():
    for size in [1, 4]:
        given = rng.uniform(size=size * size).tolist()
        A = double(given)
        value = torch.det(A.reshape(size, size))
        record("det", "primal", {"A": given, "ell": size}, value.item())
        record("det", "gradient", {"A": given, "ell": size}, gradients(value, [A])[0])


def gmm():
    d, k, n, m, gamma = 3, 2, 5, 1, 0.7
    data = {
        "alpha": rng.normal(size=k).tolist(),
        "mu": rng.uniform(size=(k, d)).tolist(),
        "q": rng.normal(size=(k, d)).tolist(),
        "l": rng.normal(size=(k, d * (d - 1) // 2)).tolist(),
    }
    x = rng.normal(size=(n, d)).tolist()
    alpha, mu, q, l = [double(data[name]) for name in ["alpha", "mu", "q", "l"]]
    eye = torch.eye(d, dtype=torch.float64)
    # The definition: densities of the normal distribution and of Wishart's, by matrices.
    precisions = []
    for c in range(k):
        Q = torch.diag(torch.exp(q[c]))
        places = [(i, j) for j in range(d) for i in range(j + 1, d)]
        for number, (i, j) in enumerate(places):
            unit = torch.zeros(d, d, dtype=torch.float64)
            unit[i, j] = 1
            Q = Q + l[c, number] * unit
        precisions.append(Q.T @ Q)
    weights = torch.softmax(alpha, 0)
    total = torch.tensor(0.0, dtype=torch.float64)
    for point in x:
        density = torch.tensor(0.0, dtype=torch.float64)
        for c in range(k):
            r = torch.tensor(point, dtype=torch.float64) - mu[c]
            density = density + weights[c] * torch.exp(-r @ precisions[c] @ r / 2) * torch.sqrt(
                torch.det(precisions[c]) / (2 * math.pi) ** d
            )
        total = total + torch.log(density)
    freedom = d + m + 1
    for c in range(k):
        wishart = torch.distributions.Wishart(torch.tensor(float(freedom), dtype=torch.float64), eye / gamma**2)
        total = total + wishart.log_prob(precisions[c])
    given = {"d": d, "k": k, "n": n, "x": x, "m": m, "gamma": gamma, **data}
    record("gmm", "objective", given, total.item())
    parts = dict(zip(data, gradients(total, [alpha, mu, q, l])))
    record("gmm", "jacobian", given, parts)


def kmeans():
    points = rng.uniform(size=(11, 3)).tolist()
    given = {"points": points, "centroids": points[-5:]}
    c = double(given["centroids"])

    def cost(c):
        total = torch.tensor(0.0, dtype=torch.float64)
        for p in torch.tensor(points, dtype=torch.float64):
            total = total + min(torch.sum((p - one) ** 2) for one in c)
        return total

    record("kmeans", "cost", given, cost(c).item())
    (gradient,) = torch.autograd.grad(cost(c), [c])
    hessian = torch.autograd.functional.hessian(cost, c).reshape(15, 15)
    assert torch.equal(hessian, torch.diag(torch.diag(hessian)))
    record("kmeans", "dir", given, (gradient / torch.diag(hessian).reshape(5, 3)).tolist())


def lstm():
    l, c, b = 2, 6, 3
    given = {
        "main_params": rng.uniform(-1, 1, (2 * l, 4 * b)).tolist(),
        "extra_params": rng.uniform(-1, 1, (3, b)).tolist(),
        "state": rng.uniform(-1, 1, (2 * l, b)).tolist(),
        "sequence": rng.integers(0, 2, (c, b)).astype(float).tolist(),
    }
    main, extra = double(given["main_params"]), double(given["extra_params"])
    sequence = torch.tensor(given["sequence"], dtype=torch.float64)
    start = torch.tensor(given["state"], dtype=torch.float64)
    hidden, inner = list(start[0::2]), list(start[1::2])
    total = torch.tensor(0.0, dtype=torch.float64)
    for t in range(c - 1):
        x = sequence[t] * extra[0]
        for i in range(l):
            w, bias = main[2 * i].reshape(4, b), main[2 * i + 1].reshape(4, b)
            forget = torch.sigmoid(x * w[0] + bias[0])
            enter = torch.sigmoid(hidden[i] * w[1] + bias[1])
            leave = torch.sigmoid(x * w[2] + bias[2])
            change = torch.tanh(hidden[i] * w[3] + bias[3])
            inner[i] = inner[i] * forget + enter * change
            hidden[i] = x = leave * torch.tanh(inner[i])
        y = x * extra[1] + extra[2]
        total = total + torch.sum(sequence[t + 1] * (y - torch.log(torch.sum(torch.exp(y)) + 2)))
    loss = -total / ((c - 1) * b)
    record("lstm", "objective", given, loss.item())
    by_main, by_extra = torch.autograd.grad(loss, [main, extra])
    record("lstm", "jacobian", given, by_main.flatten().tolist() + by_extra.flatten().tolist())


def ode():
    for s in [1, 4]:
        given = rng.uniform(0.5, 1.5, 5).tolist()
        x = double(given)
        one = torch.ones(1, dtype=torch.float64)
        y, h = torch.zeros(5, dtype=torch.float64), 2 / s

        def slope(y):
            return x * torch.cat([one, y[:-1]])

        for _ in range(s):
            k1 = slope(y)
            k2 = slope(y + h * k1 / 2)
            k3 = slope(y + h * k2 / 2)
            k4 = slope(y + h * k3)
            y = y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
        record("ode", "primal", {"x": given, "s": s}, y.tolist())
        record("ode", "gradient", {"x": given, "s": s}, gradients(y[-1], [x])[0])


def argmin(value_and_gradient, start):
    """The suite's gradient descent (cpp/gradbench/gd.hpp)."""
    x, (f, g), kept, rate = start, value_and_gradient(start), 0, 1e-5
    while np.linalg.norm(g) > 1e-5:
        if kept == 10:
            kept, rate = 0, 2 * rate
            continue
        u = x - rate * g
        if np.linalg.norm(x - u) <= 1e-5:
            break
        there = value_and_gradient(u)
        if there[0] < f:
            x, (f, g), kept = u, there, kept + 1
        else:
            kept, rate = 0, rate / 2
    return x


def particle():
    def end(given):
        w = double(float(given[0]))
        charges = [torch.stack([w * 0 + 10, 10 - w]), torch.tensor([10.0, 0.0], dtype=torch.float64)]
        x = torch.tensor([0.0, 8.0], dtype=torch.float64)
        v = torch.tensor([0.75, 0.0], dtype=torch.float64)
        while True:
            # Minus the gradient of 1 / r is r / |r|^3.
            force = sum((x - c) / torch.linalg.norm(x - c) ** 3 for c in charges)
            x = x + 0.1 * v
            if x[1] <= 0:
                break
            v = v + 0.1 * force
        result = (x[0] - x[1] / v[1] * v[0]) ** 2
        return result.item(), np.array([torch.autograd.grad(result, w)[0].item()])

    for start in [0.0, 0.3]:
        w = argmin(end, np.array([start])).item()
        for mode in ["rr", "rf", "fr", "ff"]:
            record("particle", mode, {"w": start}, w)


def saddle():
    # By x the function is x^2, less what the other search has found; by y it is -y^2.
    def up(y):
        return y @ y, 2 * y

    for start in [[1.0, 1.0], [-0.6, 0.3]]:
        s = np.array(start)
        y = argmin(up, s)
        x = argmin(lambda x: (x @ x - y @ y, 2 * x), s)
        for mode in ["rr", "rf", "fr", "ff"]:
            record("saddle", mode, {"start": start}, [*x, *y])


def ba():
    def project(camera, x):
        rotation, y = camera[:3], x - camera[3:6]
        angle = torch.sqrt(torch.sum(rotation**2))
        if angle == 0:
            y = y + torch.linalg.cross(rotation, y)
        else:
            axis = rotation / angle
            y = (
                torch.cos(angle) * y
                + torch.sin(angle) * torch.linalg.cross(axis, y)
                + (1 - torch.cos(angle)) * (axis @ y) * axis
            )
        plane = y[:2] / y[2]
        r = torch.sum(plane**2)
        return plane * (1 + camera[9] * r + camera[10] * r**2) * camera[6] + camera[7:9]

    n, m, p = 2, 3, 5
    for rotation in [[0.2, -0.3, 0.1], [0.0, 0.0, 0.0]]:
        cam = rotation + rng.uniform(-1, 1, 8).tolist()
        x, w, feat = [0.3, -0.2, 2.5], 0.8, rng.uniform(-1, 1, 2).tolist()
        given = {"n": n, "m": m, "p": p, "cam": cam, "x": x, "w": w, "feat": feat}
        feature = torch.tensor(feat, dtype=torch.float64)

        def error(camera, point, weight):
            return weight * (project(camera, point) - feature)

        of = (double(cam), double(x), double([w]))
        elements = error(*of).tolist()
        output = {
            "reproj_error": {"elements": elements, "repeated": p},
            "w_err": {"element": 1 - w**2, "repeated": p},
        }
        record("ba", "objective", given, output)
        blocks = torch.autograd.functional.jacobian(error, of)
        vals = torch.cat(blocks, dim=1).flatten().tolist() + [-2 * w]
        # The first observation is of camera 0 and point 0; the last row is that of the last weight.
        one_row = list(range(11)) + [11 * n + k for k in range(3)] + [11 * n + 3 * m]
        cols = one_row * 2 + [11 * n + 3 * m + p - 1]
        rows = [15 * min(k, 2 * p) + max(k - 2 * p, 0) for k in range(3 * p + 1)]
        record("ba", "jacobian", given, {"rows": rows[:30] + [rows[-1]], "cols": cols, "vals": vals})


def ht():
    bones, vertices, n = 22, 7, 4
    parents = [-1] + [p for f in range(5) for p in [0, 4 * f + 1, 4 * f + 2, 4 * f + 3]] + [0]

    def rotations(angles, axis):
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        R = [[torch.tensor(float(r == c), dtype=torch.float64) for c in range(3)] for r in range(3)]
        R[i][i] = R[j][j] = torch.cos(angles)
        R[j][i] = torch.sin(angles)
        R[i][j] = -R[j][i]
        return torch.stack([torch.stack(row) for row in R])

    def affine(R):
        return torch.block_diag(R, torch.ones(1, 1, dtype=torch.float64))

    relatives = rng.normal(size=(bones, 4, 4))
    inverses = rng.normal(size=(bones, 4, 4))
    for m in [relatives, inverses]:
        m[:, 3] = [0, 0, 0, 1]
    base = np.concatenate([rng.normal(size=(vertices, 3)), np.ones((vertices, 1))], axis=1)
    weights = rng.uniform(size=(vertices, bones)) * (rng.uniform(size=(vertices, bones)) < 0.2)
    triangles = [rng.choice(vertices, 3, replace=False).tolist() for _ in range(6)]
    points = rng.normal(size=(n, 3))
    tensors = [torch.tensor(a) for a in (relatives, inverses, base, weights, points)]

    hand.update(
        bone_count=bones,
        parents=parents,
        base_relatives=relatives.tolist(),
        inverse_base_absolutes=inverses.tolist(),
        base_positions=base.tolist(),
        weights=weights.tolist(),
        triangles=triangles,
    )
    for case in ["simple", "complicated", "mirrored", "without rotation"]:
        mirrored, has_us = case == "mirrored", case != "simple"
        given = rng.normal(size=26) * 0.3
        if case == "without rotation":
            given[:3] = [0, 0, 5e-5]
        us = rng.uniform(size=(n, 2)).tolist() if has_us else []
        chosen = rng.integers(0, len(triangles) if has_us else vertices, n).tolist()

        def error(theta, us):
            rel, inv, positions, skin, measured = tensors
            identity = torch.eye(3, dtype=torch.float64)
            absolutes = []
            for b in range(bones):
                f, k = divmod(b - 1, 4)
                R = identity
                if 0 < b < 21 and k > 0:
                    at = 6 + 4 * f
                    R = rotations(theta[at] if k == 1 else theta[at + k], 0)
                    if k == 1:
                        R = rotations(theta[at + 1], 2) @ R
                own = rel[b] @ affine(R)
                absolutes.append(own if parents[b] < 0 else absolutes[parents[b]] @ own)
            place = torch.zeros(vertices, 4, dtype=torch.float64)
            for b in range(bones):
                place = place + skin[:, b : b + 1] * (positions @ (absolutes[b] @ inv[b]).T)
            place = place[:, :3] * torch.tensor([-1.0 if mirrored else 1.0, 1.0, 1.0], dtype=torch.float64)
            r = theta[:3]
            if torch.sqrt(torch.sum(r**2)) >= 1e-4:
                zero = torch.zeros((), dtype=torch.float64)
                x, y, z = r
                rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
                place = place @ torch.linalg.matrix_exp(torch.stack([torch.stack(row) for row in rows])).T
            place = place + theta[3:6]
            errors = []
            for i in range(n):
                if has_us:
                    a, b, c = [place[v] for v in triangles[chosen[i]]]
                    errors.append(measured[i] - (us[i, 0] * a + us[i, 1] * b + (1 - us[i, 0] - us[i, 1]) * c))
                else:
                    errors.append(measured[i] - place[chosen[i]])
            return torch.cat(errors)

        data = {"model": {"is_mirrored": mirrored}, "correspondences": chosen, "points": points.tolist()}
        message = {"theta": given.tolist(), "data": data, "us": us}
        of = (double(given.tolist()), double(us))
        record("ht", "objective", message, error(*of).tolist())
        by_theta, by_us = torch.autograd.functional.jacobian(error, of)
        if has_us:
            # Each error depends on the weights of its own point alone.
            own = torch.stack([by_us[k, k // 3] for k in range(3 * n)])
            by_theta = torch.cat([own, by_theta], dim=1)
        record("ht", "jacobian", message, by_theta.tolist())


hello()
llsq()
lse()
det()
gmm()
kmeans()
lstm()
ode()
particle()
saddle()
ba()
ht()
save("gradbench.json", {"hand": hand, "records": records})
