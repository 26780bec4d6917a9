"""What the ready experiments say follows from their figures, whichever net does better."""

from __future__ import annotations

from l335.labs.experiments import EXPERIMENTS, permutation_finding, shift_finding

GOOD, BAD = [0.9, 0.85, 0.8, 0.75, 0.7], [0.88, 0.7, 0.6, 0.5, 0.4]


def test_the_shift_finding_names_the_better_net() -> None:
    assert "30.0 points in favour of the CNN" in shift_finding({"CNN": GOOD, "Basic net": BAD})
    lost = shift_finding({"CNN": BAD, "Basic net": GOOD})
    assert "30.0 points in favour of the basic net" in lost
    assert "the CNN loses 48.0 points (88.0 → 40.0 %)" in lost


def test_equal_nets_are_too_close_to_call() -> None:
    assert "too close to call" in shift_finding({"CNN": GOOD, "Basic net": GOOD})


def test_the_permutation_finding_compares_both_conditions() -> None:
    found = permutation_finding({"CNN": [0.90, 0.84], "Basic net": [0.87, 0.87]})
    assert "in place it is 3.0 points in favour of the CNN" in found
    assert "permuted, it is 3.0 points in favour of the basic net" in found
    assert "the CNN by −6.0 points" in found


def test_arms_differ_in_net_and_permutation_alone_and_the_quick_mode_is_shorter() -> None:
    for experiment in EXPERIMENTS:
        full, quick = experiment.runs(quick=False), experiment.runs(quick=True)
        assert all(quick[name].total_steps < spec.total_steps for name, spec in full.items())
        assert len(
            {spec.model_copy(update={"seed": 1}).model_dump_json() for spec in full.values()}
        ) == len(full)
        same = {"model", "permute_pixels"}
        assert len({spec.model_dump_json(exclude=same) for spec in full.values()}) == 1
