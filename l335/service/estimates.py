"""How long runs will take, and the short probes that measure it where it is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from l335.core.settings import Settings
from l335.results.pace import Estimate, Work, pace_of, place_of, wall_clock, work
from l335.results.views import RunView
from l335.service.admission import Admission
from l335.spec import Spec
from l335.store import Store, runs, timings
from l335.store.run_rows import when

FindRuns = Callable[[Sequence[Spec]], list[RunView | None]]


class Estimates:
    """What the lab says about time before Start.

    Args:
        settings: Of the installation.
        store: Where timings are kept.
        admission: Checks the runs.
        find_runs: Finds those of them that are there.
    """

    def __init__(
        self, settings: Settings, store: Store, admission: Admission, find_runs: FindRuns
    ) -> None:
        self._settings, self._store = settings, store
        self._admission, self._find_runs = admission, find_runs

    def of(self, specs: Sequence[Spec]) -> Estimate:
        """How long the runner takes for these runs, in this order, with nothing else to do.

        The pace is that of runs and probes of the same work, on this machine and with the same
        device and threads. Runs that have completed take no time, those under way their rest.

        Raises:
            SpecError: The image of a run does not exist.
        """
        wanted = self._wanted(specs)
        left = [(spec, run) for spec, run in wanted if run is None or run.state != "completed"]
        place, threads = place_of(self._settings.device), self._settings.threads_per_run()
        with self._store.read() as connection:
            known = timings.known(connection, [spec for spec, _ in left], place, threads)
            measuring = timings.under_way(connection, threads)
        durations = []
        num_unmeasured, is_measuring = 0, False
        for spec, run in left:
            measured = known.get(work(spec))
            if measured is None:
                num_unmeasured += 1
                is_measuring |= work(spec) in measuring
                continue
            share_left = 1.0 if run is None else 1 - run.step / run.total_steps
            durations.append(pace_of(measured.timings).seconds(spec) * share_left)
        return Estimate(
            wall_clock(durations, self._settings.slots),
            num_trained=len(wanted) - len(left),
            num_measured=len(durations),
            num_unmeasured=num_unmeasured,
            is_measuring=is_measuring,
            measured_at=when(max((each.at for each in known.values()), default=None)),
        )

    def probe(self, specs: Sequence[Spec]) -> list[str]:
        """Queue a probe for each kind of work among these runs whose pace is not known.

        A probe trains for about a second and leaves nothing but its figures. It waits for its
        turn like a run, so for one run of a long sweep and not for all of them. There is one at
        most of each kind of work, and one that told nothing is not made again at once.

        Returns:
            The uids of those that are new.

        Raises:
            SpecError: A run would not fit in memory, or its image does not exist.
        """
        device, threads = self._settings.device, self._settings.threads_per_run()
        missing: dict[Work, Spec] = {}
        for spec, run in self._wanted(specs):
            if run is None and work(spec) not in missing:
                missing[work(spec)] = self._admission.fitting(spec, device)
        with self._store.write() as connection:
            there = {
                *timings.known(connection, missing.values(), place_of(device), threads),
                *timings.under_way(connection, threads),
                *timings.tried(connection, threads),
            }
            place = runs.places_behind(connection)
            return [
                runs.add(connection, spec, device, threads, place=place, purpose="probe")
                for kind, spec in missing.items()
                if kind not in there
            ]

    def _wanted(self, specs: Sequence[Spec]) -> list[tuple[Spec, RunView | None]]:
        """Each specification, once, with the run of it that is there."""
        checked = list(dict.fromkeys(self._admission.checked(spec) for spec in specs))
        return list(zip(checked, self._find_runs(checked), strict=True))
