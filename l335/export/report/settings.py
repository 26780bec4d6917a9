"""The settings of runs, the arithmetic of their networks, and how to repeat them."""

from __future__ import annotations

from collections.abc import Sequence

from l335.components.arithmetic import LayerCount
from l335.components.component import Component
from l335.core.tables import Table
from l335.core.wording import decimal
from l335.export.command_line import command_line, differences, settings
from l335.export.report.document import Block, Code, Missing, TableBlock, Text
from l335.export.report.sources import Source
from l335.labs.pictures import WHAT_IS_HELD_OUT
from l335.labs.results import Arm
from l335.results.views import RunView
from l335.spec import ClassifySpec, FitImageSpec, Spec
from l335.spec.fields import dotted_fields

MAX_COMMANDS = 40


def settings_blocks(source: Source) -> list[Block]:
    """What all settings share, what tells them apart, and the data."""
    arms = [arm for arm in source.arms if arm.runs]
    if not arms:
        return [Missing("All runs were deleted. Train them again.")]
    words = [spec_words(arm.runs[0].spec) for arm in arms]
    keys = list(dict.fromkeys(key for each in words for key in each))
    shared = [key for key in keys if len({each.get(key) for each in words}) == 1]
    varied = [key for key in keys if key not in shared]
    seeds = _seeds_of(arms)
    rows = [(_key_title(words, key), words[0][key][1]) for key in shared]
    if seeds is not None:
        rows.append(("Seeds", seeds))
    caption = "Settings of every run." if len(arms) == 1 else "Settings all runs share."
    blocks: list[Block] = [Text(_data_words(arms[0].runs[0].spec))]
    blocks.append(TableBlock(Table(("Setting", "Value"), tuple(rows), caption, num_names=2)))
    if varied or seeds is None:
        blocks.append(TableBlock(_differences(arms, words, varied, seeds)))
    return blocks


def _differences(
    arms: Sequence[Arm],
    words: Sequence[dict[str, tuple[str, str]]],
    varied: Sequence[str],
    seeds: str | None,
) -> Table:
    """What tells settings apart; the longer side of the table goes down the page."""
    columns = [
        [_key_title(words, key), *(each[key][1] if key in each else "–" for each in words)]
        for key in varied
    ]
    if seeds is None:
        columns.append(["Seeds", *map(_listed, arms)])
    rows = [["Setting", *(arm.name for arm in arms)], *columns]
    if len(columns) <= len(arms):
        rows = [list(cells) for cells in zip(*rows, strict=True)]
    caption = "Settings in which the runs differ; a dash stands where one has no such setting."
    head, *lines = (tuple(cells) for cells in rows)
    return Table(head, tuple(lines), caption, num_names=len(head))


def spec_words(spec: Spec) -> dict[str, tuple[str, str]]:
    """Title and value in words of each setting, by dotted name, but for the seed."""
    fields = dict(dotted_fields(spec))
    values = settings(spec)
    found = {}
    for key in values:
        if key == "seed":
            continue
        title = str(fields[key].title or key)
        parent, _, _ = key.rpartition(".")
        if parent:
            title = f"{fields[parent].title or parent}: {title}"
        found[key] = (title, _value_words(spec, key, values[key]))
    if isinstance(spec, FitImageSpec):
        found = {"image_name": ("Image", image_name(spec)), **found}
    return found


def image_name(spec: FitImageSpec) -> str:
    """The name of a fitted image; of a bundled one without what is to be seen on it."""
    return spec.image_name.partition(":")[0] or "Image"


def _value_words(spec: Spec, key: str, value: object) -> str:
    part: object = spec
    for name in key.split("."):
        part = getattr(part, name)
    if isinstance(part, Component):
        return type(part).title
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value).replace("_", " ")


def _key_title(words: Sequence[dict[str, tuple[str, str]]], key: str) -> str:
    return next(each[key][0] for each in words if key in each)


def _seeds_of(arms: Sequence[Arm]) -> str | None:
    """The seeds, where every setting has the same."""
    known = {_listed(arm) for arm in arms}
    return known.pop() if len(known) == 1 else None


def _listed(arm: Arm) -> str:
    seeds = sorted({seed for run in arm.runs for seed in seeds_of(run)})
    if len(seeds) > 3 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def seeds_of(run: RunView) -> list[int]:
    """Seeds of the networks a run trains."""
    return run.spec.seeds


