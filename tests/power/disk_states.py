"""What a disk may hold after a power loss: what was synced, and of the rest nothing, a beginning or any part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.power.recording import Operation

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tests.power.recording import Entry

_SECTOR_BYTES = (512, 4_096)


@dataclass(frozen=True, slots=True)
class Change:
    """Not synced yet: bytes at an offset; without bytes, a new size."""

    place: int
    offset: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Renaming:
    """Not synced yet: names of one folder that come or go at once."""

    place: int
    names: tuple[tuple[str, int | None], ...]


@dataclass(slots=True)
class File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)


@dataclass(slots=True)
class Folder:
    durable: dict[str, int] = field(default_factory=dict)
    """What has the name, by a number that is never used again (an inode's is)."""
    pending: list[Renaming] = field(default_factory=list)


type Keep = Callable[[Change, random.Random], Sequence[Change]]
type KeepNames = Callable[[Renaming, random.Random], bool]


class RecordedDisk:
    """Plays a recording from its beginning. At any moment it can say what a power loss would leave."""

    def __init__(self, root: Path) -> None:
        """All that is in ``root`` before the recording counts as synced."""
        self._things: list[File | Folder] = []
        self._by_inode: dict[int, int] = {}
        self._root = self._taken_in(root)

    def _taken_in(self, path: Path) -> int:
        if path.is_dir():
            thing: File | Folder = Folder({child.name: self._taken_in(child) for child in path.iterdir()})
        else:
            thing = File(bytearray(path.read_bytes()))
        return self._add(path.stat().st_ino, thing)

    def _add(self, inode: int, thing: File | Folder) -> int:
        self._things.append(thing)
        self._by_inode[inode] = len(self._things) - 1
        return len(self._things) - 1

    def _file(self, inode: int) -> File:
        thing = self._things[self._by_inode[inode]]
        assert isinstance(thing, File)
        return thing

    def _folder(self, inode: int) -> Folder:
        thing = self._things[self._by_inode[inode]]
        assert isinstance(thing, Folder)
        return thing

    def play(self, entry: Entry) -> None:
        match entry.operation:
            case Operation.WRITE:
                self._file(entry.inode).pending.append(Change(entry.place, entry.first, entry.data))
            case Operation.TRUNCATE:
                self._file(entry.inode).pending.append(Change(entry.place, entry.first, None))
            case Operation.SYNCED:
                self._sync(self._things[self._by_inode[entry.inode]], entry.first)
            case Operation.SYNC_FAILED:
                self._lose(self._things[self._by_inode[entry.inode]], entry.first)
            case Operation.SYNC_BEGINS | Operation.SENT:
                pass
            case _:
                self._play_names(entry)

    def _play_names(self, entry: Entry) -> None:
        match entry.operation:
            case Operation.CREATE:
                self._rename(entry, entry.first, (entry.name, self._add(entry.inode, File())))
            case Operation.MAKE_DIRECTORY:
                self._rename(entry, entry.first, (entry.name, self._add(entry.inode, Folder())))
            case Operation.LINK:
                self._rename(entry, entry.first, (entry.name, self._by_inode[entry.inode]))
            case Operation.UNLINK:
                self._rename(entry, entry.first, (entry.name, None))
            case Operation.RENAME:
                old, new = entry.name.split("/")
                gone, come = (old, None), (new, self._by_inode[entry.inode])
                if entry.first == entry.second:
                    self._rename(entry, entry.first, gone, come)
                else:
                    self._rename(entry, entry.second, come)
                    self._rename(entry, entry.first, gone)
            case _:
                message = f"{entry.operation.name} is no operation on names"
                raise AssertionError(message)

    def _rename(self, entry: Entry, folder: int, *names: tuple[str, int | None]) -> None:
        self._folder(folder).pending.append(Renaming(entry.place, names))

    def _sync(self, thing: File | Folder, begun: int) -> None:
        """What was done before the sync began is on the disk; what was done meanwhile need not be."""
        if isinstance(thing, File):
            _write(thing.durable, [change for change in thing.pending if change.place < begun])
            thing.pending = [change for change in thing.pending if change.place >= begun]
        else:
            _name(thing.durable, [change for change in thing.pending if change.place < begun])
            thing.pending = [change for change in thing.pending if change.place >= begun]

    def _lose(self, thing: File | Folder, begun: int) -> None:
        """The kernel may take pages for clean whose sync failed: no later sync puts them on the disk."""
        if isinstance(thing, File):
            thing.pending = [change for change in thing.pending if change.place >= begun or change.data is None]

    def pending_places(self) -> Iterable[int]:
        return (change.place for thing in self._things for change in thing.pending)

    def survivors(self, into: Path, keep: Keep, keep_names: KeepNames, rng: random.Random) -> None:
        """Write into a new folder what is left; ``keep`` and ``keep_names`` choose among what was not synced."""
        self._put(self._root, into, keep, keep_names, rng)

    def _put(self, number: int, path: Path, keep: Keep, keep_names: KeepNames, rng: random.Random) -> None:
        thing = self._things[number]
        if isinstance(thing, File):
            content = bytearray(thing.durable)
            _write(content, [part for change in thing.pending for part in keep(change, rng)])
            path.write_bytes(content)
            path.chmod(0o600)
            return
        names = dict(thing.durable)
        _name(names, [change for change in thing.pending if keep_names(change, rng)])
        path.mkdir(mode=0o700)
        for name, child in names.items():
            # Shared memory between processes, not a file of a disk: whoever comes first makes it anew.
            if not name.endswith("-shm"):
                self._put(child, path / name, keep, keep_names, rng)


def _write(content: bytearray, changes: Iterable[Change]) -> None:
    for change in changes:
        if change.data is None:
            del content[change.offset :]
            content.extend(bytes(change.offset - len(content)))
        else:
            content.extend(bytes(max(0, change.offset - len(content))))
            content[change.offset : change.offset + len(change.data)] = change.data


def _name(names: dict[str, int], changes: Iterable[Renaming]) -> None:
    for change in changes:
        for name, number in change.names:
            if number is None:
                names.pop(name, None)
            else:
                names[name] = number


def nothing_more(disk: RecordedDisk, into: Path, rng: random.Random) -> None:
    """What was not synced is gone."""
    disk.survivors(into, lambda _change, _rng: (), lambda _change, _rng: False, rng)


def any_sectors(disk: RecordedDisk, into: Path, rng: random.Random) -> None:
    """Of what was not synced any sectors are there, and any names."""
    share = rng.choice((0.1, 0.5, 0.9))
    sector_bytes = rng.choice(_SECTOR_BYTES)

    def keep(change: Change, rng: random.Random) -> Sequence[Change]:
        if change.data is None:
            return [change] if rng.random() < share else []
        return [part for part in _sectors(change, sector_bytes) if rng.random() < share]

    disk.survivors(into, keep, lambda _change, rng: rng.random() < share, rng)


def a_beginning(disk: RecordedDisk, into: Path, rng: random.Random) -> None:
    """What was not synced is there up to a moment, the write of that moment in part."""
    places = sorted(disk.pending_places())
    last = rng.choice(places) if places else 0

    def keep(change: Change, rng: random.Random) -> Sequence[Change]:
        if change.place == last and change.data:
            return [Change(change.place, change.offset, change.data[: rng.randrange(len(change.data))])]
        return [change] if change.place < last else []

    disk.survivors(into, keep, lambda change, _rng: change.place <= last, rng)


def _sectors(change: Change, sector_bytes: int) -> Iterable[Change]:
    assert change.data is not None
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, start - start % sector_bytes + sector_bytes)
        yield Change(change.place, start, change.data[start - change.offset : stop - change.offset])
        start = stop


type Loss = Callable[[RecordedDisk, Path, random.Random], None]

LOSSES: tuple[Loss, ...] = (nothing_more, any_sectors, a_beginning)
