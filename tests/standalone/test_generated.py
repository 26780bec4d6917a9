"""Scripts as text: for every component, every setting, without the lab and without torch."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from l335.components.activations import Activation
from l335.components.architectures import Architecture
from l335.components.component import Component, families, members
from l335.components.encodings import Encoding
from l335.components.initialisers import Initialiser
from l335.components.losses import Loss
from l335.components.optimizers import Optimizer
from l335.components.schedules import Schedule
from l335.core.errors import LabError
from l335.core.metrics import METRICS
from l335.export.standalone import classification, image_fit, picture_name, script
from l335.export.standalone.recorder import Named
from l335.export.standalone.text import to_text
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.fields import bounds
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

ALLOWED = {"argparse", "collections", "itertools", "json", "math", "pathlib"} | {
    "numpy", "PIL", "torch", "torchvision",
}  # fmt: skip

OF_CLASSIFIER = {
    Activation: lambda made: {"model": {"kind": "mlp", "activation": made}},
    Architecture: lambda made: {"model": made},
    Initialiser: lambda made: {"initialiser": made},
    Optimizer: lambda made: {"optimizer": made},
    Schedule: lambda made: {"schedule": made},
}
OF_FIT = {
    Activation: lambda made: {"activation": made},
    Encoding: lambda made: {"encoding": made},
    Initialiser: lambda made: {"initialiser": made},
    Loss: lambda made: {"loss": made},
    Optimizer: lambda made: {"optimizer": made, "batch_pixels": "all"},
    Schedule: lambda made: {"schedule": made},
}
SWITCHED_ON = {
    "shift": 2, "flip": "true", "label_noise": 0.2, "validation": 100, "permute_pixels": "true",
}  # fmt: skip
ALL = [(family, cls) for family in families() for cls in members(family).values()]


def specs_with(family: type[Component], made: Component) -> list[ClassifySpec | FitImageSpec]:
    """Every kind of run that can have this component."""
    found: list[ClassifySpec | FitImageSpec] = []
    if family in OF_CLASSIFIER and not getattr(made, "needs_closure", False):
        found.append(ClassifySpec(**OF_CLASSIFIER[family](made)))
    if family in OF_FIT:
        found.append(FitImageSpec(**OF_FIT[family](made)))
    return found


def checked(text: str) -> ast.Module:
    """The script's tree; it imports what anyone has, and no line is too long."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert node.module.split(".")[0] in ALLOWED
    assert "l335." not in text
    assert "@" not in text.replace("@torch.", "").replace("@staticmethod", "").replace(" @ ", "")
    assert [line for line in text.splitlines() if len(line) > 100] == []
    return tree


