"""Looking at events and mending them: `events`, `quarantine`, `replay`, on a data folder that nobody serves."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from dvss.bootstrap import opened, opened_existing
from handlers.core.acceptance import accept
from handlers.core.envelopes import read_envelope
from tests.dvss.program import accept_directly, dvss, envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dvss.program import Ran

    type Run = Callable[..., Ran]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Two good events, a quarantined one, one of a type without a mapping, and a conflict."""
    path = tmp_path / "data"
    with opened(path) as deployment:
        unknown = envelope("unknown") | {"eventType": "price_change"}
        accept_directly(deployment, [envelope("good", 1), envelope("other", 2), envelope("words", "two"), unknown])
        deployment.finish([])
        application = deployment.application
        profile = application.registry.vendor("vendorA")
        assert profile is not None
        second = read_envelope(application.registry, profile, json.dumps(envelope("good", 99)).encode())
        accept(application, [second], batch=False)
    return path


@pytest.fixture
def run(data_dir: Path) -> Run:
    return lambda *arguments: dvss(*arguments, "--data-dir", data_dir)


def ingest_id(run: Run, name: str) -> str:
    shown = run("events", "show", name, "--vendor", "vendorA", "--json")
    return str(shown.document["ingestId"])


def test_events_are_listed_newest_last(run: Run) -> None:
    listed = run("events", "list", "--json").lines
    assert [(one["externalEventId"], one["status"]) for one in listed] == [
        ("good", "NORMALIZED"),
        ("other", "NORMALIZED"),
        ("words", "FAILED_NORMALIZE"),
        ("unknown", "FAILED_NORMALIZE"),
    ]


def test_a_listing_is_narrowed(run: Run) -> None:
    failed = run("events", "list", "--status", "failed_normalize", "--json").lines
    assert [one["externalEventId"] for one in failed] == ["words", "unknown"]
    last = run("events", "list", "--limit", 1, "--json").lines
    assert [one["externalEventId"] for one in last] == ["unknown"]
    assert run("events", "list", "--vendor", "square", "--json").lines == []
    assert len(run("events", "list", "--since", "1h", "--json").lines) == 4
    assert run("events", "list", "--until", "1h", "--json").lines == []


def test_the_way_of_an_event_is_shown(run: Run) -> None:
    shown = run("events", "show", ingest_id(run, "good"), "--json").document
    assert shown["raw"]["intact"]
    assert [event["data"]["quantityOnHand"] for event in shown["canonicalEvents"]] == [1]
    assert shown["outbox"] == []
    assert [conflict["reason"] for conflict in shown["conflicts"]] == ["EVENT_ID_REUSE_DIFFERENT_PAYLOAD"]


def test_the_way_is_readable(run: Run) -> None:
    shown = run("events", "show", "words", "--vendor", "vendorA")
    for text in ("received", "raw/vendorA/", "intact", "FAILED_NORMALIZE", "PAYLOAD_INVALID", "/qty", "TYPE"):
        assert text in shown.out


def test_the_feed_is_tailed(run: Run) -> None:
    entries = run("events", "tail", "--json").lines
    assert sorted(entry["event"]["externalEventId"] for entry in entries) == ["good", "other"]
    assert run("events", "tail", "--after", entries[0]["seq"], "--json").lines == entries[1:]
    assert "InventoryUpdated" in run("events", "tail").out


def test_quarantine_lists_reasons_and_places(run: Run) -> None:
    listed = {one["reason"]: one for one in run("quarantine", "list", "--json").lines}
    assert set(listed) == {"PAYLOAD_INVALID", "NO_MAPPING", "EVENT_ID_REUSE_DIFFERENT_PAYLOAD"}
    assert listed["PAYLOAD_INVALID"]["violations"][0]["pointer"] == "/qty"
    only = run("quarantine", "list", "--reason", "no_mapping", "--json").lines
    assert [one["externalEventId"] for one in only] == ["unknown"]


def test_a_quarantine_record_is_shown(run: Run) -> None:
    shown = run("quarantine", "show", ingest_id(run, "words"))
    assert "PAYLOAD_INVALID" in shown.out
    assert run("quarantine", "show", ingest_id(run, "words"), "--json").document["externalEventId"] == "words"


def test_a_release_without_a_fix_is_quarantined_again(run: Run) -> None:
    released = run("quarantine", "release", ingest_id(run, "words"), "--json")
    assert released.code == 1
    assert released.document["outcome"] == "FAILED_NORMALIZE"
    assert run("quarantine", "show", ingest_id(run, "words"), "--json").document["attempts"] == 2


def test_a_correction_makes_the_second_payload_the_event(run: Run) -> None:
    (conflict,) = [one["itemId"] for one in run("quarantine", "list", "--json").lines if one["itemId"][0] == "C"]
    refused = run("quarantine", "release", conflict)
    assert refused.code == 1
    assert "--correction" in refused.out
    corrected = run("quarantine", "release", conflict, "--correction", "--json")
    assert (corrected.code, corrected.document["outcome"]) == (0, "NORMALIZED")
    shown = run("events", "show", "good", "--vendor", "vendorA", "--json").document
    assert [event["data"]["quantityOnHand"] for event in shown["canonicalEvents"]] == [99]
    assert run("audit").code == 0


def test_all_of_a_reason_are_released(run: Run) -> None:
    released = run("quarantine", "release", "--all", "--reason", "NO_MAPPING", "--json")
    assert [one["outcome"] for one in released.lines] == ["FAILED_NORMALIZE"]
    assert run("quarantine", "release", "--all", "--vendor", "square").out.strip() == "There is nothing to release."


