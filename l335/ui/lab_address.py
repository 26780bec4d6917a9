"""The settings of a ready lab in an address: what a link says, and the link that says it.

``/labs?lab=learning-rates&rates=0.1,0.001&seeds=2`` holds what differs from the quick mode, and
``&quick=0`` makes it what differs from the full one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from l335.components.component import nearest
from l335.core.errors import Problem, SpecError
from l335.core.wording import decimal
from l335.labs import LabPreset, lab_called, options, word_titles
from l335.ui.restrictions import WORDS

LAB, QUICK, SWEEP, PREDICT = "lab", "quick", "sweep", "predict"
NO_SETTINGS = {LAB, QUICK, SWEEP, PREDICT, *WORDS}
"""Words of the address that are no field of a lab."""

FULL_WORDS = {"0", "no", "false", "off"}


@dataclass(frozen=True)
class LabSettings:
    """What an address says of a lab.

    Attributes:
        preset: The settings that fit; what did not fit is the mode's own.
        is_quick: Whether they start from the quick mode.
        problems: What did not fit, one sentence each.
    """

    preset: LabPreset
    is_quick: bool
    problems: tuple[Problem, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address that say the same."""
        return query_of(self.preset, is_quick=self.is_quick)


def fields_of(lab: type[LabPreset]) -> dict[str, FieldInfo]:
    """The fields a person may change, a lab's own first and the seeds last."""
    names = [name for name in lab.model_fields if name not in ("kind", "seeds")]
    return {name: lab.model_fields[name] for name in [*names, "seeds"]}


def mode(preset: LabPreset, *, is_quick: bool) -> LabPreset:
    """The settings of a lab's quick or full mode."""
    start = type(preset).model_validate({})
    return start.quick() if is_quick else start


def settings_in(query: Mapping[str, str]) -> LabSettings:
    """The settings an address holds; what does not fit is left as the mode has it, and said.

    Raises:
        NotFound: There is no lab of the name in ``lab``.
    """
    start = lab_called(query.get(LAB, ""))
    is_quick = query.get(QUICK, "1").strip().lower() not in FULL_WORDS
    base = mode(start, is_quick=is_quick)
    known = fields_of(type(start))
    problems = [
        Problem(name, f"`{name[:40]}` is no setting of this lab; {nearest(name, list(known))}")
        for name in query
        if name not in known and name not in NO_SETTINGS
    ]
    changes: dict[str, object] = {name: query[name] for name in known if name in query}
    while changes:
        try:
            return LabSettings(base.changed(changes), is_quick, tuple(problems))
        except SpecError as error:
            problems += error.problems
            wrong = {problem.field.partition(".")[0] for problem in error.problems}
            # A rule across fields may name none of those that were changed.
            wrong = wrong & set(changes) or set(changes)
            changes = {name: value for name, value in changes.items() if name not in wrong}
    return LabSettings(base, is_quick, tuple(problems))


def settings_of(preset: LabPreset) -> LabSettings:
    """Settings without an address, such as those of a stored sweep: the nearer mode is theirs."""
    quick, full = (len(changed_fields(preset, is_quick=each)) for each in (True, False))
    return LabSettings(preset, quick <= full)


def changed_fields(preset: LabPreset, *, is_quick: bool) -> list[str]:
    """Fields in which settings differ from those of a mode."""
    base = mode(preset, is_quick=is_quick)
    names = fields_of(type(preset))
    return [name for name in names if getattr(preset, name) != getattr(base, name)]


def query_of(preset: LabPreset, *, is_quick: bool) -> dict[str, str]:
    """The parameters of an address with these settings, without the lab's name."""
    query = {} if is_quick else {QUICK: "0"}
    for name in changed_fields(preset, is_quick=is_quick):
        query[name] = text_of(getattr(preset, name))
    return query


def other_nets(settings: LabSettings) -> dict[str, dict[str, str]]:
    """For each other net the parameters of the same settings with it, by its title."""
    preset, kind = settings.preset, type(settings.preset)
    if "network" not in kind.model_fields:
        return {}
    titles = word_titles(kind, "network")
    return {
        titles[net]: query_of(preset.changed({"network": net}), is_quick=settings.is_quick)
        for net in options(kind, "network")
        if net != getattr(preset, "network", None)
    }


def text_of(value: object) -> str:
    """A setting's value as the address holds it."""
    if isinstance(value, list | tuple):
        return ",".join(text_of(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    text = decimal(value)
    return text if float(text) == value else f"{value:.12g}"


def in_words(settings: LabSettings) -> str:
    """What settings are in a line: the mode, and what was changed from it."""
    kind = type(settings.preset)
    fields = fields_of(kind)
    changes = [
        f"{fields[name].title} {_in_title(kind, name, getattr(settings.preset, name))}"
        for name in changed_fields(settings.preset, is_quick=settings.is_quick)
    ]
    return " · ".join(["Quick" if settings.is_quick else "Full", *changes])


def _in_title(kind: type[LabPreset], name: str, value: object) -> str:
    return word_titles(kind, name).get(str(value)) or shown(value)


def shown(value: object) -> str:
    """A setting's value as people read it; the address of an upload is shortened."""
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = text_of(value)
    return f"{text[:6]}…" if len(text) == 64 else text
