"""Classification of Fashion-MNIST."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.datasets import FashionMNIST

from l335.data.datasets import prepare_fashion_mnist
from l335.engine.augment import randomly_flipped, randomly_shifted
from l335.engine.evaluation import accuracy_and_loss, calibration_error, evaluation_report
from l335.engine.label_noise import with_wrong_labels
from l335.engine.precision import FLOAT32, forward_pass
from l335.engine.sampler import EpochSampler
from l335.engine.snapshots import Part, pack_evaluation, pack_weights, snapshot_steps
from l335.engine.statistics import (
    ActivationStatistics,
    UpdateStatistics,
    layer_report,
)
from l335.engine.task import EvaluationStopped, Preview
from l335.spec import (
    FASHION_MNIST_CLASSES,
    FASHION_MNIST_SHAPE,
    FASHION_MNIST_TEST,
    ClassifySpec,
)
from l335.spec.classify import TRAIN_EVALUATION_SIZE

EVALUATION_BATCH = 100  # small enough that a CNN's activations stay in the cache
EVALUATION_BATCH_GPU = 1000  # large enough that a GPU has something to do
WATCHED_IMAGES = 1000  # over which activations are summed up

PERMUTATION_SEED = 335  # one permutation for all runs, so that they can be compared


def build_classifier(spec: ClassifySpec) -> nn.Sequential:
    """The untrained network of a specification, on the CPU."""
    torch.manual_seed(spec.seed)
    model = spec.model.build(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)
    spec.initialiser.apply_to(model)
    return model


def load_split(spec: ClassifySpec, data_dir: Path, train: bool) -> tuple[Tensor, Tensor]:
    """Images as a run sees them [N, 1, 28, 28], uint8, and labels [N], int64."""
    prepare_fashion_mnist(data_dir)
    dataset = FashionMNIST(data_dir, train=train, download=False)
    return as_trained(spec, dataset.data.unsqueeze(1)), dataset.targets


def as_trained(spec: ClassifySpec, images: Tensor) -> Tensor:
    """Images [N, 1, 28, 28] as a run sees them: with its pixels permuted, where it asks for it."""
    if not spec.permute_pixels:
        return images
    generator = torch.Generator().manual_seed(PERMUTATION_SEED)
    order = torch.randperm(images[0].numel(), generator=generator).to(images.device)
    return images.flatten(1)[:, order].view_as(images)


def to_inputs(images: Tensor) -> Tensor:
    """Network inputs in [0, 1], float32, from uint8 images of the same shape."""
    return images.to(torch.float32).div_(255)


class ClassifyTask:
    """Trains a classifier; images stay on the device as bytes and become floats per batch."""

    def __init__(
        self, spec: ClassifySpec, data_dir: Path, device: str, precision: str = FLOAT32
    ) -> None:
        self.spec, self._precision = spec, precision
        self._evaluation_batch = EVALUATION_BATCH if device == "cpu" else EVALUATION_BATCH_GPU
        # Convolutions run about twice as fast on two CPU cores with channels last.
        model = build_classifier(spec).to(memory_format=torch.channels_last)
        self.model: nn.Sequential = model.to(device)
        self.optimizer = spec.optimizer.build(self.model.parameters(), spec.lr)
        images, labels = load_split(spec, data_dir, train=True)
        # A subset keeps the same images whatever else changes: drawn by the seed alone.
        chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(spec.seed))
        if spec.label_noise:
            labels = with_wrong_labels(labels, spec.label_noise, spec.seed)
        trained, held = chosen[: spec.train_size].split([spec.samples_per_epoch, spec.validation])
        self.images, self.labels = images[trained].to(device), labels[trained].to(device)
        self._validation = images[held].to(device), labels[held].to(device)
        self.sampler = EpochSampler(len(trained), spec.batch_size, spec.seed, device)
        self._data_dir, self._device = data_dir, device
        self._test: tuple[Tensor, Tensor] | None = None
        self._evaluations, self._snapshots = spec.evaluation_steps(), snapshot_steps(spec)
        self._update: UpdateStatistics | None = None
        self._activations: ActivationStatistics | None = None
        self._test_logits: Tensor | None = None

    def batch(self, step: int) -> Tensor:
        return self.sampler.batch(step)

    def accumulate_gradients(self, batch: Tensor) -> Tensor:
        images = randomly_shifted(self.images[batch], self.spec.shift)
        if self.spec.flip:
            images = randomly_flipped(images)
        with forward_pass(self._precision, self._device):
            logits = self.model(to_inputs(images))  # [B, 10]
        loss = F.cross_entropy(
            logits.float(), self.labels[batch], label_smoothing=self.spec.label_smoothing
        )
        loss.backward()
        return loss.detach()

    def is_watched(self, step: int) -> bool:
        return self.is_evaluation_due(step)

    def update(self, step: int) -> dict[str, float]:
        self._update = None
        if not self.is_watched(step):
            self.optimizer.step()
            return {}
        self._update = UpdateStatistics(self.model)
        self.optimizer.step()
        self._update.finish()
        return self._update.rows()

    def is_evaluation_due(self, step: int) -> bool:
        # Untrained it is at chance; judging that would only delay the first point.
        return step in self._evaluations

    @property
    def evaluation_batches(self) -> int:
        trained = len(self.images[:TRAIN_EVALUATION_SIZE])
        num_images = trained, self.spec.validation, FASHION_MNIST_TEST
        return sum(math.ceil(number / self._evaluation_batch) for number in num_images)

    def evaluate(self, step: int, should_stop: Callable[[], bool]) -> dict[str, float]:
        if self._test is None:
            images, labels = load_split(self.spec, self._data_dir, train=False)
            self._test = images.to(self._device), labels.to(self._device)
        images, labels = self.images[:TRAIN_EVALUATION_SIZE], self.labels[:TRAIN_EVALUATION_SIZE]
        train = self._logits(images, should_stop)
        validation = self._validation_scores(should_stop)
        self._activations = ActivationStatistics(self.model)
        test = self._logits(self._test[0], should_stop, self._activations)
        self._test_logits = test
        train_accuracy, train_loss = accuracy_and_loss(train, labels)
        test_accuracy, test_loss = accuracy_and_loss(test, self._test[1])
        return {
            "train/accuracy": train_accuracy,
            "train/eval_loss": train_loss,
            **validation,
            "test/accuracy": test_accuracy,
            "test/loss": test_loss,
            "test/ece": calibration_error(test, self._test[1]),
            **self._activations.rows(),
        }

    def _validation_scores(self, should_stop: Callable[[], bool]) -> dict[str, float]:
        images, labels = self._validation
        if not len(images):
            return {}
        accuracy, loss = accuracy_and_loss(self._logits(images, should_stop), labels)
        return {"validation/accuracy": accuracy, "validation/loss": loss}

    def baseline(self) -> dict[str, float]:
        """Activations and dead units before the first step, over training images."""
        untrained = ActivationStatistics(self.model, has_histograms=False)
        for batch in self.images[:WATCHED_IMAGES].split(self._evaluation_batch):
            with untrained.watching():
                self._logits(batch, lambda: False)
        return untrained.rows()

    @torch.inference_mode()
    def _logits(
        self,
        images: Tensor,
        should_stop: Callable[[], bool],
        watch: ActivationStatistics | None = None,
    ) -> Tensor:
        self.model.eval()
        rows: list[Tensor] = []
        for number, batch in enumerate(images.split(self._evaluation_batch)):
            if should_stop():
                raise EvaluationStopped
            if watch is not None and number * self._evaluation_batch < WATCHED_IMAGES:
                with watch.watching():
                    rows.append(self.model(to_inputs(batch)))
            else:
                rows.append(self.model(to_inputs(batch)))
        self.model.train()
        return torch.cat(rows)  # [N, 10]

    def previews(self) -> list[Preview]:
        return []

    def snapshot(self, step: int) -> list[Part]:
        if step not in self._snapshots:
            return []
        parts = [pack_weights(self.model, step)]
        if self._test_logits is not None and self._test is not None:
            report = evaluation_report(self._test_logits, self._test[1])
            layers = layer_report(self.model, self._update, self._activations)
            place = {"step": step, "epoch": self.spec.epochs_at(step)}
            parts.append(pack_evaluation({**place, **report, "layers": layers}))
        return parts
