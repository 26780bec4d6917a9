"""A sweep as pictures: a line for each run through its settings, and a map of two settings."""

from __future__ import annotations

import html
import math
import statistics
from collections.abc import Sequence
from typing import Any

import streamlit as st

from l335.core.downsampling import finite
from l335.core.metrics import describe
from l335.labs.results import headed
from l335.results.views import CellView, RunView, SweepView
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.sweep_rows import Axis, last

GREY = "rgb(150, 150, 150)"
SCALE = ("#4a6fe3", "#2f9fbf", "#35b27d", "#a8b820", "#f0a30a")
"""From low to high; every colour stands out on white and on the dark ground."""

WIDE = 20.0
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""

MAX_TICKS = 16


def varied_axes(axes: Sequence[Axis]) -> list[Axis]:
    """The axes worth drawing: settings with several values, or seeds where nothing else varies."""
    several = [axis for axis in axes if len(axis.values) > 1]
    return [axis for axis in several if axis.key != "seed"] or several


def drawn_cells(sweep: SweepView, metric: str) -> tuple[list[CellView], list[CellView]]:
    """Cells that have completed with a figure, and those that failed or have none."""
    over = [cell for cell in sweep.cells if cell.run is not None and cell.run.is_over]
    scored = [cell for cell in over if _score(cell.run, metric) is not None]
    return scored, [cell for cell in over if _score(cell.run, metric) is None]


def _score(run: RunView | None, metric: str) -> float | None:
    return last(run, metric) if run is not None and run.state == "completed" else None


def parallel_view(sweep: SweepView, axes: Sequence[Axis], metric: str) -> None:
    """Draw a line for each run that is over, coloured by what it reached; grey where it failed."""
    scored, broken = drawn_cells(sweep, metric)
    if not scored and not broken:
        st.caption("The lines appear here as the runs end.")
        return
    values = finite(_score(cell.run, metric) for cell in scored)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = (high - low) or max(abs(high), 1.0) * 0.1
    # Where lines without a figure end, and those of a perfect fit.
    floor, ceiling = low - 0.15 * span, low + 1.15 * span
    cells = [*broken, *scored]  # later lines lie above
    scores = [_score(cell.run, metric) for cell in cells]
    ends = [floor if score is None else min(score, ceiling) for score in scores]
    has_perfect = math.inf in scores
    dimensions = [_dimension(axis, cells) for axis in varied_axes(axes)]
    ticks = round_ticks(low, high)
    words = [_tick(metric, tick) for tick in ticks]
    dimensions.append(
        {
            "label": html.escape(headed(metric)),
            "values": ends,
            "range": [floor if broken else low, ceiling if has_perfect else low + span],
            "tickvals": [*[floor] * bool(broken), *ticks, *[ceiling] * has_perfect],
            "ticktext": [*[_ending(broken)] * bool(broken), *words, *["infinite"] * has_perfect],
        }
    )
    st.plotly_chart(
        {
            "data": [_lines(dimensions, ends, floor, low, span, is_greyed=bool(broken))],
            "layout": {"height": 420, "margin": {"t": 50, "b": 30, "l": 80, "r": 80}},
        },
        key="sweep.parallel",
        config=CHART_CONFIG,
        alt=f"A line for each of {len(cells)} runs through its settings to its {headed(metric)}",
    )


def _ending(broken: Sequence[CellView]) -> str:
    """What lines without a figure lead to."""
    return "failed" if all(c.run and c.run.state == "failed" for c in broken) else "no figure"


def _lines(
    dimensions: list[dict[str, Any]],
    ends: list[float],
    floor: float,
    low: float,
    span: float,
    *,
    is_greyed: bool,
) -> dict[str, Any]:
    scale: list[list[object]] = [
        [place / (len(SCALE) - 1), color] for place, color in enumerate(SCALE)
    ]
    first = low
    if is_greyed:
        # The lowest part of the scale is grey, and holds no figure.
        first = floor
        edge = (low - floor) / (low + span - floor) * 0.9
        scale = [[0, GREY], [edge, GREY]] + [
            [edge + (1 - edge) * float(place), color]  # type: ignore[arg-type]
            for place, color in scale
        ]
    line = {"color": ends, "colorscale": scale, "cmin": first, "cmax": low + span}
    return {
        "type": "parcoords",
        "dimensions": dimensions,
        "line": line,
        "labelfont": {"size": 15},
        "tickfont": {"size": 13},
        "rangefont": {"size": 1},  # the ends of an axis are among its ticks
    }


