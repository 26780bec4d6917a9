from __future__ import annotations

import pytest

from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        (["image_size=64", "batch_pixels=1024", "steps=70"], 3),  # about a second
        (["image_size=64", "batch_pixels=1024", "steps=206"], 6),  # about three
        (["image_size=256", "batch_pixels=4096", "steps=1000"], 29),  # half a minute
    ],
)
def test_how_often_an_image_run_is_looked_at(settings: list[str], number: int) -> None:
    sized = PRESETS["fit-image"].spec.model_copy(update={"image_width": 512, "image_height": 512})
    spec = with_settings(sized, settings)
    steps = spec.evaluation_steps()
    assert len(steps) == number
    assert {0, spec.total_steps} <= steps


def test_many_seeds_make_a_short_run_a_long_one() -> None:
    sized = PRESETS["fit-image"].spec.model_copy(update={"image_width": 512, "image_height": 512})
    settings = ["image_size=64", "batch_pixels=1024", "steps=70"]
    alone, stacked = (with_settings(sized, [*settings, f"num_seeds={n}"]) for n in (1, 16))
    assert len(alone.evaluation_steps()) < len(stacked.evaluation_steps())
