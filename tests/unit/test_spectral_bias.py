"""The sentence on coarse and fine detail says what the numbers say, whichever way they go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from l335.data.images.spectrum import frequency_bands
from l335.statistics.spectral_bias import course_of, sentence

BANDS = frequency_bands(64, 64)
TARGET = (1 / BANDS.centres**2).tolist()
IS_LOW = BANDS.edges[1:] <= 4.5


def spectrum(step: int, low: float | None, high: float | None) -> dict[str, Any]:
    """Error power as a share of the target's, below 4 cycles and above."""
    shares = [low if is_low else high for is_low in IS_LOW]
    error = [
        None if share is None else share * power
        for share, power in zip(shares, TARGET, strict=True)
    ]
    return {
        "step": step,
        "bands": BANDS.centres.tolist(),
        "edges": BANDS.edges.tolist(),
        "target": TARGET,
        "fit": TARGET,
        "error": error,
    }


def test_coarse_before_fine_is_said_with_the_steps_and_shares() -> None:
    spectra = [spectrum(0, 1, 1), spectrum(20, 0.4, 0.98), spectrum(90, 0.002, 0.71)]
    assert sentence(spectra) == (
        "Up to 4 cycles per image half of the error's power was gone by step 20, and under 1 % of "
        "it is left at step 90; from 16 cycles on the error's power never fell to half, and 71 % "
        "of it is left at step 90."
    )


def test_fine_before_coarse_is_said_just_so() -> None:
    spectra = [spectrum(0, 1, 1), spectrum(20, 0.9, 0.25), spectrum(90, 0.5, 0.2)]
    text = sentence(spectra[::-1])  # whatever their order
    assert "Up to 4 cycles per image half of the error's power was gone by step 90" in text
    assert "from 16 cycles on half of the error's power was gone by step 20, and 20 %" in text


def test_an_error_that_grew_is_said_to_have_grown() -> None:
    text = sentence([spectrum(0, 1, 1), spectrum(50, 0.5, 37)])
    assert "from 16 cycles on the error's power grew to 37 times what it was at step 0" in text


@pytest.mark.parametrize(
    ("spectra", "expected"),
    [
        ([], "No spectrum has been recorded yet."),
        ([spectrum(3, 1, 1)], "Only step 3 has been recorded yet; a course needs two."),
        (
            [spectrum(0, 1, 1), spectrum(1200, None, 1)],
            "The fit held values that are not numbers from step 1,200 on.",
        ),
        (
            [spectrum(0, 0, 0), spectrum(9, 0, 0)],
            "There was no error to lose: the fit was exact from the first recorded step on.",
        ),
        (
            [spectrum(step, 1, 1) | {"target": [0.0] * len(TARGET)} for step in (0, 5)],
            "The picture has no detail in any band, so there is none to learn.",
        ),
    ],
)
def test_what_has_no_course_gets_a_sentence_of_its_own(
    spectra: list[dict[str, Any]], expected: str
) -> None:
    assert sentence(spectra) == expected


def test_a_picture_of_few_pixels_has_one_group() -> None:
    bands = frequency_bands(6, 6)
    flat = [1.0] * len(bands.centres)
    rows = [
        {"step": step, "edges": bands.edges.tolist(), "target": flat, "error": [left] * len(flat)}
        for step, left in ((0, 1.0), (4, 0.3))
    ]
    assert sentence(rows) == (
        "Over all frequencies half of the error's power was gone by step 4, and 30 % of it is "
        "left at step 4."
    )


def test_the_relative_error_is_error_over_target_and_unknown_where_there_is_none() -> None:
    one = spectrum(0, 0.5, 2)
    one["target"] = [0.0, *TARGET[1:]]
    course = course_of([one])
    assert course is not None
    assert np.isnan(course.relative[0, 0])
    np.testing.assert_allclose(course.relative[0, 1:][IS_LOW[1:]], 0.5)
    np.testing.assert_allclose(course.relative[0, ~IS_LOW], 2)
