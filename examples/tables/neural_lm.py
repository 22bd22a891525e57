"""Losses of the neural language model in PyTorch: neural_lm.json.

    python3 neural_lm.py            the table: 50 losses on the first 20,000 tokens, in float32 and in float64
    python3 neural_lm.py perplexity [EPOCHS] [RATE]    whole-book training, prints held-out perplexity an epoch (some minutes each)

Tokens: the text in lower case, ’ read as '; a token is a word (letters, apostrophes inside), a number, or one of . , ; : ? ! — .
Vocabulary: id 0 stands for every other word, ids 1 to 4999 are the most frequent words of the first nine tenths, by count, then by
code points. Example k predicts token k + 3 from tokens k, k + 1, k + 2.
The table takes the examples of the first 20,000 tokens in the order (j * 7919) mod 19997, 64 a step, without dropout.
Weights: E [5000, 64] u(i) * 0.1; dense W1 [192, 128] u(i + 1000) * sqrt(3/192), W2 [128, 5000] u(i + 2000) * sqrt(3/128); biases 0.
"""
import collections
import json
import math
import re
import sys

import numpy as np
import torch

from common import MODULES, save, weights, zeros

V, D, H, BATCH = 5000, 64, 128, 64
F = torch.nn.functional


def tokens():
    folder = MODULES / "@stdlib" / "datasets-moby-dick" / "data"
    files = json.loads((folder / "file_list.json").read_text())
    chapters = [json.loads((folder / f.replace("txt", "json")).read_text())["text"] for f in files[:139]]
    text = "\n".join(chapters).lower().replace("\u2019", "'")
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|[0-9]+|[.,;:?!\u2014]", text)


def vocabulary(words):
    counts = collections.Counter(words)
    return sorted(counts, key=lambda w: (-counts[w], w))[: V - 1]


def encode(words, vocab):
    ids = {w: i + 1 for i, w in enumerate(vocab)}
    return np.array([ids.get(w, 0) for w in words], dtype=np.int64)


def parameters(dtype):
    return [
        weights(0, 0.1, V, D, dtype=dtype),
        weights(1, math.sqrt(3 / (3 * D)), 3 * D, H, dtype=dtype),
        zeros(H, dtype=dtype),
        weights(2, math.sqrt(3 / H), H, V, dtype=dtype),
        zeros(V, dtype=dtype),
    ]


def network(P, x, dropout=0.0):
    h = torch.tanh(F.embedding(x, P[0]).reshape(len(x), 3 * D) @ P[1] + P[2])
    return F.dropout(h, dropout) @ P[3] + P[4]


def windows(ids, k):
    k = torch.as_tensor(k)
    t = torch.as_tensor(ids)
    return torch.stack([t[k], t[k + 1], t[k + 2]], 1), t[k + 3]


def table(ids, dtype, steps):
    order = (np.arange(19997) * 7919) % 19997
    P = parameters(dtype)
    adam = torch.optim.Adam(P, lr=0.001)
    losses = []
    for s in range(steps):
        x, y = windows(ids, order[s * BATCH : (s + 1) * BATCH])
        adam.zero_grad()
        loss = F.cross_entropy(network(P, x), y)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def textbook(ids, steps):
    """The same model on one example a step."""
    order = (np.arange(19997) * 7919) % 19997
    P = parameters(torch.float64)
    adam = torch.optim.Adam(P, lr=0.001)
    losses = []
    for s in range(steps):
        x, y = windows(ids, order[s : s + 1])
        adam.zero_grad()
        loss = F.cross_entropy(network(P, x), y)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def perplexity(ids, split, epochs, rate):
    torch.manual_seed(0)
    P = parameters(torch.float32)
    adam = torch.optim.Adam(P, lr=0.001)
    held = np.arange(split, len(ids) - 3)
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(split - 3)
        for s in range(0, len(order), BATCH):
            x, y = windows(ids, order[s : s + BATCH])
            adam.zero_grad()
            F.cross_entropy(network(P, x, rate), y).backward()
            adam.step()
        with torch.no_grad():
            total = sum(F.cross_entropy(network(P, *windows(ids, held[s : s + 512])[:1]), windows(ids, held[s : s + 512])[1], reduction="sum").item()
                        for s in range(0, len(held), 512))
        print(f"epoch {epoch + 1}: perplexity {math.exp(total / len(held)):.1f}", flush=True)


words = tokens()
split = len(words) * 9 // 10
vocab = vocabulary(words[:split])
ids = encode(words, vocab)
if sys.argv[1:2] == ["perplexity"]:
    perplexity(ids, split, int((sys.argv + ["4"])[2]), float((sys.argv + ["", "0.2"])[3]))
else:
    save("neural_lm.json", {
        "tokens": len(words),
        "firstTokens": ids[:40].tolist(),
        "sumOfIds": int(ids.sum()),
        "words": vocab[:20] + vocab[-20:],
        "float32": table(ids, torch.float32, 50),
        "oneExampleAStep": textbook(ids, 20),
        "float64": table(ids, torch.float64, 50),
    })