def of_another_mapping(data_dir: Path) -> None:
    """As if the results were made by an earlier version of the mappings."""
    with sqlite3.connect(data_dir / "dvss.sqlite") as connection:
        connection.execute("UPDATE ingest_record SET mapping_version = 'sha256:earlier'")
    connection.close()


def test_a_replay_under_the_same_mapping_changes_nothing(run: Run) -> None:
    replayed = run("replay", ingest_id(run, "good"), ingest_id(run, "words"), "--json")
    assert [one["outcome"] for one in replayed.lines] == ["SAME_MAPPING", "SAME_MAPPING"]
    assert replayed.code == 0


def test_a_replay_with_the_same_result_emits_nothing(run: Run, data_dir: Path) -> None:
    before = run("events", "tail", "--json").lines
    of_another_mapping(data_dir)
    replayed = run("replay", "--vendor", "vendorA", "--from", "1h", "--json")
    outcomes = {one["externalEventId"]: (one["outcome"], one["detail"]) for one in replayed.lines}
    assert outcomes["good"] == outcomes["other"] == ("NORMALIZED", "same events")
    assert run("events", "tail", "--json").lines == before
    assert run("audit").code == 0


def test_a_replay_with_another_result_supersedes(run: Run, data_dir: Path) -> None:
    of_another_mapping(data_dir)
    change_the_stored_result(data_dir, "good")
    dry = run("replay", ingest_id(run, "good"), "--dry-run", "--json")
    assert (dry.code, dry.document["outcome"], dry.document["detail"]) == (0, "CHANGED", ingest_id(run, "good"))
    assert run("events", "show", "good", "--vendor", "vendorA", "--json").document["revision"] == 1
    replayed = run("replay", ingest_id(run, "good"), "--json")
    assert replayed.document["detail"] == "revision 2 supersedes 1"
    last = run("events", "tail", "--json").lines[-1]["event"]
    assert (last["revision"], last["supersedes"], last["data"]["quantityOnHand"]) == (2, 1, 1)


def change_the_stored_result(data_dir: Path, name: str) -> None:
    """Let the index name a canonical event that another mapping would have made."""
    with opened_existing(data_dir) as deployment:
        application = deployment.application
        (record,) = [
            one
            for one in application.queries.events(
                vendor_id=None, received_from=None, received_before=None, after=None, limit=10
            )
            if one.key.external_event_id == name
        ]
        (version,) = record.normalized
        body = application.normalized.get(version.key, version.version_id).replace(
            b'"quantityOnHand":1', b'"quantityOnHand":7'
        )
        place = application.normalized.put(version.key, body)
    with sqlite3.connect(data_dir / "dvss.sqlite") as connection:
        connection.execute(
            "UPDATE ingest_record SET normalized = replace(normalized, ?, ?)", (version.version_id, place)
        )
    connection.close()


def test_what_we_fail_on_is_left_to_the_server(run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_another_mapping(data_dir)
    monkeypatch.setattr("dvss.rework.normalize_once", lambda received, _: list(received))
    released = run("quarantine", "release", ingest_id(run, "words"), "--json")
    assert (released.code, released.document["outcome"]) == (1, "LEFT")
    assert released.document["why"] == "left to the server"
    replayed = run("replay", ingest_id(run, "good"), ingest_id(run, "words"), "--json")
    assert replayed.code == 1
    assert [(one["outcome"], one["detail"]) for one in replayed.lines] == [
        ("LEFT", "left to the server"),
        ("PENDING", None),
    ]


def test_a_dry_run_changes_nothing(run: Run, data_dir: Path) -> None:
    of_another_mapping(data_dir)
    dry = run("replay", "--vendor", "vendorA", "--dry-run", "--json")
    assert [one["outcome"] for one in dry.lines] == ["SAME", "SAME", "WOULD_FAIL", "WOULD_FAIL"]
    assert dry.code == 1
    listed = run("events", "list", "--json").lines
    assert {(one["generation"], one["pending"]) for one in listed} == {(0, False)}


MISTAKES = {
    ("events", "show", "01KG8WV6XA5M2C9R4T7Y0B3DZQ"): (1, "There is no event with the ingest id"),
    ("events", "show", "nothing", "--vendor", "vendorA"): (1, "Vendor vendorA has no event nothing"),
    ("events", "list", "--since", "yesterday"): (2, "'yesterday' is no time"),
    ("events", "list", "--status", "LOST"): (2, "LOST"),
    ("events", "list", "--limit", "0"): (2, "greater than or equal to 1"),
    ("quarantine", "show", "nothing"): (1, "There is no quarantine record nothing"),
    ("quarantine", "release"): (2, "Name the records to release, or give --all"),
    ("quarantine", "release", "x", "--all"): (2, "Name the records to release, or give --all"),
    ("replay",): (2, "Name ingest ids, or a window"),
    ("replay", "x", "--vendor", "vendorA"): (2, "Name ingest ids, or a window"),
    ("key", "revoke", "key_none"): (1, "There is no API key key_none in force"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_with_the_way_out(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    code, text = MISTAKES[arguments]
    assert ran.code == code
    assert text in " ".join(ran.err.replace("│", " ").split())
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", [("events", "list"), ("quarantine", "list"), ("audit",), ("key", "list")])
def test_a_folder_without_data_is_told(tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = dvss(*command, "--data-dir", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.startswith(f"dvss: There is no data in {tmp_path / 'none'}. Start `dvss serve` first")
    assert not (tmp_path / "none").exists()
