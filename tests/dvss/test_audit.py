"""An audit finds each way in which a promise can be broken; every test breaks one by hand."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dvss.audit import Acknowledgement, audit
from dvss.bootstrap import opened, opened_existing
from dvss.rework import normalize_lanes
from handlers.core.audit_report import OrphanCause
from handlers.core.auditing import Window
from handlers.core.findings import Problem
from handlers.values import IdempotencyKey
from tests.dvss.program import accept_directly, dvss, envelope
from tests.handlers.test_accept_edges import Around

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from handlers.core.audit_report import AuditReport

    type Broken = Callable[..., AuditReport]

PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    with opened(path) as deployment:
        accept_directly(deployment, [envelope("good", 1)])
        accept_directly(deployment, [envelope("words", "two")])
        deployment.finish([])
        accept_directly(deployment, [envelope("pending", 3)])
    return path


@pytest.fixture
def broken(data_dir: Path) -> Broken:
    """Change the database and audit it."""

    def change(*statements: str) -> AuditReport:
        with sqlite3.connect(data_dir / "dvss.sqlite") as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount == 1, statement
        connection.close()
        with opened_existing(data_dir) as deployment:
            return audit(deployment)

    return change


def found(report: AuditReport) -> list[tuple[Problem, str]]:
    return [(finding.problem, finding.external_event_id) for finding in report.findings]


def test_a_whole_store_has_no_finding(data_dir: Path) -> None:
    with opened_existing(data_dir) as deployment:
        report = audit(deployment)
    assert report.findings == []
    assert (report.events, report.normalized, report.quarantined, report.pending) == (3, 1, 1, 1)
    assert (report.canonical_events, report.feed_entries, report.orphans) == (1, 1, [])


SAID_OF_THE_FEED = {
    Problem.NOT_PUBLISHED: "a canonical event is neither in the feed nor in the outbox",
    Problem.PUBLISHED_TWICE: "a canonical event is in the feed more than once",
    Problem.PUBLISHED_UNKNOWN: "the feed holds a canonical event of no accepted event",
}


ROW = "UPDATE ingest_record SET {} WHERE external_event_id = '{}'"


@pytest.mark.parametrize(
    ("statement", "problem", "name"),
    [
        (ROW.format("raw_key = 'raw/vendorA/2026/01/01/none.json'", "good"), Problem.RAW_MISSING, "good"),
        (ROW.format(f"raw_sha256 = '{'0' * 64}'", "good"), Problem.RAW_DIGEST_MISMATCH, "good"),
        (
            ROW.format("normalized = replace(normalized, 'InventoryUpdated', 'Inventory')", "good"),
            Problem.NORMALIZED_OBJECT_MISSING,
            "good",
        ),
        ("DELETE FROM feed", Problem.NOT_PUBLISHED, "good"),
        ("DELETE FROM ingest_record WHERE external_event_id = 'good'", Problem.PUBLISHED_UNKNOWN, "good"),
        (
            "INSERT INTO feed (message_id, detail_type, detail) SELECT 'x', detail_type, detail FROM feed",
            Problem.PUBLISHED_TWICE,
            "good",
        ),
        ("DELETE FROM quarantine", Problem.NOT_QUARANTINED, "words"),
        ("UPDATE quarantine SET released_at = 1", Problem.NOT_QUARANTINED, "words"),
        (ROW.format("dispatch_at = NULL", "pending"), Problem.NO_MARKER, "pending"),
        (ROW.format("parked = 1", "pending"), Problem.PARKED, "pending"),
    ],
)
def test_a_broken_promise_is_found(broken: Broken, statement: str, problem: Problem, name: str) -> None:
    report = broken(statement)
    assert found(report) == [(problem, name)]
    if problem in SAID_OF_THE_FEED:
        assert report.findings[0].explanation.startswith(SAID_OF_THE_FEED[problem])


def test_changed_raw_bytes_are_found(data_dir: Path) -> None:
    (segment,) = (path for path in (data_dir / "raw").rglob("*") if b'"good"' in _bytes(path))
    segment.chmod(0o600)
    segment.write_bytes(_bytes(segment).replace(b'"qty": 1}', b'"qty": 7}'))
    with opened_existing(data_dir) as deployment:
        assert found(audit(deployment)) == [(Problem.RAW_DIGEST_MISMATCH, "good")]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_a_raw_object_of_no_event_is_named_once_no_row_can_come_any_more(data_dir: Path, broken: Broken) -> None:
    report = broken("DELETE FROM ingest_record WHERE external_event_id = 'pending'")
    assert report.findings == []
    assert [orphan.cause for orphan in report.orphans] == [OrphanCause.IN_FLIGHT]
    with opened_existing(data_dir) as deployment:
        assert found(audit(deployment, unsettled=timedelta(0))) == [(Problem.NO_EVENT, "pending")]


def test_an_outbox_row_that_is_gone_unpublished_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as deployment:
        bus = Around(deployment.application.bus, publish=lambda messages: messages)
        accept_directly(deployment, [envelope("good", 1)])
        silent = replace(deployment.application, bus=bus)
        normalize_lanes(silent, deployment.backend.lanes)
        assert audit(deployment).findings == []
        deployment.application.outbox.delete(deployment.application.outbox.pending(FUTURE, 10))
        assert found(audit(deployment)) == [(Problem.NOT_PUBLISHED, "good")]


def test_a_window_is_of_the_feed_too(data_dir: Path) -> None:
    with opened_existing(data_dir) as deployment:
        before = audit(deployment, window=Window(received_before=PAST))
        other = audit(deployment, window=Window(vendor_id="square"))
        whole = audit(deployment, window=Window(vendor_id="vendorA", received_from=PAST))
    assert (before.events, before.feed_entries, before.findings) == (0, 0, [])
    assert (other.events, other.feed_entries, other.findings) == (0, 0, [])
    assert (whole.events, whole.feed_entries, whole.findings) == (3, 1, [])


def test_a_lost_acknowledgement_is_found(data_dir: Path) -> None:
    acknowledgements = [
        Acknowledgement(IdempotencyKey("vendorA", "good"), "01KG8WV6XA5M2C9R4T7Y0B3DZQ"),
        Acknowledgement(IdempotencyKey("vendorA", "lost"), "01KG8WV6XA5M2C9R4T7Y0B3DZR"),
    ]
    with opened_existing(data_dir) as deployment:
        report = audit(deployment, acknowledgements)
    assert found(report) == [(Problem.ACK_OTHER_INGEST_ID, "good"), (Problem.ACK_UNKNOWN, "lost")]
    said = ["acknowledged under another ingest id", "acknowledged, but the index has no such event"]
    assert [one.explanation.partition(" (")[0] for one in report.findings] == said


def test_the_command_names_findings_and_fails(data_dir: Path, broken: Broken) -> None:
    assert dvss("audit", "--data-dir", data_dir).code == 0
    broken("DELETE FROM quarantine")
    ran = dvss("audit", "--data-dir", data_dir)
    assert ran.code == 1
    assert "NOT_QUARANTINED" in ran.out
    assert "words" in ran.out
    document = dvss("audit", "--data-dir", data_dir, "--vendor", "vendorA", "--from", "1h", "--json").document
    names = ("accepted", "raw", "quarantined", "pending")
    # The hour may have ended between the events.
    assert [sum(one[name] for one in document["balances"]) for name in names] == [3, 3, 0, 1]
    assert {one["vendorId"] for one in document["balances"]} == {"vendorA"}
    assert [finding["problem"] for finding in document["findings"]] == ["NOT_QUARANTINED"]


def test_a_vendor_that_there_is_not_is_told(data_dir: Path) -> None:
    ran = dvss("audit", "--vendor", "vendorX", "--data-dir", data_dir)
    assert (ran.code, "There is no mapping for vendor vendorX, and nothing of it is stored." in ran.err) == (1, True)
    assert dvss("audit", "--vendor", "square", "--data-dir", data_dir).code == 0


def test_a_file_that_is_no_list_of_acknowledgements_is_told(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "acks.jsonl"
    file.write_text('{"vendorId": "vendorA"}\n', encoding="utf-8")
    ran = dvss("audit", "--acks", file, "--data-dir", data_dir)
    assert (ran.code, f"{file}:1 is no acknowledgement" in ran.err) == (1, True)
