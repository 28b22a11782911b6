"""All contracts of two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.evolution.api import compare_api
from codegen.evolution.changes import Changes
from codegen.evolution.events import compare_events
from codegen.evolution.sides import SchemaSides
from codegen.evolution.vendors import compare_vendors

if TYPE_CHECKING:
    from codegen.evolution.changes import Change
    from codegen.evolution.contracts import Contracts


def compare(base: Contracts, head: Contracts) -> tuple[Change, ...]:
    """Every change between two sides, the worst first. ``head`` compiles; of ``base`` what can be read is compared."""
    changes = Changes()
    schemas = SchemaSides(base, head, changes)
    compare_events(base, head, schemas, changes)
    compare_vendors(base, head, schemas, changes)
    compare_api(base, head, schemas, changes)
    return changes.sorted()
