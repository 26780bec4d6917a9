"""Bits per pixel of a fitted network beside JPEG: a table, a chart, and the pictures."""

from __future__ import annotations

import json
import math
from typing import Any

import streamlit as st

from l335.analyses.enlargement import FIGURES, ssim_of
from l335.export.report.edges import with_marks
from l335.results.views import JobView, RunView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.ui.chart_config import CHART_CONFIG
from l335.ui.jobs import ask_for, wait_for
from l335.ui.pictures import crisp

RAW_BPP = 24
GREY = "rgba(128, 128, 128, 0.9)"
PRECISIONS = {"int8": "8 bits", "float16": "16 bits", "float32": "32 bits"}
SYMBOLS = {"int8": "diamond", "float16": "square", "float32": "circle"}
NEAR_DB = 0.5  # PSNRs no further apart are called equal


def compression(lab: Lab, run: RunView) -> None:
    """Draw the panel of a run; it is worked out once it is asked for."""
    spec = run.spec
    assert isinstance(spec, FitImageSpec)
    st.subheader("Bits per pixel", anchor=False)
    if not run.has_checkpoint:
        st.caption("The network can be measured once the run has stored its first checkpoint.")
        return
    st.caption(
        "A fitted network stands for its picture, so its weights are a file format. How large is "
        "it beside a JPEG that is as good?"
    )
    asked = f"compression.{run.uid}"
    is_clicked = st.button("Compare with JPEG", key=f"{asked}.ask", icon=":material/compress:")
    if is_clicked:
        st.session_state[asked] = True
    if not st.session_state.get(asked):
        return
    uid = ask_for(lab, run.uid, "compression", {"place": best_place(run)}, again=is_clicked)
    if uid is None:
        return
    wait_for(lab, uid, "Measuring network and JPEGs", lambda job: _show(lab, spec, job))


def best_place(run: RunView) -> int:
    """Which of a run's networks came nearest the picture at last; 0 where it has one."""
    assert isinstance(run.spec, FitImageSpec)

    def score(place: int) -> float:
        last = run.summary.get(f"seed_{place}/psnr_db", {}).get("last")
        return -math.inf if last is None else float(last)

    return max(range(run.spec.num_seeds), key=score)


def _show(lab: Lab, spec: FitImageSpec, job: JobView) -> None:
    values = json.loads(lab.blob(job.products["compression"].sha256))
    if spec.num_seeds > 1:
        st.markdown(
            f"Of {spec.num_seeds} networks this is the one of seed {values['seed']}, whose PSNR "
            "is the highest."
        )
    precision = st.segmented_control(
        "Weights in",
        list(PRECISIONS),
        default="int8",
        required=True,
        format_func=PRECISIONS.__getitem__,
        key=f"compression.precision.{job.run_uid}",
    )
    network = next(one for one in values["networks"] if one["name"] == precision)
    st.markdown(finding(network, values["jpeg"]))
    chart, table = st.columns([4, 5], gap="medium")
    with chart:
        st.plotly_chart(
            with_marks(_traces(values), _layout(values), is_log=False),
            key=f"compression.chart.{job.run_uid}",
            config=CHART_CONFIG,
        )
    with table:
        st.markdown(sizes_table(values, network))
        st.caption(_counted(spec))
    _pictures(lab, job, network, values["jpeg"])


def finding(network: dict[str, Any], jpegs: list[dict[str, Any]]) -> str:
    """Which of the two is smaller at equal PSNR, and by what factor."""
    name = f"the network in {PRECISIONS[network['name']]}"
    if network["psnr_db"] is None:
        return f"There is nothing to compare: {name} paints no picture at all."
    jpeg = jpegs[network["same_psnr"] - 1]
    apart = _apart(network, jpeg)
    level = f"At {network['psnr_db']:.1f} dB" if apart <= NEAR_DB else "At the nearest PSNR"
    factor = network["bytes"] / jpeg["bytes"]
    smaller, times = ("JPEG", factor) if factor >= 1 else (name, 1 / factor)
    text = (
        f"{level}, JPEG takes {jpeg['bytes']:,} bytes ({jpeg['bpp']:.2f} bits per pixel, quality "
        f"{jpeg['quality']}) and {name} {network['bytes']:,} ({network['bpp']:,.2f}): "
        + (f"**{smaller} is {times:.1f} times smaller**." if times >= 1.05 else "**about equal**.")
    )
    if apart > NEAR_DB:
        reached = "no error at all" if jpeg["is_exact"] else f"{jpeg['psnr_db']:.1f} dB"
        text += f" The network reaches {network['psnr_db']:.1f} dB, this JPEG {reached}."
    if network["bpp"] > RAW_BPP:
        text += f" The network takes more than the raw pixels, which are {RAW_BPP} bits each."
    return text


def _apart(network: dict[str, Any], jpeg: dict[str, Any]) -> float:
    if jpeg["psnr_db"] is None:
        return math.inf
    return abs(float(network["psnr_db"]) - float(jpeg["psnr_db"]))