def _dimension(axis: Axis, cells: Sequence[CellView]) -> dict[str, Any]:
    places = positions(axis)
    values = [places.get(axis.value(cell) or "", -1.0) for cell in cells]
    ticks = dict(zip(axis.values, places.values(), strict=True))
    if any(value == -1.0 for value in values):
        ticks = {"as chosen": -1.0, **ticks}
    shown = list(ticks.items())
    step = math.ceil(len(shown) / MAX_TICKS)
    return {
        "label": html.escape(axis.title),
        "values": values,
        "tickvals": [place for _, place in shown[::step]],
        "ticktext": [html.escape(name) for name, _ in shown[::step]],
        "range": [min(ticks.values()), max(max(ticks.values()), min(ticks.values()) + 1e-9)],
    }


def positions(axis: Axis) -> dict[str, float]:
    """Where each value stands on its axis, from 0 to 1: by size, logarithmic where wide; words
    in order.
    """
    numbers = axis.numbers
    if numbers is None or len(set(numbers)) < 2:
        last_place = max(1, len(axis.values) - 1)
        return {value: place / last_place for place, value in enumerate(axis.values)}
    if min(numbers) > 0 and max(numbers) / min(numbers) >= WIDE:
        numbers = [math.log10(number) for number in numbers]
    low, high = min(numbers), max(numbers)
    return {
        value: (number - low) / (high - low)
        for value, number in zip(axis.values, numbers, strict=True)
    }


def round_ticks(low: float, high: float) -> list[float]:
    """Some round numbers between two figures; the lower one where they are equal."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(s * power for s in (1, 2, 5, 10) if (high - low) / (s * power) <= 6)
    first, last_one = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last_one + 1)]


def _tick(metric: str, value: float) -> str:
    described = describe(metric)
    if math.isinf(value):
        return described.show(value)
    return f"{value:.1f}" if described.percent or described.unit else f"{value:.3g}"


def has_map(axes: Sequence[Axis]) -> bool:
    """Whether exactly two settings vary, so that they span a map."""
    return len([axis for axis in axes if len(axis.values) > 1 and axis.key != "seed"]) == 2


def heat_map(sweep: SweepView, axes: Sequence[Axis], metric: str) -> None:
    """Draw the mean over seeds for every pair of two settings' values."""
    across, down = varied_axes(axes)
    columns, rows = _ordered(across), _ordered(down)
    values: list[list[float | None]] = []
    texts: list[list[str]] = []
    for row in rows:
        cells = [_cells_at(sweep, across, column, down, row) for column in columns]
        values.append([_mean(group, metric) for group in cells])
        texts.append([_text(group, metric) for group in cells])
    # A perfect fit has the colour of the best that can be measured; its text says what it is.
    top = max(finite(value for row in values for value in row), default=0.0)
    values = [[top if value == math.inf else value for value in row] for row in values]
    st.plotly_chart(
        {
            "data": [
                {
                    "type": "heatmap",
                    "x": [html.escape(value) for value in columns],
                    "y": [html.escape(value) for value in rows],
                    "z": values,
                    "text": texts,
                    "texttemplate": "%{text}",
                    "hovertemplate": f"{html.escape(across.title)} %{{x}}<br>"
                    f"{html.escape(down.title)} %{{y}}<br>%{{text}}<extra></extra>",
                    "colorscale": [
                        [place / (len(SCALE) - 1), color] for place, color in enumerate(SCALE)
                    ],
                    "colorbar": {"title": {"text": html.escape(headed(metric))}},
                    "xgap": 2,
                    "ygap": 2,
                }
            ],
            "layout": {
                "height": max(260, min(720, 110 + 46 * len(rows))),
                "margin": {"t": 20, "b": 60, "l": 80, "r": 20},
                "xaxis": {"type": "category", "title": {"text": html.escape(across.title)}},
                "yaxis": {"type": "category", "title": {"text": html.escape(down.title)}},
            },
        },
        key="sweep.map",
        config=CHART_CONFIG,
        alt=f"{headed(metric)} for every pair of {across.title} and {down.title}",
    )
    st.caption("Each field is the mean over its completed seeds; ✕ counts runs that failed.")


def _ordered(axis: Axis) -> list[str]:
    places = positions(axis)
    return sorted(axis.values, key=places.__getitem__)


def _cells_at(sweep: SweepView, across: Axis, column: str, down: Axis, row: str) -> list[CellView]:
    return [
        cell for cell in sweep.cells if across.value(cell) == column and down.value(cell) == row
    ]


def _mean(cells: Sequence[CellView], metric: str) -> float | None:
    values = [score for cell in cells if (score := _score(cell.run, metric)) is not None]
    return statistics.fmean(values) if values else None


def _text(cells: Sequence[CellView], metric: str) -> str:
    mean = _mean(cells, metric)
    failed = sum(cell.run is not None and cell.run.state == "failed" for cell in cells)
    words = [] if mean is None else [_tick(metric, mean)]
    words += [f"✕ {failed} failed"] if failed else []
    return "<br>".join(words)
