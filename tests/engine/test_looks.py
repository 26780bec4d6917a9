"""Looks against forward hooks on the same weights in plain PyTorch."""

from __future__ import annotations

import io
import json
from hashlib import sha256

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load
from torchmetrics.functional.classification import multiclass_accuracy

from l335.analyses.compute import run_job
from l335.analyses.compute.shifted_accuracy import shifted
from l335.core.errors import LabError
from l335.engine.checkpoint import load_weights
from l335.engine.classify import build_classifier, load_split, to_inputs
from l335.engine.train import Resources, train
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

SMALL = ["num_convs=2", "channels=4,3", "train_size=200", "epochs=2", "lr=0.02"]
GEOMETRIES = {
    "preset": ["pooling=max,none"],
    "strided": ["pooling=average", "stride=2", "pool_size=2", "kernel_size=5,3", "padding=2,1"],
    "normed": ["batch_norm=true", "dropout=0.2", "activation=gelu", "pooling=none"],
    "permuted": ["permute_pixels=true", "pooling=max,none"],
}


class Course:
    """A trained run with its files by address."""

    def __init__(self, settings: list[str], data_dir) -> None:
        self.spec = with_settings(PRESETS["classify-cnn"].spec, [*SMALL, *settings])
        self.files: dict[str, bytes] = {}
        self.resources = Resources("cpu", 1, data_dir, self.files.__getitem__)
        self.kept = Kept()
        train(self.spec, self.resources, self.kept, lambda: False)
        self.last, self.checkpoint = self.kept.checkpoints[-1]
        weights = {s: d for (s, name), d in self.kept.snapshots.items() if name == "weights"}
        weights[self.last] = self.checkpoint
        self.snapshots = [(step, self.put(weights[step])) for step in sorted(weights)]

    def put(self, data: bytes) -> str:
        address = sha256(data).hexdigest()
        self.files[address] = data
        return address

    def look(self, kind: str, **params):
        params = {"index": None, "image": "", **params, "snapshots": self.snapshots}
        made = run_job(kind, self.spec, params, self.checkpoint, self.resources, lambda share: None)
        return {product.name: product for product in made}

    def hooked(self, step: int, image: torch.Tensor) -> dict[str, torch.Tensor]:
        model = build_classifier(self.spec).eval()
        load_weights(load(self.files[dict(self.snapshots)[step]]), model)
        seen: dict[str, torch.Tensor] = {}
        for name, module in model.named_children():
            module.register_forward_hook(
                lambda _module, _inputs, output, name=name: seen.__setitem__(name, output[0])
            )
        with torch.no_grad():
            seen["probabilities"] = model(to_inputs(image)).softmax(-1)[0]
        seen |= dict(model.named_parameters())
        return seen


@pytest.fixture(scope="module", params=GEOMETRIES.values(), ids=GEOMETRIES.keys())
def course(request, data_dir) -> Course:
    return Course(request.param, data_dir)


def tiles(product) -> np.ndarray:
    """The values a sheet stands for, [S, C, H, W]."""
    rows, columns, height, width = product.meta["shape"]
    with Image.open(io.BytesIO(product.data)) as opened:
        grey = np.asarray(opened, np.float64)
    grey = grey.reshape(rows, height, columns, width).transpose(0, 2, 1, 3)
    low, high = np.array(product.meta["min"]), np.array(product.meta["max"])
    return low[..., None, None] + grey / 255 * (high - low)[..., None, None]


def test_maps_and_filters_are_those_of_a_forward_hook(course: Course):
    products = course.look("feature_maps", index=7)
    images, labels = load_split(course.spec, course.resources.data_dir, train=False)
    prediction = json.loads(products["prediction"].data)
    assert prediction["steps"] == [step for step, _ in course.snapshots]
    assert prediction["true_label"] == int(labels[7])
    for place, (step, _) in enumerate(course.snapshots):
        expected = course.hooked(step, images[7:8])
        shares = prediction["probabilities"][place]
        np.testing.assert_allclose(shares, expected["probabilities"], atol=1e-5)
        for layer in ("conv1", "conv2"):
            for kind, values in (
                ("maps", expected[f"{layer}_activation"]),
                ("filters", expected[f"{layer}.weight"].detach().flatten(0, 1)),
            ):
                shown = tiles(products[f"{kind}/{layer}"])[place]
                assert shown.shape == tuple(values.shape)
                span = (values.amax((1, 2)) - values.amin((1, 2)))[:, None, None].numpy()
                assert (np.abs(shown - values.numpy()) <= span / 255 + 1e-6).all()


