"""Registries as they are after a deployment that changed a mapping."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from generated.registry import REGISTRY
from tests.handlers.world import OtherRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generated.runtime.binding import VendorProfile

    type Mapper = Callable[[Any, Mapping[str, Any]], list[dict[str, Any]]]

OTHER_VERSION = "sha256:" + "f" * 64


def profile_of(vendor_id: str) -> VendorProfile:
    profile = REGISTRY.vendor(vendor_id)
    assert profile is not None
    return profile


def mapped_by(vendor_id: str, event_type: str, mapper: Mapper, **changes: Any) -> OtherRegistry:
    """One event's mapper, and what else is given of its binding, is another."""
    profile = profile_of(vendor_id)
    binding = replace(profile.events[event_type][0], mapper=mapper, **changes)
    return OtherRegistry(
        replace(profile, events={**profile.events, event_type: (binding,)}, mapping_version=OTHER_VERSION)
    )


def stock(payload: Any, **changes: Any) -> dict[str, Any]:
    """Canonical data of a vendorA stock level."""
    return {"warehouseId": "ROA", "sku": "ABC-001", "quantityOnHand": payload["qty"]} | changes


def inventory_by(mapper: Mapper, **changes: Any) -> OtherRegistry:
    """Another mapper of vendorA's stock levels."""
    return mapped_by("vendorA", "inventory_update", mapper, **changes)
