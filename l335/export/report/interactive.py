"""Charts as figures of plotly.js, ready for JSON."""

from __future__ import annotations

import html
import json
from typing import Any

from l335.core.metrics import BASELINE_DASH
from l335.export.report import edges
from l335.export.report.document import Chart, Curve, Dash

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#B85C93", "#A87900", "#3D8FC7")
"""Okabe and Ito's colours, those too pale for white paper darkened; told apart with any colour
vision, and readable on dark screens too."""

DASHES: dict[str, tuple[Dash, Dash]] = {"test": ("solid", "dashdot"), "train": ("dash", "dot")}
"""Line patterns of what was not trained on and of what was, as on the pages, each with that of the
palette's second round."""

NUM_MARKED = 40  # points up to which single ones are marked
HEIGHT_PIXELS = 400
LEGEND_ROW_PIXELS = 22


def color_of(place: int) -> str:
    """The colour of a place in the palette, which comes again after its end."""
    return PALETTE[place % len(PALETTE)]


def dash_of(place: int, part: str = "test") -> Dash:
    """The line pattern of a place, of the ``train`` or ``test`` part; another one in each round."""
    patterns = DASHES[part]
    return patterns[place // len(PALETTE) % len(patterns)]


def figure_json(chart: Chart) -> str:
    """``{"data": ..., "layout": ...}`` that can stand inside a script element.

    Colours of text and grid are left to the style sheet, for dark screens and white paper.
    """
    traces: list[dict[str, Any]] = []
    for number, curve in enumerate(chart.curves):
        traces += _band(curve, number, chart) if curve.low else []
        traces.append(_line(curve, number))
    traces += [_level(chart, line.name, line.y) for line in chart.lines]
    layout = {
        "xaxis": _axis(chart.x_title, chart.x_log),
        "yaxis": _axis(chart.y_title, chart.y_log),
        "height": HEIGHT_PIXELS + LEGEND_ROW_PIXELS * _num_legend_rows(chart),
        "margin": {"l": 64, "r": 16, "t": 12, "b": 12},
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        "showlegend": True,
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 13},
    }
    figure = edges.with_marks(traces, layout, is_log=chart.y_log)
    text = json.dumps(figure, allow_nan=False, separators=(",", ":"))
    # The end of a script element, and a comment, begin with this character.
    return text.replace("<", "\\u003c")


def _num_legend_rows(chart: Chart) -> int:
    return 1 + sum(len(name) + 8 for name in chart.names) // 80


def _axis(title: str, is_log: bool) -> dict[str, Any]:
    return {
        "title": {"text": html.escape(title)},
        "type": "log" if is_log else "linear",
        "automargin": True,
        "zeroline": False,
        "exponentformat": "power",
    }


def _line(curve: Curve, number: int) -> dict[str, Any]:
    is_marked = len(curve.x) <= NUM_MARKED
    return {
        "type": "scatter",
        "mode": "lines+markers" if is_marked else "lines",
        "name": html.escape(curve.name),  # plotly reads markup in names
        "x": curve.x,
        "y": curve.y,
        "legendgroup": str(number),
        "line": {"color": color_of(curve.color), "dash": curve.dash, "width": 2},
        "marker": {"size": 5},
    }


def _band(curve: Curve, number: int, chart: Chart) -> list[dict[str, Any]]:
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": curve.x,
        "legendgroup": str(number),
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"width": 0, "color": color_of(curve.color)},
    }
    fill = {"fill": "tonexty", "fillcolor": f"{color_of(curve.color)}26"}
    low, high = edges.whole_band(curve.low, curve.high, is_log=chart.y_log)
    return [{**edge, "y": low}, {**edge, "y": high, **fill}]


def _level(chart: Chart, name: str, y: float) -> dict[str, Any]:
    known = [x for curve in chart.curves for x in curve.x]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": html.escape(name),
        "x": [min(known), max(known)],
        "y": [y, y],
        "line": {"color": edges.GREY, "dash": BASELINE_DASH, "width": 1.5},
    }
