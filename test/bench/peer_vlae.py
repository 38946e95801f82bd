"""The paper's VLAE in PyTorch, to be run beside ours: the same network, choices and budget, judged on the same test images.

    python3 test/bench/peer_vlae.py --data FOLDER --test FILE --threads 2 --limit 20000 --epochs 5 --decoder local --prior flow

FILE holds binary test images, a byte a pixel, 0 or 255. Prints one JSON object: {"imagesPerSecond", "cpuMilliseconds" (of all
threads, an image), "loss" (the mean of the training), "seconds"} and, where there is a FILE, {"nll", "error", "bound",
"reconstruction", "rate"}, nats an image. Needs torch and numpy.
"""
import argparse
import gzip
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CODE = 64
FREE = 7.84


class Normalised(nn.Module):
    """w = g v / |v| for each output; the first call finds g and b of its inputs: outputs of mean 0 and deviation `scale`."""

    def __init__(self, shape, outputs=0, scale=1.0, mask=None):
        super().__init__()
        self.v = nn.Parameter(0.05 * torch.randn(shape))
        self.g = nn.Parameter(torch.ones(shape[outputs]))
        self.b = nn.Parameter(torch.zeros(shape[outputs]))
        self.outputs, self.scale, self.found = outputs, scale, False
        self.register_buffer("mask", mask)

    def forward(self, x):
        v = self.v if self.mask is None else self.v * self.mask
        others = [axis for axis in range(v.dim()) if axis != self.outputs]
        shape = [-1 if axis == self.outputs else 1 for axis in range(v.dim())]
        norm = (v.square().sum(others) + 1e-8).sqrt()
        if not self.found:
            with torch.no_grad():
                y = self.map(x, v / norm.view(shape), None)
                over = [axis for axis in range(y.dim()) if axis != 1]
                deviation = y.std(over) + 1e-6
                self.g.copy_(self.scale / deviation)
                self.b.copy_(-y.mean(over) * self.scale / deviation)
            self.found = True
        return self.map(x, v * (self.g / norm).view(shape), self.b)


class Dense(Normalised):
    def __init__(self, inputs, outputs, scale=1.0, mask=None):
        super().__init__((outputs, inputs), 0, scale, mask)

    def map(self, x, w, b):
        return F.linear(x, w, b)


class Conv(Normalised):
    def __init__(self, inputs, outputs, kernel=3, stride=1, scale=1.0, mask=None):
        super().__init__((outputs, inputs, kernel, kernel), 0, scale, mask)
        self.stride, self.padding = stride, kernel // 2

    def map(self, x, w, b):
        return F.conv2d(x, w, b, self.stride, self.padding)


class Up(Normalised):
    def __init__(self, inputs, outputs, more, scale=1.0):
        super().__init__((inputs, outputs, 3, 3), 1, scale)
        self.more = more

    def map(self, x, w, b):
        return F.conv_transpose2d(x, w, b, 2, 1, self.more)


class Residual(nn.Module):
    def __init__(self, first, second, skip=None):
        super().__init__()
        self.first, self.second, self.skip = first, second, skip or nn.Identity()

    def forward(self, x):
        return self.skip(x) + self.second(F.elu(self.first(F.elu(x))))


def same(n):
    return Residual(Conv(n, n), Conv(n, n, scale=0.1))


def down(a, b):
    return Residual(Conv(a, b, stride=2), Conv(b, b, scale=0.1), Conv(a, b, stride=2))


def up(a, b, more=1):
    return Residual(Up(a, b, more), Conv(b, b, scale=0.1), Up(a, b, more))


class Masked(nn.Module):
    """x + masked(elu(x)), 3 by 3: what is above, to the left, and the place itself."""

    def __init__(self, n):
        super().__init__()
        mask = torch.ones(n, n, 3, 3)
        mask[:, :, 1, 2] = mask[:, :, 2, :] = 0
        self.layer = Conv(n, n, scale=0.1, mask=mask)

    def forward(self, x):
        return x + self.layer(F.elu(x))


def point(n):
    return Residual(Conv(n, n, 1), Conv(n, n, 1, scale=0.1))


class Pixels(nn.Module):
    """Six masked layers of 12 filters, which see 69 pixels; the first sees all of the code's map."""

    def __init__(self, channels, n=12):
        super().__init__()
        mask = torch.ones(n, channels + 1, 3, 3)
        mask[:, channels:, 1, 1:] = mask[:, channels:, 2, :] = 0
        self.first = Conv(channels + 1, n, mask=mask)
        self.body = nn.Sequential(Masked(n), *[layer for _ in range(4) for layer in (point(n), Masked(n))])
        self.last = Conv(n, 1, 1)

    def forward(self, x, code=None):
        seen = x if code is None else torch.cat([code, x], 1)
        return self.last(F.elu(self.body(self.first(seen))))


class Made(nn.Module):
    """Each output sees the inputs before it only; `back`: in reversed order."""

    def __init__(self, back, hidden=640):
        super().__init__()
        self.back = back
        i, h = torch.arange(CODE), torch.arange(hidden) % (CODE - 1)
        sees = lambda to, of: (to[:, None] >= of[None]).float()
        self.first, self.second = Dense(CODE, hidden, mask=sees(h, i)), Dense(hidden, hidden, mask=sees(h, h))
        self.last = Dense(hidden, CODE, scale=0.1, mask=sees(i - 1, h))

    def forward(self, z):
        z = z.flip(1) if self.back else z
        z = self.last(F.relu(self.second(F.relu(self.first(z)))))
        return z.flip(1) if self.back else z


