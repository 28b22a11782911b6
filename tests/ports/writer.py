"""A process that writes until it is killed, and tells each acknowledgement on its standard output.

``python -m tests.ports.writer <data folder> <first event> <last event>``. An event goes the whole way: accept,
normalize (to a failure every fifth time), publish. Several writers may be given the same events.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dvss.embedded.backend import EmbeddedBackend
from handlers.system import SystemClock, UlidFactory
from handlers.values import BusMessage, ClaimCheck, ObjectVersion
from tests.ports.examples import completion, failure, ingest_record, quarantine_record, raw_metadata, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.values import IngestRecord

THREADS = 8


def raw_body(ingest_id: str, number: int) -> bytes:
    return f"raw bytes of {ingest_id} ".encode() * (number % 40)


def canonical_body(ingest_id: str) -> bytes:
    return f"canonical bytes of {ingest_id}".encode()


def fails(number: int) -> bool:
    return number % 5 == 0


class Writer:
    def __init__(self, root: Path) -> None:
        self._clock = SystemClock()
        self._ids = UlidFactory()
        self._backend = EmbeddedBackend.open(root, self._clock)

    def run(self, numbers: Iterator[int]) -> None:
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                self._write(number)

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._backend.close()

    def _write(self, number: int) -> None:
        record = self._accept(number)
        if record is None:
            return
        if fails(number):
            item = replace(quarantine_record(number), item_id=record.ingest_id, ingest_id=record.ingest_id)
            self._backend.index.complete(failure(record, item))
            tell("quarantined", number, record.ingest_id)
            return
        body = canonical_body(record.ingest_id)
        version = self._backend.normalized.put("one key", body)
        tell("stored", number, record.ingest_id, version)
        normalized = (ObjectVersion("one key", version, sha256(body)),)
        done = completion(record, normalized=normalized)
        self._backend.index.complete(done)
        tell("normalized", number, record.ingest_id)
        message = BusMessage(record.ingest_id, "InventoryUpdated", body)
        for _ in range(2):
            assert self._backend.bus.publish([message]) == []
        tell("published", number, record.ingest_id)
        self._backend.outbox.delete(done.outbox)
        tell("cleared", number, record.ingest_id)

    def _accept(self, number: int) -> IngestRecord | None:
        now = self._clock.now()
        ingest_id = self._ids.new_id(now)
        body = raw_body(ingest_id, number)
        raw_key = f"raw/{ingest_id}"
        self._backend.raw.put_once(raw_key, body, raw_metadata(ingest_id=ingest_id))
        tell("raw", number, ingest_id)
        record = ingest_record(number, ingest_id=ingest_id, raw=ClaimCheck("raw", raw_key, sha256(body)))
        (in_the_way,) = self._backend.index.accept([record])
        if in_the_way is not None:
            tell("duplicate", number, in_the_way.ingest_id)
            return None
        tell("accepted", number, ingest_id)
        return record


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    Writer(Path(sys.argv[1])).run(iter(range(int(sys.argv[2]), int(sys.argv[3]))))
