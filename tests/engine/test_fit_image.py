"""Image runs: stacked seeds, held-out pixels, held-back originals, what is recorded."""

from __future__ import annotations

import base64
import json
import math

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load

from l335.core.errors import SpecError
from l335.core.settings import ASSETS
from l335.data.images.resampling import FILTERS, enlarged
from l335.engine.coordinate_network import (
    SeparateNetworks,
    StackedNetworks,
    build_model,
    build_network,
    trained_network,
)
from l335.engine.fit_image import FitImageTask
from l335.engine.fitted_pixels import (
    average_pooled,
    load_original,
    load_pixels,
    pixel_centres,
    split,
)
from l335.engine.image_snapshots import wall
from l335.engine.network_state import pack_first_layers
from l335.engine.train import Resources, train
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

SKY = ASSETS / "images" / "sky.png"


def fit(*settings: str) -> FitImageSpec:
    with Image.open(SKY) as image:
        size = image.size
    sized = PRESETS["fit-image"].spec.model_copy(
        update={"image_width": size[0], "image_height": size[1]}
    )
    small = ["image_size=24", "steps=12", "width=16", "depth=2"]
    if not any(setting.startswith("encoding=") for setting in settings):
        small.append("encoding.num_frequencies=8")
    spec = with_settings(sized, [*small, *settings])
    assert isinstance(spec, FitImageSpec)
    return spec


def never() -> bool:
    return False


def run(spec: FitImageSpec, resources: Resources) -> Kept:
    kept = Kept()
    assert train(spec, resources, kept, never).finished
    return kept


OPTIMISERS = ["adam", "adamw", "sgd", "rmsprop"]


