"""Ready labs: one file for each task of the practical. A new file is a new lab.

A lab is a frozen pydantic model, as components are: its fields are what a person may change, with
range and help; they make its form, its address, its command-line keys and what the store keeps.
Its methods say which runs it is made of, which table the practical asks for, and what the figures
show. None of them knows what is expected to come out.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from l335.components.component import Component, members, nearest
from l335.core.errors import NotFound
from l335.core.tables import Table
from l335.labs.results import Arm, is_ahead, ranking, scores_table
from l335.results.views import ImageView
from l335.spec import Spec, with_changes
from l335.spec.from_text import parsed
from l335.spec.problems import model_error
from l335.spec.sweeps import Cell

FindImage = Callable[[str], ImageView]
"""Finds a stored image by its address or by a name such as ``sky``."""


def parts(value: object) -> object:
    """Text with commas between its parts, or a single number, as a list; others as they are."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [value] if isinstance(value, int | float) else value


Words = Annotated[tuple[str, ...], BeforeValidator(parts)]
"""Words, as text with commas between them; ``json_schema_extra`` may list ``options``, or say
``images`` where they name stored images."""


class LabPreset(Component):
    """Base of every ready lab.

    Attributes:
        number: Its place among the labs, from 1.
        task: Half of the lab its runs belong to.
        question: What it asks, in a sentence or two.
        look_for: What to watch while it runs.
        deliverable: What the practical wants handed in.
        metrics: Keys of its table; the first is what its runs are judged by.
        quick_changes: Fields the quick mode changes, so that it ends within three minutes on two
            cores.
        quick_cuts: What the quick mode cuts, in words.
        page: Name of the page that goes deeper into it, such as ``sigma``; empty for none.
        intervals: What the intervals of its findings are of.
    """

    number: ClassVar[int]
    task: ClassVar[Literal["classify", "fit-image"]]
    question: ClassVar[str]
    look_for: ClassVar[str]
    deliverable: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    quick_changes: ClassVar[Mapping[str, Any]]
    quick_cuts: ClassVar[str]
    page: ClassVar[str] = ""
    source: ClassVar[str] = "the practical"
    intervals: ClassVar[str] = (
        "Intervals are of paired differences over the seeds both settings have in common, by "
        "Student's t at 95 %; with few seeds they are wide, as they should be."
    )

    seeds: int = Field(
        default=3,
        ge=1,
        le=20,
        title="Seeds",
        description="Runs of each setting that differ in initial weights and data order alone.",
    )

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        for name in type(self).model_fields:
            known, value = options(type(self), name), getattr(self, name)
            for word in value if known and isinstance(value, tuple) else ():
                if word not in known:
                    raise ValueError(
                        f"`{name}` holds `{word}`, which is not known; {nearest(word, known)}"
                    )
        return self

    @property
    def name(self) -> str:
        """Its name in addresses, commands and the store, such as ``learning-rates``."""
        return self.kind.replace("_", "-")

    def changed(self, changes: Mapping[str, object]) -> Self:
        """The lab with other settings, checked; values may be text, as typed.

        Raises:
            SpecError: A field is unknown or out of range; the text names it.
        """
        fields = type(self).model_fields
        values = self.model_dump() | {
            name: parsed(value, fields[name])
            if isinstance(value, str) and name in fields
            else value
            for name, value in changes.items()
        }
        try:
            return type(self).model_validate(values)
        except ValidationError as error:
            raise model_error(error, values, type(self), self.kind) from None

    def quick(self) -> Self:
        """The lab shortened to what a lecture has time for."""
        return self.changed(self.quick_changes)

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        """What is compared, by name: the run of the first seed of each setting."""
        raise NotImplementedError

    def cells(self, find_image: FindImage) -> list[Cell]:
        """Its runs; the seed changes slowest, so that every setting has a result early."""
        arms = self.arms(find_image)
        return [
            Cell(
                name,
                with_changes(spec, seed=spec.seed + number),
                {"seed": str(spec.seed + number)},
            )
            for number in range(self.seeds)
            for name, spec in arms.items()
        ]

    def table(self, arms: Sequence[Arm]) -> Table:
        """The table the practical asks for: each setting with mean and deviation over seeds."""
        return scores_table(arms, self.metrics)

    @property
    def predicted(self) -> str:
        """Key of the metric a prediction is about."""
        return self.metrics[0]

    def is_ahead(self, best: Arm, other: Arm) -> bool:
        """Whether the seeds tell that an arm is ahead of another, in what is predicted."""
        return is_ahead(best, other, self.predicted)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        """What the figures show, one sentence each, from the figures alone."""
        return ranking(arms, self.metrics[0])


def labs() -> dict[str, type[LabPreset]]:
    """Every ready lab by its name, in the order of the practical."""
    found = {kind.replace("_", "-"): lab for kind, lab in members(LabPreset).items()}
    return dict(sorted(found.items(), key=lambda pair: pair[1].number))


def lab_called(name: str) -> LabPreset:
    """The ready lab of this name, with its default settings.

    Raises:
        NotFound: There is none; with the nearest match.
    """
    known = labs()
    wanted = name.strip().lower().replace("_", "-")
    if wanted not in known:
        raise NotFound(f"There is no lab `{name}`; {nearest(wanted, list(known))}")
    return known[wanted].model_validate({})


def lab_from_definition(name: str, definition: Mapping[str, Any]) -> LabPreset:
    """The lab a stored sweep was started with; fields it no longer has are left out."""
    start = lab_called(name)
    known = {key: value for key, value in definition.items() if key in type(start).model_fields}
    return start.changed(known)


def word_titles(lab: type[LabPreset], field: str) -> dict[str, str]:
    """How words of a field are shown, where the field says so."""
    extra = lab.model_fields[field].json_schema_extra
    titles = extra.get("titles", {}) if isinstance(extra, dict) else {}
    return typing.cast(dict[str, str], titles)


def options(lab: type[LabPreset], field: str) -> list[str]:
    """Words a field may hold; empty where it is free."""
    info = lab.model_fields[field]
    extra = info.json_schema_extra
    if isinstance(extra, dict) and isinstance(extra.get("options"), list):
        return [str(word) for word in typing.cast(list[object], extra["options"])]
    if typing.get_origin(info.annotation) is Literal:
        return [str(word) for word in typing.get_args(info.annotation)]
    return []