def sizes_table(values: dict[str, Any], chosen: dict[str, Any]) -> str:
    """Every precision, and the JPEGs nearest the chosen one in bytes and in PSNR, as markdown."""
    ssim = FIGURES[ssim_of(values["networks"])].title
    lines = [f"| | Bytes | Bits / pixel | dB | {ssim} |", "|:--|--:|--:|--:|--:|"]
    for network in values["networks"]:
        lines.append(_line(f"Network, {PRECISIONS[network['name']]}", network, network is chosen))
    for key, words in (("same_size", "as large"), ("same_psnr", "as good")):
        if key in chosen:
            jpeg = values["jpeg"][chosen[key] - 1]
            lines.append(_line(f"JPEG {jpeg['quality']}, most nearly {words}", jpeg, True))
    raw = values["width"] * values["height"] * 3
    lines.append(f"| Raw pixels | {raw:,} | {RAW_BPP} | exact | 1.000 |")
    return "\n".join(lines)


def _line(name: str, row: dict[str, Any], is_chosen: bool) -> str:
    similar = row.get(ssim_of([row]))
    ssim = "–" if similar is None else f"{similar:.3f}"
    shown = f"**{name}**" if is_chosen else name
    psnr = _psnr(row).removesuffix(" dB")
    return f"| {shown} | {row['bytes']:,} | {row['bpp']:,.2f} | {psnr} | {ssim} |"


def _psnr(row: dict[str, Any]) -> str:
    if row["is_exact"]:
        return "exact"
    return "–" if row["psnr_db"] is None else f"{row['psnr_db']:.2f} dB"


def _counted(spec: FitImageSpec) -> str:
    text = (
        "A network counts its weights and biases; in 8 bits each tensor has a scale and a zero "
        "point of its own, 5 bytes. Its settings, a few words, are not counted. "
    )
    if hasattr(spec.encoding, "draw"):
        text += "The frequencies B are drawn from a seed, so they count as its 4 bytes. "
    return text + (
        "A JPEG counts every byte of its file, header included; from quality 90 on its colour has "
        "full resolution. All figures are of the whole fitted picture. A dash stands for SSIM "
        "where a side is shorter than its window of 11 pixels."
    )


def _height(row: dict[str, Any]) -> float | None:
    return math.inf if row["is_exact"] else row["psnr_db"]


def _traces(values: dict[str, Any]) -> list[dict[str, Any]]:
    jpegs = [row for row in values["jpeg"] if _height(row) is not None]
    curve = {
        "type": "scatter",
        "mode": "lines",
        "name": "JPEG, quality 1 to 100",
        "x": [row["bpp"] for row in jpegs],
        "y": [_height(row) for row in jpegs],
        "customdata": [row["quality"] for row in jpegs],
        "hovertemplate": "JPEG %{customdata}: %{x:.2f} bits per pixel, %{y:.2f} dB<extra></extra>",
    }
    points = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"Network, {PRECISIONS[row['name']]}",
            "x": [row["bpp"]],
            "y": [_height(row)],
            "marker": {"size": 12, "symbol": SYMBOLS[row["name"]]},
            "hovertemplate": "%{x:.2f} bits per pixel, %{y:.2f} dB",
        }
        for row in values["networks"]
        if _height(row) is not None
    ]
    return [curve, *points]


def _layout(values: dict[str, Any]) -> dict[str, Any]:
    sizes = [row["bpp"] for row in [*values["jpeg"], *values["networks"]]] + [RAW_BPP]
    decades = math.log10(max(sizes) / min(sizes))
    raw = {"type": "line", "x0": RAW_BPP, "x1": RAW_BPP, "y0": 0, "y1": 1, "yref": "paper"}
    note = {"text": "raw pixels", "showarrow": False, "font": {"size": 12, "color": GREY}}
    return {
        "xaxis": {
            "type": "log",
            "title": {"text": "Bits per pixel"},
            "range": [math.log10(min(sizes) / 1.3), math.log10(max(sizes) * 1.3)],
            "dtick": "D2" if decades < 2.5 else 1,
            "tickformat": "~g",
        },
        "yaxis": {"title": {"text": "PSNR, in dB"}},
        "height": 380,
        "margin": {"t": 70, "r": 10, "b": 50, "l": 50},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "shapes": [{**raw, "line": {"color": GREY, "width": 1.5, "dash": "dot"}}],
        # Annotations of a log axis take the logarithm, shapes the value.
        "annotations": [
            {**note, "x": math.log10(RAW_BPP), "xanchor": "right", "y": 0, "yref": "paper",
             "yanchor": "bottom"}
        ],
    }  # fmt: skip


def _pictures(lab: Lab, job: JobView, network: dict[str, Any], jpegs: list[dict[str, Any]]) -> None:
    same_size = jpegs[network["same_size"] - 1]
    shown = [
        ("original", "Fitted picture"),
        (f"network/{network['name']}", f"Network, {_facts(network)}"),
        (f"jpeg/{same_size['quality']}", f"JPEG of nearest size, {_facts(same_size)}"),
    ]
    if "same_psnr" in network:
        same_psnr = jpegs[network["same_psnr"] - 1]
        name = f"jpeg/{same_psnr['quality']}"
        shown.append((name, f"JPEG of nearest PSNR, {_facts(same_psnr)}"))
    for column, (name, caption) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            st.image(
                crisp(lab.blob(job.products[name].sha256)),
                caption=caption,
                alt=caption,
                width="stretch",
            )


def _facts(row: dict[str, Any]) -> str:
    return f"{row['bytes']:,} bytes, {_psnr(row)}"
