"""Errors meant for the person at the keyboard: what is wrong, what was expected, what to do."""

from __future__ import annotations

from dataclasses import dataclass


class LabError(Exception):
    """Base of every error whose text is shown to a person as it stands."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a specification.

    Attributes:
        field: Dotted name of the field, such as ``encoding.sigma``; empty for the whole.
        message: A full sentence that names the field, its value, the range and a remedy.
    """

    field: str
    message: str


class SpecError(LabError):
    """A specification was refused before a run existed."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.message for problem in problems))


class NotFound(LabError):
    """A run, image or file that was asked for by name does not exist."""


class Unreadable(NotFound):
    """What is stored of a run does not fit this version; the text says what about it.

    Whoever can do without a run that is gone can do without one that can't be read.
    """


class ImageRefused(LabError):
    """An uploaded file was not accepted as an image; the text says why."""


class RunFailed(LabError):
    """Training can't go on.

    Attributes:
        code: Short machine-readable reason, such as ``diverged`` or ``out_of_memory``.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)
