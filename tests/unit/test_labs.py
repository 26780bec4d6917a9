"""Ready labs, all of them: settings, runs, and tables and findings that follow the figures."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from l335.core.errors import NotFound, Problem, SpecError
from l335.core.tables import Table
from l335.labs import LabPreset, lab_called, lab_from_definition, labs, options
from l335.labs.results import Arm, arms_of, failures
from l335.results.views import CellView, ImageView, RunView, Series
from l335.spec import FitImageSpec, spec_from_dict
from l335.spec.sweeps import MAX_CELLS

NAMES = tuple(labs())
IMAGES = {
    name: ImageView(f"{place:x}" * 64, f"{name.capitalize()}: a picture", 600, 512, True, "")
    for place, name in enumerate(["sky", "grass", "mountains", "creek", "dandelion", "pavilion"])
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = "The loss became nan between steps 10 and 20."
CLASSIFIERS = ("basic-against-cnn", "learning-rates", "batch-sizes")
EPOCHS = 4

Score = Callable[[int, int], float | None]
"""The score of an arm, by its place, with a seed."""


def find(name: str) -> ImageView:
    if name not in IMAGES:
        raise SpecError([Problem("image", f"There is no image `{name}` here.")])
    return IMAGES[name]


@dataclass
class Results:
    """A lab's runs as if they had been trained, with scores made up."""

    lab: LabPreset
    score: Score

    def arms(self, change: Callable[[int, RunView], RunView | None] | None = None) -> list[Arm]:
        """The arms; ``change`` gets each run with its place."""
        names = list(self.lab.arms(find))
        views, self.series = [], {}
        for place, cell in enumerate(self.lab.cells(find)):
            arm = names.index(cell.name)
            run = self._run(place, arm, cell.spec)
            self.series[run.uid] = self._series(run)
            shown = run if change is None else change(place, run)
            views.append(CellView(place, cell.name, dict(cell.settings), shown))
        return arms_of(views, self.series.__getitem__)

    def _run(self, place: int, arm: int, spec: object) -> RunView:
        summary = {
            key: {"last": value, "last_step": 10, "best": value, "best_step": 10}
            for key, value in self._values(arm, spec).items()
        }
        return RunView(
            f"{place:032x}", spec.task, spec, "completed", "run", 10, 10, 1.0, 1000, spec.seed, 1,
            "cpu", 1, NOW, NOW, NOW, "", "", summary, None, True,
        )  # fmt: skip

    def _values(self, arm: int, spec: object) -> Mapping[str, float | None]:
        if not isinstance(spec, FitImageSpec):
            score = self.score(arm, spec.seed)
            loss = None if score is None else 1 - score
            return {"test/accuracy": score, "train/accuracy": score, "test/loss": loss}
        scores = [self.score(arm, seed) for seed in spec.seeds]
        known = {f"seed_{place}/psnr_db": value for place, value in enumerate(scores)}
        trained = None if scores[0] is None else scores[0] + 2
        similar = None if scores[0] is None else scores[0] / 100
        first = scores[0] if "num_seeds" in spec.model_fields_set and spec.num_seeds > 1 else None
        return {
            **(known if spec.num_seeds > 1 else {}),
            "train/psnr_db": first if spec.num_seeds > 1 else trained,
            "test/psnr_db": scores[0],
            "train/mean_colour_psnr_db": 9.0,
            "test/mean_colour_psnr_db": 9.0,
            "original/psnr_db": scores[0],
            "original/ssim_valid": similar,
            "original/nearest_psnr_db": 15.0,
            "original/bicubic_psnr_db": 16.0,
            "original/lanczos_psnr_db": 16.5,
        }

    def _series(self, run: RunView) -> dict[str, Series]:
        steps = getattr(run.spec, "steps_per_epoch", 10)
        return {
            key: Series(
                [steps * epoch for epoch in range(1, EPOCHS + 1)],
                [
                    None if entry["last"] is None else entry["last"] * (0.6 + 0.1 * epoch)
                    for epoch in range(1, EPOCHS + 1)
                ],
                [float(epoch) for epoch in range(1, EPOCHS + 1)],
            )
            for key, entry in run.summary.items()
        }


