"""The live view: one component that shows runs while they train, fed by our own route.

Points never travel through page reruns: the component asks the metrics route for what is new
and redraws its figures in place, so zoom, hover and legend choices stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import streamlit as st

from l335.core.addresses import plotly_url
from l335.core.metrics import describe
from l335.results.groups import Group, group_by_setting
from l335.results.views import RunView
from l335.ui.comparison import title_of
from l335.ui.links import base_path
from l335.ui.live_view.panels import VIEWS, TaskView

HERE = Path(__file__).parent
PARTS = [
    "../asking.js",
    "questions.js",
    "feed.js",
    "replay.js",
    "numbers.js",
    "edges.js",
    "curves.js",
    "traces.js",
    "charts.js",
    "save.js",
    "legend.js",
    "toolbar.js",
    "pictures.js",
    "status.js",
    "mount.js",
]

HTML = """
<div class="l335-view">
  <div class="l335-status"></div>
  <div class="l335-pictures" hidden></div>
  <div class="l335-toolbar"></div>
  <div class="l335-legend" hidden></div>
  <div class="l335-charts"></div>
</div>
"""

# Plotly puts its own styles into the page, where a shadow root would not see them.
_mount = st.components.v2.component(
    "l335_live_view",
    html=HTML,
    css=(HERE / "style.css").read_text(),
    js="\n".join((HERE / part).read_text() for part in PARTS),
    isolate_styles=False,
)


def live_view(
    task: str,
    run: RunView | None,
    *,
    beside: Sequence[RunView] = (),
    aspect: tuple[int, int] = (1, 1),
    original: str | None = None,
    hint: str = "",
    names: Mapping[str, str] | None = None,
    title: str = "",
    is_large: bool = False,
    replay: Mapping[str, Any] | None = None,
) -> None:
    """Show a run as it trains, or empty charts that wait for one.

    Args:
        task: The half of the lab; it decides on panels, figures and pictures.
        run: The run to follow; None before the first one.
        beside: Other runs of the task, drawn in the same charts.
        aspect: Width and height of the fitted image, so that nothing jumps when it arrives.
        original: Address of the picture shown as the original before a run has stored it.
        hint: What to do, shown while there is no run.
        names: Makes it a race: the name of each run by its uid, where those of one name are drawn
            as one; no run has the state and pictures of its own at the top.
        title: Name of the figure; made from the runs where it is empty.
        is_large: Whether it is drawn for a projector.
        replay: Shows recorded runs: ``url`` of the recording, ``token``, another one for each
            start, ``elapsed`` seconds, ``speed``, and ``isPaused``.
    """
    view = VIEWS[task]
    runs = [run, *beside] if run else []
    is_race = names is not None
    groups = group_by_setting(runs) if names is None else _named(runs, names)
    _mount(
        key=f"{'race' if is_race else 'live'}-{task}",
        data={
            "uid": run.uid if run else None,
            "state": run.state if run else None,
            "task": task,
            "title": title or title_of(runs),
            "isRace": is_race,
            "isLarge": is_large,
            "replay": replay,
            **_members(groups),
            "prefix": base_path(),
            "plotly": plotly_url(base_path()),
            "aspect": aspect,
            "pictures": {"original": original} if original else {},
            "hint": hint,
            **_declared(replace(view, figures=(), previews=()) if is_race else view),
        },
        on_changed_change=lambda: None,
    )


def _members(groups: Sequence[Group]) -> dict[str, Any]:
    runs = [
        {"uid": one.uid, "state": one.state, "group": index}
        for index, group in enumerate(groups)
        for one in group.runs
    ]
    names = [{"name": group.name, "num_seeds": len(group.runs)} for group in groups]
    return {"runs": runs, "groups": names}


def _named(runs: Sequence[RunView], names: Mapping[str, str]) -> list[Group]:
    groups: dict[str, list[RunView]] = {}
    for run in runs:
        groups.setdefault(names[run.uid], []).append(run)
    return [Group(name, members) for name, members in groups.items()]


def _declared(view: TaskView) -> dict[str, Any]:
    figures = [
        {
            **asdict(figure),
            "title": describe(figure.key).title,
            "metric": asdict(describe(figure.key)),
        }
        for figure in view.figures
    ]
    return {**asdict(view), "figures": figures}
