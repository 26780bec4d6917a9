"""The grammar of what a link locks and hides."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.ui.restrictions import (
    covers,
    link,
    parse_restrictions,
    rules_for,
    with_followers,
    without_followers,
)

NAMES = [
    *("preset", "seeds", "model", "model.width", "model.activation", "model.activation.slope"),
    *("optimizer", "optimizer.momentum", "lr", "batch_size"),
]


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("", []),
        ("lr", ["lr"]),
        ("lr, batch_size", ["lr", "batch_size"]),
        ("optimizer", ["optimizer", "optimizer.momentum"]),
        ("momentum", ["optimizer.momentum"]),
        ("optimizer,-momentum", ["optimizer"]),
        ("*", NAMES),
        ("*,-lr", [name for name in NAMES if name != "lr"]),
        ("*,-model", [name for name in NAMES if not name.startswith("model")]),
        ("*,-lr,lr", NAMES),
        ("model,-model.activation,slope", ["model", "model.width", "model.activation.slope"]),
    ],
)
def test_a_list_covers_controls(text: str, covered: list[str]) -> None:
    held = parse_restrictions(NAMES, [text])
    assert not held.problems
    assert [name for name in NAMES if held.is_locked(name)] == covered
    assert [name for name in NAMES if not held.is_free(name)] == covered


def test_a_parameter_given_twice_is_one_list() -> None:
    assert parse_restrictions(NAMES, ["lr", "seeds"]).lock == ("lr", "seeds")


def test_what_is_hidden_is_not_locked_as_well() -> None:
    held = parse_restrictions(NAMES, ["*"], ["optimizer,-momentum"])
    assert held.is_hidden("optimizer")
    assert not held.is_locked("optimizer")
    assert held.is_locked("optimizer.momentum")
    assert not held.hides_all_of("optimizer")
    assert parse_restrictions(NAMES, [], ["optimizer"]).hides_all_of("optimizer")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lrr", "`lock` names `lrr`, which is no control of this page; did you mean `lr`?"),
        ("*,-batchsize", "`lock` names `batchsize`, which is no control of this page; did you mean "
         "`batch_size`?"),
        ("-lr", "`lock` begins with `-lr`; to name all others, write `*,-lr`."),
    ],
)  # fmt: skip
def test_what_is_no_control_is_answered(text: str, sentence: str) -> None:
    assert parse_restrictions(NAMES, [text]).problems == (sentence,)


def test_one_wrong_name_leaves_the_others() -> None:
    held = parse_restrictions(NAMES, ["lrr,seeds"], ["nothing"])
    assert held.lock == ("seeds",)
    assert len(held.problems) == 2
    assert "known: preset, seeds" in held.problems[1]


@given(st.sets(st.sampled_from(NAMES)))
def test_a_choice_becomes_a_list_that_covers_just_that(chosen: set[str]) -> None:
    rules = rules_for(chosen, NAMES)
    covered = {name for name in NAMES if covers(rules, name)}
    assert covered == with_followers(chosen, NAMES)
    assert parse_restrictions(NAMES, [",".join(rules)]).lock == rules
    assert rules_for(without_followers(rules, NAMES), NAMES) == rules


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        (["optimizer"], "optimizer"),
        (["lr", "batch_size"], "lr,batch_size"),
        (NAMES, "*"),
        ([name for name in NAMES if name != "lr"], "*,-lr"),
        ([name for name in NAMES if name != "model.width"], "*,-model.width"),
    ],
)
def test_a_list_is_as_short_as_can_be(chosen: list[str], text: str) -> None:
    assert ",".join(rules_for(chosen, NAMES)) == text


def test_a_link_can_be_read_by_people_and_machines() -> None:
    query = {"preset": "classify-cnn", "set": ["lr=0.01", "width=8, 16"], "lock": "*,-lr"}
    text = link("https://lab.example/l335/classify", query)
    assert text == (
        "https://lab.example/l335/classify"
        "?preset=classify-cnn&set=lr=0.01&set=width=8,%2016&lock=*,-lr"
    )
    assert parse_qs(urlsplit(text).query) == {
        "preset": ["classify-cnn"],
        "set": ["lr=0.01", "width=8, 16"],
        "lock": ["*,-lr"],
    }
    assert link("/sigma", {}) == "/sigma"


def test_what_is_not_ascii_or_means_something_in_addresses_survives() -> None:
    query = {"sigma.images": ["Grüße & mehr", "a+b#c%"]}
    assert parse_qs(urlsplit(link("", query)).query) == query


def test_the_grammar_needs_no_streamlit() -> None:
    code = "import sys, l335.ui.restrictions; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
