"""Charts as PNG and SVG files, drawn by matplotlib."""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Sequence
from typing import Any, Literal

from l335.core.wording import decimal
from l335.export.report import edges
from l335.export.report.document import Chart, Dash
from l335.export.report.interactive import NUM_MARKED, color_of

SIZE_INCHES = (7.6, 4.4)
LEGEND_ROW_INCHES = 0.24
DOTS_PER_INCH = 160
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text, to be searched and edited
    "svg.hashsalt": "l335",  # the same chart is the same file
    "text.parse_math": False,  # a dollar in a file's name is no formula
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "font.size": 10,
}
MARKERS: dict[edges.Edge, str] = {"low": "v", "high": "^"}
LINE_STYLES: dict[Dash, str] = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}

_lock = threading.Lock()
"""Settings, warnings and the font cache are shared by all threads of a process."""


def drawn(chart: Chart, file_format: Literal["png", "svg"]) -> bytes:
    """The chart as a file, on white."""
    # Loaded where a file is wanted: it takes half a second.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _lock, matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Characters the font lacks are drawn as boxes; the legend of the page has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=_size(chart), layout="constrained")
        FigureCanvasAgg(figure)
        _draw(chart, figure.add_subplot())
        handles, names = figure.axes[0].get_legend_handles_labels()
        # A name that begins with an underscore would be left out.
        shown = [f" {name}" if name.startswith("_") else name for name in names]
        figure.legend(
            handles, shown, loc="outside lower left", ncols=_columns(chart), frameon=False
        )
        buffer = io.BytesIO()
        made = {"Date": None} if file_format == "svg" else {"Software": "L335 Lab"}
        figure.savefig(buffer, format=file_format, dpi=DOTS_PER_INCH, metadata=made)
    return buffer.getvalue()


def _draw(chart: Chart, axes: Any) -> None:
    for curve in chart.curves:
        color = color_of(curve.color)
        if curve.low:
            band = edges.whole_band(curve.low, curve.high, is_log=chart.y_log)
            low, high = map(_numbers, band)
            axes.fill_between(curve.x, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(
            curve.x,
            _numbers(edges.on_axis(curve.y, is_log=chart.y_log)),
            label=f" {curve.name}",  # one that begins with an underscore would be left out
            color=color,
            linestyle=LINE_STYLES[curve.dash],
            marker="o" if len(curve.x) <= NUM_MARKED else "",
            markersize=3,
            linewidth=1.6,
        )
    for line in chart.lines:
        axes.axhline(line.y, color=edges.GREY, linestyle=":", linewidth=1.4, label=f" {line.name}")
    _mark_edges(chart, axes)
    for is_log, axis, scale in (
        (chart.x_log, axes.xaxis, axes.set_xscale),
        (chart.y_log, axes.yaxis, axes.set_yscale),
    ):
        scale("log" if is_log else "linear")
        if is_log:
            _number_plainly(axis)
    axes.set_xlabel(chart.x_title)
    axes.set_ylabel(chart.y_title)


def _number_plainly(axis: Any) -> None:
    """Write a logarithmic axis's numbers out; matplotlib writes formulas, which are not drawn."""
    from matplotlib.ticker import FuncFormatter, LogFormatter

    # It chooses which ticks between the powers of ten have room for a number.
    choice = LogFormatter(minor_thresholds=(2, 0.4))
    choice.set_axis(axis)

    def written(value: float, place: int | None) -> str:
        choice.set_locs(axis.get_minorticklocs())
        return decimal(value) if choice(value, place) else ""

    axis.set_major_formatter(FuncFormatter(lambda value, _: decimal(value)))
    axis.set_minor_formatter(FuncFormatter(written))


def _mark_edges(chart: Chart, axes: Any) -> None:
    left = chart.edge_notes
    for curve in chart.curves:
        for edge, height in edges.HEIGHTS.items():
            places = edges.places_behind(curve.y, edge, is_log=chart.y_log)
            if places:
                axes.plot(
                    [curve.x[place] for place in places],
                    [height] * len(places),
                    transform=axes.get_xaxis_transform(),  # a share of the height
                    label=f" {left.pop(edge)}" if edge in left else None,
                    color=color_of(curve.color),
                    linestyle="",
                    marker=MARKERS[edge],
                    markersize=6,
                    clip_on=False,
                )


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _columns(chart: Chart) -> int:
    longest = max(map(len, chart.names))
    return max(1, min(4, 84 // (longest + 8)))


def _size(chart: Chart) -> tuple[float, float]:
    rows = -(-len(chart.names) // _columns(chart))
    width, height = SIZE_INCHES
    return width, height + LEGEND_ROW_INCHES * rows
