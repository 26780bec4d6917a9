"""The command line as people use it: real processes, real training."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from l335.core.settings import ASSETS, ROOT

QUICK = ["--set", "train_size=200", "--set", "epochs=1"]
SMALL_FIT = ["--set", "image_size=32", "--set", "steps=30", "--set", "width=32"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


def command(data_dir: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-m", "l335", *words], {**os.environ, "L335_DATA_DIR": str(data_dir)}


def l335(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line, env = command(data_dir, *words)
    return subprocess.run(line, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def trained(data_dir: Path, tmp_path: Path, *words: str) -> dict:
    target = tmp_path / "out.json"
    done = l335(data_dir, "train", *words, "--json", str(target))
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text())


def test_train_writes_one_object(data_dir: Path, tmp_path: Path):
    facts = trained(data_dir, tmp_path, "classify-cnn", *QUICK)
    assert facts["state"] == "completed"
    assert facts["num_parameters"] == 669_272
    assert facts["spec"]["train_size"] == 200
    assert set(facts["metrics"]) >= {"train/loss", "train/accuracy", "test/accuracy", "test/loss"}
    assert facts["best"]["test/accuracy"]["value"] >= facts["metrics"]["test/accuracy"]
    assert 0 < facts["train_seconds"] <= facts["seconds"]
    assert facts["steps_per_second"] == pytest.approx(4 / facts["train_seconds"], rel=0.05)
    shown = l335(data_dir, "show", facts["run"][:8], "--json")
    assert json.loads(shown.stdout)["run"] == facts["run"]
    assert facts["run"][:8] in l335(data_dir, "runs").stdout


@pytest.mark.slow
def test_one_epoch_of_the_basic_net_reaches_the_known_accuracy(data_dir: Path, tmp_path: Path):
    facts = trained(data_dir, tmp_path, "classify-basic", "--set", "epochs=1")
    assert facts["num_parameters"] == 669_706
    assert facts["metrics"]["test/accuracy"] == pytest.approx(0.70, abs=0.03)


@pytest.mark.slow
def test_random_batches_pass_25_db_within_300_steps(data_dir: Path, tmp_path: Path):
    settings = ["image_size=256", "crop=square", "encoding.sigma=10", "steps=300"]
    words = [word for setting in settings for word in ("--set", setting)]
    image = str(ASSETS / "images" / "mountains.png")
    facts = trained(data_dir, tmp_path, "fit-image", "--image", image, *words)
    assert facts["metrics"]["train/mean_colour_psnr_db"] == pytest.approx(13.45, abs=0.01)
    assert facts["metrics"]["train/psnr_db"] > 25


def test_each_evaluation_is_printed_once_with_its_own_figures(data_dir: Path, tmp_path: Path):
    target = tmp_path / "out.json"
    words = ["--set", "train_size=200", "--set", "epochs=2", "--json", str(target)]
    done = l335(data_dir, "train", "classify-basic", *words)
    lines = [line for line in done.stderr.splitlines() if line.startswith("step ")]
    steps = [int(line.split()[1].rstrip(":")) for line in lines]
    assert len(steps) == len(set(steps)) > 1
    facts = json.loads(target.read_text())
    assert steps[-1] == facts["step"]
    assert f"test accuracy {100 * facts['metrics']['test/accuracy']:.1f} %" in lines[-1]
    fit = l335(data_dir, "train", "fit-image", *SMALL_FIT)
    steps = [line.split()[1] for line in fit.stderr.splitlines() if line.startswith("step ")]
    assert len(steps) == len(set(steps)) > 1


def test_upsample_writes_a_png_of_the_right_size(data_dir: Path, tmp_path: Path):
    image = str(ASSETS / "images" / "pavilion.jpg")
    facts = trained(data_dir, tmp_path, "fit-image", "--image", image, *SMALL_FIT)
    target = tmp_path / "large.png"
    done = l335(data_dir, "upsample", facts["run"], "--factor", "4", "--out", str(target))
    assert done.returncode == 0, done.stderr
    assert size_of(target) == (128, 84)
    refused = l335(data_dir, "upsample", facts["run"], "--factor", "9", "--out", str(target))
    assert refused.returncode == 2
    assert "`factor` is 9; it must be a number between 1 and 8." in refused.stderr
    size = ["--size", "50x40", "--bits", "16", "--margin", "0.1"]
    done = l335(data_dir, "upsample", facts["run"], *size, "--out", str(target))
    assert done.returncode == 0, done.stderr
    assert size_of(target) == (60, 48)
    refused = l335(data_dir, "upsample", facts["run"], "--size", "big", "--out", str(target))
    assert "big is no size; write width x height" in refused.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["classify-basc"], "There is no preset `classify-basc`; did you mean `classify-basic`?"),
        (["classify-basic", "--set", "epoch=3"], "did you mean `epochs`?"),
        (["classify-basic", "--set", "epochs=0"], "`epochs` is 0; it must be a whole number"),
        (["classify-basic", "--set", "lr=nan"], "`lr` is nan; it must be a number between"),
        (["classify-basic", "--image", "Makefile"], "`--image` goes with fit-image"),
        (["fit-image", "--image", "Makefile"], "PNG, JPEG"),
        (["fit-image", "--image", "nowhere.png"], "does not exist"),
        (["fit-image", "--device", "cuda"], "this machine offers cpu"),
        (["fit-image", "--json", "/nowhere/out.json"], "The folder /nowhere does not exist."),
    ],
)
def test_bad_input_ends_with_a_sentence_and_exit_2(data_dir: Path, words: list[str], sentence: str):
    if "cuda" in words:
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has a CUDA device, so asking for it is no error")
    done = l335(data_dir, "train", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_script_writes_what_repeats_the_run(data_dir: Path, tmp_path: Path):
    facts = trained(data_dir, tmp_path, "fit-image", *SMALL_FIT)
    target = tmp_path / "again" / "repeat.py"
    refused = l335(data_dir, "script", facts["run"], "--out", str(target))
    assert refused.returncode == 2
    assert "Make it first." in refused.stderr
    target.parent.mkdir()
    done = l335(data_dir, "script", facts["run"], "--out", str(target))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(target.with_name("mountains.png")), str(target)]
    line = [sys.executable, "repeat.py", "--json", "found.json"]
    assert subprocess.run(line, cwd=target.parent, check=False).returncode == 0
    found = json.loads((target.parent / "found.json").read_text())
    assert found["train/psnr_db"] == pytest.approx(facts["metrics"]["train/psnr_db"], abs=1e-4)
    printed = l335(data_dir, "script", facts["run"][:8])
    assert printed.stdout == target.read_text()
    assert "mountains.png, which --out FILE writes." in printed.stderr
    target.with_name("mountains.png").write_bytes(b"mine")
    refused = l335(data_dir, "script", facts["run"], "--out", str(target))
    assert refused.returncode == 2
    assert "exists and is another file" in refused.stderr


@pytest.mark.parametrize(
    "words", [["show", "nothing"], ["script", "nothing"], ["upsample", "nothing", "--out", "x.png"]]
)
def test_an_unknown_run_says_how_to_find_one(data_dir: Path, words: list[str]):
    done = l335(data_dir, *words)
    assert done.returncode == 2
    assert "There is no run `nothing`. `python -m l335 runs` lists all runs." in done.stderr


def test_a_diverging_run_fails_with_its_remedy(data_dir: Path):
    settings = ["lr=10", "optimizer=sgd", "output=linear", "image_size=16", "encoding.sigma=1"]
    words = [word for setting in settings for word in ("--set", setting)]
    done = l335(data_dir, "train", "fit-image", *words)
    assert done.returncode == 2
    assert "Lower `lr`" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_keeps_the_run_and_its_weights(data_dir: Path, tmp_path: Path):
    line, env = command(data_dir, "train", "fit-image", "--json", str(tmp_path / "out.json"))
    process = subprocess.Popen(line, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for shown in process.stderr:
        if shown.startswith("step") and not shown.startswith("step 0"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    process.stderr.close()
    facts = json.loads((tmp_path / "out.json").read_text())
    assert facts["state"] == "cancelled"
    assert 0 < facts["step"] < 1000
    target = tmp_path / "stopped.png"
    words = ["upsample", facts["run"], "--factor", "1", "--out", str(target)]
    assert l335(data_dir, *words).returncode == 0
    assert size_of(target) == (256, 192)


def test_a_taken_port_is_named(data_dir: Path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = l335(data_dir, "serve", "--port", str(port))
    assert done.returncode == 2
    assert f"choose another port: --port {port + 1}" in done.stderr.replace("\n", " ")


def test_a_lab_says_what_came_out(data_dir: Path, tmp_path: Path):
    target = tmp_path / "lab.json"
    words = ["lab", "learning-rates", "--seeds", "2", "--set", "rates=0.1,0.01"]
    words += ["--set", "epochs=1", "--set", "train_size=500", "--json", str(target)]
    done = l335(data_dir, *words)
    assert done.returncode == 0, done.stderr
    facts = json.loads(target.read_text())
    assert facts["settings"]["rates"] == [0.1, 0.01]
    assert [row[0] for row in facts["table"]["rows"]] == ["lr 0.1", "lr 0.01"]
    assert all(len(facts["scores"][name]["test/accuracy"]) == 2 for name in facts["scores"])
    assert facts["finding"][0].startswith("Test accuracy is highest with lr 0.")
    assert "What these results show" in done.stdout
    assert {run["state"] for run in facts["runs"]} == {"completed"}
    before = time.monotonic()
    again = l335(data_dir, *words)
    assert again.returncode == 0, again.stderr
    assert json.loads(target.read_text())["scores"] == facts["scores"]
    assert {run["run"] for run in json.loads(target.read_text())["runs"]} == {
        run["run"] for run in facts["runs"]
    }, f"trained again, in {time.monotonic() - before:.0f} s"


def test_a_sweep_is_a_grid_or_a_list(data_dir: Path, tmp_path: Path):
    target = tmp_path / "sweep.json"
    words = ["sweep", "fit-image", *SMALL_FIT, "--json", str(target)]
    done = l335(data_dir, *words, "--grid", "lr=0.01,0.001", "--grid", "seed=0..1")
    assert done.returncode == 0, done.stderr
    cells = json.loads(target.read_text())["cells"]
    assert [(cell["spec"]["lr"], cell["spec"]["seed"]) for cell in cells] == [
        (0.01, 0), (0.001, 0), (0.01, 1), (0.001, 1),
    ]  # fmt: skip
    done = l335(data_dir, *words, "--cell", "lr=0.01 sigma=3", "--cell", "lr=0.002")
    assert done.returncode == 0, done.stderr
    cells = json.loads(target.read_text())["cells"]
    assert [cell["settings"] for cell in cells] == [{"lr": "0.01", "sigma": "3"}, {"lr": "0.002"}]


def test_a_run_of_a_sweep_that_fails_is_said_and_the_others_go_on(data_dir: Path, tmp_path: Path):
    target = tmp_path / "sweep.json"
    words = ["sweep", "classify-basic", *QUICK, "--grid", "lr=10,0.01", "--json", str(target)]
    done = l335(data_dir, *words, "--set", "epochs=5")
    cells = json.loads(target.read_text())["cells"]
    assert [cell["state"] for cell in cells] == ["failed", "completed"]
    assert done.returncode == 2
    assert "1 of 2 runs failed. The first: The loss became" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lab", "learnin-rates"], "There is no lab `learnin-rates`; did you mean"),
        (["lab", "learning-rates", "--seeds", "0"], "`seeds` is 0; it must be a whole number"),
        (["lab", "learning-rates", "--set", "rates"], "`rates` is not a setting; write key=value"),
        (["lab", "learning-rates", "--set", "epoch=1"], "`epoch` is not a setting here; did you"),
        (["sweep", "classify-basic"], "Give one --grid or more, or one --cell or more"),
        (["sweep", "classify-basic", "--grid", "lr"], "`lr` is no axis; write key=value,value"),
        (["sweep", "classify-basic", "--grid", "seed=0..500"], "must count upwards"),
        (["sweep", "classify-basic", "--grid", "lr=0.1,11"], "The cell lr=11 can't be trained"),
        (["sweep", "classify-basic", "--cell", "lr"], "`lr` is no cell; write settings"),
    ],
)
def test_labs_and_sweeps_that_can_not_be_are_refused_in_a_sentence(
    data_dir: Path, words: list[str], sentence: str
):
    done = l335(data_dir, *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_a_lab_and_keeps_what_it_has(data_dir: Path):
    words = ["lab", "batch-sizes", "--seeds", "1", "--set", "epochs=200"]
    line, env = command(data_dir, *words)
    process = subprocess.Popen(
        line, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while "running" not in l335(data_dir, "runs").stdout and time.monotonic() < deadline:
        time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert "running" not in l335(data_dir, "runs").stdout
