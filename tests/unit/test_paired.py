"""Paired comparisons against published figures, and what must hold for any input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel

from l335.core.metrics import METRICS
from l335.statistics.paired import (
    McNemar,
    difference_sentence,
    mcnemar,
    mcnemar_sentence,
    paired_difference,
    seeds_apart,
    seeds_to_train,
)

ACCURACY, PSNR = METRICS["test/accuracy"], METRICS["train/psnr_db"]

# Student 1908: hours of sleep gained by ten patients with two drugs; the data set `sleep` of R.
SLEEP_1 = dict(enumerate([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]))
SLEEP_2 = dict(enumerate([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]))

scores = st.dictionaries(st.integers(0, 9), st.floats(-50, 50), max_size=10)
hundredths = st.integers(-500, 500).map(lambda number: number / 100)
table = st.tuples(*[st.integers(0, 300)] * 4).filter(lambda counts: sum(counts) > 0)


def judged(both: int, only_a: int, only_b: int, neither: int) -> McNemar:
    """McNemar's test of a table, from answers that make it."""
    a = [0] * (both + only_a) + [1] * (only_b + neither)
    b = [0] * both + [1] * only_a + [0] * only_b + [2] * neither
    return mcnemar(a, b, [0] * len(a))


def test_students_own_example() -> None:
    # t.test(extra ~ group, paired = TRUE) in R: -2.4598858 to -0.7001142, mean -1.58.
    found = paired_difference(SLEEP_1, SLEEP_2)
    assert found.mean == pytest.approx(-1.58)
    assert found.deviation == pytest.approx(1.2299955, abs=1e-7)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    assert found.num_pairs == 10
    assert found.excludes_zero


def test_three_seeds() -> None:
    # statsmodels 0.15: DescrStatsW([2.1, 1.7, 2.6]).tconfint_mean().
    found = paired_difference({0: 2.1, 1: 1.7, 2: 2.6, 7: 9.0}, {0: 0, 1: 0, 2: 0, 8: 1})
    assert (found.low, found.high) == pytest.approx((1.0131735970645128, 3.253493069602154))
    assert list(found.differences) == [0, 1, 2]


@given(scores, scores)
def test_swapping_two_settings_turns_the_sign(a: dict[int, float], b: dict[int, float]) -> None:
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert one.num_pairs == other.num_pairs == len(set(a) & set(b))
    assert one.excludes_zero == other.excludes_zero
    if one.mean is not None and other.mean is not None:
        assert one.mean == pytest.approx(-other.mean)
    if one.low is not None and other.high is not None:
        assert one.low == pytest.approx(-other.high)


@given(scores, scores, st.floats(0.5, 0.99))
def test_figures_are_finite_and_in_order(
    a: dict[int, float], b: dict[int, float], confidence: float
) -> None:
    found = paired_difference(a, b, confidence)
    figures = [found.mean, found.deviation, found.low, found.high]
    assert all(figure is None or math.isfinite(figure) for figure in figures)
    if found.low is not None and found.high is not None and found.mean is not None:
        assert found.low <= found.mean <= found.high
    assert "nan" not in difference_sentence(found, "A", "B", PSNR)


@given(st.lists(hundredths, min_size=2, max_size=9), hundredths)
def test_the_interval_excludes_zero_where_the_t_test_is_below_its_level(
    values: list[float], shift: float
) -> None:
    a = {seed: value + shift for seed, value in enumerate(values)}
    found = paired_difference(a, dict(enumerate(values[::-1])))
    if found.low is None:
        return
    p_value = ttest_rel(list(a.values()), values[::-1]).pvalue
    if not math.isclose(p_value, 0.05, rel_tol=1e-6):
        assert found.excludes_zero == (p_value < 0.05)


