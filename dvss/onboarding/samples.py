"""From sample files to the events that they are samples of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dvss.sending.sources import ENVELOPE_MEMBERS
from generated.runtime.exact_json import JsonError, parse
from generated.runtime.json_forms import dump
from handlers.values import DvssError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_SAMPLE_BYTES = 1_048_576
"""As much as a vendor's limits allow at most for one event."""
EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Narrower than the mapping language's: here it also names files."""


class OnboardingError(DvssError):
    """The vendor's files are not written; the message says why and names the way out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload as the vendor sends it."""

    payload: dict[str, Any]
    text: bytes
    """The payload's own bytes, so that examples and golden cases change no number and no order."""


@dataclass(frozen=True, slots=True)
class EventSamples:
    """An event type with its samples, at least one."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [sample.payload for sample in self.samples]


def read_samples(paths: Iterable[Path], event: str | None) -> list[EventSamples]:
    """The events of some files, in the order of their first samples.

    A file's event is ``event`` where that is given, else the ``eventType`` of the envelope that it holds, else the
    file's name without its suffix. Raises OnboardingError.
    """
    found: dict[str, list[Sample]] = {}
    for path in paths:
        named, sample = _read(path)
        name = event or named or path.stem
        if not EVENT_NAME.fullmatch(name):
            message = (
                f"{path}: {name!a} cannot name an event's files: letters, digits, '.', '_' and '-', at most 100. "
                "Name the event with --event."
            )
            raise OnboardingError(message)
        found.setdefault(name, []).append(sample)
    folded = {name.casefold() for name in found}
    if len(folded) < len(found):
        message = f"Two of the events {', '.join(found)} differ in upper and lower case alone. Rename a file."
        raise OnboardingError(message)
    return [EventSamples(name, tuple(samples)) for name, samples in found.items()]


def _read(path: Path) -> tuple[str | None, Sample]:
    """The event type that the file itself names, and its payload."""
    text = _bytes_of(path)
    try:
        document = parse(text)
    except JsonError as error:
        message = f"{path}: {error.message}"
        raise OnboardingError(message) from error
    named = None
    if isinstance(document, dict) and document.keys() >= ENVELOPE_MEMBERS:
        named, document = str(document["eventType"]), document["payload"]
        text = dump(document)
    if not isinstance(document, dict) or not document:
        what = "an empty object" if document == {} else "no JSON object"
        message = f"{path}: the payload is {what}. Give a file with one payload of the vendor, or one envelope."
        raise OnboardingError(message)
    return named, Sample(document, text.strip())


def _bytes_of(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > MOST_SAMPLE_BYTES:
            message = f"{path} has more than {MOST_SAMPLE_BYTES:,} bytes, the most that an event may have. Cut it down."
            raise OnboardingError(message)
        return path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}). Name a file with one payload."
        raise OnboardingError(message) from error
