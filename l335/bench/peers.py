"""Other people's tools on the same work, where they are installed: skorch, Lightning and JAX.

They are no dependency of the lab: ``pip install skorch lightning jax`` beside it adds their rows.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import FashionMNIST

from l335.bench import notebook

Seconds = Callable[[], float]


def classification_peers(data_dir: Path, num_images: int, batch_size: int) -> dict[str, Seconds]:
    """Seconds of an epoch of the basic net, by name and version of what trains it.

    Each has all images as one tensor of floats beforehand, which is kinder than a notebook's
    pictures one by one.
    """
    found: dict[str, Seconds] = {}
    if _is_installed("skorch"):
        found[_named("skorch")] = lambda: skorch_seconds(*_images(data_dir, num_images), batch_size)
    if _is_installed("lightning"):
        found[_named("lightning")] = lambda: lightning_seconds(
            *_images(data_dir, num_images), batch_size
        )
    return found


def image_peers(frequencies: Tensor, pixels: Tensor, num_steps: int) -> dict[str, Seconds]:
    """Seconds of full-batch steps on an image, compiled beforehand, by name and version."""
    if not _is_installed("jax"):
        return {}
    return {_named("jax"): lambda: jax_seconds(frequencies, pixels, num_steps)}


def _is_installed(name: str) -> bool:
    return util.find_spec(name) is not None


def _named(name: str) -> str:
    return f"{name} {metadata.version(name)}"


def _images(data_dir: Path, num_images: int) -> tuple[Tensor, Tensor]:
    data = FashionMNIST(data_dir, train=True)
    return data.data[:num_images].unsqueeze(1).float().div(255), data.targets[:num_images]


def skorch_seconds(images: Tensor, labels: Tensor, batch_size: int) -> float:
    """One epoch by skorch's classifier."""
    from skorch import NeuralNetClassifier

    net = NeuralNetClassifier(
        notebook.basic_net,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
        lr=0.001,
        batch_size=batch_size,
        max_epochs=1,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    net.initialize()
    started = time.perf_counter()
    net.partial_fit(images.numpy(), labels.numpy())
    return time.perf_counter() - started


def lightning_seconds(images: Tensor, labels: Tensor, batch_size: int) -> float:
    """One epoch by Lightning's trainer, without logger, checkpoints and progress bar."""
    import lightning

    class Basic(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = notebook.basic_net()

        def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
            return F.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.001, momentum=0.9)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises worker processes for the loader
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        started = time.perf_counter()
        trainer.fit(Basic(), loader)
        return time.perf_counter() - started


def jax_seconds(frequencies: Tensor, pixels: Tensor, num_steps: int) -> float:
    """Full-batch Adam steps by JAX, one compiled function a step, its encoding made once."""
    import jax
    import jax.numpy as jnp

    height, width, _ = pixels.shape
    features = jnp.asarray(notebook.features_of(notebook.grid(width, height), frequencies).numpy())
    target = jnp.asarray(pixels.reshape(-1, 3).numpy())
    torch.manual_seed(0)
    weights = [jnp.asarray(p.detach().numpy()) for p in notebook.image_net().parameters()]

    def loss(weights: list[Any]) -> Any:
        values = features
        for place in range(0, len(weights), 2):
            values = values @ weights[place].T + weights[place + 1]
            values = jax.nn.relu(values) if place < len(weights) - 2 else jax.nn.sigmoid(values)
        return jnp.mean((values - target) ** 2)

    def step(weights: list[Any], first: list[Any], second: list[Any], number: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights)
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients, strict=True)]
        weights = [
            w - 1e-3 * (m / (1 - 0.9**number)) / (jnp.sqrt(v / (1 - 0.999**number)) + 1e-8)
            for w, m, v in zip(weights, first, second, strict=True)
        ]
        return weights, first, second, value

    zeros = [jnp.zeros_like(weight) for weight in weights]
    state: tuple[Any, ...] = (weights, zeros, zeros)
    compiled = jax.jit(step)
    jax.block_until_ready(compiled(*state, 1.0))
    started = time.perf_counter()
    for number in range(1, num_steps + 1):
        *moved, value = compiled(*state, float(number))
        state = tuple(moved)
        float(value)
    return time.perf_counter() - started
