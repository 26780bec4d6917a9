"""A person's own Markdown, made safe: it can never run as HTML, whatever is written.

Raw HTML is shown as the characters typed, pictures become links, and links lead to web pages,
e-mail addresses and places in the document only.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from l335.core.errors import LabError

MAX_CHARACTERS = 50_000
LOWERED_HEADINGS = 2  # levels; the report's own headings stand above
_SAFE_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_HIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff\\]")
_RUNNING_LINK = re.compile(r"\][(:]<?(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")


def checked(text: str) -> str:
    """The text with line ends of one kind and without NUL.

    Raises:
        LabError: It is too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise LabError(
            f"The text has {len(text):,} characters; a report takes {MAX_CHARACTERS:,} at most. "
            "Shorten it."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def as_html(text: str) -> str:
    """The text as HTML without scripts, styles or anything that loads.

    Raises:
        LabError: It is too long.
    """
    parser = _parser()
    tokens = parser.parse(checked(text))
    for token in _all(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + LOWERED_HEADINGS)}"
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
    return str(parser.renderer.render(tokens, parser.options, {}))


def as_markdown(text: str) -> str:
    """The text as Markdown that is safe in renderers which let HTML and any link through.

    What could begin a tag is written as an entity, in code as well: renderers disagree on what
    code is. Where a link has an address that could run, no bracket makes a link any more.

    Raises:
        LabError: It is too long.
    """
    text = _TAG_START.sub("&lt;", checked(text))
    if _has_running_link(text):
        text = text.replace("[", "&#91;")
    return text


def _has_running_link(text: str) -> bool:
    bare = _HIDDEN.sub("", html.unescape(html.unescape(text)))
    if _RUNNING_LINK.search(bare):
        return True
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    tokens = parser.parse(text)
    addresses = [
        str(token.attrGet("href") or token.attrGet("src"))
        for token in _all(tokens)
        if token.type in ("link_open", "image")
    ]
    return any(_leads_elsewhere(address) for address in addresses)


def _leads_elsewhere(address: str) -> bool:
    has_scheme = re.match(r"[a-z][a-z0-9+.-]*:", _HIDDEN.sub("", address), re.IGNORECASE)
    return has_scheme is not None and not _SAFE_LINK.match(address)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    return parser


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]
