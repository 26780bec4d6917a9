"""How close pictures are to the image; the figures are torchmetrics'."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

SSIM_WINDOW = 11  # pixels; with sigma 1.5, the metric's published setting


def psnr_db(prediction: Tensor, target: Tensor) -> float:
    """PSNR in dB, mean squared error pooled over pixels and channels, both clamped to [0, 1]."""
    score: Tensor = peak_signal_noise_ratio(prediction, target, data_range=(0.0, 1.0))
    return score.item()


def ssims(pictures: Tensor, target: Tensor) -> Tensor | None:
    """Structural similarity [S] of pictures [S, H, W, 3] to one target [H, W, 3], in [-1, 1].

    The mean over all windows that lie wholly within the picture, as in the paper. torchmetrics
    mirrors the picture at its border and counts windows that reach over it as well, so what it
    gives for those is cut away from its map (torchmetrics itself no longer does so since 1.4.2).

    Returns:
        None where a side is shorter than the metric's window of 11 pixels.

    Source: Wang et al. 2004, Image Quality Assessment, section III-C.
    """
    if min(target.shape[:2]) < SSIM_WINDOW:
        return None
    # One by one: torchmetrics widens all pictures of a batch at once.
    return torch.stack([_ssim(picture, target) for picture in pictures])


def _ssim(picture: Tensor, target: Tensor) -> Tensor:
    _, of_windows = structural_similarity_index_measure(
        picture.permute(2, 0, 1)[None],
        target.permute(2, 0, 1)[None],
        sigma=1.5,
        kernel_size=SSIM_WINDOW,
        data_range=1.0,
        return_full_image=True,
    )
    edge = SSIM_WINDOW // 2
    height, width = target.shape[:2]
    return of_windows[..., edge : height - edge, edge : width - edge].mean()
