"""The two-layer network of examples/two-layer worked by hand in exact arithmetic with SymPy: prints the numbers of its README and test.

No automatic differentiation: each line is one application of the chain rule, from the loss backwards.
"""
from sympy import Matrix, Rational as R, exp, log, simplify

W1, b1 = Matrix([[R(1, 2), -R(1, 4)], [-1, R(1, 2)]]), Matrix([R(1, 4), R(1, 2)])
W2, b2 = Matrix([[R(1, 2), -R(3, 4)]]), R(-1, 2)


def example(x, y):
    z1 = W1 * x + b1
    h = z1.applyfunc(lambda v: max(v, 0))
    z2 = (W2 * h)[0] + b2
    a = 1 / (1 + exp(-z2))
    loss = -(y * log(a) + (1 - y) * log(1 - a))
    dz2 = a - y  # of sigmoid with binary cross-entropy
    dW2, db2, dh = dz2 * h.T, dz2, W2.T * dz2
    dz1 = Matrix([d if z >= 0 else 0 for d, z in zip(dh, z1)])  # relu' is 1 at 0
    dW1, db1, dx = dz1 * x.T, dz1, W1.T * dz1
    return dict(z1=z1, h=h, z2=Matrix([z2]), a=Matrix([a]), loss=Matrix([loss]), dz2=Matrix([dz2]), dW2=dW2, db2=Matrix([db2]),
                dz1=dz1, dW1=dW1, db1=db1, dx=dx)


def show(name, values):
    for k, v in values.items():
        v = v.applyfunc(simplify)
        print(f"{name} {k}: {[str(e) for e in v]} = {[float(e) for e in v]}")


first = example(Matrix([2, 1]), 1)
second = example(Matrix([-1, -3]), 0)
third = example(Matrix([1, 3]), 1)  # z1 = (0, 1): the kink
show("x = (2, 1), y = 1:", first)
show("x = (-1, -3), y = 0:", second)
show("x = (1, 3), y = 1:", third)
for k in ("loss", "dW2", "db2", "dW1", "db1"):
    show("mean of the three:", {k: (first[k] + second[k] + third[k]) / 3})
