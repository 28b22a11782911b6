"""The language as its page shows it, from the tables that the compiler works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.frontend.events import LANES
from codegen.frontend.json_schema import ANNOTATIONS, ASSERTIONS, CANONICAL, FORMATS, REFUSED
from codegen.frontend.mapping import DEFAULT_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, SCHEMES
from codegen.frontend.operands import ROUNDINGS
from codegen.ir.project import Language, StepDoc
from codegen.resolve.arrays import MAX_EVENTS
from codegen.resolve.scopes import ENVELOPE
from codegen.resolve.steps.registry import STEPS

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import StepDefinition


def language() -> Language:
    """What the page is made of."""
    return Language(
        steps=tuple(_step(STEPS[name]) for name in sorted(STEPS)),
        schemes=SCHEMES,
        lanes=LANES,
        envelope=tuple(ENVELOPE),
        roundings=ROUNDINGS,
        canonical_keywords=tuple(sorted(CANONICAL)),
        payload_keywords=tuple(sorted(ASSERTIONS - CANONICAL)),
        annotations=tuple(sorted(ANNOTATIONS)),
        refused_keywords=tuple(sorted(REFUSED.items())),
        formats=tuple(sorted(FORMATS)),
        max_events=MAX_EVENTS,
        default_payload_bytes=DEFAULT_PAYLOAD_BYTES,
        max_payload_bytes=MAX_PAYLOAD_BYTES,
    )


def _step(step: StepDefinition) -> StepDoc:
    names = ", ".join(parameter.name for parameter in step.parameters)
    form = f"{step.name}({names})" if names else step.name
    return StepDoc(step.name, form, ", ".join(sorted(step.takes)), step.summary, step.fails, step.example)
