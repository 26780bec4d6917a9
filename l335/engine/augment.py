"""Random shifts and flips of a batch, on whatever device it lies on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def randomly_shifted(images: Tensor, pixels: int) -> Tensor:
    """Each image moved by up to ``pixels`` in both directions, zeros moving in.

    Args:
        images: [B, C, H, W], any type.
        pixels: Largest shift; 0 leaves the images alone.

    Returns:
        Images of the same shape and type.
    """
    if pixels == 0:
        return images
    batch, channels, height, width = images.shape
    padded = F.pad(images, [pixels] * 4)
    top, left = torch.randint(0, 2 * pixels + 1, (2, batch), device=images.device)
    rows = top[:, None] + torch.arange(height, device=images.device)  # [B, H]
    columns = left[:, None] + torch.arange(width, device=images.device)  # [B, W]
    image = torch.arange(batch, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[:, None, None]
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]


def randomly_flipped(images: Tensor) -> Tensor:
    """Each image [B, C, H, W] mirrored left to right with a chance of one half."""
    is_flipped = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(is_flipped, images.flip(-1), images)
