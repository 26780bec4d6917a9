"""Fitted pictures side by side, under one zoom where they have one size."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from l335.results.views import ArtifactView, RunView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.ui import wording
from l335.ui.compare.figures import REFRESH_SECONDS
from l335.ui.comparison import names_of_runs
from l335.ui.links import base_path
from l335.ui.upsample_viewer import upsample_viewer

HELD_OUT, TRAIN = "test/psnr_db", "train/psnr_db"


def aspect_of(run: RunView) -> tuple[int, int]:
    """Width and height of the picture a run is fitted to; of a classifier 1 and 1."""
    return run.spec.shown_size


def pictures_side_by_side(lab: Lab, runs: Sequence[RunView]) -> None:
    """Draw original, reconstructions and error maps at equal size, then a closer look."""
    st.subheader("Pictures", anchor=False)
    is_moving = any(run.state in ("queued", "running") for run in runs)
    refresh = REFRESH_SECONDS if is_moving else None
    # Only pictures are in the fragment: widgets in it would lose clicks.
    st.fragment(_wall, run_every=refresh)(lab, [run.uid for run in runs])
    sizes = {aspect_of(run) for run in runs}
    if is_moving:
        st.caption("A closer look, under one zoom for all, is offered once no run trains.")
    elif len(sizes) > 1:
        st.caption("The pictures are of several sizes, so one zoom for all would not fit them.")
    else:
        _closer(lab, runs, sizes.pop())


def _wall(lab: Lab, uids: Sequence[str]) -> None:
    runs = [lab.run(uid) for uid in uids]
    names = names_of_runs(runs)
    previews = {run.uid: lab.previews(run.uid) for run in runs}
    aspects = {"{} / {}".format(*aspect_of(run)) for run in runs}
    aspect = aspects.pop() if len(aspects) == 1 else "1"
    fits, errors = [], []
    for run in runs:
        name, pictures = names[run.uid], previews[run.uid]
        fits.append(_cell(pictures.get("reconstruction"), aspect, name, _score(run)))
        errors.append(_cell(pictures.get("error"), aspect, f"Error of {name}"))
    originals = {
        run.uid: previews[run.uid]["original"] for run in runs if "original" in previews[run.uid]
    }
    if len({picture.sha256 for picture in originals.values()}) == 1:
        first = _cell(next(iter(originals.values())), aspect, "Original", _name(runs[0]))
        rows = [[first, *fits], [_legend(), *errors]]
    else:
        top = [_cell(originals.get(run.uid), aspect, f"Original: {_name(run)}") for run in runs]
        rows = [top, fits, errors]
    # As many columns as there are pictures, so that each error stands below its picture.
    st.html(
        '<div role="region" aria-label="Pictures side by side" tabindex="0" '
        'style="overflow-x: auto"><div style="display: grid; gap: 0.9rem 0.75rem; '
        f'grid-template-columns: repeat({len(rows[0])}, minmax(150px, 420px))">'
        f"{''.join(cell for row in rows for cell in row)}</div></div>"
    )


def _cell(picture: ArtifactView | None, aspect: str, name: str, words: str = "") -> str:
    shown = html.escape(name)
    frame = f"width: 100%; aspect-ratio: {aspect}; border-radius: 4px; display: block"
    image = (
        f'<div style="{frame}; background: rgba(128, 128, 128, 0.15)"></div>'
        if picture is None
        else f'<img src="{_url(picture)}" alt="{html.escape(name, quote=True)}" '
        f'style="{frame}; object-fit: contain; image-rendering: pixelated">'
    )
    score = f'<div style="opacity: 0.8">{html.escape(words)}</div>' if words else ""
    return f'<div style="font-size: 0.85rem">{image}<div>{shown}</div>{score}</div>'


def _legend() -> str:
    return (
        '<div style="font-size: 0.85rem; opacity: 0.8">Errors: black is none, yellow 25 % of the '
        "range and more.</div>"
    )


def _url(picture: ArtifactView) -> str:
    return f"{base_path()}/api/artifacts/{picture.uid}"


def _name(run: RunView) -> str:
    return run.spec.image_name if isinstance(run.spec, FitImageSpec) else ""


def _score(run: RunView) -> str:
    train = "trained on" if HELD_OUT in run.summary else "PSNR"
    scores = [
        f"{title} {wording.value(key, run.summary[key].get('last'))}"
        for key, title in ((HELD_OUT, "held out"), (TRAIN, train))
        if key in run.summary
    ]
    if run.state != "completed":
        scores.append(wording.STATES[run.state][0].lower())
    return ", ".join(scores)


def _closer(lab: Lab, runs: Sequence[RunView], whole: tuple[int, int]) -> None:
    """One zoom and one pan for all, with their differences."""
    names = names_of_runs(runs)
    panes: list[dict[str, str]] = []
    originals: set[str] = set()
    for run in runs:
        previews = lab.previews(run.uid)
        if "original" in previews:
            originals.add(previews["original"].sha256)
            if len(originals) == 1 and not panes:
                original = _url(previews["original"])
                panes.append({"name": "original", "title": "Original", "url": original})
        if "reconstruction" in previews:
            painted = _url(previews["reconstruction"])
            panes.append({"name": run.uid, "title": names[run.uid], "url": painted})
    if len(panes) < 2:
        return
    with st.expander("A closer look: one zoom for all, and differences"):
        upsample_viewer(",".join(pane["url"] for pane in panes), panes, whole, (0, 0))
