"""The notebook pattern: what a student writes today, and what the engine is measured against.

Images come one by one through ``ToTensor`` and a ``DataLoader``; an image is fitted with its whole
grid as one batch and its encoding computed anew in each step; the loss is read after every step.
Nothing here is slowed down on purpose, and nothing is taken from the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor


def basic_net() -> nn.Module:
    """The practical's fully connected network: 669,706 parameters."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 512),
        nn.ReLU(),
        nn.Linear(512, 512),
        nn.ReLU(),
        nn.Linear(512, 10),
    )


def cnn() -> nn.Module:
    """The practical's convolutional network: 669,272 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 9, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=1),
        nn.Conv2d(9, 9, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=1),
        nn.Conv2d(9, 9, 5, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(9 * 24 * 24, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def classification_loader(
    data_dir: Path, num_images: int, batch_size: int, order: Sequence[int] | None = None
) -> DataLoader[tuple[Tensor, int]]:
    """Batches of the first training images, shuffled, or in a given order of all of them."""
    data = FashionMNIST(data_dir, train=True, transform=ToTensor())
    if order is not None:
        return DataLoader(Subset(data, order), batch_size)
    return DataLoader(Subset(data, range(num_images)), batch_size, shuffle=True)


def train_classifier(
    model: nn.Module, loader: DataLoader[tuple[Tensor, int]], device: str = "cpu"
) -> list[float]:
    """One epoch of SGD at a learning rate of 0.001 with momentum 0.9; the loss of each step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    losses = []
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def square_pixels(image: Path, side: int) -> Tensor:
    """The central square of a picture, averaged down: [side, side, 3] in [0, 1]."""
    with Image.open(image) as opened:
        width, height = opened.size
        edge = min(width, height)
        left, top = (width - edge) // 2, (height - edge) // 2
        square = opened.convert("RGB").crop((left, top, left + edge, top + edge))
    small = square.resize((side, side), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, dtype=np.float32) / np.float32(255))


def image_net(num_frequencies: int = 128, width: int = 256) -> nn.Module:
    """Three hidden layers of 256 behind 128 frequencies: 198,147 parameters."""
    return nn.Sequential(
        nn.Linear(2 * num_frequencies, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 3),
        nn.Sigmoid(),
    )


def grid(width: int, height: int, device: torch.device | str = "cpu") -> Tensor:
    """Pixel centres [width * height, 2] in [0, 1], row by row."""
    x = (torch.arange(width, device=device) + 0.5) / width
    y = (torch.arange(height, device=device) + 0.5) / height
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)


def features_of(coords: Tensor, frequencies: Tensor) -> Tensor:
    """Fourier features [N, 2 m] of coordinates [N, 2]."""
    phase = 2 * math.pi * coords @ frequencies.T
    return torch.cat([phase.cos(), phase.sin()], dim=-1)


def train_image(
    model: nn.Module,
    frequencies: Tensor,
    pixels: Tensor,
    num_steps: int,
    until_psnr_db: float = math.inf,
) -> list[float]:
    """Adam at 0.001 on the mean squared error over all pixels at once; the loss of each step.

    Args:
        model: Colours from Fourier features.
        frequencies: [m, 2], in cycles per side of the image.
        pixels: [H, W, 3] in [0, 1].
        num_steps: Steps at most.
        until_psnr_db: Stops after the first step whose loss stands for so much.
    """
    height, width, _ = pixels.shape
    coords = grid(width, height, pixels.device)
    target = pixels.reshape(-1, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    losses: list[float] = []
    for _ in range(num_steps):
        loss = F.mse_loss(model(features_of(coords, frequencies)), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if -10 * math.log10(losses[-1]) >= until_psnr_db:
            break
    return losses
