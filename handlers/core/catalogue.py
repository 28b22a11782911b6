"""Telling what is deployed: the mapping versions of this process, with the contracts that they were compiled from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.values import PublishedMapping

if TYPE_CHECKING:
    from handlers.application import Application


def publish(application: Application) -> None:
    """Publish every vendor's mapping; those of before are deployed no longer, and stay in the catalogue."""
    registry, now = application.registry, application.clock.now()
    profiles = filter(None, map(registry.vendor, registry.vendor_ids()))
    application.mappings.publish(
        [
            PublishedMapping(one.vendor_id, one.mapping_version, now, registry.contracts(one.vendor_id))
            for one in profiles
        ]
    )
