"""Sweeps: lists of runs that are queued at once, and what can be done with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from l335.core.settings import Settings
from l335.results.views import Series, SweepLine, SweepView
from l335.service.admission import Admission
from l335.service.images import Images
from l335.spec.identity import settings_text
from l335.spec.sweeps import Cell, check_count
from l335.store import Store, artifacts, names, runs, sweeps
from l335.store.tables import sweep as sweep_table

if TYPE_CHECKING:
    from l335.labs import LabPreset
    from l335.labs.results import Arm

MAX_ROWS = 1_000_000  # more than any run records


def all_series(store: Store, uid: str) -> dict[str, Series]:
    """Every point of a run that counts, by metric key.

    Raises:
        NotFound: There is no run of this uid.
    """
    with store.read() as connection:
        return artifacts.metrics(connection, uid, 0, MAX_ROWS).series


class Sweeps:
    """The sweeps of an installation."""

    def __init__(
        self, settings: Settings, store: Store, images: Images, admission: Admission
    ) -> None:
        self._settings, self._store = settings, store
        self._images, self._admission = images, admission

    def start(
        self, cells: Sequence[Cell], *, title: str, definition: dict[str, Any], lab: str = ""
    ) -> str:
        """Queue the runs of a sweep that are not there yet, all or none; returns its uid.

        A run of exactly the same settings that has not failed or been stopped is not trained
        again. The runs of a sweep take turns with those of others.

        Args:
            cells: What is trained, in the order wanted.
            title: Its name for people.
            definition: What was chosen, ready for JSON, so that it can be shown and changed.
            lab: Name of the ready lab it is of.

        Raises:
            SpecError: There are too many cells, or one is refused.
        """
        check_count(len(cells))
        device, threads = self._settings.device, self._settings.threads_per_run()
        specs = [self._admission.fitting(cell.spec, device) for cell in cells]
        with self._store.write() as connection:
            known = sweeps.existing(connection, specs, self._admission.precision)
            place = runs.places_behind(connection)
            rows = []
            for cell, spec in zip(cells, specs, strict=True):
                text = settings_text(spec)
                if text not in known:
                    uid = runs.add(connection, spec, device, threads, place=place)
                    known[text] = runs.run_id(connection, uid)
                    place += 1
                rows.append((cell.name, dict(cell.settings), known[text]))
            return sweeps.add(connection, lab, title, definition, rows)

    def start_lab(self, preset: LabPreset) -> str:
        """Queue the runs of a ready lab; returns the uid of its sweep.

        A sweep of exactly these settings of which no run has failed, was stopped or deleted is
        not made a second time.

        Raises:
            SpecError: A setting or an image does not fit.
        """
        known = self.of_lab(preset)
        if known is not None and not known.to_rerun and not any(c.problem for c in known.cells):
            return known.uid
        return self.start(
            preset.cells(self._images.called),
            title=preset.title,
            definition=preset.model_dump(mode="json"),
            lab=preset.name,
        )

    def of_lab(self, preset: LabPreset) -> SweepView | None:
        """The newest sweep of a ready lab with exactly these settings; None without any."""
        definition = preset.model_dump(mode="json")
        with self._store.read() as connection:
            uid = sweeps.newest_like(connection, preset.name, definition)
            return sweeps.one(connection, uid) if uid else None

    def arms(self, sweep: SweepView) -> list[Arm]:
        """A sweep's runs grouped by setting, as ready labs read them."""
        from l335.labs.results import arms_of

        return arms_of(sweep.cells, lambda uid: all_series(self._store, uid))

    def one(self, uid: str) -> SweepView:
        """A sweep with its cells.

        Raises:
            NotFound: There is none of this uid.
        """
        with self._store.read() as connection:
            return sweeps.one(connection, uid)

    def called(self, name: str) -> SweepView:
        """The sweep of this uid, or the only listed one whose uid begins so.

        Raises:
            NotFound: None or more than one fits.
        """
        with self._store.read() as connection:
            is_listed = sweep_table.c.deleted_at.is_(None)
            uid = names.full_uid(connection, sweep_table, is_listed, name)
            return sweeps.one(connection, uid)

    def listing(self, limit: int = 50, offset: int = 0, lab: str | None = None) -> list[SweepLine]:
        """Sweeps that are not deleted, newest first; ``lab`` keeps those of one ready lab."""
        with self._store.read() as connection:
            return sweeps.page(connection, limit, offset, lab)

    def count(self, lab: str | None = None) -> int:
        """How many sweeps are not deleted."""
        with self._store.read() as connection:
            return sweeps.count(connection, lab)

    def stop(self, uid: str) -> None:
        """End every run of a sweep that is not over; what they have made is kept."""
        self._wish(uid, "cancel")

    def pause(self, uid: str) -> None:
        """Let every run of a sweep checkpoint and give up its slot."""
        self._wish(uid, "pause")

    def _wish(self, uid: str, want: str) -> None:
        with self._store.write() as connection:
            for run in sweeps.one(connection, uid).runs:
                if not run.is_over:
                    runs.wish(connection, run.uid, want)

    def resume(self, uid: str) -> None:
        """Queue the paused runs of a sweep again, from their last checkpoints."""
        with self._store.write() as connection:
            found = sweeps.one(connection, uid).runs
            paused = [run.uid for run in found if run.state == "paused" or run.want == "pause"]
            for place, run_uid in enumerate(paused, runs.places_behind(connection)):
                runs.resume(connection, run_uid, place=place)

    def rerun_failed(self, uid: str) -> int:
        """Queue again what has failed or was stopped, from its last checkpoint; returns how many.

        A run that was deleted comes back as well.
        """
        with self._store.write() as connection:
            cells = sweeps.one(connection, uid).to_rerun
            place = runs.places_behind(connection)
            for run_uid in sweeps.run_uids(connection, uid, [cell.place for cell in cells]):
                runs.restore(connection, run_uid)
                if runs.one(connection, run_uid).state != "completed":
                    runs.resume(connection, run_uid, place=place)
                    place += 1
        return len(cells)

    def delete(self, uid: str) -> None:
        """Hide a sweep, its runs stay; ``restore`` undoes this."""
        with self._store.write() as connection:
            sweeps.delete(connection, uid)

    def restore(self, uid: str) -> None:
        """Show a deleted sweep again."""
        with self._store.write() as connection:
            sweeps.restore(connection, uid)
