"""What embedded stores do beyond their ports: torn tails, other runs, lost indexes, many segments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dvss.embedded import raw_places, raw_store, segments
from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from dvss.embedded.disk import Disk
from dvss.embedded.raw_places import Place, RawPlaces
from dvss.embedded.segment_writer import SegmentWriter
from dvss.embedded.segments import Location, Segments, make_record
from handlers.values import ClaimCheck, ObjectExistsError, RawEntry, RawMissingError, TransientError
from tests.ports.disks import IO_ERROR, FailingDisk
from tests.ports.examples import NOW, at_once, ingest_record, raw_metadata, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ports.examples import ManualClock

RECORD = make_record("torn", b"0123456789" * 100, metadata=None)
WHOLE = RECORD.header + RECORD.body + b"\n"


def whole(key: str) -> ClaimCheck:
    return ClaimCheck("raw", key, sha256(b""))


def raw_segments(root: Path) -> list[Path]:
    return sorted((root / "raw" / "segments").iterdir())


def reopened(backend: EmbeddedBackend, root: Path, clock: ManualClock) -> EmbeddedBackend:
    backend.close()
    return EmbeddedBackend.open(root, clock)


class TestTornTails:
    @pytest.mark.parametrize(
        "tail",
        [
            b"{",
            RECORD.header[:-1],
            RECORD.header,
            RECORD.header + RECORD.body[:-1],
            RECORD.header + RECORD.body,
            RECORD.header + RECORD.body + b"?",
            RECORD.header + RECORD.body[:-1] + b"?\n",
            bytes(len(WHOLE)),
            RECORD.header + bytes(len(RECORD.body)) + b"\n",
            b"null\n",
            b'{"length":3}\nabc\n',
            b'{"key":"torn","length":99999999999999999}\nabc\n',
            b'{"key":"torn","length":3}\nabc\n',
        ],
    )
    def test_is_left_in_place_and_hides_nothing(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock, tail: bytes
    ) -> None:
        backend.raw.put_once("before", b"1", raw_metadata())
        backend.close()
        (segment,) = raw_segments(root)
        with segment.open("ab") as file:
            file.write(tail)
        torn = segment.read_bytes()
        for run in range(3):
            again = EmbeddedBackend.open(root, clock)
            assert again.raw.get(whole("before")) == b"1"
            with pytest.raises(RawMissingError):
                again.raw.get(whole("torn"))
            again.raw.put_once(f"run-{run}", b"2", raw_metadata())
            assert [entry.key for entry in again.raw.entries("")] == ["before", *(f"run-{n}" for n in range(run + 1))]
            again.close()
        assert segment.read_bytes() == torn
        assert len(raw_segments(root)) == 4

    def test_a_whole_record_that_nobody_noted_is_found(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock
    ) -> None:
        for number in range(5):
            backend.raw.put_once(f"before-{number}", b"1", raw_metadata())
            backend.index.accept([ingest_record(number)])
        backend.close()
        with raw_segments(root)[0].open("ab") as file:
            file.write(WHOLE + WHOLE[:50])
        again = EmbeddedBackend.open(root, clock)
        assert again.raw.get(whole("torn")) == RECORD.body
        with pytest.raises(ObjectExistsError):
            again.raw.put_once("torn", b"", None)
        again.close()


class TestPlaces:
    """What one process stored stands before what it found under the same key, at every moment."""

    OURS = Location("ours", 0, 10, 5)
    FOUND = Location("found", 0, 20, 7)

    @pytest.fixture
    def places(self, backend: EmbeddedBackend) -> RawPlaces:
        return RawPlaces(backend._database)

    def test_in_memory(self, places: RawPlaces) -> None:
        places.add_ours(["key"], [self.OURS])
        places.add_found("key", self.FOUND)
        assert places.place("key") == Place("ours", 10, 5)

    def test_while_the_found_one_travels(self, places: RawPlaces, backend: EmbeddedBackend) -> None:
        places.add_found("key", self.FOUND)
        backend._database.write(places.write)
        places.add_ours(["key"], [self.OURS])
        places.written()
        assert places.place("key") == Place("ours", 10, 5)
        places.put_into_database()
        assert places.place("key") == Place("ours", 10, 5)

    def test_where_another_process_notes_the_found_one_later(self, places: RawPlaces, backend: EmbeddedBackend) -> None:
        places.add_ours(["key"], [self.OURS])
        places.put_into_database()
        places.add_found("key", self.FOUND)
        places.put_into_database()
        assert places.place("key") == Place("ours", 10, 5)

    def test_a_segment_is_never_known_less_than_before(self, places: RawPlaces) -> None:
        places.add_ours(["late"], [Location("one", 100, 110, 5)])
        places.put_into_database()
        places.add_found("early", Location("one", 0, 10, 5))
        places.put_into_database()
        assert places.known_bytes() == {"one": 116}


class TestRawStore:
    def test_keeps_everything_over_a_restart(self, backend: EmbeddedBackend, root: Path, clock: ManualClock) -> None:
        bodies = {f"key-{number}": b"body %d" % number for number in range(50)}
        for key, body in bodies.items():
            backend.raw.put_once(key, body, raw_metadata())
        again = reopened(backend, root, clock)
        assert {key: again.raw.get(whole(key)) for key in bodies} == bodies
        with pytest.raises(ObjectExistsError):
            again.raw.put_once("key-7", b"", None)
        again.close()

    def test_a_lost_index_is_made_anew_from_the_segments(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock
    ) -> None:
        for number in range(5):
            backend.raw.put_once(f"key-{number}", b"%d" % number, raw_metadata())
        backend.close()
        (root / DATABASE_NAME).unlink()
        again = EmbeddedBackend.open(root, clock)
        assert list(again.raw.entries("")) == [RawEntry(f"key-{number}", 1) for number in range(5)]
        assert again.raw.get(whole("key-3")) == b"3"
        again.close()

    def test_the_header_holds_every_input_of_the_mapper(self, backend: EmbeddedBackend, root: Path) -> None:
        backend.raw.put_once("key", b"{}", raw_metadata(topic=None))
        header = json.loads(raw_segments(root)[0].read_bytes().split(b"\n")[0])
        assert header == {
            "key": "key",
            "length": 2,
            "sha256": sha256(b"{}"),
            "metadata": {
                "ingestId": "01KG8R0000000000000000000A",
                "vendorId": "acme",
                "externalEventId": "inv-12345 ключ 🗝️",
                "eventType": "inventory_update",
                "source": "WEBHOOK",
                "topic": None,
                "headers": {"x-acme-topic": "orders/create", "x-acme-name": "Zoë"},
                "occurredAt": "2026-01-30T20:15:12Z",
                "receivedAt": NOW.isoformat(),
                "sha256": sha256(b"{}"),
            },
        }

    def test_what_is_found_is_put_on_the_disk_before_it_is_told(
        self, root: Path, clock: ManualClock, backend: EmbeddedBackend
    ) -> None:
        disk = FailingDisk()
        reader = EmbeddedBackend.open(root, clock, disk)
        backend.raw.put_once("key", b"{}", raw_metadata())
        disk.fail_sync = IO_ERROR
        with pytest.raises(TransientError, match="raw segments cannot be read"):
            reader.raw.get(whole("key"))
        disk.fail_sync = None
        assert reader.raw.get(whole("key")) == b"{}"
        reader.close()

    def test_another_bucket_is_missing(self, backend: EmbeddedBackend) -> None:
        backend.raw.put_once("key", b"{}", raw_metadata())
        with pytest.raises(RawMissingError, match="elsewhere/key"):
            backend.raw.get(ClaimCheck("elsewhere", "key", sha256(b"{}")))

    def test_a_segment_that_is_gone_or_cut_off_is_missing(
        self, backend: EmbeddedBackend, root: Path, clock: ManualClock
    ) -> None:
        backend.raw.put_once("key", b"0123456789", raw_metadata())
        again = reopened(backend, root, clock)
        segment = raw_segments(root)[0]
        segment.write_bytes(segment.read_bytes()[:-5])
        with pytest.raises(RawMissingError, match="ends inside of key"):
            again.raw.get(whole("key"))
        segment.unlink()
        again = reopened(again, root, clock)
        with pytest.raises(RawMissingError, match="is gone"):
            again.raw.get(whole("key"))
        again.close()

    def test_lists_page_by_page(self, backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(raw_places, "_PAGE", 3)
        for number in range(10):
            backend.raw.put_once(f"a/{number}", b"", None)
            backend.raw.put_once(f"b/{number}", b"", None)
        assert [entry.key for entry in backend.raw.entries("a/")] == [f"a/{number}" for number in range(10)]
        assert [entry.key for entry in backend.raw.entries("b/")] == [f"b/{number}" for number in range(10)]

    def test_places_do_not_fill_the_memory_where_nothing_else_is_written(
        self, backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(raw_store, "_MOST_UNWRITTEN", 10)
        for number in range(35):
            backend.raw.put_once(f"key-{number}", b"%d" % number, raw_metadata())
        with backend._database.reading() as connection:
            (noted,) = connection.execute("SELECT count(*) FROM raw_object").fetchone()
        assert noted == 33
        assert [backend.raw.get(whole(f"key-{number}")) for number in (0, 20, 34)] == [b"0", b"20", b"34"]

    def test_a_place_travels_with_the_accept_that_follows(self, backend: EmbeddedBackend) -> None:
        backend.raw.put_once("key", b"{}", raw_metadata())
        with backend._database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM raw_object").fetchone() == (0,)
            backend.index.accept([ingest_record()])
            assert connection.execute("SELECT count(*) FROM raw_object").fetchone() == (1,)


class TestWriter:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Segments:
        return Segments(tmp_path, Disk())

    def test_rolls_over_and_reads_over_many_segments(self, folder: Segments, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(segments, "_OPEN_FILES", 3)
        names: Iterator[str] = (f"segment-{number:02d}" for number in range(100))
        writer = SegmentWriter(folder, Disk(), lambda: next(names), roll_over_bytes=500)
        locations = [writer.append([make_record(f"key-{n}", b"x" * 100)])[0] for n in range(20)]
        assert len(folder.names()) == 7
        assert {folder.size(name) // 500 for name in folder.names()[:-1]} == {1}
        for number, location in enumerate(locations):
            assert folder.record_at(location.segment, location.start) == (f"key-{number}", b"x" * 100)
        assert len(folder._open) == 3

        def read_all(_: int) -> list[bytes]:
            return [folder.read(place.segment, place.body_start, place.length) for place in locations]

        assert at_once(read_all, threads=8) == [[b"x" * 100] * 20] * 8
        writer.close()
        folder.close()

    def test_a_name_that_exists_is_never_written_to(self, folder: Segments, tmp_path: Path) -> None:
        (tmp_path / "taken.seg").write_bytes(b"theirs")
        writer = SegmentWriter(folder, Disk(), lambda: "taken")
        with pytest.raises(Exception, match="File exists"):
            writer.append([make_record("key", b"")])
        assert (tmp_path / "taken.seg").read_bytes() == b"theirs"

    def test_many_records_go_in_one_write(self, folder: Segments) -> None:
        writer = SegmentWriter(folder, Disk(), lambda: "one")
        records = [make_record(f"key-{number}", b"%d" % number * 50) for number in range(3_000)]
        locations = writer.append(records)
        writer.close()
        assert list(folder.whole_records("one", 0)) == [
            (record.key, location) for record, location in zip(records, locations, strict=True)
        ]


class TestNormalizedStore:
    def test_versions_outlive_a_restart(self, backend: EmbeddedBackend, root: Path, clock: ManualClock) -> None:
        versions = [backend.normalized.put("key", b"%d" % number) for number in range(3)]
        again = reopened(backend, root, clock)
        versions.append(again.normalized.put("key", b"3"))
        assert [again.normalized.get("key", version) for version in versions] == [b"0", b"1", b"2", b"3"]
        again.close()

    @pytest.mark.parametrize(
        "malformed",
        [
            "",
            ":",
            "{}:",
            ":0",
            "{}:-1",
            "{}:1",
            "{}:99999999999999999999999",
            "{}:\u0660",
            "../segments/{}:0",
            "{}:0:0",
        ],
    )
    def test_a_malformed_version_is_a_key_error(self, backend: EmbeddedBackend, malformed: str) -> None:
        segment, _, _ = backend.normalized.put("key", b"{}").partition(":")
        with pytest.raises(KeyError):
            backend.normalized.get("key", malformed.format(segment))
