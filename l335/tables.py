"""Tables of results as plain words, for pages, reports and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


def _line(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
    return f"| {' | '.join(escaped)} |"
