"""The sigma lab on its page: settings, the spectra, curves and a filmstrip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from l335.core.downsampling import finite
from l335.core.tables import csv_text
from l335.export.report.edges import with_marks
from l335.labs.image_experiments import (
    MAX_RUNS,
    NO_ENCODING,
    PRACTICAL_SIGMAS,
    Arm,
    SigmaPoint,
    SigmaSweep,
    best_point,
    mean,
    point_at,
    sigma_finding,
    sigma_points,
    swept_sigmas,
)
from l335.results.views import ImageView, RunView
from l335.service import Lab
from l335.ui import links
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.image_choice import chosen_images, fitted_pixels
from l335.ui.sharing import Controls
from l335.ui.sweep import REFRESH_SECONDS, found_runs, is_unfinished, progress, start_and_stop
from l335.ui.wording import plain

KEY = "sigma"
CONTROLS = Controls(
    KEY,
    {
        "images": "Pictures",
        "kind": "Sigmas",
        "low": "From",
        "high": "To",
        "number": "Values",
        "draws": "Seeds",
        "size": "Resolution, in pixels",
        "steps": "Steps",
    },
)
GREY = "rgba(128, 128, 128, 0.9)"
Runs = Mapping[Arm, RunView | None]


def sigma_settings(lab: Lab) -> SigmaSweep | None:
    """Draw the settings; the sweep they describe, None without a picture."""
    images = chosen_images(lab, CONTROLS, ("Sky", "Grass"))
    kind = CONTROLS.draw(
        st.segmented_control,
        "kind",
        ["The practical's", "A range"],
        default="The practical's",
        required=True,
        help="The practical's are 1, 5, 10, 30 and 100. A range is divided in equal ratios.",
    )
    sigmas = PRACTICAL_SIGMAS if kind != "A range" else _range()
    draws = CONTROLS.draw(
        st.number_input,
        "draws",
        1,
        10,
        1,
        help="Runs of each sigma, each with frequencies, initial weights and an order of pixels of "
        "its own; the bars show their range.",
    )
    size = CONTROLS.draw(
        st.select_slider,
        "size",
        [32, 64, 128, 256, 512],
        128,
        help="Side of the central square that is fitted. Trained on is one quarter of it, every "
        "second pixel of every second row ([::2, ::2]); held out is the quarter diagonally "
        "between, [1::2, 1::2]; the other half is neither.",
    )
    steps = CONTROLS.draw(st.number_input, "steps", 10, 20_000, 500, step=100)
    if not images:
        return None
    return SigmaSweep(tuple(images), sigmas, int(draws), int(size), int(steps))


def _range() -> tuple[float, ...]:
    left, middle, right = st.columns(3)
    with left:
        low = CONTROLS.draw(st.number_input, "low", 0.1, 500.0, 1.0, format="%g")
    with middle:
        high = CONTROLS.draw(st.number_input, "high", 0.1, 500.0, 64.0, format="%g")
    with right:
        number = CONTROLS.draw(st.number_input, "number", 2, 15, 7)
    return swept_sigmas(min(low, high), max(low, high), int(number))


def sigma_lab(lab: Lab, sweep: SigmaSweep) -> None:
    """Draw the spectra, the buttons, and what the runs show as they train."""
    specs = sweep.runs()
    runs = found_runs(lab, KEY, specs)
    _show_spectra(sweep)
    start_and_stop(lab, KEY, specs, runs, max_runs=MAX_RUNS)
    # Only what moves is in the fragment: widgets in it would lose clicks.
    every = REFRESH_SECONDS if is_unfinished(runs) else None
    st.fragment(_results, run_every=every)(lab, sweep, every is not None)
    _download(sweep, runs)


def _show_spectra(sweep: SigmaSweep) -> None:
    words = []
    for image in sweep.images:
        detail = fitted_pixels(image.sha256, sweep.size).detail
        words.append(
            f"**{_name(image)}** 95 % below {detail.main:.2g} cycles per image, "
            f"{100 * detail.beyond:.2g} % beyond what the trained pixels hold"
        )
    st.markdown(
        f"Power of the pictures' own spectra: {'; '.join(words)}.",
        help=f"Trained pixels hold up to {sweep.trained_nyquist:g} cycles per image, half of them "
        "a side. A spectrum does not name the best sigma: no rule made from it did on pictures "
        "that were held back, so the runs have to tell.",
    )


def _results(lab: Lab, sweep: SigmaSweep, was_running: bool) -> None:
    runs = found_runs(lab, KEY, sweep.runs())
    if was_running and not is_unfinished(runs):
        st.rerun()  # the last round: the buttons and the download follow
    if was_running:
        progress(runs)
    if not any(run is not None and run.summary for run in runs.values()):
        st.caption("The curves appear here as the runs train, one point for each sigma.")
    columns = st.columns(min(2, len(sweep.images)))
    points = {image.sha256: sigma_points(sweep, image.sha256, runs) for image in sweep.images}
    is_done = all(run is not None and run.is_over for run in runs.values())
    for place, image in enumerate(sweep.images):
        bare = point_at(sweep, image.sha256, NO_ENCODING, runs)
        with columns[place % len(columns)]:
            _curves(sweep, image, points[image.sha256], bare, points)
            st.markdown(sigma_finding(points[image.sha256], is_done=is_done, plain=bare))
    for image in sweep.images:
        bare = point_at(sweep, image.sha256, NO_ENCODING, runs)
        _filmstrip(lab, image, [bare, *points[image.sha256]], runs)


def _curves(
    sweep: SigmaSweep,
    image: ImageView,
    points: list[SigmaPoint],
    bare: SigmaPoint,
    everyone: Mapping[str, list[SigmaPoint]],
) -> None:
    traces = [
        _curve("Train", points, "train", "dash", "circle-open", sweep),
        _curve("Held out", points, "test", "solid", "circle", sweep),
    ]
    best = best_point(points)
    if best:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "Best held out",
                "x": [best.sigma],
                "y": [mean(best.test)],
                "marker": {"symbol": "star", "size": 15, "color": "#e69f00"},
                "hoverinfo": "skip",
            }
        )
    means = finite(point.mean_colour for point in points)
    levels = {"mean colour": means[0]} if means else {}
    if bare.test and math.isfinite(mean(bare.test)):
        levels["no encoding, held out"] = mean(bare.test)
    layout = _layout(sweep, image, levels, everyone)
    st.plotly_chart(
        with_marks(traces, layout, is_log=False),
        key=f"{KEY}.chart.{image.sha256}",
        config=CHART_CONFIG,
    )


def _curve(
    name: str, points: list[SigmaPoint], part: str, dash: str, symbol: str, sweep: SigmaSweep
) -> dict[str, Any]:
    scored = [(point.sigma, getattr(point, part)) for point in points if getattr(point, part)]
    means = [mean(values) for _, values in scored]
    spans = [(values, middle) for (_, values), middle in zip(scored, means, strict=True)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [sigma for sigma, _ in scored],
        "y": means,
        "customdata": [sweep.size / sigma for sigma, _ in scored],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [_apart(max(each), middle) for each, middle in spans],
            "arrayminus": [_apart(middle, min(each)) for each, middle in spans],
            "visible": sweep.num_draws > 1,
        },
        "line": {"dash": dash},
        "marker": {"symbol": symbol, "size": 9},
        "hovertemplate": "sigma %{x:g} cycles per image, a cycle every %{customdata:.3g} pixels"
        f"<br>{name} %{{y:.2f}} dB<extra></extra>",
    }


def _apart(high: float, low: float) -> float:
    return high - low if math.isfinite(high) and math.isfinite(low) else 0.0


def _layout(
    sweep: SigmaSweep,
    image: ImageView,
    levels: Mapping[str, float],
    everyone: Mapping[str, list[SigmaPoint]],
) -> dict[str, Any]:
    marks = [*sweep.sigmas, sweep.trained_nyquist]
    scores = [
        value
        for points in everyone.values()
        for point in points
        for value in [*point.train, *point.test]
        if math.isfinite(value)
    ]
    shapes, notes = _guides(sweep.trained_nyquist, levels)
    return {
        "title": {"text": _name(image), "font": {"size": 16}},
        "xaxis": {
            "type": "log",
            "title": {"text": "Sigma, in cycles per image"},
            "range": [math.log10(min(marks) / 1.4), math.log10(max(marks) * 1.4)],
            "tickvals": list(sweep.sigmas),
            "ticktext": [f"{sigma:g}" for sigma in sweep.sigmas],
        },
        "yaxis": {
            "title": {"text": "PSNR, in dB"},
            "range": [0, 5 * math.ceil((max(scores, default=35) + 2) / 5)],
        },
        "height": 380,
        "margin": {"t": 60, "r": 10, "b": 50, "l": 50},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        "shapes": shapes,
        "annotations": notes,
    }


def _guides(
    limit: float, levels: Mapping[str, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines that a curve is read against, and their names."""
    shapes = [_line(x0=limit, x1=limit, y0=0, y1=1, yref="paper")]
    # Annotations of a log axis take the logarithm, shapes the value.
    notes = [
        _note(f"Nyquist, {limit:g}", x=math.log10(limit), xanchor="left", y=1, yref="paper"),
    ]
    for (name, level), side in zip(levels.items(), ("left", "right"), strict=False):
        shapes.append(_line(x0=0, x1=1, xref="paper", y0=level, y1=level))
        at = {"x": 0 if side == "left" else 1, "xref": "paper", "xanchor": side}
        notes.append(_note(name, **at, y=level, yanchor="bottom"))
    return shapes, notes


