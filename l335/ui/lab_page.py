"""One ready lab on its page: settings, controls, the race of its runs, and what they show."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.core.errors import NotFound, Problem
from l335.labs import LabPreset, lab_from_definition
from l335.results.views import SweepLine, SweepView
from l335.service import Lab
from l335.spec.sweeps import Cell
from l335.ui import links
from l335.ui.lab_address import (
    LAB,
    PREDICT,
    SWEEP,
    LabSettings,
    in_words,
    other_nets,
    settings_in,
    settings_of,
)
from l335.ui.lab_controls import cells_of, progress_line, start_row
from l335.ui.lab_form import LabForm, lab_controls, put_in_address, write_settings
from l335.ui.lab_race import race, wall
from l335.ui.lab_results import arms_in, results, take_along
from l335.ui.prediction import ask, is_asked, locked_in, predict_toggle, show
from l335.ui.sharing import restrictions, share_popover, unlock_note
from l335.ui.sweep_buttons import sweep_buttons
from l335.ui.wording import age, plain, sentence, within

NUM_EARLIER = 20


def lab_page(lab: Lab) -> None:
    """Draw the lab the address names with ``?lab=NAME``.

    Raises:
        NotFound: There is no lab of this name.
    """
    settings = settings_in(_query())
    sweep = _sweep_in_address(lab, settings)
    if sweep is not None:
        settings = _settings_of(sweep)
        put_in_address(settings.query, type(settings.preset))
    titles = lab_controls(type(settings.preset))
    held = restrictions(list(titles))
    form = LabForm(lab, settings, held)
    with st.sidebar:
        st.page_link(links.LABS, label="All labs", icon=":material/arrow_back:")
        form.draw()
    if not form.typed_wrong:
        sweep = sweep or _same_settings(lab, settings)
    with st.sidebar:
        _earlier(lab, settings, sweep)
    _heading(settings, titles)
    unlock_note(held)
    _say_problems([p for p in settings.problems if p.field not in form.typed_wrong], "left out")
    _body(lab, settings.preset, sweep, form)


def _query() -> dict[str, str]:
    return {name: st.query_params[name] for name in st.query_params}


def _sweep_in_address(lab: Lab, settings: LabSettings) -> SweepView | None:
    """The sweep of ``?sweep=UID``; says so where there is none of this lab."""
    uid = st.query_params.get(SWEEP)
    if not uid:
        return None
    try:
        sweep = lab.sweeps.one(uid)
        if sweep.lab == settings.preset.name:
            return sweep
        message = f"Those runs are of another lab, {plain(sweep.title)}."
    except NotFound:
        message = f"There are no runs {plain(uid[:40])} here."
    st.warning(f"{message} The settings of the link are shown.", icon=":material/info:")
    st.query_params.pop(SWEEP, None)
    return None


def _settings_of(sweep: SweepView) -> LabSettings:
    return settings_of(lab_from_definition(sweep.lab, sweep.definition))


def _same_settings(lab: Lab, settings: LabSettings) -> SweepView | None:
    """Results of exactly these settings, which need not be trained again."""
    sweep = lab.sweeps.of_lab(settings.preset)
    if sweep is not None:
        st.query_params[SWEEP] = sweep.uid
    return sweep


def _heading(settings: LabSettings, titles: dict[str, str]) -> None:
    preset = settings.preset
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{preset.number} · {preset.title}", anchor=False)
        query = {LAB: preset.name, **settings.query}
        if PREDICT in st.query_params:
            query[PREDICT] = "1"
        st.page_link(
            links.LECTURE,
            label="Lecture view",
            icon=":material/present_to_all:",
            query_params={LAB: preset.name, **settings.query},
            width="content",
            help="This lab for the projector.",
        )
        for title, other in other_nets(settings).items():
            st.page_link(
                links.LABS,
                label=f"With the {within(title)}",
                icon=":material/swap_horiz:",
                query_params={LAB: preset.name, **other},
                width="content",
                help="The same settings with the other net.",
            )
        share_popover(titles, query, settings=in_words(settings))
    st.markdown(preset.question)
    left, right = st.columns(2, gap="medium")
    left.markdown(f"**Look for**  \n{preset.look_for}")
    right.markdown(f"**Hand in**  \n{preset.deliverable}")


def _say_problems(problems: Sequence[Problem], what_happens: str) -> None:
    for problem in problems:
        st.warning(
            f"{sentence(problem.message)} This part of the link is {what_happens}.",
            icon=":material/warning:",
        )


def _body(lab: Lab, preset: LabPreset, sweep: SweepView | None, form: LabForm) -> None:
    cells, problems = cells_of(lab, preset)
    for problem in problems:
        st.error(sentence(problem.message), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if sweep is not None:
            # A second click on Start must not meet the button that stops all.
            progress_line(lab, sweep)
            sweep_buttons(lab, sweep)
        else:
            start_row(lab, preset, cells, can_start=not form.typed_wrong)
        predict_toggle(form.held)
    names = _names(sweep, cells)
    if is_asked() and names and not _predicted(preset, sweep, names):
        return
    race(preset.task, sweep)
    if sweep is None:
        return
    if preset.task == "fit-image":
        wall(lab, sweep, preset.metrics[0])
    results(lab, preset, sweep)
    take_along(lab, preset, sweep)


def _names(sweep: SweepView | None, cells: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.name for cell in (sweep.cells if sweep else cells)))


def _predicted(preset: LabPreset, sweep: SweepView | None, names: Sequence[str]) -> bool:
    """Ask for a prediction, or show the one that is locked in; whether one is."""
    prediction = locked_in(len(names))
    if prediction is None:
        ask(names, preset.predicted)
        return False
    show(prediction, names, arms_in(sweep) if sweep else [], preset)
    return True


def _earlier(lab: Lab, settings: LabSettings, sweep: SweepView | None) -> None:
    """Draw the choice among what was run of this lab before."""
    lines = {
        line.uid: line for line in lab.sweeps.listing(limit=NUM_EARLIER, lab=settings.preset.name)
    }
    if not lines.keys() - ({sweep.uid} if sweep else set()):
        return
    shown = sweep.uid if sweep and sweep.uid in lines else None
    words = {uid: _line_words(line) for uid, line in lines.items()}
    # A choice is told by its words, and these change as time passes and runs end.
    key = f"lab.earlier.{shown}.{hash(tuple(words.values()))}"

    def open_it() -> None:
        line = lines[st.session_state[key]]
        preset = lab_from_definition(line.lab, line.definition)
        write_settings(settings_of(preset).query, type(preset))
        st.query_params[SWEEP] = line.uid

    st.selectbox(
        "Earlier results",
        list(lines),
        index=list(lines).index(shown) if shown else None,
        format_func=words.__getitem__,
        key=key,
        placeholder=f"{len(lines)} to choose from",
        on_change=open_it,
    )


def _line_words(line: SweepLine) -> str:
    done, total = line.states.get("completed", 0), sum(line.states.values())
    words = in_words(settings_of(lab_from_definition(line.lab, line.definition)))
    return f"{age(line.created_at)} · {done} of {total} runs · {words}"
