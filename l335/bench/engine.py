"""The engine's suite: what the practical trains, against the notebook and the products alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from l335.bench import notebook, peers
from l335.bench.ceilings import ProductRates, product_rates, step_operations
from l335.bench.dropping import GoalRecorder
from l335.bench.peers import Seconds
from l335.bench.rows import Row, Rows, Say, in_turns
from l335.core.settings import ASSETS
from l335.data.datasets import prepare_fashion_mnist
from l335.engine.fit_image import TILE_PIXELS, TILE_PIXELS_GPU
from l335.engine.precision import products
from l335.engine.train import Outcome, Resources, train
from l335.spec import Spec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

IMAGE = ASSETS / "images" / "mountains.png"
IMAGE_SIDE, GPU_IMAGE_SIDE, SIGMA, FREQUENCIES, WIDTH = 256, 512, 10.0, 128, 256
IMAGE_PRODUCT = (TILE_PIXELS, WIDTH, WIDTH)  # a tile of pixels through a hidden layer
GOAL_DB, GOAL_SECONDS, GOAL_RATIO = 25.0, 3.0, 15.0
GOAL_BATCH = 1024  # pixels; larger batches see each pixel more often than this goal needs
NOTEBOOK = "notebook"


@dataclass(frozen=True)
class Place:
    """What it is measured with, and how thoroughly."""

    resources: Resources
    turns: int
    is_short: bool

    @property
    def device(self) -> str:
        """Where it trains."""
        return self.resources.device

    @property
    def data_dir(self) -> Path:
        """Where the images of classes lie."""
        return self.resources.data_dir

    @property
    def is_gpu(self) -> bool:
        """Whether the targets are those of a GPU."""
        return self.device.startswith("cuda")

    @property
    def image_side(self) -> int:
        """Pixels of a side of the image whose every pixel is in each step."""
        if self.is_short:
            return 64
        return GPU_IMAGE_SIDE if self.is_gpu else IMAGE_SIDE

    def product_rates(self, rows: int, inner: int, columns: int) -> ProductRates:
        """Operations per second of a product, as precise as those of the training."""
        with products(self.resources.precision, self.device):
            return product_rates(rows, inner, columns, self.device)

    def train(self, spec: Spec, recorder: GoalRecorder | None = None) -> Outcome:
        """Train with the engine's own loop; stops where the recorder has what it waits for."""
        kept = recorder or GoalRecorder()
        return train(spec, self.resources, kept, lambda: kept.reached_seconds is not None)


@dataclass(frozen=True)
class Classification:
    """One preset at one batch size."""

    preset: str
    batch_size: int
    num_images: int
    ratio_goal: float | None = None
    share_goal: float | None = None
    gpu_ratio_goal: float | None = None

    @property
    def title(self) -> str:
        name = "Basic net" if self.preset == "classify-basic" else "CNN"
        return f"{name}, batch {self.batch_size}"

    @property
    def product(self) -> tuple[int, int, int]:
        """Rows, inner and columns of the product whose rate is the ceiling."""
        is_basic = self.preset == "classify-basic"
        return (self.batch_size, 784, 512) if is_basic else IMAGE_PRODUCT

    def network(self) -> nn.Module:
        """The notebook's network of this preset."""
        torch.manual_seed(0)
        return notebook.basic_net() if self.preset == "classify-basic" else notebook.cnn()


CLASSIFICATIONS = (
    Classification("classify-basic", 64, 30_000, ratio_goal=3.0, gpu_ratio_goal=10.0),
    Classification("classify-basic", 512, 60_000, share_goal=0.8),
    Classification("classify-basic", 4, 60_000, ratio_goal=2.0),
    Classification("classify-cnn", 64, 12_800, ratio_goal=2.4, gpu_ratio_goal=10.0),
)


def engine_rows(resources: Resources, turns: int, is_short: bool, say: Say) -> Rows:
    """Every row of the suite, one after the other; what the resources read as an image is fitted.

    It has to be ``IMAGE``.
    """
    prepare_fashion_mnist(resources.data_dir)
    torch.set_num_threads(resources.threads)
    place = Place(resources, 1 if is_short else turns, is_short)
    for case in CLASSIFICATIONS:
        say(f"{case.title} …")
        yield classification_row(case, place)
    yield from classification_peer_rows(place, say)
    say("One step over a whole image …")
    yield full_batch_row(place)
    yield from image_peer_rows(place, say)
    say(f"Time to {GOAL_DB:g} dB …")
    yield goal_row(place)