def scale(lab: LabPreset, value: float) -> float:
    """A score between 0 and 1 as an accuracy, or as a PSNR between 10 and 30 dB."""
    return value if lab.task == "classify" else 10 + 20 * value


def rising(lab: LabPreset) -> Score:
    """Later arms are better, and seeds differ by far less than arms."""
    return lambda arm, seed: scale(lab, 0.3 + 0.01 * arm + 0.001 * (seed * (arm + 2) % 3))


def small(name: str) -> LabPreset:
    """The quick mode with three seeds, so that there are intervals."""
    return lab_called(name).quick().changed({"seeds": 3})


def assert_reads_well(table: Table, sentences: list[str], names: tuple[str, ...] = ()) -> None:
    words = [*sentences, table.caption, *(cell for row in table.rows for cell in row)]
    for text in words:
        assert text
        assert not re.search(r"\b(nan|inf|None)\b", text.replace(BROKEN, ""))
    assert {len(row) for row in table.rows} <= {len(table.head)}
    for sentence in sentences:
        assert re.search(r"[.?]$", sentence)
        assert sentence.startswith(names) or sentence[0] == sentence[0].upper()
    assert len(set(sentences)) == len(sentences)


# Settings and runs


def test_labs_are_numbered_in_the_order_of_the_practical() -> None:
    assert [lab.number for lab in labs().values()] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_quick", [False, True])
def test_runs_are_valid_named_apart_and_seeds_change_slowest(name: str, is_quick: bool) -> None:
    lab = lab_called(name).quick() if is_quick else lab_called(name)
    cells, arms = lab.cells(find), lab.arms(find)
    assert 2 <= len(cells) <= MAX_CELLS
    assert len({(cell.name, cell.spec.seed) for cell in cells}) == len(cells)
    assert len({cell.spec.model_dump_json() for cell in cells}) == len(cells)
    assert [cell.name for cell in cells[: len(arms)]] == list(arms)
    assert {cell.spec.seed for cell in cells[: len(arms)]} == {0}
    assert [cell.spec for cell in cells[: len(arms)]] == list(arms.values())
    for cell in cells:
        assert cell.spec.task == lab.task
        assert spec_from_dict(json.loads(cell.spec.model_dump_json())) == cell.spec


def cost(lab: LabPreset) -> float:
    return sum(
        cell.spec.total_steps
        * cell.spec.samples_per_step
        * cell.spec.num_parameters
        * getattr(cell.spec, "num_seeds", 1)
        for cell in lab.cells(find)
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_quick_mode_is_smaller_and_says_what_it_cuts(name: str) -> None:
    lab = lab_called(name)
    quick = lab.quick()
    assert cost(quick) < cost(lab) / 4
    for field, value in lab.quick_changes.items():
        usual = getattr(lab, field)
        assert getattr(quick, field) != usual
        for shown in (value, usual):
            if isinstance(shown, tuple) and isinstance(shown[0], str):
                words = [str(len(shown))]
            else:
                words = [
                    f"{each:,.7g}" for each in (shown if isinstance(shown, tuple) else [shown])
                ]
            for word in words:
                assert re.search(rf"(?<![\d.]){re.escape(word)}(?![\d])", lab.quick_cuts), word


@pytest.mark.parametrize("name", NAMES)
def test_settings_survive_the_store_and_text(name: str) -> None:
    for lab in (lab_called(name), lab_called(name).quick()):
        stored = json.loads(json.dumps(lab.model_dump(mode="json")))
        assert lab_from_definition(name, stored) == lab
        assert lab_from_definition(name, {**stored, "no_longer": 1}) == lab
        texts = {
            key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            for key, value in stored.items()
        }
        assert lab_called(name).changed(texts) == lab


@pytest.mark.parametrize("name", NAMES)
def test_words_are_checked_against_the_options(name: str) -> None:
    lab = lab_called(name)
    for field in type(lab).model_fields:
        if not options(type(lab), field) or field == "kind":
            continue
        with pytest.raises(SpecError, match=f"`{field}`"):
            lab.changed({field: "no such word"})


@pytest.mark.parametrize("name", [name for name, lab in labs().items() if lab.task == "fit-image"])
def test_an_unknown_image_is_named(name: str) -> None:
    with pytest.raises(SpecError, match="no image `moon`"):
        lab_called(name).changed({"images": "moon"}).cells(find)


def test_values_out_of_range_are_refused_before_any_run_is_made() -> None:
    for name, changes in (
        ("sigma", {"sigmas": "1, 0"}),
        ("upsampling", {"sigmas": "5, 2000"}),
        ("design-choices", {"depths": "0, 3"}),
        ("design-choices", {"sizes": "64, 9000"}),
        ("sigma", {"sigmas": ""}),
        ("learning-rates", {"rates": "0.1, 20"}),
        ("batch-sizes", {"sizes": "0, 64"}),
    ):
        [field] = changes
        with pytest.raises(SpecError, match=f"`{field}`"):
            lab_called(name).changed(changes)


def test_an_unknown_lab_gets_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="did you mean `sigma`"):
        lab_called("sigmas")


