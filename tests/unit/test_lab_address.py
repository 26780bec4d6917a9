"""The settings of a lab in an address, there and back."""

from __future__ import annotations

import pytest

from l335.core.errors import NotFound
from l335.labs import lab_called, labs
from l335.ui.lab_address import (
    fields_of,
    in_words,
    other_nets,
    query_of,
    settings_in,
    settings_of,
)


@pytest.mark.parametrize("name", labs())
@pytest.mark.parametrize("is_quick", [True, False])
def test_the_settings_of_every_mode_survive_the_address(name: str, is_quick: bool) -> None:
    start = lab_called(name)
    preset = (start.quick() if is_quick else start).changed({"seeds": 5})
    query = query_of(preset, is_quick=is_quick)
    assert query == {"seeds": "5"} | ({} if is_quick else {"quick": "0"})
    read = settings_in({"lab": name, **query})
    assert (read.preset, read.is_quick, read.problems) == (preset, is_quick, ())


@pytest.mark.parametrize("name", labs())
def test_every_field_survives_as_text(name: str) -> None:
    """Written in the full mode's address, the quick settings come back, field by field."""
    quick = lab_called(name).quick()
    query = query_of(quick, is_quick=False)
    assert settings_in({"lab": name, **query}).preset == quick


def test_small_numbers_keep_their_digits() -> None:
    preset = lab_called("learning-rates").changed({"rates": (0.1, 1.23456789e-5), "seeds": 2})
    query = query_of(preset.quick(), is_quick=True)
    assert query["rates"] == "0.1,1.23456789e-05"
    assert settings_in({"lab": "learning-rates", **query}).preset == preset.quick()


def test_what_does_not_fit_is_said_and_the_rest_is_kept() -> None:
    query = {"lab": "learning-rates", "rates": "0.1,abc", "seeds": "4", "epochs": "0", "rate": "1"}
    read = settings_in(query)
    assert read.preset == lab_called("learning-rates").quick().changed({"seeds": 4})
    assert {problem.field for problem in read.problems} == {"rates", "epochs", "rate"}
    said = " ".join(problem.message for problem in read.problems)
    assert "`rates` is `abc`; it must be 1 to 12 numbers" in said
    assert "did you mean `rates`?" in said


def test_words_of_the_page_are_no_settings() -> None:
    query = {"lab": "sigma", "sweep": "0" * 32, "predict": "1", "lock": "steps", "hide": "seeds"}
    assert settings_in(query).problems == ()


def test_an_unknown_lab_is_named_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean `sigma`"):
        settings_in({"lab": "sigmas"})


def test_settings_without_an_address_are_of_the_nearer_mode() -> None:
    start = lab_called("batch-sizes")
    assert settings_of(start.changed({"epochs": 19})).is_quick is False
    settings = settings_of(start.quick().changed({"sizes": (8, 16)}))
    assert settings.is_quick
    assert in_words(settings) == "Quick · Batch sizes 8, 16"


@pytest.mark.parametrize("name", ["learning-rates", "batch-sizes"])
def test_the_practicals_net_comes_first_and_the_other_is_a_link_away(name: str) -> None:
    settings = settings_in({"lab": name, "seeds": "2"})
    assert settings.preset.network == "cnn"
    assert next(iter(fields_of(labs()[name]))) == "network"
    [(title, query)] = other_nets(settings).items()
    assert (title, query) == ("Basic net", {"network": "basic", "seeds": "2"})
    other = settings_in({"lab": name, **query})
    assert in_words(other) == "Quick · Net Basic net · Seeds 2"
    assert other_nets(other) == {"CNN": {"seeds": "2"}}
    assert other_nets(settings_in({"lab": "basic-against-cnn"})) == {}


def test_the_seeds_come_last_in_every_form() -> None:
    for kind in labs().values():
        assert list(fields_of(kind))[-1] == "seeds"
        assert "kind" not in fields_of(kind)
