"""One experiment on the page: what to look for, Start, progress, and what came out."""

from __future__ import annotations

import json

import streamlit as st

from l335.labs.experiments import EXPERIMENTS, NETS, QUICK_CUTS, Experiment
from l335.results.views import JobView, RunView
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.ui import links
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.jobs import ask_for
from l335.ui.sharing import Controls
from l335.ui.sweep import submit_all
from l335.ui.time_line import time_line
from l335.ui.wording import STATES, count, duration, plain

CONTROLS = Controls(
    "length", {experiment.key: f"Length: {experiment.title}" for experiment in EXPERIMENTS}
)
REFRESH_SECONDS = 2.0
Runs = dict[str, RunView | None]


def experiment_panel(lab: Lab, experiment: Experiment) -> None:
    """Draw an experiment; its runs are found again by their settings after a reload."""
    with st.container(border=True):
        st.subheader(experiment.title, anchor=False)
        st.markdown(experiment.question)
        st.markdown(f"**What to look for.** {experiment.look_for}")
        mode = CONTROLS.draw(
            st.segmented_control,
            experiment.key,
            ["Quick", "Full"],
            label="Length",
            default="Quick",
            required=True,
            help=QUICK_CUTS,
        )
        specs = experiment.runs(quick=mode != "Full")
        if mode != "Full":
            st.caption(QUICK_CUTS)
        runs: Runs = {name: lab.find_run(spec) for name, spec in specs.items()}
        missing = [specs[name] for name, run in runs.items() if run is None]
        if missing:
            _start(lab, experiment, missing)
        looks = _looks(lab, experiment, runs)
        if any(run is not None for run in runs.values()) and not _is_done(runs, looks):
            # Only what moves is in the fragment: widgets in it would lose clicks.
            st.fragment(_progress, run_every=REFRESH_SECONDS)(lab, experiment, specs)
        results = _results(lab, experiment, runs, looks)
        if results:
            _show(experiment, results)
        _links(runs)


def _start(lab: Lab, experiment: Experiment, missing: list[ClassifySpec]) -> None:
    st.caption(f"Press Start: it trains what is missing, {count(len(missing), 'run')}.")
    time_line(lab, missing)
    if st.button("Start", key=f"{experiment.key}.start", icon=":material/play_arrow:"):
        submit_all(lab, missing)


def _looks(lab: Lab, experiment: Experiment, runs: Runs) -> dict[str, JobView]:
    """The test on shifted images of each finished run; asked again it is the same one."""
    if not experiment.needs_shifts:
        return {}
    return {
        name: lab.analyses.one(uid)
        for name, run in runs.items()
        if run is not None
        and run.state == "completed"
        and run.has_checkpoint
        and (uid := ask_for(lab, run.uid, "shifted_accuracy", {})) is not None
    }


def _is_done(runs: Runs, looks: dict[str, JobView]) -> bool:
    if any(run is not None and not run.is_over for run in runs.values()):
        return False
    return all(job.state in {"done", "failed"} for job in looks.values())


def _progress(lab: Lab, experiment: Experiment, specs: dict[str, ClassifySpec]) -> None:
    runs: Runs = {name: lab.find_run(spec) for name, spec in specs.items()}
    looks = _looks(lab, experiment, runs)
    if _is_done(runs, looks):
        st.rerun()
    for name, run in runs.items():
        if run is None:
            continue
        job = looks.get(name)
        if job is None or job.state == "failed":
            word = STATES[run.state][0]
            share, doing = run.step / max(1, run.total_steps), f"{word}, {run.step:,} steps"
            if run.seconds_left is not None:
                doing += f", {duration(run.seconds_left)} left"
        else:
            share, doing = job.share, "tested on shifted images"
        st.progress(
            1.0 if job and job.state == "done" else min(1.0, share), text=f"{name}: {doing}"
        )


def _results(
    lab: Lab, experiment: Experiment, runs: Runs, looks: dict[str, JobView]
) -> dict[str, list[float]]:
    """Accuracy by net, once every run and test is finished; else empty."""
    failed = [job for job in looks.values() if job.state == "failed"]
    for job in failed:
        st.error(plain(job.error_text), icon=":material/error:")
    if failed:
        st.button(
            "Try again",
            key=f"{experiment.key}.again",
            icon=":material/replay:",
            on_click=_ask_again,
            args=(lab, failed),
        )
    if experiment.needs_shifts:
        if len(looks) < len(NETS) or any(job.state != "done" for job in looks.values()):
            return {}
        return {
            name: json.loads(lab.blob(job.products["shifted_accuracy"].sha256))["accuracy"]
            for name, job in looks.items()
        }
    found: dict[str, list[float]] = {}
    for name in NETS.values():
        for arm in (name, f"{name}, permuted"):
            run = runs[arm]
            entry = run.summary.get("test/accuracy") if run and run.state == "completed" else None
            if not entry and run and run.state == "completed":
                entry = lab.run(run.uid).summary.get("test/accuracy")
            if not entry or entry.get("last") is None:
                return {}
            found.setdefault(name, []).append(float(entry["last"]))
    return found


def _ask_again(lab: Lab, failed: list[JobView]) -> None:
    for job in failed:
        ask_for(lab, job.run_uid, job.kind, {}, again=True)


def _show(experiment: Experiment, results: dict[str, list[float]]) -> None:
    st.markdown(f"**What these runs show.** {experiment.finding(results)}")
    traces = [
        {
            "type": "scatter" if experiment.needs_shifts else "bar",
            "mode": "lines+markers",
            "name": name,
            "x": list(experiment.x),
            "y": [100 * value for value in values],
            **({"marker": {"symbol": symbol, "size": 9}} if experiment.needs_shifts else {}),
        }
        for (name, values), symbol in zip(results.items(), ("circle", "diamond"), strict=True)
    ]
    for trace in traces:
        if trace["type"] == "bar":
            del trace["mode"]
    layout = {
        "xaxis": {"title": {"text": experiment.x_title}, "type": "category"},
        "yaxis": {"title": {"text": "Test accuracy, in %"}, "range": [0, 100]},
        "height": 320,
        "margin": {"t": 20, "r": 10, "b": 40},
        "legend": {"orientation": "h", "y": 1.12},
    }
    st.plotly_chart(
        {"data": traces, "layout": layout}, key=f"{experiment.key}.chart", config=CHART_CONFIG
    )
    rows = [
        f"| {name} | {' | '.join(f'{100 * value:.1f} %' for value in values)} |"
        for name, values in results.items()
    ]
    head = [f"| {experiment.x_title} | {' | '.join(experiment.x)} |"]
    st.markdown("\n".join([*head, "|:--|" + "--:|" * len(experiment.x), *rows]))
    st.caption("One seed each; test accuracy after the last epoch.")


def _links(runs: Runs) -> None:
    found = {name: run for name, run in runs.items() if run is not None}
    if not found:
        return
    with st.container(horizontal=True):
        for name, run in found.items():
            st.page_link(
                links.OF_TASK["classify"],
                label=name,
                icon=":material/monitoring:",
                query_params={"run": run.uid},
                width="content",
            )
