"""Specifications: what is refused, and with which sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l335.core.errors import SpecError
from l335.spec import RUN_SPEC, ClassifySpec, FitImageSpec, spec_from_dict
from l335.spec.fields import dotted_fields, expectation
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS, preset

# fmt: off
REFUSED = [
    ("classify-basic", "epochs=0", "`epochs` is 0; it must be a whole number between 1 and 1,000."),
    ("classify-basic", "lr=nan", "`lr` is nan; it must be a number between 1e-07 and 10."),
    ("classify-basic", "lr=inf", "it must be a number between 1e-07 and 10. The default is 0.001."),
    ("classify-basic", "epoch=3", "`epoch` is not a setting here; did you mean `epochs`?"),
    ("classify-basic", "optimizer=adm", "is adm, which is not known; did you mean `adam`?"),
    ("classify-basic", "batch_size=2.5", "is 2.5; it must be a whole number between 1 and 10,000."),
    ("classify-basic", "model.depth=0", "`model.depth` is 0; it must be a whole number between"),
    ("classify-cnn", "kernel_size=99", "`model.kernel_size` is 99; it must be a whole number"),
    ("classify-cnn", "channels=1,2,3,4", "lists 4 values (1, 2, 3, 4), but the number of conv"),
    ("classify-cnn", "channels=8,x", "`model.channels` is `8,x`; it must be a whole number"),
    ("classify-cnn", "pooling=mux", "is `mux`; it must be one of `max`, `average`, `none`, a list"),
    ("classify-basic", "flip=perhaps", "`flip` is `perhaps`; it must be `true` or `false`."),
    ("classify-basic", "schedule=cosin", "did you mean `cosine`?"),
    ("fit-image", "output=sig", "one of `sigmoid`, `linear`, `signed`, `relu`."),
    ("fit-image", "batch_pixels=al", "a whole number between 1 and 1,048,576 or `all`."),
    ("fit-image", "encoding.sgma=2", "not a setting here; did you mean `encoding.sigma`?"),
    ("fit-image", "image_size=5000", "is 5000; it must be a whole number between 8 and 1,024."),
    ("classify-basic", "seed=2147483648", "it must be a whole number between 0 and 2,147,483,647."),
    ("classify-basic", "lr=10.000001", "`lr` is 10.000001; it must be a number between 1e-07 and"),
    ("fit-image", "held_out=grid image_size=8 hold_back=8", "needs an image of 2 x 2 pixels"),
    ("fit-image", "held_out=random image_size=8 hold_back=8", "needs 2 pixels or more, but 1 is"),
    ("fit-image", "sigma", "`sigma` is not a setting; write key=value, such as epochs=3."),
]
# fmt: on

NONSENSE = st.dictionaries(
    st.sampled_from(["task", "lr", "model", "epochs", "encoding", "x"]),
    st.none()
    | st.text(max_size=8)
    | st.integers()
    | st.floats()
    | st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@pytest.mark.parametrize(("name", "setting", "sentence"), REFUSED)
def test_bad_settings_get_a_sentence(name: str, setting: str, sentence: str):
    with pytest.raises(SpecError) as refused:
        with_settings(preset(name).spec, setting.split())
    assert sentence in str(refused.value)


def test_a_kernel_larger_than_its_input_names_the_layer():
    with pytest.raises(
        SpecError, match=r"`model.kernel_size` is 20, but the input of conv 2 is only 9"
    ):
        with_settings(preset("classify-cnn").spec, ["kernel_size=20", "padding=0", "pooling=none"])


def test_values_by_layer_go_on_with_their_last_and_come_back_from_json():
    spec = with_settings(preset("classify-cnn").spec, ["channels=8, 16", "pooling=average"])
    assert isinstance(spec, ClassifySpec)
    assert [row.output_shape[0] for row in spec.layers() if row.name.startswith("conv")] == [
        8, 16, 16,
    ]  # fmt: skip
    assert spec.model.model_dump()["pooling"] == "average"
    assert spec_from_dict(json.loads(spec.model_dump_json())) == spec


@pytest.mark.parametrize(
    ("num_pools", "pooling"),
    [(0, "none"), (1, ("max", "none")), (2, ("max", "max", "none")), (3, "max")],
)
def test_settings_stored_with_a_number_of_pools_still_load(num_pools: int, pooling: object):
    values = preset("classify-cnn").spec.model_dump()
    del values["model"]["pooling"]
    values["model"]["num_pools"] = num_pools
    spec = spec_from_dict(values)
    assert spec.model_dump()["model"]["pooling"] == pooling


@pytest.mark.parametrize(
    "settings_given",
    [["activation=gelu", "model=cnn"], ["model=cnn", "model.activation=gelu"]],
)
def test_the_order_of_choices_does_not_matter(settings_given: list[str]):
    spec = with_settings(preset("classify-basic").spec, [*settings_given, "schedule=cosine"])
    values = spec.model_dump()
    assert (values["model"]["kind"], values["model"]["activation"]["kind"]) == ("cnn", "gelu")
    assert values["schedule"] == {"kind": "cosine", "final": 0.0}


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(SpecError, match="Raise the momentum"):
        with_settings(preset("classify-basic").spec, ["nesterov=true", "momentum=0"])


def test_a_network_over_the_budget_is_refused():
    with pytest.raises(SpecError, match="63,477,763 parameters; at most 20,000,000"):
        with_settings(preset("fit-image").spec, ["width=2048", "depth=16"])


def test_settings_apply_in_any_order_and_by_last_part():
    spec = with_settings(
        preset("fit-image").spec,
        ["sigma=5", "momentum=0.5", "optimizer=sgd", "initialiser=kaiming-normal", "loss=huber"],
    )
    assert isinstance(spec, FitImageSpec)
    values = spec.model_dump()
    assert values["encoding"]["sigma"] == 5
    assert values["optimizer"] == {
        "kind": "sgd",
        "momentum": 0.5,
        "nesterov": False,
        "weight_decay": 0.0,
    }
    assert values["initialiser"]["kind"] == "kaiming_normal"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name: str):
    spec = preset(name).spec
    assert spec_from_dict(json.loads(spec.model_dump_json())) == spec


@pytest.mark.parametrize("name", PRESETS)
def test_every_field_says_what_it_is(name: str):
    for dotted, field in dotted_fields(preset(name).spec):
        assert field.title, dotted
        if not dotted.startswith("image"):
            assert expectation(field), dotted


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NONSENSE, st.sampled_from(["classify", "fit-image"]))
def test_any_nonsense_is_a_specification_or_a_sentence(values: dict[str, object], task: str):
    try:
        spec = spec_from_dict({"task": task, **values})
    except SpecError as error:
        assert error.problems  # noqa: PT017
        assert all(problem.message.endswith((".", "?")) for problem in error.problems)  # noqa: PT017
    else:
        assert RUN_SPEC.validate_python(spec.model_dump()) == spec


def test_steps_follow_from_epochs_and_batch_size():
    spec = ClassifySpec(epochs=3, batch_size=64, train_size=1000)
    assert (spec.steps_per_epoch, spec.total_steps) == (16, 48)
    fit = FitImageSpec(image_size=64, image_width=768, image_height=576, batch_pixels=1024)
    assert (fit.fitted_size, fit.num_pixels, fit.steps_per_epoch) == ((64, 48), 3072, 3)
    assert FitImageSpec(image_width=20, image_height=10).fitted_size == (20, 10)
