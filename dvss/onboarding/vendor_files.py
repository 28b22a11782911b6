"""The files of a new vendor: all of them or none, and never over another."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dvss.onboarding import skeleton
from dvss.onboarding.inference import payload_schema
from dvss.onboarding.samples import OnboardingError, read_samples
from dvss.onboarding.targets import canonical_events
from generated.runtime.json_forms import dump

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dvss.onboarding.samples import EventSamples

VENDOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
OCCURRED_AT = "2026-01-30T20:15:12Z"
"""Of the golden cases' envelopes; an envelope of the vendor's own says another time, and nothing depends on it."""
_NEEDED = ("mappings", "schemas/canonical", "dvss/examples", "tests/golden")


@dataclass(frozen=True, slots=True)
class Drafted:
    """What there is to write for a vendor."""

    files: dict[str, bytes]
    """By path relative to the project's folder."""
    emits: dict[str, str]
    """The canonical event of each of the vendor's events."""
    personal: tuple[str, ...]
    """Members that look like personal data, which the example and the golden cases would keep."""


def draft_vendor(root: Path, vendor: str, samples: Sequence[Path], event: str | None, emits: str | None) -> Drafted:
    """Everything that a new vendor needs, from samples of what it sends. Writes nothing. Raises OnboardingError."""
    _refuse_unusable(root, vendor)
    known = canonical_events(root)
    if emits is not None and emits not in known:
        message = f"There is no canonical event {emits!a}. There are: {', '.join(known)}."
        raise OnboardingError(message)
    events = read_samples(samples, event)
    plans = [skeleton.plan(one, known, emits) for one in events]
    files = {f"mappings/{vendor}.yaml": skeleton.mapping_text(vendor, events, plans, known).encode()}
    personal: dict[str, None] = {}
    for one in events:
        schema = payload_schema(vendor, one.name, one.payloads)
        personal |= dict.fromkeys(_personal(schema))
        files[f"schemas/{skeleton.schema_name(vendor, one.name)}"] = f"{_indented(schema)}\n".encode()
        files |= _cases(vendor, one, schema)
    taken = [path for path in files if (root / path).exists()]
    if taken:
        message = f"{taken[0]} exists already. Remove what is left of {vendor}, or take another name."
        raise OnboardingError(message)
    emitted = {one.name: made.emits for one, made in zip(events, plans, strict=True)}
    return Drafted(files, emitted, tuple(personal))


def write(root: Path, drafted: Drafted) -> None:
    """Write every file. Raises OnboardingError where the disk does not take one, or one came to be meanwhile."""
    for path, content in drafted.files.items():
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            with (root / path).open("xb") as file:
                file.write(content)
        except OSError as error:
            message = f"{path} cannot be written ({error.strerror}). What was written before it stays."
            raise OnboardingError(message) from error


def _indented(value: Any, margin: str = "") -> str:
    """JSON to be read by people. Python's own writer knows no exact decimals."""
    inner = f"{margin}  "
    if value and isinstance(value, dict):
        lines = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_indented(one, inner)}" for name, one in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    if value and isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        return "[\n" + ",\n".join(f"{inner}{_indented(one, inner)}" for one in value) + f"\n{margin}]"
    if value and isinstance(value, list):
        return f"[{', '.join(_indented(one) for one in value)}]"
    return dump(value).decode()


def _refuse_unusable(root: Path, vendor: str) -> None:
    if not VENDOR_NAME.fullmatch(vendor):
        message = f"{vendor!a} is no vendor's id: a letter, then letters, digits, '_' and '-', at most 64."
        raise OnboardingError(message)
    missing = [name for name in _NEEDED if not (root / name).is_dir()]
    if missing:
        message = f"There is no folder {missing[0]} here. Run the command in the project's folder."
        raise OnboardingError(message)
    places = [*(root / "mappings").glob("*.yaml"), *(root / "schemas" / "vendors").glob("*")]
    taken = next((path for path in places if path.name.removesuffix(".yaml").lower() == vendor.lower()), None)
    if taken is not None:
        message = (
            f"{taken.relative_to(root)} exists already. To add an event to a vendor, write its schema and its block "
            "under `events:` by hand; a new vendor needs another name."
        )
        raise OnboardingError(message)


def _cases(vendor: str, event: EventSamples, schema: dict[str, object]) -> dict[str, bytes]:
    """The event's example and its golden cases: each sample, and one that lacks a member."""
    first = event.samples[0]
    files = {f"dvss/examples/{vendor}/{event.name}.json": first.text + b"\n"}
    for number, sample in enumerate(event.samples, start=1):
        files[_case(vendor, event, f"sample-{number}")] = _envelope(vendor, event, number, sample.text)
    required = schema.get("required")
    if isinstance(required, list):
        lacking = {name: value for name, value in first.payload.items() if name != required[0]}
        files[_case(vendor, event, "invalid-missing-member")] = _envelope(vendor, event, 0, dump(lacking))
    return files


def _case(vendor: str, event: EventSamples, name: str) -> str:
    return f"tests/golden/{vendor}/{event.name}/{name}/raw.json"


def _envelope(vendor: str, event: EventSamples, number: int, payload: bytes) -> bytes:
    head = {"vendorId": vendor, "externalEventId": f"{event.name}-{number}", "eventType": event.name}
    return json.dumps(head | {"occurredAt": OCCURRED_AT}).encode()[:-1] + b', "payload": ' + payload + b"}\n"


def _personal(schema: dict[str, object], name: str = "") -> list[str]:
    found = [name] if schema.get("x-sensitive") is True else []
    members = schema.get("properties")
    for member, below in members.items() if isinstance(members, dict) else ():
        found += _personal(below, member)
    items = schema.get("items")
    return found + (_personal(items, name) if isinstance(items, dict) else [])
