"""What a composition root hands to the entry points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.rates import TokenBuckets

if TYPE_CHECKING:
    from generated.runtime.binding import Registry
    from handlers.ports import (
        Clock,
        CredentialStore,
        EventBus,
        EventQueries,
        IdFactory,
        IngestIndex,
        Lanes,
        MappingCatalogue,
        Metrics,
        NormalizedStore,
        Outbox,
        QuarantineStore,
        RawStore,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The compiled contracts and one adapter for each port. Built once per process, used by every thread."""

    registry: Registry
    public_url: str
    """Scheme, host and base path under which vendors reach this deployment; some schemes sign it."""
    token_key: bytes = field(repr=False)
    """The deployment's secret for the step ``tokenise``: the same value gives the same token under the same key."""
    clock: Clock
    ids: IdFactory
    raw: RawStore
    normalized: NormalizedStore
    index: IngestIndex
    queries: EventQueries
    quarantine: QuarantineStore
    outbox: Outbox
    bus: EventBus
    lanes: Lanes
    credentials: CredentialStore
    mappings: MappingCatalogue
    metrics: Metrics
    rates: TokenBuckets = field(default_factory=TokenBuckets)
    """Of this process: the limit of a vendor is per instance."""
