"""Differences between settings over the seeds they have in common."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from l335.core.errors import LabError
from l335.core.metrics import METRICS, Metric
from l335.core.wording import listed
from l335.results.groups import Group, group_by_setting
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec, Spec, with_changes
from l335.statistics.paired import (
    Paired,
    difference_sentence,
    paired_difference,
    seeds_apart,
    seeds_to_train,
)
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.compare.choice import choose_also
from l335.ui.compare.figures import REFRESH_SECONDS
from l335.ui.failure import refusing
from l335.ui.html_table import html_table
from l335.ui.run_picker import one_of
from l335.ui.wording import count, plain

MORE_SEEDS = 3
COMPARED = {"classify": ("test/accuracy",), "fit-image": ("test/psnr_db", "train/psnr_db")}
"""The metrics settings are compared by, for each half of the lab."""

GREY = "rgba(128, 128, 128, 0.9)"
SIBLINGS, REFUSED = "compare.siblings", "compare.refused"


def differences_over_seeds(lab: Lab, runs: Sequence[RunView]) -> None:
    """Draw how far each setting lies from a chosen one, seed by seed, and what that shows."""
    st.subheader("Differences over seeds", anchor=False)
    groups = group_by_setting(runs)
    if len(groups) < 2:
        st.caption(
            "All of these runs have the same settings, so there is no other setting to take a "
            "difference to. Choose a run with something changed."
        )
        return
    base, metric, takes_siblings = _choices(groups)
    members = [_members(lab, group, takes_siblings) for group in groups]
    values = {
        group.name: values_by_seed(runs_of, metric.key)
        for group, runs_of in zip(groups, members, strict=True)
    }
    found = {
        name: paired_difference(scores, values[base])
        for name, scores in values.items()
        if name != base
    }
    for name, paired in found.items():
        st.markdown(f"{_badge(paired)} {_sentence(paired, name, base, metric)}")
        if odd := listed([str(seed) for seed in seeds_apart(paired)]):
            st.caption(
                f"With seed {odd} the difference is unlike that with the others. Look at those "
                "curves first: one run that never learnt hides what the others show."
            )
    if any(paired.num_pairs for paired in found.values()):
        _forest(found, metric)
    if len(found) > 1:
        st.caption(
            "Each interval stands for itself: of twenty settings that make no difference, one "
            "excludes 0 on average."
        )
    _note_other_pictures(groups)
    with st.expander("The values behind it, by seed"):
        _values_table(values, metric)
    _more_seeds(lab, runs, groups, members, [set(scores) for scores in values.values()])


def _choices(groups: Sequence[Group]) -> tuple[str, Metric, bool]:
    names = {group.runs[0].uid: group.name for group in groups}
    task = groups[0].runs[0].task
    known = [run.summary for group in groups for run in group.runs]
    keys = [key for key in COMPARED[task] if any(key in summary for summary in known)]
    keys = keys or list(COMPARED[task][:1])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base = one_of("Compared with", names, key="compare.base", width=360)
        key = keys[0]
        if len(keys) > 1:
            key = st.segmented_control(
                "By",
                keys,
                default=keys[0],
                required=True,
                format_func=lambda one: METRICS[one].title,
                key="compare.metric",
            )
        takes_siblings = st.toggle(
            "Take in other seeds of these settings",
            value=True,
            key=SIBLINGS,
            help="Completed runs with the same settings and another seed, though they are not "
            "chosen above; the newest 64 at most.",
        )
    return names[base], METRICS[key], takes_siblings


def _members(lab: Lab, group: Group, takes_siblings: bool) -> list[RunView]:
    """The runs of a setting; those that are chosen stand last, so that they win."""
    if not takes_siblings:
        return group.runs
    chosen = {run.uid for run in group.runs}
    others = [run for run in lab.siblings(group.runs[0].uid) if run.uid not in chosen]
    return [*others, *group.runs]


def values_by_seed(runs: Sequence[RunView], key: str) -> dict[int, float | None]:
    """The last value of a metric by seed, of completed runs and of those that diverged.

    Args:
        runs: Runs of one setting; of several with one seed the last wins.
        key: The metric. A run of several seeds side by side has each network's PSNR, and of
            other figures only the middle one, which belongs to no seed.
    """
    found: dict[int, float | None] = {}
    for run in runs:
        if run.state != "completed":
            if run.error_code == "diverged":
                found.setdefault(run.seed, None)
            continue
        if len(run.spec.seeds) > 1:
            name = key.replace("train/", "seed_{}/")
            keys = {seed: name.format(place) for place, seed in enumerate(run.spec.seeds)}
            entries = {seed: run.summary.get(one) for seed, one in keys.items() if one != key}
        else:
            entries = {run.seed: run.summary.get(key)}
        found |= {seed: entry.get("last") for seed, entry in entries.items() if entry}
    return found


def _badge(paired: Paired) -> str:
    if paired.excludes_zero:
        return ":green-badge[:material/check_circle: told apart]"
    if paired.low is not None:
        return ":gray-badge[:material/drag_handle: undecided]"
    return ":orange-badge[:material/help: no interval]"


def _sentence(paired: Paired, name: str, base: str, metric: Metric) -> str:
    return difference_sentence(paired, f"**{plain(name)}**", f"**{plain(base)}**", metric)


def _forest(found: Mapping[str, Paired], metric: Metric) -> None:
    """Draw the mean difference of each setting with its interval, and a dot for each seed."""
    unit = "points" if metric.percent else metric.unit
    drawn = {name: paired for name, paired in found.items() if paired.mean is not None}
    layout = {
        "xaxis": {
            "title": {"text": f"{metric.title}: difference, in {unit}"},
            "rangemode": "tozero",
            "zeroline": True,
            "zerolinewidth": 2,
        },
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        "height": 130 + 46 * len(drawn),
        "margin": {"t": 30, "r": 10, "b": 50, "l": 10},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    }
    traces = _forest_traces(drawn, 100 if metric.percent else 1, unit)
    st.plotly_chart({"data": traces, "layout": layout}, key="compare.forest", config=CHART_CONFIG)


def _forest_traces(drawn: Mapping[str, Paired], scale: int, unit: str) -> list[dict[str, Any]]:
    means = [scale * (paired.mean or 0.0) for paired in drawn.values()]
    ends = [
        scale * (paired.high - paired.mean)
        if paired.high is not None and paired.mean is not None
        else 0.0
        for paired in drawn.values()
    ]
    names = [html.escape(name) for name in drawn]
    seeds = [
        (name, scale * value, seed)
        for name, paired in zip(names, drawn.values(), strict=True)
        for seed, value in paired.differences.items()
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "each seed",
            "x": [value for _, value, _ in seeds],
            "y": [name for name, _, _ in seeds],
            "customdata": [seed for _, _, seed in seeds],
            "marker": {"color": GREY, "size": 8, "symbol": "circle-open"},
            "hovertemplate": f"seed %{{customdata}}: %{{x:+.2f}} {unit}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "mean, with its 95 % interval",
            "x": means,
            "y": names,
            "error_x": {"type": "data", "array": ends, "thickness": 2, "width": 6},
            "marker": {"size": 10, "symbol": "diamond"},
            "hovertemplate": f"%{{x:+.2f}} {unit}<extra>%{{y}}</extra>",
        },
    ]


def _note_other_pictures(groups: Sequence[Group]) -> None:
    specs = [group.runs[0].spec for group in groups]
    pictures = {
        (spec.image, spec.fitted_size, spec.crop, spec.crop_box)
        for spec in specs
        if isinstance(spec, FitImageSpec)
    }
    if len(pictures) > 1:
        st.caption(
            "These runs were fitted to different pictures, parts or sizes: a difference is then "
            "one between the pictures as much as one between the settings."
        )


def _values_table(values: Mapping[str, Mapping[int, float | None]], metric: Metric) -> None:
    seeds = sorted({seed for scores in values.values() for seed in scores})
    if not seeds:
        st.caption("None of these runs has completed yet.")
        return
    scale, digits = (100, 2) if metric.percent else (1, metric.digits)

    def shown(scores: Mapping[int, float | None], seed: int) -> str:
        if seed not in scores:
            return "–"
        value = scores[seed]
        return "not finite" if value is None else f"{scale * value:.{digits}f}"

    html_table(
        "Values by seed, a row for each setting",
        ["Setting", *(f"seed {seed}" for seed in seeds)],
        [
            [html.escape(name), *(shown(scores, seed) for seed in seeds)]
            for name, scores in values.items()
        ],
    )
    unit = "in %" if metric.percent else f"in {metric.unit}"
    st.caption(f"{metric.title} at the end of each completed run, {unit}.")


def _more_seeds(
    lab: Lab,
    runs: Sequence[RunView],
    groups: Sequence[Group],
    members: Sequence[Sequence[RunView]],
    known: Sequence[set[int]],
) -> None:
    moving = [run for each in members for run in each if run.state in ("queued", "running")]
    if moving:
        st.fragment(_on_the_way, run_every=REFRESH_SECONDS)(lab, [run.uid for run in moving])
        return
    specs = [group.runs[0].spec for group in groups]
    if any(len(spec.seeds) > 1 for spec in specs):
        st.caption("A run of several seeds side by side gets more of them by its own setting.")
        return
    wanted = [
        with_changes(spec, seed=seed)
        for spec, seeds in zip(specs, seeds_to_train(known, MORE_SEEDS), strict=True)
        for seed in sorted(seeds)
    ]
    who = "both settings" if len(groups) == 2 else f"all {len(groups)} settings"
    st.button(
        f"Train {MORE_SEEDS} more seeds of {who}",
        key="compare.more_seeds",
        icon=":material/casino:",
        help=f"{count(len(wanted), 'run')}, so that {who} have {MORE_SEEDS} more seeds in common. "
        "Seeds one of them has already are not trained again.",
        on_click=refusing(_train),
        args=(lab, runs, wanted),
    )
    if sentence := st.session_state.pop(REFUSED, None):
        st.error(plain(sentence), icon=":material/error:")


def _train(lab: Lab, runs: Sequence[RunView], wanted: Sequence[Spec]) -> None:
    try:
        uids = lab.submit_all(wanted)
    except LabError as error:
        st.session_state[REFUSED] = str(error)
        return
    if not choose_also(runs, uids):
        # They are not chosen for want of room, so they count as siblings.
        st.session_state[SIBLINGS] = True


def _on_the_way(lab: Lab, uids: Sequence[str]) -> None:
    runs = [lab.run(uid) for uid in uids]
    if any(run.state not in ("queued", "running") for run in runs):
        st.rerun()
    words = [f"{run.step:,} of {run.total_steps:,}" for run in runs if run.step]
    steps = f", at {listed(words)} steps" if words else ""
    st.caption(f"{count(len(runs), 'run')} on the way{steps}; each counts as soon as it completes.")
