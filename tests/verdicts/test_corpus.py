"""The verdict measured like a classifier, on runs whose cause is known."""

from __future__ import annotations

import json
from functools import cache

import pytest

from l335.results.verdict import Verdict, judge
from l335.spec.from_text import with_settings
from tests.verdicts import trials
from tests.verdicts.confusion import confusion, judged, recorded
from tests.verdicts.corpus import INJECTED
from tests.verdicts.recorded import Recorded

FEWEST_RUNS = 120
RIGHT, HELPS = 0.9, 0.85


@cache
def verdicts() -> list[tuple[Recorded, Verdict]]:
    return judged([each for each in recorded() if each.is_real])


def half(*, is_held_out: bool) -> list[tuple[Recorded, Verdict]]:
    return [pair for pair in verdicts() if pair[0].case.is_held_out == is_held_out]


def test_the_corpus_is_large_and_holds_every_cause_in_both_halves() -> None:
    assert len(verdicts()) >= FEWEST_RUNS
    for is_held_out in (True, False):
        assert {each.case.cause for each, _ in half(is_held_out=is_held_out)} == set(INJECTED)


@pytest.mark.parametrize("is_held_out", [False, True])
def test_the_cause_is_named(is_held_out: bool) -> None:
    found = confusion((each, verdict.cause) for each, verdict in half(is_held_out=is_held_out))
    assert found.num_right >= RIGHT * found.total, found.table()


def test_no_remedy_makes_the_steps_of_a_dead_net_larger() -> None:
    for each, verdict in verdicts():
        if verdict.label in ("diverged", "stuck", "seeds disagree"):
            lrs = [float(r.changes["lr"]) for r in verdict.remedies if "lr" in r.changes]
            assert all(lr < each.case.spec.lr for lr in lrs), each.case.name


@pytest.mark.parametrize("is_held_out", [False, True])
def test_the_first_remedy_helps(is_held_out: bool) -> None:
    """What came out when each was set and trained; a fault without a remedy is not helped."""
    tried = trials.read(trials.FILE)
    faults = [pair for pair in half(is_held_out=is_held_out) if pair[0].case.cause != "none"]
    helped = [each.case.name for each, _ in faults if tried[each.case.name].helps]
    assert len(helped) >= HELPS * len(faults)


def test_what_was_tried_is_what_is_advised() -> None:
    advised = {
        each.case.name: " ".join(verdict.remedies[0].settings)
        for each, verdict in verdicts()
        if verdict.remedies and each.case.cause != "none"
    }
    assert {name: t.setting for name, t in trials.read(trials.FILE).items()} == advised


def test_every_remedy_can_be_set_and_changes_something() -> None:
    for each, verdict in verdicts():
        for remedy in verdict.remedies:
            assert with_settings(each.case.spec, remedy.settings) != each.case.spec


def test_wrong_labels_are_told_from_the_curves_alone() -> None:
    """The share in the settings is hidden from the rules."""
    noisy = [each for each in recorded() if each.is_real and each.case.cause == "label_noise"]
    assert len(noisy) > 5
    for each in noisy:
        hidden = each.case.spec.model_copy(update={"label_noise": 0.0})
        assert judge(each.runs, hidden).cause == "label_noise"


def of(name: str, *seeds: int) -> Verdict:
    """The verdict on stored curves of a case; of seed 0 where no seeds are named."""
    each = next(each for each in recorded() if each.case.name == name)
    runs = [run for run in each.runs if not seeds or run.seed in seeds]
    return judge(runs, each.case.spec)


def test_a_seed_that_collapsed_is_told_and_not_averaged() -> None:
    found = of("small: width=4 depth=4")
    assert (found.label, found.cause) == ("seeds disagree", "seeds_disagree")
    assert "2 of 4 (seeds 0 and 1) under-fitted at 56.4 to 60.6 %" in found.headline
    assert "1 of 4 (seed 2)" in found.headline
    assert found.headline.endswith("They are not averaged.")
    assert sum(len(outcome.seeds) for outcome in found.outcomes) == 4


def test_a_net_dead_by_large_steps_is_not_told_to_take_larger_ones() -> None:
    for name in ("small: lr=0.3 epochs=4", "small: lr=0.5 epochs=4"):
        found = of(name)
        assert (found.label, found.cause) == ("diverged", "lr_too_high")
        assert found.remedies[0].settings == ["lr=0.01"]
        assert "0 % did not before the first step" in found.explanation or "4 %" in (
            found.explanation
        )


def test_a_net_dead_before_the_first_step_is_not_blamed_on_its_steps() -> None:
    zeros = of("small: initialiser=zeros")
    assert (zeros.label, zeros.cause) == ("stuck", "dead_initialisation")
    assert zeros.remedies[0].settings == ["initialiser=default"]
    deep = of("small: depth=16 width=64")
    assert (deep.label, deep.cause) == ("stuck", "vanishing_depth")
    changed = [setting for remedy in deep.remedies for setting in remedy.settings]
    assert {"model.batch_norm=true", "model.depth=3", "initialiser=kaiming_normal"} <= {*changed}


def test_what_is_set_to_hold_the_net_back_is_named() -> None:
    found = of("net: weight_decay=0.1")
    assert found.cause == "too_much_regularisation"
    assert "weight decay 0.1" in found.explanation
    assert found.remedies[0].settings == ["optimizer.weight_decay=0"]


def test_a_slow_learner_is_not_told_to_grow() -> None:
    found = of("net: lr=0.0001")
    assert found.cause == "lr_too_low"
    assert not any("width" in setting for r in found.remedies for setting in r.settings)


def test_an_epoch_is_chosen_on_validation_images_or_the_sentence_says_so() -> None:
    found = of("small: train_size=1000 epochs=40")
    assert found.label == "over-fitted"
    assert found.chosen_on == "test"
    assert (
        "(chosen on the test images, which flatters it: set validation images aside)"
        in found.headline
    )
    early = next(remedy for remedy in found.remedies if "epochs" in remedy.changes)
    assert early.changes["validation"] == "100"


def test_json_holds_what_anyone_needs_to_try_a_remedy() -> None:
    found = json.loads(json.dumps(of("net: lr=1").as_dict()))
    assert (found["label"], found["cause"]) == ("diverged", "lr_too_high")
    assert found["remedies"][0]["set"] == {"lr": "0.01"}
    assert {"what", "value", "yardstick"} == set(found["evidence"][0])


def test_a_train_accuracy_below_the_test_accuracy_is_said_to_be_below() -> None:
    found = of("small: label_noise=0.5 epochs=20")
    assert "train accuracy 28.5 points below it" in found.headline
