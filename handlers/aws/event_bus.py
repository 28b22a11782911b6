"""The bus on EventBridge: at most so many messages and bytes a call, a reference for what is too large."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from generated.runtime.json_forms import dump
from handlers.aws.clients import translated
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handlers.aws.clients import Clients
    from handlers.values import BusMessage

INGEST_ACCEPTED = "ingest.accepted"
INGEST_SOURCE = "dvss.ingest"
NORMALIZE_SOURCE = "dvss.normalize"
MOST_ENTRIES = 10
MOST_CALL_BYTES = 240_000
"""Of all entries of a call; EventBridge takes 256 KB and counts more than the details."""
MOST_DETAIL_BYTES = 200_000

log = logging.getLogger("dvss.bus")


class EventBridgeBus:
    """``resources`` of an event holds the message id, by which consumers drop repeats."""

    def __init__(self, clients: Clients, bus: str, normalized_bucket: str) -> None:
        self._clients = clients
        self._bus = bus
        self._normalized_bucket = normalized_bucket

    def publish(self, messages: Sequence[BusMessage]) -> Sequence[BusMessage]:
        """See EventBus. TransientError means that no message is on its way; what fails later is refused."""
        refused: list[BusMessage] = []
        chunks = list(self._chunks(messages, refused))
        for number, chunk in enumerate(chunks):
            try:
                refused += self._send(chunk)
            except TransientError:
                if not number:
                    raise
                # A bus that has just failed is not asked again for the rest of them.
                return refused + [message for rest in chunks[number:] for message, _ in rest]
        return refused

    def _send(self, chunk: Sequence[tuple[BusMessage, dict[str, Any]]]) -> list[BusMessage]:
        entries: list[Any] = [entry for _, entry in chunk]
        with translated():
            answer = self._clients.events.put_events(Entries=entries)
        refused = []
        for (message, _), result in zip(chunk, answer["Entries"], strict=True):
            if "EventId" not in result:
                why = {"messageId": message.message_id, "error": result.get("ErrorCode")}
                log.warning("EventBridge refused a message", extra=why)
                refused.append(message)
        return refused

    def _chunks(
        self, messages: Sequence[BusMessage], refused: list[BusMessage]
    ) -> Iterator[list[tuple[BusMessage, dict[str, Any]]]]:
        """The entries as they fit into calls; what fits into none goes into ``refused``."""
        chunk: list[tuple[BusMessage, dict[str, Any]]] = []
        chunk_bytes = 0
        for message in messages:
            entry = self._entry(message)
            size = _size(entry)
            if size > MOST_CALL_BYTES:
                log.error("A message is too large for the bus", extra={"messageId": message.message_id})
                refused.append(message)
                continue
            if chunk and (len(chunk) == MOST_ENTRIES or chunk_bytes + size > MOST_CALL_BYTES):
                yield chunk
                chunk, chunk_bytes = [], 0
            chunk.append((message, entry))
            chunk_bytes += size
        if chunk:
            yield chunk

    def _entry(self, message: BusMessage) -> dict[str, Any]:
        detail = message.detail
        if len(detail) > MOST_DETAIL_BYTES and message.normalized is not None:
            detail = self._reference(message)
        return {
            "EventBusName": self._bus,
            "Source": INGEST_SOURCE if message.detail_type == INGEST_ACCEPTED else NORMALIZE_SOURCE,
            "DetailType": message.detail_type,
            "Detail": detail.decode(),
            "Resources": [message.message_id],
        }

    def _reference(self, message: BusMessage) -> bytes:
        """The event without its data, and where the whole of it is stored."""
        assert message.normalized is not None
        event = json.loads(message.detail, parse_float=Decimal)
        stored = message.normalized
        reference = {
            "bucket": self._normalized_bucket,
            "key": stored.key,
            "versionId": stored.version_id,
            "sha256": stored.sha256,
        }
        return dump({name: value for name, value in event.items() if name != "data"} | {"normalizedRef": reference})


def _size(entry: dict[str, Any]) -> int:
    """Bytes as EventBridge counts them."""
    texts = (entry["Source"], entry["DetailType"], entry["Detail"], *entry["Resources"])
    return sum(len(part.encode()) for part in texts)
