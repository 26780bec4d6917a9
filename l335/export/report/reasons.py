"""Why classifiers came out as they did: nets' causes side by side, and what was tried beside them.

It asks verdicts for label, cause and explanation alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from l335.core.wording import count, listed
from l335.export.report.document import Block, Missing, Points, Text
from l335.export.report.subject import Subject
from l335.labs.accuracy import verdict_in
from l335.labs.experiments import ONE_SEED
from l335.labs.results import Arm
from l335.results.groups import title_of, words_of
from l335.results.verdict import Verdict
from l335.results.views import RunView
from l335.spec import ClassifySpec, Spec, with_changes
from l335.spec.identity import settings_text
from l335.statistics.paired import paired_difference

KEY = "test/accuracy"
NO_FAULT = ("none", "unknown")
NOTHING_BESIDE = (
    "No completed run here differs from one of these settings in one setting alone, so nothing "
    "was tried beside them that could be compared."
)


def reasons_blocks(subject: Subject) -> list[Block]:
    """Causes of the nets side by side; for what is well fitted, what was tried beside it."""
    arms = subject.source.arms
    verdicts = {arm.name: found for arm in arms if (found := verdict_in(arm)) is not None}
    blocks: list[Block] = [
        Text(sentence, "The nets compared.") for sentence in nets_compared(arms, verdicts)
    ]
    tried = []
    for arm in arms:
        if arm.name in verdicts and verdicts[arm.name].label == "well-fitted":
            beside = subject.lab.beside(arm.completed[0].spec)
            tried += [f"{arm.name}: {words}" for words in tried_beside(arm.completed, beside)]
    if tried:
        blocks.append(Text("What was tried beside them here, in one setting each:", "Why these."))
        blocks.append(Points(tuple(tried)))
    return blocks or [Missing(NOTHING_BESIDE)]


def nets_compared(arms: Sequence[Arm], verdicts: Mapping[str, Verdict]) -> list[str]:
    """For nets that were trained alike, how each fits and what it is put down to."""
    groups: dict[str, list[str]] = {}
    for arm in arms:
        spec = arm.runs[0].spec if arm.runs else None
        if arm.name in verdicts and isinstance(spec, ClassifySpec):
            alike = spec.model_dump_json(exclude={"model", "seed"})
            groups.setdefault(alike, []).append(arm.name)
    return [
        _compared({name: verdicts[name] for name in names})
        for names in groups.values()
        if len(names) > 1
    ]


def _compared(found: Mapping[str, Verdict]) -> str:
    labels = {verdict.label for verdict in found.values()}
    causes = {verdict.cause for verdict in found.values()}
    if len(labels) == 1:
        text = f"{listed(list(found))} are {'both' if len(found) == 2 else 'all'} {labels.pop()}"
    else:
        text = listed([f"{name} is {verdict.label}" for name, verdict in found.items()])
    alike = ", for the same cause" if len(causes) == 1 and causes.isdisjoint(NO_FAULT) else ""
    words = "".join(
        f" {name}: {verdict.explanation}" for name, verdict in found.items() if verdict.explanation
    )
    return f"{text}{alike}.{words}"


def tried_beside(runs: Sequence[RunView], beside: Mapping[str, Sequence[RunView]]) -> list[str]:
    """How a setting did against runs that differ in one of it, a sentence for each.

    Args:
        runs: Completed runs of one setting, at least one.
        beside: Runs that differ in one setting alone, by the setting's dotted name.
    """
    own = _accuracies(runs)
    if not own:
        return []
    return [
        sentence
        for key, others in beside.items()
        if (sentence := _on_one_setting(key, runs[0].spec, own, others))
    ]


def _accuracies(runs: Sequence[RunView]) -> dict[int, float]:
    """The test accuracy of each seed at the end; of several runs of a seed the last counts."""
    found = {run.seed: run.summary.get(KEY, {}).get("last") for run in runs}
    return {seed: score for seed, score in found.items() if score is not None}


def _on_one_setting(key: str, spec: Spec, own: Mapping[int, float], runs: Sequence[RunView]) -> str:
    alike: dict[str, list[RunView]] = {}
    for run in runs:
        alike.setdefault(settings_text(with_changes(run.spec, seed=0)), []).append(run)
    others = [
        (words_of(found[0].spec)[key], scores)
        for found in alike.values()
        if (scores := _accuracies(found))
    ]
    if not others:
        return ""
    others.sort(key=lambda other: _mean(other[1]), reverse=True)
    tried = listed([f"{words} {_score(scores)}" for words, scores in others])
    end = _against(own, *others[0])
    return f"{title_of(spec, key)}: {words_of(spec)[key]} {_score(own)}, beside {tried}; {end}."


def _against(own: Mapping[int, float], words: str, best: Mapping[int, float]) -> str:
    """How a setting stands beside the best of those tried, as far as seeds in common tell."""
    lead = round(100 * (_mean(best) - _mean(own)), 1)
    paired = paired_difference(best, own)
    if paired.num_pairs < 2 and abs(lead) <= ONE_SEED:
        return f"too close to {words} to tell from one seed"
    if paired.num_pairs > 1 and not paired.is_clear:
        return f"the seeds do not tell it from {words}"
    if lead > 0:
        return f"{words} has {lead:.1f} points more"
    return f"the best of them, by {-lead:.1f} points"


def _mean(scores: Mapping[int, float]) -> float:
    return statistics.fmean(scores.values())


def _score(scores: Mapping[int, float]) -> str:
    return f"{100 * _mean(scores):.2f} % ({count(len(scores), 'seed')})"
