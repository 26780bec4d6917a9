"""Pictures runs can be fitted to: those that came with the lab, and people's own."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from l335.core.errors import Problem, SpecError
from l335.core.settings import ASSETS
from l335.data.blobs import Blobs
from l335.results.views import ImageView
from l335.service.removal import remove_image
from l335.store import Store, artifacts

MAX_NAME_LENGTH = 80


class Images:
    """The stored pictures of an installation."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._db, self._blobs = store, blobs
        self._seeding = threading.Lock()
        self._is_seeded = False

    def add(self, data: bytes, name: str) -> ImageView:
        """Check, clean and store an image from a person.

        Raises:
            ImageRefused: The text says why.
        """
        self._seed_images()  # or a bundled one, given as a file, would be taken for a person's own
        return self._store_image(data, name, bundled=False)

    def all(self) -> list[ImageView]:
        """Bundled images, then uploaded ones, newest first."""
        self._seed_images()
        with self._db.read() as connection:
            return artifacts.images(connection)

    def remove(self, sha256: str) -> None:
        """Remove a person's picture with its file; deleted runs that used it are forgotten.

        Raises:
            NotFound: There is no such picture.
            LabError: It came with the lab, or runs use it; the text names them.
        """
        remove_image(self._db, self._blobs, sha256)

    def _store_image(self, data: bytes, name: str, *, bundled: bool) -> ImageView:
        from l335.data.images import sanitise
        from l335.data.images.intake import sanitise_apart

        clean = sanitise(data) if bundled else sanitise_apart(data)
        shown = " ".join(name.split())[:MAX_NAME_LENGTH] or "Image"
        sha256 = self._blobs.put(clean.png)
        view = ImageView(sha256, shown, clean.width, clean.height, bundled, clean.notice)
        with self._db.write() as connection:
            view = artifacts.add_image(connection, view)
        self._blobs.put(clean.png)  # in case the same picture was removed between the two
        return view

    def _seed_images(self) -> None:
        from l335.data.images import BUNDLED

        with self._seeding:
            if self._is_seeded:
                return
            with self._db.read() as connection:
                known = {view.name for view in artifacts.images(connection) if view.bundled}
            for file_name, title in BUNDLED:
                if title not in known:
                    data = (ASSETS / "images" / file_name).read_bytes()
                    self._store_image(data, title, bundled=True)
            self._is_seeded = True

    def called(self, name: str) -> ImageView:
        """An image by the name of its file or title, such as ``sky``, or by its address.

        Of an address the first eight digits or more are enough.

        Raises:
            SpecError: There is none; names those there are.
        """
        known = self.all()
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

    def stored(self, sha256: str) -> ImageView:
        """The picture of this address.

        Raises:
            SpecError: There is none.
        """
        with self._db.read() as connection:
            image = artifacts.image(connection, sha256)
        if image is None:
            message = f"`image` is {sha256[:12]}…, which is not stored here; choose or upload one."
            raise SpecError([Problem("image", message)])
        return image
