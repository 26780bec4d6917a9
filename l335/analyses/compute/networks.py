"""Networks of a run as they were, and the images they are shown."""

from __future__ import annotations

from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor, nn

from l335.core.errors import LabError
from l335.data.images.garment import to_garment
from l335.engine.checkpoint import load_weights
from l335.engine.classify import as_trained, build_classifier, load_split
from l335.engine.train import Resources
from l335.spec import ClassifySpec


def network_at(spec: ClassifySpec, file: bytes) -> nn.Sequential:
    """The network with the weights of a snapshot or checkpoint, in evaluation mode, on the CPU."""
    model = build_classifier(spec)
    load_weights(load(file), model)
    return model.eval()


def inspected_image(
    spec: ClassifySpec, params: dict[str, Any], resources: Resources
) -> tuple[Tensor, int | None, bool]:
    """The image a look is about, as the network sees it.

    Returns:
        Image [1, 1, 28, 28], uint8; its true label where known; whether it was inverted.

    Raises:
        LabError: There is no such test image.
    """
    if params.get("image"):
        pixels, inverted = to_garment(resources.read_blob(params["image"]))
        image = torch.from_numpy(pixels)[None, None]
        return as_trained(spec, image), None, inverted
    index = int(params["index"])
    images, labels = load_split(spec, resources.data_dir, train=False)
    if not 0 <= index < len(images):
        raise LabError(f"`index` is {index}; it must be between 0 and {len(images) - 1:,}.")
    return images[index : index + 1], int(labels[index]), False