def log_normal(z, mean=0.0, log_variance=torch.zeros(())):
    return -0.5 * ((z - mean) ** 2 / log_variance.exp() + log_variance + math.log(2 * math.pi)).sum(1)


class Vlae(nn.Module):
    def __init__(self, decoder, prior):
        super().__init__()
        self.decoder = decoder
        if decoder != "alone":
            self.encoder = nn.Sequential(Conv(1, 16), down(16, 16), same(16), down(16, 32), same(32), down(32, 32))
            self.shared, self.mean, self.log_variance = Dense(512, 450), Dense(450, CODE), Dense(450, CODE, scale=0.1)
            self.wide, self.deep = Dense(CODE, 450), Dense(450, 512)
            self.blocks = nn.Sequential(up(32, 32, 0), same(32), up(32, 16), same(16), up(16, 16))
            self.map = Conv(16, 4 if decoder == "local" else 1)
            self.flow = nn.ModuleList(Made(step % 2 == 1) for step in range(4)) if prior == "flow" else []
        if decoder != "factorised":
            self.pixels = Pixels(4 if decoder == "local" else 0)

    def encode(self, x):
        h = F.elu(self.shared(F.elu(self.encoder(2 * x - 1)).flatten(1)))
        return self.mean(h), self.log_variance(h)

    def weigh(self, x, mean, log_variance):
        """-log p(x|z) and log q(z|x) - log p(z) of one code for each image."""
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        code = self.blocks(F.elu(self.deep(F.elu(self.wide(z)))).view(-1, 32, 4, 4))
        code, noise = self.map(F.elu(code)), z
        for step in self.flow:
            noise = noise - step(noise)
        logits = code if self.decoder == "factorised" else self.pixels(x, code)
        return bernoulli(logits, x), log_normal(z, mean, log_variance) - log_normal(noise)

    def forward(self, x):
        if self.decoder == "alone":
            return bernoulli(self.pixels(x), x), torch.zeros(len(x))
        return self.weigh(x, *self.encode(x))

    def likelihood(self, x, samples, at_once=64):
        """-log p(x) of each image by importance sampling."""
        if self.decoder == "alone":
            return self(x)[0]
        found = []
        for image, mean, log_variance in zip(x.split(1), *(part.split(1) for part in self.encode(x))):
            weights = []
            for rows in torch.arange(samples).split(at_once):
                n = len(rows)
                cost = self.weigh(image.expand(n, -1, -1, -1), mean.expand(n, -1), log_variance.expand(n, -1))
                weights.append(-sum(cost))
            found.append(math.log(samples) - torch.cat(weights).logsumexp(0))
        return torch.stack(found)


def learning_rate(step):
    """PyTorch corrects the first moment's bias, by rate / (1 - beta1^step); openai/iaf and the app do not: taken back."""
    return 2e-3 * (1 - 0.9**step)


def newest_share(step):
    """How much of the averages the newest weights are."""
    return max(0.002, 9 / (step + 9))


def bernoulli(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def train_images(folder, limit):
    path = Path(folder) / "train-images-idx3-ubyte"
    raw = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=16)[: limit * 784].reshape(-1, 1, 28, 28).copy())


def judged(model, args):
    test = torch.from_numpy(np.fromfile(args.test, np.uint8).reshape(-1, 1, 28, 28)).float() / 255
    reconstruction, rate = (torch.cat(part).mean().item() for part in zip(*map(model, test.split(500))))
    nll = torch.cat([model.likelihood(some, args.samples) for some in test.split(20)])
    return {
        "nll": nll.mean().item(),
        "error": (nll.std() / len(nll) ** 0.5).item(),
        "bound": reconstruction + rate,
        "reconstruction": reconstruction,
        "rate": rate,
    }


def main():
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("--data", required=True)
    add("--test")
    add("--threads", type=int, default=2)
    add("--limit", type=int, default=20000)
    add("--epochs", type=int, default=5)
    add("--seed", type=int, default=0)
    add("--decoder", choices=["local", "factorised", "alone"], default="local")
    add("--prior", choices=["flow", "gaussian"], default="flow")
    add("--samples", type=int, default=64)
    add("--bias-correction", action="store_true", help="as PyTorch's Adamax does, which makes the first ten steps longer")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    train = train_images(args.data, args.limit).float() / 255
    model = Vlae(args.decoder, args.prior)
    with torch.no_grad():
        model(torch.bernoulli(train[:500]))
    adamax = torch.optim.Adamax(model.parameters())
    averages = [parameter.detach().clone() for parameter in model.parameters()]
    free = 0 if args.decoder == "alone" else FREE
    start, cpu, step, loss = time.perf_counter(), time.process_time(), 0, 0.0
    for epoch in range(args.epochs):
        for rows in torch.randperm(len(train)).split(100):
            step += 1
            adamax.param_groups[0]["lr"] = 2e-3 if args.bias_correction else learning_rate(step)
            reconstruction, rate = (part.mean() for part in model(torch.bernoulli(train[rows])))
            adamax.zero_grad(set_to_none=True)
            (reconstruction + rate.clamp(min=free)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            adamax.step()
            loss += (reconstruction + rate).item() * len(rows)
            with torch.no_grad():
                for average, parameter in zip(averages, model.parameters()):
                    average.lerp_(parameter, newest_share(step))
    seconds, cpu, images = time.perf_counter() - start, time.process_time() - cpu, args.epochs * len(train)
    found = {
        "imagesPerSecond": images / seconds,
        "cpuMilliseconds": 1000 * cpu / images,
        "loss": loss / images,
        "seconds": seconds,
    }
    if args.test:
        with torch.no_grad():
            for average, parameter in zip(averages, model.parameters()):
                parameter.copy_(average)
            found |= judged(model, args)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
