"""Test accuracy on images moved by a few pixels."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics.functional.classification import multiclass_accuracy

from l335.analyses.compute.networks import network_at
from l335.analyses.compute.product import Product, as_json
from l335.engine.classify import EVALUATION_BATCH, as_trained, load_split, to_inputs
from l335.engine.train import Resources
from l335.spec import FASHION_MNIST_CLASSES, ClassifySpec

MAX_SHIFT = 4
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
"""Columns and rows that an image moves by."""


def shifted(images: Tensor, right: int, down: int) -> Tensor:
    """Images [N, C, H, W] moved by whole pixels, zeros moving in; negative is left and up."""
    return F.pad(images, [right, -right, down, -down])


@torch.inference_mode()
def shifted_accuracy(
    spec: ClassifySpec, checkpoint: bytes, resources: Resources, report: Callable[[float], None]
) -> Product:
    """Accuracy on all test images, moved by 0 to 4 pixels in each of four directions.

    The images move before their pixels are permuted, as they would in front of a camera.
    """
    model = network_at(spec, checkpoint).to(memory_format=torch.channels_last)
    model = model.to(resources.device)
    plain = spec.model_copy(update={"permute_pixels": False})
    images, labels = load_split(plain, resources.data_dir, train=False)
    num_rounds, done = 1 + MAX_SHIFT * len(DIRECTIONS), 0

    def accuracy(right: int, down: int) -> float:
        nonlocal done
        moved = as_trained(spec, shifted(images, right, down))
        logits = [
            model(to_inputs(batch.to(resources.device))).cpu()
            for batch in moved.split(EVALUATION_BATCH)
        ]
        done += 1
        report(done / num_rounds)
        share = multiclass_accuracy(
            torch.cat(logits), labels, FASHION_MNIST_CLASSES, average="micro"
        )
        return share.item()

    still = accuracy(0, 0)
    by_direction = {
        name: [still] + [accuracy(x * pixels, y * pixels) for pixels in range(1, MAX_SHIFT + 1)]
        for name, (x, y) in DIRECTIONS.items()
    }
    means = [sum(column) / len(DIRECTIONS) for column in zip(*by_direction.values(), strict=True)]
    shifts = list(range(MAX_SHIFT + 1))
    values = {"shifts": shifts, "accuracy": means, "directions": by_direction}
    return as_json("shifted_accuracy", values)
