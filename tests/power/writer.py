"""A process that writes to a database while its recorder lets syncs fail: each line that it reads is a step."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from dvss.embedded.database import Database

# With rows of nine pages: more than SQLite, or we, let the log grow before it is copied.
COMMITS = 130
ROW = b"x" * 32_000


def _add(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO row_of_test VALUES (?)", (ROW,))


def main(path: str) -> None:
    database = Database(Path(path))
    database.write(lambda connection: connection.execute("CREATE TABLE row_of_test (body BLOB)"))
    reader = sqlite3.connect(path, isolation_level=None)
    for step in sys.stdin:
        match step.strip():
            case "read":
                database.write(_add)
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM row_of_test").fetchone()
            case "read no more":
                reader.close()
            case "write":
                for _ in range(COMMITS):
                    database.write(_add)
            case "close":
                database.close()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
