"""The command that repeats a run without a browser."""

from __future__ import annotations

import shlex
from typing import Any

from l335.component import Component
from l335.fields import dotted_fields
from l335.presets import PRESETS
from l335.settings import ASSETS, ROOT
from l335.spec import ClassifySpec, FitImageSpec

Spec = ClassifySpec | FitImageSpec
NOT_SET = {"image", "image_name"}


def command_line(spec: Spec) -> str:
    """``python -m l335 train`` with the nearest preset and what differs from it."""
    name, changes = min(
        ((name, differences(spec, preset.spec)) for name, preset in PRESETS.items()
         if preset.spec.task == spec.task),
        key=lambda candidate: len(candidate[1]),
    )  # fmt: skip
    words = ["python", "-m", "l335", "train", name]
    if isinstance(spec, FitImageSpec):
        words += ["--image", _image_file(spec.image_name)]
    for key, value in changes.items():
        words += ["--set", f"{key}={_text(value)}"]
    return shlex.join(words)


def differences(spec: Spec, start: Spec) -> dict[str, Any]:
    """Settings, by dotted name, that a specification has and another has not."""
    known = settings(start)
    return {key: value for key, value in settings(spec).items() if known.get(key) != value}


def settings(spec: Spec) -> dict[str, Any]:
    """Every setting by dotted name; a component stands with its kind."""
    found: dict[str, Any] = {}
    for key, _ in dotted_fields(spec):
        if key in NOT_SET:
            continue
        value: Any = spec
        for part in key.split("."):
            value = getattr(value, part)
        found[key] = value.kind if isinstance(value, Component) else value
    return found


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _image_file(name: str) -> str:
    title = name.partition(":")[0].lower()  # bundled images say behind it what is to be seen
    for path in sorted((ASSETS / "images").iterdir()):
        if path.stem.lower() in (title.rpartition(".")[0], title):
            return str(path.relative_to(ROOT))
    return name or "FILE"
