"""How often the verdict names the cause that was injected, and which other it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from l335.labs.studio import Share, share_above
from l335.results.verdict import Cause, Verdict, judge
from tests.verdicts.corpus import GROUP_SEEDS, INJECTED, Case, cases, is_real
from tests.verdicts.recorded import Recorded, read, unpacked


def recorded() -> list[Recorded]:
    """Every case with its stored curves."""
    known = {each["name"]: each for each in read()}
    return [_with_curves(case, known[case.name]) for case in cases() if case.name in known]


def _with_curves(case: Case, stored: dict[str, object]) -> Recorded:
    seeds = GROUP_SEEDS if case.cause == "seeds_disagree" else (0,)
    runs = tuple(
        unpacked(stored["runs"][str(seed)], seed, case.spec)  # type: ignore[index]
        for seed in seeds
    )
    base = float(stored["base"])  # type: ignore[arg-type]
    found = Recorded(case, runs, base, is_real=True)
    tests = [found.test_accuracy(seed) for seed in seeds]
    trains = [(run.finite_values("train/accuracy") or [0.0])[-1] for run in runs]
    return Recorded(case, runs, base, is_real(case, tests, trains, base))


def share_words(share: Share) -> str:
    """A share with its interval, in words."""
    return (
        f"{share.above} of {share.total} ({100 * share.above / share.total:.0f} %, 95 % "
        f"interval {100 * share.low:.0f} to {100 * share.high:.0f} %)"
    )


@dataclass(frozen=True)
class Confusion:
    """Causes injected against causes named."""

    counts: Counter[tuple[str, Cause]]

    @property
    def num_right(self) -> int:
        """Cases whose cause was named."""
        return sum(number for (true, named), number in self.counts.items() if true == named)

    @property
    def total(self) -> int:
        """All cases."""
        return self.counts.total()

    def share_words(self) -> str:
        """The share that is right with Wilson's interval: "51 of 54 (94 %, 95 % interval ...)"."""
        wrong = self.total - self.num_right
        return share_words(share_above([1.0] * self.num_right + [0.0] * wrong, 0.5))

    def table(self) -> str:
        """The matrix as a Markdown table; a row for each injected cause."""
        named = [
            cause for cause in [*INJECTED, "unknown"] if any(n == cause for _, n in self.counts)
        ]
        lines = ["| Injected | " + " | ".join(f"`{cause}`" for cause in named) + " |"]
        lines.append("| :-- |" + " --: |" * len(named))
        for true in INJECTED:
            row = [self.counts[true, cause] for cause in named]
            lines.append(f"| `{true}` | " + " | ".join(str(n) if n else "" for n in row) + " |")
        return "\n".join(lines)


def confusion(found: Iterable[tuple[Recorded, Cause]]) -> Confusion:
    """The matrix of recorded cases and the causes named for them."""
    return Confusion(Counter((each.case.cause, cause) for each, cause in found))


def judged(found: Sequence[Recorded]) -> list[tuple[Recorded, Verdict]]:
    """The verdict on each case: of seed 0 alone, or of all seeds where these are to disagree."""
    return [(each, judge(each.runs, each.case.spec)) for each in found]
