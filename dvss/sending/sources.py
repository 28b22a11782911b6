"""From files to envelopes: what ``dvss send`` posts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, parse
from handlers.values import DvssError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ENVELOPE_MEMBERS = frozenset({"vendorId", "externalEventId", "eventType", "payload"})


class SourceError(DvssError):
    """A file cannot be sent; the message names it and the way out."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One envelope on its way, with the place that it was read from."""

    body: bytes
    vendor_id: str
    external_event_id: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """How a bare payload becomes an envelope."""

    vendor_id: str | None = None
    event_type: str | None = None
    id_field: str | None = None
    """Dotted path of the member that holds the event's id; without it the payload's digest is the id."""
    occurred_at: str | None = None
    """RFC 3339. Without it the file's modification time: a file that is sent again stays a duplicate."""


def read(paths: Iterable[Path], wrapping: Wrapping) -> Iterator[Outgoing]:
    """Every envelope in the files and folders named, in order of their names.

    A file is read as it is asked for, so that a folder may hold more than fits the memory. Raises SourceError.
    """
    for path in paths:
        for file in _files(path):
            yield from _read_file(file, wrapping)


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        found = sorted(f for f in path.rglob("*") if f.suffix in {".json", ".jsonl", ".ndjson"} and f.is_file())
        if not found:
            message = f"{path} holds no .json, .jsonl or .ndjson file. Name a folder that does."
            raise SourceError(message)
        return found
    if not path.is_file():
        message = f"{path} does not exist. Name a file or a folder to send."
        raise SourceError(message)
    return [path]


def _read_file(path: Path, wrapping: Wrapping) -> Iterator[Outgoing]:
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if path.suffix in {".jsonl", ".ndjson"}:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _outgoing(line.strip(), f"{path}:{number}", wrapping, modified)
    else:
        yield _outgoing(path.read_bytes().strip(), str(path), wrapping, modified)


def _outgoing(text: bytes, origin: str, wrapping: Wrapping, modified: str) -> Outgoing:
    try:
        document = parse(text)
    except JsonError as error:
        message = f"{origin}: {error.message} Mend the file, or leave it out."
        raise SourceError(message) from error
    if isinstance(document, dict) and document.keys() >= ENVELOPE_MEMBERS:
        return Outgoing(text, str(document["vendorId"]), str(document["externalEventId"]), origin)
    if wrapping.vendor_id is None or wrapping.event_type is None:
        message = f"{origin} holds a bare payload. Give --vendor and --event, so that it can be put into an envelope."
        raise SourceError(message)
    external_event_id = _external_event_id(document, text, origin, wrapping)
    head = {
        "vendorId": wrapping.vendor_id,
        "externalEventId": external_event_id,
        "eventType": wrapping.event_type,
        "occurredAt": wrapping.occurred_at or modified,
    }
    # The payload goes in as its own bytes: writing it anew could change a number.
    body = json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "payload": ' + text + b"}"
    return Outgoing(body, wrapping.vendor_id, external_event_id, origin)


def _external_event_id(document: Any, text: bytes, origin: str, wrapping: Wrapping) -> str:
    if wrapping.id_field is None:
        return f"sha256:{hashlib.sha256(text).hexdigest()}"
    value = document
    for name in wrapping.id_field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, (str, int)) or isinstance(value, bool) or value == "":
        message = f"{origin} holds no text or integer at '{wrapping.id_field}'. Name the member with --id-field."
        raise SourceError(message)
    return str(value)
