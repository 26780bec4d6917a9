"""One network of the initialiser studio: its picture, its curve, its folds and what is dead."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from l335.export.report.images import wall_tiles
from l335.labs.studio import dead_words, fold_segments, fold_words, seed_scores
from l335.results.views import RunView
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.ui.chart_config import CHART_CONFIG

MOMENTS = ("Before the first step", "At the end")
FOLDS_PIXELS = 720  # longer side of a picture with folds, drawn twice as large and averaged down
FOLD_COLOUR = (255, 196, 0, 190)
DIMMED = 0.45


def one_network(lab: Lab, key: str, rule: str, place: int, run: RunView | None) -> None:
    """Draw everything that is known of one network.

    Args:
        lab: The lab.
        key: Begins the keys of the charts.
        rule: Name of its initialiser.
        place: Which of the run's networks.
        run: The run it is part of; None before there is one.
    """
    tiles = fitted_tiles(lab, run)
    if run is None or not tiles:
        st.caption("This network has not begun to train.")
        return
    picture, curve = st.columns([1, 2])
    score = seed_scores(run)[place]
    title = f"{rule}, seed {place}: " + ("no score yet" if score is None else f"{score:.2f} dB")
    with picture:
        large = tiles[place].resize((8 * tiles[place].width, 8 * tiles[place].height), 0)
        st.image(large, caption=title, alt=title, output_format="PNG")
    with curve:
        _curve(lab, key, run, place)
    for moment, seeds in zip(MOMENTS, recorded(lab, run, "seeds"), strict=False):
        own = seeds["seeds"][place]
        assert isinstance(run.spec, FitImageSpec)
        words = dead_words(own["dead_units"], own["dead_channels"], run.spec.widths()[0])
        text = " ".join(words) or "no unit and no colour is zero for every pixel."
        st.markdown(f"**{moment}:** {text}")
    _folds(lab, run, place)


def fitted_tiles(lab: Lab, run: RunView | None) -> list[Image.Image]:
    """The fit of each network, by place, cut from the wall the run has stored."""
    picture = lab.previews(run.uid).get("reconstruction") if run else None
    if run is None or picture is None:
        return []
    assert isinstance(run.spec, FitImageSpec)
    return wall_tiles(lab.blob(picture.sha256), run.spec.num_seeds)


def recorded(lab: Lab, run: RunView, part: str) -> list[dict[str, Any]]:
    """What a run recorded of a part, oldest first."""
    kept = [snapshot.parts[part] for snapshot in lab.snapshots(run.uid) if part in snapshot.parts]
    return [_parsed(artifact.sha256) for artifact in kept]


@st.cache_data(max_entries=200, show_spinner=False)
def _parsed(sha256: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(current_lab().blob(sha256))
    return values


def _curve(lab: Lab, key: str, run: RunView, place: int) -> None:
    assert isinstance(run.spec, FitImageSpec)
    metric = f"seed_{place}/psnr_db" if run.spec.num_seeds > 1 else "train/psnr_db"
    series = lab.series(run.uid).get(metric)
    if series is None:
        return
    trace = {"type": "scatter", "mode": "lines", "x": series.step, "y": series.value}
    layout = {
        "xaxis": {"title": {"text": "Step"}},
        "yaxis": {"title": {"text": "PSNR, in dB"}},
        "height": 280,
        "margin": {"t": 10, "r": 10, "b": 40, "l": 50},
    }
    st.plotly_chart({"data": [trace], "layout": layout}, key=f"{key}.curve", config=CHART_CONFIG)


def _folds(lab: Lab, run: RunView, place: int) -> None:
    original = lab.previews(run.uid).get("original")
    moments = recorded(lab, run, "folds")
    if original is None or not moments:
        return
    st.markdown(
        "**Where its first layer folds the picture**",
        help="A ReLU unit of the first layer is zero on one side of a line and rises on the "
        "other. Everything the network can draw without further layers bends along these lines.",
    )
    for column, moment, values in zip(st.columns(2), MOMENTS, moments, strict=False):
        layers = _first_layers(values)
        segments = fold_segments(layers[place])
        words = f"{moment}: {fold_words(len(segments), len(layers[place]))}"
        with column:
            st.image(
                folded_picture(original.sha256, segments),
                caption=words,
                alt=f"Fold lines on the picture. {words}",
                output_format="PNG",
            )


def _first_layers(values: Mapping[str, Any]) -> NDArray[np.float32]:
    flat = np.frombuffer(base64.b64decode(values["values"]), "<f4")
    layers: NDArray[np.float32] = flat.reshape(values["shape"])
    return layers


@st.cache_data(max_entries=40, show_spinner=False)
def folded_picture(sha256: str, segments: NDArray[np.float64]) -> Image.Image:
    """A stored picture, dimmed, with lines on it.

    Args:
        sha256: The picture.
        segments: Ends (x0, y0, x1, y1) of the lines [K, 4], as shares of its sides.
    """
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as opened:
        picture = opened.convert("RGB")
    scale = 2 * FOLDS_PIXELS / max(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    large = picture.resize(size, Image.Resampling.NEAREST).point(lambda level: DIMMED * level)
    pen = ImageDraw.Draw(large, "RGBA")
    for x0, y0, x1, y1 in segments * [*size, *size]:
        pen.line((x0, y0, x1, y1), fill=FOLD_COLOUR, width=3)
    return large.resize((size[0] // 2, size[1] // 2), Image.Resampling.BOX)
