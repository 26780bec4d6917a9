"""Reads HTML as a browser would, to see whether anything in it could run."""

from __future__ import annotations

from html.parser import HTMLParser

HARMLESS = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "s",
    "code",
    "pre",
    "blockquote",
    "a",
    "br",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ATTRIBUTES = {"href", "title", "rel", "class", "start", "style", "src", "alt"}
SAFE = ("http://", "https://", "mailto:", "#")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS and tag != "img":
            self.found.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES or (name == "style" and "text-align" not in str(value)):
                self.found.append(f"{tag} {name}")
            if name in ("href", "src") and runs(str(value)):
                self.found.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.found.append("declaration")


def runs(address: str) -> bool:
    """Whether an address has a scheme that is not one of the safe ones, read as browsers do."""
    bare = "".join(sign for sign in address if sign > " ").lower()
    scheme, colon, _ = bare.partition(":")
    has_scheme = bool(colon) and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()
    return has_scheme and not bare.startswith(SAFE)


def what_runs(html: str) -> list[str]:
    """Tags, attributes and addresses that do not belong into a person's text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found
