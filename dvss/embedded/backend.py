"""Everything that the pipeline needs of one machine, in one data folder.

``dvss.sqlite`` holds the tables, ``raw/segments`` and ``normalized/segments`` the bytes, ``token.key`` the secret of
the tokens. A copy of the folder is good
where it was taken while no process had it open.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dvss.embedded.credentials import SqliteCredentialStore
from dvss.embedded.database import Database
from dvss.embedded.disk import Disk
from dvss.embedded.event_bus import EmbeddedEventBus
from dvss.embedded.feed import Feed
from dvss.embedded.ingest_index import SqliteIngestIndex
from dvss.embedded.lanes import LaneQueues
from dvss.embedded.mapping_catalogue import SqliteMappingCatalogue
from dvss.embedded.normalized_store import SegmentNormalizedStore
from dvss.embedded.outbox import SqliteOutbox
from dvss.embedded.quarantine_store import SqliteQuarantineStore
from dvss.embedded.raw_places import RawPlaces
from dvss.embedded.raw_store import SegmentRawStore
from dvss.embedded.segment_writer import SegmentWriter
from dvss.embedded.segments import Segments
from dvss.embedded.token_key import token_key
from dvss.permissions import check_database, check_folder
from handlers.system import UlidFactory
from handlers.values import ConfigurationError, Lane, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from handlers.ports import Clock

DATABASE_NAME = "dvss.sqlite"
KEY_NAME = "token.key"

_COUNTS = {
    "pending": "SELECT count(*) FROM ingest_record WHERE dispatch_at IS NOT NULL AND parked = 0",
    "parked": "SELECT count(*) FROM ingest_record WHERE parked = 1",
    "outbox": "SELECT count(*) FROM outbox",
    "quarantined": "SELECT count(*) FROM quarantine WHERE released_at IS NULL",
}


@dataclass(frozen=True, slots=True)
class BackendStats:
    """How much waits where, as counts."""

    lanes: Mapping[Lane, int]
    """Messages in this process's queues."""
    pending: int
    """Events with a dispatch marker: accepted and not yet normalized or quarantined."""
    parked: int
    outbox: int
    quarantined: int
    """Open quarantine records, conflicts included."""
    latest_seq: int


class EmbeddedBackend:
    """One adapter for each port. Several processes may open one folder; the lanes are each process's own."""

    def __init__(
        self,
        *,
        root: Path,
        clock: Clock,
        disk: Disk,
        database: Database,
        raw: SegmentRawStore,
        normalized: SegmentNormalizedStore,
        key: bytes,
    ) -> None:
        """Takes what ``open`` made."""
        self.token_key = key
        self._root = root
        self._disk = disk
        self._database = database
        self.raw = raw
        self.normalized = normalized
        self.index = SqliteIngestIndex(database)
        self.quarantine = SqliteQuarantineStore(database)
        self.outbox = SqliteOutbox(database)
        self.feed = Feed(database)
        self.lanes = LaneQueues(clock)
        self.bus = EmbeddedEventBus(self.lanes, self.feed)
        self.credentials = SqliteCredentialStore(database, clock)
        self.mappings = SqliteMappingCatalogue(database)

    @classmethod
    def open(cls, root: Path, clock: Clock, disk: Disk | None = None) -> Self:
        """Open the data folder, or make it where there is none. Close the backend in the end.

        Raises ConfigurationError if the folder cannot be written, belongs to another version, or is open to others.
        """
        disk = disk or Disk()
        try:
            root = root.resolve()
            for directory in (*reversed(root.parents), root):
                disk.make_directory(directory)
            disk.probe(root)
            return cls._open(root, clock, disk)
        except (OSError, TransientError) as error:
            message = f"The data folder {root} cannot be used ({error}). Name a folder that this user may write."
            raise ConfigurationError(message) from error

    @classmethod
    def _open(cls, root: Path, clock: Clock, disk: Disk) -> Self:
        check_folder(root)
        check_database(root / DATABASE_NAME)
        ids = UlidFactory()

        def new_name() -> str:
            return ids.new_id(clock.now())

        for directory in (root / "raw", root / "normalized"):
            disk.make_directory(directory)
            disk.make_directory(directory / "segments")
        with ExitStack() as undo:
            database = Database(root / DATABASE_NAME)
            undo.callback(database.close)
            disk.sync_directory(root)
            normalized_segments = Segments(root / "normalized" / "segments", disk)
            normalized = SegmentNormalizedStore(normalized_segments, SegmentWriter(normalized_segments, disk, new_name))
            undo.callback(normalized.close)
            raw_segments = Segments(root / "raw" / "segments", disk)
            raw = SegmentRawStore(RawPlaces(database), raw_segments, SegmentWriter(raw_segments, disk, new_name))
            undo.callback(raw.close)
            raw.read_tails()
            key = token_key(root / KEY_NAME, disk)
            undo.pop_all()
        return cls(root=root, clock=clock, disk=disk, database=database, raw=raw, normalized=normalized, key=key)

    def close(self) -> None:
        """Write what waits and let go of the files. What comes later is refused with TransientError.

        Closing twice is no error.
        """
        self.normalized.close()
        self.raw.close()
        self._database.close()

    def check_writes(self) -> None:
        """Write and sync a little in each way that an accept does. Raises TransientError if the disk refuses."""
        self._database.probe()
        try:
            self._disk.probe(self._root)
        except OSError as error:
            message = f"The data folder {self._root} does not take writes ({error.strerror}). See to the disk."
            raise TransientError(message) from error

    def stats(self) -> BackendStats:
        with self._database.reading() as connection:
            counts = {name: connection.execute(query).fetchone()[0] for name, query in _COUNTS.items()}
        depths = {lane: self.lanes.depth(lane) for lane in Lane}
        return BackendStats(lanes=depths, latest_seq=self.feed.latest_seq(), **counts)
