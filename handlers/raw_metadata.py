"""What is stored beside an event's raw bytes, and the document that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from handlers.values import Source

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMetadata:
    """Every input of the mapper that the bytes themselves do not hold, save the deployment's token key."""

    ingest_id: str
    vendor_id: str
    external_event_id: str
    event_type: str
    source: Source
    topic: str | None
    """Last segment of a webhook's path; None for an envelope."""
    headers: Mapping[str, str]
    """The request headers that the mapping reads, names in lower case."""
    occurred_at: str | None
    received_at: datetime
    sha256: str

    def document(self) -> dict[str, Any]:
        """The metadata as JSON; ``of`` reads it back."""
        return {
            "ingestId": self.ingest_id,
            "vendorId": self.vendor_id,
            "externalEventId": self.external_event_id,
            "eventType": self.event_type,
            "source": self.source,
            "topic": self.topic,
            "headers": dict(self.headers),
            "occurredAt": self.occurred_at,
            "receivedAt": self.received_at.isoformat(),
            "sha256": self.sha256,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> RawMetadata:
        """The metadata in a document. Raises LookupError or ValueError if it holds none."""
        return cls(
            ingest_id=document["ingestId"],
            vendor_id=document["vendorId"],
            external_event_id=document["externalEventId"],
            event_type=document["eventType"],
            source=Source(document["source"]),
            topic=document["topic"],
            headers=document["headers"],
            occurred_at=document["occurredAt"],
            received_at=datetime.fromisoformat(document["receivedAt"]),
            sha256=document["sha256"],
        )
