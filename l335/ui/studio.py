"""The initialiser studio on its page: settings, a dot for each seed, and one seed's network."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st
from PIL import Image

from l335.core.downsampling import finite
from l335.core.wording import fixed
from l335.export.report.edges import with_marks
from l335.labs.studio import (
    PRACTICAL,
    RULES,
    WHY_DEAD,
    Study,
    dead_colours,
    dead_finding,
    seed_scores,
    share_above,
    weight_deviations,
    worst_first,
)
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.statistics.paired import less
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.image_choice import chosen_images
from l335.ui.sharing import Controls
from l335.ui.studio_network import fitted_tiles, one_network, recorded
from l335.ui.sweep import REFRESH_SECONDS, found_runs, is_unfinished, progress, start_and_stop
from l335.ui.wording import count, plain

KEY = "studio"
CONTROLS = Controls(
    KEY,
    {
        "images": "Picture",
        "rules": "Initialisers",
        "output": "Output",
        "seeds": "Seeds",
        "size": "Resolution, in pixels",
        "steps": "Steps",
        "threshold": "Threshold, in dB",
    },
)
CHOSEN_RULE, CHOSEN_PLACE = f"{KEY}.chosen_rule", f"{KEY}.chosen_place"
MAX_RULES = len(RULES)
THRESHOLD_DB = 15.0
STRIP_PIXELS = 72
GREY = "rgba(128, 128, 128, 0.9)"
Runs = Mapping[str, RunView | None]


def study_settings(lab: Lab) -> Study | None:
    """Draw the settings; the study they describe, None where a choice is empty."""
    images = chosen_images(lab, CONTROLS, ("Pavilion",), most=1)
    rules = CONTROLS.draw(
        st.multiselect, "rules", list(RULES), default=[*PRACTICAL, list(RULES)[-1]]
    )
    output = CONTROLS.draw(
        st.segmented_control, "output", ["relu", "sigmoid", "linear"], default="relu",
        required=True,
        help="The practical's is ReLU. While a colour is below zero for every pixel, its unit gets "
        "no gradient of its own.",
    )  # fmt: skip
    seeds = CONTROLS.draw(
        st.number_input, "seeds", 1, 64, 10,
        help="Networks of each initialiser, trained side by side as one.",
    )  # fmt: skip
    size = CONTROLS.draw(
        st.select_slider, "size", [16, 32, 48, 64, 96, 128, 256], 48,
        help="Longer side of the fitted picture; the practical's is 96.",
    )  # fmt: skip
    steps = CONTROLS.draw(
        st.number_input, "steps", 10, 20_000, 300, step=100,
        help="Adam at learning rate 0.001, every pixel at every step.",
    )  # fmt: skip
    if not images or not rules:
        return None
    return Study(images[0], tuple(rules), str(output), int(size), int(steps), int(seeds))


def studio(lab: Lab, study: Study) -> None:
    """Draw the buttons, the dots as they move, the wall, and the chosen network."""
    specs = study.runs()
    runs = found_runs(lab, KEY, specs)
    start_and_stop(lab, KEY, specs, runs, max_runs=MAX_RULES)
    threshold = CONTROLS.draw(
        st.number_input, "threshold", 0.0, 60.0, THRESHOLD_DB, step=0.5, width=160
    )
    every = REFRESH_SECONDS if is_unfinished(runs) else None
    shown = Shown(is_running=every is not None, has_scores=has_scores(runs))
    st.fragment(_results, run_every=every)(lab, study, float(threshold), shown)
    if shown.has_scores:
        _choice(study)
        st.fragment(_network, run_every=every)(lab, study)
    _before_the_first_step(lab, specs, runs)


class Shown(NamedTuple):
    """What the page around the fragments was drawn for; it is drawn anew when that changes."""

    is_running: bool
    has_scores: bool


def has_scores(runs: Runs) -> bool:
    """Whether any network was looked at."""
    return any(run is not None and run.summary for run in runs.values())


def _results(lab: Lab, study: Study, threshold: float, shown: Shown) -> None:
    runs = found_runs(lab, KEY, study.runs())
    if shown.is_running and not is_unfinished(runs):
        st.rerun()  # the last round: the buttons follow
    if has_scores(runs) and not shown.has_scores:
        st.rerun()  # the first round with scores: the section of one network follows
    if st.session_state.pop(f"{KEY}.clicked", False):
        st.rerun()  # the choice below stands outside of this fragment
    if shown.is_running:
        progress(runs)
    scores = {rule: seed_scores(run) for rule, run in runs.items()}
    _dots(scores, runs, threshold)
    if not any(score is not None for each in scores.values() for score in each):
        st.caption("A dot for each seed appears here as the networks train.")
        return
    st.markdown(_table(scores, threshold))
    _say_dead(lab, runs, threshold)
    _wall(lab, runs, scores)


def _dots(scores: Mapping[str, list[float | None]], runs: Runs, threshold: float) -> None:
    rules = list(scores)
    chosen = st.session_state.get(CHOSEN_RULE), st.session_state.get(CHOSEN_PLACE)
    traces: list[dict[str, Any]] = []
    for row, rule in enumerate(rules):
        places = [place for place, score in enumerate(scores[rule]) if score is not None]
        values = [score for score in scores[rule] if score is not None]
        is_chosen = [(rule, place + 1) == chosen for place in places]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": values,
                "y": [row + _jitter(place) for place in places],
                "customdata": [[rule, place] for place in places],
                "marker": {
                    "size": [15 if each else 10 for each in is_chosen],
                    "opacity": 0.75,
                    "line": {"width": [2 if each else 0 for each in is_chosen], "color": GREY},
                },
                "hovertemplate": "%{customdata[0]}<br>seed %{customdata[1]}: %{x:.2f} dB"
                "<extra></extra>",
                "showlegend": False,
            }
        )
        if values:
            middle = statistics.median(values)
            traces.append(_median(row, middle))
    st.plotly_chart(
        {"data": traces, "layout": _layout(rules, runs, threshold)},
        key=f"{KEY}.dots",
        on_select=_take_click,
        selection_mode="points",
        config=CHART_CONFIG,
        alt="PSNR of each seed, one row of dots for each initialiser",
    )
    st.caption("Click a dot to see that network below. The short line is the median.")


def _jitter(place: int) -> float:
    # The golden ratio spreads any number of seeds evenly, and a seed stays where it is.
    return 0.5 * ((place * 0.618) % 1 - 0.5)


def _median(row: int, middle: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [middle, middle],
        "y": [row - 0.38, row + 0.38],
        "line": {"color": GREY, "width": 3},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout(rules: Sequence[str], runs: Runs, threshold: float) -> dict[str, Any]:
    key = "train/mean_colour_psnr_db"
    means = finite(run.summary[key]["last"] for run in runs.values() if run and key in run.summary)
    marks = [(threshold, f"threshold {threshold:g} dB", "bottom")]
    if means:
        marks.append((means[0], f"mean colour {means[0]:.1f} dB", "top"))
    return {
        "xaxis": {"title": {"text": "PSNR, in dB"}, "zeroline": False},
        "yaxis": {
            "tickvals": list(range(len(rules))),
            "ticktext": [_broken(rule) for rule in rules],
            "range": [len(rules) - 0.4, -0.6],
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
        "height": 110 + 64 * len(rules),
        "margin": {"t": 30, "r": 10, "b": 50, "l": 10},
        "clickmode": "event+select",
        "dragmode": False,
        "shapes": [
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": GREY, "width": 1.5, "dash": "dot"}}
            for x, _, _ in marks
        ],
        "annotations": [
            {"text": text, "x": x, "y": 1 if place == "bottom" else 0, "yref": "paper",
             "yanchor": "bottom", "xanchor": "left", "showarrow": False,
             "font": {"size": 12, "color": GREY}}
            for x, text, place in marks
        ],
    }  # fmt: skip


def _broken(text: str, width: int = 26) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _take_click() -> None:
    points = st.session_state[f"{KEY}.dots"]["selection"]["points"]
    found = [point["customdata"] for point in points if point.get("customdata")]
    if found:
        rule, place = found[0]
        st.session_state[CHOSEN_RULE], st.session_state[CHOSEN_PLACE] = rule, int(place)
        st.session_state[f"{KEY}.clicked"] = True


def quantile(values: Sequence[float], share: float) -> float:
    """A quantile of sorted values, straight between two of them; some may be infinite."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    gap = less(values[above], values[below])
    return values[below] + gap * (place - below) if place > below else values[below]


