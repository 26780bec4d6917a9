"""What units draw, and the course as a film, against plain forward passes and recorded files."""

from __future__ import annotations

import io
from hashlib import sha256

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load

from l335.analyses.compute import run_job
from l335.analyses.compute.neurons import MAX_UNITS, grid_size
from l335.core.errors import LabError
from l335.engine.checkpoint import load_weights
from l335.engine.coordinate_network import build_model, member
from l335.engine.fitted_pixels import pixel_centres
from l335.engine.train import Resources, train
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings

from .conftest import Kept
from .test_looks import tiles

TINY = ["steps=12", "depth=2", "width=5"]
RUNS = {
    "fourier": ["encoding=gaussian", "encoding.num_frequencies=4", "encoding.sigma=2"],
    "bare": ["encoding=none", "initialiser=kaiming_uniform"],
    "seeds": ["encoding=gaussian", "encoding.num_frequencies=4", "num_seeds=2"],
}


class Course:
    """A fitted image with its files by address."""

    def __init__(
        self, settings: list[str], resources: Resources, size: tuple[int, int] = (24, 16)
    ) -> None:
        blank = FitImageSpec(image_width=size[0], image_height=size[1], image_size=max(size))
        self.spec = with_settings(blank, [*TINY, *settings])
        assert isinstance(self.spec, FitImageSpec)
        self.files: dict[str, bytes] = {}
        kept = Kept()
        train(self.spec, resources, kept, lambda: False)
        self.resources = Resources("cpu", 1, resources.data_dir, self.files.__getitem__)
        self.checkpoint = kept.checkpoints[-1][1]
        self.kept = kept

    def put(self, data: bytes | None) -> str | None:
        if data is None:
            return None
        address = sha256(data).hexdigest()
        self.files[address] = data
        return address

    def parts(self, *names: str) -> list[tuple]:
        found = self.kept.snapshots
        steps = sorted({step for step, name in found if name == names[0]})
        return [(step, *(self.put(found.get((step, name))) for name in names)) for step in steps]

    def weights(self) -> list[tuple[int, str]]:
        """As the store has it: several seeds have their newest checkpoint only."""
        return self.parts("weights") or [(self.kept.checkpoints[-1][0], self.put(self.checkpoint))]

    def look(self, kind: str, names: tuple[str, ...], shares: list[float], **params):
        params["snapshots"] = self.weights() if names == ("weights",) else self.parts(*names)
        made = run_job(kind, self.spec, params, self.checkpoint, self.resources, shares.append)
        return {product.name: product for product in made}


@pytest.fixture(params=RUNS.values(), ids=RUNS.keys())
def course(request, resources) -> Course:
    return Course(request.param, resources)


def test_a_unit_draws_what_the_network_computes_at_each_point(course: Course):
    shares: list[float] = []
    place = course.spec.num_seeds - 1
    products = course.look("neurons", ("weights",), shares, place=place)
    snapshots = course.weights()
    width, height = grid_size(course.spec)
    assert (width, height) == course.spec.fitted_size == (24, 16)
    names = ["encoding"] if course.spec.encoding.kind != "none" else []
    layers = ["linear1", "linear2", "output"]
    assert list(products) == [f"neurons/{name}" for name in (*names, *layers)]
    for row, (_, address) in enumerate(snapshots):
        model = build_model(course.spec)
        load_weights(load(course.files[address]), model)
        network = member(course.spec, model, place)
        network.encoding.load_state_dict(
            {
                name.removeprefix("model.encoding."): value
                for name, value in load(course.checkpoint).items()
                if name.startswith("model.encoding.")
            }
        )
        seen: dict[str, torch.Tensor] = {}
        with torch.no_grad():
            values = network.encoding(pixel_centres(width, height))
            for name, module in network.layers.named_children():
                seen[name] = values = module(values)
            norms = network.layers.get_submodule("linear1").weight.norm(dim=1)
        for name in layers:
            expected = seen[f"{name}_activation"].T.reshape(-1, height, width)
            product = products[f"neurons/{name}"]
            assert product.meta["steps"] == [step for step, _ in snapshots]
            shown = tiles(product)[row]
            span = (expected.amax((1, 2)) - expected.amin((1, 2)))[:, None, None].numpy()
            assert (np.abs(shown - expected.numpy()) <= span / 255 + 1e-5).all()
            share = (expected > 0).float().mean((1, 2))
            np.testing.assert_allclose(product.meta["above_zero"][row], share, atol=1e-4)
        np.testing.assert_allclose(
            products["neurons/linear1"].meta["weight_norm"][row], norms, rtol=1e-3
        )
    assert shares == pytest.approx([(n + 1) / (len(snapshots) + 1) for n in range(len(snapshots))])


def test_a_fixed_feature_is_its_wave_and_has_one_row(resources):
    course = Course(RUNS["fourier"], resources)
    product = course.look("neurons", ("weights",), [], place=0)["neurons/encoding"]
    assert product.meta["shape"] == [1, 8, 16, 24]
    grid = pixel_centres(24, 16).double()
    for number, wave in enumerate(product.meta["waves"]):
        turns = 2 * torch.pi * (grid[:, 0] * wave["across"] + grid[:, 1] * wave["down"])
        expected = getattr(torch, wave["wave"])(turns).reshape(16, 24)
        assert np.abs(tiles(product)[0, number] - expected.numpy()).max() < 0.02


def test_no_more_units_and_points_than_can_be_looked_at(resources):
    settings = ["encoding=none", "width=70", "depth=1", "steps=2"]
    course = Course(settings, resources, size=(200, 100))
    meta = course.look("neurons", ("weights",), [], place=0)["neurons/linear1"].meta
    assert meta["shape"][1:] == [MAX_UNITS, 48, 96]
    assert meta["num_left_out"] == 70 - MAX_UNITS


def test_a_network_that_is_not_there_gets_a_sentence(resources):
    course = Course(RUNS["bare"], resources)
    with pytest.raises(LabError, match="`place` is 1; this run trains 1 network, counted from 0"):
        course.look("neurons", ("weights",), [], place=1)


def test_the_film_has_a_frame_for_every_recorded_step(course: Course):
    shares: list[float] = []
    product = course.look("movie", ("reconstruction", "error", "spectrum"), shares)["movie"]
    steps = [step for step, *_ in course.parts("reconstruction")]
    assert product.meta["steps"] == steps
    seen = set()
    with Image.open(io.BytesIO(product.data)) as film:
        assert film.format == "GIF"
        assert film.n_frames == len(steps) == len(shares)
        assert film.size == (product.meta["width"], product.meta["height"])
        for number in range(film.n_frames):
            film.seek(number)
            seen.add(film.convert("RGB").tobytes())
    assert len(seen) == len(steps)
    is_wall = course.spec.num_seeds > 1
    assert (product.meta["width"] < 600) == is_wall  # several seeds have no spectrum beside it
