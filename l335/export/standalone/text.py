"""Values and calls as Python text, wrapped the way a formatter would."""

from __future__ import annotations

import json
import textwrap
from collections import OrderedDict
from typing import Any

WIDTH = 100
QUOTES = '"' * 3
INDENT = 4

SHORT = {
    "torch.nn.functional.": "F.",
    "torch.nn.": "nn.",
    "torch.": "torch.",
    "l335.modules.": "",
}
"""How a dotted path is written, by what it begins with; own modules stand in the script."""


class Code:
    """A call that is written into the script.

    Attributes:
        path: Dotted path of what is called.
        args: Positional arguments, values or code.
        kwargs: Arguments by name.
    """

    path: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Verbatim(str):
    """A piece of the script that stands as it is."""


def short_name(path: str) -> str:
    """A dotted path as the script writes it: ``nn.Linear``, ``F.relu``, ``Sine``."""
    for beginning, written in SHORT.items():
        if path.startswith(beginning):
            rest = path.removeprefix(beginning)
            return written + rest if written else rest.rpartition(".")[2]
    return path


def to_text(value: object, column: int = 0, room: int = 0) -> str:
    """A value or call as an expression.

    Args:
        value: Code, a number, text, or a list, tuple or dictionary of such.
        column: Indent of the line the expression begins in.
        room: Characters before and behind it in its first and last line.
    """
    whole = flat(value)
    opening, items, closing = _parts(value)
    if not items or column + room + len(whole) <= WIDTH:
        return whole
    deeper = column + INDENT
    is_alone = len(items) == 1 and isinstance(items[0][1], Code | list | dict)
    lines = [
        f"{' ' * deeper}{lead}{to_text(item, deeper, len(lead) + 1)}{'' if is_alone else ','}"
        for lead, item in items
    ]
    return "\n".join([opening, *lines, " " * column + closing])


def flat(value: object) -> str:
    """A value or call as an expression in one line."""
    opening, items, closing = _parts(value)
    inner = ", ".join(lead + flat(item) for lead, item in items)
    last = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return f"{opening}{inner}{last}{closing}"


def _parts(value: object) -> tuple[str, list[tuple[str, Any]], str]:
    """Opening, items with what leads them, and closing; a plain value is all closing."""
    if isinstance(value, Code):
        given = [("", item) for item in value.args]
        given += [(f"{name}=", item) for name, item in value.kwargs.items()]
        return f"{short_name(value.path)}(", given, ")"
    if isinstance(value, OrderedDict):
        return "OrderedDict(", [(f"{name}=", item) for name, item in value.items()], ")"
    if isinstance(value, dict):
        return "{", [(f"{to_text(name)}: ", item) for name, item in value.items()], "}"
    if isinstance(value, list):
        return "[", [("", item) for item in value], "]"
    if isinstance(value, tuple):
        return "(", [("", item) for item in value], ")"
    if isinstance(value, Verbatim):
        return "", [], value
    return "", [], json.dumps(value) if isinstance(value, str) else repr(value)


def docstring(text: str, indent: int) -> str:
    """A text as a docstring, on one line where it fits."""
    space = " " * indent
    if indent + len(text) + 2 * len(QUOTES) <= WIDTH:
        return f"{space}{QUOTES}{text}{QUOTES}"
    lines = textwrap.wrap(QUOTES + text, WIDTH, initial_indent=space, subsequent_indent=space)
    return "\n".join([*lines, space + QUOTES])
