"""Fields of a specification by dotted name: their ranges in words, and setting them from text."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from l335.components.component import Component, EachBetween, EachOf, members, nearest
from l335.core.errors import Problem, SpecError
from l335.core.wording import exact
from l335.spec import ClassifySpec, FitImageSpec, spec_from_dict

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


Spec = ClassifySpec | FitImageSpec


def with_settings(spec: Spec, settings: list[str]) -> Spec:
    """A specification with ``key=value`` settings applied in order.

    Keys are dotted names; a last part that belongs to one field only may stand for it, so
    ``sigma=5`` means ``encoding.sigma=5``.

    Raises:
        SpecError: A key is unknown (with the nearest match) or a value does not fit.
    """
    pairs = [_split(setting) for setting in settings]
    # Choosing a component opens its fields, so choices go first, whatever the order typed;
    # those of a whole part before those within it, such as the activation of a model.
    for depth in (0, 1):
        for key, text in pairs:
            name, field = _resolve(spec, key) or (key, None)
            if field is not None and is_component(field) and name.count(".") == depth:
                spec = _with_choice(spec, name, field, text)
    values = spec.model_dump()
    for key, text in pairs:
        resolved = _resolve(spec, key)
        if resolved is None:
            hint = nearest(key, [name for name, _ in dotted_fields(spec)])
            raise SpecError([Problem(key, f"`{key}` is not a setting here; {hint}")])
        name, field = resolved
        if not is_component(field):
            _assign(values, name, parsed(text, field))
    return spec_from_dict(values)


def _with_choice(spec: Spec, name: str, field: FieldInfo, text: str) -> Spec:
    """The specification with a component chosen, not checked as a whole yet."""
    known = members(typing.cast(type[Component], field.annotation))
    chosen = known.get(text.lower().replace("-", "_"))
    if chosen is None:  # raises, with what is known
        return spec_from_dict(_assign(spec.model_dump(), name, text))
    head, _, rest = name.partition(".")
    value = chosen.model_validate({})
    if rest:
        value = getattr(spec, head).model_copy(update={rest: value})
    return spec.model_copy(update={head: value})


def _split(setting: str) -> tuple[str, str]:
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise SpecError(
            [Problem("", f"`{setting}` is not a setting; write key=value, such as epochs=3.")]
        )
    return key.strip(), text.strip()


def full_name(spec: Spec, key: str) -> str:
    """The dotted name a short one such as ``sigma`` stands for; the key itself where it is none."""
    resolved = _resolve(spec, key)
    return resolved[0] if resolved else key


def _resolve(spec: Spec, key: str) -> tuple[str, FieldInfo] | None:
    known = dict(dotted_fields(spec))
    by_last_part = [name for name in known if name.rpartition(".")[2] == key]
    name = key if key in known or len(by_last_part) != 1 else by_last_part[0]
    return (name, known[name]) if name in known else None


def parsed(text: str, field: FieldInfo) -> object:
    """What a person typed for a field: a number where it is one, else the words.

    So that sentences about it show what was typed.
    """
    if text in choices(field):
        return text
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return text


def _assign(values: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    """Set a dotted name in nested values, in place."""
    *parents, last = name.split(".")
    target = values
    for parent in parents:
        target = target[parent]
    target[last] = value
    return values
