"""What a classifier answered to each test image, and the images on which two disagree."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CONFIDENCE_LEVELS = 2**16 - 1
"""A recorded probability is a whole number of so many parts."""

Kind = Literal["only_a", "only_b", "neither"]


@dataclass(frozen=True)
class Predictions:
    """One evaluation of a classifier, image by image.

    Attributes:
        predicted: The class it answers [N].
        confidence: The probability it gives to that class [N], in [0, 1].
    """

    predicted: NDArray[np.uint8]
    confidence: NDArray[np.float64]


def read_predictions(evaluation: bytes) -> Predictions:
    """The answers in a recorded evaluation, which is JSON."""
    report = json.loads(evaluation)
    levels = np.frombuffer(base64.b64decode(report["confidence"]), "<u2")
    return Predictions(
        np.frombuffer(base64.b64decode(report["predicted"]), np.uint8),
        levels / CONFIDENCE_LEVELS,
    )


def disagreements(
    a: Predictions, b: Predictions, labels: NDArray[np.uint8]
) -> dict[Kind, NDArray[np.int64]]:
    """The images two classifiers answer differently, the most confident answers first.

    Args:
        a: Predictions of the first [N].
        b: Predictions of the second [N].
        labels: True classes [N].

    Returns:
        Places of the images only the first gets right, only the second, and neither; the mean of
        both probabilities falls along each, and equals stand in the order of the images.
    """
    differs = a.predicted != b.predicted
    a_right, b_right = a.predicted == labels, b.predicted == labels
    by_confidence = np.argsort(-(a.confidence + b.confidence), kind="stable")
    found: dict[Kind, NDArray[np.bool_]] = {
        "only_a": a_right & ~b_right,
        "only_b": b_right & ~a_right,
        "neither": differs & ~a_right & ~b_right,
    }
    return {kind: by_confidence[chosen[by_confidence]] for kind, chosen in found.items()}
