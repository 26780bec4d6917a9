"""How well a classifier does on a set of images; the figures are torchmetrics'."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)

NUM_CALIBRATION_BINS = 15  # as usual since Guo et al. 2017
_CONFIDENCE_LEVELS = 2**16 - 1


def accuracy_and_loss(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Share of right answers and mean cross-entropy of logits [N, K] for labels [N]."""
    num_classes = logits.shape[1]
    accuracy = multiclass_accuracy(logits, labels, num_classes, average="micro")
    return accuracy.item(), F.cross_entropy(logits, labels).item()


def calibration_error(logits: Tensor, labels: Tensor) -> float:
    """Expected calibration error in [0, 1] over 15 equal bins; nan where a logit is not finite."""
    if not logits.isfinite().all():
        return float("nan")
    return multiclass_calibration_error(
        logits.softmax(-1), labels, logits.shape[1], n_bins=NUM_CALIBRATION_BINS
    ).item()


def evaluation_report(logits: Tensor, labels: Tensor) -> dict[str, Any]:
    """Everything the page shows of one evaluation, ready for JSON.

    Args:
        logits: [N, K], float32.
        labels: [N], int64.

    Returns:
        Confusion matrix (rows true, columns predicted), figures of each class, calibration, and
        for each image the predicted class (base64 of uint8) and its probability (base64 of
        little-endian uint16, times 65535).
    """
    num_classes = logits.shape[1]
    confidence, predicted = logits.softmax(-1).nan_to_num().max(-1)
    per_class = {
        "precision": multiclass_precision(predicted, labels, num_classes, average="none"),
        "recall": multiclass_recall(predicted, labels, num_classes, average="none"),
        "f1": multiclass_f1_score(predicted, labels, num_classes, average="none"),
        "support": labels.bincount(minlength=num_classes),
    }
    levels = (confidence * _CONFIDENCE_LEVELS).round().cpu().numpy().astype("<u2")
    return {
        "num_images": len(labels),
        "confusion": multiclass_confusion_matrix(predicted, labels, num_classes).tolist(),
        "per_class": {name: value.tolist() for name, value in per_class.items()},
        "calibration": _calibration(logits, labels, confidence, predicted),
        "predicted": _base64(predicted.cpu().numpy().astype(np.uint8)),
        "confidence": _base64(levels),
    }


def _calibration(
    logits: Tensor, labels: Tensor, confidence: Tensor, predicted: Tensor
) -> dict[str, Any]:
    edges = torch.linspace(0, 1, NUM_CALIBRATION_BINS + 1, device=logits.device)
    # Bins are closed on the right, as in torchmetrics, whose figure they must add up to.
    place = torch.bucketize(confidence, edges[1:-1])
    count = place.bincount(minlength=NUM_CALIBRATION_BINS)
    sums = [
        torch.zeros(NUM_CALIBRATION_BINS, device=logits.device).index_add_(0, place, values)
        for values in (confidence, (predicted == labels).float())
    ]
    error = calibration_error(logits, labels)
    bins = zip(
        edges[:-1].tolist(),
        edges[1:].tolist(),
        count.tolist(),
        *(values.tolist() for values in sums),
        strict=True,
    )
    return {
        "ece": error if np.isfinite(error) else None,
        "bins": [
            {
                "low": low,
                "high": high,
                "count": number,
                "confidence": confident / number if number else None,
                "accuracy": right / number if number else None,
            }
            for low, high, number, confident, right in bins
        ],
    }


def _base64(values: Any) -> str:
    return base64.b64encode(values.tobytes()).decode()
