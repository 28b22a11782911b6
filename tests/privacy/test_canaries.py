"""What a schema marks as sensitive is seen nowhere but where payloads are kept: every way out is looked through."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from dvss import explanation
from dvss.bootstrap import opened_existing
from dvss.cli.events import shown_way, way_document
from dvss.server.logs import JsonLines
from generated.registry import REGISTRY
from handlers.values import ReasonCode, TransientError
from tests.dvss.program import dvss
from tests.handlers.world import World
from tests.privacy.canaries import CANARY, FAULTS, Kind, shows
from tests.privacy.pipeline import IS_SOAK, Lines, NotedBus, Outlets, Sample, run_through, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KINDS = (Kind.VALID, *FAULTS)
SAMPLES = samples()
AMAZON = next(one for one in SAMPLES if one.vendor_id == "amazon")
EVERY_VALUE = [one for one in samples(every_value=True) if one.vendor_id != "adyen"][:: 1 if IS_SOAK else 6]
"""Each value counts as marked. Adyen signs values, and what is not signed well is not read."""
WITH_PAYLOADS = {"feed"}
"""Tables that hold canonical events; payloads and stored events lie in segments beside the database."""


@pytest.fixture
def outlets() -> Iterator[Outlets]:
    """With every log record of the process at DEBUG."""
    found = Outlets()
    lines = Lines(found, [JsonLines()])
    root, ours = logging.getLogger(), logging.getLogger("dvss")
    levels = root.level, ours.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(lines)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def world_of(folder: Path, outlets: Outlets) -> World:
    world = World(folder)
    world.put_in(bus=NotedBus(world.app.bus, outlets))
    return world


def test_every_vendor_with_personal_data_has_a_sample_with_a_marked_place() -> None:
    assert {one.vendor_id for one in SAMPLES} >= set(REGISTRY.vendor_ids()) - {"amazon", "bigcommerce", "vendorA"}


@pytest.mark.parametrize("vendor_id", sorted({one.vendor_id for one in SAMPLES}))
def test_no_canary_leaves_the_system(tmp_path: Path, outlets: Outlets, vendor_id: str) -> None:
    some = [one for one in SAMPLES if one.vendor_id == vendor_id]
    world = world_of(tmp_path, outlets)
    told = run_through(world, outlets, some, KINDS)
    world.close()

    _look_into(tmp_path, outlets)
    _operate(tmp_path, outlets)

    assert outlets.leaks() == []
    assert outlets.secrets
    assert outlets.betrayed() == []
    assert {where for where, _ in outlets.texts} >= {
        *("answer", "bus ingest.accepted", "bus normalize.failed", "command", "index", "log", "metrics", "quarantine"),
        "table quarantine",
    }
    # It is there, and it was spoken of.
    assert any(shows(path.read_bytes().decode("latin-1")) for path in (tmp_path / "raw").rglob("*.seg"))
    for sample in some:
        for kind, chosen, _ in sample.events(FAULTS):
            for place in chosen:
                assert any(pointer.startswith(_in_payload(sample, place.pointer)) for _, pointer in told), (kind, place)


@pytest.mark.parametrize("sample", EVERY_VALUE, ids=[one.event_type for one in EVERY_VALUE])
def test_no_value_at_all_is_quoted_when_it_is_wrong(tmp_path: Path, outlets: Outlets, sample: Sample) -> None:
    world = world_of(tmp_path, outlets)
    told = run_through(world, outlets, [sample], [Kind.WRONG_TYPE])
    world.close()
    assert outlets.leaks() == []
    assert len(told) > len(sample.marked) / 2


def _in_payload(sample: Sample, pointer: str) -> str:
    """A place's pointer in the event, which may be one of several in a body; up to where arrays are merged."""
    profile = REGISTRY.vendor(sample.vendor_id)
    split = profile.webhook.split if profile is not None and profile.webhook is not None else None
    return pointer.removeprefix("".join(f"/{name}" for name in (*split, 0))) if split is not None else pointer


