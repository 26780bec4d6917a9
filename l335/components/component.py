"""Components: the parts a run is put together from, one declaration each.

A component is a frozen pydantic model in its own file below ``l335/components/<family>/``.
Its fields make the form, the validation, the command-line keys and the catalogue entry; its
methods build the real thing and import torch only when called, so the web process stays light.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Component(BaseModel):
    """Base of every component.

    Attributes:
        kind: Name used in specifications, such as ``gaussian``.
        title: Name shown to people.
        source: Where it comes from: paper and section, or "standard".
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: ClassVar[str]
    source: ClassVar[str]
    kind: str

    @classmethod
    def kind_name(cls) -> str:
        """The value of ``kind`` that selects this component."""
        return str(cls.model_fields["kind"].default)


F = TypeVar("F", bound=Component)


@cache
def _declared(family: type[Component]) -> dict[str, type[Component]]:
    package = importlib.import_module(family.__module__)
    found: dict[str, type[Component]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for value in vars(module).values():
            is_member = isinstance(value, type) and issubclass(value, family)
            if is_member and value.__module__ == module.__name__:
                found[value.kind_name()] = value
    return found


def members(family: type[F]) -> dict[str, type[F]]:
    """Every component of a family by kind, found by looking into the family's package."""
    return cast(dict[str, type[F]], dict(_declared(family)))


def families() -> Iterator[type[Component]]:
    """Every family: the base class declared in each package below ``l335.components``."""
    root = importlib.import_module("l335.components")
    for folder in filter(lambda found: found.ispkg, pkgutil.iter_modules(root.__path__)):
        package = importlib.import_module(f"{root.__name__}.{folder.name}")
        for value in vars(package).values():
            is_family = isinstance(value, type) and issubclass(value, Component)
            if is_family and value.__module__ == package.__name__:
                yield value
                break


def nearest(name: str, known: list[str]) -> str:
    """A hint for a mistyped name: the closest known one, or the whole list."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}."


def choice_of(family: type[Component]) -> BeforeValidator:
    """Annotation metadata that lets a field hold any member of a family.

    A bare kind name stands for that component with its defaults, so ``"sgd"`` equals
    ``{"kind": "sgd"}``.
    """

    def parse(value: object) -> object:
        if isinstance(value, Component):
            return value
        fields: dict[str, Any]
        if isinstance(value, str):
            fields = {"kind": value}
        elif isinstance(value, dict):
            fields = dict(value)
        else:
            names = ", ".join(members(family))
            raise PydanticCustomError(
                "component",
                "is {given}; it must be one of {known}.",
                {"given": value, "known": names},
            )
        kind = str(fields.get("kind", "")).strip().lower().replace("-", "_")
        known = members(family)
        if kind not in known:
            raise PydanticCustomError(
                "component",
                "is {given}, which is not known; {hint}",
                {"given": fields.get("kind", "missing"), "hint": nearest(kind, list(known))},
            )
        return known[kind].model_validate({**fields, "kind": kind})

    return BeforeValidator(parse)


PerLayer = int | tuple[int, ...]
"""One whole number for all layers, or one for each; the last holds for all layers behind it."""

WordPerLayer = str | tuple[str, ...]
"""The same with words."""


@dataclass(frozen=True)
class EachBetween:
    """Annotation metadata of a ``PerLayer`` field; text such as ``8, 16, 32`` is understood."""

    ge: int
    le: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, value: object) -> object:
        return _per_layer(value, self._one)

    def _one(self, value: object) -> int | None:
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return cast(int, value) if is_whole and self.ge <= cast(int, value) <= self.le else None


@dataclass(frozen=True)
class EachOf:
    """Annotation metadata of a ``WordPerLayer`` field; text such as ``max, none`` is understood."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, value: object) -> object:
        return _per_layer(value, self._one)

    def _one(self, value: object) -> str | None:
        word = str(value).strip().lower()
        return word if word in self.words else None


def _per_layer(value: object, one: Callable[[object], object]) -> object:
    given = value.split(",") if isinstance(value, str) else value
    parts = list(given) if isinstance(given, list | tuple) else [given]
    checked = [one(part) for part in parts]
    if not parts or None in checked:
        raise PydanticCustomError("per_layer", "does not fit")
    return checked[0] if len(set(checked)) == 1 else tuple(checked)


T = TypeVar("T", int, str)


def for_each(value: T | tuple[T, ...], num_layers: int, field: str, what: str) -> Sequence[T]:
    """A per-layer value written out for every layer.

    Args:
        value: One value, or a list of at most as many as there are layers.
        num_layers: How many layers there are.
        field: Name of the field, such as ``model.channels``, for the sentence.
        what: What the layers are, such as ``conv layers``.

    Raises:
        ValueError: The list is longer than there are layers.
    """
    values: tuple[T, ...] = value if isinstance(value, tuple) else (value,)
    if len(values) > num_layers:
        shown = ", ".join(map(str, values))
        raise ValueError(
            f"`{field}` lists {len(values)} values ({shown}), but the number of {what} is "
            f"{num_layers}. Shorten the list to {num_layers}, or add layers."
        )
    return values + values[-1:] * (num_layers - len(values))
