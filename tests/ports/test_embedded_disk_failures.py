"""What is acknowledged is on the disk; what is not on the disk is not acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dvss.embedded.backend import EmbeddedBackend
from handlers.values import ClaimCheck, ConfigurationError, RawMissingError, TransientError
from tests.ports.disks import IO_ERROR, NO_SPACE, FailingDisk
from tests.ports.examples import at_once, ingest_record, raw_metadata, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from handlers.ports import RawStore
    from handlers.values import IngestRecord
    from tests.ports.examples import ManualClock


@pytest.fixture
def disk() -> FailingDisk:
    return FailingDisk()


@pytest.fixture
def backend(root: Path, clock: ManualClock, disk: FailingDisk) -> Iterator[EmbeddedBackend]:
    opened = EmbeddedBackend.open(root, clock, disk)
    yield opened
    opened.close()


def whole(key: str) -> ClaimCheck:
    return ClaimCheck("raw", key, sha256(b""))


def segments(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "raw" / "segments").iterdir()}


def assert_refused(raw: RawStore, key: str) -> None:
    with pytest.raises(TransientError):
        raw.put_once(key, b"refused", raw_metadata())


class TestFailingSegments:
    @pytest.mark.parametrize("written", [0, 1, 20, 300, 10**6])
    def test_a_failed_write_is_not_acknowledged_and_hides_nothing(
        self, backend: EmbeddedBackend, disk: FailingDisk, root: Path, clock: ManualClock, written: int
    ) -> None:
        backend.raw.put_once("before", b"1", raw_metadata())
        disk.fail_append, disk.written_before_failure = NO_SPACE, written
        assert_refused(backend.raw, "refused")
        disk.fail_append = None
        backend.raw.put_once("after", b"2", raw_metadata())
        with pytest.raises(RawMissingError):
            backend.raw.get(whole("refused"))
        other = EmbeddedBackend.open(root, clock)
        for store in (backend.raw, other.raw):
            assert store.get(whole("before")) == b"1"
            assert store.get(whole("after")) == b"2"
        other.close()

    def test_after_a_failed_sync_the_segment_is_given_up(
        self, backend: EmbeddedBackend, disk: FailingDisk, root: Path
    ) -> None:
        backend.raw.put_once("before", b"1", raw_metadata())
        disk.fail_sync = IO_ERROR
        assert_refused(backend.raw, "refused")
        disk.fail_sync = None
        given_up = segments(root)
        backend.raw.put_once("after", b"2", raw_metadata())
        assert {name: body for name, body in segments(root).items() if name in given_up} == given_up
        assert len(segments(root)) == len(given_up) + 1
        assert backend.raw.get(whole("before")) == b"1"
        assert backend.raw.get(whole("after")) == b"2"

    def test_a_refused_key_can_be_stored_and_its_second_bytes_stand(
        self, backend: EmbeddedBackend, disk: FailingDisk, root: Path, clock: ManualClock
    ) -> None:
        disk.fail_sync = IO_ERROR
        assert_refused(backend.raw, "again")
        disk.fail_sync = None
        # Another process may find the record that was never acknowledged, and be the first to note its place.
        other = EmbeddedBackend.open(root, clock)
        backend.raw.put_once("again", b"second", raw_metadata())
        other.check_writes()
        backend.check_writes()
        assert other.raw.get(whole("again")) == b"second"
        other.close()
        with_both = EmbeddedBackend.open(root, clock)
        assert with_both.raw.get(whole("again")) == b"second"
        with_both.close()

    def test_a_full_disk_does_not_fill_up_with_empty_segments(
        self, backend: EmbeddedBackend, disk: FailingDisk, root: Path
    ) -> None:
        disk.fail_append = NO_SPACE
        for number in range(50):
            assert_refused(backend.raw, f"refused-{number}")
        assert len(segments(root)) == 1

    def test_a_segment_that_cannot_be_made_is_made_later(self, backend: EmbeddedBackend, disk: FailingDisk) -> None:
        disk.fail_create = NO_SPACE
        assert_refused(backend.raw, "refused")
        disk.fail_create = None
        backend.raw.put_once("after", b"2", raw_metadata())
        assert backend.raw.get(whole("after")) == b"2"

    def test_the_callers_of_one_batch_are_refused_each(self, backend: EmbeddedBackend, disk: FailingDisk) -> None:
        disk.fail_sync = IO_ERROR

        def refusal(number: int) -> TransientError:
            with pytest.raises(TransientError, match="does not take writes") as raised:
                backend.raw.put_once(f"refused-{number}", b"x", raw_metadata())
            return raised.value

        assert len(set(map(id, at_once(refusal)))) == 32

    def test_normalized_versions_are_refused_too(self, backend: EmbeddedBackend, disk: FailingDisk) -> None:
        kept = backend.normalized.put("key", b"1")
        disk.fail_append, disk.written_before_failure = NO_SPACE, 5
        with pytest.raises(TransientError):
            backend.normalized.put("key", b"2")
        disk.fail_append = None
        later = backend.normalized.put("key", b"3")
        assert [backend.normalized.get("key", version) for version in (kept, later)] == [b"1", b"3"]

    def test_check_writes_says_whether_the_disk_takes_any(self, backend: EmbeddedBackend, disk: FailingDisk) -> None:
        backend.check_writes()
        for disk.fail_append, disk.fail_sync in ((NO_SPACE, None), (None, IO_ERROR)):
            with pytest.raises(TransientError, match="does not take writes"):
                backend.check_writes()
        disk.fail_sync = None
        backend.check_writes()

    def test_a_folder_that_cannot_be_written_is_refused(
        self, root: Path, clock: ManualClock, disk: FailingDisk
    ) -> None:
        disk.fail_create = PermissionError(13, "Permission denied")
        with pytest.raises(ConfigurationError, match=r"data cannot be used .*Permission denied.* Name a folder"):
            EmbeddedBackend.open(root, clock, disk)


class TestFullDatabase:
    def test_refuses_and_keeps_what_was_acknowledged(self, backend: EmbeddedBackend) -> None:
        backend.index.accept([ingest_record(1)])
        full = "PRAGMA max_page_count = 1"
        backend._database.write(lambda connection: connection.execute(full).fetchall())
        records = [ingest_record(number) for number in range(1, 1_000)]
        taken = [record for record in records[1:] if self.is_taken(backend, record)]
        assert taken == records[1 : len(taken) + 1]
        with pytest.raises(TransientError, match=r"dvss.sqlite did not take part .*disk is full"):
            backend.index.accept([records[-1]])
        found = backend.index.read([record.key for record in records], consistent=True)
        assert list(found.values()) == records[: len(taken) + 1]
        backend._database._writer.execute("PRAGMA max_page_count = 1000000")
        assert backend.index.accept([records[-1]]) == [None]

    def is_taken(self, backend: EmbeddedBackend, record: IngestRecord) -> bool:
        try:
            return list(backend.index.accept([record])) == [None]
        except TransientError:
            return False

    def test_refuses_every_caller_of_the_batch(self, backend: EmbeddedBackend) -> None:
        backend._database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchall())

        def accept(number: int) -> int | None:
            try:
                backend.index.accept([ingest_record(1000 * number + step) for step in range(100)])
            except TransientError:
                return None
            return number

        accepted = [number for number in at_once(accept) if number is not None]
        backend._database._writer.execute("PRAGMA max_page_count = 1000000")
        keys = [ingest_record(1000 * number + step).key for number in range(32) for step in range(100)]
        expected = [ingest_record(1000 * number + step).key for number in accepted for step in range(100)]
        assert list(backend.index.read(keys, consistent=True)) == expected
        assert len(accepted) < 32
