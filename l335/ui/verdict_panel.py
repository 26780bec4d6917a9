"""What the curves of a run say: a verdict, the numbers behind it, and what to try."""

from __future__ import annotations

from html import escape
from typing import Literal

import streamlit as st

from l335.export.report.reasons import tried_beside
from l335.results.verdict import Label, Range, Remedy, Verdict, judge_runs
from l335.results.views import RunView
from l335.service import Lab
from l335.service.verdicts import judged_together
from l335.spec import ClassifySpec, with_changes
from l335.statistics.paired import free_seeds
from l335.ui.restrictions import FREE, Restrictions
from l335.ui.sharing import held_words
from l335.ui.wording import count, plain

REFRESH_SECONDS = 3.0
BESIDE_SECONDS = 60
"""What was tried beside a run is looked for among a thousand others, not at every click."""

MORE_SEEDS = 2

Tone = Literal["blue", "green", "orange", "red", "gray"]

LOOKS: dict[Label, tuple[str, Tone, str]] = {
    "under-fitted": (":material/trending_up:", "blue", "#3b82f6"),
    "not yet converged": (":material/hourglass_top:", "blue", "#3b82f6"),
    "well-fitted": (":material/check_circle:", "green", "#16a34a"),
    "over-fitted": (":material/call_split:", "orange", "#d97706"),
    "diverged": (":material/crisis_alert:", "red", "#dc2626"),
    "stuck": (":material/block:", "red", "#991b1b"),
    "seeds disagree": (":material/casino:", "orange", "#d97706"),
    "too early": (":material/schedule:", "gray", "#808080"),
}
"""Icon, tone of the badge, and colour in the strip of epochs; the word always stands with them."""


def verdict_panel(lab: Lab, run: RunView | None, held: Restrictions = FREE) -> None:
    """Draw the verdict on a run, or nothing before its first point.

    Args:
        lab: The lab.
        run: The run.
        held: What the address locks and hides; what it holds is not offered to be changed.
    """
    if run is None or not isinstance(run.spec, ClassifySpec) or run.step == 0:
        return
    st.subheader("Verdict", anchor=False)
    if not run.is_over and run.state != "paused":
        # Only what moves is in the fragment: widgets in it would lose clicks.
        st.fragment(_preliminary, run_every=REFRESH_SECONDS)(lab, run.uid)
        return
    verdict = verdict_of(lab, run)
    _show(verdict)
    if verdict.cause == "none":
        _tried_beside(lab, run)
    _to_try(run, verdict, held)
    if verdict.is_guess and held.is_free("seed") and held.is_free("seeds"):
        _more_seeds(lab, run)


def verdict_of(lab: Lab, run: RunView) -> Verdict:
    """The verdict on a setting; kept until one of its runs has gone on."""
    seeds = judged_together(lab, run)
    stand = tuple((seed.uid, seed.step, seed.state) for seed in seeds)
    return _judged(stand, lab, seeds)


@st.cache_data(show_spinner=False, max_entries=100)
def _judged(stand: tuple[tuple[str, int, str], ...], _lab: Lab, _seeds: list[RunView]) -> Verdict:
    return judge_runs(_seeds, _lab.series)


def _preliminary(lab: Lab, uid: str) -> None:
    run = lab.run(uid)
    if run.is_over or run.state == "paused":
        st.rerun()
    if run.step:
        st.caption("Preliminary: the run still trains, and this follows it.")
        _show(verdict_of(lab, run))


def _show(verdict: Verdict) -> None:
    icon, tone, _ = LOOKS[verdict.label]
    label, _, rest = verdict.headline.partition(": ")
    st.markdown(f":{tone}-badge[{icon} {label}] {plain(rest)}")
    if verdict.ranges:
        st.html(strip(verdict.ranges))
    st.caption(verdict.standing)
    if verdict.outcomes and verdict.label != "seeds disagree":
        told = "; ".join(outcome.text for outcome in verdict.outcomes)
        st.markdown(f"**Seeds by themselves.** {plain(told)}.")
    if verdict.explanation:
        title = "Why it fits" if verdict.cause == "none" else "Likely cause"
        st.markdown(f"**{title}.** {plain(verdict.explanation)}")
    if verdict.ranges:
        with st.expander("The numbers behind it"):
            for each in reversed(verdict.ranges):
                st.markdown(f"**{_epochs(each).capitalize()}: {each.label}**")
                st.markdown(_table(each))
            if verdict.missing:
                st.caption(f"Not recorded by this run: {', '.join(verdict.missing)}.")


