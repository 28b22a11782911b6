"""Publishing: what asks for an event to be normalized, and what terminal transactions decided."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.core.messages import accepted_message
from handlers.values import BusMessage, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.application import Application
    from handlers.values import IngestRecord, OutboxRecord

FIRST_DISPATCH = timedelta(seconds=120)
"""How long after its sending the sweeper takes the message of an event for lost."""

log = logging.getLogger("dvss.outbox")


def emit(app: Application, records: Sequence[IngestRecord]) -> None:
    """Send ``ingest.accepted`` for each record, as well as it goes: their markers repair what is lost here."""
    if not records:
        return
    try:
        refused = app.bus.publish([accepted_message(record) for record in records])
    except TransientError as error:
        log.warning("ingest.accepted was not sent", extra={"ingestId": records[0].ingest_id, "error": str(error)})
        return
    for message in refused:
        log.warning("ingest.accepted was refused", extra={"ingestId": message.message_id.partition("#")[0]})


def publish(app: Application, records: Sequence[OutboxRecord], bodies: Mapping[OutboxRecord, bytes]) -> tuple[int, int]:
    """Send the records' messages and delete those that the bus took; how many it took, and how many it refused.

    Neither counts a record whose normalized object is gone.

    ``bodies`` saves reading back what was just written. A crash between sending and deleting sends a message twice,
    under the same message id.
    """
    messages: dict[str, BusMessage] = {}
    by_id: dict[str, OutboxRecord] = {}
    for record in records:
        body = bodies.get(record) or _body(app, record)
        if body is not None:
            message = BusMessage(
                f"{record.event_id}#{record.revision}", record.detail_type, body, normalized=record.normalized
            )
            messages[message.message_id] = message
            by_id[message.message_id] = record
    if not messages:
        return 0, 0
    left = {message.message_id for message in app.bus.publish(list(messages.values()))}
    sent = [record for message_id, record in by_id.items() if message_id not in left]
    app.outbox.delete(sent)
    return len(sent), len(left)


def _body(app: Application, record: OutboxRecord) -> bytes | None:
    """The message's bytes, from the normalized object where it has one; None if that is gone."""
    if record.normalized is None:
        assert record.detail is not None
        return record.detail.encode()
    try:
        return app.normalized.get(record.normalized.key, record.normalized.version_id)
    except KeyError:
        # One lost object must not hold up what waits behind it; the record stays, for the audit to name.
        log.exception("a normalized object is gone", extra={"ingestId": record.event_id})
        return None