def _line(**place: Any) -> dict[str, Any]:
    return {"type": "line", "line": {"color": GREY, "width": 1.5, "dash": "dot"}, **place}


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"size": 12, "color": GREY}, **place}


def _filmstrip(lab: Lab, image: ImageView, points: list[SigmaPoint], runs: Runs) -> None:
    found = [runs.get(Arm(image.sha256, point.sigma, 0)) for point in points]
    if not any(found):
        return
    st.markdown(f"**{_name(image)}, fitted with each sigma** (first seed)")
    for column, point, run in zip(st.columns(len(found)), points, found, strict=True):
        picture = lab.previews(run.uid).get("reconstruction") if run else None
        with column:
            if run and picture:
                st.image(
                    lab.blob(picture.sha256),
                    width="stretch",
                    # Streamlit would turn an opaque PNG into a JPEG.
                    output_format="PNG" if picture.media_type == "image/png" else "JPEG",
                    alt=f"{_name(image)} fitted with {_setting(point)}",
                )
            score = f"{mean(point.test):.1f} dB held out" if point.test else "waiting"
            if len(point.test) > 1:
                low, high = min(point.test), max(point.test)
                score += f" ({low:.1f} to {high:.1f} over {len(point.test)} draws)"
            st.caption(f"{_setting(point)}: {score}")
            if run:
                st.page_link(
                    links.OF_TASK["fit-image"],
                    label="Open run",
                    query_params={"run": run.uid},
                    width="content",
                )


