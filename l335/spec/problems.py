"""Turns validation errors into sentences with field, value, range and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from l335.components.component import members, nearest
from l335.core.errors import Problem, SpecError
from l335.core.wording import exact
from l335.spec.fields import bounds, expectation, find_field, is_whole

MAX_QUOTED = 100  # characters of a name that was sent


def spec_error(
    error: ValidationError,
    values: dict[str, Any],
    tag: str,
    models: Mapping[str, type[BaseModel]],
) -> SpecError:
    """The error shown to a person, one sentence for each field that is wrong.

    Args:
        error: What pydantic found.
        values: What it was given.
        tag: The field that tells the models apart.
        models: The models by their tag.
    """
    return _sentences(error.errors(include_url=False), values, tag, models)


def model_error(
    error: ValidationError, values: dict[str, Any], model: type[BaseModel], tag: str
) -> SpecError:
    """The same for a model that stands alone, whose errors name no branch of a union.

    Args:
        error: What pydantic found.
        values: What it was given.
        model: The model.
        tag: The value that names it in sentences.
    """
    found: list[Any] = [
        {**details, "loc": (tag, *details["loc"])} for details in error.errors(include_url=False)
    ]
    return _sentences(found, values, tag, {tag: model})


def _sentences(
    errors: Iterable[ErrorDetails],
    values: dict[str, Any],
    tag: str,
    models: Mapping[str, type[BaseModel]],
) -> SpecError:
    problems: dict[str, Problem] = {}
    for details in errors:
        problem = _problem(details, values, tag, models)
        problems.setdefault(problem.field or problem.message, problem)
    return SpecError(list(problems.values()))


def _problem(
    details: ErrorDetails, values: dict[str, Any], tag: str, models: Mapping[str, type[BaseModel]]
) -> Problem:
    if details["type"].startswith("union_tag"):
        known = ", ".join(f"`{name}`" for name in models)
        return Problem(tag, f"`{tag}` is {values.get(tag)!r}; it must be one of {known}.")
    if not details["loc"]:
        return Problem("", f"{_shown(details['input'])} must be an object with a field `{tag}`.")
    model = models[str(details["loc"][0])]
    path = _field_path(details)
    name = ".".join(path)
    shown = _shown(details["input"])
    if details["type"] == "value_error":  # our own sentence, from a rule across fields
        return _across_fields(name, str(details["ctx"]["error"]), model, values)
    if details["type"] == "missing":
        return Problem(name, f"`{name}` is missing.")
    if details["type"] == "component":
        return Problem(name, f"`{name}` {details['msg']}")
    if details["type"] == "extra_forbidden":
        asked = str(details["loc"][-1])  # whatever was sent, perhaps no name at all
        path = path if path and path[-1] == asked else (*path, asked)
        name = ".".join(path)
        hint = nearest(asked, _siblings(model, values, path))
        return Problem(name, f"`{name[:MAX_QUOTED]}` is not a setting here; {hint}")
    field = find_field(model, values, path)
    expected = _expected(field, details["type"]) if field else ""
    if field is None or not expected:
        return Problem(name, f"`{name}` is {shown}: {details['msg'].lower()}.")
    remedy = (
        ""
        if field.default in (None, "", PydanticUndefined)
        else f" The default is {_shown(field.default)}."
    )
    return Problem(name, f"`{name}` is {shown}; it must be {expected}.{remedy}")


def _expected(field: FieldInfo, kind: str) -> str:
    if kind == "string_pattern_mismatch" and field.description:
        return field.description[0].lower() + field.description[1:].removesuffix(".")
    low, high = bounds(field)
    if low is not None and high is None:
        return f"{'a whole number' if is_whole(field) else 'a number'} of {exact(low)} or more"
    return expectation(field)


def _across_fields(
    name: str, sentence: str, model: type[BaseModel], values: dict[str, Any]
) -> Problem:
    # The field such a sentence names first is where it is shown.
    named = re.match(r"`([a-z_.]+)` ", sentence)
    if named and find_field(model, values, tuple(named[1].split("."))):
        return Problem(named[1], sentence)
    return Problem(name, sentence)


def _field_path(details: ErrorDetails) -> tuple[str, ...]:
    # Behind the field's own name pydantic appends the branch of a union it tried.
    parts = [str(part) for part in details["loc"][1:]]
    return tuple(part for part in parts if part.isidentifier())


def _siblings(model: type[BaseModel], values: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    if len(path) == 1:
        return list(model.model_fields)
    parent = find_field(model, values, path[:-1])
    chosen: Any = values
    for part in path[:-1]:
        chosen = chosen[part]
    if parent is None or not isinstance(chosen, dict):
        return list(model.model_fields)
    family: Any = parent.annotation
    component = members(family)[str(chosen["kind"])]
    return [name for name in component.model_fields if name != "kind"] or ["none"]


def _shown(value: object) -> str:
    if isinstance(value, BaseModel):
        return str(getattr(value, "kind", value))
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "empty"
    return f"`{value}`" if isinstance(value, str) else str(value)


def _plain(value: object) -> str:
    return exact(value) if isinstance(value, float) else str(value)