def test_pictures_of_one_name_stay_apart() -> None:
    twins = {"a": replace(IMAGES["sky"], sha256="c" * 64), "b": IMAGES["sky"]}
    cells = lab_called("sigma").changed({"images": "a, b"}).cells(twins.__getitem__)
    names = {cell.name.partition(",")[0] for cell in cells}
    assert names == {"Sky (cccccc)", "Sky (000000)"}


# Tables and findings


@pytest.mark.parametrize("name", NAMES)
def test_without_runs_there_is_nothing_to_say(name: str) -> None:
    lab = lab_called(name)
    assert lab.finding([]) == []
    assert_reads_well(lab.table([]), [])


@pytest.mark.parametrize("name", NAMES)
def test_before_the_first_result_the_finding_says_what_is_to_come(name: str) -> None:
    lab = small(name)
    waiting = Results(lab, rising(lab)).arms(
        lambda _, run: replace(run, state="queued", summary={}, finished_at=None)
    )
    number = len(lab.cells(find))
    assert lab.finding(waiting) == [f"Still to come: {number} of {number} runs."]
    assert_reads_well(lab.table(waiting), lab.finding(waiting))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", ["queued", "failed", "cancelled", "deleted", "not finite"])
def test_whatever_became_of_some_runs_the_others_are_reported(name: str, state: str) -> None:
    lab = small(name)

    def change(place: int, run: RunView) -> RunView | None:
        if place % 10 != 1:  # of design choices the runs of one design
            return run
        if state == "deleted":
            return None
        if state == "not finite":
            return replace(run, summary={key: {"last": None} for key in run.summary})
        return replace(run, state=state, error_text=BROKEN if state == "failed" else "")

    arms = Results(lab, rising(lab)).arms(change)
    found = lab.finding(arms)
    assert_reads_well(lab.table(arms), found, tuple(arm.name for arm in arms))
    assert len(found) > 1
    text = " ".join(found)
    assert (BROKEN in text) == (state == "failed")
    assert ("stopped." in text) == (state == "cancelled")
    assert ("Still to come" in text) == (state == "queued")


@pytest.mark.parametrize("name", NAMES)
def test_where_every_run_failed_only_that_is_said(name: str) -> None:
    lab = small(name)
    arms = Results(lab, rising(lab)).arms(
        lambda _, run: replace(run, state="failed", summary={}, error_text=BROKEN)
    )
    assert len(lab.finding(arms)) == 1
    assert lab.finding(arms)[0].endswith(BROKEN)
    assert_reads_well(lab.table(arms), lab.finding(arms), tuple(arm.name for arm in arms))


def test_one_arm_that_failed_for_several_reasons_counts_once_each() -> None:
    lab = small("batch-sizes")
    arms = Results(lab, rising(lab)).arms(
        lambda place, run: replace(run, state="failed", error_text=f"Reason {place % 2}.")
    )
    assert len(failures(arms[:1])) == 2


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_makes_no_interval(name: str) -> None:
    changes: dict[str, object] = {"seeds": 1}
    if name == "design-choices":  # there pictures and resolutions are repetitions too
        changes |= {"images": "sky", "sizes": "32"}
    lab = small(name).changed(changes)
    arms = Results(lab, rising(lab)).arms()
    text = " ".join(lab.finding(arms))
    assert "% interval" not in text
    assert "±" not in " ".join(cell for row in lab.table(arms).rows for cell in row[1:])
    assert not any(" to " in cell for row in lab.table(arms).rows for cell in row[1:])


