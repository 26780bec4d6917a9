"""The script of an image fit."""

from __future__ import annotations

import re
from collections import OrderedDict

from l335.export.standalone import image_texts as texts
from l335.export.standalone.assembly import (
    LENGTH_AT,
    LOAD_WEIGHTS,
    Script,
    Setting,
    figure_lines,
    filled,
    indented,
)
from l335.export.standalone.recorder import Call, recorded
from l335.export.standalone.specialise import add_method
from l335.spec import FitImageSpec
from l335.spec.common import FLOAT_BYTES

HONOURED = frozenset(
    {
        "task", "lr", "initialiser", "schedule", "seed",
        "image", "image_width", "image_height", "image_name", "image_size", "crop", "crop_box",
        "hold_back", "held_out", "depth", "width", "activation", "encoding",
        "output", "output_bias", "output_gain", "loss", "optimizer", "steps", "batch_pixels",
        "num_seeds",
    }
)  # fmt: skip
"""Settings the script knows what to do with."""

# As in the engine, which can't be imported here; a test compares them.
TILE_PIXELS = 4096
MIN_TILE_PIXELS = 1024
MAX_ENCODED_BYTES = 512 * 2**20
SSIM_WINDOW = 11

OUTPUTS = {
    "sigmoid": "torch.nn.Sigmoid",
    "linear": "torch.nn.Identity",
    "signed": "l335.modules.signed.FromSigned",
    "relu": "torch.nn.ReLU",
}


def picture_name(spec: FitImageSpec) -> str:
    """Name of the file, beside the script, that its image is looked for in."""
    stem = re.sub(r"\.(png|jpe?g|webp)$", "", spec.image_name.lower())
    words = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")
    return f"{words[:60] or 'image'}.png"


def image_script(
    spec: FitImageSpec, threads: int, device: str, continued: tuple[int, ...] = ()
) -> Script:
    """A run of an image fit as a script of its own."""
    if not spec.image_width or not spec.image_height:
        # Not submitted yet, so its image is not known: a square one is taken.
        size = spec.image_size
        spec = spec.model_copy(update={"image_width": size, "image_height": size})
    flags = _flags(spec)
    script = Script(
        f"{picture_name(spec)} as a network, a run of L335 Lab in plain PyTorch",
        [
            ("python script.py", f"fits {picture_name(spec)} beside this script"),
            ("python script.py --image FILE", "the same image under another name"),
            ("python script.py --picture FILE", "also writes what the network makes of it"),
            ("python script.py --load FILE", "judges weights that the lab saved (safetensors)"),
        ],
        _settings(spec, threads, device, continued),
        ("torch", "numpy", "pillow"),
    )
    _add_network(script, spec, flags)
    add_method(script.definitions, spec.loss, "measure", "measure_loss")
    add_method(script.definitions, spec.optimizer, "build", "build_optimizer")
    add_method(script.definitions, spec.schedule, "factor", "lr_factor")
    script.add_taken()
    for text in _data(spec):
        script.add(text)
    several = "several" in flags
    script.add(filled(texts.GRADIENTS_OF_SEVERAL if several else texts.GRADIENTS, flags))
    num_train = "len(train)" if "split" in flags else "len(target)"
    if continued:
        script.add(LENGTH_AT)
    length = "length_at(step)" if continued else "STEPS"
    script.add(filled(texts.FIT, flags, NUM_TRAIN=num_train, LENGTH=length))
    script.add(filled(texts.PAINT, flags))
    for text in _judgement(spec, flags):
        script.add(text)
    script.add(LOAD_WEIGHTS)
    is_split = "split" in flags
    script.add(
        filled(
            texts.MAIN,
            flags,
            PICTURE=picture_name(spec),
            PARTS_JUDGED=", train, test" if is_split else "",
            PARTS=", train" if is_split else "",
        )
    )
    return script


def _flags(spec: FitImageSpec) -> set[str]:
    """What the hand-written parts are chosen by."""
    is_fixed = spec.encoding.num_parameters(spec.NUM_COORDINATES) == 0
    features = spec.encoding.num_features(spec.NUM_COORDINATES)
    is_small = spec.num_pixels * features * FLOAT_BYTES <= MAX_ENCODED_BYTES
    flags = {
        "encoded_once": is_fixed and is_small,
        "several": spec.num_seeds > 1,
        "split": spec.held_out != "none",
        "held_back": spec.hold_back > 1,
        "random": not spec.is_full_batch,
        "closure": spec.optimizer.needs_closure,
        "mean_colour": spec.output_bias == "mean_colour",
        "gain": spec.output_gain != 1,
        "sigmoid": spec.output == "sigmoid",
        "signed": spec.output == "signed",
    }
    return {name for name, holds in flags.items() if holds}


