"""Numbers, lists and times in words."""

from __future__ import annotations

import itertools
import re

import pytest

from l335.core.wording import decimal, duration, listed, signed

DURATIONS = {
    0: "0.0 s",
    9.94: "9.9 s",
    9.96: "10 s",
    10.5: "11 s",
    59.4: "59 s",
    59.6: "1 min",
    61: "1 min 1 s",
    1020: "17 min",
    3599.4: "59 min 59 s",
    3599.9: "1 h",
    3629.9: "1 h",
    3630: "1 h 1 min",
    7169: "1 h 59 min",
    7199: "2 h",
    7260: "2 h 1 min",
    359999: "100 h",
}
"""Lengths of time at the borders of their units; the browser says the same."""


def test_a_number_has_its_sign_but_zero_has_none() -> None:
    assert [signed(1.25, 1), signed(-0.3, 1), signed(-0.01, 1)] == ["+1.2", "−0.3", "0.0"]


def test_words_are_listed_with_an_and_before_the_last() -> None:
    assert [listed([]), listed(["3"]), listed(["3", "5", "8"])] == ["", "3", "3, 5 and 8"]


def test_a_small_setting_is_written_out() -> None:
    values = [0.00001, 1e-7, 0.001, 0.1, 3.0, 100.0, 1 / 3, 0.0]
    shown = ["0.00001", "0.0000001", "0.001", "0.1", "3", "100", "0.333333", "0"]
    assert [decimal(value) for value in values] == shown


@pytest.mark.parametrize("seconds", DURATIONS)
def test_a_duration_has_no_unit_that_is_full_or_zero(seconds: float) -> None:
    assert duration(seconds) == DURATIONS[seconds]


def test_no_duration_goes_back_and_none_has_sixty_of_a_unit() -> None:
    assert duration(None) == "–"
    said = [duration(tenths / 10) for tenths in range(0, 100_000, 3)]
    assert not [words for words in said if re.search(r"\b60 (s|min)\b|(?<!\.)\b0 (s|min)\b", words)]
    distinct = [words for words, _ in itertools.groupby(said)]
    assert len(distinct) == len(set(distinct)), "the same words never come again later"
