"""A report as one HTML page: figures that answer to the pointer, and a style for paper.

The page may load nothing: its policy allows the scripts inside it by their hashes, and no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from l335.core.tables import Table
from l335.export.report import student_text
from l335.export.report.document import (
    Block,
    Chart,
    Code,
    Document,
    Missing,
    Picture,
    Pictures,
    Points,
    Section,
    StudentText,
    TableBlock,
    Text,
)
from l335.export.report.interactive import figure_json

HERE = Path(__file__).parent
MANY_PICTURES = 4
SHORT_TABLE = 14  # rows up to which a table is kept on one page of paper


def page(document: Document) -> str:
    """The whole report as one page that opens without a network."""
    has_charts = any(isinstance(block, Chart) for _, block in document.figures())
    scripts = _scripts() if has_charts else []
    sources = " ".join(script_sources()) if has_charts else "'none'"
    policy = (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    numbers = {id(block): number for number, (_, block) in enumerate(document.figures(), 1)}
    parts = [
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="L335 Lab">',
        f"<title>{escape(document.title)}</title>",
        f"<style>{(HERE / 'page.css').read_text()}</style></head><body><header>",
        f"<h1>{escape(document.title)}</h1>",
        f'<p class="byline">{escape(document.byline)}</p></header>',
        _contents(document),
        "<main>",
        *(_section(number, section, numbers) for number, section in enumerate(document.sections)),
        "</main>",
        *(f"<script>{script}</script>" for script in scripts),
        "</body></html>\n",
    ]
    return "".join(parts)


@cache
def plotly_js() -> str:
    """The script that draws charts, from the installed plotly."""
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    assert "</script" not in script.lower()
    return script


@cache
def script_sources() -> tuple[str, ...]:
    """What a policy must allow where a page with charts is shown inside another page."""
    return tuple(f"'sha256-{_sha256(script)}'" for script in _scripts())


def _scripts() -> list[str]:
    return [plotly_js(), (HERE / "page.js").read_text()]


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _contents(document: Document) -> str:
    items = []
    for number, section in enumerate(document.sections):
        kind = ' class="part"' if section.level == 1 else ""
        note = ' <span class="note">(missing)</span>' if section.is_missing else ""
        items.append(
            f'<li{kind}><a href="#section-{number}">{escape(section.title)}</a>{note}</li>'
        )
    return (
        '<nav aria-labelledby="contents"><h2 id="contents">Contents</h2>'
        f"<ol>{''.join(items)}</ol></nav>"
    )


def _section(number: int, section: Section, numbers: dict[int, int]) -> str:
    kind = ' class="part"' if section.level == 1 else ""
    blocks = "".join(_block(block, numbers) for block in section.blocks)
    return (
        f'<section aria-labelledby="section-{number}"><h2 id="section-{number}"{kind}>'
        f"{escape(section.title)}</h2>{blocks}</section>"
    )


def _block(block: Block, numbers: dict[int, int]) -> str:
    match block:
        case Text(words, lead):
            begin = f"<strong>{escape(lead)}</strong> " if lead else ""
            return f"<p>{begin}{_said(words)}</p>"
        case Points(items):
            return f"<ul>{''.join(f'<li>{_said(item)}</li>' for item in items)}</ul>"
        case StudentText(markdown):
            return f'<div class="student">{student_text.as_html(markdown)}</div>'
        case TableBlock(table):
            return _table(table)
        case Missing(words):
            return f'<p class="missing"><strong>Missing.</strong> {_said(words)}</p>'
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Chart():
            return _chart(block, numbers[id(block)])
        case Pictures():
            return _pictures(block, numbers[id(block)])


def _said(words: str) -> str:
    """Words as HTML; what stands between backticks, as settings in errors do, is code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(words))


def _table(table: Table) -> str:
    def line(tag: str, cells: tuple[str, ...]) -> str:
        made = []
        for place, cell in enumerate(cells):
            kind = "" if place < table.num_names else ' class="number"'
            scope = ' scope="col"' if tag == "th" else ""
            made.append(f"<{tag}{scope}{kind}>{escape(cell)}</{tag}>")
        is_total = tag == "td" and cells[0] == "Total"
        kind = ' class="total"' if is_total else ""
        return f"<tr{kind}>{''.join(made)}</tr>"

    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    body = "".join(line("td", row) for row in table.rows)
    short = " short" if len(table.rows) <= SHORT_TABLE else ""
    return (
        f'<div class="scroll{short}" tabindex="0" role="region" aria-label="Table"><table>{caption}'
        f"<thead>{line('th', table.head)}</thead><tbody>{body}</tbody></table></div>"
    )


def _chart(chart: Chart, number: int) -> str:
    return (
        f'<figure><div class="plot" role="img" aria-label="{escape(chart.alt)}">'
        f'<script type="application/json">{figure_json(chart)}</script></div>'
        f"{_caption(number, chart.caption)}</figure>"
    )


def _pictures(group: Pictures, number: int) -> str:
    few = "" if len(group.pictures) > MANY_PICTURES else " few"
    kind = " wide" if group.is_wide else few
    shown = "".join(_picture(picture, group.pixelated) for picture in group.pictures)
    return (
        f'<figure><div class="pictures{kind}">{shown}</div>'
        f"{_caption(number, group.caption)}</figure>"
    )


def _picture(picture: Picture, pixelated: bool) -> str:
    kind = ' class="pixelated"' if pixelated else ""
    data = base64.b64encode(picture.data).decode()
    return (
        f'<div><img{kind} alt="{escape(picture.alt)}" '
        f'src="data:{picture.media_type};base64,{data}">{escape(picture.name)}</div>'
    )


def _caption(number: int, caption: str) -> str:
    return f"<figcaption><strong>Figure {number}.</strong> {_said(caption)}</figcaption>"
