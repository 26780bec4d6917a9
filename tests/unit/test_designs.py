"""Which runs a grid of designs makes, how designs rank, and what is said of the outcome."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from l335.labs.design_findings import finding
from l335.labs.design_results import (
    Curve,
    Reading,
    Row,
    axis_ranges,
    close_to_best,
    common_seconds,
    ranked,
    reading_at,
)
from l335.labs.designs import BASE, Cell, Design, DesignGrid, Place, design_name, matched_width
from l335.results.views import ImageView, Series

SKY = ImageView("a" * 64, "Sky: low spatial frequencies", 300, 200, True, "")
MOUNTAINS = ImageView("b" * 64, "Mountains: both", 256, 256, True, "")
GRID = DesignGrid(
    (SKY, MOUNTAINS), (32, 16), BASE, {"depth": (1, 5), "optimizer": ("adam", "sgd")}, steps=50
)
SHALLOW, DEEP, SGD = (
    BASE._replace(depth=1),
    BASE._replace(depth=5),
    BASE._replace(optimizer="sgd"),
)
BARE = BASE._replace(encoding="none")
SMOOTH, ROUGH = Place(SKY.sha256, 16), Place(MOUNTAINS.sha256, 16)
SMALL = replace(GRID, sizes=(16,))  # two places


def test_one_at_a_time_changes_one_axis_of_the_base_with_held_out_pixels_always() -> None:
    assert GRID.designs() == [BASE, SHALLOW, DEEP, SGD, BARE]
    runs = GRID.runs()
    assert len(runs) == GRID.num_runs == 20
    assert {spec.held_out for spec in runs.values()} == {"grid"}
    assert {spec.fitted_size for spec in runs.values()} == {(16, 16), (32, 32)}
    base, sgd = runs[Cell(BASE, SMOOTH)], runs[Cell(SGD, SMOOTH)]
    assert (base.optimizer.kind, sgd.optimizer.kind) == ("adam", "sgd")
    assert base.model_dump(exclude={"optimizer", "lr"}) == sgd.model_dump(
        exclude={"optimizer", "lr"}
    )
    assert len({spec.model_dump_json() for spec in runs.values()}) == 20


def test_every_optimiser_gets_its_own_rate() -> None:
    grid = replace(GRID, rates={**GRID.rates, "sgd": 0.25})
    runs = grid.runs()
    assert runs[Cell(SGD, SMOOTH)].lr == 0.25
    assert runs[Cell(BASE, SMOOTH)].lr == GRID.rates["adam"]


def test_sines_have_their_rule_and_a_share_of_their_optimisers_rate() -> None:
    grid = replace(SMALL, choices={"activation": ("sine",), "optimizer": ("sgd",)}, every=True)
    specs = {cell.design: spec for cell, spec in grid.runs().items()}
    for optimizer, usual, share in (("adam", 3e-3, 3e-4), ("sgd", 10.0, 0.03)):
        design = BASE._replace(optimizer=optimizer)
        sine = specs[design._replace(activation="sine")]
        assert (specs[design].lr, specs[design].initialiser.kind) == (usual, "default")
        assert (sine.lr, sine.initialiser.kind) == (share, "siren")
    slow = replace(grid, rates={**grid.rates, "sgd": 1e-6})
    assert slow.sine_rate("sgd") == 1e-7  # what a run accepts


def test_every_combination_multiplies() -> None:
    grid = replace(GRID, every=True)
    assert len(grid.designs()) == 3 * 2 + 1
    assert (grid.designs()[0], grid.designs()[-1]) == (BASE, BARE)
    assert grid.num_runs == 28


def test_the_base_is_tried_even_where_it_is_not_among_the_choices() -> None:
    assert GRID.values("depth") == [1, 3, 5]
    assert GRID.values("loss") == ["l2"]


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("encoding", ["none", "basic", "positional", "gaussian"])
def test_equal_parameters_come_as_near_the_base_as_a_whole_width_can(
    depth: int, encoding: str
) -> None:
    grid = replace(GRID, equal_parameters=True)
    budget = grid.spec(BASE, None).num_parameters
    width = matched_width(depth, encoding, grid.sigma, budget)

    def off_by(width: int) -> int:
        design = BASE._replace(depth=depth, encoding=encoding, width=width)
        return abs(grid.spec(design, None).num_parameters - budget)

    assert off_by(width) == min(off_by(each) for each in range(1, 2049 if depth == 1 else 1000))


def test_equal_parameters_leave_the_base_and_drop_the_widths() -> None:
    choices = {"depth": (1, 5), "width": (32, 64, 256)}
    grid = replace(GRID, choices=choices, equal_parameters=True)
    designs = grid.designs()
    assert [(design.depth, design.encoding) for design in designs] == [
        (3, "gaussian"),
        (1, "gaussian"),
        (5, "gaussian"),
        (3, "none"),
    ]
    assert designs[0] == BASE
    counts = [grid.spec(design, None).num_parameters for design in designs]
    assert max(counts) < 1.01 * min(counts)


def test_names_say_what_differs() -> None:
    assert design_name(BASE, BASE) == "Base"
    assert design_name(Design(5, 128, "l1", "adam", "relu", "none"), BASE) == (
        "depth 5, L1, no encoding"
    )


def reading(test: float | None, train: float = 30.0) -> Reading:
    return Reading(50, 1.0, train, test)


SCORES = {
    Cell(BASE, SMOOTH): reading(30.0),
    Cell(BASE, ROUGH): reading(20.0),
    Cell(DEEP, SMOOTH): reading(31.0),
    Cell(DEEP, ROUGH): reading(20.5),
    Cell(SHALLOW, SMOOTH): reading(26.0),
    Cell(SHALLOW, ROUGH): reading(18.0),
    Cell(SGD, SMOOTH): reading(29.0),
    Cell(SGD, ROUGH): reading(19.2),
}


def measured(scores: dict[Cell, Reading | None]) -> list[Row]:
    """The ranking without the design that has no encoding, of which nothing is known here."""
    return [row for row in ranked(SMALL, scores) if row.design != BARE]


def test_designs_rank_by_the_mean_of_paired_differences() -> None:
    rows = measured(SCORES)
    assert [row.design for row in rows] == [DEEP, BASE, SGD, SHALLOW]
    assert [row.difference for row in rows] == pytest.approx([0.75, 0, -0.9, -3])
    assert rows[0].num_parameters == SMALL.spec(DEEP, None).num_parameters


@pytest.mark.parametrize("bad", [None, reading(None), reading(math.nan)])
def test_what_failed_or_is_not_a_number_comes_last_and_flatters_nobody(
    bad: Reading | None,
) -> None:
    rows = measured({**SCORES, Cell(DEEP, ROUGH): bad})
    assert rows[-1].design == DEEP
    assert not rows[-1].is_complete
    assert rows[-1].difference == pytest.approx(1.0)
    assert "Nothing beats the base" in finding(SMALL, rows, is_done=True)


def test_a_perfect_fit_comes_first() -> None:
    rows = ranked(SMALL, {**SCORES, Cell(SHALLOW, ROUGH): reading(math.inf)})
    assert rows[0].design == SHALLOW
    assert rows[0].difference == math.inf
    assert "infinitely many dB above the base" in finding(SMALL, rows, is_done=True)
    both = {**SCORES, Cell(SHALLOW, ROUGH): reading(math.inf), Cell(BASE, ROUGH): reading(math.inf)}
    mixed = {**SCORES, Cell(DEEP, SMOOTH): reading(math.inf), Cell(BASE, ROUGH): reading(math.inf)}
    assert next(row for row in ranked(SMALL, mixed) if row.design == DEEP).difference is None
    assert next(row for row in ranked(SMALL, both) if row.design == SHALLOW).difference < 0


def test_without_the_base_designs_rank_by_what_they_reached() -> None:
    scores = {cell: each for cell, each in SCORES.items() if cell.design != BASE}
    rows = measured(scores)
    assert [row.design for row in rows] == [DEEP, SGD, SHALLOW, BASE]
    assert {row.difference for row in rows} == {None}
    assert finding(SMALL, rows, is_done=True) == ""


def test_the_finding_names_the_widest_axis_the_best_design_and_what_is_close() -> None:
    rows = ranked(SMALL, SCORES)
    assert [(each.axis, pytest.approx(each.extent)) for each in axis_ranges(SMALL, rows)] == [
        ("depth", 3.75),
        ("optimizer", 0.9),
    ]
    text = finding(SMALL, rows, is_done=True)
    assert "Depth mattered most, on the mean of 2 pictures: 3.8 dB of held-out" in text
    assert "then optimiser 0.9 dB" in text
    assert "best design is depth 5, 0.75 dB above the base on average, from +0.50 to +1.00" in text
    # The base is 1.0 and 0.5 dB behind: 0.75 on average, more than the error of 0.25.
    assert close_to_best(rows) == []
    assert finding(SMALL, rows, is_done=False).startswith("So far")


def test_close_is_within_a_tenth_or_within_the_error_over_places() -> None:
    near = {**SCORES, Cell(SGD, SMOOTH): reading(30.95), Cell(SGD, ROUGH): reading(20.45)}
    assert [row.design for row, _ in close_to_best(ranked(SMALL, near))] == [SGD]
    torn = {**SCORES, Cell(SGD, SMOOTH): reading(28.0), Cell(SGD, ROUGH): reading(23.0)}
    rows = ranked(SMALL, torn)
    assert [row.design for row, _ in close_to_best(rows)] == [SGD]
    assert "Too close to it to call" in finding(SMALL, rows, is_done=True)
    assert "Too close" not in finding(SMALL, ranked(SMALL, SCORES), is_done=True)


def test_resolutions_and_seeds_of_a_picture_count_once() -> None:
    grid = replace(GRID, num_seeds=3)  # 2 pictures, 2 resolutions, 3 seeds
    scores = {
        Cell(design, place): reading(
            20.0
            + (0.0 if design == BASE else 1.0 if place.image == SKY.sha256 else 2.0)
            + 0.01 * place.seed * (design == DEEP)
        )
        for design in grid.designs()
        for place in grid.places
    }
    row = next(row for row in ranked(grid, scores) if row.design == DEEP)
    assert len(row.differences) == 12
    assert list(row.of_pictures.values()) == pytest.approx([1.01, 2.01])
    # Student's t with one degree of freedom, 12.71; of twelve values it would exclude zero.
    assert row.paired.num_pairs == 2
    assert row.paired.low == pytest.approx(1.51 - 12.706 * 0.5, abs=0.01)
    assert not row.paired.excludes_zero


def test_each_picture_has_its_winner_and_what_the_seeds_do_not_tell_from_it() -> None:
    grid = replace(SMALL, num_seeds=3)
    noise = {0: 0.3, 1: -0.2, 2: 0.1}
    gain = {(DEEP, SMOOTH.image): 2.0, (SGD, ROUGH.image): 0.05, (SHALLOW, ROUGH.image): -1.0}
    scores = {
        Cell(design, place): reading(
            20.0
            + gain.get((design, place.image), 0.0)
            + (noise[place.seed] if design == SGD else 0.0)
        )
        for design in grid.designs()
        for place in grid.places
    }
    text = finding(grid, ranked(grid, scores), is_done=True)
    assert "Best on each picture, against the base: depth 5 on Sky (+2.00 dB); " in text
    assert "SGD on Mountains (+0.12 dB), level within the spread of seeds with Base" in text
    assert "Picture by picture. " in text


def test_a_clear_lead_is_no_tie_however_much_it_varies() -> None:
    scores = {**SCORES, Cell(DEEP, SMOOTH): reading(33.0), Cell(DEEP, ROUGH): reading(21.2)}
    rows = ranked(SMALL, scores)
    [best, second, *_] = rows
    assert (best.design, second.design) == (DEEP, BASE)  # 3.0 and 1.2 dB ahead: 2.1 ± 0.9
    assert close_to_best(rows) == []


def test_another_outcome_gets_another_finding() -> None:
    turned = {**SCORES, Cell(SGD, SMOOTH): reading(10.0), Cell(SGD, ROUGH): reading(10.0)}
    text = finding(SMALL, ranked(SMALL, turned), is_done=True)
    assert "Optimiser mattered most, on the mean of 2 pictures: 15.0 dB" in text


def test_of_all_combinations_choices_are_averaged() -> None:
    grid = replace(SMALL, every=True, choices={"depth": (1,), "optimizer": ("sgd",)})
    both = SHALLOW._replace(optimizer="sgd")
    scores = {**SCORES, Cell(both, SMOOTH): reading(28.0), Cell(both, ROUGH): reading(18.0)}
    [first, second] = axis_ranges(grid, ranked(grid, scores))
    assert first.axis == "depth"
    assert dict(first.scores) == pytest.approx({"depth 3": -0.45, "depth 1": -2.5})
    assert dict(second.scores) == pytest.approx({"Adam": -1.5, "SGD": -1.45})


CURVE = Curve(
    Series([0, 10, 30], [10.0, 20.0, 40.0], [0.0, 1.0, 3.0]),
    Series([0, 10, 30], [8.0, 18.0, 28.0], [0.0, 1.0, 3.0]),
)


def test_equal_seconds_reads_between_evaluations_and_says_the_steps() -> None:
    assert reading_at(CURVE, 2.0) == Reading(20, 2.0, 30.0, 23.0)
    assert reading_at(CURVE, 3.0) == Reading(30, 3.0, 40.0, 28.0)
    assert reading_at(CURVE, 0.0) == Reading(0, 0.0, 10.0, 8.0)


def test_a_run_that_ended_before_has_no_reading() -> None:
    assert reading_at(CURVE, 3.1) is None
    assert reading_at(Curve(Series(), Series()), 1.0) is None


def test_a_value_that_is_not_finite_is_no_value() -> None:
    broken = Curve(CURVE.train, Series([0, 10], [8.0, None], [0.0, 1.0]))
    found = reading_at(broken, 0.5)
    assert found is not None
    assert found.test is None


def test_the_common_time_is_that_of_the_quickest_run() -> None:
    slow = Curve(CURVE.train, Series([0, 30], [8.0, 9.0], [0.0, 9.0]))
    assert common_seconds([CURVE, slow]) == 3.0
    assert common_seconds([]) is None