@pytest.mark.parametrize(
    "settings",
    [
        ["batch_pixels=all"],
        ["batch_pixels=100"],
        ["batch_pixels=100", "held_out=grid", "output=relu", "initialiser=xavier_uniform"],
        ["batch_pixels=all", "encoding=none", "loss=l1", "activation=sine", "initialiser=siren"],
        ["encoding=hash_grid", "encoding.num_levels=3", "encoding.table_bits=6"],
        *(["batch_pixels=64", f"optimizer={kind}"] for kind in OPTIMISERS),
    ],
    ids=lambda settings: " ".join(settings),
)
def test_stacked_seeds_equal_separate_runs(settings: list[str], resources: Resources):
    spec = fit(*settings, "num_seeds=3", "seed=5", "width=16,12")
    stacked = run(spec, resources)
    expected = SeparateNetworks if "hash_grid" in " ".join(settings) else StackedNetworks
    assert type(build_model(spec)) is expected
    checkpoint = load(stacked.checkpoints[-1][1])
    for place, seed in enumerate([5, 6, 7]):
        alone_spec = spec.model_copy(update={"num_seeds": 1, "seed": seed})
        alone = run(alone_spec, resources)
        scores = stacked.series(f"seed_{place}/psnr_db")
        assert scores == pytest.approx(alone.series("train/psnr_db"), abs=2e-3)
        network = trained_network(spec, checkpoint, place)
        reference = trained_network(alone_spec, load(alone.checkpoints[-1][1]))
        for got, wanted in zip(network.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(got, wanted, rtol=2e-3, atol=2e-4)


def test_a_seed_that_diverges_leaves_the_others_alone(resources: Resources):
    spec = fit("num_seeds=2", "batch_pixels=all", "steps=5", "output=linear")
    task = FitImageTask(spec, SKY.read_bytes(), "cpu")
    model = task.model
    assert isinstance(model, StackedNetworks)
    with torch.no_grad():
        model.weights[0][0] = float("nan")
    for step in range(1, 6):
        task.optimizer.zero_grad()
        assert task.accumulate_gradients(task.batch(step)).isfinite()
        task.update(step)
    scores = task.evaluate(5, never)
    assert math.isnan(scores["seed_0/psnr_db"])
    assert scores["train/psnr_db"] == pytest.approx(scores["seed_1/psnr_db"])


def test_resuming_lbfgs_repeats_the_uninterrupted_run(resources: Resources):
    spec = fit("optimizer=lbfgs", "batch_pixels=all", "lr=1", "optimizer.max_iter=2", "steps=8")
    whole, first, rest = run(spec, resources), Kept(), Kept()
    assert train(spec, resources, first, lambda: first.steps[-1] >= 3).step == 3
    train(spec, resources, rest, never, first.checkpoints[-1][1])
    assert {**first.rows, **rest.rows} == whole.rows
    assert whole.series("train/loss")[-1] < whole.series("train/loss")[0]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["optimizer=lbfgs", "batch_pixels=99"], "set `batch_pixels` to `all`"),
        (["optimizer=lbfgs", "batch_pixels=all", "num_seeds=2"], "set `num_seeds` to 1"),
        (["crop=box"], "draw the part first"),
        (["crop=box", "crop_box=0,0,9000,20"], "must lie within"),
        (["crop=box", "crop_box=0,0,x,20"], "four whole numbers"),
        (["hold_back=3"], "`hold_back` is 3"),
        (["width=16,12,8"], "Shorten the list"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(settings: list[str], sentence: str):
    with pytest.raises(SpecError) as refused:
        fit(*settings)
    assert sentence in str(refused.value)


def test_held_out_pixels_are_tanciks(resources: Resources):
    spec = fit("held_out=grid")
    width, height = spec.fitted_size
    number = np.arange(width * height).reshape(height, width)
    parts = split(spec)
    assert parts.train.tolist() == number[::2, ::2].ravel().tolist()
    assert parts.test.tolist() == number[1::2, 1::2].ravel().tolist()
    kept = run(spec, resources)
    # A short side of a part leaves no room for the similarity's window.
    assert len(kept.series("test/psnr_db")) == len(kept.series("train/psnr_db"))


def test_a_tenth_is_held_out_at_random():
    spec = fit("held_out=random", "seed=3")
    parts = split(spec)
    both = torch.cat([parts.train, parts.test])
    assert sorted(both.tolist()) == list(range(spec.num_pixels))
    assert len(parts.train) == spec.num_train_pixels
    assert len(parts.test) == round(0.1 * spec.num_pixels)


def test_held_out_pixels_are_never_trained_on():
    task = FitImageTask(fit("held_out=grid", "batch_pixels=20"), SKY.read_bytes(), "cpu")
    before = [inputs for inputs, _ in task._tiles(task.batch(1))]
    task.target[task.split.test] = 9.0
    assert all(
        (target < 1.1).all() for step in range(1, 30) for _, target in task._tiles(task.batch(step))
    )
    assert before[0].shape == (20, 16)


def test_the_original_is_held_back(resources: Resources):
    spec = fit("hold_back=4", "image_size=96")
    assert spec.original_size == tuple(4 * side for side in spec.fitted_size)
    data = SKY.read_bytes()
    original, small = load_original(spec, data), load_pixels(spec, data)
    assert small.shape[0] * 4 == original.shape[0]
    assert small[1, 2] == pytest.approx(original[4:8, 8:12].mean(axis=(0, 1)), abs=1e-6)
    assert average_pooled(original, 1) == pytest.approx(original)
    kept = run(spec, resources)
    assert len(kept.series("original/psnr_db")) == 1
    assert kept.series("original/ssim_valid")[0] <= 1
    for name in FILTERS:
        error = ((enlarged(small, spec.original_size, name) - original) ** 2).mean()
        [recorded] = kept.series(f"original/{name}_psnr_db")
        assert recorded == pytest.approx(-10 * np.log10(error), abs=1e-3)


def test_a_box_is_cropped():
    spec = fit("crop=box", "crop_box=30,10,48,24", "image_size=48")
    pixels = load_pixels(spec, SKY.read_bytes())
    with Image.open(SKY) as opened:
        image = np.asarray(opened.convert("RGB"), np.float32) / 255
    np.testing.assert_allclose(pixels, image[10:34, 30:78], atol=1e-6)


@pytest.mark.parametrize("output", ["sigmoid", "linear", "signed", "relu"])
def test_the_mean_colour_is_where_it_starts(output: str):
    spec = fit("output_bias=mean_colour", "output_gain=0", f"output={output}")
    mean = torch.tensor([0.2, 0.5, 0.9])
    network = build_network(spec, mean_colour=mean)
    torch.testing.assert_close(network(torch.rand(5, 2)), mean.expand(5, 3))


def test_the_course_is_recorded(resources: Resources):
    kept = run(fit("steps=30"), resources)
    steps = sorted({step for step, name in kept.snapshots if name == "reconstruction"})
    assert (steps[0], steps[-1]) == (0, 30)
    for name in ("error", "spectrum", "layers"):
        assert sorted(step for step, part in kept.snapshots if part == name) == steps
    spectrum = json.loads(kept.snapshots[30, "spectrum"])
    assert len(spectrum["bands"]) == len(spectrum["target"]) == len(spectrum["error"])
    layers = json.loads(kept.snapshots[30, "layers"])["layers"]
    assert [row["module"] for row in layers] == ["linear1", "linear2", "output"]
    assert layers[0]["activation"]["dead_share"] is not None
    assert (30, "weights") in kept.snapshots


def test_dead_colours_are_named(resources: Resources):
    spec = fit("output=relu", "num_seeds=4", "output_gain=0", "initialiser=kaiming_normal")
    kept = run(spec, resources)
    rows = json.loads(kept.snapshots[12, "seeds"])["seeds"]
    assert [row["seed"] for row in rows] == [0, 1, 2, 3]
    for row in rows:
        # With last weights of zero a colour starts at its bias alone, and a negative one is dead.
        bias = build_network(spec, row["place"]).layers.get_submodule("output").bias
        names = ["red", "green", "blue"]
        expected = [n for n, b in zip(names, bias.tolist(), strict=True) if b <= 0]
        assert row["dead_channels"] == expected
    assert any(row["dead_channels"] for row in rows)


def test_dead_colours_are_counted_for_each_network_at_both_ends(resources: Resources):
    spec = fit("output=relu", "num_seeds=4", "output_gain=0", "initialiser=kaiming_normal")
    kept = run(spec, resources)
    for step in (0, 12):
        rows = json.loads(kept.snapshots[step, "seeds"])["seeds"]
        counts = [kept.rows[f"seed_{place}/dead_colours", step] for place in range(4)]
        assert counts == [len(row["dead_channels"]) for row in rows]
    assert sorted({step for key, step in kept.rows if key.endswith("dead_colours")}) == [0, 12]
    alone = run(fit("output=relu", "output_gain=0", "initialiser=kaiming_normal"), resources)
    assert alone.rows["train/dead_colours", 0] == kept.rows["seed_0/dead_colours", 0]
    sigmoid = run(fit("output=sigmoid"), resources)
    assert not any(key.endswith("dead_colours") for key, _ in sigmoid.rows)


def test_first_layers_are_kept_where_their_folds_are_lines(resources: Resources):
    spec = fit("encoding=none", "num_seeds=3", "steps=10")
    kept = run(spec, resources)
    folds = json.loads(kept.snapshots[0, "folds"])
    assert folds["shape"] == [3, 16, 3]
    values = np.frombuffer(base64.b64decode(folds["values"]), "<f4").reshape(folds["shape"])
    for place in range(3):
        layer = build_network(spec, place).layers.get_submodule("linear1")
        np.testing.assert_array_equal(values[place, :, :2], layer.weight.detach().numpy())
        np.testing.assert_array_equal(values[place, :, 2], layer.bias.detach().numpy())
    assert json.loads(kept.snapshots[10, "folds"])["values"] != folds["values"]
    assert (0, "folds") not in run(fit("steps=10"), resources).snapshots


def test_folds_are_on_the_picture_whatever_range_the_network_sees():
    spec = fit("encoding=none", "encoding.interval=signed", "initialiser=siren")
    network, points = build_network(spec), torch.rand(50, 2)
    packed = pack_first_layers([network])
    units = np.frombuffer(base64.b64decode(packed["values"]), "<f4").reshape(packed["shape"])[0]
    seen = network.layers.get_submodule("linear1")(network.encoding(points))  # [50, units]
    height = points.numpy() @ units[:, :2].T + units[:, 2]
    np.testing.assert_allclose(height, seen.detach().numpy(), atol=1e-5)


def test_the_spread_of_values_is_kept_by_layer(resources: Resources):
    spec = fit("encoding=none", "num_seeds=2", "steps=10", "initialiser=xavier_normal")
    rows = json.loads(run(spec, resources).snapshots[0, "seeds"])["seeds"]
    coords = pixel_centres(*spec.fitted_size)
    for row in rows:
        values, expected = coords, {}
        for name, layer in build_network(spec, row["place"]).layers.named_children():
            values = layer(values)
            if name.endswith("_activation"):
                expected[name.removesuffix("_activation")] = values.std(correction=0).item()
        assert row["activation_std"] == pytest.approx(expected, rel=1e-4)


def test_the_wall_shows_every_seed_in_order():
    colours = np.stack([np.full((4, 6, 3), k / 10, np.float32) for k in range(5)])
    sheet = wall(colours)
    assert sheet.shape == (8, 18, 3)
    assert [sheet[k // 3 * 4, k % 3 * 6, 0] for k in range(5)] == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4]
    )
