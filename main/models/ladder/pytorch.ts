/** `ladder` as a module of PyTorch's, which goes with weights that are taken along. */

export const pytorch = `"""The model in PyTorch. \`load()\` reads config.json and model.safetensors beside this file."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU())
        self.shared = nn.Linear(3136, 256)
        self.mu1, self.logvar1 = nn.Linear(256, 32), nn.Linear(256, 32)
        self.mu2, self.logvar2 = nn.Linear(256, 16), nn.Linear(256, 16)

    def forward(self, images):
        h = torch.relu(self.shared(self.conv(images).flatten(1)))
        return self.mu1(h), self.logvar1(h), self.mu2(h), self.logvar2(h)


class Prior(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        if classes:
            self.mu2, self.logvar2 = nn.Parameter(torch.zeros(classes, 16)), nn.Parameter(torch.zeros(classes, 16))
        self.net = nn.Sequential(nn.Linear(16 + classes, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.mu, self.logvar = nn.Linear(128, 32), nn.Linear(128, 32)

    def forward(self, noise, labels=None):
        z1, z2 = noise.split([32, 16], dim=1)
        given = []
        if self.classes:
            z2 = self.mu2[labels] + z2 * (self.logvar2[labels] / 2).exp()
            given = [nn.functional.one_hot(labels, self.classes).float()]
        h = self.net(torch.cat([z2, *given], dim=1))
        return torch.cat([self.mu(h) + z1 * (self.logvar(h) / 2).exp(), z2], dim=1)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(48, 256), nn.ReLU(), nn.Linear(256, 3136), nn.ReLU())
        up = [nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Sigmoid()]
        self.deconv = nn.Sequential(nn.Unflatten(1, (64, 7, 7)), *up)

    def forward(self, code):
        return self.deconv(self.fc(code))


class Ladder(nn.Module):
    """Images are [B, 1, 28, 28], ink between 0 and 1; codes [B, 48], z1 (32 numbers) before z2 (16)."""

    def __init__(self, classes):
        super().__init__()
        self.encoder, self.prior_net, self.decoder = Encoder(), Prior(classes), Decoder()

    def encode(self, images):
        mu1, _, mu2, _ = self.encoder(images)
        return torch.cat([mu1, mu2], dim=1)

    def decode(self, code):
        return self.decoder(code)

    def sample(self, labels, noise=None):
        """New images, one a label; without classes their number alone counts."""
        noise = torch.randn(len(labels), 48) if noise is None else noise
        return self.decoder(self.prior_net(noise, labels))


def load(folder=Path(__file__).parent):
    config = json.loads((Path(folder) / "config.json").read_text())
    model = Ladder(10 if config["settings"]["condition"] == "label" else 0)
    model.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    return model.eval()
`
