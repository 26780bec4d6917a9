"""A person's own text never runs, on the page and in Markdown, whatever they write."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from l335.core.errors import LabError
from l335.export.report.student_text import MAX_CHARACTERS, as_html, as_markdown
from tests.report.markup import what_runs

ATTACKS = [
    "<script>alert(1)</script>",
    "a <SCRIPT SRC=//evil.example/x.js></SCRIPT> b",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<!-- --><script>alert(1)</script>",
    "<?php evil ?>",
    "<![CDATA[ <script>alert(1)</script> ]]>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](<java\tscript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<javascript:alert(1)>",
    "<data:text/html,<script>alert(1)</script>>",
    "[x]: javascript:alert(1)\n\n[x] [y][x]",
    "[x]:\njavascript:alert(1)\n\n[x]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "# <img src=x onerror=alert(1)>",
    "```<script>\nx\n```",
    '```"onmouseover="alert(1)\nx\n```',
    "[x](https://a.example 'title\" onmouseover=\"alert(1)')",
    "\x00<scr\x00ipt>alert(1)</script>",
    "<" * 200 + "script>",
    "> " * 200 + "<script>alert(1)</script>",
    "- " * 200 + "<img src=x onerror=alert(1)>",
]

LETTING = MarkdownIt("commonmark", {"html": True}).enable("table")
LETTING.validateLink = lambda url: True  # type: ignore[method-assign]
"""A renderer that lets HTML and any link through, as careless ones do."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_runs_neither_on_the_page_nor_in_markdown(attack: str) -> None:
    assert what_runs(as_html(attack)) == []
    assert what_runs(LETTING.render(as_markdown(attack))) == []


def test_the_check_sees_what_runs() -> None:
    harmless = {
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
    }
    seen = [attack for attack in ATTACKS if what_runs(LETTING.render(attack))]
    assert len(seen) >= 25
    assert not harmless & set(seen)


NASTY = st.lists(
    st.sampled_from(
        ["<", ">", "&", "[", "]", "(", ")", ":", "\\", "`", "!", "\n", "\t", " ", "#", "script",
         "javascript", "data", "&#58;", "&lt;", "&colon;", "/", '"', "onerror=", "a", "|", "-"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(NASTY)
def test_no_text_runs(text: str) -> None:
    assert what_runs(as_html(text)) == []
    assert what_runs(LETTING.render(as_markdown(text))) == []


def test_ordinary_markdown_stays_markdown() -> None:
    text = "## Seen\n\nThe **CNN** leads, a < b; [paper](https://arxiv.org/abs/1) and `x <= y`."
    html = as_html(text)
    assert "<h4>Seen</h4>" in html
    assert "<strong>CNN</strong>" in html
    assert '<a href="https://arxiv.org/abs/1" rel="noopener noreferrer nofollow">paper</a>' in html
    assert "<code>x &lt;= y</code>" in html
    assert as_markdown(text) == text


def test_pictures_from_elsewhere_become_links() -> None:
    html = as_html("![tracked](https://evil.example/pixel.png)")
    assert "<img" not in html
    assert 'href="https://evil.example/pixel.png"' in html


def test_tables_and_lists_are_drawn() -> None:
    assert "<td>1</td>" in as_html("| a |\n|---|\n| 1 |")
    assert as_html("- one\n- two").count("<li>") == 2


@pytest.mark.parametrize("piece", ["[", "![", "> ", "*", "`", "<", "[a](", "- ", "|a", "&"])
def test_the_worst_text_takes_seconds_at_most(piece: str) -> None:
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    started = time.process_time()
    as_html(text)
    as_markdown(text)
    assert time.process_time() - started < 10


def test_a_text_that_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(LabError, match="has 50,001 characters; a report takes 50,000 at most"):
        as_html("a" * (MAX_CHARACTERS + 1))
