"""The same training in PyTorch, to be run beside ours: the ladder with `condition: none`, Adam, the whole set in memory.

    python3 test/bench/peer.py --data FOLDER --threads 2 --limit 20000

Prints one JSON object a line: {"imagesPerSecond", "loss", "compiled"}. Needs torch and numpy.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Ladder(nn.Module):
    def __init__(self, width=1):
        super().__init__()
        a, b, c, d = 32 * width, 64 * width, 256 * width, 128 * width
        self.conv = nn.Sequential(nn.Conv2d(1, a, 4, 2, 1), nn.ReLU(), nn.Conv2d(a, b, 4, 2, 1), nn.ReLU(), nn.Flatten())
        self.shared = nn.Linear(49 * b, c)
        self.mu1, self.logvar1, self.mu2, self.logvar2 = (nn.Linear(c, n) for n in (32, 32, 16, 16))
        self.prior = nn.Sequential(nn.Linear(16, d), nn.ReLU(), nn.Linear(d, d), nn.ReLU())
        self.prior_mu, self.prior_logvar = nn.Linear(d, 32), nn.Linear(d, 32)
        self.fc = nn.Sequential(nn.Linear(48, c), nn.ReLU(), nn.Linear(c, 49 * b), nn.ReLU())
        self.deconv = nn.Sequential(
            nn.Unflatten(1, (b, 7, 7)), nn.ConvTranspose2d(b, a, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(a, 1, 4, 2, 1)
        )

    def forward(self, x):
        """x [B, 1, 28, 28] in [0, 1] -> reconstruction, KL z1, KL z2, summed over the batch, in nats."""
        h = F.relu(self.shared(self.conv(x)))
        m1, l1, m2, l2 = self.mu1(h), self.logvar1(h), self.mu2(h), self.logvar2(h)
        z1 = m1 + torch.exp(0.5 * l1) * torch.randn_like(m1)
        z2 = m2 + torch.exp(0.5 * l2) * torch.randn_like(m2)
        g = self.prior(z2)
        mp, lp = self.prior_mu(g), self.prior_logvar(g)
        kl1 = 0.5 * torch.sum(lp - l1 + ((m1 - mp) ** 2 + l1.exp()) / lp.exp() - 1)
        kl2 = 0.5 * torch.sum(m2**2 + l2.exp() - l2 - 1)
        logits = self.deconv(self.fc(torch.cat([z1, z2], 1)))
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum"), kl1, kl2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--limit", type=int, default=20000)
    parser.add_argument("--width", type=int, default=1, help="layers so many times as wide")
    parser.add_argument("--warm", action="store_true", help="three steps that are not counted come first")
    parser.add_argument("--compile", action="store_true", help="torch.compile the model; its warm-up is not counted")
    parser.add_argument("--bf16", action="store_true", help="products in 16 bits, maps with their channels last, Adam fused")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    raw = np.fromfile(Path(args.data) / "train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 28, 28)
    images = torch.from_numpy(raw[: args.limit])
    model = Ladder(args.width)
    if args.bf16:
        model = model.to(memory_format=torch.channels_last)
    forward = torch.compile(model) if args.compile else model
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, **({"fused": True} if args.bf16 else {}))
    steps_per_epoch, step = (len(images) + args.batch - 1) // args.batch, 0

    def epoch(order):
        nonlocal step
        total = 0.0
        for rows in order.split(args.batch):
            x = images[rows].unsqueeze(1).float().div_(255)
            step += 1
            weight = min(1.0, step / (10 * steps_per_epoch))
            adam.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
                reconstruction, kl1, kl2 = forward(x)
            loss = reconstruction + weight * (kl1 + kl2)
            loss.backward()
            adam.step()
            total += loss.item()
        return total / len(order)

    if args.compile or args.warm:
        epoch(torch.arange(3 * args.batch + len(images) % args.batch) % len(images))
    start = time.perf_counter()
    loss = epoch(torch.randperm(len(images)))
    seconds = time.perf_counter() - start
    print(json.dumps({"imagesPerSecond": len(images) / seconds, "loss": loss, "compiled": args.compile}), flush=True)


if __name__ == "__main__":
    main()
