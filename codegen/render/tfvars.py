"""What Terraform needs to know of the vendors, so that adding one edits no Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.ir.project import VendorMapping


def tfvars(vendors: Sequence[VendorMapping]) -> dict[str, Any]:
    """The variables: every vendor, and the usage plans, which vendors of equal limits share.

    A plan throttles each of its keys by itself, and an account has 300 plans (quotas of API Gateway). A vendor that
    signs its webhooks has a plan too: with a key of its own it asks what became of its events. Keys are created and put
    into their plan by `dvss key add`, so that none lies in Terraform's state.
    """
    ordered = sorted(vendors, key=lambda vendor: vendor.vendor)
    return {
        "vendors": {vendor.vendor: _vendor(vendor) for vendor in ordered},
        "usage_plans": {
            tier(vendor): {"requests_per_second": vendor.requests_per_second, "burst": vendor.burst}
            for vendor in sorted(ordered, key=lambda vendor: (vendor.requests_per_second, vendor.burst))
        },
        "lanes": sorted({event.lane for vendor in ordered for event in vendor.events}),
    }


def tier(vendor: VendorMapping) -> str:
    """The name of the usage plan with the vendor's limits."""
    return f"rate-{vendor.requests_per_second}-burst-{vendor.burst}"


def _vendor(vendor: VendorMapping) -> dict[str, Any]:
    is_webhook = vendor.webhook is not None
    return {
        "scheme": vendor.scheme,
        "usage_plan": tier(vendor),
        "requests_per_second": vendor.requests_per_second,
        "burst": vendor.burst,
        "max_payload_bytes": vendor.max_payload_bytes,
        "lanes": sorted({event.lane for event in vendor.events}),
        "webhook": is_webhook,
        "secrets_parameter": f"vendors/{vendor.vendor}/secrets" if is_webhook else None,
    }
