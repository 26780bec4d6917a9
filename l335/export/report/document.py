"""A report as data: sections of texts, tables, charts and pictures, whatever it is written as.

Every text is plain words, never markup; whoever writes the report escapes it. Only
``StudentText`` is Markdown, and a writer must take it through ``l335.export.report.student_text``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from l335.core import moments
from l335.core.tables import Table
from l335.data.images import SUFFIXES
from l335.export.report import edges

Dash = Literal["solid", "dash", "dot", "dashdot"]


@dataclass(frozen=True)
class Text:
    """A paragraph; ``lead`` begins it in bold."""

    words: str
    lead: str = ""


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class StudentText:
    """What a person wrote, as Markdown that nobody has checked."""

    markdown: str


@dataclass(frozen=True)
class TableBlock:
    """A table; its caption stands above it."""

    table: Table


@dataclass(frozen=True)
class Curve:
    """One curve of a chart.

    Attributes:
        name: In the legend.
        x: Where its points are.
        y: Their values; None where there is no number.
        low: Lower edge of the band around it; empty without a band.
        high: Upper edge of it.
        color: Place in the palette.
        dash: Line pattern, so that colour alone never tells two curves apart.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    color: int = 0
    dash: Dash = "solid"


@dataclass(frozen=True)
class Line:
    """A horizontal line to compare with, such as the PSNR of the mean colour."""

    name: str
    y: float


@dataclass(frozen=True)
class Chart:
    """Curves with their axes.

    Attributes:
        title: Short name, unique in its section; files are named after it.
        x_title: Name and unit of the horizontal axis.
        y_title: Name and unit of the vertical axis.
        caption: What it shows, and what its bands are.
        x_log: Whether the horizontal axis is logarithmic.
        y_log: Whether the vertical axis is.
    """

    title: str
    x_title: str
    y_title: str
    curves: tuple[Curve, ...]
    caption: str
    lines: tuple[Line, ...] = ()
    x_log: bool = False
    y_log: bool = False

    @property
    def names(self) -> list[str]:
        """What stands in the legend."""
        names = [curve.name for curve in self.curves] + [line.name for line in self.lines]
        return names + list(self.edge_notes.values())

    @property
    def edge_notes(self) -> dict[edges.Edge, str]:
        """What the marks at the edges stand for, where a value has no place on the axis."""
        return edges.notes((curve.y for curve in self.curves), is_log=self.y_log)

    @property
    def alt(self) -> str:
        """What it shows, for those who can't see it."""
        return f"{self.y_title} against {self.x_title}: {', '.join(self.names)}."


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: What stands below it.
        data: The file, PNG or JPEG.
        media_type: ``image/png`` or ``image/jpeg``.
        alt: What it shows, for those who can't see it.
    """

    name: str
    data: bytes
    media_type: str
    alt: str

    @property
    def suffix(self) -> str:
        """Of its file: ``.png`` or ``.jpg``."""
        return SUFFIXES[self.media_type]


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side.

    Attributes:
        title: Short name, unique in its section; files are named after it.
        pixelated: Whether each pixel is to be seen.
        is_wide: Whether each takes a row of its own.
    """

    title: str
    pictures: tuple[Picture, ...]
    caption: str
    pixelated: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Missing:
    """Says what is not there, why, and how to get it."""

    words: str


@dataclass(frozen=True)
class Code:
    """Lines for a terminal."""

    text: str


Block = Text | Points | StudentText | TableBlock | Chart | Pictures | Missing | Code


@dataclass(frozen=True)
class Section:
    """A part of a report; ``level`` is 2 for a deliverable and 1 for what groups several."""

    title: str
    blocks: tuple[Block, ...]
    level: Literal[1, 2] = 2

    @property
    def is_missing(self) -> bool:
        """Whether it only says what is not there."""
        return bool(self.blocks) and all(isinstance(block, Missing) for block in self.blocks)


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        author: Who hands it in; may be empty.
        made_at: When it was made, with a time zone.
    """

    title: str
    author: str
    made_at: datetime
    sections: tuple[Section, ...]

    @property
    def byline(self) -> str:
        """Author and date."""
        day = moments.date(self.made_at)
        return f"{self.author}, {day}" if self.author else day

    def figures(self) -> Iterator[tuple[str, Chart | Pictures]]:
        """Every chart and group of pictures with a number, such as ``03``, in reading order."""
        number = 0
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Chart | Pictures):
                    number += 1
                    yield f"{number:02}", block
