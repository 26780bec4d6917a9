"""Fields of a specification by dotted name: their ranges in words, and setting them from text."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from l335.components.component import Component, EachBetween, EachOf, members
from l335.core.wording import exact

HIDDEN = {"task", "kind", "image_width", "image_height"}
"""Fields a person never sets by hand."""


def is_component(field: FieldInfo) -> bool:
    """Whether a field holds a component."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, Component)


def choices(field: FieldInfo) -> list[str]:
    """Values a field is limited to: kinds of a component or words of a literal; else empty."""
    if is_component(field):
        return list(members(typing.cast(type[Component], field.annotation)))
    if each := [extra for extra in field.metadata if isinstance(extra, EachOf)]:
        return list(each[0].words)
    if field.annotation is bool:
        return ["true", "false"]
    literals = [arg for arg in _alternatives(field) if typing.get_origin(arg) is Literal]
    return [str(word) for literal in literals for word in typing.get_args(literal)]


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Smallest and largest value of a number field."""
    metadata: list[Any] = list(field.metadata)
    for alternative in _alternatives(field):
        for extra in getattr(alternative, "__metadata__", ()):
            metadata += getattr(extra, "metadata", [extra])
    low = next((m.ge for m in metadata if getattr(m, "ge", None) is not None), None)
    high = next((m.le for m in metadata if getattr(m, "le", None) is not None), None)
    return low, high


def is_per_layer(field: FieldInfo) -> bool:
    """Whether a field holds one value for all layers, or a list with one for each."""
    return any(isinstance(extra, EachBetween | EachOf) for extra in field.metadata)


def is_box(field: FieldInfo) -> bool:
    """Whether a field holds a rectangle: left, top, width and height."""
    tuples = [arg for arg in _alternatives(field) if typing.get_origin(arg) is tuple]
    return any(Ellipsis not in typing.get_args(arg) for arg in tuples)


def is_whole(field: FieldInfo) -> bool:
    """Whether a field holds whole numbers."""
    plain = [getattr(arg, "__origin__", arg) for arg in _alternatives(field)]
    return int in plain


def expectation(field: FieldInfo) -> str:
    """What a field accepts, in words: "a whole number between 1 and 16"."""
    if is_list(field):
        return _list_words(field)
    words = [f"`{word}`" for word in choices(field)]
    low, high = bounds(field)
    if low is not None and high is not None:
        number = "a whole number" if is_whole(field) else "a number"
        words.insert(0, f"{number} between {exact(low)} and {exact(high)}")
    if is_box(field):
        words.append("four whole numbers, such as 0, 0, 64, 64")
    if is_per_layer(field):
        words.append("a list of such, one for each layer")
    return " or ".join(words) if len(words) < 3 else f"one of {', '.join(words)}"


def is_list(field: FieldInfo) -> bool:
    """Whether a field holds a list of any length."""
    args = typing.get_args(field.annotation)
    return typing.get_origin(field.annotation) is tuple and Ellipsis in args


def _list_words(field: FieldInfo) -> str:
    """What a list accepts: "1 to 12 numbers between 0.01 and 1,000 with commas between them"."""
    item = typing.get_args(field.annotation)[0]
    kind = {int: "whole number", float: "number"}.get(getattr(item, "__origin__", item), "word")
    extras = [extra for part in getattr(item, "__metadata__", ()) for extra in part.metadata]
    low = next((m.ge for m in extras if getattr(m, "ge", None) is not None), None)
    high = next((m.le for m in extras if getattr(m, "le", None) is not None), None)
    between = "" if low is None or high is None else f" between {exact(low)} and {exact(high)}"
    least = next((n for m in field.metadata if (n := getattr(m, "min_length", None))), 0)
    most = next((n for m in field.metadata if (n := getattr(m, "max_length", None))), None)
    if most is not None and most == least:
        return f"{'one' if most == 1 else most} {kind}{'s' if most != 1 else ''}{between}"
    number = f"{least} to {most} " if least and most else f"up to {most} " if most else ""
    return f"{number}{kind}s{between}, with commas between them"


def _alternatives(field: FieldInfo) -> tuple[Any, ...]:
    if typing.get_origin(field.annotation) is Literal:
        return (field.annotation,)
    return typing.get_args(field.annotation) or (field.annotation,)


def dotted_fields(spec: BaseModel, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field that can be set on this specification, components opened, by dotted name."""
    for name, field in type(spec).model_fields.items():
        if name in HIDDEN:
            continue
        yield prefix + name, field
        value = getattr(spec, name)
        if isinstance(value, Component):
            yield from dotted_fields(value, f"{prefix}{name}.")


def possible_names(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted name this model may have, whatever components are chosen; these come first."""
    names: list[str] = []
    for name, field in model.model_fields.items():
        if name in HIDDEN:
            continue
        names.append(prefix + name)
        if is_component(field):
            for kind in members(typing.cast(type[Component], field.annotation)).values():
                names += possible_names(kind, f"{prefix}{name}.")
    return list(dict.fromkeys(names))


def find_field(model: type[BaseModel], values: object, path: tuple[str, ...]) -> FieldInfo | None:
    """The declaration behind a dotted path, following the kinds that ``values`` choose."""
    field: FieldInfo | None = None
    for name in path:
        field = model.model_fields.get(name)
        if field is None:
            return None
        values = values.get(name) if isinstance(values, dict) else getattr(values, name, None)
        if is_component(field):
            family = typing.cast(type[Component], field.annotation)
            kind = values.get("kind") if isinstance(values, dict) else values
            model = members(family).get(str(kind), family)
    return field


def setting_text(value: object) -> str:
    """The value of a setting as it is written behind ``--set`` and in addresses."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    text = str(value)
    return text.lower() if isinstance(value, bool) else text.removesuffix(".0")
