"""Losses: means over all their entries unless signatures say otherwise."""
import torch

from table import INF, case, tensor

F = torch.nn.functional
P = tensor(3, 4, start=5)
Y = tensor(3, 4, start=300)
CHANCE = torch.sigmoid(P)
LABELS = (Y > 0).double()
Z = tensor(4, 5, start=11, scale=3)
CLASSES = torch.tensor([2, 0, 4, 2])
SHARES = torch.softmax(tensor(4, 5, start=400), -1)
KIND = {"y": "index(5)"}
# PyTorch divides by max(p (1 - p), 1e-12) where the clamped logarithm is constant; the contract fixes the value alone.
ENDS = [("p", i) for i in range(4)]


def binary(p, y):
    """PyTorch's value; the derivative by y, which PyTorch takes without the clamp, from the clamped logarithms."""
    return -(y * torch.log(p).clamp(min=-100) + (1 - y) * torch.log(1 - p).clamp(min=-100)).mean()


def cases():
    made = [
        case("mse(p, y)", lambda p, y: F.mse_loss(p, y), {"p": P, "y": Y}),
        case("mae(p, y)", lambda p, y: F.l1_loss(p, y), {"p": P, "y": Y}),
        case("mae(p, y)", lambda p, y: F.l1_loss(p, y), {"p": torch.tensor([1.0, 2, 3]), "y": torch.tensor([1.0, 2.5, 2])}),
        case("huber(p, y)", lambda p, y: F.huber_loss(p, y), {"p": P, "y": Y}),
        case("huber(p, y, delta = 0.3)", lambda p, y: F.huber_loss(p, y, delta=0.3), {"p": P, "y": Y}),
        case("huber(p, y)", lambda p, y: F.huber_loss(p, y), {"p": torch.tensor([0.0, 1, -1, 5]), "y": torch.zeros(4)}),
        case("bce(p, y)", lambda p, y: F.binary_cross_entropy(p, y), {"p": CHANCE, "y": LABELS}),
        case("bce(p, y)", lambda p, y: F.binary_cross_entropy(p, y), {"p": CHANCE, "y": torch.sigmoid(Y)}),
        case("bce(p, y)", lambda p, y: binary(p, y), {"p": torch.tensor([0.0, 1, 0, 1]), "y": torch.tensor([0.0, 1, 1, 0])}, open_at=ENDS),
        case("bce_with_logits(z, y)", lambda z, y: F.binary_cross_entropy_with_logits(z, y), {"z": P, "y": LABELS}),
        case("bce_with_logits(z, y)", lambda z, y: F.binary_cross_entropy_with_logits(z, y),
             {"z": torch.tensor([-800.0, 800, -800, 800, 0]), "y": torch.tensor([0.0, 1, 1, 0, 0.5])}),
        case("bce(sigmoid(z), y)", lambda z, y: F.binary_cross_entropy(torch.sigmoid(z), y), {"z": P, "y": LABELS}),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": Z, "y": CLASSES}, kinds=KIND),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": Z[0], "y": torch.tensor(3)}, kinds=KIND),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z.reshape(-1, 5), y.reshape(-1)),
             {"z": tensor(2, 3, 5), "y": torch.tensor([[0, 1, 2], [4, 4, 3]])}, kinds=KIND),
        case("cross_entropy(z, y, label_smoothing = 0.1)", lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1), {"z": Z, "y": CLASSES}, kinds=KIND),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": Z, "y": SHARES}),
        case("cross_entropy(z, y, label_smoothing = 0.25)", lambda z, y: F.cross_entropy(z, y, label_smoothing=0.25), {"z": Z, "y": SHARES}),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": torch.tensor([[1000.0, -1000, 0], [1e300, 0, 0]]), "y": torch.tensor([1, 0])},
             kinds={"y": "index(3)"}),
        case("cross_entropy(z, y)", lambda z, y: F.cross_entropy(z, y), {"z": torch.tensor([[-INF, 1.0, 2]]), "y": torch.tensor([2])}, kinds={"y": "index(3)"}),
        case("nll(logp, y)", lambda logp, y: F.nll_loss(logp, y), {"logp": torch.log_softmax(Z, -1), "y": CLASSES}, kinds=KIND),
        case("nll(log(softmax(z)), y)", lambda z, y: F.cross_entropy(z, y), {"z": Z, "y": CLASSES}, kinds=KIND),
        case("kl(logp, q)", lambda logp, q: F.kl_div(logp, q, reduction="batchmean"), {"logp": torch.log_softmax(Z, -1), "q": SHARES}),
        case("kl(logp, q)", lambda logp, q: F.kl_div(logp, q, reduction="batchmean"),
             {"logp": torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])), "q": torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0]])},
             open_at=[("q", i) for i in (1, 2, 5)]),
        case("hinge(z, y)", lambda z, y: torch.relu(1 - y * z).mean(), {"z": P, "y": LABELS * 2 - 1}),
    ]
    return made
