"""The settings of a training page as a link, and a link's settings on a training page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from l335.command_line import nearest_preset, setting_text
from l335.component import nearest
from l335.errors import LabError, NotFound, SpecError
from l335.fields import dotted_fields, is_component, possible_names, with_settings
from l335.images import BUNDLED
from l335.lab import Lab
from l335.presets import PRESETS, Preset
from l335.spec import ClassifySpec, FitImageSpec, spec_from_dict
from l335.ui.restrictions import Restrictions
from l335.ui.wording import within
from l335.views import ImageView, RunView

Spec = ClassifySpec | FitImageSpec

OPENING = ("from", "preset", "image", "set")
"""Parameters of an address a form starts from."""

PICTURE = {"image": ("image_name", "image_width", "image_height"), "crop": ("crop_box",)}
"""What else changes with the picture and its part."""

NO_CONTROLS = {"image_name", "crop_box"}

BESIDE = {"preset": "Buttons of the presets", "seeds": "Number of seeds"}
"""Controls that are no settings of a run."""

TITLES = {"image": "Picture", "crop": "Part of the picture"}


def presets_of(task: str) -> dict[str, Preset]:
    """The presets of one half of the lab."""
    return {name: preset for name, preset in PRESETS.items() if preset.spec.task == task}


@cache
def control_names(task: str) -> tuple[str, ...]:
    """Every control a link can lock or hide on a training page, whatever its form holds."""
    model = type(next(iter(presets_of(task).values())).spec)
    names = [name for name in possible_names(model) if name not in NO_CONTROLS]
    return (*BESIDE, *names)


def control_titles(spec: Spec) -> dict[str, str]:
    """The controls of a form that holds these settings, by name, with titles told apart."""
    titles = dict(BESIDE)
    for name, field in dotted_fields(spec):
        if name not in NO_CONTROLS:
            parent = titles.get(name.rpartition(".")[0])
            title = TITLES.get(name, str(field.title))
            titles[name] = f"{parent}: {within(title)}" if parent else title
    return titles


@dataclass(frozen=True)
class Opening:
    """What a form starts from.

    Attributes:
        source: The run the link names, where it names one.
        base: The settings of that run, or of the preset.
        spec: The same with the link's changes.
        problems: Sentences on what the link asks for and cannot have.
    """

    source: RunView | None
    base: Spec
    spec: Spec
    problems: tuple[str, ...]


def opening(lab: Lab, task: str, asked: Mapping[str, Sequence[str]], chosen: str) -> Opening | None:
    """What the parameters of an address ask a form to start from.

    Args:
        lab: The lab.
        task: The page's half of the lab.
        asked: Values of each parameter of ``OPENING`` that is there.
        chosen: SHA-256 of the picture to take where the link names none.

    Returns:
        None where the run it names is of the other half.
    """
    problems: list[str] = []
    source, base = None, next(iter(presets_of(task).values())).spec
    try:
        if "from" in asked:
            source = lab.run(asked["from"][-1])
            if source.task != task:
                return None
            base = source.spec
        elif "preset" in asked:
            base = _preset(task, asked["preset"][-1]).spec
        if task == "fit-image":
            base = _with_picture(lab, base, asked.get("image", []), chosen)
    except LabError as error:
        problems += sentences(error)
    try:
        spec = with_settings(base, list(asked.get("set", [])))
    except SpecError as error:
        problems += sentences(error)
        spec = base
    return Opening(source, base, spec, tuple(problems))


def _preset(task: str, name: str) -> Preset:
    known = presets_of(task)
    if name not in known:
        hint = nearest(name, list(known))
        raise NotFound(f"There is no preset `{name}` on this page; {hint}")
    return known[name]


def _with_picture(lab: Lab, spec: Spec, named: Sequence[str], chosen: str) -> Spec:
    images = {image.sha256: image for image in lab.images()}
    if named:
        image = _picture(images, named[-1])
    elif getattr(spec, "image", "") or not images:
        return spec
    else:
        image = images.get(chosen, next(iter(images.values())))
    return spec_from_dict(spec.model_dump() | image.settings)


def _picture(images: Mapping[str, ImageView], name: str) -> ImageView:
    """The picture a link names, by its file's name without ending or by its SHA-256."""
    by_name = {bundled_name(image): image for image in images.values() if image.bundled}
    found = by_name.get(name.lower()) or images.get(name)
    if found is None:
        hint = nearest(name.lower(), list(by_name))
        raise NotFound(f"No picture `{name}` is stored on this machine; {hint}")
    return found


def bundled_name(image: ImageView) -> str:
    """The name of a bundled picture's file, without its ending; empty for any other."""
    files = {title: Path(file).stem for file, title in BUNDLED}
    return files.get(image.name, "") if image.bundled else ""


@dataclass(frozen=True)
class FormLink:
    """Settings as a link.

    Attributes:
        query: Parameters that lead to these settings.
        preset: Title of the preset it starts from.
        changes: What differs from it: title and value of each setting.
        uploaded: Name of the picture, where other machines do not have it.
    """

    query: dict[str, str | list[str]]
    preset: str
    changes: dict[str, object]
    uploaded: str


def link_of(lab: Lab, spec: Spec, num_seeds: int) -> FormLink:
    """The link that opens a training page with these settings.

    Args:
        lab: The lab, which knows the picture.
        spec: What the form holds.
        num_seeds: How many runs one press of Train starts.
    """
    name, changes = nearest_preset(spec)
    query: dict[str, str | list[str]] = {"preset": name}
    uploaded = ""
    if isinstance(spec, FitImageSpec) and spec.image:
        names = [bundled_name(image) for image in lab.images() if image.sha256 == spec.image]
        query["image"] = "".join(names) or spec.image
        uploaded = "" if any(names) else spec.image_name
    if changes:
        query["set"] = [f"{key}={setting_text(value)}" for key, value in changes.items()]
    if num_seeds > 1:
        query["seeds"] = str(num_seeds)
    titles = control_titles(spec)
    shown = {titles.get(key, key): value for key, value in changes.items()}
    return FormLink(query, PRESETS[name].title, shown, uploaded)


def keeping(spec: Spec, held: Restrictions, start: Spec) -> Spec:
    """A specification in which every setting that is held stays as it was.

    Args:
        spec: The settings someone asks for.
        held: What they may not change.
        start: The settings so far.

    Raises:
        SpecError: What is asked for does not fit what is held.
    """
    values, before = spec.model_dump(), start.model_dump()
    for name, field in dotted_fields(start):
        if held.is_free(name) or name in NO_CONTROLS:
            continue
        *parents, last = name.split(".")
        target, source = _nested(values, parents), _nested(before, parents)
        if target is None or source is None or last not in target:
            continue  # it belongs to a component that has gone
        if not is_component(field) or target[last]["kind"] != source[last]["kind"]:
            for each in (last, *PICTURE.get(name, ())):
                target[each] = source[each]
    return spec_from_dict(values)


def _nested(values: dict[str, Any], parents: Sequence[str]) -> dict[str, Any] | None:
    inner: Any = values
    for parent in parents:
        inner = inner.get(parent) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


def sentences(error: LabError) -> list[str]:
    """What an error says, one sentence for each thing that is wrong."""
    if isinstance(error, SpecError):
        return [problem.message for problem in error.problems]
    return [str(error)]
