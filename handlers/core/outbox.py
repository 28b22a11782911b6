"""Publishing what terminal transactions decided: inline right after them, and again by the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.values import BusMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.application import Application
    from handlers.values import OutboxRecord


def publish(app: Application, records: Sequence[OutboxRecord], bodies: Mapping[OutboxRecord, bytes]) -> int:
    """Send the records' messages and delete those that the bus took; how many it took.

    ``bodies`` saves reading back what was just written. A crash between sending and deleting sends a message twice,
    under the same message id.
    """
    if not records:
        return 0
    messages = {f"{one.event_id}#{one.revision}": one for one in records}
    refused = app.bus.publish(
        [
            BusMessage(message_id, record.detail_type, bodies.get(record) or body_of(app, record))
            for message_id, record in messages.items()
        ]
    )
    left = {message.message_id for message in refused}
    sent = [record for message_id, record in messages.items() if message_id not in left]
    app.outbox.delete(sent)
    return len(sent)


def body_of(app: Application, record: OutboxRecord) -> bytes:
    """The message's bytes, from the normalized object where it has one."""
    if record.normalized is None:
        assert record.detail is not None
        return record.detail.encode()
    return app.normalized.get(record.normalized.key, record.normalized.version_id)
