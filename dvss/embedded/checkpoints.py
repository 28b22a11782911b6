"""Copies SQLite's log into the database file between commits, and knows when the log must not be let go."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG_BYTES = 4_096_000
"""A log that is larger is copied, and cut to this size by the next commit. SQLite's own measure: 1,000 pages."""

log = logging.getLogger("dvss.database")


class Checkpoints:
    """The checkpoints of one process, made on the committer's thread.

    SQLite's own come in the middle of a commit and tell nobody what went wrong. A file whose sync failed may lack any
    page that was copied since the last sync that held, as the kernel takes those pages for written. SQLite copies again
    what came after its last checkpoint; but one that a reader held up counts, and does not sync what it copied. The
    whole log is copied anew once nobody has had the file open. So after a failed sync this process keeps the log, which
    grows, until its end: the next one copies all of it.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection, connect: Callable[[], sqlite3.Connection]) -> None:
        """``path`` is the database's; ``connect`` makes connections that were given ``as_connected``."""
        self._file = path.with_name(f"{path.name}-wal")
        self._writer = writer
        self._connect = connect
        self._is_log_kept = False
        self._keepers: list[sqlite3.Connection] = []

    @staticmethod
    def as_connected(connection: sqlite3.Connection) -> None:
        """Leave checkpoints of a new connection to this class."""
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")

    def committed(self) -> None:
        """Make a checkpoint where it is time for one. Raises nothing: what was committed is in the log."""
        if self._is_log_kept:
            return
        try:
            if self._file.stat().st_size <= LOG_BYTES:
                return
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except OSError:
            # The next commit asks again.
            return
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_IOERR_FSYNC:
                self._keep_log()

    def close(self, connection: sqlite3.Connection) -> None:
        """Close a connection to the file. The last one copies what is left of the log and removes it, unless kept."""
        if self._is_log_kept:
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        connection.close()

    def end(self) -> None:
        """Let go of the log, once all else is closed."""
        for keeper in self._keepers:
            self.close(keeper)

    def _keep_log(self) -> None:
        self._is_log_kept = True
        log.error("the database file was not synced: its log is kept until the server starts anew, and grows")
        with suppress(sqlite3.Error, TransientError):
            # Other processes cannot let go of a log that somebody reads.
            keeper = self._connect()
            self._keepers.append(keeper)
            keeper.execute("BEGIN")
            keeper.execute("SELECT count(*) FROM sqlite_schema").fetchone()
