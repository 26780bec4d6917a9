"""Several runs in one chart: which are drawn, and what the chart is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import streamlit as st

from l335.components.component import Component
from l335.core.errors import NotFound
from l335.core.wording import decimal
from l335.results.groups import group_by_setting, place_of, words_of
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import Spec
from l335.spec.fields import dotted_fields
from l335.ui import links, wording
from l335.ui.run_picker import picker_label, runs_multiselect

MAX_RUNS = 64
"""More are not drawn in one chart."""

MAX_COMPARED = 8
"""More are not put side by side, setting by setting and picture by picture."""

NUM_OFFERED = 50
"""How many of the latest runs the picker offers."""


def names_of_settings(runs: Sequence[RunView]) -> dict[str, str]:
    """For each run, by uid, what tells its setting from the others; seeds of one share it."""
    groups = group_by_setting(runs) if runs else []
    return {run.uid: group.name for group in groups for run in group.runs}


def names_of_runs(runs: Sequence[RunView]) -> dict[str, str]:
    """For each run, by uid, a name that no other of them has: its setting and its seed.

    Runs of both halves of the lab have their titles for settings.
    """
    if len({run.task for run in runs}) > 1:
        settings = {run.uid: run.title for run in runs}
    else:
        settings = names_of_settings(runs)
    return unlike({run.uid: f"{settings[run.uid]}, seed {run.seed}" for run in runs})


def unlike(names: Mapping[str, str]) -> dict[str, str]:
    """Names by uid; those that several have end in the beginning of the uid."""
    counts = Counter(names.values())
    return {uid: f"{name} · {uid[:6]}" if counts[name] > 1 else name for uid, name in names.items()}


@dataclass(frozen=True)
class SettingRow:
    """One setting of several specifications.

    Attributes:
        key: Its dotted name.
        values: As shown; a dash where a specification has no such setting.
    """

    key: str
    title: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether any two of them differ in it."""
        return len(set(self.values)) > 1


def setting_rows(specs: Sequence[Spec]) -> list[SettingRow]:
    """Every setting any of these specifications has, those of a component behind it."""
    titles: dict[str, str] = {}
    values: list[dict[str, str]] = []
    for spec in specs:
        fields = {key: field for key, field in dotted_fields(spec) if key != "image"}
        titles |= {key: str(field.title or key) for key, field in fields.items()}
        values.append({key: _shown(attrgetter(key)(spec)) for key in fields})
    heads = list(dict.fromkeys(key.partition(".")[0] for key in titles))
    return [
        SettingRow(key, titles[key], tuple(one.get(key, "–") for one in values))
        for key in sorted(titles, key=lambda key: heads.index(key.partition(".")[0]))
    ]


def _shown(value: object) -> str:
    if isinstance(value, Component):
        return type(value).title.partition(" (")[0]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)


def title_of(runs: Sequence[RunView]) -> str:
    """A name for a figure of these runs, for its title and its file."""
    groups = group_by_setting(runs) if runs else []
    if not groups:
        return "Curves"
    if len(groups) == 1:
        seeds = f"{len(runs)} seeds" if len(runs) > 1 else f"seed {runs[0].seed}"
        return f"{runs[0].title}, {seeds}"
    if len(groups) > 3:
        return f"{len(groups)} settings, {len(runs)} runs"
    return " and ".join(group.name for group in groups)


def runs_beside(lab: Lab, run: RunView | None) -> list[RunView]:
    """The runs ``?with=UID,UID`` names, beside the one of ``?run=``; others are passed over."""
    if run is None:
        return []
    found = []
    uids = dict.fromkeys(st.query_params.get("with", "").split(","))
    for uid in [uid for uid in uids if uid and uid != run.uid][: MAX_RUNS - 1]:
        try:
            other = lab.run(uid)
        except NotFound as error:
            st.warning(f"{wording.plain(str(error))} It is not drawn beside this one.")
            continue
        if other.task == run.task:
            found.append(other)
    return found


def compare_picker(lab: Lab, run: RunView) -> list[RunView]:
    """Let a person choose runs to draw beside one; the choice is kept in the address.

    Returns:
        The runs to draw beside it.
    """
    beside = runs_beside(lab, run)
    known = {one.uid: one for one in beside}
    latest = lab.runs(limit=NUM_OFFERED, task=run.task)
    known |= {one.uid: one for one in latest if one.uid not in known and one.uid != run.uid}
    if not known:
        return []
    labels = {uid: _label(other, run) for uid, other in known.items()}
    title = f"Compared with {len(beside)}" if beside else "Compare"
    with st.popover(title, icon=":material/show_chart:", width="content"):
        chosen = runs_multiselect(
            "Draw in the same charts",
            labels,
            [one.uid for one in beside],
            name="with",
            key=f"with.{run.uid}",
            most=MAX_RUNS - 1,
        )
        if chosen:
            compare_link([run.uid, *chosen])
    return [known[uid] for uid in chosen]


def compare_link(uids: Sequence[str]) -> None:
    """Link to the page that compares runs in detail; it takes so many and no more."""
    st.page_link(
        links.COMPARE,
        label="Compare",
        icon=":material/compare_arrows:",
        query_params={"runs": ",".join(uids[:MAX_COMPARED])},
        help="Settings that differ, differences over seeds, and where two classifiers disagree.",
    )


def _label(run: RunView, shown: RunView) -> str:
    mine = words_of(run.spec)
    other = words_of(shown.spec)
    keys = sorted(mine, key=place_of)
    changes = [mine[key] for key in keys if other.get(key, mine[key]) != mine[key]]
    name = ", ".join(changes) or "same settings"
    return picker_label(name, run)
