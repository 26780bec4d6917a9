"""Runs by setting, and names for what tells settings apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from l335.components.component import Component
from l335.core.wording import count, decimal
from l335.results.views import RunView
from l335.spec import Spec
from l335.spec.fields import dotted_fields
from l335.spec.identity import settings_text

NOT_COMPARED = {"seed", "image"}
FIRST = ["image_name", "model", "encoding"]
"""What is named first: what is trained."""

COUNTED = {"epochs": "epochs", "steps": "steps", "train_size": "images"}
"""Settings that read best behind their number: "6 epochs"."""

SHORT = {
    "lr": "lr",
    "batch_size": "batch",
    "batch_pixels": "batch",
    "encoding.sigma": "sigma",
    "permute_pixels": "permuted pixels",
}
"""Settings with a name shorter than their title."""

OFF = "no "
"""Begins the word for a setting that is switched off."""


@dataclass(frozen=True)
class Group:
    """Runs of one setting: all that decides their figures is equal but for the seed.

    Attributes:
        name: What tells this setting from the others that are shown, such as "CNN, lr 0.1".
    """

    name: str
    runs: list[RunView]


def group_by_setting(runs: Sequence[RunView]) -> list[Group]:
    """Runs grouped by setting, in the order in which each setting comes first."""
    groups: dict[str, list[RunView]] = {}
    for run in runs:
        groups.setdefault(f"{_setting(run.spec)}{run.mark}", []).append(run)
    specs = [members[0].spec for members in groups.values()]
    if len(specs) == 1:
        return [Group(runs[0].title, list(runs))]
    return [
        # Names tell settings apart; what else decides a result is its mark.
        Group(f"{name}{members[0].mark}", members)
        for name, members in zip(names_apart(specs), groups.values(), strict=True)
    ]


def _setting(spec: Spec) -> str:
    return settings_text(spec.model_copy(update={"seed": 0}))


def names_apart(specs: Sequence[Spec]) -> list[str]:
    """For each specification the settings in which it differs from the others, in words."""
    all_words = [words_of(spec) for spec in specs]
    varied = [
        key
        for key in dict.fromkeys(key for words in all_words for key in words)
        if len({words[key] for words in all_words if key in words}) > 1
    ]
    varied.sort(key=place_of)
    names = [", ".join(words[key] for key in varied if key in words) for words in all_words]
    # What is switched off needs no word where the names are told apart without it.
    short = [
        ", ".join(words[key] for key in varied if key in words and not _is_off(key, words[key]))
        for words in all_words
    ]
    if all(short) and len(set(short)) == len(set(names)):
        names = short
    return [name or f"Setting {place}" for place, name in enumerate(names, 1)]


def _is_off(key: str, word: str) -> bool:
    return key != "image_name" and word.startswith(OFF)


def place_of(key: str) -> int:
    """Where a setting is named among others: what is trained comes first."""
    return FIRST.index(key) if key in FIRST else len(FIRST)


@lru_cache(maxsize=512)
def _cached_words(text: str, spec_type: type[Spec]) -> dict[str, str]:
    spec = spec_type.model_validate_json(text)
    found = {}
    for key, field in dotted_fields(spec):
        if key in NOT_COMPARED:
            continue
        found[key] = _word(key, str(field.title or key), attrgetter(key)(spec))
    return found


def one_difference(spec: Spec, other: Spec) -> str | None:
    """The one setting in which two specifications differ, by dotted name; None for none or more.

    A component of another kind is one setting, its fields included; seeds count for nothing.
    """
    if type(spec) is not type(other):
        return None
    ours, theirs = words_of(spec), words_of(other)
    keys = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    found = [key for key in keys if not any(key.startswith(f"{other}.") for other in keys)]
    return found[0] if len(found) == 1 else None


def title_of(spec: Spec, key: str) -> str:
    """The title of a setting by its dotted name."""
    return next(str(field.title or name) for name, field in dotted_fields(spec) if name == key)


def words_of(spec: Spec) -> dict[str, str]:
    """Each setting of a specification in a few words, such as "lr 0.1", by dotted name."""
    return _cached_words(spec.model_dump_json(), type(spec))


def _word(key: str, title: str, value: object) -> str:
    if isinstance(value, Component):
        return type(value).title.partition(" (")[0]
    if key == "image_name":
        return str(value)
    if key in COUNTED:
        return count(int(str(value)), COUNTED[key].removesuffix("s"))
    name = SHORT.get(key, title[:1].lower() + title[1:])
    if isinstance(value, bool):
        return name if value else f"{OFF}{name}"
    if isinstance(value, float):
        return f"{name} {decimal(value)}"
    if isinstance(value, list | tuple):
        return f"{name} {'-'.join(map(str, value))}"
    return f"{name} {value}"