def test_no_seed_in_common() -> None:
    found = paired_difference({0: 0.9}, {1: 0.8})
    assert (found.mean, found.low, found.excludes_zero) == (None, None, False)
    sentence = difference_sentence(found, "CNN", "Basic net", ACCURACY)
    assert sentence.startswith("CNN and Basic net have no seed in common")


def test_one_seed_has_no_interval() -> None:
    found = paired_difference({3: 0.9}, {3: 0.879})
    assert (found.deviation, found.low, found.excludes_zero) == (None, None, False)
    sentence = difference_sentence(found, "CNN", "Basic net", ACCURACY)
    assert sentence.startswith("CNN is 2.1 points above Basic net with seed 3, the only one")


@pytest.mark.parametrize(("gap", "words"), [(0.0, "level with"), (-0.02, "2.0 points below")])
def test_differences_without_spread_have_no_interval(gap: float, words: str) -> None:
    # 0.3 - 0.28 and 0.1 - 0.08 differ in the last bit; that is no spread.
    a = {0: 0.1, 1: 0.3, 2: 0.7}
    found = paired_difference({seed: value + gap for seed, value in a.items()}, a)
    assert (found.deviation, found.low, found.excludes_zero) == (0, None, False)
    sentence = difference_sentence(found, "CNN", "Basic net", ACCURACY)
    assert f"CNN is {words} Basic net with each of the 3 seeds." in sentence


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_values_that_are_not_finite_are_left_out_and_said(missing: float | None) -> None:
    found = paired_difference({0: 21.0, 1: missing, 2: 22.5}, {0: 20.0, 1: 20.0, 2: 20.0})
    assert (found.num_pairs, found.left_out) == (2, (1,))
    sentence = difference_sentence(found, "Gaussian", "None", PSNR)
    assert sentence.endswith("Seed 1 is left out: one of the two has no finite value there.")


def test_the_verdict_names_size_interval_and_seeds() -> None:
    clear = paired_difference({0: 0.9, 1: 0.91, 2: 0.905}, {0: 0.88, 1: 0.888, 2: 0.884})
    assert difference_sentence(clear, "CNN", "Basic net", ACCURACY) == (
        "CNN is 2.1 points above Basic net, 95 % interval 1.9 to 2.3 points, from 3 seeds."
    )
    close = paired_difference({0: 20.0, 1: 21.0}, {0: 20.5, 1: 20.0})
    assert difference_sentence(close, "L1", "L2", PSNR) == (
        "Too close to call: L1 is 0.25 dB above L2, but the interval holds no difference too "
        "(95 % interval −9.28 to 9.78 dB, from 2 seeds)."
    )
    small = paired_difference({0: 0.9, 1: 0.91, 2: 0.905}, {0: 0.8996, 1: 0.9097, 2: 0.9045})
    assert "0.04 points above" in difference_sentence(small, "A", "B", ACCURACY)


def test_a_run_that_never_learnt_stands_apart() -> None:
    basic = {0: 0.7451, 1: 0.7617, 2: 0.7742, 3: 0.7707, 4: 0.7673}
    cnn = {0: 0.7548, 1: 0.7993, 2: 0.7371, 3: 0.7529, 4: 0.1}
    assert seeds_apart(paired_difference(cnn, basic)) == [4]
    assert seeds_apart(paired_difference(cnn, {0: 0.7451, 1: 0.7617, 4: 0.7673})) == []
    usual = {seed: value for seed, value in cnn.items() if seed < 4}
    assert seeds_apart(paired_difference(usual, basic)) == []
    assert seeds_apart(paired_difference(basic, basic)) == []


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_out_of_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        paired_difference({0: 1.0}, {0: 1.0}, confidence)
    with pytest.raises(ValueError, match="between 0 and 1"):
        mcnemar([1], [1], [1], confidence)


