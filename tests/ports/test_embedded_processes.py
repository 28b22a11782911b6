"""Several processes on one folder, and processes that are killed."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dvss.credentials import CredentialError
from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from handlers.values import ClaimCheck, Lane, ObjectExistsError, RawMissingError, Status
from tests.ports.examples import NOW, SECOND, at_once, canonical_message, ingest_record, raw_metadata, sha256
from tests.ports.writer import canonical_body, fails, raw_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ports.examples import ManualClock

SOAK = bool(os.environ.get("DVSS_SOAK"))
REPOSITORY = Path(__file__).parents[2]
LATER = NOW + 10**6 * SECOND


def start_writer(root: Path, first: int, last: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ports.writer", str(root), str(first), str(last)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


class History:
    """What writers told: for each word the event's number, its ingest id and what else belongs to it."""

    def __init__(self) -> None:
        self.told: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)

    def add(self, line: str) -> None:
        # A killed process may leave half a line, which nobody could have taken for an answer.
        if line.endswith("\n"):
            word, number, ingest_id, *more = line.split()
            self.told[word].append((int(number), ingest_id, " ".join(more)))

    def verify(self, backend: EmbeddedBackend) -> None:
        """Everything that was acknowledged is there, once."""
        winners = {number: ingest_id for number, ingest_id, _ in self.told["accepted"]}
        assert len(winners) == len(self.told["accepted"])
        for number, ingest_id, _ in self.told["raw"]:
            body = raw_body(ingest_id, number)
            assert backend.raw.get(ClaimCheck("raw", f"raw/{ingest_id}", sha256(body))) == body
        for number, ingest_id, _ in self.told["accepted"] + self.told["duplicate"]:
            (record,) = backend.index.read([ingest_record(number).key], consistent=True).values()
            assert record.ingest_id == ingest_id
        self._verify_ends(backend)

    def _verify_ends(self, backend: EmbeddedBackend) -> None:
        for _, ingest_id, version in self.told["stored"]:
            assert backend.normalized.get("one key", version) == canonical_body(ingest_id)
        for word, status in (("normalized", Status.NORMALIZED), ("quarantined", Status.FAILED_NORMALIZE)):
            for number, ingest_id, _ in self.told[word]:
                record = backend.index.find(ingest_id)
                assert record is not None
                assert (record.status, record.dispatch_at) == (status, None)
                assert (backend.quarantine.get("acme", ingest_id) is not None) == fails(number)
        left = {record.event_id for record in backend.outbox.pending(LATER, 10**6)}
        cleared = {ingest_id for _, ingest_id, _ in self.told["cleared"]}
        assert not left & cleared
        published = [entry.message_id for entry in backend.feed.after(0, 10**6)]
        assert len(published) == len(set(published))
        assert {ingest_id for _, ingest_id, _ in self.told["published"]} <= set(published)


def verify_database(root: Path) -> None:
    with closing(sqlite3.connect(root / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("writers", [1, 2])
def test_what_was_acknowledged_survives_kills(root: Path, clock: ManualClock, writers: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    choose = random.Random(seed)
    history = History()
    for run in range(30 if SOAK else 4):
        # Runs overlap, so that an event that a killed process left half-way meets the next process.
        first = run * 50
        processes = [start_writer(root, first, 10**6) for _ in range(writers)]
        for process in processes:
            assert process.stdout is not None
            for _ in range(choose.randrange(20, 600)):
                history.add(process.stdout.readline())
        for process in processes:
            process.kill()
            assert process.stdout is not None
            for line in process.stdout:
                history.add(line)
            process.stdout.close()
            assert process.wait() == -9
        verify_database(root)
        backend = EmbeddedBackend.open(root, clock)
        history.verify(backend)
        backend.close()
    assert len(history.told["accepted"]) > 50
    assert history.told["quarantined"]


def test_processes_that_write_the_same_events_agree_on_each(root: Path, clock: ManualClock) -> None:
    history = History()
    processes = [start_writer(root, 0, 300) for _ in range(3)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        for line in output.splitlines(keepends=True):
            history.add(line)
    assert len(history.told["accepted"]) == 300
    assert len(history.told["duplicate"]) == 600
    verify_database(root)
    backend = EmbeddedBackend.open(root, clock)
    history.verify(backend)
    assert len(list(backend.raw.entries("raw/"))) == 900
    assert backend.stats().pending == 0
    assert backend.stats().quarantined == 60
    assert len(backend.feed.after(0, 1_000)) == 240
    backend.close()


class TestTwoBackends:
    @pytest.fixture
    def other(self, backend: EmbeddedBackend, root: Path, clock: ManualClock) -> Iterator[EmbeddedBackend]:
        opened = EmbeddedBackend.open(root, clock)
        yield opened
        opened.close()

    def test_see_each_other_s_objects_at_once(self, backend: EmbeddedBackend, other: EmbeddedBackend) -> None:
        for number in range(20):
            for writer, reader in ((backend, other), (other, backend)):
                key = f"key-{number}-of-{id(writer)}"
                body = b"%d" % number
                writer.raw.put_once(key, body, raw_metadata())
                assert reader.raw.get(ClaimCheck("raw", key, sha256(body))) == body
                assert reader.normalized.get(key, writer.normalized.put(key, body)) == body
        for store in (backend, other):
            assert len(list(store.raw.entries(""))) == 40

    def test_a_missing_object_stays_missing(self, backend: EmbeddedBackend, other: EmbeddedBackend) -> None:
        backend.raw.put_once("key", b"{}", raw_metadata())
        for _ in range(2):
            with pytest.raises(RawMissingError):
                other.raw.get(ClaimCheck("raw", "missing", sha256(b"")))

    def test_refuse_each_other_s_keys_once_they_know_them(
        self, backend: EmbeddedBackend, other: EmbeddedBackend
    ) -> None:
        backend.raw.put_once("key", b"first", raw_metadata())
        backend.index.accept([ingest_record()])
        with pytest.raises(ObjectExistsError):
            other.raw.put_once("key", b"second", raw_metadata())

    def test_write_no_segment_together(self, backend: EmbeddedBackend, other: EmbeddedBackend, root: Path) -> None:
        for number in range(10):
            for store in (backend, other):
                store.raw.put_once(f"{number}-{id(store)}", b"", None)
        assert len(list((root / "raw" / "segments").iterdir())) == 2

    def test_see_each_other_s_rows_at_once(self, backend: EmbeddedBackend, other: EmbeddedBackend) -> None:
        record = ingest_record()
        assert backend.index.accept([record]) == [None]
        assert other.index.accept([record]) == [record]
        assert other.index.claim(record, next_at=LATER)
        assert not backend.index.claim(record, next_at=LATER)
        other.bus.publish([canonical_message()])
        backend.bus.publish([canonical_message()])
        assert backend.feed.latest_seq() == other.feed.latest_seq() == 1

    def test_add_two_webhook_secrets_between_them(self, backend: EmbeddedBackend, other: EmbeddedBackend) -> None:
        def add(number: int) -> bool:
            try:
                (backend if number % 2 else other).credentials.secrets.add("acme")
            except CredentialError:
                return False
            return True

        assert at_once(add).count(True) == 2

    def test_each_have_lanes_of_their_own(self, backend: EmbeddedBackend, other: EmbeddedBackend) -> None:
        assert backend.lanes is not other.lanes
        assert other.lanes.depth(Lane.LIVE) == 0
