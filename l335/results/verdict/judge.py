"""From the curves of one setting's seeds to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from l335.core.wording import count, fixed, listed
from l335.results.verdict import evidence as ev
from l335.results.verdict.causes import cause_of
from l335.results.verdict.curves import Curves, ReadSeries, RunSeries, run_series
from l335.results.verdict.explanations import explain
from l335.results.verdict.labels import course, label_of
from l335.results.verdict.remedies import remedies_for
from l335.results.verdict.symptoms import Symptoms
from l335.results.verdict.words import Cause, Label, Outcome, Range, Verdict
from l335.results.views import RunView
from l335.spec import ClassifySpec

FAR_BEHIND = 0.15
"""Test accuracy a seed lies below the best one from which they are not averaged."""

COLLAPSED: tuple[Label, ...] = ("diverged", "stuck")


@dataclass(frozen=True)
class Diagnosis:
    """What was found of seeds that are judged as one."""

    symptoms: Symptoms
    labels: tuple[Label, ...]
    label: Label
    cause: Cause


def judge_runs(runs: Sequence[RunView], read: ReadSeries) -> Verdict:
    """The verdict on classifiers of one setting that differ in the seed alone.

    Args:
        runs: The runs, at least one.
        read: Reads the recorded points of a run by its uid.
    """
    spec = runs[0].spec
    assert isinstance(spec, ClassifySpec)
    return judge([run_series(run, read(run.uid)) for run in runs], spec)


def judge(runs: Sequence[RunSeries], spec: ClassifySpec) -> Verdict:
    """Judge the runs of one setting that differ in the seed alone.

    A seed that collapsed is never averaged with one that did not, and none is left out.

    Args:
        runs: One or several seeds; points that are missing or not finite are left out.
        spec: Their setting; remedies start from it.
    """
    each = {run.seed: diagnose([run], spec) for run in runs}
    behind = _left_behind(each)
    if behind and len(behind) < len(each):
        return _disagreement(runs, spec, each, behind)
    verdict = _verdict(diagnose(runs, spec), len(runs))
    if len({found.label for found in each.values()}) > 1:
        verdict = replace(verdict, outcomes=_outcomes(each, behind))
    return verdict


def diagnose(runs: Sequence[RunSeries], spec: ClassifySpec) -> Diagnosis:
    """Label and cause of seeds that went the same way, from the means of their curves."""
    symptoms = Symptoms(Curves(list(runs)), spec)
    label = label_of(symptoms)
    if label == "too early":
        return Diagnosis(symptoms, (), label, "unknown")
    cause = cause_of(symptoms, label)
    label = AS_CAUSED.get(cause, label) if label in ("well-fitted", "not yet converged") else label
    return Diagnosis(symptoms, course(symptoms, label), label, cause)


AS_CAUSED: dict[Cause, Label] = {
    "too_small": "under-fitted",
    "too_much_regularisation": "under-fitted",
    "lr_too_high": "under-fitted",
}
"""Causes that make a net that rests, or still learns a little, one that fits too little."""


def _verdict(found: Diagnosis, num_seeds: int) -> Verdict:
    symptoms = found.symptoms
    spec = symptoms.spec
    return Verdict(
        found.label,
        _headline(found),
        is_guess=num_seeds < 2,
        num_seeds=num_seeds,
        ranges=_ranges(symptoms.curves, found.labels),
        cause=found.cause,
        explanation=explain(found.cause, symptoms),
        remedies=remedies_for(found.cause, symptoms),
        missing=_missing(symptoms.curves),
        chosen_on="validation" if spec.validation else "test",
    )


# Seeds that went different ways


def _left_behind(each: dict[int, Diagnosis]) -> set[int]:
    """Seeds that collapsed, or ended far below the best one."""
    tests = {seed: found.symptoms.test for seed, found in each.items()}
    known = [test for test in tests.values() if test == test]  # nan where never judged
    best = max(known, default=0.0)
    return {
        seed
        for seed, found in each.items()
        if found.label in COLLAPSED or tests[seed] < best - FAR_BEHIND
    }


def _disagreement(
    runs: Sequence[RunSeries], spec: ClassifySpec, each: dict[int, Diagnosis], behind: set[int]
) -> Verdict:
    well = diagnose([run for run in runs if run.seed not in behind], spec)
    ill = diagnose([run for run in runs if run.seed in behind], spec)
    outcomes = _outcomes(each, behind)
    ends = "; ".join(outcome.text for outcome in outcomes)
    why = explain(ill.cause, ill.symptoms)
    number = f"{len(behind)} of {count(len(each), 'seed')}"
    told = f"{number} ended more than {100 * FAR_BEHIND:.0f} points below the best one."
    if any(each[seed].label in COLLAPSED for seed in behind):
        told = f"This setting is at its edge: {number} went astray."
    verdict = _verdict(well, len(each))
    return replace(
        verdict,
        label="seeds disagree",
        headline=f"Seeds disagree: {ends}. They are not averaged.",
        cause="seeds_disagree",
        explanation=f"{told} {why}".rstrip(),
        remedies=remedies_for(ill.cause, ill.symptoms),
        outcomes=outcomes,
    )


def _outcomes(each: dict[int, Diagnosis], behind: set[int]) -> tuple[Outcome, ...]:
    groups: dict[tuple[Label, bool], list[int]] = {}
    for seed, found in each.items():
        groups.setdefault((found.label, seed in behind), []).append(seed)
    ordered = sorted(groups.items(), key=lambda group: (group[0][1], -len(group[1])))
    return tuple(
        Outcome(label, tuple(seeds), _outcome_words(label, seeds, each))
        for (label, _), seeds in ordered
    )


def _outcome_words(label: Label, seeds: list[int], each: dict[int, Diagnosis]) -> str:
    tests = [t for seed in seeds if (t := each[seed].symptoms.test) == t]
    end = ""
    if tests:
        low, high = (f"{100 * value:.1f}" for value in (min(tests), max(tests)))
        end = f" at {low} %" if low == high else f" at {low} to {high} %"
    named = f"{'seed' if len(seeds) == 1 else 'seeds'} {listed([str(seed) for seed in seeds])}"
    return f"{len(seeds)} of {len(each)} ({named}) {label}{end}"


# Words


def _headline(found: Diagnosis) -> str:
    label, symptoms = found.label, found.symptoms
    curves = symptoms.curves
    broken = sum(run.is_broken for run in curves.runs)
    if label == "too early":
        return "Too early to judge: at least two epochs must have been evaluated."
    if label == "diverged" and broken:
        of = f" in {broken} of {len(curves.runs)} seeds" if len(curves.runs) > 1 else ""
        return f"Diverged: the loss stopped being a finite number{of}."
    test = f"{100 * symptoms.test:.1f} %"
    slope = ev.slope_words(curves, symptoms.last)
    rest: dict[Label, str] = {
        "diverged": f"test accuracy is {test} after epoch {symptoms.last}; guessing gives 10.0 %.",
        "stuck": f"test accuracy is {test} after epoch {symptoms.last} and has never left "
        "guessing, 10.0 %.",
        "under-fitted": f"test accuracy is {test} and train accuracy {_beside(symptoms)}; the "
        f"train loss changes by {slope} per epoch.",
        "not yet converged": f"test accuracy has come to {test}, and the train loss still "
        f"changes by {slope} per epoch.",
        "over-fitted": f"test accuracy is {test}, train accuracy {_beside(symptoms)}; "
        f"{ev.best_words(curves)}.",
        "well-fitted": f"test accuracy is {test}, train accuracy {_beside(symptoms)}, and the "
        "test loss has not risen beyond its noise.",
    }
    return f"{label.capitalize()}: {rest[label]}"


def _beside(symptoms: Symptoms) -> str:
    """Where the train accuracy lies: above the test accuracy, below it, or level."""
    points = fixed(100 * abs(symptoms.gap), 1)
    if points == "0.0":
        return "is level with it" if symptoms.gap == symptoms.gap else "unknown"
    noun = "point" if points == "1.0" else "points"
    return f"{points} {noun} {'above' if symptoms.gap > 0 else 'below'} it"


def _ranges(curves: Curves, labels: Sequence[Label]) -> tuple[Range, ...]:
    found: list[tuple[int, int, Label]] = []
    for epoch, each in zip(curves.epochs if labels else (), labels, strict=True):
        if found and found[-1][2] == each:
            found[-1] = (found[-1][0], epoch, each)
        else:
            found.append((epoch, epoch, each))
    return tuple(Range(a, b, each, ev.collect(curves, a, b)) for a, b, each in found)


def _missing(curves: Curves) -> tuple[str, ...]:
    names = {
        "train/eval_loss": "the train loss judged like the test loss",
        "update_ratio": "the update-to-parameter ratio",
        "dead_share": "the share of dead units",
    }
    keys = {key for run in curves.runs for key in run.series}
    recorded = keys | {key.partition("/")[0] for key in keys}
    return tuple(words for key, words in names.items() if key not in recorded)
