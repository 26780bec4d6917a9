"""The lecture view: one lab for the projector, live where there is time, else recorded."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Mapping, Sequence

import streamlit as st

from l335.core.errors import NotFound, SpecError
from l335.export.recordings import Recording, bundled, recording_of
from l335.labs import LabPreset, labs
from l335.labs.results import Arm, arms_of
from l335.results.views import SweepView
from l335.service import Lab
from l335.spec import Spec
from l335.ui import links
from l335.ui.failure import refusing
from l335.ui.lab_address import LAB, SWEEP, LabSettings, settings_in
from l335.ui.lab_controls import REFRESH_SECONDS, cells_of, is_unfinished, progress_line
from l335.ui.lab_race import race, score_of
from l335.ui.lab_results import arms_in, result_table
from l335.ui.lecture_show import LIVE_SECONDS, Show, note
from l335.ui.pictures import picture_url
from l335.ui.replay_clock import ReplayClock
from l335.ui.wording import plain

TICK_SECONDS = 1.0
PICTURE_PIXELS = 256


def lecture(lab: Lab) -> None:
    """Draw the lab the address names with ``?lab=NAME``; the first one without."""
    query = {LAB: next(iter(labs())), **{name: st.query_params[name] for name in st.query_params}}
    live = _live_seconds(query.pop("live", ""))
    try:
        settings = settings_in(query)
    except NotFound as error:
        st.error(str(error), icon=":material/error:")
        settings = settings_in({LAB: next(iter(labs()))})
    show = _show(lab, settings, live)
    _heading(show)
    _controls(lab, show)
    for problem in [*(each.message for each in settings.problems), *show.problems]:
        st.warning(plain(problem), icon=":material/warning:")
    if show.clock is not None and show.recording is not None:
        _replay(show.preset, show.recording, show.clock)
    else:
        _live(lab, show)


def _live_seconds(text: str) -> float:
    return float(text) if text.isdecimal() else LIVE_SECONDS


def _show(lab: Lab, settings: LabSettings, live: float) -> Show:
    name = settings.preset.name
    clock: ReplayClock | None = st.session_state.get(f"lecture.clock.{name}")
    cells, problems = cells_of(lab, settings.preset)
    sweep = lab.sweeps.of_lab(settings.preset) if cells else None
    specs = [cell.spec for cell in cells]
    seconds = _expected_seconds(lab, specs)
    is_own = sweep is not None and sweep.is_over and bool(sweep.runs)
    recording = None
    if sweep is not None and is_own and clock is not None:  # reading it takes a moment
        recording = _own_recording(sweep.uid, sum(run.step for run in sweep.runs))
    elif not is_own:
        with contextlib.suppress(NotFound):
            recording = bundled(name)
    words = [problem.message for problem in problems]
    return Show(settings, sweep, seconds, live, clock, recording, specs, words)


def _expected_seconds(lab: Lab, specs: Sequence[Spec]) -> float | None:
    """Wall-clock of what is missing; None while a probe has still to measure it."""
    if not specs:
        return None
    estimate = lab.estimates.of(specs)
    if estimate.is_complete:
        return estimate.seconds
    if lab.runner_alive():
        lab.estimates.probe(specs)
    return None


@st.cache_data(max_entries=4, show_spinner=False)
def _own_recording(uid: str, steps: int) -> Recording:
    del steps  # a run that was continued is read again
    from l335.service.current import current_lab

    return recording_of(current_lab(), uid)


def _heading(show: Show) -> None:
    preset = show.preset
    st.html(
        '<div style="font-size: 2.6rem; font-weight: 650; line-height: 1.15">'
        f"{preset.number} · {html.escape(preset.title)}</div>"
        '<div style="font-size: 1.5rem; line-height: 1.4; margin-top: 0.4rem">'
        f"{html.escape(preset.question)}</div>"
    )


def _controls(lab: Lab, show: Show) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if show.clock is not None:
            _replay_buttons(show, show.clock)
        elif show.sweep is None:
            _start_button(lab, show)
        else:
            _sweep_buttons(lab, show, show.sweep)
        _walk(show)
    _say(note(show))
    if show.sweep is None and show.clock is None and show.seconds is None and show.specs:
        st.fragment(_until_measured, run_every=TICK_SECONDS)(lab, show.specs)


def _say(sentence: str) -> None:
    if sentence:
        st.html(f'<div style="font-size: 1.2rem; opacity: 0.85">{html.escape(sentence)}</div>')


def _until_measured(lab: Lab, specs: Sequence[Spec]) -> None:
    if lab.estimates.of(specs).is_complete:
        st.rerun()
    _say("Measuring how fast this machine trains these networks …")


def _start_button(lab: Lab, show: Show) -> None:
    is_replay = show.is_too_long and show.recording is not None
    if st.button(
        "Replay" if is_replay else "Start",
        key="lecture.start",
        type="primary",
        icon=":material/play_arrow:",
        shortcut="S",
        disabled=bool(show.problems),
    ):
        if is_replay:
            _begin_replay(show)
        else:
            try:
                lab.sweeps.start_lab(show.settings.preset)
            except SpecError as error:
                st.error(plain(str(error)), icon=":material/error:")
                return
        st.rerun()


def _begin_replay(show: Show) -> None:
    st.session_state[f"lecture.clock.{show.settings.preset.name}"] = ReplayClock.started()


def _sweep_buttons(lab: Lab, show: Show, sweep: SweepView) -> None:
    paused = [run for run in sweep.runs if run.state == "paused" or run.want == "pause"]
    if sweep.is_over:
        st.button(
            "Replay",
            key="lecture.replay",
            type="primary",
            icon=":material/replay:",
            shortcut="S",
            on_click=_begin_replay,
            args=(show,),
        )
    elif paused:
        st.button(
            "Go on",
            key="lecture.resume",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="P",
            on_click=refusing(lab.sweeps.resume),
            args=(sweep.uid,),
        )
    else:
        st.button(
            "Pause",
            key="lecture.pause",
            icon=":material/pause:",
            shortcut="P",
            on_click=refusing(lab.sweeps.pause),
            args=(sweep.uid,),
        )


def _replay_buttons(show: Show, clock: ReplayClock) -> None:
    st.button(
        "From the start",
        key="lecture.again",
        icon=":material/replay:",
        shortcut="S",
        on_click=_begin_replay,
        args=(show,),
    )
    st.button(
        "Go on" if clock.is_paused else "Pause",
        key="lecture.hold",
        type="primary",
        icon=":material/play_arrow:" if clock.is_paused else ":material/pause:",
        shortcut="P",
        on_click=clock.toggle,
    )
    st.button(
        "Back to the lab",
        key="lecture.close",
        icon=":material/close:",
        shortcut="Escape",
        on_click=lambda: st.session_state.pop(f"lecture.clock.{show.settings.preset.name}", None),
    )


def _walk(show: Show) -> None:
    """Draw the steps to the lab before and behind, and the way out."""
    names = list(labs())
    place = names.index(show.settings.preset.name)
    for label, to, icon, key in (
        ("Previous", place - 1, "skip_previous", "PageUp"),
        ("Next", place + 1, "skip_next", "PageDown"),
    ):
        st.button(
            label,
            key=f"lecture.{label.lower()}",
            icon=f":material/{icon}:",
            shortcut=key,
            disabled=not 0 <= to < len(names),
            on_click=_open,
            args=(show.settings, names[to % len(names)]),
        )
    query = {LAB: show.settings.preset.name, **show.settings.query}
    if show.sweep is not None:
        query[SWEEP] = show.sweep.uid
    st.page_link(
        links.LABS, label="Leave", icon=":material/logout:", query_params=query, width="content"
    )


def _open(left: LabSettings, name: str) -> None:
    """Go to another lab; one that was shown before comes back with its settings."""
    seen: dict[str, dict[str, str]] = st.session_state.setdefault("lecture.seen", {})
    seen[left.preset.name] = left.query
    kept = {"live": st.query_params["live"]} if "live" in st.query_params else {}
    st.query_params.from_dict({LAB: name, **seen.get(name, {}), **kept})


def _live(lab: Lab, show: Show) -> None:
    sweep = show.sweep
    if sweep is not None and not sweep.is_over:
        progress_line(lab, sweep)
    race(show.preset.task, sweep, is_large=True)
    if sweep is None:
        return
    every = REFRESH_SECONDS if is_unfinished(sweep) else None
    st.fragment(_live_results, run_every=every)(lab, show.preset, sweep.uid)


def _live_results(lab: Lab, preset: LabPreset, uid: str) -> None:
    sweep = lab.sweeps.one(uid)
    if preset.task == "fit-image":
        urls = {}
        for run in sweep.runs:
            picture = lab.previews(run.uid).get("reconstruction")
            if picture is not None:
                urls[run.uid] = picture_url(picture.sha256, PICTURE_PIXELS)
        _wall(preset, arms_in(sweep), urls)
    if sweep.is_over:
        _results(preset, arms_in(sweep))


def _replay(preset: LabPreset, recording: Recording, clock: ReplayClock) -> None:
    own = recording.sweep.uid
    path = f"sweeps/{own}/recording" if own else f"recordings/{recording.sweep.lab}"
    replay = {
        "url": f"{links.base_path()}/api/{path}",
        "token": clock.token,
        "elapsed": clock.elapsed,
        "speed": recording.speed,
        "isPaused": clock.is_paused,
    }
    race(preset.task, recording.sweep, is_large=True, replay=replay)
    is_moving = not clock.is_paused and clock.elapsed < recording.duration
    every = TICK_SECONDS if is_moving else None
    st.fragment(_replay_results, run_every=every)(preset, recording, clock, is_moving)


def _replay_results(
    preset: LabPreset, recording: Recording, clock: ReplayClock, was_moving: bool
) -> None:
    wall = clock.elapsed * recording.speed
    is_over = clock.elapsed >= recording.duration
    if is_over and was_moving:
        st.rerun()
    arms = arms_of(recording.sweep.cells, lambda uid: dict(recording.series[uid]))
    if preset.task == "fit-image":
        pictures = {run.uid: recording.picture_at(run.uid, wall) for run in recording.sweep.runs}
        urls = {uid: picture.url for uid, picture in pictures.items() if picture}
        _wall(preset, arms, urls, has_scores=is_over)
    if is_over:
        _results(preset, arms)


def _results(preset: LabPreset, arms: list[Arm]) -> None:
    sentences = "".join(f"<li>{html.escape(each)}</li>" for each in preset.finding(arms))
    st.html(
        '<div style="font-size: 1.6rem; font-weight: 600">What these results show</div>'
        f'<ul style="font-size: 1.35rem; line-height: 1.45; padding-left: 1.4rem">{sentences}</ul>'
    )
    result_table(preset.table(arms), preset.title)


def _wall(
    preset: LabPreset, arms: list[Arm], urls: Mapping[str, str], *, has_scores: bool = True
) -> None:
    figures = []
    for arm in arms:
        run = next((run for run in arm.runs if run.uid in urls), None)
        if run is None:
            continue
        score = score_of(run, preset.metrics[0]) if has_scores else "\u00a0"
        figures.append(
            f'<figure style="margin: 0"><img src="{urls[run.uid]}" alt="" style="width: 100%; '
            'border-radius: 4px; image-rendering: pixelated"><figcaption>'
            f"{html.escape(arm.name)}<br>{html.escape(score)}</figcaption></figure>"
        )
    if figures:
        st.html(
            '<div style="display: grid; gap: 1rem; font-size: 1.2rem; '
            f'grid-template-columns: repeat(auto-fill, minmax(220px, 1fr))">{"".join(figures)}'
            "</div>"
        )
