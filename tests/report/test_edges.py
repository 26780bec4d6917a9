"""Values an axis has no place for: at the edge of every kind of chart, and in words."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from PIL import Image

from l335.export.report.curves import mean_curve
from l335.export.report.document import Chart, Curve
from l335.export.report.drawing import drawn
from l335.export.report.edges import (
    MOST_MARKS,
    edge_of,
    on_axis,
    places_behind,
    whole_band,
    with_marks,
)
from l335.export.report.interactive import figure_json

NAN, INF = math.nan, math.inf
LOSSES = (1.0, 0.5, NAN, 0.1, 0.01, 0.0, 0.0, 0.0)
ZERO = "▼ at the lower edge: 0, which a logarithmic axis has no place for"


def chart(values: tuple[float | None, ...], *, is_log: bool = True, **band: object) -> Chart:
    steps = tuple(float(step) for step in range(1, len(values) + 1))
    curve = Curve("CNN", steps, values, **band)  # type: ignore[arg-type]
    return Chart("Loss", "Step", "Loss", (curve,), "A loss.", y_log=is_log)


@pytest.mark.parametrize(
    ("value", "on_linear", "on_log"),
    [
        (1.0, None, None),
        (0.0, None, "low"),
        (-1.0, None, "low"),
        (INF, "high", "high"),
        (-INF, "low", "low"),
        (NAN, None, None),
        (None, None, None),
    ],
)
def test_the_edge_a_value_lies_behind(
    value: float | None, on_linear: str | None, on_log: str | None
) -> None:
    assert edge_of(value, is_log=False) == on_linear
    assert edge_of(value, is_log=True) == on_log


def test_only_what_has_a_place_is_drawn() -> None:
    assert on_axis([1.0, 0.0, NAN, INF, None], is_log=True) == [1.0, None, None, None, None]
    assert on_axis([0.0, -INF], is_log=False) == [0.0, None]
    assert whole_band([0.0, 1.0], [2.0, 3.0], is_log=True) == ([None, 1.0], [None, 3.0])
    places = places_behind([0.0] * 5000, "low", is_log=True)
    assert (len(places), places[0], places[-1]) == (MOST_MARKS, 0, 4999)


def test_a_page_marks_zeros_at_its_lower_edge() -> None:
    figure = json.loads(figure_json(chart(LOSSES)))
    line, marks = figure["data"]
    assert line["y"] == [1, 0.5, None, 0.1, 0.01, None, None, None]
    assert (marks["x"], marks["y"]) == ([6, 7, 8], [0, 0, 0])
    assert marks["text"] == ["CNN: 0"] * 3
    assert (marks["name"], marks["showlegend"]) == (ZERO, True)
    assert marks["marker"]["symbol"] == "triangle-down"
    assert figure["layout"][f"yaxis{marks['yaxis'][1:]}"]["range"] == [0, 1]
    linear = json.loads(figure_json(chart((1.0, 0.0), is_log=False)))
    assert len(linear["data"]) == 1
    assert "yaxis2" not in linear["layout"]


def test_a_perfect_fit_is_seen_and_said() -> None:
    perfect = chart((30.0, INF, 40.0, -INF), is_log=False)
    assert "▲ at the upper edge: infinite" in perfect.alt
    low, high = json.loads(figure_json(perfect))["data"][1:]
    assert (low["text"], high["text"]) == (["CNN: minus infinite"], ["CNN: infinite"])
    assert (low["y"], high["y"]) == ([0], [1])


def test_each_edge_is_explained_once_and_quiet_traces_get_no_marks() -> None:
    traces = [
        {"name": name, "x": [1, 2], "y": [0.0, INF], "line": {"color": "#123456"}} for name in "ab"
    ]
    quiet = {"x": [1], "y": [0.0], "hoverinfo": "skip"}
    figure = with_marks([*traces, quiet, {"type": "bar"}], {"height": 9}, is_log=True)
    marks = [trace for trace in figure["data"] if trace.get("yaxis") == "y2"]
    assert [mark["showlegend"] for mark in marks] == [True, True, False, False]
    assert {mark["marker"]["color"] for mark in marks} == {"#123456"}
    assert figure["layout"]["height"] == 9


def test_a_figure_has_the_marks_and_their_words() -> None:
    svg = drawn(chart(LOSSES), "svg").decode()
    assert ZERO in svg
    assert ZERO not in drawn(chart((1.0, 0.5)), "svg").decode()
    both = [drawn(chart(values), "png") for values in ((1.0, 0.1, 0.0), (1.0, 0.1, None))]
    with Image.open(io.BytesIO(both[0])) as one, Image.open(io.BytesIO(both[1])) as other:
        assert one.size[1] >= other.size[1]
        assert np.asarray(one).any()


def test_a_mean_is_infinite_where_a_seed_is_and_a_gap_where_one_is_no_number() -> None:
    seeds = [{1.0: 2.0, 2.0: INF, 3.0: NAN}, {1.0: 4.0, 2.0: 5.0, 3.0: 6.0}]
    curve = mean_curve("CNN", seeds, 0)
    assert curve is not None
    assert (curve.y, curve.low) == ((3, INF, None), (2, None, None))
    assert mean_curve("CNN", [{1.0: NAN}], 0) is None
