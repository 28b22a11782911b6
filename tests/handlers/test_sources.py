"""What the source itself must keep to."""

from __future__ import annotations

from pathlib import Path

from generated.registry import REGISTRY

HANDLERS = Path(__file__).parents[2] / "handlers"


def test_no_vendor_is_named_in_the_handlers() -> None:
    """Vendors are data. Signature schemes alone carry the names of those who published them."""
    named = [
        (path.name, vendor_id)
        for path in HANDLERS.rglob("*.py")
        for vendor_id in REGISTRY.vendor_ids()
        if path.parent.name != "signatures" and vendor_id.lower() in path.read_text(encoding="utf-8").lower()
    ]
    assert named == []
