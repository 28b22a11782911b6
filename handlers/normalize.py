"""Entry point of the lanes' queues: decode, normalize each message, publish, say which failed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from handlers.core.normalization import Normalized, Result, normalize
from handlers.core.outbox import publish
from handlers.remaining import MARGIN, unlimited
from handlers.values import TransientError
from handlers.wire import QueuedMessage, batch_answer, queued_messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.application import Application
    from handlers.remaining import RemainingTime
    from handlers.values import OutboxRecord

log = logging.getLogger("dvss.normalize")


def answer(event: Mapping[str, Any], app: Application, remaining: RemainingTime = unlimited) -> dict[str, Any]:
    """The batch response to an SQS event: the messages that must be handed out again.

    A message whose turn comes when ``remaining`` is short is among them, instead of being cut in the middle. The first
    one is always begun, so that no batch is handed out for nothing.
    """
    failed: list[str] = []
    outbox: dict[OutboxRecord, bytes] = {}
    messages = queued_messages(event)
    for place, message in enumerate(messages):
        if place and remaining() < MARGIN:
            left = [one.message_id for one in messages[place:]]
            log.warning("the time is up; messages are handed out again", extra={"count": len(left)})
            failed += left
            break
        done = _one(app, message)
        if done is None:
            failed.append(message.message_id)
        else:
            outbox.update(zip(done.outbox, done.bodies, strict=True))
    try:
        publish(app, list(outbox), outbox)
    except TransientError as error:
        # The outbox rows stay: the sweeper publishes them. The messages are done, their events are terminal.
        log.warning("canonical events were not published", extra={"error": str(error)})
    return batch_answer(failed)


def _one(app: Application, message: QueuedMessage) -> Normalized | None:
    """The outcome of one message; None if it must be handed out again."""
    extra: dict[str, Any] = {}
    try:
        accepted = message.accepted()
        extra = {
            "ingestId": accepted.ingest_id,
            "vendorId": accepted.vendor_id,
            "externalEventId": accepted.external_event_id,
        }
        done = normalize(app, accepted)
    except TransientError as error:
        log.warning("an event was not normalized", extra=extra | {"error": str(error)})
        return None
    except Exception:
        # The boundary of one message: whatever is wrong with it, its neighbours in the batch go on.
        log.exception("an event was not normalized", extra=extra)
        return None
    _report(app, done, extra)
    return done


def _report(app: Application, done: Normalized, extra: dict[str, Any]) -> None:
    vendor_id = extra["vendorId"]
    is_first = done.record is not None and done.record.revision == 0
    if done.result is Result.NORMALIZED and is_first:
        # Counted once, however often an event is replayed.
        app.metrics.count("dvss.normalize.success", eventType=done.emits or "ignored", vendorId=vendor_id)
    elif done.reason is not None:
        app.metrics.count("dvss.normalize.failed", reason=done.reason, vendorId=vendor_id)
    status = done.reason or done.result
    if done.record is not None:
        extra = extra | {"rawS3Key": done.record.raw.key}
        if done.result is not Result.REPEATED and done.record.generation == 0:
            milliseconds = (app.clock.now() - done.record.received_at).total_seconds() * 1000
            app.metrics.observe("dvss.pipeline.latency_ms", milliseconds, stage="normalize", vendorId=vendor_id)
            extra = extra | {"latencyMs": round(milliseconds, 1)}
    log.info("event %s", done.result.lower(), extra=extra | {"status": status})
