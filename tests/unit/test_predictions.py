"""Predictions as the engine records them, and where two classifiers disagree."""

from __future__ import annotations

import json

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from l335.engine.evaluation import evaluation_report
from l335.statistics.predictions import Predictions, disagreements, read_predictions


def test_recorded_answers_are_read_as_the_engine_meant_them() -> None:
    logits = torch.randn(200, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(200) % 10
    recorded = json.dumps(evaluation_report(logits, labels)).encode()
    found = read_predictions(recorded)
    confidence, predicted = logits.softmax(-1).max(-1)
    assert found.predicted.tolist() == predicted.tolist()
    np.testing.assert_allclose(found.confidence, confidence.numpy(), atol=1e-5)


def test_the_most_confident_come_first() -> None:
    labels = np.array([0, 0, 0, 0, 0, 0], np.uint8)
    a = Predictions(
        np.array([0, 0, 1, 1, 0, 2], np.uint8), np.array([0.5, 0.9, 0.5, 0.4, 1.0, 0.9])
    )
    b = Predictions(
        np.array([1, 2, 0, 2, 0, 2], np.uint8), np.array([0.4, 0.8, 0.5, 0.3, 1.0, 0.9])
    )
    found = disagreements(a, b, labels)
    assert {kind: places.tolist() for kind, places in found.items()} == {
        "only_a": [1, 0],
        "only_b": [2],
        "neither": [3],
    }


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3, *[st.floats(0, 1)] * 2), min_size=1))
def test_every_different_answer_is_found_once(
    images: list[tuple[int, int, int, float, float]],
) -> None:
    labels, first, second, sure, other = (np.array(column) for column in zip(*images, strict=True))
    a = Predictions(first.astype(np.uint8), sure)
    b = Predictions(second.astype(np.uint8), other)
    found = disagreements(a, b, labels.astype(np.uint8))
    together = np.concatenate(list(found.values()))
    assert sorted(together.tolist()) == np.flatnonzero(first != second).tolist()
    turned = disagreements(b, a, labels.astype(np.uint8))
    assert turned["only_b"].tolist() == found["only_a"].tolist()
    for places in found.values():
        assert (np.diff((sure + other)[places]) <= 0).all()
