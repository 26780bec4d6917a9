from __future__ import annotations

import pytest

from tests.installation import LONG, SHORT, Installation, Rows


@pytest.fixture(scope="session")
def reference(shared: Installation) -> Rows:
    """The rows of a long run nobody disturbed."""
    uid = shared.lab.submit(LONG)
    assert shared.over(uid).state == "completed"
    return shared.rows(uid)


@pytest.fixture(scope="session")
def short_reference(shared: Installation) -> Rows:
    """The rows of a short run nobody disturbed."""
    uid = shared.lab.submit(SHORT)
    assert shared.over(uid).state == "completed"
    return shared.rows(uid)