def _data_words(spec: Spec) -> str:
    if isinstance(spec, ClassifySpec):
        return (
            "Fashion-MNIST: 60,000 training and 10,000 test images of 28 × 28 grey pixels, scaled "
            "to [0, 1], in 10 classes. The loss is the cross-entropy."
        )
    judged = "all pixels" if spec.held_out == "none" else "the pixels named"
    text = (
        "A network maps the coordinates of a pixel's centre, in [0, 1], to its red, green and "
        f"blue, in [0, 1]. PSNR is −10 log₁₀ of the mean squared error over {judged} and colours."
    )
    return f"{text} {WHAT_IS_HELD_OUT}" if spec.held_out == "grid" else text


def parameters_blocks(source: Source) -> list[Block]:
    """The parameter arithmetic of each network, layer by layer."""
    networks: dict[tuple[LayerCount, ...], list[str]] = {}
    for arm in source.arms:
        if arm.runs:
            networks.setdefault(tuple(arm.runs[0].spec.layers()), []).append(arm.name)
    if not networks:
        return [Missing("All runs were deleted. Train them again.")]
    blocks: list[Block] = [
        Text(
            "Trainable parameters layer by layer: inputs × outputs + biases of a fully connected "
            "layer; output maps × input maps × kernel height × kernel width + biases of a "
            "convolution."
        )
    ]
    for layers, names in networks.items():
        blocks.append(TableBlock(_network_table(layers, names, is_only=len(networks) == 1)))
    return blocks


def _network_table(layers: Sequence[LayerCount], names: Sequence[str], is_only: bool) -> Table:
    total = sum(layer.num_parameters for layer in layers)
    rows = [
        (
            layer.name.capitalize(),
            " × ".join(map(str, layer.output_shape)),
            layer.formula.replace(" x ", " × "),
            f"{layer.num_parameters:,}",
        )
        for layer in layers
    ]
    counted = [f"{layer.num_parameters:,}" for layer in layers if layer.num_parameters]
    rows.append(("Total", "", " + ".join(counted), f"{total:,}"))
    whose = "The network of every run" if is_only else f"The network of {'; '.join(names)}"
    head = ("Layer", "Output shape", "Calculation", "Parameters")
    return Table(head, tuple(rows), f"{whose}: {total:,} parameters.", num_names=3)


def _of_seeds(arm: Arm) -> tuple[str, ...]:
    """Settings that differ between the runs of a setting: the seed, in some labs the draw of B."""
    found = {key: None for run in arm.runs for key in differences(run.spec, arm.runs[0].spec)}
    return tuple(found) or ("seed",)


def _by_seed_settings(arms: Sequence[Arm]) -> dict[tuple[str, ...], list[RunView]]:
    """The first run of each setting, by what changes with the seed there."""
    found: dict[tuple[str, ...], list[RunView]] = {}
    for arm in arms:
        found.setdefault(_of_seeds(arm), []).append(arm.runs[0])
    return found


def repeat_blocks(sources: Sequence[Source]) -> list[Block]:
    """The commands that train the same again."""
    arms = [arm for source in sources for arm in source.arms if arm.runs]
    firsts = [arm.runs[0] for arm in arms]
    blocks: list[Block] = [
        Text(
            "In the lab's folder, inside its environment. One command for each setting, with its "
            "first seed. On the same processor, with the same threads and versions, a run comes "
            "out the same to the last bit."
        )
    ]
    left = MAX_COMMANDS
    for keys, runs in _by_seed_settings(arms).items():
        shown, left = runs[:left], left - len(runs[:left])
        if shown:
            words = " ".join(f"--set {key}=NUMBER" for key in keys)
            blocks.append(Text(f"For another seed add {words}:"))
            blocks.append(Code("\n".join(command_line(run.spec) for run in shown)))
    if len(firsts) > MAX_COMMANDS:
        blocks.append(Text(f"The other {len(firsts) - MAX_COMMANDS} settings are left out here."))
    names = {
        image_name(run.spec)
        for run in firsts
        if isinstance(run.spec, FitImageSpec) and "assets/images" not in command_line(run.spec)
    }
    if names:
        blocks.append(
            Text(
                "A picture of your own is named by its address, under which this lab finds it; "
                f"elsewhere write its file there: {', '.join(sorted(names))}."
            )
        )
    return blocks
