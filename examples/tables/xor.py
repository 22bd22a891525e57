"""The XOR example in PyTorch, float64, plain gradient descent from hashed weights: xor.json.

Weights: dense W1 [2, 8] u(i) * sqrt(3/2), W2 [8, 1] u(i + 1000) * sqrt(3/8), biases 0; the batch is the four rows of the truth table.
"""
import math

import torch

from common import save, weights, zeros

F = torch.nn.functional
P = [
    weights(0, math.sqrt(3 / 2), 2, 8, dtype=torch.float64),
    zeros(8, dtype=torch.float64),
    weights(1, math.sqrt(3 / 8), 8, 1, dtype=torch.float64),
    zeros(1, dtype=torch.float64),
]
x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float64)
sgd = torch.optim.SGD(P, 0.5)
losses, gradient = [], None
for _ in range(200):
    sgd.zero_grad()
    loss = F.binary_cross_entropy(torch.sigmoid(torch.tanh(x @ P[0] + P[1]) @ P[2] + P[3]), y)
    loss.backward()
    gradient = gradient or [p.grad.flatten().tolist() for p in P]
    sgd.step()
    losses.append(loss.item())
save("xor.json", {"losses": losses, "gradient": dict(zip(["W1", "b1", "W2", "b2"], gradient))})
print(losses[0], losses[19], losses[199])
