"""Makes the corpus of verdicts, tries their first remedies, and writes what came out.

    python -m tests.verdicts --data-dir verdict-data [--slots 2] [--no-trials]

Runs that are in the data folder already are used as they are. Written are the downsampled curves
and the outcomes of remedies beside this file, and docs/verdicts.md. Some two hours on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from l335.results.views import RunView
from l335.spec import ClassifySpec
from tests.verdicts import page, trials
from tests.verdicts.confusion import judged, recorded
from tests.verdicts.corpus import Case, cases
from tests.verdicts.earlier import earlier
from tests.verdicts.recorded import of_run, write
from tests.verdicts.training import Trainer, key_of
from tests.verdicts.trial import Trial, noises_of, remedied, seeds_of

Scores = dict[int, tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=2, help="runs that train at once")
    parser.add_argument("--no-trials", action="store_true", help="leave the remedies untried")
    given = parser.parse_args()
    trainer = Trainer(given.data_dir.resolve(), given.slots)
    make_corpus(trainer)
    if not given.no_trials:
        now = try_remedies(trainer, remedies_now())
        noises = noises_of(now.values())
        trials.write(trials.FILE, now, noises)
        trials.write(trials.EARLIER_FILE, try_remedies(trainer, remedies_earlier()), noises)
    page.write()


def make_corpus(trainer: Trainer) -> None:
    """Train every case that is missing and store the curves of all."""
    wanted = [case.of_seed(seed).spec for case in cases() for seed in seeds_of(case)]
    runs = trainer.train([*wanted, *(case.base for case in cases())])
    found = []
    for case in cases():
        own = {seed: runs[key_of(case.of_seed(seed).spec)] for seed in seeds_of(case)}
        base = runs[key_of(case.base)].summary["test/accuracy"]["last"]
        curves = {str(seed): of_run(run, trainer.lab.series(run.uid)) for seed, run in own.items()}
        found.append({"name": case.name, "cause": case.cause, "base": base, "runs": curves})
    write(found)


def remedies_now() -> list[tuple[Case, list[str]]]:
    """The first remedy of each case that has a fault and a remedy."""
    faults = [each for each in recorded() if each.is_real and each.case.cause != "none"]
    return [
        (each.case, verdict.remedies[0].settings)
        for each, verdict in judged(faults)
        if verdict.remedies
    ]


def remedies_earlier() -> list[tuple[Case, list[str]]]:
    """What the rules before these advised first, for the half that was held out."""
    advised = {name: each.setting for name, each in earlier().items()}
    real = [each.case for each in recorded() if each.is_real]
    return [
        (case, setting.split())
        for case in real
        if case.is_held_out and case.cause != "none" and (setting := advised[case.name])
    ]


def try_remedies(trainer: Trainer, remedies: Sequence[tuple[Case, list[str]]]) -> dict[str, Trial]:
    """Train a remedy of each case on its seeds; the outcome by the case's name."""
    before = {case.name: [case.of_seed(s).spec for s in seeds_of(case)] for case, _ in remedies}
    after = {
        case.name: [remedied(spec, settings) for spec in before[case.name]]
        for case, settings in remedies
    }
    runs = trainer.train([spec for specs in (*before.values(), *after.values()) for spec in specs])
    scores = {name: (_scores(before[name], runs), _scores(after[name], runs)) for name in before}
    return {
        case.name: Trial(case.cause, " ".join(settings), *scores[case.name])
        for case, settings in remedies
    }


def _scores(specs: Sequence[ClassifySpec], runs: Mapping[str, RunView]) -> Scores:
    return {spec.seed: _accuracies(runs[key_of(spec)]) for spec in specs}


def _accuracies(run: RunView) -> tuple[float, float]:
    """Test and train accuracy at the end; none of either where the loss was lost."""
    if run.state != "completed":
        return 0.0, 0.0
    return run.summary["test/accuracy"]["last"], run.summary["train/accuracy"]["last"]


if __name__ == "__main__":
    main()