def classification_row(case: Classification, place: Place) -> Row:
    """Images per second of an epoch, without its evaluations."""
    num_images = 10 * case.batch_size if place.is_short else case.num_images
    settings = [f"batch_size={case.batch_size}", f"train_size={num_images}", "epochs=1"]
    spec = with_settings(PRESETS[case.preset].spec, settings)

    def ours() -> float:
        outcome = place.train(spec)
        return outcome.train_seconds / num_images

    def plain() -> float:
        model = case.network().to(place.device)
        loader = notebook.classification_loader(place.data_dir, num_images, case.batch_size)
        started = time.perf_counter()
        notebook.train_classifier(model, loader, place.device)
        return (time.perf_counter() - started) / num_images

    found = in_turns({"ours": ours, NOTEBOOK: plain}, place.turns, not place.is_short)
    operations = _classification_operations(case) / case.batch_size
    row = Row("engine", case.title, "images/s", found["ours"].per(1), True)
    return _judged(
        replace(row, baseline=found[NOTEBOOK].per(1), baseline_name=NOTEBOOK),
        place,
        _Ceiling(case.product, operations),
        case.gpu_ratio_goal if place.is_gpu else case.ratio_goal,
        None if place.is_gpu else case.share_goal,
    )


def classification_peer_rows(place: Place, say: Say) -> Rows:
    """An epoch of the basic net at batch 64 against tools that are installed."""
    num_images = 640 if place.is_short else 30_000
    spec = with_settings(
        PRESETS["classify-basic"].spec, [f"train_size={num_images}", "epochs=1", "batch_size=64"]
    )
    found = peers.classification_peers(place.data_dir, num_images, 64)
    yield from _peer_rows("Basic net, batch 64", "images/s", spec, num_images, found, place, say)


def image_peer_rows(place: Place, say: Say) -> Rows:
    """Full-batch steps on an image against tools that are installed."""
    side, num_steps = place.image_side, 3 if place.is_short else 12
    spec = _image_spec(side, "batch_pixels=all", f"steps={num_steps}")
    found = peers.image_peers(_frequencies(), notebook.square_pixels(IMAGE, side), num_steps)
    title = f"Image fit, every pixel of {side} x {side} in each step"
    yield from _peer_rows(title, "pixels/s", spec, num_steps * side**2, found, place, say)


def _peer_rows(
    title: str,
    unit: str,
    spec: Spec,
    amount: int,
    found: Mapping[str, Seconds],
    place: Place,
    say: Say,
) -> Rows:
    if place.device != "cpu":
        return  # they are measured on the CPU
    for name, seconds in found.items():
        say(f"{name} …")
        ways = {"ours": lambda: place.train(spec).train_seconds, name: seconds}
        try:
            taken = in_turns(ways, place.turns, not place.is_short)
        except ImportError as error:
            say(f"{name} could not be measured: {error}.")
            continue
        ours, theirs = taken["ours"].per(amount), taken[name].per(amount)
        yield Row("engine", title, unit, ours, True, theirs, name)


def _classification_operations(case: Classification) -> int:
    model = case.network()
    images = torch.rand(case.batch_size, 1, 28, 28)
    labels = torch.zeros(case.batch_size, dtype=torch.int64)
    return step_operations(lambda: F.cross_entropy(model(images), labels))


def full_batch_row(place: Place) -> Row:
    """Pixels per second of steps over every pixel of an image."""
    side, num_steps = place.image_side, 3 if place.is_short else 12
    product = (TILE_PIXELS_GPU if place.is_gpu else TILE_PIXELS, WIDTH, WIDTH)
    spec = _image_spec(side, "batch_pixels=all", f"steps={num_steps}")
    pixels = notebook.square_pixels(IMAGE, side).to(place.device)
    frequencies = _frequencies().to(place.device)

    def ours() -> float:
        return place.train(spec).train_seconds / num_steps / side**2

    def plain() -> float:
        model = notebook.image_net(FREQUENCIES, WIDTH).to(place.device)
        started = time.perf_counter()
        notebook.train_image(model, frequencies, pixels, num_steps)
        return (time.perf_counter() - started) / num_steps / side**2

    found = in_turns({"ours": ours, NOTEBOOK: plain}, place.turns, not place.is_short)
    title = f"Image fit, every pixel of {side} x {side} in each step"
    row = Row("engine", title, "pixels/s", found["ours"].per(1), True)
    return _judged(
        replace(row, baseline=found[NOTEBOOK].per(1), baseline_name=NOTEBOOK),
        place,
        _Ceiling(product, _image_operations(product[0]) / product[0]),
        None if place.is_gpu else 2.2,
        0.5 if place.is_gpu else 0.7,
    )