def _table(scores: Mapping[str, list[float | None]], threshold: float) -> str:
    lines = [
        f"| Initialiser | Median | Middle half | Lowest | Above {threshold:g} dB | 95 % interval |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    for rule, each in scores.items():
        values = sorted(score for score in each if score is not None)
        if not values:
            continue
        middle, low, high = (fixed(quantile(values, part), 2) for part in (0.5, 0.25, 0.75))
        share = share_above(values, threshold)
        lines.append(
            f"| {rule} | {middle} dB | {low} to {high} | "
            f"{fixed(values[0], 2)} dB | {share.above} of {share.total} | "
            f"{100 * share.low:.0f} to {100 * share.high:.0f} % |"
        )
    return "\n".join(lines)


def _say_dead(lab: Lab, runs: Runs, threshold: float) -> None:
    """Draw what was dead in the networks of each rule, as far as they have ended."""
    sentences = []
    for rule, run in runs.items():
        if run is None or run.state != "completed":
            continue
        dead = dead_colours(run, lab.series(run.uid))
        known = [each for each in dead if each is not None]
        if known and len(known) == len(dead):
            scores = [-math.inf if score is None else score for score in seed_scores(run)]
            sentences.append(dead_finding(rule, scores, known, threshold))
    if sentences:
        st.markdown("**Dead colours**")
        st.markdown("\n".join(f"- {plain(text)}" for text in sentences))
        st.caption(WHY_DEAD)


def _wall(lab: Lab, runs: Runs, scores: Mapping[str, list[float | None]]) -> None:
    st.markdown("**What each seed made, worst first**")
    for rule, run in runs.items():
        tiles = fitted_tiles(lab, run)
        if not tiles:
            continue
        order = worst_first(scores[rule]) if scores[rule] else list(range(len(tiles)))
        width, height = tiles[0].size
        scale = STRIP_PIXELS / max(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        strip = Image.new("RGB", ((size[0] + 4) * len(order) - 4, size[1]), "white")
        for number, place in enumerate(order):
            strip.paste(
                tiles[place].resize(size, Image.Resampling.BOX), (number * (size[0] + 4), 0)
            )
        st.caption(rule)
        st.image(strip, alt=f"Fits of {rule}, the worst on the left", output_format="PNG")


def _choice(study: Study) -> None:
    # Set to what still exists, where settings have changed since.
    if st.session_state.get(CHOSEN_RULE) not in study.rules:
        st.session_state[CHOSEN_RULE] = study.rules[0]
    if not 0 <= st.session_state.get(CHOSEN_PLACE, 0) < study.num_seeds:
        st.session_state[CHOSEN_PLACE] = 0
    st.subheader("One network", anchor=False)
    left, right = st.columns([3, 1])
    left.selectbox("Initialiser", study.rules, key=CHOSEN_RULE)
    right.number_input("Seed", 0, study.num_seeds - 1, step=1, key=CHOSEN_PLACE)


def _network(lab: Lab, study: Study) -> None:
    rule, place = st.session_state[CHOSEN_RULE], int(st.session_state[CHOSEN_PLACE])
    one_network(lab, KEY, rule, place, found_runs(lab, KEY, study.runs()).get(rule))


def _before_the_first_step(lab: Lab, specs: Mapping[str, FitImageSpec], runs: Runs) -> None:
    st.subheader("Before the first step", anchor=False)
    every = REFRESH_SECONDS if is_unfinished(runs) else None
    st.fragment(_spread_chart, run_every=every)(lab, specs)
    st.markdown(_deviation_table(specs))
    width = next(iter(specs.values())).widths()[0]
    st.caption(
        f"Standard deviation of the weights at a fan-in of 2 and of {count(width, 'unit')}, and "
        "the range of the biases."
    )


def _deviation_table(specs: Mapping[str, FitImageSpec]) -> str:
    lines = ["| Initialiser | Weights, first layer | Weights, next layers | Biases |"]
    lines.append("|:--|--:|--:|--:|")
    for rule, spec in specs.items():
        first, hidden, biases = weight_deviations(spec)
        lines.append(f"| {rule} | {first:.3f} | {hidden:.3f} | {biases} |")
    return "\n".join(lines)


def _spreads(lab: Lab, run: RunView | None) -> dict[str, list[float]]:
    """Deviation of each layer's values in the untrained networks of a run, by layer."""
    moments = recorded(lab, run, "seeds") if run else []
    found: dict[str, list[float]] = {}
    for row in moments[0]["seeds"] if moments else []:
        # Runs from before these were recorded have none.
        for layer, value in row.get("activation_std", {}).items():
            if value is not None:
                found.setdefault(layer, []).append(value)
    return found


def _spread_chart(lab: Lab, specs: Mapping[str, FitImageSpec]) -> None:
    found = {rule: _spreads(lab, run) for rule, run in found_runs(lab, KEY, specs).items()}
    spreads = {rule: each for rule, each in found.items() if each}
    if not spreads:
        st.caption(
            "How far the values spread from layer to layer is drawn here as soon as training "
            "begins, from the untrained networks."
        )
        return
    symbols = ["circle", "diamond", "square", "cross", "triangle-up", "star", "x", "hexagon"]
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _broken(rule),
            "x": [layer.replace("linear", "layer ") for layer in layers],
            "y": [statistics.median(values) for values in layers.values()],
            "marker": {"symbol": symbols[number % len(symbols)], "size": 8},
            "hovertemplate": "%{x}: %{y:.3g}",
        }
        for number, (rule, layers) in enumerate(spreads.items())
    ]
    layout = {
        "yaxis": {"type": "log", "title": {"text": "Deviation of the values"}, "dtick": "D2"},
        "height": 340,
        "margin": {"t": 10, "r": 10, "b": 40, "l": 60},
    }
    figure = with_marks(traces, layout, is_log=True)
    st.plotly_chart(figure, key=f"{KEY}.spreads", config=CHART_CONFIG)
    st.caption(
        "Standard deviation over pixels and units behind each activation, median over the seeds. A "
        "line that falls loses its signal on the way."
    )