def test_the_input_is_shown_as_the_network_sees_it(course: Course):
    images, _ = load_split(course.spec, course.resources.data_dir, train=False)
    with Image.open(io.BytesIO(course.look("feature_maps", index=3)["input"].data)) as opened:
        assert (np.asarray(opened) == images[3, 0].numpy()).all()


def test_a_units_arithmetic_adds_up_to_the_hooks_value(course: Course):
    images, _ = load_split(course.spec, course.resources.data_dir, train=False)
    for step in (0, course.last):
        expected = course.hooked(step, images[2:3])
        for layer in ("conv1", "conv2"):
            _, height, width = expected[layer].shape
            for row, column in ((0, 0), (height // 2, width - 1)):
                where = {"layer": layer, "channel": 1, "row": row, "column": column}
                made = json.loads(course.look("unit", index=2, step=step, **where)["unit"].data)
                inputs, weights = np.array(made["inputs"]), np.array(made["weights"])
                assert (inputs * weights).sum() == pytest.approx(made["products_sum"], abs=1e-4)
                total = made["products_sum"] + made["bias"]
                assert made["pre_activation"] == pytest.approx(total, abs=1e-6)
                hooked = expected[layer][1, row, column].item()
                assert made["pre_activation"] == pytest.approx(hooked, abs=1e-4)
                output = expected[f"{layer}_activation"][1, row, column].item()
                assert made["output"] == pytest.approx(output, abs=1e-4)
                top, left, bottom, right = made["box"]
                assert 0 <= top < bottom <= 28
                assert 0 <= left < right <= 28


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"layer": "linear1"}, "`layer` is `linear1`, which is not a conv layer"),
        ({"channel": 99}, "`channel` is 99; in `conv1` it must be between 0 and 3."),
        ({"row": 28}, "`row` is 28; in `conv1` it must be between 0 and 27."),
        ({"step": 3}, "`step` is 3, which has no snapshot; there are 0,"),
    ],
)
def test_what_is_not_there_gets_a_sentence(data_dir, change: dict, sentence: str):
    course = Course(["pooling=max,none", "epochs=1"], data_dir)
    where = {"step": 0, "layer": "conv1", "channel": 0, "row": 0, "column": 0} | change
    with pytest.raises(LabError) as refused:
        course.look("unit", index=0, **where)
    assert sentence in str(refused.value)


def test_shifted_accuracy_is_the_loops(course: Course):
    shares: list[float] = []
    made = run_job(
        "shifted_accuracy", course.spec, {}, course.checkpoint, course.resources, shares.append
    )
    values = json.loads(made[0].data)
    assert shares == pytest.approx([number / 17 for number in range(1, 18)])
    images, labels = load_split(course.spec, course.resources.data_dir, train=False)
    model = build_classifier(course.spec).eval()
    load_weights(load(course.checkpoint), model)
    with torch.no_grad():
        still = multiclass_accuracy(model(to_inputs(images)), labels, 10, average="micro")
    assert values["accuracy"][0] == pytest.approx(still.item(), abs=2e-4)
    for row in values["directions"].values():
        assert row[0] == values["accuracy"][0]
    mean = np.mean(list(values["directions"].values()), axis=0)
    assert values["accuracy"] == pytest.approx(mean.tolist())


def test_shifting_moves_every_pixel_and_black_comes_in():
    image = torch.arange(1, 26, dtype=torch.uint8).reshape(1, 1, 5, 5)
    for right, down in ((2, 0), (-1, 0), (0, 3), (0, -2), (1, -1)):
        expected = torch.zeros_like(image)
        for row in range(5):
            for column in range(5):
                if 0 <= row + down < 5 and 0 <= column + right < 5:
                    expected[0, 0, row + down, column + right] = image[0, 0, row, column]
        assert shifted(image, right, down).equal(expected)


def test_a_persons_picture_is_looked_at_as_the_network_sees_it(data_dir):
    course = Course(["pooling=max,none", "epochs=1"], data_dir)
    images, _ = load_split(course.spec, data_dir, train=False)
    file = io.BytesIO()
    Image.fromarray(255 - images[5, 0].numpy()).resize((280, 280), 0).save(file, "PNG")
    made = course.look("feature_maps", image=course.put(file.getvalue()))
    assert made["input"].meta["inverted"]
    assert json.loads(made["prediction"].data)["true_label"] is None
