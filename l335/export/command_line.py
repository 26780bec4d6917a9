"""The command that repeats a run or a sweep without a browser."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from l335.components.component import Component
from l335.core.errors import SpecError
from l335.core.settings import ASSETS, ROOT
from l335.data.images import BUNDLED
from l335.spec import FitImageSpec, Spec
from l335.spec.fields import dotted_fields, is_component, setting_text
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from l335.spec.sweep_definition import axis_text

NOT_SET = {"image", "image_name"}
ADDRESS_DIGITS = 12  # of 64; enough to tell the pictures of one lab apart


def command_line(spec: Spec) -> str:
    """``python -m l335 train`` with the nearest preset and what differs from it."""
    return shlex.join(_words("train", spec))


def sweep_command(start: Spec, axes: Mapping[str, Sequence[str]], rows: Sequence[str]) -> str:
    """``python -m l335 sweep`` with a start and what varies.

    Args:
        start: What all runs share.
        axes: Values of each setting that varies.
        rows: Single runs as text, in place of axes.
    """
    if not axes and not rows:
        return command_line(start)
    words = _words("sweep", start)
    for key, values in axes.items():
        words += ["--grid", axis_text(key, _ranged(values))]
    for row in rows:
        words += ["--cell", row]
    return shlex.join(words)


def _ranged(values: Sequence[str]) -> Sequence[str]:
    """Whole numbers that follow each other as a range: 0..4."""
    if len(values) < 3 or not all(value.isdecimal() for value in values):
        return values
    first, last = int(values[0]), int(values[-1])
    counted = [str(number) for number in range(first, first + len(values))]
    return [f"{first}..{last}"] if list(values) == counted else values


def _words(command: str, spec: Spec) -> list[str]:
    name, changes = nearest_preset(spec)
    words = ["python", "-m", "l335", command, name]
    if isinstance(spec, FitImageSpec):
        words += ["--image", image_argument(spec)]
    for key, value in changes.items():
        words += ["--set", f"{key}={setting_text(value)}"]
    return words


def nearest_preset(spec: Spec) -> tuple[str, dict[str, Any]]:
    """The preset with the fewest changes to these settings, and the changes."""
    candidates = [
        (name, changes_from(preset.spec, spec))
        for name, preset in PRESETS.items()
        if preset.spec.task == spec.task
    ]
    return min(candidates, key=lambda candidate: len(candidate[1]))


def changes_from(start: Spec, spec: Spec) -> dict[str, Any]:
    """The fewest settings that lead from one specification to another."""
    changes = differences(spec, start)
    fields = dict(dotted_fields(spec))
    choices = {key: kind for key, kind in changes.items() if is_component(fields[key])}
    try:
        # A component that was just chosen has its defaults; they need no words.
        base = with_settings(start, [f"{key}={kind}" for key, kind in choices.items()])
    except SpecError:
        return changes
    return choices | differences(spec, base)


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


def image_argument(spec: FitImageSpec) -> str:
    """What names the image of a run behind ``--image``.

    The file of a bundled image; of another one the beginning of its address, under which the lab
    that stores it finds it. Where none is chosen yet, the name of its file, or ``FILE``.
    """
    size = spec.image_width, spec.image_height
    for (name, bundled_size), file in _bundled().items():
        if name == spec.image_name and (bundled_size == size or not spec.image):
            return file
    return spec.image[:ADDRESS_DIGITS] or spec.image_name or "FILE"


@functools.cache
def _bundled() -> dict[tuple[str, tuple[int, int]], str]:
    """Files that came with the lab, by title and size: an upload may have the title of one."""
    from PIL import Image

    found = {}
    for file_name, title in BUNDLED:
        path = ASSETS / "images" / file_name
        with Image.open(path) as image:
            for name in (title, title.partition(":")[0], file_name):
                found[name, image.size] = str(path.relative_to(ROOT))
    return found
