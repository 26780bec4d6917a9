"""How precisely matrix products and convolutions are computed.

``float32`` is exact to 24 bits. ``tf32`` reads factors of products with 11 bits and sums up in
float32, on a GPU up to ten times as fast. ``bf16`` makes activations themselves 8 bits wide, which
halves what goes through memory; gradients' sums, weights and optimiser stay float32. Phases of
encodings are no products (``l335.modules.fourier``), so they are float32 in all of them: a phase
of 1,000 radians with 11 bits would be wrong by half a radian.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

FLOAT32, TF32, BF16 = "float32", "tf32", "bf16"


def pick_precision(name: str, device: str) -> str:
    """The precision to train with; ``auto`` is tf32 on a CUDA device, else float32."""
    if name != "auto":
        return name
    return TF32 if device.startswith("cuda") else FLOAT32


@contextlib.contextmanager
def products(precision: str, device: str) -> Iterator[None]:
    """Within, products and convolutions of float32 on a CUDA device are in full, or as tf32."""
    if not device.startswith("cuda"):
        yield
        return
    is_full = precision == FLOAT32
    was = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest" if is_full else "high")
    torch.backends.cudnn.allow_tf32 = not is_full
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(was[0])
        torch.backends.cudnn.allow_tf32 = was[1]


def forward_pass(precision: str, device: str) -> contextlib.AbstractContextManager[object]:
    """What a forward pass in training runs in: layers as bf16 where that is asked for."""
    if precision != BF16:
        return contextlib.nullcontext()  # making an autocast that does nothing takes microseconds
    kind = device.partition(":")[0]
    # Weights are narrowed anew in each pass; kept ones would be those of a recorded step.
    return torch.autocast(kind, dtype=torch.bfloat16, cache_enabled=False)
