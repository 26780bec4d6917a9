"""The rows of a benchmark as a table."""

from __future__ import annotations

from collections.abc import Sequence

from l335.bench.rows import Row, Spread

HEAD = ("Work", "Here", "Baseline", "Ratio", "Ceiling", "Share", "Target", "")


def markdown_table(rows: Sequence[Row]) -> str:
    """The table of docs/performance.md, in Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    mark = {True: "met", False: "missed", None: ""}[row.is_met]
    ceiling = "" if row.ceiling is None else f"{figure(row.ceiling)} ({row.ceiling_name})"
    note = f"{row.title}; {row.note}" if row.note else row.title
    return (
        note,
        f"{_spread(row.ours)} {row.unit}",
        "" if row.baseline is None else f"{_spread(row.baseline)} ({row.baseline_name})",
        "" if row.ratio is None else f"{row.ratio:.2f}",
        ceiling,
        "" if row.share is None else f"{100 * row.share:.0f} %",
        row.target,
        mark,
    )


def _spread(spread: Spread) -> str:
    middle = figure(spread.median)
    if spread.number == 1:
        return middle
    return f"{middle} ({figure(spread.low)} to {figure(spread.high)})"


def figure(value: float) -> str:
    """Three digits that count, with separators: 0.123, 4.56, 78.9, 12,300."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:#.3g}".rstrip(".")