def goal_row(place: Place) -> Row:
    """Seconds until a fit of 256 x 256 pixels is seen to have 25 dB, evaluations included."""
    side = 32 if place.is_short else IMAGE_SIDE
    goal = 15.0 if place.is_short else GOAL_DB
    spec = _image_spec(side, "steps=1000", f"batch_pixels={GOAL_BATCH}")
    pixels = notebook.square_pixels(IMAGE, side).to(place.device)
    frequencies = _frequencies().to(place.device)

    def ours() -> float:
        recorder = GoalRecorder(goal)
        place.train(spec, recorder)
        assert recorder.reached_seconds is not None, "the fit never got so far"
        return recorder.reached_seconds

    def plain() -> float:
        torch.manual_seed(0)
        model = notebook.image_net(FREQUENCIES, WIDTH).to(place.device)
        started = time.perf_counter()
        notebook.train_image(model, frequencies, pixels, 1000, goal)
        return time.perf_counter() - started

    found = in_turns({"ours": ours, NOTEBOOK: plain}, min(place.turns, 3))
    row = Row(
        "engine",
        f"Image fit of {side} x {side}, time to {goal:g} dB in random batches of {GOAL_BATCH:,}",
        "s",
        found["ours"],
        baseline=found[NOTEBOOK],
        baseline_name=f"{NOTEBOOK}, every pixel in each step",
    )
    assert row.ratio is not None
    is_met = row.ratio >= GOAL_RATIO and row.ours.median < GOAL_SECONDS
    target = f"{GOAL_RATIO:g} times as fast, under {GOAL_SECONDS:g} s"
    return replace(row, target=target, is_met=None if place.is_short else is_met)


def _image_spec(side: int, *settings: str) -> Spec:
    with Image.open(IMAGE) as image:
        width, height = image.size
    sized = PRESETS["fit-image"].spec.model_copy(
        update={"image_width": width, "image_height": height}
    )
    fixed = (f"image_size={side}", "crop=square", f"encoding.sigma={SIGMA}")
    return with_settings(sized, [*fixed, *settings])


def _frequencies() -> Tensor:
    return SIGMA * torch.randn(FREQUENCIES, 2, generator=torch.Generator().manual_seed(0))


def _image_operations(num_pixels: int) -> int:
    model = notebook.image_net(FREQUENCIES, WIDTH)
    features, target = torch.rand(num_pixels, 2 * FREQUENCIES), torch.rand(num_pixels, 3)
    return step_operations(lambda: F.mse_loss(model(features), target))


@dataclass(frozen=True)
class _Ceiling:
    """What a rate is held against: a product [rows, inner] x [inner, columns] and its work."""

    product: tuple[int, int, int]
    operations: float  # in products and convolutions, for one image or pixel


def _judged(
    row: Row, place: Place, ceiling: _Ceiling, ratio_goal: float | None, share_goal: float | None
) -> Row:
    """The row with ceiling and targets; the figures of the short form are held to none."""
    rates = place.product_rates(*ceiling.product)
    size = " x ".join(map(str, ceiling.product))
    row = replace(
        row,
        ceiling=rates.best / ceiling.operations,
        ceiling_name=f"{rates.best / 1e9:.0f} GFLOP/s, product of {size}",
    )
    of_pytorch = row.ours.median * ceiling.operations / rates.pytorch
    goals, is_met = [], True
    if ratio_goal is not None:
        goals.append(f"{ratio_goal:g} times the {NOTEBOOK}")
        is_met = is_met and row.ratio is not None and row.ratio >= ratio_goal
    if share_goal is not None:
        goals.append(f"{100 * share_goal:g} % of PyTorch's product")
        is_met = is_met and of_pytorch >= share_goal
    return replace(
        row,
        target=", ".join(goals),
        is_met=None if place.is_short else is_met,
        note=f"{100 * of_pytorch:.0f} % of what PyTorch's own product allows "
        f"({rates.pytorch / 1e9:.0f} GFLOP/s).",
    )
