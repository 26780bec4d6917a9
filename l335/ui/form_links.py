"""The settings of a training page as a link, and a link's settings on a training page."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from l335.components.component import nearest
from l335.core.errors import LabError, NotFound, Problem, SpecError
from l335.data.images import BUNDLED
from l335.export.command_line import changes_from, nearest_preset, settings
from l335.results.views import ImageView, RunView
from l335.service import Lab
from l335.spec import FitImageSpec, Spec, spec_from_dict
from l335.spec.fields import dotted_fields, is_component, possible_names, setting_text
from l335.spec.from_text import full_name, with_settings
from l335.spec.presets import PRESETS, Preset
from l335.ui.restrictions import Restrictions
from l335.ui.wording import within

Asked = Mapping[str, Sequence[str]]

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


def opening(
    lab: Lab, task: str, asked: Asked, chosen: str, shown: RunView | None = None
) -> Opening | None:
    """What the parameters of an address ask a form to start from.

    Args:
        lab: The lab.
        task: The page's half of the lab.
        asked: Values of each parameter of ``OPENING`` that is there.
        chosen: SHA-256 of the picture to take where the link names none.
        shown: The run the address shows; the form starts with its settings where nothing else
            is named.

    Returns:
        None where the run it names is of the other half.
    """
    problems: list[str] = []
    source = None
    base = shown.spec if shown else next(iter(presets_of(task).values())).spec
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
    spec, wrong = _with_what_fits(base, asked.get("set", []))
    return Opening(source, base, spec, (*problems, *wrong))


def _with_what_fits(base: Spec, texts: Sequence[str]) -> tuple[Spec, list[str]]:
    """Settings with the changes that fit, and sentences on the others."""
    problems: list[str] = []
    left = list(texts)
    while left:
        try:
            return with_settings(base, left), problems
        except SpecError as error:
            problems += sentences(error)
            wrong = {problem.field for problem in error.problems}
            fitting = [text for text in left if not _is_about(base, text, wrong)]
            # A rule across fields may name none of those that were changed.
            left = fitting if len(fitting) < len(left) else []
    return base, problems


def _is_about(base: Spec, text: str, fields: set[str]) -> bool:
    key, equals, _ = text.partition("=")
    key = key.strip()
    names = {key, full_name(base, key)} if equals else {""}
    return any(field in names or field.endswith(f".{key}") for field in fields)


def _preset(task: str, name: str) -> Preset:
    known = presets_of(task)
    if name not in known:
        hint = nearest(name, list(known))
        raise NotFound(f"There is no preset `{name}` on this page; {hint}")
    return known[name]


def _with_picture(lab: Lab, spec: Spec, named: Sequence[str], chosen: str) -> Spec:
    images = {image.sha256: image for image in lab.images.all()}
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
        query["image"] = _picture_word(lab, spec.image)
        uploaded = spec.image_name if query["image"] == spec.image else ""
    if changes:
        query["set"] = [f"{key}={setting_text(value)}" for key, value in changes.items()]
    if num_seeds > 1:
        query["seeds"] = str(num_seeds)
    titles = control_titles(spec)
    shown = {titles.get(key, key): value for key, value in changes.items()}
    return FormLink(query, PRESETS[name].title, shown, uploaded)


def asked_for(
    lab: Lab, spec: Spec, asked: Asked, shown: RunView | None = None
) -> dict[str, list[str]] | None:
    """The shortest parameters of ``OPENING`` that lead a new visit to these settings.

    Args:
        lab: The lab.
        spec: What the form holds.
        asked: Those of the address; they stay where they lead there, and so does ``from``.
        shown: The run the address shows.

    Returns:
        None where no address leads there.
    """
    if _leads_to(lab, spec, asked, shown):
        return {name: list(values) for name, values in asked.items()}
    starts: list[dict[str, list[str]]] = [{}]
    starts += [{"preset": [name]} for name in presets_of(spec.task)]
    if "from" in asked:
        starts = [{"from": list(asked["from"])}]
    extended = [_extended(lab, spec, start, shown) for start in starts]
    found = [query for query in extended if query is not None]
    # The fewest changes, and of those without the preset's name where it is the page's own.
    return min(found, key=lambda query: (len(query.get("set", ())), len(query)), default=None)


def _extended(
    lab: Lab, spec: Spec, query: dict[str, list[str]], shown: RunView | None
) -> dict[str, list[str]] | None:
    """Parameters with what else leads to these settings; None where that cannot be said."""
    start = opening(lab, spec.task, query, "", shown)
    if start is not None and not _has_picture_of(start.spec, spec):
        query = query | {"image": [_picture_word(lab, spec_image(spec))]}
        start = opening(lab, spec.task, query, "", shown)
    if start is None:
        return None
    if changes := changes_from(start.spec, spec):
        texts = [f"{key}={setting_text(value)}" for key, value in changes.items()]
        query = query | {"set": texts}
    return query if _leads_to(lab, spec, query, shown) else None


def _leads_to(lab: Lab, spec: Spec, asked: Asked, shown: RunView | None) -> bool:
    start = opening(lab, spec.task, asked, "", shown)
    if start is None or not _has_picture_of(start.spec, spec):
        return False
    return settings(start.spec) == settings(spec)


def _picture_word(lab: Lab, sha256: str) -> str:
    """What names a picture in an address: a bundled one's file, else its SHA-256."""
    names = [bundled_name(image) for image in lab.images.all() if image.sha256 == sha256]
    return "".join(names) or sha256


def spec_image(spec: Spec) -> str:
    """SHA-256 of the picture a specification is about; empty for none."""
    return str(getattr(spec, "image", ""))


def _has_picture_of(one: Spec, other: Spec) -> bool:
    return spec_image(one) == spec_image(other)


def what_fits(values: Mapping[str, Any], problems: Sequence[Problem], start: Spec) -> Spec | None:
    """What a form holds, with the start's value for each setting that does not fit.

    Args:
        values: What its widgets hold.
        problems: What is wrong with them.
        start: The settings the form began with.

    Returns:
        None where they do not fit even so.
    """
    given = copy.deepcopy(dict(values))
    before = start.model_dump()
    while problems:
        changed = [each for each in problems if _reset(given, before, each.field.split("."))]
        try:
            return spec_from_dict(given)
        except SpecError as error:
            problems = error.problems if changed else []
    return None


def _reset(values: dict[str, Any], before: dict[str, Any], path: Sequence[str]) -> bool:
    """Give a setting the value from before, or its component's default; whether that changed it."""
    *parents, last = path
    target, source = _nested(values, parents), _nested(before, parents)
    if target is None or last not in target:
        return False
    was = target[last]
    if source is not None and source.get("kind") == target.get("kind") and last in source:
        target[last] = source[last]
    else:
        del target[last]
    return last not in target or target[last] != was


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
