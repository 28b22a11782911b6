"""``dvss try``: a payload through a mapping, as it is now, without a server."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.explain import print_lineage
from dvss.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generated.runtime.binding import Registry, VendorProfile
    from handlers.core.mapping import Mapped, Refused

EXAMPLE_TIME = "2026-01-30T20:15:12Z"
EXAMPLE_TOKEN_KEY = bytes(32)
"""Of ``tokenise`` in a trial. A deployment has a key of its own, and other tokens."""


def try_(
    mapping: Annotated[str, typer.Argument(help="A mapping file, compiled as it is now; or the id of a vendor.")],
    payload: Annotated[Path, typer.Argument(help="A file with one payload, or one envelope; - for standard input.")],
    *,
    event: Annotated[
        str | None, typer.Option(help="Event type, or the topic of a webhook; an envelope names it.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="A header of the webhook's request, as 'Name: value'; may be repeated.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Also where each field comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the canonical events that a payload becomes, or the rule that refuses it.

    Exit code: 0 mapped, 1 the mapping does not compile or the payload is refused, 2 wrong usage.
    """
    with _registry(mapping) as (registry, vendor_id):
        from handlers.core.mapping import Refused

        profile = registry.vendor(vendor_id)
        if profile is None:
            known = ", ".join(registry.vendor_ids())
            terminal.fail(f"There is no mapping for vendor {vendor_id}. Vendors with one: {known}.")
        document = _read(payload)
        trials = _run(registry, profile, document, event, _headers(header or ()))
        if not trials:
            terminal.fail("The body holds no event: the array that the mapping splits is empty.")
        for trial in trials:
            _show(registry, profile, trial, explain=explain, as_json=as_json)
        if any(isinstance(trial.outcome, Refused) for trial in trials):
            raise typer.Exit(terminal.Exit.REFUSED)


@contextmanager
def _registry(mapping: str) -> Iterator[tuple[Registry, str]]:
    """The compiled contracts: of this installation for a vendor's id, compiled anew for a file."""
    path = Path(mapping)
    if path.suffix not in {".yaml", ".yml"}:
        from generated.registry import REGISTRY

        yield REGISTRY, mapping
        return
    if not path.is_file():
        terminal.fail(f"{path} does not exist. Name a mapping file, or the id of a vendor.", terminal.Exit.USAGE)
    with tempfile.TemporaryDirectory(prefix="dvss-try-") as folder:
        _compile(path.resolve(), Path(folder))
        # The fresh contracts must be found before the installed ones, by the first import of the package.
        assert "generated" not in sys.modules
        sys.path.insert(0, folder)
        from generated.registry import REGISTRY

        yield REGISTRY, path.stem


def _compile(path: Path, into: Path) -> None:
    if path.parent.name != "mappings":
        terminal.fail(f"{path} lies in no folder named mappings beside schemas. Move it there.", terminal.Exit.USAGE)
    command = [sys.executable, "-m", "codegen", "--root", str(path.parent.parent), "build"]
    command += ["--into", str(into), "--vendor", path.stem]
    run = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own compiler, no shell
    if run.returncode:
        raise typer.Exit(terminal.Exit.REFUSED)


def _read(path: Path) -> Any:
    from generated.runtime.exact_json import JsonError, parse

    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        terminal.fail(f"{path} cannot be read ({error.strerror}). Name a file with a payload.", terminal.Exit.USAGE)
    try:
        return parse(text)
    except JsonError as error:
        terminal.fail(f"{path}: {error.message}", terminal.Exit.USAGE)


def _headers(lines: Sequence[str]) -> dict[str, str]:
    named = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            terminal.fail(f"{line!r} is no header. Write it as 'Name: value'.", terminal.Exit.USAGE)
        named[name.strip().lower()] = value.strip()
    return named


@dataclass(frozen=True, slots=True)
class _Trial:
    """One event's payload and envelope, and what they became."""

    payload: Any
    envelope: Mapping[str, Any]
    outcome: Mapped | Refused


