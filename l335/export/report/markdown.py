"""A report as Markdown, with its figures as files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from l335.core.tables import Table
from l335.export.report import student_text
from l335.export.report.document import (
    Block,
    Chart,
    Code,
    Document,
    Missing,
    Pictures,
    Points,
    StudentText,
    TableBlock,
    Text,
)
from l335.export.report.drawing import drawn

# As entities, markup of a name is never read as such, not by renderers that know no backslash.
_MARKUP = re.compile(r"[\\`*_\[\]#|<>~$&]")


class FigureFile(NamedTuple):
    """A file of a figure; its name is made of our own words and numbers."""

    name: str
    data: bytes


def text(document: Document, folder: str = "figures") -> str:
    """The report as Markdown that refers to the files of ``figure_files`` in a folder."""
    parts = [f"# {plain(document.title)}", plain(document.byline)]
    has_parts = any(section.level == 1 for section in document.sections)
    files = {id(block): (number, names) for number, block, names in _named(document)}
    for section in document.sections:
        level = section.level + 1 if has_parts else 2
        parts.append(f"{'#' * level} {plain(section.title)}")
        parts += [_block(block, files, folder) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def figure_files(
    document: Document, formats: tuple[Literal["png", "svg"], ...] = ("png",)
) -> Iterator[FigureFile]:
    """The files of every figure: charts in each format, pictures as they are."""
    for _, block, names in _named(document):
        if isinstance(block, Chart):
            for each in formats:
                yield FigureFile(names[0].removesuffix("png") + each, drawn(block, each))
        else:
            for name, picture in zip(names, block.pictures, strict=True):
                yield FigureFile(name, picture.data)


def _named(document: Document) -> Iterator[tuple[str, Chart | Pictures, list[str]]]:
    """Each figure with its number and the names of its files, of a chart the PNG's."""
    for number, block in document.figures():
        if isinstance(block, Chart):
            yield number, block, [f"figure-{number}.png"]
        else:
            names = [
                f"figure-{number}-{place:02}{picture.suffix}"
                for place, picture in enumerate(block.pictures, 1)
            ]
            yield number, block, names


def plain(words: str) -> str:
    """Words that can't act as Markdown or HTML; on one line."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(words.split()))


def _block(block: Block, files: dict[int, tuple[str, list[str]]], folder: str) -> str:
    match block:
        case Text(words, lead):
            return f"**{plain(lead)}** {plain(words)}" if lead else plain(words)
        case Points(items):
            return "\n".join(f"- {plain(item)}" for item in items)
        case StudentText(markdown):
            return student_text.as_markdown(markdown).strip()
        case TableBlock(table):
            return _table(table)
        case Missing(words):
            return f"> **Missing.** {plain(words)}"
        case Code(lines):
            return "\n".join(f"    {line}" for line in lines.splitlines())
        case Chart(title=title, alt=alt, caption=caption):
            number, [name] = files[id(block)]
            return f"![{plain(alt or title)}]({folder}/{name})\n\n{_caption(number, caption)}"
        case Pictures(pictures=pictures, caption=caption):
            number, names = files[id(block)]
            shown = [
                f"![{plain(picture.alt)}]({folder}/{name}) {plain(picture.name)}"
                for name, picture in zip(names, pictures, strict=True)
            ]
            return "\n\n".join([*shown, _caption(number, caption)])


def _caption(number: str, caption: str) -> str:
    return f"**Figure {int(number)}.** {plain(caption)}"


def _table(table: Table) -> str:
    escaped = Table(
        tuple(map(plain, table.head)),
        tuple(tuple(map(plain, row)) for row in table.rows),
        num_names=table.num_names,
    )
    return (
        f"{plain(table.caption)}\n\n{escaped.markdown()}" if table.caption else escaped.markdown()
    )