def ruff(*words: str | Path) -> str:
    line = [sys.executable, "-m", "ruff", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def extremes(cls: type[Component]) -> list[Component]:
    """The component at its defaults, and at each end of each number's range."""
    found = [cls()]
    for name, field in cls.model_fields.items():
        for end in bounds(field):
            if end is not None:
                try:
                    found.append(cls.model_validate({name: end}))
                except ValueError:  # ends that do not go with the other defaults
                    continue
    return found


def test_every_family_is_covered():
    assert set(families()) == set(OF_CLASSIFIER) | set(OF_FIT)


@pytest.mark.parametrize(
    ("family", "component"), ALL, ids=[component.__name__ for _, component in ALL]
)
def test_every_component_at_its_defaults_and_range_ends(
    family: type[Component], component: type[Component]
):
    for made in extremes(component):
        try:
            specs = specs_with(family, made)
        except ValueError:  # too many parameters, or a geometry that does not fit
            continue
        for spec in specs:
            checked(script(spec, threads=1))


def test_ruff_finds_nothing(tmp_path: Path):
    number = 0
    for family, component in ALL:
        for spec in specs_with(family, component()):
            number += 1
            (tmp_path / f"{number}.py").write_text(script(spec))
    assert number > 30
    for name in classification.SWITCHED:
        spec = with_settings(PRESETS["classify-basic"].spec, [f"{name}={SWITCHED_ON[name]}"])
        (tmp_path / f"{name}.py").write_text(script(spec))
    assert ruff("check", "--isolated", "--line-length", "100", tmp_path) == ""


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_scripts_are_formatted(name: str, tmp_path: Path):
    (tmp_path / "made.py").write_text(script(PRESETS[name].spec, threads=2))
    assert ruff("format", "--isolated", "--line-length", "100", "--check", tmp_path) == ""


def test_a_script_is_written_without_torch():
    code = (
        "import sys\n"
        "from l335.components.component import families, members\n"
        "from tests.standalone.test_generated import ALL, specs_with\n"
        "from l335.export.standalone import script\n"
        "for family, component in ALL:\n"
        "    for spec in specs_with(family, component()): script(spec)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_network_stands_layer_by_layer():
    text = script(PRESETS["classify-cnn"].spec)
    assert "conv1=nn.Conv2d(1, 9, kernel_size=5, stride=1, padding=2)," in text
    assert "conv2_pool=nn.MaxPool2d(kernel_size=3, stride=1)," in text
    assert "linear1=Linear(5184, 128)," in text


def test_a_layer_is_recorded_however_its_arguments_are_given():
    nn = Named("torch").nn
    layers = [nn.Linear(3, 4, bias=False), nn.Linear(in_features=3, out_features=4), nn.GELU()]
    assert [to_text(layer) for layer in layers] == [
        "nn.Linear(3, 4, bias=False)",
        "nn.Linear(in_features=3, out_features=4)",
        "nn.GELU()",
    ]
    assert [layer.out_features for layer in layers[:2]] == [4, 4]
    assert isinstance(layers[0], nn.Linear | nn.Conv2d)
    assert not isinstance(layers[2], nn.Linear | nn.Conv2d)


def test_only_what_a_run_uses_is_in_its_script():
    text = script(PRESETS["classify-basic"].spec)
    for absent in ("randomly_shifted", "randperm(28 * 28", "label_smoothing", "initialise("):
        assert absent not in text
    text = script(PRESETS["fit-image"].spec)
    for absent in ("StackedNetworks", "split_pixels", "average_pooled", "closure", "HashGrid"):
        assert absent not in text


@pytest.mark.parametrize("name", PRESETS)
def test_a_script_says_how_each_figure_is_measured(name: str):
    lines = [line.strip() for line in script(PRESETS[name].spec, threads=1).splitlines()]
    said = 0
    for key, metric in METRICS.items():
        for place in (at for at, line in enumerate(lines) if line.startswith(f'"{key}": ')):
            above = itertools.takewhile(lambda line: line.startswith("# "), lines[:place][::-1])
            assert " ".join(line[2:] for line in [*above][::-1]) == metric.measured
            said += 1
    assert said >= 3


def test_settings_that_decide_a_branch_leave_no_branch():
    text = script(with_settings(FitImageSpec(), ["initialiser=normal", "initialiser.bias=uniform"]))
    assert "bias.uniform_(-1.0, 1.0)" in text
    assert "bias.zero_" not in text


@pytest.mark.parametrize(
    ("spec", "honoured"),
    [(ClassifySpec(), classification.HONOURED), (FitImageSpec(), image_fit.HONOURED)],
    ids=["classify", "fit-image"],
)
def test_every_setting_is_honoured(spec: ClassifySpec | FitImageSpec, honoured: frozenset[str]):
    # Whoever adds a setting decides here: teach the script, or let it refuse.
    assert set(type(spec).model_fields) == honoured


def test_a_setting_it_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch):
    known = classification.HONOURED - {"label_smoothing"}
    monkeypatch.setattr("l335.export.standalone.OF_CLASSIFICATION", known)
    assert script(ClassifySpec())
    with pytest.raises(LabError, match=r"no script for runs with `label_smoothing` set; .* 0.0"):
        script(ClassifySpec(label_smoothing=0.1))


def test_an_images_name_is_no_code():
    name = '"""\nimport os\n""" \\ %s {x}.PNG'
    spec = FitImageSpec(image_name=name)
    tree = checked(script(spec))
    assert picture_name(spec) == "import-os-s-x.png"
    assert "os" not in {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }


def test_sizes_are_those_of_the_engine():
    from l335.engine import fit_image, image_scores

    assert image_fit.TILE_PIXELS == fit_image.TILE_PIXELS
    assert image_fit.MIN_TILE_PIXELS == fit_image.MIN_TILE_PIXELS
    assert image_fit.MAX_ENCODED_BYTES == fit_image.MAX_ENCODED_BYTES
    assert image_fit.SSIM_WINDOW == image_scores.SSIM_WINDOW
