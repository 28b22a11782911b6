"""Why an accepted event became what it is: what it was mapped by, and where each of its fields comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.lineage import Run, Trace, trace
from dvss.way import way_of
from handlers.core.mapping import Mapped, Refused, normalize_payload
from handlers.core.reading import read_back
from handlers.values import Status

if TYPE_CHECKING:
    from dvss.way import Way
    from handlers.application import Application
    from handlers.values import IngestRecord


@dataclass(frozen=True, slots=True)
class Explanation:
    """An event, and what the mapping in force makes of its raw bytes."""

    way: Way
    deployed_version: str | None
    """Of the mapping in force; None where the vendor has none any more."""
    outcome: Mapped | Refused
    lineage: tuple[Trace, ...]
    """Of the outcome; empty where it is refused."""

    @property
    def recorded_version(self) -> str | None:
        """Of the mapping that the event's present state was made by."""
        kept = self.way.quarantine
        return kept.mapping_version if kept else self.way.record.mapping_version

    def notes(self) -> list[str]:
        """What differs between now and when the event was mapped, in sentences."""
        record, recorded = self.way.record, self.recorded_version
        if record.status is Status.RECEIVED:
            return ["The event is not mapped yet. This is what the mapping in force makes of it."]
        found = []
        if recorded != self.deployed_version:
            found.append(
                f"It was mapped by {recorded or 'no mapping'}, but {self.deployed_version or 'no mapping'} is in force "
                "now: rules and lines here are the latter's."
            )
        is_mapped = isinstance(self.outcome, Mapped)
        if isinstance(self.outcome, Mapped) and not self.outcome.data:
            why = "is filtered out" if self.outcome.binding else "is ignored"
            found.append(f"The payload {why} by the mapping: it is kept raw and becomes no canonical event.")
        if self.way.quarantine is not None and is_mapped:
            found.append("The mapping in force takes it: `dvss quarantine release` normalizes it anew.")
        elif self.way.quarantine is None and not self._is_as_stored():
            found.append("The mapping in force makes something else of it: `dvss replay` would change the event.")
        return found

    def _is_as_stored(self) -> bool:
        stored = [event["data"] for event in self.way.canonical if "data" in event]
        return isinstance(self.outcome, Mapped) and stored == list(self.outcome.data)


def explain(application: Application, record: IngestRecord) -> Explanation:
    """Map the event's raw bytes again and join the result with its lineage. Writes nothing.

    Raises TransientError where the raw bytes are not there yet.
    """
    way = way_of(application, record)
    profile = application.registry.vendor(record.key.vendor_id)
    version = profile.mapping_version if profile else None
    read = read_back(application, record)
    if isinstance(read, Refused):
        return Explanation(way, version, read, ())
    envelope = read.envelope(application, record)
    outcome = normalize_payload(application.registry, read.profile, read.event_type, read.payload, envelope)
    if isinstance(outcome, Refused):
        return Explanation(way, version, outcome, ())
    traced = trace(Run(application.registry, record.key.vendor_id, read.payload, envelope, outcome))
    return Explanation(way, version, outcome, traced)
