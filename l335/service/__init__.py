"""The lab: everything pages and the command line do, in front of the store and the runner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from l335.core.errors import NotFound, Problem, SpecError
from l335.core.settings import Settings
from l335.data.blobs import BLOBS_FOLDER, Blobs
from l335.results.views import (
    ArtifactView,
    MetricsPage,
    RunView,
    Series,
    Snapshot,
    UnreadableRun,
)
from l335.service.admission import Admission
from l335.service.analyses import Analyses
from l335.service.estimates import Estimates
from l335.service.images import Images
from l335.service.sweeps import Sweeps, all_series
from l335.spec import Spec, with_changes
from l335.spec.identity import settings_text
from l335.store import Store, artifacts, jobs, names, runs, sweeps
from l335.store.locks import RUNNER_LOCK, is_held
from l335.store.tables import run as run_table

if TYPE_CHECKING:
    from l335.runner.attempt import Attempt

MAX_SEEDS = 64


class Lab:
    """One installation. Safe to use from several threads; imports neither torch nor streamlit.

    Attributes:
        settings: Where its data is and how much of the machine it may use.
        store: Its database.
        blobs: Its files.
        images: Pictures runs can be fitted to.
        sweeps: Lists of runs that are queued at once.
        estimates: How long runs will take.
        analyses: Questions about runs.
    """

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings, self.store, self.blobs = settings, store, blobs
        self.images = Images(store, blobs)
        self._admission = Admission(settings, self.images)
        self.sweeps = Sweeps(settings, store, self.images, self._admission)
        self.estimates = Estimates(settings, store, self._admission, self.find_runs)
        self.analyses = Analyses(store, self.images)

    @classmethod
    def open(cls, settings: Settings) -> Lab:
        """Open an installation; its data folder is created or migrated first."""
        store = Store.open(settings.data_dir)
        return cls(settings, store, Blobs(settings.data_dir / BLOBS_FOLDER))

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    # Runs

    def submit(self, spec: Spec, device: str = "auto") -> str:
        """Queue a run; returns its uid.

        Raises:
            SpecError: It would not fit in memory, or its image does not exist.
        """
        wanted = self.settings.device if device == "auto" else device
        spec = self._admission.fitting(spec, wanted)
        with self.store.write() as connection:
            return runs.add(connection, spec, wanted, self.settings.threads_per_run())

    def submit_seeds(self, spec: Spec, count: int) -> list[str]:
        """Queue the same run with consecutive seeds, the first being its own; returns their uids.

        Raises:
            SpecError: The count is out of range, or the run is refused.
        """
        if not 1 <= count <= MAX_SEEDS:
            message = f"`seeds` is {count}; it must be between 1 and {MAX_SEEDS}."
            raise SpecError([Problem("seeds", message)])
        return self.submit_all([with_changes(spec, seed=spec.seed + each) for each in range(count)])

    def submit_all(self, specs: Sequence[Spec]) -> list[str]:
        """Queue several runs, all or none; returns their uids.

        Raises:
            SpecError: One of them is refused.
        """
        device, threads = self.settings.device, self.settings.threads_per_run()
        specs = [self._admission.fitting(spec, device) for spec in specs]
        with self.store.write() as connection:
            first = runs.places_behind(connection)
            return [
                runs.add(connection, spec, device, threads, place=place)
                for place, spec in enumerate(specs, first)
            ]

    def siblings(self, uid: str) -> list[RunView]:
        """Runs with the same settings but for the seed, this one with them, by seed."""
        with self.store.read() as connection:
            return runs.siblings(connection, uid)

    def beside(self, spec: Spec) -> dict[str, list[RunView]]:
        """Completed runs that differ from a specification in one setting, by its dotted name."""
        with self.store.read() as connection:
            return runs.beside(connection, spec)

    def find_run(self, spec: Spec) -> RunView | None:
        """The newest run a new one of these settings would repeat, not failed and not stopped."""
        with self.store.read() as connection:
            return runs.find(connection, spec, self._admission.precision)

    def find_runs(self, specs: Sequence[Spec]) -> list[RunView | None]:
        """For each specification the newest run of it that has not failed or been stopped."""
        specs = [self._admission.checked(spec) for spec in specs]
        with self.store.read() as connection:
            known = sweeps.existing(connection, specs, self._admission.precision)
            views = runs.by_number(connection, list(known.values()))
        found = [views.get(known.get(settings_text(spec), -1)) for spec in specs]
        return [run if isinstance(run, RunView) else None for run in found]

    def newest_run(self, spec: Spec) -> RunView | None:
        """The newest run a new one of these settings would repeat, whatever became of it."""
        with self.store.read() as connection:
            return runs.newest(connection, spec, self._admission.precision)

    def extend(self, uid: str, more: int) -> None:
        """Let a completed run train on from its last checkpoint.

        A schedule is that of the new total from there on, so that the run is no longer one of its
        settings: it is marked, and neither reused nor counted among their seeds.

        Args:
            uid: The run.
            more: Further epochs of a classifier, further steps of a fitted image.

        Raises:
            SpecError: The new total is out of range.
            LabError: The run has not completed.
        """
        with self.store.write() as connection:
            runs.extend(connection, uid, more)

    def runs(self, limit: int = 100, offset: int = 0, task: str | None = None) -> list[RunView]:
        """Runs that are not deleted, newest first, without those that can't be read."""
        found = self.listing(limit, offset, task)
        return [run for run in found if isinstance(run, RunView)]

    def listing(
        self, limit: int = 100, offset: int = 0, task: str | None = None
    ) -> list[RunView | UnreadableRun]:
        """Every run that is not deleted, newest first, those that can't be read among them."""
        with self.store.read() as connection:
            return runs.page(connection, limit, offset, task)

    def count_runs(self, task: str | None = None) -> int:
        """How many runs are not deleted."""
        with self.store.read() as connection:
            return runs.count(connection, task)

    def run(self, uid: str) -> RunView:
        """A run.

        Raises:
            NotFound: There is none of this uid.
            Unreadable: This version can't read it.
        """
        with self.store.read() as connection:
            return runs.one(connection, uid)

    def run_called(self, name: str) -> RunView:
        """The run of this uid, or the only listed one whose uid begins so.

        Raises:
            NotFound: None or more than one fits.
        """
        hint = "`python -m l335 runs` lists all runs."
        with self.store.read() as connection:
            uid = names.full_uid(connection, run_table, runs.IS_LISTED, name, hint)
            return runs.one(connection, uid)

    def stop(self, uid: str) -> None:
        """End a run; what it has made is kept."""
        with self.store.write() as connection:
            runs.wish(connection, uid, "cancel")

    def pause(self, uid: str) -> None:
        """Let a run checkpoint and give up its slot."""
        with self.store.write() as connection:
            runs.wish(connection, uid, "pause")

    def resume(self, uid: str) -> None:
        """Queue a paused, stopped or failed run again, from its last checkpoint.

        Raises:
            LabError: It has completed.
        """
        with self.store.write() as connection:
            runs.resume(connection, uid)

    def delete(self, uid: str) -> None:
        """Hide a run, stopping it and its analyses where they go on; ``restore`` undoes this."""
        with self.store.write() as connection:
            runs.delete(connection, uid)
            jobs.end_of_run(connection, uid)

    def restore(self, uid: str) -> None:
        """Show a deleted run again."""
        with self.store.write() as connection:
            runs.restore(connection, uid)

    # What runs have made

    def metrics(self, uid: str, after: int = 0, limit: int = 5000) -> MetricsPage:
        """Rows committed after a cursor, oldest first."""
        with self.store.read() as connection:
            return artifacts.metrics(connection, uid, after, limit)

    def series(self, uid: str) -> dict[str, Series]:
        """Every point of a run that counts, by metric key.

        Raises:
            NotFound: There is no run of this uid.
        """
        return all_series(self.store, uid)

    def previews(self, uid: str) -> dict[str, ArtifactView]:
        """The newest picture of each name."""
        with self.store.read() as connection:
            return artifacts.previews(connection, uid)

    def snapshots(self, uid: str) -> list[Snapshot]:
        """What was recorded of a run's course, oldest first."""
        with self.store.read() as connection:
            return artifacts.snapshots(connection, uid)

    def artifact(self, uid: str) -> ArtifactView:
        """A picture or file by its uid.

        Raises:
            NotFound: There is none.
        """
        with self.store.read() as connection:
            return artifacts.one(connection, uid)

    def blob(self, sha256: str) -> bytes:
        """The bytes of a picture, file or image.

        Raises:
            NotFound: Nothing that is shown refers to this address.
        """
        with self.store.read() as connection:
            if not artifacts.is_referred(connection, sha256):
                raise NotFound(f"There is no picture or file {sha256[:64]}.")
        return self.blobs.get(sha256)

    def checkpoint(self, uid: str) -> bytes:
        """The newest checkpoint of a run.

        Raises:
            LabError: It has none yet.
        """
        with self.store.read() as connection:
            _, sha256 = artifacts.newest_checkpoint(connection, uid)
        return self.blobs.get(sha256)

    # Training

    @contextlib.contextmanager
    def attempt(
        self, spec: Spec, device: str, threads: int, precision: str = ""
    ) -> Iterator[Attempt]:
        """Train a new run in this process: ``with lab.attempt(...) as attempt``.

        The run fails where the block raises, is cancelled where it is interrupted, and its rows
        reach the store in the background, by the same way as the runner's.
        """
        from l335.runner.attempt import attempt

        spec = self._admission.checked(spec)
        with attempt(self.store, self.blobs, spec, device, threads, precision) as own:
            yield own

    def runner_alive(self) -> bool:
        """Whether a runner works on this data folder."""
        return is_held(self.settings.data_dir / RUNNER_LOCK)
