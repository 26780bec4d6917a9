"""Tables of results as plain words, for pages, reports, spreadsheets and the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FORMULA_STARTS = "=+-@\t\r"


@dataclass(frozen=True)
class Table:
    """A table of words.

    Attributes:
        head: Title of each column, with its unit.
        rows: Cells as people read them, each row as long as ``head``.
        caption: What it shows and how its figures were made, in a sentence or two.
        num_names: Columns, from the left, that hold names; the others hold figures and are
            aligned on the right.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    num_names: int = 1

    def markdown(self) -> str:
        """The table in GitHub's Markdown, without its caption."""
        marks = [":--" if place < self.num_names else "--:" for place in range(len(self.head))]
        return "\n".join(_line(cells) for cells in (self.head, marks, *self.rows))

    def csv(self) -> str:
        """The table as a file for spreadsheets, without its caption."""
        names = self.num_names
        rows = (self.head, *self.rows)
        return csv_text([*map(cell_text, row[:names]), *row[names:]] for row in rows)


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows of cells, the headings among them, as lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def cell_text(text: str) -> str:
    """A text that a spreadsheet shows as it is.

    A title may begin with a file's name, and a spreadsheet would calculate some of them.
    """
    return f"'{text}" if text.startswith(tuple(FORMULA_STARTS)) else text


def _line(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(escaped)} |"
