"""Designs side by side: the ranked table, the curves, and the wall of reconstructions."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from l335.core.downsampling import finite
from l335.core.metrics import describe
from l335.core.wording import fixed, signed
from l335.export.report.edges import with_marks
from l335.labs.design_results import Curve, Reading, Row
from l335.labs.designs import Cell, Place
from l335.results.views import ArtifactView, RunView
from l335.service import Lab
from l335.ui import links
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.html_table import html_table
from l335.ui.pictures import picture_url
from l335.ui.wording import DOING, plain

MAX_CURVES = 16
GREY = "rgba(128, 128, 128, 0.9)"
DASHES = ("solid", "dash", "dot")
PALETTE_SIZE = 10  # colours in a chart before they come again


def design_table(
    names: Mapping[Place, str],
    rows: Sequence[Row],
    runs: Mapping[Cell, RunView | None],
    *,
    is_by_seconds: bool,
) -> None:
    """Draw the designs, the best held-out PSNR first.

    Args:
        names: Pictures and resolutions with their names.
        rows: The designs, ranked.
        runs: What was trained; shown where there is no reading.
        is_by_seconds: Whether runs were read off at equal seconds, so that steps differ.
    """
    st.markdown("**Designs by held-out PSNR**, in dB")
    head = [
        "",
        "Design",
        "Above base",
        "95 % interval",
        *names.values(),
        "Train",
        "Parameters",
        "Steps",
        "Seconds",
    ]
    lines: list[list[str]] = []
    place = 0
    for row in rows:
        place += row.is_complete
        cells = [
            str(place) if row.is_complete else "",
            html.escape(row.name),
            "–" if row.difference is None else signed(row.difference, 2),
            _interval(row),
            *(
                _score(row.readings.get(where), runs.get(Cell(row.design, where)), is_by_seconds)
                for where in names
            ),
            _number(row.mean("train"), 2),
            f"{row.num_parameters:,}",
            _number(row.mean("steps"), 0),
            _number(row.mean("seconds"), 2),
        ]
        lines.append(cells)
    base = [place for place, row in enumerate(rows) if row.name == "Base"]
    heads = [html.escape(cell) for cell in head]
    html_table("Designs, the best first", heads, lines, words={1}, bold=base)
    if len(names) > 1:
        st.caption(
            "Above base: differences to the base on the same picture, resolution and seed, "
            "averaged within each picture and then over pictures; the interval is Student's over "
            "the pictures, so there is none for a single one. Train "
            "PSNR, steps and seconds are means over all of them."
        )


def _interval(row: Row) -> str:
    paired = row.paired
    if paired.low is None or paired.high is None:
        return "–"
    return f"{signed(paired.low, 2)} to {signed(paired.high, 2)}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _score(reading: Reading | None, run: RunView | None, is_by_seconds: bool) -> str:
    if reading is not None and reading.test is not None:
        steps = f"<br><small>{reading.steps:,.0f} steps</small>" if is_by_seconds else ""
        return f"{fixed(reading.test, 2)}{steps}"
    if run is None:
        return "–"
    if run.state == "completed":
        return f"ended at {run.train_seconds:.2g} s" if is_by_seconds else "not finite"
    if run.state == "failed":
        return f'<span title="{html.escape(run.error_text, quote=True)}">failed</span>'
    return DOING[run.state]


def curve_chart(
    place: str,
    curves: Mapping[str, Curve],
    runs: Mapping[str, RunView | None],
    *,
    over: str,
    budget: float | None,
) -> None:
    """Draw held-out PSNR of the designs on one picture, the best designs first.

    Args:
        place: Name of the picture and resolution.
        curves: Evaluations by name of the design, ranked.
        runs: Runs by name of the design, in the order of the settings.
        over: ``Steps`` or ``Seconds``.
        budget: Seconds at which runs are read off; None where they are not.
    """
    drawn = [name for name in curves if curves[name].test.step]
    if not drawn:
        return
    chosen = drawn[:MAX_CURVES]
    if "Base" in drawn and "Base" not in chosen:
        chosen.append("Base")
    # Drawn in the order of the settings, so that a design keeps its colour as ranks change.
    traces = [
        {**_trace(name, curves[name], number, over), "legendrank": chosen.index(name) + 1}
        for number, name in enumerate(name for name in runs if name in chosen)
    ]
    layout: dict[str, Any] = {
        "title": {"text": f"Held-out PSNR, {html.escape(place)}", "font": {"size": 16}},
        "xaxis": {
            "title": {"text": "Seconds of training" if over == "Seconds" else "Step"},
            "rangemode": "tozero",
        },
        "yaxis": {"title": {"text": "Held-out PSNR, in dB"}},
        "height": 420,
        "margin": {"t": 50, "r": 10, "b": 50, "l": 55},
        "shapes": [],
        "annotations": [],
    }
    _mark_mean_colour(layout, runs)
    if budget is not None and over == "Seconds":
        layout["shapes"].append(_dotted(x0=budget, x1=budget, y0=0, y1=1, yref="paper"))
    figure = with_marks(traces, layout, is_log=False)
    st.plotly_chart(figure, key="designs.chart", config=CHART_CONFIG)
    if len(chosen) < len(drawn):
        st.caption(f"The best {MAX_CURVES} of {len(drawn)} designs are drawn, and the base.")


def _trace(name: str, curve: Curve, number: int, over: str) -> dict[str, Any]:
    series = curve.test
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": series.wall if over == "Seconds" else series.step,
        "y": series.value,
        "customdata": series.step if over == "Seconds" else series.wall,
        "line": {
            "width": 4 if name == "Base" else 2,
            "dash": DASHES[number // PALETTE_SIZE % len(DASHES)],
        },
        "hovertemplate": "%{y:.2f} dB, "
        + (
            "%{x:.2f} s, step %{customdata}"
            if over == "Seconds"
            else "step %{x}, %{customdata:.2f} s"
        )
        + f"<extra>{html.escape(name)}</extra>",
    }


def _mark_mean_colour(layout: dict[str, Any], runs: Mapping[str, RunView | None]) -> None:
    key = "test/mean_colour_psnr_db"
    found = finite(run.summary[key]["last"] for run in runs.values() if run and key in run.summary)
    if not found:
        return
    layout["shapes"].append(_dotted(x0=0, x1=1, xref="paper", y0=found[0], y1=found[0]))
    layout["annotations"].append(
        {
            "text": "mean colour",
            "showarrow": False,
            "font": {"size": 12, "color": GREY},
            "x": 1,
            "xref": "paper",
            "xanchor": "right",
            "y": found[0],
            "yanchor": "bottom",
        }
    )


def _dotted(**where: Any) -> dict[str, Any]:
    return {"type": "line", "line": {"color": GREY, "width": 1.5, "dash": "dot"}, **where}


def wall(
    lab: Lab,
    name: str,
    place: Place,
    rows: Sequence[Row],
    runs: Mapping[str, RunView | None],
    *,
    is_by_seconds: bool,
) -> None:
    """Draw what each design made of one picture, the best first, each a link to its run."""
    figures = []
    for row in sorted(rows, key=lambda row: -_held_out(row, place)):
        run = runs.get(row.name)
        reading = row.readings.get(place) if is_by_seconds else None
        picture = _picture(lab, run, reading) if run else None
        if run is not None and picture is not None:
            figures.append(_figure(name, row, place, run, picture_url(picture.sha256, 256)))
    if not figures:
        return
    when = ", as last recorded before that time" if is_by_seconds else ""
    st.markdown(
        f"**{plain(name)}, made by each design**{when}, the best first; a picture opens its run"
    )
    st.html(
        '<div style="display: grid; gap: 0.75rem; '
        'grid-template-columns: repeat(auto-fill, minmax(140px, 1fr))">'
        f"{''.join(figures)}</div>"
    )


def _picture(lab: Lab, run: RunView, reading: Reading | None) -> ArtifactView | None:
    """The newest reconstruction, or where a run was read off the last one before."""
    if reading is None:
        return lab.previews(run.uid).get("reconstruction")
    found = [
        snapshot.parts["reconstruction"]
        for snapshot in lab.snapshots(run.uid)
        if snapshot.step <= reading.steps and "reconstruction" in snapshot.parts
    ]
    return found[-1] if found else None


def _held_out(row: Row, place: Place) -> float:
    reading = row.readings.get(place)
    return -1e9 if reading is None or reading.test is None else reading.test


def _figure(name: str, row: Row, place: Place, run: RunView, url: str) -> str:
    reading = row.readings.get(place)
    score = DOING.get(run.state, "–")
    if reading is not None and reading.test is not None:
        score = describe("test/psnr_db").show(reading.test)
    what = html.escape(row.name)
    label = html.escape(f"{name}, made by {row.name}: {score}; open its run", quote=True)
    address = f"{links.base_path()}/fit-image?run={run.uid}"
    return (
        f'<a href="{address}" target="_self" aria-label="{label}" '
        'style="color: inherit; text-decoration: none; font-size: 0.85rem">'
        f'<img src="{url}" alt="" style="width: 100%; aspect-ratio: 1; display: block; '
        'border-radius: 4px; image-rendering: pixelated">'
        f'<div>{what}</div><div style="opacity: 0.75">{score}</div></a>'
    )
