"""Numbers and lists in words."""

from __future__ import annotations

from l335.wording import decimal, listed, signed


def test_a_number_has_its_sign_but_zero_has_none() -> None:
    assert [signed(1.25, 1), signed(-0.3, 1), signed(-0.01, 1)] == ["+1.2", "−0.3", "0.0"]


def test_words_are_listed_with_an_and_before_the_last() -> None:
    assert [listed([]), listed(["3"]), listed(["3", "5", "8"])] == ["", "3", "3, 5 and 8"]


def test_a_small_setting_is_written_out() -> None:
    values = [0.00001, 1e-7, 0.001, 0.1, 3.0, 100.0, 1 / 3, 0.0]
    shown = ["0.00001", "0.0000001", "0.001", "0.1", "3", "100", "0.333333", "0"]
    assert [decimal(value) for value in values] == shown
