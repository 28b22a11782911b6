"""How fast the embedded backend accepts: read the index, store the raw object, write the index row.

Run by hand: ``python -m tests.bench.bench_embedded [folder]``. The folder decides which disk is measured.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from dvss.embedded.backend import EmbeddedBackend
from handlers.raw_metadata import RawMetadata
from handlers.system import SystemClock, UlidFactory
from handlers.values import ClaimCheck, IdempotencyKey, IngestRecord, Lane, Source, Status

SECONDS = 3.0
BODY = b'{"sku":"ABC-001","quantity":12,"note":"%s"}' % (b"x" * 600)
SHA256 = hashlib.sha256(BODY).hexdigest()
PERCENTILES = (50, 95, 99)
UNTIL_SWEPT = timedelta(seconds=120)


def accept(backend: EmbeddedBackend, ids: UlidFactory, clock: SystemClock, number: str) -> None:
    key = IdempotencyKey("acme", number)
    assert not backend.index.read([key], consistent=False)
    now = clock.now()
    ingest_id = ids.new_id(now)
    raw_key = f"raw/acme/{now:%Y/%m/%d}/{ingest_id}.json"
    metadata = RawMetadata(
        ingest_id=ingest_id,
        vendor_id="acme",
        external_event_id=number,
        event_type="inventory_update",
        source=Source.ENVELOPE,
        topic=None,
        headers={},
        occurred_at="2026-01-30T20:15:12Z",
        received_at=now,
        sha256=SHA256,
    )
    backend.raw.put_once(raw_key, BODY, metadata)
    record = IngestRecord(
        key=key,
        ingest_id=ingest_id,
        event_type=metadata.event_type,
        source=metadata.source,
        topic=None,
        occurred_at=metadata.occurred_at,
        received_at=now,
        raw=ClaimCheck(backend.raw.bucket, raw_key, SHA256),
        payload_digest=SHA256,
        digest_rule="1",
        lane=Lane.LIVE,
        status=Status.RECEIVED,
        dispatch_at=now + UNTIL_SWEPT,
    )
    assert backend.index.accept([record]) == [None]


def run(folder: Path, threads: int) -> list[float]:
    """Seconds of each accept, of so many clients that never pause."""
    clock = SystemClock()
    ids = UlidFactory()
    backend = EmbeddedBackend.open(folder, clock)
    taken: list[list[float]] = [[] for _ in range(threads)]
    stop_at = perf_counter() + SECONDS

    def client(own: int) -> None:
        number = 0
        while (began := perf_counter()) < stop_at:
            accept(backend, ids, clock, f"event-{own}-{number}")
            taken[own].append(perf_counter() - began)
            number += 1

    clients = [threading.Thread(target=client, args=(own,)) for own in range(threads)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    backend.close()
    return sorted(seconds for own in taken for seconds in own)


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    for threads in (1, 8, 32):
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            taken = run(Path(folder) / "data", threads)
        figures = "   ".join(f"p{part} {taken[len(taken) * part // 100] * 1000:5.2f} ms" for part in PERCENTILES)
        print(f"{threads:3} threads: {len(taken) / SECONDS:6.0f} accepts/s   {figures}")


if __name__ == "__main__":
    main()
