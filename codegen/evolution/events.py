"""Canonical events, by those who read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Span
from codegen.evolution.rules import Rule
from codegen.evolution.sides import READERS

if TYPE_CHECKING:
    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.evolution.sides import SchemaSides

AROUND = "schemas/normalized-event.schema.json"
"""What every canonical event travels in."""


def compare_events(base: Contracts, head: Contracts, schemas: SchemaSides, changes: Changes) -> None:
    """Every canonical event in every version, and the document around them."""
    before, after = base.canonical(), head.canonical()
    unread = base.unread("schemas/canonical/")
    for name, event in after.items():
        if name in before:
            schemas.compare(before[name].schema, event.schema, READERS, readers_of(name))
        elif event.path in unread:
            schemas.compare(None, event.schema, READERS, readers_of(name))
        else:
            changes.add(Rule.READ_VERSION_ADDED, event.schema.span, "", f"{name} is new", readers_of(name))
    for name, event in before.items():
        if name not in after:
            message = f"{name} is gone"
            changes.add(Rule.READ_VERSION_REMOVED, Span(event.path, 1, 1), "", message, readers_of(name))
    around = head.store.schema(AROUND)
    if around is not None and AROUND in base.sources:
        schemas.compare(base.store.schema(AROUND), around, READERS, "readers of every canonical event")


def readers_of(name: str) -> str:
    """Who is affected by a change of ``<Name>@<version>``."""
    return f"readers of {name}"
