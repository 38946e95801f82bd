"""The same training in PyTorch on a device, to be run beside ours: the whole set in the device's memory.

    python3 test/bench/peer_gpu.py --data FOLDER --model ladder --device cuda --graphs --epochs 30

--graphs replays the whole step (binarization, noise, gradient, optimizer) as one CUDA graph; the last images of an epoch,
which fill no batch, are left out then. The loss is not read back between steps. Each epoch ends with a pass over the test
images, as ours does. Prints one JSON object: {"imagesPerSecond", "seconds", "test", "device"}; start-up and capture are
not counted. Needs torch and numpy.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from peer import Ladder
from peer_vlae import FREE, Vlae, learning_rate, newest_share


def read(folder, name):
    raw = np.fromfile(Path(folder) / name, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy(raw)


class LadderTraining:
    """Adam, the weight of the KL terms rising over ten epochs."""

    def __init__(self, device, _):
        self.model = Ladder().to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, capturable=device.type == "cuda")
        self.weight = torch.zeros((), device=device)
        self.kept = []

    def schedule(self, step, steps_per_epoch):
        self.weight.fill_(min(1.0, step / (10 * steps_per_epoch)))

    def loss(self, x):
        reconstruction, kl1, kl2 = self.model(x)
        return reconstruction + self.weight * (kl1 + kl2)

    def update(self):
        self.optimizer.step()

    def bound(self, x):
        return sum(self.model(x)).item()


class VlaeTraining:
    """The paper's: images binarized anew, free bits, Adamax without the first moment's correction, averaged weights."""

    def __init__(self, device, first):
        self.model = Vlae("local", "flow").to(device)
        with torch.no_grad():
            self.model(torch.bernoulli(first))
        self.parameters = list(self.model.parameters())
        self.rate = torch.zeros((), device=device)
        self.optimizer = torch.optim.Adamax(self.parameters, lr=self.rate, capturable=device.type == "cuda")
        self.averages = [parameter.detach().clone() for parameter in self.parameters]
        self.share = torch.ones((), device=device)
        self.kept = self.averages

    def schedule(self, step, _):
        self.rate.fill_(learning_rate(step))
        self.share.fill_(newest_share(step))

    def loss(self, x):
        reconstruction, rate = (part.mean() for part in self.model(torch.bernoulli(x)))
        return reconstruction + rate.clamp(min=FREE)

    def update(self):
        torch.nn.utils.clip_grad_norm_(self.parameters, 5.0)
        self.optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(self.averages, self.parameters):
                average.lerp_(parameter, self.share)

    def bound(self, x):
        with_averages = dict(zip((name for name, _ in self.model.named_parameters()), self.averages))
        parts = torch.func.functional_call(self.model, with_averages, (torch.bernoulli(x),))
        return sum(part.sum() for part in parts).item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", choices=["ladder", "vlae"], default="ladder")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--graphs", action="store_true")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--limit", type=int, default=60000)
    args = parser.parse_args()
    torch.manual_seed(0)
    cuda = args.device.startswith("cuda")
    device = torch.device(args.device)
    train = read(args.data, "train-images-idx3-ubyte")[: args.limit].to(device)
    test = read(args.data, "t10k-images-idx3-ubyte").to(device)
    grey = lambda images: images.float().div_(255)
    training = (LadderTraining if args.model == "ladder" else VlaeTraining)(device, grey(train[:500]))
    parameters, total = list(training.model.parameters()), torch.zeros((), device=device)

    def step(x):
        training.optimizer.zero_grad(set_to_none=not args.graphs)
        loss = training.loss(x)
        loss.backward()
        training.update()
        total.add_(loss.detach())

    def wait():
        if cuda:
            torch.cuda.synchronize()

    if args.graphs:
        static = torch.zeros(args.batch, 1, 28, 28, device=device)
        start = [value.detach().clone() for value in [*parameters, *training.kept]]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step(static)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step(static)
        # The capture has trained on nothing: back to the start
        with torch.no_grad():
            for value, before in zip([*parameters, *training.kept], start):
                value.copy_(before)
            for state in training.optimizer.state.values():
                for value in state.values():
                    value.zero_()
    else:
        # Kernels are chosen and loaded at the first step; its training is part of the run's
        training.schedule(1, 1)
        step(grey(train[: args.batch]))
    wait()

    steps_per_epoch = -(-len(train) // args.batch)
    done, trained, seen, began = 0, 0.0, 0, time.perf_counter()
    for _ in range(args.epochs):
        before = time.perf_counter()
        for rows in torch.randperm(len(train), device=device).split(args.batch):
            done += 1
            training.schedule(done, steps_per_epoch)
            if not args.graphs:
                step(grey(train[rows]))
            elif len(rows) == args.batch:
                static.copy_(grey(train[rows]))
                graph.replay()
            else:
                continue
            seen += len(rows)
        wait()
        trained += time.perf_counter() - before
        with torch.no_grad():
            bound = sum(training.bound(grey(x)) for x in test.split(1000)) / len(test)
    seconds = time.perf_counter() - began
    name = torch.cuda.get_device_name() if cuda else "CPU"
    print(json.dumps({"imagesPerSecond": seen / trained, "seconds": seconds, "test": bound, "device": name}), flush=True)


if __name__ == "__main__":
    main()
