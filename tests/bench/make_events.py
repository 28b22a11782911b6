"""Writes distinct vendorA events as JSON Lines: `python -m tests.bench.make_events COUNT > FILE`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def events(count: int, prefix: str = "bench") -> Iterator[str]:
    for number in range(count):
        yield json.dumps(
            {
                "vendorId": "vendorA",
                "externalEventId": f"{prefix}-{number:07}",
                "eventType": "inventory_update",
                "occurredAt": f"2026-01-30T20:{number // 60 % 60:02}:{number % 60:02}Z",
                "payload": {"warehouse": "ROA", "sku": f" abc-{number % 997:03}", "qty": number % 500},
            }
        )


if __name__ == "__main__":
    sys.stdout.writelines(f"{event}\n" for event in events(int(sys.argv[1])))
