"""Values an axis has no place for: not finite, or 0 and less on a logarithmic one.

Each is marked at the edge of the chart it lies behind, so that it is seen and said; a value that is
no number is a gap. The live view does the same in ``l335/ui/live_view/edges.js``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Edge = Literal["low", "high"]
Values = Sequence[float | None]

HEIGHTS: Mapping[Edge, float] = {"low": 0.0, "high": 1.0}
"""Where the marks stand, as a share of the chart's height."""

SYMBOLS: Mapping[Edge, str] = {"low": "triangle-down", "high": "triangle-up"}
MOST_MARKS = 48
"""Of one curve; more would run together."""

GREY = "#7a7f87"
AXIS = {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False}
"""Plotly's vertical axis of the marks: the same height whatever the zoom."""


def edge_of(value: float | None, *, is_log: bool) -> Edge | None:
    """The edge a value lies behind; None where the axis has a place for it, or it is a gap."""
    if value is None or math.isnan(value):
        return None
    if value == math.inf:
        return "high"
    return "low" if value == -math.inf or (is_log and value <= 0) else None


def on_axis(values: Values, *, is_log: bool) -> list[float | None]:
    """The values an axis has a place for; None for all others."""
    return [
        None if value is None or math.isnan(value) or edge_of(value, is_log=is_log) else value
        for value in values
    ]


def whole_band(low: Values, high: Values, *, is_log: bool) -> tuple[list[float | None], ...]:
    """The edges of a band where the axis has a place for both; None elsewhere."""
    pairs = zip(on_axis(low, is_log=is_log), on_axis(high, is_log=is_log), strict=True)
    whole = [pair if None not in pair else (None, None) for pair in pairs]
    return [one for one, _ in whole], [other for _, other in whole]


def places_behind(values: Values, edge: Edge, *, is_log: bool) -> list[int]:
    """Places of the values behind an edge, evenly downsampled; the first and the last stay."""
    places = [k for k, value in enumerate(values) if edge_of(value, is_log=is_log) == edge]
    if len(places) <= MOST_MARKS:
        return places
    step = (len(places) - 1) / (MOST_MARKS - 1)
    return [places[round(number * step)] for number in range(MOST_MARKS)]


def in_words(value: float) -> str:
    """A value behind an edge, such as ``0``, ``−0.012`` or ``infinite``."""
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:.4g}".replace("-", "−")


def notes(curves: Iterable[Values], *, is_log: bool) -> dict[Edge, str]:
    """What the marks of a chart stand for, a sentence for each edge that has any."""
    found: dict[Edge, set[float]] = {}
    for values in curves:
        for value in values:
            edge = edge_of(value, is_log=is_log)
            if edge is not None and value is not None:
                found.setdefault(edge, set()).add(value)
    return {edge: _sentence(edge, found[edge]) for edge in HEIGHTS if edge in found}


def _sentence(edge: Edge, values: set[float]) -> str:
    if edge == "high":
        return "▲ at the upper edge: infinite"
    finite = ["0"] if 0 in values else []
    finite += ["below 0"] if any(-math.inf < value < 0 for value in values) else []
    kinds = [*finite, *(["minus infinite"] if -math.inf in values else [])]
    why = ", which a logarithmic axis has no place for" if finite else ""
    return f"▼ at the lower edge: {' or '.join(kinds)}{why}"


def with_marks(
    traces: Sequence[dict[str, Any]], layout: dict[str, Any], *, is_log: bool
) -> dict[str, Any]:
    """A Plotly figure in which values without a place on the vertical axis are marked.

    Args:
        traces: Its traces; those that say nothing under the pointer get no marks.
        layout: Its layout.
        is_log: Whether the vertical axis is logarithmic.
    """
    said = [trace for trace in traces if "y" in trace and trace.get("hoverinfo") != "skip"]
    left = notes((trace["y"] for trace in said), is_log=is_log)
    marks = []
    for trace in said:
        for edge in HEIGHTS:
            places = places_behind(trace["y"], edge, is_log=is_log)
            if places:
                marks.append(_marks(trace, edge, places, left.pop(edge, "")))
    shown = [
        {**trace, "y": on_axis(trace["y"], is_log=is_log)} if "y" in trace else trace
        for trace in traces
    ]
    return {"data": [*shown, *marks], "layout": {**layout, "yaxis2": AXIS} if marks else layout}


def _marks(trace: dict[str, Any], edge: Edge, places: list[int], note: str) -> dict[str, Any]:
    color = trace.get("line", {}).get("color") or trace.get("marker", {}).get("color") or GREY
    words = [in_words(trace["y"][place]) for place in places]
    name = trace.get("name", "")
    return {
        "type": "scatter",
        "mode": "markers",
        "name": note or name,
        "showlegend": bool(note),
        "x": [trace["x"][place] for place in places],
        "y": [HEIGHTS[edge]] * len(places),
        "yaxis": "y2",
        "cliponaxis": False,
        "text": [f"{name}: {word}" if name else word for word in words],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": SYMBOLS[edge], "size": 10, "color": color},
    }
