"""Why classifiers came out as they did: nets' causes side by side, and what was tried beside them.

It asks verdicts for their label and cause alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from l335.experiments import ONE_SEED
from l335.groups import title_of, words_of
from l335.identity import settings_text
from l335.labs.results import Arm
from l335.report.document import Block, Missing, Points, Text
from l335.report.subject import Subject
from l335.spec import ClassifySpec
from l335.verdict import RunSeries, Verdict, judge
from l335.views import RunView, Spec
from l335.wording import count, listed

KEY = "test/accuracy"
NOTHING_BESIDE = (
    "No completed run here differs from one of these settings in one setting alone, so nothing "
    "was tried beside them that could be compared."
)


def reasons_blocks(subject: Subject) -> list[Block]:
    """Causes of the nets side by side; for what is well fitted, what was tried beside it."""
    arms = subject.source.arms
    verdicts = {arm.name: found for arm in arms if (found := verdict_of(arm)) is not None}
    blocks: list[Block] = [
        Text(sentence, "The nets compared.") for sentence in nets_compared(arms, verdicts)
    ]
    tried = []
    for arm in arms:
        if arm.name in verdicts and verdicts[arm.name].label == "well-fitted":
            beside = subject.lab.beside(arm.completed[0].spec)
            tried += [f"{arm.name}: {words}" for words in tried_beside(arm, beside)]
    if tried:
        blocks.append(Text("What was tried beside them here, in one setting each:", "Why these."))
        blocks.append(Points(tuple(tried)))
    return blocks or [Missing(NOTHING_BESIDE)]


def verdict_of(arm: Arm) -> Verdict | None:
    """The verdict on an arm's completed and diverged runs; None where there is none."""
    runs = [*arm.completed, *(run for run in arm.broken if run.error_code == "diverged")]
    spec = runs[0].spec if runs else None
    if not isinstance(spec, ClassifySpec):
        return None
    series = [
        RunSeries(run.seed, arm.read(run.uid), spec.steps_per_epoch, run.error_code == "diverged")
        for run in runs
    ]
    return judge(series, spec)


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
    causes = {name: verdict.cause for name, verdict in found.items() if verdict.cause}
    if len(labels) == 1:
        text = f"{listed(list(found))} are {'both' if len(found) == 2 else 'all'} {labels.pop()}"
    else:
        text = listed([f"{name} is {verdict.label}" for name, verdict in found.items()])
    if not causes:
        return f"{text}; no cause is looked for where a net is well fitted."
    if len(causes) == len(found) and len(set(causes.values())) == 1:
        return f"{text}, for the same cause. {next(iter(causes.values()))}"
    words = " ".join(f"{name}: {cause}" for name, cause in causes.items())
    return f"{text}. {words}"


def tried_beside(arm: Arm, beside: Mapping[str, Sequence[RunView]]) -> list[str]:
    """How an arm did against runs that differ in one setting, a sentence for each setting.

    Args:
        arm: A setting that has completed runs.
        beside: Runs that differ in one setting alone, by the setting's dotted name.
    """
    own = list(arm.scores(KEY).values())
    if not own:
        return []
    spec = arm.completed[0].spec
    return [
        sentence
        for key, runs in beside.items()
        if (sentence := _on_one_setting(key, spec, own, runs))
    ]


def _on_one_setting(key: str, spec: Spec, own: Sequence[float], runs: Sequence[RunView]) -> str:
    others: dict[str, list[float]] = {}
    words: dict[str, str] = {}
    for run in runs:
        score = run.summary.get(KEY, {}).get("last")
        if score is not None:
            text = settings_text(run.spec.model_copy(update={"seed": 0}))
            others.setdefault(text, []).append(score)
            words[text] = words_of(run.spec)[key]
    if not others:
        return ""
    means = {text: statistics.fmean(scores) for text, scores in others.items()}
    order = sorted(means, key=means.__getitem__, reverse=True)
    tried = listed([f"{words[text]} {_score(others[text])}" for text in order])
    best = order[0]
    lead = round(100 * (means[best] - statistics.fmean(own)), 1)
    is_single = min(len(own), len(others[best])) == 1
    if abs(lead) <= ONE_SEED and is_single:
        end = f"too close to {words[best]} to tell from one seed"
    elif lead > 0:
        end = f"{words[best]} has {lead:.1f} points more"
    else:
        end = f"the best of them, by {-lead:.1f} points"
    return f"{title_of(spec, key)}: {words_of(spec)[key]} {_score(own)}, beside {tried}; {end}."


def _score(values: Sequence[float]) -> str:
    return f"{100 * statistics.fmean(values):.2f} % ({count(len(values), 'seed')})"
