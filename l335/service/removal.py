"""Taking a person's picture out for good."""

from __future__ import annotations

from l335.core.errors import LabError, NotFound
from l335.data.blobs import Blobs
from l335.results.views import RunView
from l335.store import Store, artifacts, removal, runs

MAX_NAMED = 3
"""Runs that a refusal names; the others are counted."""


def remove_image(store: Store, blobs: Blobs, sha256: str) -> None:
    """Remove an uploaded picture with its file, the looks at it, and deleted runs that used it.

    Raises:
        NotFound: There is no such picture.
        LabError: It came with the lab, or runs use it; the text names them.
    """
    with store.write() as connection:
        image = artifacts.image(connection, sha256)
        if image is None:
            raise NotFound("There is no such picture; it may have been removed already.")
        if image.bundled:
            raise LabError(f"{image.short_name} came with the lab, so it can't be removed.")
        listed, deleted = removal.runs_with_image(connection, sha256)
        if listed:
            known = runs.by_uid(connection, listed[:MAX_NAMED])
            raise LabError(_in_use(image.name, [_name(one) for one in known], len(listed)))
        dropped = removal.files_of(connection, deleted)
        if not all(removal.forget_run(connection, number) for number in deleted):
            raise LabError("A deleted run that uses it still stops. Try again in some seconds.")
        dropped |= removal.forget_image(connection, sha256)
        # Within the transaction: whoever stores the same picture meanwhile adds its row after it,
        # and then looks whether its file is still there.
        for one in dropped:
            if not artifacts.is_referred(connection, one, with_checkpoints=True):
                blobs.delete(one)


def _name(run: RunView | object) -> str:
    return f"“{run.title}”, seed {run.seed}" if isinstance(run, RunView) else "one unreadable run"


def _in_use(image: str, names: list[str], number: int) -> str:
    more = f" and {number - len(names):,} more" if number > len(names) else ""
    these = "it" if number == 1 else "them"
    return (
        f"“{image}” is used by {'; '.join(names)}{more}. Delete {these} on the page Runs first, "
        "then remove the picture."
    )
