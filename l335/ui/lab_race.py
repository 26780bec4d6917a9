"""Runs of a sweep against each other: one chart of all curves, and a wall of pictures."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from l335.core.metrics import describe
from l335.export.report.images import wall_tiles
from l335.labs.results import Arm, arms_of
from l335.results.views import RunView, SweepView
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.ui import links
from l335.ui.comparison import MAX_RUNS
from l335.ui.lab_controls import REFRESH_SECONDS, is_unfinished
from l335.ui.live_view import live_view
from l335.ui.pictures import picture_url
from l335.ui.wording import STATES, count

MAX_PICTURES = 60
PICTURE_PIXELS = 256


def race(
    task: str,
    sweep: SweepView | None,
    *,
    is_large: bool = False,
    replay: Mapping[str, Any] | None = None,
) -> None:
    """Draw the curves of a sweep's runs as they train; empty charts before there is one.

    Seeds of one setting are one line, their mean, with a band.

    Args:
        task: Half of the lab the runs belong to.
        sweep: The sweep.
        is_large: Whether it is for a projector.
        replay: Shows a recording in place of what the runs do now; see ``live_view``.
    """
    names = {cell.run.uid: cell.name for cell in sweep.cells if cell.run} if sweep else {}
    runs = list({run.uid: run for run in sweep.runs}.values()) if sweep else []
    drawn = runs[:MAX_RUNS]
    live_view(
        task,
        drawn[0] if drawn else None,
        beside=drawn[1:],
        names=names,
        title=sweep.title if sweep else "",
        is_large=is_large,
        replay=replay,
    )
    if len(runs) > len(drawn):
        st.caption(
            f"The first {MAX_RUNS} of {count(len(runs), 'run')} are drawn; table and findings are "
            "of all."
        )


def wall(lab: Lab, sweep: SweepView, key: str) -> None:
    """Draw what the networks of each setting paint, kept up to date while they train.

    Args:
        lab: The lab.
        sweep: A sweep of image runs.
        key: Metric written below each picture.
    """
    every = REFRESH_SECONDS if is_unfinished(sweep) else None
    st.fragment(_wall, run_every=every)(lab, sweep.uid, key)


def _wall(lab: Lab, uid: str, key: str) -> None:
    arms = arms_of(lab.sweeps.one(uid).cells, lab.series)
    shown = [arm for arm in arms[:MAX_PICTURES] if arm.runs]
    figures = [figure for arm in shown for figure in _figures(lab, arm, key)]
    if not figures:
        return
    st.html(
        '<div style="display: grid; gap: 0.75rem; '
        f'grid-template-columns: repeat(auto-fit, minmax({_width(len(figures))}px, 1fr))">'
        f"{''.join(figures)}</div>"
    )
    hidden = len(arms) - len(shown)
    more = f" {count(hidden, 'further setting')} left out." if hidden > 0 else ""
    which = "first seed" if len(figures) == len(shown) else "first two seeds"
    st.caption(f"What the {which} of each setting paints; a picture opens its run.{more}")


def _width(number: int) -> int:
    return 190 if number <= 4 else 130


def _figures(lab: Lab, arm: Arm, key: str) -> list[str]:
    """The first run's picture; of networks trained side by side the first two, one by one."""
    run = arm.runs[0]
    assert isinstance(run.spec, FitImageSpec)
    picture = lab.previews(run.uid).get("reconstruction")
    number = run.spec.num_seeds
    if number == 1 or picture is None:
        url = None if picture is None else picture_url(picture.sha256, PICTURE_PIXELS)
        return [_figure(run, arm.name, score_of(run, key), url)]
    figures = []
    for place, url in enumerate(_tile_urls(picture.sha256, number)):
        name = key.replace("train/", f"seed_{place}/")
        title = f"{arm.name}, seed {run.spec.seeds[place]}"
        figures.append(_figure(run, title, score_of(run, name), url))
    return figures


@st.cache_data(max_entries=100, show_spinner=False)
def _tile_urls(sha256: str, number: int) -> list[str]:
    """The fits of the first two networks of a wall, as addresses that hold them."""
    found = []
    for tile in wall_tiles(current_lab().blob(sha256), number)[:2]:
        buffer = io.BytesIO()
        tile.save(buffer, "PNG")
        found.append(f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}")
    return found


def _figure(run: RunView, name: str, score: str, url: str | None) -> str:
    assert isinstance(run.spec, FitImageSpec)
    width, height = run.spec.fitted_size
    label = html.escape(f"{name}: {score}; open its run", quote=True)
    shape = f"width: 100%; aspect-ratio: {width} / {height}; display: block; border-radius: 4px"
    shown = f'<div style="{shape}; background: rgba(128, 128, 128, 0.15)"></div>'
    if url is not None:
        shown = f'<img src="{url}" alt="" style="{shape}; image-rendering: pixelated">'
    return (
        f'<a href="{links.base_path()}/fit-image?run={run.uid}" target="_self" '
        f'aria-label="{label}" style="color: inherit; text-decoration: none; font-size: 0.85rem; '
        'max-width: 320px">'
        f"{shown}<div>{html.escape(name)}</div>"
        f'<div style="opacity: 0.75; font-variant-numeric: tabular-nums">{score}</div></a>'
    )


def score_of(run: RunView, key: str) -> str:
    """The newest value of a metric of a run, or what the run does where there is none."""
    value = run.summary.get(key, {}).get("last")
    if value is None or run.state in ("failed", "cancelled"):
        return STATES[run.state][0]
    return describe(key).show(value)


def first_seeds(sweep: SweepView, most: int) -> list[str]:
    """The first runs of a sweep by uid, one for each setting, and no more than ``most``."""
    first: dict[str, str] = {}
    for cell in sweep.cells:
        if cell.run is not None:
            first.setdefault(cell.name, cell.run.uid)
    return list(first.values())[:most]


def all_runs(sweep: SweepView) -> Sequence[str]:
    """The runs of a sweep by uid, each once."""
    return list(dict.fromkeys(run.uid for run in sweep.runs))
