"""Settings of a specification from text: ``key=value``, as people type them."""

from __future__ import annotations

import typing
from typing import Any

from pydantic.fields import FieldInfo

from l335.components.component import Component, members, nearest
from l335.core.errors import Problem, SpecError
from l335.spec import Spec, spec_from_dict
from l335.spec.fields import choices, dotted_fields, is_component


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
