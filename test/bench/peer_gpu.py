"""The same training in PyTorch on a device, to be run beside ours: the whole set in the device's memory.

    python3 test/bench/peer_gpu.py --data FOLDER --device cuda --graphs --epochs 30

--graphs replays the whole step (noise, gradient, Adam) as one CUDA graph; the last images of an epoch, which fill no
batch, are left out then. The loss is not read back between steps. Each epoch ends with a pass over the test images, as
ours does. Prints one JSON object: {"imagesPerSecond", "seconds", "test", "device"}; start-up and capture are not
counted. Needs torch and numpy.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from peer import Ladder


def read(folder, name):
    raw = np.fromfile(Path(folder) / name, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy(raw)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
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
    model = Ladder().to(device)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, capturable=cuda)
    weight = torch.zeros((), device=device)
    total = torch.zeros((), device=device)

    def step(x):
        adam.zero_grad(set_to_none=not args.graphs)
        reconstruction, kl1, kl2 = model(x)
        loss = reconstruction + weight * (kl1 + kl2)
        loss.backward()
        adam.step()
        total.add_(loss.detach())

    def wait():
        if cuda:
            torch.cuda.synchronize()

    if args.graphs:
        static = torch.zeros(args.batch, 1, 28, 28, device=device)
        start = [parameter.detach().clone() for parameter in model.parameters()]
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
            for parameter, value in zip(model.parameters(), start):
                parameter.copy_(value)
            for state in adam.state.values():
                for value in state.values():
                    value.zero_()
    else:
        # Kernels are chosen and loaded at the first step; its training is part of the run's
        step(train[: args.batch].float().div_(255))
    wait()

    steps_per_epoch = -(-len(train) // args.batch)
    done, trained, seen, began = 0, 0.0, 0, time.perf_counter()
    for _ in range(args.epochs):
        before = time.perf_counter()
        for rows in torch.randperm(len(train), device=device).split(args.batch):
            done += 1
            weight.fill_(min(1.0, done / (10 * steps_per_epoch)))
            if not args.graphs:
                step(train[rows].float().div_(255))
            elif len(rows) == args.batch:
                static.copy_(train[rows].float().div_(255))
                graph.replay()
            else:
                continue
            seen += len(rows)
        wait()
        trained += time.perf_counter() - before
        with torch.no_grad():
            bound = sum(sum(parts).item() for parts in (model(x.float().div_(255)) for x in test.split(1000))) / len(test)
    seconds = time.perf_counter() - began
    name = torch.cuda.get_device_name() if cuda else "CPU"
    print(json.dumps({"imagesPerSecond": seen / trained, "seconds": seconds, "test": bound, "device": name}), flush=True)


if __name__ == "__main__":
    main()
