"""Entry point of the lanes' queues: decode, normalize each message, publish, say which failed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from handlers.core.normalization import Normalized, Result, normalize
from handlers.core.outbox import publish
from handlers.values import TransientError
from handlers.wire import QueuedMessage, batch_answer, read_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.application import Application
    from handlers.values import OutboxRecord

log = logging.getLogger("dvss.normalize")


def answer(event: Mapping[str, Any], app: Application) -> dict[str, Any]:
    """The batch response to an SQS event: the messages that must be handed out again."""
    failed: list[str] = []
    outbox: dict[OutboxRecord, bytes] = {}
    for message in read_queue(event):
        done = _one(app, message)
        if done is None:
            failed.append(message.message_id)
            continue
        outbox.update(zip(done.outbox, done.bodies, strict=True))
    try:
        publish(app, list(outbox), outbox)
    except TransientError as error:
        # The outbox rows stay: the sweeper publishes them. The messages are done, their events are terminal.
        log.warning("canonical events were not published", extra={"status": str(error)})
    return batch_answer(failed)


def _one(app: Application, message: QueuedMessage) -> Normalized | None:
    accepted = message.accepted
    extra: dict[str, Any] = {
        "ingestId": accepted.ingest_id,
        "vendorId": accepted.vendor_id,
        "externalEventId": accepted.external_event_id,
    }
    try:
        done = normalize(app, accepted)
    except TransientError as error:
        log.warning("an event was not normalized", extra=extra | {"status": str(error)})
        return None
    except Exception:
        # The boundary of one message: whatever is wrong with it, its neighbours in the batch go on.
        log.exception("an event was not normalized", extra=extra)
        return None
    _report(app, done, extra)
    return done


def _report(app: Application, done: Normalized, extra: dict[str, Any]) -> None:
    if done.result is Result.NORMALIZED:
        app.metrics.count("dvss.normalize.success", eventType=done.emits or "ignored")
    elif done.result is Result.QUARANTINED and done.reason is not None:
        app.metrics.count("dvss.normalize.failed", reason=done.reason)
    status = done.reason or done.result
    if done.record is not None and done.result is not Result.REPEATED:
        milliseconds = (app.clock.now() - done.record.received_at).total_seconds() * 1000
        app.metrics.observe("dvss.pipeline.latency_ms", milliseconds, stage="normalize")
        extra = extra | {"rawS3Key": done.record.raw.key, "latencyMs": round(milliseconds, 1)}
    log.info("event %s", done.result.lower(), extra=extra | {"status": status})
