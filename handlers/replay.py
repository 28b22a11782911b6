"""Entry point of operators' replays: find accepted events, send them through normalize again, say what came of it.

An event names either what to replay, or a window of one vendor:

    {"ingestIds": ["01K...", ...]}
    {"vendorId": "acme", "receivedFrom": "2026-01-30T00:00:00Z", "receivedBefore": "2026-01-31T00:00:00Z"}

Both take ``"after": <ingest id>``, as an answer that was cut short by its time gives it.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from generated.runtime.mapping import FAILED, timestamp
from handlers.core.replaying import replay_all
from handlers.remaining import MARGIN, unlimited
from handlers.values import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from handlers.application import Application
    from handlers.remaining import RemainingTime
    from handlers.values import IngestRecord

log = logging.getLogger("dvss.replay")
MOST_IDS = 1_000
PAGE = 100
_INGEST_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_WINDOW = ("vendorId", "receivedFrom", "receivedBefore")


class ReplayRequestError(PermanentError):
    """The event asks for no replay; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What to replay, in the order of ingest ids."""

    ingest_ids: Sequence[str] | None
    vendor_id: str | None
    received_from: datetime | None
    received_before: datetime | None
    after: str | None


def answer(event: Mapping[str, Any], app: Application, remaining: RemainingTime = unlimited) -> dict[str, Any]:
    """How many events had which outcome, and where to go on if the time was up.

    ``{"outcomes": {"STARTED": 12, ...}, "notFound": [...], "after": null}``; ``after`` is the last ingest id that was
    looked at. Raises ReplayRequestError.
    """
    request = read_request(event, app)
    outcomes: Counter[str] = Counter()
    not_found: list[str] = []
    after = request.after
    for last, records, missing in _pages(app, request):
        outcomes.update(replay_all(app, records))
        not_found += missing
        after = last
        if remaining() < MARGIN:
            break
    else:
        after = None
    log.info("replayed", extra={"count": outcomes.total(), "vendorId": request.vendor_id})
    return {"outcomes": dict(sorted(outcomes.items())), "notFound": not_found, "after": after}


def _pages(app: Application, request: ReplayRequest) -> Iterator[tuple[str, Sequence[IngestRecord], list[str]]]:
    """Per page the last ingest id of it, the records found and the ids that are nobody's."""
    if request.ingest_ids is not None:
        # One at a time: a look for an id asks for it under each vendor.
        for ingest_id in request.ingest_ids:
            record = app.queries.find(ingest_id)
            yield ingest_id, [] if record is None else [record], [ingest_id] if record is None else []
        return
    after = request.after
    while page := app.queries.events(
        vendor_id=request.vendor_id,
        received_from=request.received_from,
        received_before=request.received_before,
        after=after,
        limit=PAGE,
    ):
        after = page[-1].ingest_id
        yield after, page, []


def read_request(event: Mapping[str, Any], app: Application) -> ReplayRequest:
    """The request in an event. Raises ReplayRequestError."""
    if not isinstance(event, dict):
        _refuse("a replay is asked for with an object")
    unknown = sorted(event.keys() - {"ingestIds", *_WINDOW, "after"})
    if unknown:
        _refuse(f"there is no member '{unknown[0]}'")
    after = event.get("after")
    if after is not None:
        _check_ingest_id("after", after)
    if "ingestIds" in event:
        if any(name in event for name in _WINDOW):
            _refuse("ingestIds and a window exclude each other")
        ids = sorted(_ingest_ids(event["ingestIds"]))
        return ReplayRequest([one for one in ids if after is None or one > after], None, None, None, after)
    missing = [name for name in _WINDOW if name not in event]
    if missing:
        _refuse(f"'{missing[0]}' is missing")
    if event["vendorId"] not in app.registry.vendor_ids():
        _refuse("vendorId names no vendor of this deployment")
    start, end = _moment("receivedFrom", event), _moment("receivedBefore", event)
    if start >= end:
        _refuse("receivedFrom lies before receivedBefore")
    return ReplayRequest(None, event["vendorId"], start, end, after)


def _ingest_ids(listed: Any) -> set[str]:
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_IDS:
        _refuse(f"ingestIds is a list of 1 to {MOST_IDS:,} ingest ids")
    for place, ingest_id in enumerate(listed):
        _check_ingest_id(f"ingestIds[{place}]", ingest_id)
    return set(listed)


def _check_ingest_id(name: str, value: Any) -> None:
    if not isinstance(value, str) or not _INGEST_ID.fullmatch(value):
        _refuse(f"{name} is an ingest id: 26 characters of Crockford's base 32")


def _moment(name: str, event: Mapping[str, Any]) -> datetime:
    text = event[name]
    if timestamp(text) is not FAILED:
        # A leap second is one that no datetime has.
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    return _refuse(f"{name} is a time with its offset, e.g. 2026-01-30T20:15:00Z")


def _refuse(what: str) -> NoReturn:
    message = (
        f"The replay is not started: {what}. "
        'Ask for {"ingestIds": [...]} or {"vendorId", "receivedFrom", "receivedBefore"}, each with "after" to go on.'
    )
    raise ReplayRequestError(message)