def _setting(point: SigmaPoint) -> str:
    return "no encoding" if point.sigma == NO_ENCODING else f"sigma {point.sigma:g}"


def _download(sweep: SigmaSweep, runs: Runs) -> None:
    if not any(run is not None and run.summary for run in runs.values()):
        return
    st.download_button(
        "Download CSV",
        data=lambda: sigma_csv(sweep, runs),
        file_name="sigma.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def sigma_csv(sweep: SigmaSweep, runs: Runs) -> str:
    """One line for each run: image, sigma, draw, and its last PSNR figures in dB.

    Sigma is empty where there is no encoding.
    """
    names = {image.sha256: image.name for image in sweep.images}
    keys = ("train/psnr_db", "test/psnr_db", "test/mean_colour_psnr_db")
    lines: list[list[object]] = [["image", "sigma", "draw", "size", "step", *keys, "run"]]
    for arm, run in runs.items():
        if run is not None:
            figures = [run.summary.get(key, {}).get("last", "") for key in keys]
            sigma = "" if arm.sigma == NO_ENCODING else arm.sigma
            settings = [sigma, arm.draw, sweep.size, run.step]
            lines.append([names[arm.image], *settings, *figures, run.uid])
    return csv_text(lines)


def _name(image: ImageView) -> str:
    return plain(image.short_name)
