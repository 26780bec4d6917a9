"""From sources to a document: head, the person's own text, deliverables, machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from l335.core.metrics import measures
from l335.export.report import classify, fit_image
from l335.export.report.document import Block, Document, Missing, Points, Section, StudentText, Text
from l335.export.report.looks import Looks
from l335.export.report.machine import machine_blocks
from l335.export.report.settings import repeat_blocks
from l335.export.report.sources import Source
from l335.export.report.subject import Blocks, Subject
from l335.service import Lab

OWN_TEXT = "In own words"


def measures_blocks(sources: Sequence[Source]) -> list[Block]:
    """How each figure of the runs is worked out."""
    runs = [run for source in sources for run in source.runs]
    found = measures(key for run in runs for key in run.summary)
    if not found:
        return [Missing("No run has a figure yet.")]
    return [Points(tuple(f"{', '.join(titles)}: {how}" for titles, how in found))]


APPENDIX: dict[str, Callable[[Sequence[Source]], list[Block]]] = {
    "How figures are measured": measures_blocks,
    "Hardware, versions, seeds, dates": machine_blocks,
    "How to repeat it": repeat_blocks,
}
MAX_TITLE_LENGTH = 200


def document(
    lab: Lab,
    sources: Sequence[Source],
    *,
    text: str = "",
    title: str = "",
    author: str = "",
    looks: Looks | None = None,
    left_out: Collection[str] = (),
) -> Document:
    """A report on one source or several.

    Args:
        lab: The lab.
        sources: What it is about, with folders for their runs.
        text: A person's own Markdown; empty for none.
        title: Of the report; empty for that of the first source.
        author: Who hands it in.
        looks: Where feature maps and enlarged pictures come from; the store where None.
        left_out: Titles of sections that are not wanted.
    """
    looks = looks or Looks(lab)
    has_parts = len(sources) > 1
    found: list[Section] = []
    if text.strip():
        found.append(Section(OWN_TEXT, (StudentText(text),)))
    for source in sources:
        found += _of_source(Subject(lab, source, looks), has_parts, left_out)
    if has_parts:
        found.append(Section("Appendix", (), level=1))
    found += [
        Section(name, tuple(blocks(sources)))
        for name, blocks in APPENDIX.items()
        if name not in left_out
    ]
    return Document(
        _line(title) or " and ".join(source.title for source in sources[:3]),
        _line(author),
        datetime.now(UTC),
        tuple(found),
    )


def _of_source(subject: Subject, has_parts: bool, left_out: Collection[str]) -> list[Section]:
    source = subject.source
    head = tuple(question_blocks(source))
    found = []
    if has_parts:
        found.append(Section(source.title, head, level=1))
    elif head:
        found.append(Section("The question", head))
    return found + [
        Section(name, tuple(blocks(subject)))
        for name, blocks in sections_of(source).items()
        if name not in left_out
    ]


def sections_of(source: Source) -> dict[str, Blocks]:
    """The deliverables of a source by title, in the practical's order."""
    return classify.SECTIONS if source.is_classification else fit_image.SECTIONS


def section_titles(sources: Sequence[Source]) -> list[str]:
    """Titles of the sections that can be left out, in order."""
    names = [name for source in sources for name in sections_of(source)]
    return list(dict.fromkeys([*names, *APPENDIX]))


def question_blocks(source: Source) -> list[Block]:
    """What a ready lab asks, what to look for and what to hand in; empty for none."""
    if source.preset is None:
        return []
    preset = source.preset
    return [
        Text(preset.question),
        Text(preset.look_for, "What to look for."),
        Text(preset.deliverable, "What is asked for."),
    ]


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_TITLE_LENGTH]
