"""Looks that can't be done are refused with sentences, before they reach a worker."""

from __future__ import annotations

from typing import Any

import pytest

from l335.analyses.looks import (
    FeatureMapsLook,
    MovieLook,
    NeuronsLook,
    UpsampleLook,
    look_from_dict,
)
from l335.core.errors import SpecError

UNIT = {"kind": "unit", "index": 1, "step": 0, "layer": "conv1", "channel": 0, "row": 0}


def test_a_look_comes_from_what_was_sent() -> None:
    assert look_from_dict({"kind": "feature_maps", "index": 3}) == FeatureMapsLook(index=3)
    assert look_from_dict({"kind": "upsample", "factor": 8}) == UpsampleLook(factor=8)
    assert look_from_dict({"kind": "neurons", "place": 2}) == NeuronsLook(place=2)
    assert look_from_dict({"kind": "movie"}) == MovieLook()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "upsample", "factor": 9}, "`factor` is 9; it must be a number between 1 and 8."),
        ({"kind": "upsample"}, "Give either `factor`, or both `width` and `height` in pixels."),
        ({"kind": "upsample", "width": 8}, "Give either `factor`, or both `width`"),
        ({"kind": "upsample", "factor": 2, "width": 8, "height": 8}, "Give either `factor`, or"),
        (
            {"kind": "upsample", "width": 8193, "height": 1},
            "`width` is 8193; it must be a whole number between 1 and 8,192.",
        ),
        ({"kind": "upsample", "factor": 2, "bits": 12}, "`bits` is 12; it must be `8` or `16`."),
        (
            {"kind": "upsample", "factor": 2, "margin": 0.6},
            "`margin` is 0.6; it must be a number between 0 and 0.5.",
        ),
        ({"kind": "upsample", "factor": 2, "place": -1}, "`place` is -1; it must be a whole"),
        ({"kind": "neurons", "place": -1}, "`place` is -1; it must be a whole number between 0"),
        ({"kind": "movie", "place": 1}, "`place` is not a setting here"),
        ({"kind": "upsample", "factor": 2, "facto": 1}, "`facto` is not a setting here"),
        ({"kind": "dream"}, "`kind` is 'dream'; it must be one of `feature_maps`, `unit`"),
        ({}, "`kind` is None; it must be one of"),
        ({"kind": "feature_maps"}, "Give either `index`, a test image, or `image`"),
        ({"kind": "feature_maps", "index": 1, "image": "a" * 64}, "Give either `index`"),
        ({"kind": "feature_maps", "index": 10_000}, "whole number between 0 and 9,999"),
        (
            {"kind": "feature_maps", "image": "../x"},
            "`image` is `../x`; it must be the address of a stored image, its SHA-256.",
        ),
        (
            UNIT | {"column": -1},
            "`column` is -1; it must be a whole number of 0 or more.",
        ),
        (
            UNIT | {"column": 0, "layer": "../etc"},
            "`layer` is `../etc`; it must be the name of a layer, as `conv1`.",
        ),
    ],
)
def test_a_look_that_can_not_be_done_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as refused:
        look_from_dict(values)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("values", [None, [], "upsample", 3])
def test_what_is_not_even_an_object_is_refused(values: Any) -> None:
    with pytest.raises(SpecError, match="must be an object"):
        look_from_dict(values)
