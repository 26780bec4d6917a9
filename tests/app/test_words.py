"""What runs and times are called, and the command that repeats a run."""

from __future__ import annotations

import itertools
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from l335.components.activations.gelu import Gelu
from l335.components.activations.leaky_relu import LeakyRelu
from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.components.encodings.none import NoEncoding
from l335.components.optimizers.sgd import Sgd
from l335.components.schedules.cosine import Cosine
from l335.components.schedules.one_cycle import OneCycle
from l335.export.command_line import command_line
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import preset
from l335.ui.upsample import file_name
from l335.ui.wording import age, count, plain
from tests.dashboard import BASIC, CNN

BY_LAYER = Cnn(channels=(8, 16, 32), pooling="average", activation=LeakyRelu(slope=0.2))
SCHEDULED = ClassifySpec(
    model=BY_LAYER,
    optimizer=Sgd(nesterov=True, weight_decay=1e-4),
    schedule=OneCycle(warmup=0.1),
    flip=True,
    shift=2,
)


@pytest.mark.parametrize(
    "spec",
    [
        ClassifySpec(),
        BASIC,
        CNN,
        SCHEDULED,
        ClassifySpec(model=Mlp(batch_norm=True, activation=Gelu()), permute_pixels=True),
        FitImageSpec(lr=0.3, steps=7, schedule=Cosine(final=0.1)),
    ],
)
def test_the_command_line_repeats_the_settings(spec: ClassifySpec | FitImageSpec) -> None:
    words = shlex.split(command_line(spec))
    assert words[:4] == ["python", "-m", "l335", "train"]
    given = [after for word, after in itertools.pairwise(words) if word == "--set"]
    assert with_settings(preset(words[4]).spec, given) == spec


def test_the_command_line_names_a_bundled_picture_by_its_file() -> None:
    spec = FitImageSpec(image_name="Mountains", encoding=NoEncoding())
    assert "--image assets/images/mountains.png --set encoding=none" in command_line(spec)
    whole = FitImageSpec(image_name="Mountains: sky, rock, grass and snow")
    assert "--image assets/images/mountains.png" in command_line(whole)
    assert "--image 'my cat.jpg'" in command_line(FitImageSpec(image_name="my cat.jpg"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (60, "1 minute ago"), (7300, "2 hours ago")],
)
def test_ages(seconds: int, words: str) -> None:
    now = datetime(2030, 1, 2, 12, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == words


@pytest.mark.parametrize("name", ["a.png", "Basic net, lr 0.001, batch 64", "mein Hund-2.jpg"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert plain(name) == name


@pytest.mark.parametrize("name", ["![](http://x)", ":red[a]", "[a](b)", "$x$", "<b>", "*a_b*"])
def test_names_are_never_markup(name: str) -> None:
    assert re.sub(r"\\(.)", r"\1", plain(name)) == name
    assert not re.search(r"(?<!\\)[!\[\](:$<*_]", plain(name))


def test_counts() -> None:
    assert [count(number, "run") for number in (0, 1, 2, 1000)] == [
        "0 runs",
        "1 run",
        "2 runs",
        "1,000 runs",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mountains.png", "mountains-4x.png"),
        ("Mountains", "mountains-4x.png"),
        ("../../etc/passwd", "image-4x.png"),
        ('Ünï "cödé".jpg', "n-c-d-4x.png"),
        ("", "image-4x.png"),
    ],
)
def test_names_of_downloads_are_plain(name: str, expected: str) -> None:
    assert file_name(name, "4x") == expected