def _run(
    registry: Registry, profile: VendorProfile, document: Any, event: str | None, headers: Mapping[str, str]
) -> list[_Trial]:
    """A trial for the document, or for each event that a webhook's body is split into."""
    from dvss.sending.sources import ENVELOPE_MEMBERS

    is_envelope = isinstance(document, dict) and document.keys() >= ENVELOPE_MEMBERS
    if is_envelope and event is None:
        event = str(document["eventType"])
    if event is None:
        if len(profile.events) != 1:
            terminal.fail(
                f"Name the event type with --event: {', '.join(sorted(profile.events))}.", terminal.Exit.USAGE
            )
        (event,) = profile.events
    if profile.webhook is not None and not is_envelope:
        return _run_webhook(registry, profile, document, event, headers)
    told = {
        "external_event_id": str(document["externalEventId"]) if is_envelope else "try",
        "event_type": event,
        "occurred_at": document.get("occurredAt", EXAMPLE_TIME) if is_envelope else EXAMPLE_TIME,
        "schema_version": document.get("schemaVersion") if is_envelope else None,
        "headers": headers,
    }
    return [_trial(registry, profile, document["payload"] if is_envelope else document, told)]


def _run_webhook(
    registry: Registry, profile: VendorProfile, body: Any, topic: str, headers: Mapping[str, str]
) -> list[_Trial]:
    from handlers.core.webhooks import events_in, identify
    from handlers.values import Violation

    assert profile.webhook is not None
    trials = []
    for event in events_in(profile.webhook, topic, headers, body):
        found = identify(registry, profile, event)
        if isinstance(found, Violation):
            terminal.fail(
                f"The body does not say what event it is ({found.pointer}: {found.message}). The server would keep "
                f"it in quarantine as ENVELOPE_UNREADABLE; look at the webhook block of {profile.source}."
            )
        told = {
            "external_event_id": found.external_event_id,
            "event_type": found.event_type,
            "occurred_at": found.occurred_at,
            "schema_version": None,
            "headers": headers,
        }
        trials.append(_trial(registry, profile, event.item, told))
    return trials


def _trial(registry: Registry, profile: VendorProfile, payload: Any, told: Mapping[str, Any]) -> _Trial:
    from handlers.core.mapping import normalize_payload
    from handlers.core.reading import mapper_envelope

    envelope = mapper_envelope(
        vendor_id=profile.vendor_id, received_at=EXAMPLE_TIME, token_key=EXAMPLE_TOKEN_KEY, **told
    )
    outcome = normalize_payload(registry, profile, envelope["eventType"], payload, envelope)
    return _Trial(payload, envelope, outcome)


def _show(registry: Registry, profile: VendorProfile, trial: _Trial, *, explain: bool, as_json: bool) -> None:
    from dvss.lineage import Run, trace
    from handlers.core.mapping import Refused

    outcome = trial.outcome
    if isinstance(outcome, Refused):
        _show_refusal(outcome, as_json=as_json)
        return
    traced = trace(Run(registry, profile.vendor_id, trial.payload, trial.envelope, outcome)) if explain else ()
    if as_json:
        emits = outcome.binding.emits if outcome.binding else None
        envelope = {name: value for name, value in trial.envelope.items() if name != "tokenKey"}
        document = {"eventType": emits, "events": list(outcome.data), "envelope": envelope}
        terminal.print_json(document | ({"lineage": list(traced)} if explain else {}))
        return
    if outcome.binding is None:
        event_type = trial.envelope["eventType"]
        terminal.console().print(f"{profile.source} ignores {event_type}: it is kept raw and becomes no event.")
        return
    for number, data in enumerate(outcome.data):
        event = {"eventType": outcome.binding.emits, "schemaVersion": outcome.binding.schema_version}
        terminal.print_canonical(event | {"eventId": f"event {number}", "data": data}, is_published=True)
    if explain:
        print_lineage(traced)


def _show_refusal(refused: Refused, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json({"reason": refused.reason, "violations": list(refused.violations)})
    else:
        terminal.print_refusal(refused.reason, refused.violations)
