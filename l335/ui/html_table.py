"""A table that scrolls sideways where it is wide, with its numbers to the right."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence

import streamlit as st

RULE = "1px solid rgba(128, 128, 128, 0.3)"


def html_table(
    label: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: Collection[int] = (0,),
    bold: Collection[int] = (),
) -> None:
    """Draw a table.

    Args:
        label: What it shows, for people who hear the page.
        head: Headings of the columns, as HTML.
        rows: Cells, as HTML.
        words: Columns that hold words and stand to the left.
        bold: Rows in bold.
    """
    lines = [_line("td", cells, words, is_bold=place in bold) for place, cells in enumerate(rows)]
    st.html(
        f'<div role="region" aria-label="{html.escape(label, quote=True)}" tabindex="0" '
        'style="overflow-x: auto"><table style="border-collapse: collapse; width: 100%; '
        'font-variant-numeric: tabular-nums; font-size: 0.85rem">'
        f"<thead>{_line('th', head, words)}</thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _line(tag: str, cells: Sequence[str], words: Collection[int], *, is_bold: bool = False) -> str:
    is_head = tag == "th"
    made = [
        f'<{tag}{" scope=col" if is_head else ""} style="padding: 0.25rem 0.5rem; '
        f"text-align: {'left' if place in words else 'right'}; border-bottom: {RULE}; "
        f"font-weight: {600 if is_bold or is_head else 400}; "
        f'white-space: {"normal" if is_head or place in words else "nowrap"}">{cell}</{tag}>'
        for place, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(made)}</tr>"