def _settings(
    spec: FitImageSpec, threads: int, device: str, continued: tuple[int, ...]
) -> list[Setting]:
    left, top, width, height = spec.stored_box
    fitted = spec.fitted_size
    tile = max(MIN_TILE_PIXELS, TILE_PIXELS // spec.num_seeds)
    settings: list[tuple[bool, Setting]] = [
        (True, ("SEED", spec.seed, "")),
        (spec.num_seeds > 1, ("NUM_SEEDS", spec.num_seeds, "networks trained side by side")),
        (True, ("STEPS", spec.steps, "")),
        (True, ("LR", spec.lr, "")),
        (not spec.is_full_batch, ("BATCH_PIXELS", spec.batch_pixels, "of one step")),
        (spec.output_gain != 1, ("OUTPUT_GAIN", spec.output_gain, "of the last layer's weights")),
        (True, ("STORED_SIZE", (spec.image_width, spec.image_height), "pixels of the image")),
        (True, ("BOX", (left, top, left + width, top + height), "what is kept of it")),
        (True, ("ORIGINAL_SIZE", spec.original_size, "what that is averaged down to")),
        (spec.hold_back > 1, ("HOLD_BACK", spec.hold_back, "averaged down further by this")),
        (True, ("WIDTH", fitted[0], "pixels the network is fitted to")),
        (True, ("HEIGHT", fitted[1], "")),
        (spec.held_out == "random", ("NUM_TRAIN", spec.num_train_pixels, "pixels trained on")),
        (True, ("TILE", tile, "pixels of one pass: activations stay in the cache")),
        (bool(continued), ("CONTINUED", continued, "steps it had each time it was trained on")),
        (True, ("THREADS", threads, "part of what makes the figures the same")),
        (True, ("DEVICE", device, "")),
    ]
    return [setting for is_wanted, setting in settings if is_wanted]


def _add_network(script: Script, spec: FitImageSpec, flags: set[str]) -> None:
    definitions = script.definitions
    rule = add_method(definitions, spec.initialiser, "apply_to", "initialise")
    known = {"num_coordinates": spec.NUM_COORDINATES}
    add_method(definitions, spec.encoding, "build", "build_encoding", **known)
    layers = script.expression(_layers(spec), 8, len("self.layers = "))
    script.add_taken()
    script.add(filled(texts.NETWORK, flags, LAYERS=layers))
    is_fixed = spec.encoding.num_parameters(spec.NUM_COORDINATES) == 0
    if "several" in flags:
        if is_fixed:
            definitions.take("l335.modules.linear.stacked_layers")
            script.add_taken()
        script.add(texts.STACKED if is_fixed else texts.SEPARATE)
    count = f"{spec.num_parameters:,}"
    script.add(filled(texts.BUILD, flags | ({"rule"} if rule else set()), PARAMETERS=count))
    if "several" in flags:
        model = "StackedNetworks" if is_fixed else "SeparateNetworks"
        script.add(filled(texts.BUILD_SEVERAL, flags, MODEL=model))


def _layers(spec: FitImageSpec) -> Call:
    """The layers behind the encoding, as the engine makes them."""
    layers: OrderedDict[str, Call] = OrderedDict()
    size = spec.encoding.num_features(spec.NUM_COORDINATES)
    for number, width in enumerate(spec.widths(), 1):
        layers[f"linear{number}"] = Call("l335.modules.linear.Linear", (size, width), {})
        layers[f"linear{number}_activation"] = recorded(
            spec.activation, "build", is_first=number == 1
        )
        size = width
    layers["output"] = Call("torch.nn.Linear", (size, spec.NUM_CHANNELS), {})
    layers["output_activation"] = Call(OUTPUTS[spec.output], (), {})
    return Call("torch.nn.Sequential", (layers,), {})


def _data(spec: FitImageSpec) -> list[str]:
    parts = [texts.LOAD_ORIGINAL]
    if spec.hold_back > 1:
        parts.append(texts.POOLED)
    if spec.held_out != "none":
        parts.append(texts.SPLITS[spec.held_out])
    parts.append(texts.PIXEL_CENTRES)
    if not spec.is_full_batch:
        parts.append(texts.BATCHES)
    return parts


def _judgement(spec: FitImageSpec, flags: set[str]) -> list[str]:
    """What works the figures out."""
    lines: list[str] = []
    for name, part, size in _parts(spec):
        pair = f"colours{part}, target{part}"
        lines += figure_lines(f"{name}/mean_colour_psnr_db", f"psnr_db(mean, target{part})")
        lines += figure_lines(f"{name}/psnr_db", f"psnr_db({pair})")
        lines += _similarity(f"{name}/ssim_valid", size, pair)
    if spec.held_out == "random":
        lines += _similarity("image/ssim_valid", spec.fitted_size, "colours, target")
    enlarged: list[str] = []
    if spec.hold_back > 1:
        enlarged += figure_lines("original/psnr_db", "psnr_db(colours, target)")
        enlarged += _similarity("original/ssim_valid", spec.original_size, "colours, target")
    found = [texts.PSNR]
    if any("ssim(" in line for line in [*lines, *enlarged]):
        found.append(texts.SSIM)
    found.append(filled(texts.FIGURES, flags, LINES=indented(lines)))
    if enlarged:
        found.append(filled(texts.ENLARGE, flags, LINES=indented(enlarged)))
    return found


def _parts(spec: FitImageSpec) -> list[tuple[str, str, tuple[int, int] | None]]:
    """Parts that are judged: name, subscript, and width and height where it is a picture."""
    width, height = spec.fitted_size
    if spec.held_out == "grid":
        of_train = (width + 1) // 2, (height + 1) // 2
        return [("train", "[train]", of_train), ("test", "[test]", (width // 2, height // 2))]
    if spec.held_out == "random":
        return [("train", "[train]", None), ("test", "[test]", None)]
    return [("train", "", (width, height))]


def _similarity(key: str, size: tuple[int, int] | None, pair: str) -> list[str]:
    """The lines of SSIM, where the part is a picture large enough for its window."""
    if size is None or min(size) < SSIM_WINDOW:
        return []
    return figure_lines(key, f"ssim({pair}, {size[1]}, {size[0]})")