@pytest.mark.parametrize("name", NAMES)
def test_equal_scores_are_level(name: str) -> None:
    lab = small(name)
    arms = Results(lab, lambda _, seed: scale(lab, 0.4 + 0.001 * seed)).arms()
    text = " ".join(lab.finding(arms))
    said = ("level", "No axis made a difference", "do not tell the rules' shares apart")
    assert any(words in text for words in said)
    for sentence in lab.finding(arms):
        if any(f"{name.capitalize()} on " in sentence for name in ("bicubic", "lanczos")):
            continue  # a filter's score is its own
        assert not re.search(r"\d (dB|points) (above|below|ahead)", sentence)


def led(lab: LabPreset, arms: list[Arm]) -> set[str]:
    found = re.findall(r"is highest with (.+?): ", " ".join(lab.finding(arms)))
    return set(found) or set(re.findall(r"best design is ([^,]+),", " ".join(lab.finding(arms))))


@pytest.mark.parametrize("name", NAMES)
def test_the_leader_is_whoever_the_figures_say(name: str) -> None:
    lab = small(name)
    names = list(lab.arms(find))
    number = len(names)
    for turn in (0, 1, number // 2):
        order = [(place + turn) % number for place in range(number)]
        arms = Results(lab, lambda arm, seed, order=order: rising(lab)(order[arm], seed)).arms()
        best = {}
        for arm in sorted(names, key=lambda each: order[names.index(each)]):
            group = arm.partition(", ")[0] if name in ("sigma", "upsampling") else ""
            best[group] = arm
        if name in ("design-choices", "initialisers"):
            continue
        assert led(lab, arms) == set(best.values())


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_swapped_scores_swap_the_sentences(name: str) -> None:
    lab = small(name)
    first, second, *_ = list(lab.arms(find))
    swapped = {0: 1, 1: 0}
    usual = lab.finding(Results(lab, rising(lab)).arms())
    turned = lab.finding(
        Results(lab, lambda arm, seed: rising(lab)(swapped.get(arm, arm), seed)).arms()
    )

    def renamed(text: str) -> str:
        return text.replace(first, "\0").replace(second, first).replace("\0", second)

    assert set(turned) == {renamed(sentence) for sentence in usual}
    assert set(turned) != set(usual)


def test_rules_are_told_apart_by_the_threshold_with_every_seed() -> None:
    lab = small("initialisers").changed({"seeds": 20})
    names = list(lab.arms(find))

    def score(arm: int, seed: int) -> float | None:
        return [16.0, 16.0 if seed else 14.9, 8.0, 15.0, None if seed == 3 else 20.0][arm]

    arms = Results(lab, score).arms()
    always, room, others, apart, flat = lab.finding(arms)
    assert always == f"PSNR is above 15 dB with every seed: {names[0]} (20 of 20)."
    assert room.startswith(
        "20 of 20 seeds still leave room for a share as low as 84 % among all seeds"
    )
    assert others == (
        f"Not with every seed: {names[1]} (19 of 20, 95 % interval 76 to 99 %); {names[2]} (0 of "
        f"20, 95 % interval 0 to 16 %); {names[3]} (0 of 20, 95 % interval 0 to 16 %); {names[4]} "
        "(19 of 20, 95 % interval 76 to 99 %)."
    )
    assert apart == (
        "The intervals lie apart, so that seeds tell: "
        + "; ".join(f"{names[a]} from {names[b]}" for a in (0, 1, 4) for b in (2, 3))
        + "."
    )
    assert flat == (
        f"The mean colour alone has 9.00 dB; no better than that: 20 of 20 with {names[2]}; 1 of "
        f"20 with {names[4]}."
    )
    table = lab.table(arms)
    rows = table.rows
    assert rows[1][1:7] == ("20", "19 of 20", "76 to 99", "14.90", "16.00", "16.00")
    assert "3 hidden layers of 256 with ReLU, bare coordinates, relu output, Adam" in table.caption
    assert rows[-1][:7] == ("Mean colour alone", "–", "–", "–", "–", "9.00", "–")


def test_rules_are_not_ranked_by_the_mean_of_scores_with_two_humps() -> None:
    lab = small("initialisers").changed({"seeds": 20})
    arms = Results(lab, lambda arm, seed: 19.0 if (seed + arm) % 2 else 8.0).arms()
    text = " ".join([*lab.finding(arms), *lab.table(arms).head])
    assert "highest with" not in text
    assert "Mean" not in lab.table(arms).head
    assert "(10 of 20, 95 % interval 30 to 70 %)" in text


def test_dead_colours_of_a_rule_are_said_where_they_were_counted() -> None:
    lab = small("initialisers").changed({"seeds": 2})
    counted = {
        "seed_0/dead_colours": Series([0, 10], [0.0, 1.0], [0.0, 1.0]),
        "seed_1/dead_colours": Series([0, 10], [1.0, 0.0], [0.0, 1.0]),
    }
    found = Results(lab, lambda arm, seed: 19.0 if seed else 8.0).arms()
    arms = [replace(arm, read=lambda _: counted) for arm in found]
    text = " ".join(lab.finding(arms))
    assert (
        "PyTorch's default: 1 of 2 networks had a dead colour before the first step, 1 after the "
        "last. Of those dead at the start 1 of 1 end above 15 dB, of the others 0 of 1 end above"
    ) in text
    assert "does not settle how a network ends" in text
    assert lab.table(arms).rows[0][-2:] == ("1 of 2", "1 of 2")


def test_every_rule_may_start_at_the_mean_colour() -> None:
    lab = lab_called("initialisers").changed({"output_start": "mean_colour", "output": "sigmoid"})
    for spec in lab.arms(find).values():
        assert isinstance(spec, FitImageSpec)
        assert (spec.output, spec.output_bias, spec.output_gain) == ("sigmoid", "mean_colour", 0.1)


def test_no_rule_may_clear_the_threshold() -> None:
    lab = small("initialisers")
    found = lab.finding(Results(lab, lambda arm, seed: 14.0).arms())
    assert found[0] == "No rule is above 15 dB with every seed."


def test_design_choices_rank_by_differences_to_the_base_over_all_seeds() -> None:
    lab = small("design-choices")
    names = list(lab.arms(find))

    def scores(best: str, worst: str) -> list[Arm]:
        def score(arm: int, seed: int) -> float:
            name = names[arm]
            place = (20.0 if "Sky" in name else 10.0) + seed
            noise = 0.01 * ((arm * 7 + seed * 3) % 5 + arm * seed % 7) + 1e-5 * arm**2
            return (
                place
                + noise
                + (2 if name.startswith(best) else 0)
                - (3 if name.startswith(worst) else 0)
            )

        return Results(lab, score).arms()

    for best, worst in itertools.permutations(("Depth 5,", "SGD,", "L1,"), 2):
        arms = scores(best, worst)
        text = " ".join(lab.finding(arms))
        assert f"The best design is {best[:1].lower() if best[0] == 'D' else best[:1]}" in text
        rows = lab.table(arms).rows
        assert rows[0][0] == best.rstrip(",")
        assert rows[-1][0] == worst.rstrip(",")
        assert {row[2] for row in rows} == {"2"}  # pictures, not resolutions or seeds
        over = "at 95 %, Student's t over 2 pictures"
        side = "the base by more than pictures differ"
        above = rf"Above {side}, {over}: .*{best[:-1]} \((\+[\d.]+) dB\)"
        below = rf"Below {side}, {over}: .*{worst[:-1]} \(−([\d.]+) dB\)"
        assert [float(value) for value in re.findall(above, text)] == pytest.approx([2], abs=0.05)
        assert [float(value) for value in re.findall(below, text)] == pytest.approx([3], abs=0.05)
        assert f"The best on average is the same at every resolution: {best[:-1]}." in text


def test_resolutions_that_seeds_do_not_tell_apart_are_level() -> None:
    lab = small("design-choices")
    names = list(lab.arms(find))
    noise = [0.3, -0.2, -0.1]

    def score(arm: int, seed: int) -> float:
        name = names[arm]
        luck = noise[seed] + 0.02 if name.startswith("Width 256") and "64 px" in name else 0.0
        return 20.0 + luck - (2.0 if not name.startswith(("Base", "Width 256")) else 0.0)

    text = " ".join(lab.finding(Results(lab, score).arms()))
    assert "differs between resolutions" not in text
    assert "level within the spread of seeds" in text


def test_a_design_without_encoding_is_always_among_them() -> None:
    lab = lab_called("design-choices").changed({"losses": "", "optimizers": "", "depths": ""})
    names = list(lab.arms(find))
    assert "No encoding, Sky, 64 px" in names
    older = [arm for arm in Results(lab, rising(lab)).arms() if "No encoding" not in arm.name]
    assert "No encoding" not in {row[0] for row in lab.table(older).rows}  # of earlier runs


def test_a_design_may_win_at_one_resolution_only() -> None:
    lab = small("design-choices")
    names = list(lab.arms(find))
    wins = {"Depth 5, Sky, 32 px", "Depth 5, Mountains, 32 px", "SGD, Sky, 64 px"}
    arms = Results(lab, lambda arm, seed: 20.0 + 2 * (names[arm] in wins) + 0.01 * seed).arms()
    assert (
        "The best on average differs between resolutions: Depth 5 at 32 px (+2.00 dB) and SGD at "
        "64 px (+1.00 dB)."
    ) in lab.finding(arms)


def sigma_arms(best: Mapping[str, float], spread: float = 0.01) -> tuple[LabPreset, list[Arm]]:
    """Held-out PSNR falls by 3 dB for each place between a sigma and the picture's best."""
    lab = small("sigma")
    names = list(lab.arms(find))

    def score(arm: int, seed: int) -> float:
        picture, _, sigma = names[arm].partition(", sigma ")
        if not sigma:
            return 8.0 + spread * seed * (1 + arm % 3)  # no encoding, below the mean colour
        values = list(lab.sigmas)
        away = abs(values.index(float(sigma)) - values.index(best[picture]))
        return 30 - 3 * away + spread * seed * (1 + arm % 3)

    return lab, Results(lab, score).arms()


def test_sigma_names_the_best_its_neighbours_and_what_the_ends_lose() -> None:
    lab, arms = sigma_arms({"Sky": 5.0, "Grass": 10.0})
    text = " ".join(lab.finding(arms))
    assert "Held-out PSNR is highest with Sky, sigma 5: 30.0" in text
    assert re.search(r"Sky, sigma 1 is \d\.\d\d dB below Sky, sigma 5, 95 % interval", text)
    assert re.search(r"Sky, sigma 10 is \d\.\d\d dB below Sky, sigma 5, 95 % interval", text)
    assert "Sky, sigma 30 is" not in text  # no neighbour
    assert "With Sky, sigma 100 the trained pixels have" in text
    assert "Sky, sigma 1 loses" in text
    assert "The best sigma differs between pictures: 5 on Sky and 10 on Grass." in text
    lab, arms = sigma_arms({"Sky": 10.0, "Grass": 10.0})
    assert "The best sigma is the same on Sky and Grass: 10." in lab.finding(arms)


def test_a_best_sigma_at_an_end_may_lie_beyond_it() -> None:
    lab, arms = sigma_arms({"Sky": 1.0, "Grass": 100.0})
    text = " ".join(lab.finding(arms))
    assert "Sky, sigma 1 is the lowest that was tried, so the best may lie beyond it." in text
    assert "Grass, sigma 100 is the highest that was tried" in text
    assert "Sky, sigma 1 loses" not in text
    assert "With Grass, sigma 100 the trained" not in text


def test_sigmas_that_seeds_do_not_tell_apart_are_named() -> None:
    lab, arms = sigma_arms({"Sky": 5.0, "Grass": 10.0}, spread=4.0)
    text = " ".join(lab.finding(arms))
    assert "Too close to call" in text
    assert "level within the spread of seeds on every picture: " in text


def test_best_sigmas_alike_but_not_told_from_others_are_called_level() -> None:
    lab, arms = sigma_arms({"Sky": 5.0, "Grass": 5.0}, spread=4.0)
    text = " ".join(lab.finding(arms))
    assert "The best sigma is the same" not in text
    assert "; level within the spread of seeds on every picture: " in text


def test_no_encoding_is_always_tried_and_what_is_below_the_mean_colour_is_named() -> None:
    lab, arms = sigma_arms({"Sky": 5.0, "Grass": 10.0})
    text = " ".join(lab.finding(arms))
    assert re.search(r"Sky, no encoding is \d+\.\d\d dB below Sky, sigma 5, 95 % interval", text)
    assert "Held out worse than one flat colour (9.00 dB): Sky, no encoding (8." in text
    assert "Below the best of each picture, in dB: sigma 1: " in text
    rows = [row[0] for row in lab.table(arms).rows]
    assert {"Sky, no encoding", "Grass, no encoding"} <= set(rows)
    # Of earlier runs, which had none.
    older = [arm for arm in arms if "no encoding" not in arm.name]
    assert "no encoding" not in " ".join(lab.finding(older))


def test_upsampling_compares_the_best_network_with_the_best_filter() -> None:
    lab = small("upsampling")
    names = list(lab.arms(find))

    def arms(mountains: float, dandelion: float) -> list[Arm]:
        def score(arm: int, seed: int) -> float:
            start = mountains if "Mountains" in names[arm] else dandelion
            return start - ("sigma 5" in names[arm]) + 0.01 * seed

        return Results(lab, score).arms()

    text = " ".join(lab.finding(arms(18.0, 15.5)))
    assert "Mountains, sigma 3 is 1.51 dB above Lanczos on Mountains (16.50 dB)" in text
    assert "Dandelion, sigma 3 is 0.99 dB below Lanczos on Dandelion (16.50 dB)" in text
    assert text.endswith(
        "The best network has the higher PSNR than Nearest on 2 of 2 pictures, Bicubic on 1 of 2 "
        "pictures and Lanczos on 1 of 2 pictures."
    )
    turned = " ".join(lab.finding(arms(15.5, 18.0)))
    assert "Dandelion, sigma 3 is 1.51 dB above Lanczos" in turned
    rows = {row[0]: row for row in lab.table(arms(18.0, 15.5)).rows}
    assert rows["Mountains, Lanczos"] == ("Mountains, Lanczos", "–", "16.50", "–", "–")
    assert rows["Dandelion, sigma 5"][1:3] == ("3", "14.51 ± 0.01")


def test_runs_of_before_filters_were_recorded_have_no_row_for_them() -> None:
    lab = small("upsampling")
    arms = Results(lab, rising(lab)).arms(
        lambda _, run: replace(
            run, summary={k: v for k, v in run.summary.items() if not re.search("st_|bic|lan", k)}
        )
    )
    assert not any("Lanczos" in row[0] for row in lab.table(arms).rows)
    assert "Lanczos" not in " ".join(lab.finding(arms))


IMAGE_LABS = [name for name, lab in labs().items() if lab.task == "fit-image"]
PERFECT = {
    "one arm": lambda arm, seed: math.inf if arm == 1 else 20.0 + arm + seed / 10,
    "the last arm": lambda arm, seed: math.inf if arm >= 2 else 20.0 + seed / 10,
    "one seed of an arm": lambda arm, seed: math.inf if (arm, seed) == (0, 0) else 20.0 + arm,
    "every arm": lambda arm, seed: math.inf,
}


@pytest.mark.parametrize("case", PERFECT)
@pytest.mark.parametrize("name", IMAGE_LABS)
def test_perfect_fits_are_told_without_numbers_that_are_none(name: str, case: str) -> None:
    lab = small(name)
    arms = Results(lab, PERFECT[case]).arms()
    assert_reads_well(lab.table(arms), lab.finding(arms))
