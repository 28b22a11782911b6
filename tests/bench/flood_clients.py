"""The two senders of ``bench_flood``, each a process of its own; the last line of the output is what each measured.

``flood``: requests at a fixed rate over many connections, whether they are answered or not, as cheaply as can be.
``quiet``: single events at a modest rate; a latency runs from the moment that its event was due.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import time
from collections import Counter
from itertools import count
from statistics import quantiles
from typing import Any, cast
from urllib.parse import urlsplit

CONNECTIONS = 64
TICK_SECONDS = 0.005
BURST_SECONDS = 3


def request(host: str, key: str, vendor: str, name: str) -> bytes:
    body = json.dumps(envelope(vendor, name)).encode()
    head = f"POST /v1/events HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def envelope(vendor: str, name: str) -> dict[str, Any]:
    return {
        "vendorId": vendor,
        "externalEventId": name,
        "eventType": "inventory_update",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": {"warehouse": "ROA", "sku": "abc-001", "qty": 12},
    }


class Connection(asyncio.Protocol):
    """Counts answers by their status; never has more than one request under way."""

    def __init__(self, statuses: Counter[str]) -> None:
        self._statuses = statuses
        self.is_free = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_free = True

    def send(self, data: bytes) -> None:
        self.is_free = False
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            self._statuses[data[9:12].decode()] += 1
            self.is_free = True


async def flood(url: str, key: str, vendor: str, rate: int, seconds: float) -> dict[str, Any]:
    """``missed`` are those that found no connection free: the server did not answer those before in time."""
    address = urlsplit(url)
    assert address.hostname is not None
    assert address.port is not None
    statuses: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    made = [
        loop.create_connection(lambda: Connection(statuses), address.hostname, address.port) for _ in range(CONNECTIONS)
    ]
    connections = [protocol for _, protocol in await asyncio.gather(*made)]
    names, sent, missed = count(), 0, 0
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < seconds:
        free = [connection for connection in connections if connection.is_free]
        while sent + missed < elapsed * rate:
            if free:
                free.pop().send(request(address.netloc, key, vendor, f"flood-{start}-{next(names)}"))
                sent += 1
            else:
                missed += 1
        await asyncio.sleep(TICK_SECONDS)
    await asyncio.sleep(1)
    return {"sent": sent, "missed": missed, "statuses": dict(statuses), "perSecond": round(sent / seconds)}


def quiet(url: str, key: str, vendor: str, rate: int, seconds: float) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    statuses: Counter[int] = Counter()
    latencies = []
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        time.sleep(max(due - time.monotonic(), 0))
        body = json.dumps(envelope(vendor, f"quiet-{start}-{number}"))
        connection.request("POST", "/v1/events", body, {"x-api-key": key, "content-type": "application/json"})
        response = connection.getresponse()
        response.read()
        statuses[response.status] += 1
        latencies.append((time.monotonic() - due) * 1000)
    burst, rest = (
        quantiles(part, n=100) for part in (latencies[: BURST_SECONDS * rate], latencies[BURST_SECONDS * rate :])
    )
    times = {"p50Ms": rest[49], "p95Ms": rest[94], "p99Ms": rest[98], "burstP95Ms": burst[94]}
    return {"statuses": dict(statuses)} | times


def main() -> None:
    role, url, key, vendor, rate, seconds = sys.argv[1:]
    if role == "flood":
        measured = asyncio.run(flood(url, key, vendor, int(rate), float(seconds)))
    else:
        measured = quiet(url, key, vendor, int(rate), float(seconds))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
