"""The weights of a run as a file of their own."""

from __future__ import annotations

from safetensors.numpy import load, save

PREFIX = "model."


def exported_weights(checkpoint: bytes) -> bytes:
    """The weights alone of a checkpoint, as safetensors named ``model.<parameter>``, float32.

    What only training needs, such as the optimiser's state, is left out.
    """
    tensors = {n: values for n, values in load(checkpoint).items() if n.startswith(PREFIX)}
    return save(tensors, {"format": "pt"})
