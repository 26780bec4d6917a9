"""The lab: everything pages and the command line do, in front of the store and the runner."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from l335.analyses.looks import AtImage, UpsampleLook, look_from_dict
from l335.core.errors import LabError, NotFound, Problem, SpecError
from l335.core.settings import ASSETS, Settings
from l335.data.blobs import BLOBS_FOLDER, Blobs
from l335.results.views import (
    ArtifactView,
    ImageView,
    JobView,
    MetricsPage,
    RunView,
    Snapshot,
    UnreadableRun,
)
from l335.service.analyses import is_large
from l335.service.estimates import Estimates
from l335.service.removal import remove_image
from l335.spec import FitImageSpec, Spec, with_changes
from l335.store import Store, artifacts, jobs, names, runs
from l335.store.locks import RUNNER_LOCK, is_held
from l335.store.tables import run as run_table

if TYPE_CHECKING:
    from l335.runner.attempt import Attempt

MAX_NAME_LENGTH = 80
MAX_SEEDS = 64


class Lab(Estimates):
    """One installation. Safe to use from several threads; imports neither torch nor streamlit."""

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        super().__init__(settings, store, blobs)
        self._seeding = threading.Lock()
        self._is_seeded = False

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
        spec = self._fitting(spec, wanted)
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
        specs = [self._fitting(spec, device) for spec in specs]
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
            return runs.find(connection, spec, self._precision)

    def newest_run(self, spec: Spec) -> RunView | None:
        """The newest run a new one of these settings would repeat, whatever became of it."""
        with self.store.read() as connection:
            return runs.newest(connection, spec, self._precision)

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

    # Images

    def add_image(self, data: bytes, name: str) -> ImageView:
        """Check, clean and store an image from a person.

        Raises:
            ImageRefused: The text says why.
        """
        self._seed_images()  # or a bundled one, given as a file, would be taken for a person's own
        return self._store_image(data, name, bundled=False)

    def images(self) -> list[ImageView]:
        """Bundled images, then uploaded ones, newest first."""
        self._seed_images()
        with self.store.read() as connection:
            return artifacts.images(connection)

    def remove_image(self, sha256: str) -> None:
        """Remove a person's picture with its file; deleted runs that used it are forgotten.

        Raises:
            NotFound: There is no such picture.
            LabError: It came with the lab, or runs use it; the text names them.
        """
        remove_image(self.store, self.blobs, sha256)

    def _store_image(self, data: bytes, name: str, *, bundled: bool) -> ImageView:
        from l335.data.images import sanitise
        from l335.data.images.intake import sanitise_apart

        clean = sanitise(data) if bundled else sanitise_apart(data)
        shown = " ".join(name.split())[:MAX_NAME_LENGTH] or "Image"
        sha256 = self.blobs.put(clean.png)
        view = ImageView(sha256, shown, clean.width, clean.height, bundled, clean.notice)
        with self.store.write() as connection:
            view = artifacts.add_image(connection, view)
        self.blobs.put(clean.png)  # in case the same picture was removed between the two
        return view

    def _seed_images(self) -> None:
        from l335.data.images import BUNDLED

        with self._seeding:
            if self._is_seeded:
                return
            with self.store.read() as connection:
                known = {view.name for view in artifacts.images(connection) if view.bundled}
            for file_name, title in BUNDLED:
                if title not in known:
                    data = (ASSETS / "images" / file_name).read_bytes()
                    self._store_image(data, title, bundled=True)
            self._is_seeded = True

    # Looks into a run

    def request(
        self,
        run_uid: str,
        kind: str,
        params: dict[str, Any],
        *,
        asked_by: str = "",
        again: bool = True,
    ) -> str:
        """Ask for a look at a run as it stands; asked again, it is the same look.

        Args:
            run_uid: The run.
            kind: Kind of a look in ``l335.analyses.looks``.
            params: The other fields of that look.
            asked_by: The visitor who asks; visitors take turns.
            again: Whether one that has failed, or was cancelled, is tried once more.

        Raises:
            SpecError: The kind is unknown, or a field is missing or out of range.
            TooMany: The visitor already waits for as many as one may.
            LabError: The kind does not fit the run, the run has recorded nothing yet, or it is
                deleted.
        """
        look = look_from_dict({**params, "kind": kind})
        run = self.run(run_uid)
        spec = run.spec
        if run.is_deleted:
            raise LabError("This run is deleted. Undo that first, then ask for its analyses.")
        if not isinstance(spec, look.fits):
            raise LabError(f"`{kind}` does not fit a run of this task.")
        if isinstance(look, UpsampleLook) and isinstance(spec, FitImageSpec):
            from l335.analyses.enlargement import enlargement

            enlargement(spec, look)  # refuses what would be too large
        if isinstance(look, AtImage) and look.image:
            self._stored_image(look.image)
        with self.store.write() as connection:
            return jobs.request(
                connection,
                run_uid,
                **look.stored(),
                asked_by=asked_by,
                is_large=is_large(spec, look),
                again=again,
            )

    def unfinished_looks(self) -> list[JobView]:
        """Looks that are worked on or wait, in the order of their turns, the small ones first."""
        with self.store.read() as connection:
            return jobs.unfinished(connection)

    def cancel_look(self, uid: str) -> None:
        """End a look that waits or is worked on; one that is over stays as it is.

        Raises:
            NotFound: There is none of this uid.
        """
        with self.store.write() as connection:
            jobs.cancel(connection, uid)

    def job(self, uid: str) -> JobView:
        """A look and what it has made.

        Raises:
            NotFound: There is none of this uid.
        """
        with self.store.read() as connection:
            return jobs.look(connection, uid)

    def newest_look(self, run_uid: str, kind: str) -> JobView | None:
        """What was asked last about a run as it stands; None where nothing was."""
        with self.store.read() as connection:
            return jobs.newest_look(connection, run_uid, kind)

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

        spec = self._checked(spec)
        with attempt(self.store, self.blobs, spec, device, threads, precision) as own:
            yield own

    def runner_alive(self) -> bool:
        """Whether a runner works on this data folder."""
        return is_held(self.settings.data_dir / RUNNER_LOCK)