def _look_into(folder: Path, outlets: Outlets) -> None:
    """Every cell of the database but those with canonical events."""
    connection = sqlite3.connect(folder / "dvss.sqlite")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in set(tables) - WITH_PAYLOADS:
        for row in connection.execute(f"SELECT * FROM {table}"):
            for cell in row:
                outlets.add(f"table {table}", cell.decode("latin-1") if isinstance(cell, bytes) else cell)
    connection.close()


def _operate(folder: Path, outlets: Outlets) -> None:
    """What an operator is shown: everything, and as commands print it one of each status and reason."""

    def run(*arguments: object) -> Any:
        ran = dvss(*arguments, "--data-dir", folder)
        outlets.add("command", f"{ran.out}\n{ran.err}")
        return ran

    listed = run("events", "list", "--limit", 10_000, "--json").lines
    kept = run("quarantine", "list", "--released", "--limit", 10_000, "--json").lines
    run("events", "list")
    run("quarantine", "list", "--released")
    for one in {one["status"]: one for one in listed}.values():
        for command in (("events", "show"), ("explain",)):
            run(*command, one["ingestId"], "--json")
            run(*command, one["ingestId"])
    with opened_existing(folder) as deployment:
        application = deployment.application
        for one in listed:
            record = application.queries.find(one["ingestId"])
            assert record is not None
            outlets.add("way", way_document(shown_way(application, record)))
            outlets.add("explanation", explanation.explain(application, record).lineage)
    for one in {one["reason"]: one for one in kept}.values():
        run("quarantine", "show", one["itemId"], "--json")
        run("quarantine", "show", one["itemId"])
    run("quarantine", "release", "--all", "--reason", ReasonCode.PAYLOAD_INVALID, "--json")
    run("replay", "--dry-run")
    run("audit")


NOT_JSON = {
    "unterminated": '{"note": "%s',
    "a bare word": '{"note": %s}',
    "after the end": '{"note": 1} %s',
    "a wrong escape": '{"note": "%s\\x"}',
    "a control character": '{"note": "%s\n"}',
    "NUL": '{"note": "%s\\u0000"}',
    "half a pair": '{"note": "%s\\ud800"}',
    "no UTF-8": '{"note": "%s\xff"}',
    "no object": '"%s"',
    "too many digits": '{"note": "%s", "n": 1e99999}',
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON)
def test_a_body_that_is_not_json_is_not_quoted(tmp_path: Path, outlets: Outlets, text: str) -> None:
    world = world_of(tmp_path, outlets)
    body = (text % CANARY).encode("latin-1")
    for resource in ("/v1/events", "/v1/events/batch"):
        answer = world.call("POST", resource, body)
        outlets.add("answer", answer.text)
        assert answer.status in {400, 422}
    world.close()
    assert outlets.leaks() == []


class Unmasked:
    """Contracts whose validators quote what they find wrong."""

    def validator(self, name: str) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(REGISTRY.schema(name), validate_formats=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(REGISTRY, name)


class Loud:
    """A raw store before another that tells what it keeps."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def put_once(self, key: str, body: bytes, metadata: Any) -> None:
        logging.getLogger("dvss.loud").debug("%s is %s", key, body)
        self._behind.put_once(key, body, metadata)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


class Failing(Loud):
    """One that cannot keep it, and says what."""

    def put_once(self, key: str, body: bytes, metadata: Any) -> None:
        del metadata
        message = f"{key} was not stored: {body[body.find(CANARY.encode()) :]!r}"
        raise TransientError(message)


LEAKS: dict[str, tuple[Callable[[World], dict[str, Any]], set[str]]] = {
    "messages that quote": (lambda _: {"registry": Unmasked()}, {"answer", "quarantine"}),
    "a log that quotes": (lambda world: {"raw": Loud(world.app.raw)}, {"log"}),
    "an error that quotes": (lambda world: {"raw": Failing(world.app.raw)}, {"log"}),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_seen(tmp_path: Path, outlets: Outlets, name: str) -> None:
    leaky, where = LEAKS[name]
    world = world_of(tmp_path, outlets)
    world.put_in(**leaky(world))
    sample = replace(AMAZON, payload={"note": CANARY} | AMAZON.payload)
    run_through(world, outlets, [sample], [Kind.WRONG_TYPE, Kind.TOO_LONG])
    world.close()
    assert {one for one, _, _ in outlets.leaks()} == where
