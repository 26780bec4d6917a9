"""Components: the parts a run is put together from, one declaration each.

A component is a frozen pydantic model in its own file below ``l335/components/<family>/``.
Its fields make the form, the validation, the command-line keys and the catalogue entry; its
methods build the real thing and import torch only when called, so the web process stays light.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError


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
    for module_info in pkgutil.iter_modules(root.__path__):
        package = importlib.import_module(f"{root.__name__}.{module_info.name}")
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
