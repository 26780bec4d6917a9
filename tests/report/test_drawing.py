"""Figures hold numbers and names, never the text of formulas."""

from __future__ import annotations

import re

import pytest

from l335.export.report.document import Chart, Curve, Line
from l335.export.report.drawing import drawn

RANGES = {
    "many decades": (1e-5, 1e-3, 1.0),
    "half a decade": (0.011, 0.03, 0.05),
    "a hair's breadth": (2.0, 2.1, 2.2),
    "tiny": (1e-9, 1e-8, 3e-8),
    "large": (1.0, 10.0, 1e6),
}


def texts(svg: bytes) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())


def chart(values: tuple[float, ...], *, x_log: bool, y_log: bool) -> Chart:
    curve = Curve("lr 0.1", values, values, values, values)
    lines = (Line("guessing", values[1]),)
    return Chart("Loss", "Step", "Loss", (curve,), "", lines, x_log=x_log, y_log=y_log)


@pytest.mark.parametrize("y_log", [False, True])
@pytest.mark.parametrize("x_log", [False, True])
@pytest.mark.parametrize("name", RANGES)
def test_axes_have_plain_numbers(name: str, x_log: bool, y_log: bool) -> None:
    shown = texts(drawn(chart(RANGES[name], x_log=x_log, y_log=y_log), "svg"))
    assert not [text for text in shown if "$" in text or "\\" in text or "{" in text]
    numbers = [text for text in shown if re.fullmatch(r"[−\d.e]+", text)]
    assert len(numbers) >= 4
    assert {"Step", "Loss"} <= set(shown)


def test_a_logarithmic_axis_writes_its_numbers_out() -> None:
    shown = texts(drawn(chart(RANGES["many decades"], x_log=False, y_log=True), "svg"))
    assert {"0.00001", "0.0001", "0.001", "0.01", "0.1", "1"} <= set(shown)