@pytest.mark.parametrize(
    ("counts", "p_value"),
    [
        # Fagerland, Lydersen and Laake 2013, BMC Med. Res. Methodol. 13:91: airway
        # hyper-responsiveness of 21 children (Bentur et al. 2009), exact conditional test.
        ((1, 1, 7, 12), 0.0703125),
        # Agresti, Categorical Data Analysis: approval of the prime minister; and a table of
        # statsmodels' tests. Both p values by statsmodels 0.15, mcnemar(table, exact=True).
        ((794, 150, 86, 570), 3.7159361395713866e-05),
        ((101, 121, 59, 33), 4.4344492637551645e-06),
    ],
)
def test_published_tables(counts: tuple[int, int, int, int], p_value: float) -> None:
    found = judged(*counts)
    assert (found.both, found.only_a, found.only_b, found.neither) == counts
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


def test_the_interval_of_paired_proportions() -> None:
    # By Bonett and Price's formula on Bentur's table, worked by hand: (1 + 1) / 23 - (7 + 1) / 23
    # = -0.2609, its standard error sqrt((10 / 23 - 0.2609 ** 2) / 23) = 0.1263.
    found = judged(1, 1, 7, 12)
    assert (found.low, found.high) == pytest.approx((-0.508, -0.013), abs=6e-4)
    # For many images it is Wald's: -0.04 ± 1.96 × 0.0095 in Agresti's table.
    found = judged(794, 86, 150, 570)
    assert (found.difference, found.low, found.high) == pytest.approx(
        (-0.04, -0.0587, -0.0213), abs=2e-4
    )


@given(table)
def test_mcnemar_agrees_with_scipy_and_turns_with_the_order(counts: tuple[int, ...]) -> None:
    both, only_a, only_b, neither = counts
    found, turned = judged(*counts), judged(both, only_b, only_a, neither)
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert found.p_value == pytest.approx(expected, rel=1e-6)
    assert found.p_value == turned.p_value
    assert (found.difference, found.low) == pytest.approx((-turned.difference, -turned.high))
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert found.num_images == sum(counts)


def test_predictions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        mcnemar([1, 2], [1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="not empty"):
        mcnemar([], [], [])


def test_the_sentence_says_what_the_test_is_about() -> None:
    clear = mcnemar_sentence(judged(8000, 812, 551, 637), "CNN", "Basic net")
    assert "CNN is right on 812 of these 10,000 images that Basic net gets wrong" in clear
    assert "2.6 points above (95 % interval 1.9 to 3.3 points, p < 0.0001)" in clear
    assert "these two trained networks, not about the two settings" in clear
    assert "significant" not in clear
    close = mcnemar_sentence(judged(8000, 90, 100, 1810), "A", "B")
    assert "p = 0.51). Too close to call: chance" in close
    same = mcnemar_sentence(judged(8, 0, 0, 2), "A", "B")
    assert same == "A and B are right and wrong on exactly the same of these 10 images."


def test_predictions_as_recorded_are_taken() -> None:
    labels = np.array([0, 1, 2, 9], np.uint8)
    found = mcnemar(labels, np.array([0, 1, 3, 3], np.uint8), labels)
    assert (found.both, found.only_a, found.only_b, found.neither) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ([{0}, {0}], [{1, 2, 3}, {1, 2, 3}]),
        ([{0, 1, 2}, {0}], [{3}, {1, 2, 3}]),
        ([{5}, {9}], [{9, 10}, {5, 10}]),
        ([{0, 1, 2, 3, 4}, {4}], [set(), {0, 1, 2}]),
    ],
)
def test_further_seeds_are_those_some_have_already(
    known: list[set[int]], wanted: list[set[int]]
) -> None:
    assert seeds_to_train(known, 3) == wanted


@given(st.lists(st.sets(st.integers(0, 12), max_size=6), min_size=1, max_size=5))
def test_after_training_them_all_have_as_many_more_in_common(known: list[set[int]]) -> None:
    before = set.intersection(*known)
    after = [have | lack for have, lack in zip(known, seeds_to_train(known, 3), strict=True)]
    assert len(set.intersection(*after)) == len(before) + 3
