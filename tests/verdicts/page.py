"""docs/verdicts.md: how often the verdict is right, and how often its first remedy helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from l335.settings import ROOT
from l335.studio import share_above
from l335.verdict import Cause, Verdict
from tests.verdicts import trials
from tests.verdicts.confusion import confusion, judged, recorded
from tests.verdicts.corpus import INJECTED
from tests.verdicts.recorded import Recorded
from tests.verdicts.trial import Trial

FILE = ROOT / "docs" / "verdicts.md"

EARLIER = Counter[tuple[str, Cause]](
    {
        ("lr_too_high", "lr_too_high"): 21,
        ("lr_too_high", "still_learning"): 4,
        ("lr_too_high", "lr_too_low"): 1,
        ("lr_too_low", "lr_too_low"): 14,
        ("lr_too_low", "still_learning"): 2,
        ("too_few_steps", "lr_too_low"): 11,
        ("still_learning", "still_learning"): 11,
        ("too_small", "too_small"): 4,
        ("too_small", "lr_too_low"): 3,
        ("too_small", "still_learning"): 2,
        ("too_small", "lr_too_high"): 2,
        ("too_few_images", "too_few_images"): 12,
        ("label_noise", "lr_too_low"): 6,
        ("label_noise", "still_learning"): 1,
        ("too_much_regularisation", "too_small"): 7,
        ("too_much_regularisation", "lr_too_low"): 4,
        ("too_much_regularisation", "still_learning"): 2,
        ("too_little_regularisation", "too_little_regularisation"): 7,
        ("dead_initialisation", "lr_too_high"): 6,
        ("dead_initialisation", "lr_too_low"): 2,
        ("dead_initialisation", "still_learning"): 1,
        ("vanishing_depth", "lr_too_high"): 6,
        ("vanishing_depth", "lr_too_low"): 4,
        ("exploding_depth", "lr_too_high"): 7,
        ("exploding_depth", "too_few_images"): 1,
        ("exploding_depth", "lr_too_low"): 1,
        ("none", "none"): 11,
        ("none", "still_learning"): 3,
        ("seeds_disagree", "lr_too_low"): 8,
        ("seeds_disagree", "too_small"): 3,
        ("seeds_disagree", "still_learning"): 1,
    }
)
"""Causes the rules before these named for the same curves, as commit bf96685 has them."""

TOP = """# How far the verdict can be trusted

The verdict on a classifier is measured as a classifier is. `tests/verdicts/corpus.py` holds short
runs in each of which one thing was made wrong on purpose, or nothing: fully connected and
convolutional, with several activations and optimisers. `python -m tests.verdicts --data-dir FOLDER`
trains them, stores their thinned curves beside the tests, tries the first remedies and writes this
page. A run counts where the injection did what it was meant to do, held against the same run
without it (`is_real`); the others are listed below. Rules and thresholds were written on one half
of each cause's cases; the other half was held out. Causes are named from the curves of seed 0
alone, and of four seeds where these are to disagree.
"""


def write() -> None:
    """Write the page from what is stored."""
    found = recorded()
    real = judged([each for each in found if each.is_real])
    held, seen = (
        [pair for pair in real if pair[0].case.is_held_out == is_held_out]
        for is_held_out in (True, False)
    )
    parts = [
        TOP,
        "## Causes\n",
        _right("Held-out half", held),
        _right("Half the rules were written on", seen),
        f"- Rules of the version before, all cases: {_earlier()}.\n",
        "All cases; rows are what was injected, columns what was named.\n",
        confusion((each, verdict.cause) for each, verdict in real).table() + "\n",
        _missed(real),
        _unreal(found),
        _remedies(),
    ]
    FILE.write_text("\n".join(part for part in parts if part))


def _right(title: str, pairs: Sequence[tuple[Recorded, Verdict]]) -> str:
    found = confusion((each, verdict.cause) for each, verdict in pairs)
    return f"- {title}: {found.share_words()}."


def _earlier() -> str:
    from tests.verdicts.confusion import Confusion

    return Confusion(EARLIER).share_words()


def _missed(pairs: Sequence[tuple[Recorded, Verdict]]) -> str:
    rows = [
        f"- `{each.case.name}`: `{each.case.cause}` was injected, `{verdict.cause}` named"
        for each, verdict in pairs
        if verdict.cause != each.case.cause
    ]
    return "Not named as injected:\n\n" + "\n".join(rows) + "\n" if rows else ""


def _unreal(found: Sequence[Recorded]) -> str:
    rows = [f"- `{each.case.name}` (`{each.case.cause}`)" for each in found if not each.is_real]
    return "Left out, because the injection did not do its harm:\n\n" + "\n".join(rows) + "\n"


def _remedies() -> str:
    tried = trials.read()
    if not tried:
        return ""
    lines = [
        "## First remedies, tried\n",
        "Each first remedy was set and trained, on two seeds, or four where seeds disagree. It "
        "helps where the test accuracy rises by more than two deviations of a difference of such "
        "means, with the deviation between seeds of that cause's cases; or, where the fault is the "
        "gap, where half of it is gone and no accuracy with it.\n",
        f"All: {_share(list(tried.values()))}.\n",
        "| Cause | Helps | Median gain, points | First remedies |",
        "| :-- | --: | --: | :-- |",
    ]
    for cause in INJECTED:
        own = [trial for trial in tried.values() if trial.cause == cause]
        if own:
            gains = sorted(100 * trial.gain for trial in own)
            names = sorted({part.partition("=")[0] for t in own for part in t.setting.split()})
            shown = ", ".join(f"`{name}`" for name in names)
            share = f"{sum(t.helps for t in own)} of {len(own)}"
            lines.append(f"| `{cause}` | {share} | {gains[len(gains) // 2]:.1f} | {shown} |")
    failed = [
        f"- `{name}`: `{t.setting}`, {100 * t.gain:+.1f} points"
        for name, t in tried.items()
        if not t.helps
    ]
    return "\n".join([*lines, "", *(["Did not help:", "", *failed, ""] if failed else [])])


def _share(found: list[Trial]) -> str:
    share = share_above([float(trial.helps) for trial in found], 0.5)
    return (
        f"{share.above} of {share.total} ({100 * share.above / share.total:.0f} %, 95 % interval "
        f"{100 * share.low:.0f} to {100 * share.high:.0f} %)"
    )
