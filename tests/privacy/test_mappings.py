"""What flows from a sensitive place of a payload into a canonical event is marked there too."""

from __future__ import annotations

from dvss.lineage import UNLINKING
from dvss.sensitivity import Sensitivity
from generated.registry import REGISTRY
from tests.privacy.judged import JUDGED


def unmarked() -> set[tuple[str, str]]:
    """Vendors and sensitive places of which a rule shows something at a canonical place without a mark."""
    found = set()
    for vendor_id in REGISTRY.vendor_ids():
        profile = REGISTRY.vendor(vendor_id)
        assert profile is not None
        for binding in (one for versions in profile.events.values() for one in versions):
            name = f"{binding.event_type}@{binding.version}" if binding.version else binding.event_type
            payload = Sensitivity(REGISTRY.schema(binding.payload_schema))
            canonical = Sensitivity(REGISTRY.schema(binding.canonical_schema))
            rules = (one for one in REGISTRY.lineage(vendor_id) if f"{one.rule}/".startswith(f"{name}/"))
            for rule in rules:
                # An array's own rule says how many there are; those of its elements what is in them.
                if rule.expression.startswith("each ") or UNLINKING & set(rule.steps) or canonical.at(rule.target):
                    continue
                found |= {(vendor_id, one) for one in rule.sources if one.startswith("/") and payload.at(one)}
    return found


def test_personal_data_is_marked_in_canonical_events_too() -> None:
    assert unmarked() == set(JUDGED)
