"""Times in the terminal and in a report: in this machine's zone, named, as it was on that date."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from l335.bench.many_runs import fill
from l335.cli import cli
from l335.core.settings import Settings
from l335.service import Lab
from l335.store import tables

BOTH_SIDES = {
    datetime(2024, 10, 26, 22, 30, tzinfo=UTC): ("2024-10-27 00:30 CEST", "+02:00"),
    datetime(2024, 10, 27, 22, 30, tzinfo=UTC): ("2024-10-27 23:30 CET", "+01:00"),
}


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
def test_a_run_has_the_offset_of_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L335_DATA_DIR", str(tmp_path))
    lab = Lab.open(Settings(data_dir=tmp_path))
    fill(lab, 25)
    uids = [run.uid for run in lab.runs(limit=2, task="classify")]
    for uid, moment in zip(uids, BOTH_SIDES, strict=True):
        with lab.store.write() as connection:
            at = {"created_at": moment.timestamp(), "started_at": moment.timestamp()}
            connection.execute(update(tables.run).where(tables.run.c.uid == uid).values(**at))
    lab.close()
    listed = CliRunner().invoke(cli, ["runs"]).output.splitlines()
    for uid, (shown, offset) in zip(uids, BOTH_SIDES.values(), strict=True):
        [line] = [line for line in listed if line.startswith(uid[:8])]
        assert f"  {shown}  " in line
        said = CliRunner().invoke(cli, ["show", uid]).output
        assert f"Submitted {shown}, started {shown}, ended " in said
        facts = json.loads(CliRunner().invoke(cli, ["show", uid, "--json"]).output)
        iso = f"{shown[:16].replace(' ', 'T')}:00{offset}"
        assert facts["submitted"] == facts["started"] == iso
        out = tmp_path / "report.md"
        done = CliRunner().invoke(cli, ["report", uid, "--without-looks", "--out", str(out)])
        assert done.exit_code == 0, done.output
        assert shown in out.read_text()
