"""Classification of Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics.functional.classification import multiclass_accuracy
from torchvision.datasets import FashionMNIST

from l335.datasets import prepare_fashion_mnist
from l335.engine.sampler import EpochSampler
from l335.engine.task import EvaluationStopped, Preview
from l335.spec import FASHION_MNIST_CLASSES, FASHION_MNIST_SHAPE, ClassifySpec

TRAIN_EVALUATION_SIZE = 10_000
"""Training images judged at each evaluation: as many as the test set, so the gap is fair."""

EVALUATION_BATCH = 100  # small enough that a CNN's activations stay in the cache

FIRST_EPOCH_EVALUATIONS = (1 / 8, 1 / 2)
"""Accuracy rises steepest in the first epoch, so it is looked at there more often."""


def build_classifier(spec: ClassifySpec) -> nn.Sequential:
    """The untrained network of a specification, on the CPU."""
    torch.manual_seed(spec.seed)
    model = spec.model.build(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)
    spec.initialiser.apply_to(model)
    return model


def load_split(data_dir: Path, train: bool) -> tuple[Tensor, Tensor]:
    """Images [N, 1, 28, 28], uint8, and labels [N], int64."""
    prepare_fashion_mnist(data_dir)
    dataset = FashionMNIST(data_dir, train=train, download=False)
    return dataset.data.unsqueeze(1), dataset.targets


def to_inputs(images: Tensor) -> Tensor:
    """Network inputs in [0, 1], float32, from uint8 images of the same shape."""
    return images.to(torch.float32).div_(255)


class ClassifyTask:
    """Trains a classifier; images stay on the device as bytes and become floats per batch."""

    def __init__(self, spec: ClassifySpec, data_dir: Path, device: str) -> None:
        self.spec = spec
        # Convolutions run about twice as fast on two CPU cores with channels last.
        model = build_classifier(spec).to(memory_format=torch.channels_last)
        self.model: nn.Sequential = model.to(device)
        self.optimizer = spec.optimizer.build(self.model.parameters(), spec.lr)
        images, labels = load_split(data_dir, train=True)
        # A subset keeps the same images whatever else changes: drawn by the seed alone.
        chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(spec.seed))
        chosen = chosen[: spec.train_size]
        self.images, self.labels = images[chosen].to(device), labels[chosen].to(device)
        self.sampler = EpochSampler(len(chosen), spec.batch_size, spec.seed, device)
        self._data_dir, self._device = data_dir, device
        self._test: tuple[Tensor, Tensor] | None = None
        per_epoch = self.sampler.steps_per_epoch
        self._early = {max(1, round(share * per_epoch)) for share in FIRST_EPOCH_EVALUATIONS}

    def accumulate_gradients(self, step: int) -> Tensor:
        indices = self.sampler.batch(step)
        logits = self.model(to_inputs(self.images[indices]))  # [B, 10]
        loss = F.cross_entropy(logits, self.labels[indices])
        loss.backward()
        return loss.detach()

    def is_evaluation_due(self, step: int) -> bool:
        if step == 0:  # untrained is at chance; judging it would only delay the first point
            return False
        return step % self.sampler.steps_per_epoch == 0 or step in self._early

    def evaluate(self, should_stop: Callable[[], bool]) -> dict[str, float]:
        if self._test is None:
            images, labels = load_split(self._data_dir, train=False)
            self._test = images.to(self._device), labels.to(self._device)
        return {
            **self._judge("train", self.images[:TRAIN_EVALUATION_SIZE], self.labels, should_stop),
            **self._judge("test", *self._test, should_stop),
        }

    @torch.inference_mode()
    def _judge(
        self, split: str, images: Tensor, labels: Tensor, should_stop: Callable[[], bool]
    ) -> dict[str, float]:
        self.model.eval()
        batches: list[Tensor] = []
        for batch in images.split(EVALUATION_BATCH):
            if should_stop():
                raise EvaluationStopped
            batches.append(self.model(to_inputs(batch)))
        self.model.train()
        logits = torch.cat(batches)  # [N, 10]
        labels = labels[: len(logits)]
        accuracy = multiclass_accuracy(logits, labels, FASHION_MNIST_CLASSES, average="micro")
        scores = {f"{split}/accuracy": accuracy.item()}
        if split == "test":  # the train loss is already reported from the batches
            scores["test/loss"] = F.cross_entropy(logits, labels).item()
        return scores

    def previews(self) -> list[Preview]:
        return []
