"""The one SQLite file: writes go through one committer, reads beside it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from dvss.embedded import schema
from dvss.embedded.checkpoints import Checkpoints
from dvss.embedded.group_commit import GroupCommit
from handlers.values import ConfigurationError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

type Operation[T] = Callable[[sqlite3.Connection], T]
type Together[A, T] = Callable[[sqlite3.Connection, Sequence[A]], Sequence[T]]

# Other processes hold the write lock for one batch at a time.
_BUSY_TIMEOUT_SECONDS = 10.0

# Result codes of a machine in trouble, not of a wrong statement: https://www.sqlite.org/rescode.html
_TRANSIENT_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


type _Write = tuple[Together[Any, object], object]


class CannotTellApartError(Exception):
    """A statement did less than all callers of a batch asked for; alone, each will learn what became of its own."""


class Companion(Protocol):
    """Rows that wait for nobody: they travel with the next transaction that is made anyway."""

    def write(self, connection: sqlite3.Connection) -> None:
        """Called inside of each transaction, by the committer."""

    def written(self) -> None:
        """What ``write`` wrote is durable. Not called where the transaction failed."""


class Database:
    """Each write is durable when its method returns. Any number of threads, and of processes on one file."""

    def __init__(self, path: Path) -> None:
        """Opens the file or makes it. Raises ConfigurationError for a file that this version does not know."""
        self._path = path
        self._companion: Companion | None = None
        self._readers: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._writer = self._open()
        self._checkpoints = Checkpoints(path, self._writer, self._connect)
        self._commits = GroupCommit[_Write](path.name, self._commit)

    def accompany(self, companion: Companion) -> None:
        """Let ``companion`` take part in every transaction from now on."""
        self._companion = companion

    def write[T](self, operation: Operation[T]) -> T:
        """Run ``operation`` in a transaction and return its result. What it raises undoes it and is raised here.

        It may run twice (the first time undone), so it must do nothing but use the connection.
        """
        return cast("T", self._commits.submit((_in_turn, operation)))

    def write_together[A, T](self, run: Together[A, T], argument: A) -> T:
        """Like ``write``, for what many threads do at once: ``run`` is given the arguments of all of them.

        It gives a result for each, in order. Where it cannot tell what is whose it raises ``CannotTellApartError``, and
        is called again for each argument alone. Each statement of the committer gives other threads the interpreter,
        and it has to wait to get it back: one statement for a batch is many times faster than one for each caller.
        """
        return cast("T", self._commits.submit((run, argument)))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries. It sees every write that was acknowledged before."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except sqlite3.Error as error:
            if not _is_transient(error):
                raise
            raise _explained(error, self._path) from error
        finally:
            self._readers.append(connection)
            if self._closed:
                self._close_readers()

    def probe(self) -> None:
        """Make a transaction that writes. Raises TransientError if the file does not take it."""
        self.write(_touch)

    def close(self) -> None:
        """Write what waits, then let go of the file. Reads after it are refused."""
        self._commits.close()
        self._closed = True
        self._close_readers()
        self._checkpoints.close(self._writer)
        self._checkpoints.end()

    def _close_readers(self) -> None:
        with suppress(IndexError):
            while True:
                self._checkpoints.close(self._readers.pop())

    def _commit(self, writes: Sequence[_Write]) -> Sequence[object]:
        try:
            results = self._transaction(writes)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again in its caller's thread
            if isinstance(error, sqlite3.Error) and _is_transient(error):
                return [_explained(error, self._path) for _ in writes]
            if len(writes) == 1:
                return [error]
        else:
            self._checkpoints.committed()
            return results
        # A refusal is rare, so it costs its neighbours a transaction each, and the common batch no savepoints.
        return [outcome for write in writes for outcome in self._commit([write])]

    def _transaction(self, writes: Sequence[_Write]) -> Sequence[object]:
        connection = self._writer
        companion = self._companion
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = _run(connection, writes)
            if companion is not None:
                companion.write(connection)
            connection.execute("COMMIT")
        finally:
            # A full disk may have ended the transaction already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if companion is not None:
            companion.written()
        return results

    def _open(self) -> sqlite3.Connection:
        try:
            with _alone(self._path.with_suffix(".lock")):
                # Never open what is there: closing any descriptor of the file would drop the locks of our connections.
                if not self._path.exists():
                    os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
                connection = self._connect()
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                    self._bring_to_version(connection)
                except BaseException:
                    connection.close()
                    raise
                return connection
        except (OSError, sqlite3.Error) as error:
            message = (
                f"The database {self._path} cannot be opened ({error}). Name another data folder, or mend this one."
            )
            raise ConfigurationError(message) from error

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            message = f"The database {self._path} is closed. Ask again when the process has started anew."
            raise TransientError(message)
        connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")
            # Does something on macOS alone, whose fsync leaves the bytes in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
            Checkpoints.as_connected(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _bring_to_version(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if found == schema.VERSION:
            return
        if found or tables:
            message = (
                f"The database {self._path} has schema version {found}; this program knows {schema.VERSION}. "
                "Run the program that wrote it, or name another data folder."
            )
            raise ConfigurationError(message)
        connection.execute("BEGIN IMMEDIATE")
        for statement in schema.STATEMENTS:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")


def _in_turn(connection: sqlite3.Connection, operations: Sequence[Operation[Any]]) -> Sequence[Any]:
    return [operation(connection) for operation in operations]


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")


def _run(connection: sqlite3.Connection, writes: Sequence[_Write]) -> Sequence[object]:
    places: dict[Together[Any, object], list[int]] = {}
    for place, (run, _) in enumerate(writes):
        places.setdefault(run, []).append(place)
    results: list[object] = [None] * len(writes)
    for run, own in places.items():
        for place, result in zip(own, run(connection, [writes[place][1] for place in own]), strict=True):
            results[place] = result
    return results


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from opening the file while it is given its form."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_transient(error: sqlite3.Error) -> bool:
    # Extended codes keep the primary one in their low byte; an error of the Python module itself has none.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_CODES


def _explained(error: sqlite3.Error, path: Path) -> TransientError:
    message = f"The database {path} did not take part ({error}). See to the disk; the same call may be made again."
    return TransientError(message)
