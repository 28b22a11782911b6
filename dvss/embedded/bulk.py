"""One statement for many rows."""

from __future__ import annotations

from functools import cache
from itertools import batched
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dvss.embedded.rows import Row

# So many statement texts are kept compiled by a connection; SQLite binds 32,766 values at the most.
_ROWS = 32


def execute_in_bulk(connection: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> int:
    """Execute ``statement`` with its ``(...)`` written out for every row. Returns how many rows it changed."""
    changed = 0
    for some in batched(rows, _ROWS, strict=False):
        text = _written_out(statement, len(some[0]), len(some))
        changed += connection.execute(text, [value for row in some for value in row]).rowcount
    return changed


@cache
def _written_out(statement: str, columns: int, rows: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return statement.replace("(...)", ", ".join([one] * rows))
