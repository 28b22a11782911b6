"""The SQLite file: durability settings, versions, batches, neighbours, the end."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from dvss.embedded import schema
from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from dvss.embedded.checkpoints import LOG_BYTES
from dvss.embedded.group_commit import GroupCommit
from handlers.values import ConfigurationError, IdempotencyKey, Lane, TransientError
from tests.ports.examples import (
    accepted_message,
    at_once,
    canonical_message,
    completion,
    failure,
    ingest_record,
    quarantine_record,
    raw_metadata,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from handlers.values import IngestRecord
    from tests.ports.examples import ManualClock


class Held:
    """A committer that is kept busy, so that what is submitted meanwhile becomes one batch."""

    def __init__(self, backend: EmbeddedBackend) -> None:
        self._database = backend._database
        self._entered = threading.Event()
        self._released = threading.Event()
        self._first = threading.Thread(target=self._database.write, args=(self._hold,))
        self._first.start()
        self._entered.wait()

    def _hold(self, _: sqlite3.Connection) -> None:
        self._entered.set()
        self._released.wait()

    def queue(self, *calls: Callable[[], object]) -> None:
        """Start the calls; they are one batch, the next one."""
        self._outcomes: dict[int, object] = {}

        def run(number: int) -> None:
            try:
                self._outcomes[number] = calls[number]()
            except Exception as error:  # noqa: BLE001 - the outcome is what is asked for
                self._outcomes[number] = error

        self._threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
        for thread in self._threads:
            thread.start()
        while len(self._database._commits._waiting) < len(calls):
            pass

    def release(self) -> list[Any]:
        """Let the committer go on: what became of each call."""
        self._released.set()
        for thread in (self._first, *self._threads):
            thread.join()
        return [self._outcomes[number] for number in range(len(self._threads))]

    def together(self, *calls: Callable[[], object]) -> list[Any]:
        self.queue(*calls)
        return self.release()


def accept(backend: EmbeddedBackend, record: IngestRecord) -> IngestRecord | None:
    (in_the_way,) = backend.index.accept([record])
    return in_the_way


class TestFile:
    def test_syncs_each_commit_in_a_write_ahead_log(self, backend: EmbeddedBackend) -> None:
        with backend._database.reading() as reader:
            for connection in (backend._database._writer, reader):
                assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
                assert connection.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_is_for_this_user_alone(self, backend: EmbeddedBackend, root: Path) -> None:
        backend.raw.put_once("key", b"{}", raw_metadata())
        backend.normalized.put("key", b"{}")
        backend.index.accept([ingest_record()])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
        assert {f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"} < set(modes)
        for path in (root, *root.rglob("*")):
            assert modes[path.name] == (0o700 if path.is_dir() else 0o600), path

    def test_leaves_the_mode_of_a_folder_that_was_there(self, root: Path, clock: ManualClock) -> None:
        root.mkdir(mode=0o750)
        EmbeddedBackend.open(root, clock).close()
        assert stat.S_IMODE(root.stat().st_mode) == 0o750

    def test_makes_the_folders_above(self, tmp_path: Path, clock: ManualClock) -> None:
        EmbeddedBackend.open(tmp_path / "a" / "b" / "c", clock).close()
        assert (tmp_path / "a" / "b" / "c" / DATABASE_NAME).is_file()

    def test_many_may_make_it_at_once(self, root: Path, clock: ManualClock) -> None:
        opened = at_once(lambda _: EmbeddedBackend.open(root, clock), threads=8)
        assert (
            at_once(lambda number: list(opened[number].index.accept([ingest_record(number)])), threads=8)
            == [[None]] * 8
        )
        for backend in opened:
            backend.close()


class TestRefusedFolders:
    def refusal(self, root: Path, clock: ManualClock) -> str:
        with pytest.raises(ConfigurationError) as raised:
            EmbeddedBackend.open(root, clock)
        return str(raised.value)

    def test_a_file(self, root: Path, clock: ManualClock) -> None:
        root.write_text("here first")
        assert f"{root} cannot be used" in self.refusal(root, clock)
        assert root.read_text() == "here first"

    def test_below_a_file(self, root: Path, clock: ManualClock) -> None:
        root.write_text("here first")
        assert "Name a folder that this user may write" in self.refusal(root / "data", clock)

    def test_a_newer_version_s_folder(self, root: Path, clock: ManualClock) -> None:
        EmbeddedBackend.open(root, clock).close()
        with closing(sqlite3.connect(root / DATABASE_NAME)) as connection:
            connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        refusal = self.refusal(root, clock)
        assert f"has schema version {schema.VERSION + 1}; this program knows {schema.VERSION}" in refusal
        assert "Run the program that wrote it, or name another data folder." in refusal

    def test_another_program_s_database(self, root: Path, clock: ManualClock) -> None:
        root.mkdir()
        with closing(sqlite3.connect(root / DATABASE_NAME)) as connection:
            connection.execute("CREATE TABLE theirs (x)")
        (root / DATABASE_NAME).chmod(0o600)
        assert "has schema version 0" in self.refusal(root, clock)

    def test_what_is_no_database(self, root: Path, clock: ManualClock) -> None:
        root.mkdir()
        (root / DATABASE_NAME).write_bytes(b"no database" * 1_000)
        (root / DATABASE_NAME).chmod(0o600)
        assert "file is not a database" in self.refusal(root, clock)

    def test_a_refused_folder_can_be_opened_when_it_is_mended(self, root: Path, clock: ManualClock) -> None:
        root.mkdir()
        (root / DATABASE_NAME).write_bytes(b"no database" * 1_000)
        (root / DATABASE_NAME).chmod(0o600)
        self.refusal(root, clock)
        (root / DATABASE_NAME).unlink()
        EmbeddedBackend.open(root, clock).close()


class TestBatches:
    def test_a_refused_operation_does_not_spoil_its_neighbours(self, backend: EmbeddedBackend) -> None:
        def fail(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM ingest_record")
            raise ZeroDivisionError

        outcomes = Held(backend).together(
            partial(accept, backend, ingest_record(1)),
            lambda: backend._database.write(fail),
            partial(accept, backend, ingest_record(2)),
            lambda: backend._database.write(lambda connection: connection.execute("SELECT nonsense")),
            partial(accept, backend, ingest_record(3, topic=chr(0xD800))),
        )
        assert (outcomes[0], outcomes[2]) == (None, None)
        assert [type(outcome) for outcome in (outcomes[1], outcomes[3], outcomes[4])] == [
            ZeroDivisionError,
            sqlite3.OperationalError,
            UnicodeEncodeError,
        ]
        keys = [ingest_record(number).key for number in (1, 2, 3)]
        assert list(backend.index.read(keys, consistent=True)) == keys[:2]

    def test_one_key_in_one_batch_has_one_winner(self, backend: EmbeddedBackend) -> None:
        key = IdempotencyKey("acme", "one")
        records = [ingest_record(number, key=key) for number in range(4)]
        others = [ingest_record(number) for number in range(10, 14)]
        outcomes = Held(backend).together(*(partial(accept, backend, record) for record in [*records, *others]))
        won = outcomes.index(None)
        assert outcomes[:4] == [None if number == won else records[won] for number in range(4)]
        assert outcomes[4:] == [None] * 4

    def test_completions_of_one_batch_are_told_apart(self, backend: EmbeddedBackend) -> None:
        records = [ingest_record(number) for number in range(5)]
        backend.index.accept(records[:4])
        backend.index.complete(completion(records[3]))
        outcomes = Held(backend).together(
            lambda: backend.index.complete(completion(records[0])),
            lambda: backend.index.complete(failure(records[1], quarantine_record(1))),
            lambda: backend.index.complete(completion(records[2], ingest_id="another")),
            lambda: backend.index.complete(completion(records[3])),
            lambda: backend.index.complete(completion(records[4])),
        )
        assert outcomes == ["COMPLETED", "COMPLETED", "KEY_TAKEN", "ALREADY_COMPLETED", "UNKNOWN_EVENT"]

    def test_calls_of_many_records_are_one_batch_too(self, backend: EmbeddedBackend) -> None:
        # Together they bind more values than one statement may.
        calls = [[ingest_record(1_000 * call + number) for number in range(500)] for call in range(3)]
        outcomes = Held(backend).together(*(partial(backend.index.accept, records) for records in calls))
        assert outcomes == [[None] * 500] * 3
        keys = [record.key for records in calls for record in records]
        found = backend.index.read(keys, consistent=True)
        assert list(found.values()) == [record for records in calls for record in records]

    def test_a_batch_is_one_transaction(self, backend: EmbeddedBackend) -> None:
        commits: list[str] = []
        backend._database._writer.set_trace_callback(commits.append)
        held = Held(backend)
        outcomes = held.together(*(partial(accept, backend, ingest_record(number)) for number in range(20)))
        assert outcomes == [None] * 20
        assert commits.count("COMMIT") == 2
        backend._database._writer.set_trace_callback(None)

    def test_another_process_that_does_not_let_go_is_a_transient_error(
        self, backend: EmbeddedBackend, root: Path
    ) -> None:
        backend._database._writer.execute("PRAGMA busy_timeout = 20")
        with closing(sqlite3.connect(root / DATABASE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TransientError, match="database is locked"):
                backend.index.accept([ingest_record()])
            other.execute("ROLLBACK")
        assert backend.index.accept([ingest_record()]) == [None]


class TestEnd:
    def test_close_writes_what_waits_and_refuses_what_comes_later(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock
    ) -> None:
        held = Held(backend)
        closing_thread = threading.Thread(target=backend._database.close)
        held.queue(*(partial(accept, backend, ingest_record(number)) for number in range(5)))
        closing_thread.start()
        while not backend._database._commits._closed:
            pass
        assert held.release() == [None] * 5
        closing_thread.join()
        backend.close()
        for call in (
            lambda: backend.index.accept([ingest_record(9)]),
            lambda: backend.index.read([ingest_record(9).key], consistent=True),
            lambda: backend.raw.put_once("key", b"", None),
            lambda: backend.normalized.put("key", b""),
        ):
            with pytest.raises(TransientError, match="is closed"):
                call()
        again = EmbeddedBackend.open(root, clock)
        assert len(again.index.read([ingest_record(number).key for number in range(9)], consistent=True)) == 5
        again.close()

    def test_a_clean_close_leaves_one_file(self, backend: EmbeddedBackend, root: Path) -> None:
        backend.index.accept([ingest_record()])
        backend.close()
        assert sorted(path.name for path in root.glob("dvss.*")) == ["dvss.lock", DATABASE_NAME]

    def test_the_log_is_copied_again_and_again(self, backend: EmbeddedBackend, root: Path) -> None:
        database, size = backend._database, []
        database.write(lambda connection: connection.execute("CREATE TABLE row_of_test (body BLOB)"))
        for _ in range(400):
            database.write(
                lambda connection: connection.execute("INSERT INTO row_of_test VALUES (?)", (b"x" * 32_000,))
            )
            size.append((root / f"{DATABASE_NAME}-wal").stat().st_size)
        # 400 of them are 14 MB; a log that was copied begins anew with the next commit.
        assert max(size) < 1.1 * LOG_BYTES
        assert (root / DATABASE_NAME).stat().st_size > 2 * LOG_BYTES

    def test_everything_is_there_after_a_restart(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock
    ) -> None:
        record = ingest_record()
        backend.index.accept([record])
        backend.index.complete(failure(record, quarantine_record()))
        backend.bus.publish([canonical_message(), accepted_message()])
        before = backend.stats()
        key = backend.credentials.keys.entries()
        backend.close()
        again = EmbeddedBackend.open(root, clock)
        assert again.index.find(record.ingest_id) is not None
        assert again.quarantine.get("acme", record.ingest_id) == quarantine_record()
        assert [entry.detail for entry in again.feed.after(0, 10)] == [canonical_message().detail]
        assert again.credentials.keys.entries() == key
        assert (before.lanes[Lane.LIVE], again.stats().lanes[Lane.LIVE]) == (1, 0)
        again.close()


class TestStats:
    def test_count_what_waits_where(self, backend: EmbeddedBackend) -> None:
        records = [ingest_record(number) for number in range(6)]
        backend.index.accept(records)
        backend.index.complete(completion(records[0]))
        backend.index.complete(failure(records[1], quarantine_record(1)))
        backend.index.claim(records[2], next_at=None)
        backend.quarantine.put_if_absent(quarantine_record(9, released_at=records[0].received_at))
        backend.bus.publish([accepted_message(1), accepted_message(2, Lane.REPLAY), canonical_message()])
        stats = backend.stats()
        assert stats.lanes == {Lane.LIVE: 1, Lane.REPLAY: 1, Lane.WORKFLOW: 0}
        assert (stats.pending, stats.parked, stats.outbox, stats.quarantined, stats.latest_seq) == (3, 1, 3, 1, 1)


class TestGroupCommit:
    @pytest.fixture
    def commits(self) -> Iterator[GroupCommit[int]]:
        def flush(items: Sequence[int]) -> Sequence[object]:
            if 13 in items:
                message = "unlucky"
                raise SystemError(message)
            return [ValueError(item) if item < 0 else item * 2 for item in items]

        group = GroupCommit[int]("test", flush)
        yield group
        group.close()

    def test_gives_each_caller_its_own_outcome(self, commits: GroupCommit[int]) -> None:
        assert at_once(lambda number: [commits.submit(100 * number + step) for step in range(14, 60)]) == [
            [(100 * number + step) * 2 for step in range(14, 60)] for number in range(32)
        ]

    def test_raises_in_the_caller(self, commits: GroupCommit[int]) -> None:
        with pytest.raises(ValueError, match="-1"):
            commits.submit(-1)
        assert commits.submit(1) == 2

    def test_outlives_a_fault_and_leaves_no_caller_waiting(self, commits: GroupCommit[int]) -> None:
        for _ in range(3):
            with pytest.raises(SystemError, match="unlucky"):
                commits.submit(13)
        assert commits.submit(1) == 2

    def test_refuses_after_its_close(self, commits: GroupCommit[int]) -> None:
        commits.close()
        commits.close()
        with pytest.raises(TransientError, match="The store test is closed"):
            commits.submit(1)
