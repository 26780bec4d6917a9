"""Numbers and lists in words."""

from __future__ import annotations

from l335.wording import listed, signed


def test_a_number_has_its_sign_but_zero_has_none() -> None:
    assert [signed(1.25, 1), signed(-0.3, 1), signed(-0.01, 1)] == ["+1.2", "−0.3", "0.0"]


def test_words_are_listed_with_an_and_before_the_last() -> None:
    assert [listed([]), listed(["3"]), listed(["3", "5", "8"])] == ["", "3", "3, 5 and 8"]