def _epochs(each: Range) -> str:
    return f"epoch {each.first}" if each.first == each.last else f"epochs {each.first}–{each.last}"


def strip(ranges: tuple[Range, ...]) -> str:
    """Ranges of epochs side by side, as wide as they are long, named below; HTML."""
    bars, names = [], []
    for each in ranges:
        colour = LOOKS[each.label][2]
        words = f"{_epochs(each).capitalize()}: {each.label}"
        bars.append(
            f'<div title="{escape(words)}" style="flex:{each.last - each.first + 1};'
            f'background:{colour};min-width:4px;height:.6rem;border-radius:3px"></div>'
        )
        names.append(
            f'<span style="white-space:nowrap"><span style="display:inline-block;width:.7em;'
            f'height:.7em;border-radius:2px;background:{colour};margin-right:.4em"></span>'
            f"{escape(words)}</span>"
        )
    return (
        '<div style="display:flex;gap:2px;margin:.1rem 0 .4rem">'
        + "".join(bars)
        + '</div><div style="display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.875rem">'
        + "".join(names)
        + "</div>"
    )


def _table(each: Range) -> str:
    rows = [f"| {plain(e.what)} | {plain(e.value)} | {plain(e.yardstick)} |" for e in each.evidence]
    return "\n".join(["| Evidence | Value | Yardstick |", "|:--|:--|:--|", *rows])


def _tried_beside(lab: Lab, run: RunView) -> None:
    found = _sentences_beside(run.uid, lab, run)
    if found:
        st.markdown("**What was tried beside it here**, in one setting each:")
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in found))


@st.cache_data(show_spinner=False, max_entries=100, ttl=BESIDE_SECONDS)
def _sentences_beside(uid: str, _lab: Lab, _run: RunView) -> list[str]:
    own = [each for each in judged_together(_lab, _run) if each.state == "completed"]
    return tried_beside(own, _lab.beside(_run.spec)) if own else []


def _to_try(run: RunView, verdict: Verdict, held: Restrictions) -> None:
    if not verdict.remedies:
        return
    free = [remedy for remedy in verdict.remedies if all(map(held.is_free, remedy.changes))]
    others = [remedy.text for remedy in verdict.remedies if remedy not in free]
    if free:
        st.markdown("**What to try.** Each opens the form with these settings changed; same seed.")
    if others:
        st.caption(
            f"{'Also' if free else 'What'} to try, but held by the link you came by: "
            f"{plain('; '.join(others))}."
        )
    with st.container(horizontal=True, gap="small"):
        for remedy in free:
            st.button(
                remedy.text,
                key=f"remedy.{' '.join(remedy.settings)}",
                icon=":material/tune:",
                help=f"`{' '.join(remedy.settings)}`",
                on_click=_open_form,
                args=(run.uid, remedy),
            )


def _open_form(uid: str, remedy: Remedy) -> None:
    st.query_params.from_dict({"from": uid, "set": remedy.settings, **held_words()})


def _more_seeds(lab: Lab, run: RunView) -> None:
    siblings = lab.siblings(run.uid)
    waiting = [other for other in siblings if not other.is_over and other.uid != run.uid]
    if waiting:
        st.caption(f"{count(len(waiting), 'more seed').capitalize()} on the way.")
    elif st.button(
        f"Train {MORE_SEEDS} more seeds",
        key="more_seeds",
        icon=":material/casino:",
        help="The same settings with other initial weights and data orders; then the noise "
        "between seeds is measured and no longer guessed.",
    ):
        seeds = free_seeds({other.seed for other in [*siblings, run]}, MORE_SEEDS)
        specs = [with_changes(run.spec, seed=seed) for seed in seeds]
        st.query_params["with"] = ",".join(lab.submit_all(specs))
        st.rerun()
