"""Sweeps of the lab: many runs started, watched and stopped together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l335.core.errors import Problem, SpecError
from l335.core.hardware import has_nvidia_gpu
from l335.core.settings import Settings
from l335.data.blobs import Blobs
from l335.results.views import ImageView, RunView, Series, SweepLine, SweepView
from l335.service.memory import available_bytes, check_memory
from l335.spec import ClassifySpec, Spec
from l335.spec.identity import settings_text, usual_precision
from l335.spec.sweeps import Cell, check_count
from l335.store import Store, artifacts, names, runs, sweeps
from l335.store.tables import sweep as sweep_table

if TYPE_CHECKING:
    from l335.labs import LabPreset
    from l335.labs.results import Arm

MAX_ROWS = 1_000_000  # more than any run records


class Sweeps:
    """What the lab does with sweeps, and the checks every run passes before it is queued."""

    def __init__(self, settings: Settings, store: Store, blobs: Blobs) -> None:
        self.settings = settings
        self.store = store
        self.blobs = blobs

    @property
    def _precision(self) -> str:
        """How products of a new run would be computed here, as far as torch is not needed to say.

        On another device than the wanted one a run is of that device's precision.
        """
        wanted, device = self.settings.precision, self.settings.device
        if wanted != "auto":
            return wanted
        if device == "auto":
            device = "cuda" if has_nvidia_gpu() else "cpu"
        return usual_precision(device)

    def _fitting(self, spec: Spec, device: str) -> Spec:
        spec = self._checked(spec)
        if device in ("auto", "cpu"):
            check_memory(spec, available_bytes())
        return spec

    def _checked(self, spec: Spec) -> Spec:
        if isinstance(spec, ClassifySpec):
            return spec
        if not spec.image:
            raise SpecError([Problem("image", "`image` is empty; choose or upload an image.")])
        image = self._stored_image(spec.image)
        name = spec.image_name or image.short_name
        return spec.with_image(image.sha256, name, image.width, image.height)

    def _stored_image(self, sha256: str) -> ImageView:
        with self.store.read() as connection:
            image = artifacts.image(connection, sha256)
        if image is None:
            message = f"`image` is {sha256[:12]}…, which is not stored here; choose or upload one."
            raise SpecError([Problem("image", message)])
        return image

    def start_sweep(
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
        device, threads = self.settings.device, self.settings.threads_per_run()
        specs = [self._fitting(cell.spec, device) for cell in cells]
        with self.store.write() as connection:
            known = sweeps.existing(connection, specs, self._precision)
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
        known = self.sweep_of(preset)
        if known is not None and not known.to_rerun and not any(c.problem for c in known.cells):
            return known.uid
        return self.start_sweep(
            preset.cells(self.image_called),
            title=preset.title,
            definition=preset.model_dump(mode="json"),
            lab=preset.name,
        )

    def sweep_of(self, preset: LabPreset) -> SweepView | None:
        """The newest sweep of a ready lab with exactly these settings; None without any."""
        definition = preset.model_dump(mode="json")
        with self.store.read() as connection:
            uid = sweeps.newest_like(connection, preset.name, definition)
            return sweeps.one(connection, uid) if uid else None

    def arms(self, sweep: SweepView) -> list[Arm]:
        """A sweep's runs grouped by setting, as ready labs read them."""
        from l335.labs.results import arms_of

        return arms_of(sweep.cells, self.series)

    def series(self, uid: str) -> dict[str, Series]:
        """Every point of a run that counts, by metric key.

        Raises:
            NotFound: There is no run of this uid.
        """
        with self.store.read() as connection:
            return artifacts.metrics(connection, uid, 0, MAX_ROWS).series

    def image_called(self, name: str) -> ImageView:
        """An image by the name of its file or title, such as ``sky``, or by its address.

        Of an address the first eight digits or more are enough.

        Raises:
            SpecError: There is none; names those there are.
        """
        known = self.images()
        wanted = name.strip().lower()
        for image in known:
            title = image.short_name
            if wanted in (title.lower(), Path(title).stem.lower()):
                return image
        for image in known if re.fullmatch(r"[0-9a-f]{8,64}", wanted) else ():
            if image.sha256.startswith(wanted):
                return image
        bundled = ", ".join(image.short_name.lower() for image in known if image.bundled)
        message = f"There is no image `{name}` here; bundled ones are {bundled}. Upload it first."
        raise SpecError([Problem("image", message)])

    def images(self) -> list[ImageView]:
        """Images runs can be fitted to."""
        raise NotImplementedError

    def find_runs(self, specs: Sequence[Spec]) -> list[RunView | None]:
        """For each specification the newest run of it that has not failed or been stopped."""
        specs = [self._checked(spec) for spec in specs]
        with self.store.read() as connection:
            known = sweeps.existing(connection, specs, self._precision)
            views = runs.by_number(connection, list(known.values()))
        found = [views.get(known.get(settings_text(spec), -1)) for spec in specs]
        return [run if isinstance(run, RunView) else None for run in found]

    def sweep(self, uid: str) -> SweepView:
        """A sweep with its cells.

        Raises:
            NotFound: There is none of this uid.
        """
        with self.store.read() as connection:
            return sweeps.one(connection, uid)

    def sweep_called(self, name: str) -> SweepView:
        """The sweep of this uid, or the only listed one whose uid begins so.

        Raises:
            NotFound: None or more than one fits.
        """
        with self.store.read() as connection:
            is_listed = sweep_table.c.deleted_at.is_(None)
            uid = names.full_uid(connection, sweep_table, is_listed, name)
            return sweeps.one(connection, uid)

    def sweeps(self, limit: int = 50, offset: int = 0, lab: str | None = None) -> list[SweepLine]:
        """Sweeps that are not deleted, newest first; ``lab`` keeps those of one ready lab."""
        with self.store.read() as connection:
            return sweeps.page(connection, limit, offset, lab)

    def count_sweeps(self, lab: str | None = None) -> int:
        """How many sweeps are not deleted."""
        with self.store.read() as connection:
            return sweeps.count(connection, lab)

    def stop_sweep(self, uid: str) -> None:
        """End every run of a sweep that is not over; what they have made is kept."""
        self._wish_sweep(uid, "cancel")

    def pause_sweep(self, uid: str) -> None:
        """Let every run of a sweep checkpoint and give up its slot."""
        self._wish_sweep(uid, "pause")

    def _wish_sweep(self, uid: str, want: str) -> None:
        with self.store.write() as connection:
            for run in sweeps.one(connection, uid).runs:
                if not run.is_over:
                    runs.wish(connection, run.uid, want)

    def resume_sweep(self, uid: str) -> None:
        """Queue the paused runs of a sweep again, from their last checkpoints."""
        with self.store.write() as connection:
            found = sweeps.one(connection, uid).runs
            paused = [run.uid for run in found if run.state == "paused" or run.want == "pause"]
            for place, run_uid in enumerate(paused, runs.places_behind(connection)):
                runs.resume(connection, run_uid, place=place)

    def rerun_failed(self, uid: str) -> int:
        """Queue again what has failed or was stopped, from its last checkpoint; returns how many.

        A run that was deleted comes back as well.
        """
        with self.store.write() as connection:
            cells = sweeps.one(connection, uid).to_rerun
            place = runs.places_behind(connection)
            for run_uid in sweeps.run_uids(connection, uid, [cell.place for cell in cells]):
                runs.restore(connection, run_uid)
                if runs.one(connection, run_uid).state != "completed":
                    runs.resume(connection, run_uid, place=place)
                    place += 1
        return len(cells)

    def delete_sweep(self, uid: str) -> None:
        """Hide a sweep, its runs stay; ``restore_sweep`` undoes this."""
        with self.store.write() as connection:
            sweeps.delete(connection, uid)

    def restore_sweep(self, uid: str) -> None:
        """Show a deleted sweep again."""
        with self.store.write() as connection:
            sweeps.restore(connection, uid)
