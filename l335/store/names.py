"""Names people give in short: the run or sweep whose uid begins so."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Connection, Table, func, select

from l335.core.errors import NotFound

_BEGINNING = re.compile(r"[0-9a-f]{1,32}")
BEHIND_HEX = "g"
NUM_QUOTED = 40  # of a name in a sentence, which may be a whole pasted page


def full_uid(
    connection: Connection, table: Table, is_listed: ColumnElement[bool], name: str, hint: str = ""
) -> str:
    """The one uid that begins so.

    Args:
        connection: A read transaction.
        table: Of runs or of sweeps, which the sentences name them by.
        is_listed: What people see of it.
        name: A uid or its beginning.
        hint: A sentence on where to find names.

    Raises:
        NotFound: None or more than one begins so.
    """
    number, uid = 0, None
    if _BEGINNING.fullmatch(name):
        # A range, where LIKE would read every row unless a setting of SQLite is changed.
        begins_so = (table.c.uid >= name, table.c.uid < name + BEHIND_HEX)
        query = select(func.count(), func.min(table.c.uid)).where(*begins_so, is_listed)
        number, uid = connection.execute(query).one()
    if number > 1:
        raise NotFound(f"`{name}` begins the names of {number:,} {table.name}s; give more of it.")
    if uid is None:
        raise NotFound(f"There is no {table.name} `{name[:NUM_QUOTED]}`.{hint and ' ' + hint}")
    return str(uid)
