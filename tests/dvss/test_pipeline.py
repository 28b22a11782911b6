"""Workers and steward: what fails is handed out again as a queue would, what is given up keeps its marker."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dvss import pipeline
from dvss.bootstrap import opened
from dvss.pipeline import MOST_RECEIVES, Pipeline
from handlers.values import Status, TransientError
from tests.dvss.program import accept_directly, envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dvss.bootstrap import LocalDeployment
    from handlers.values import ClaimCheck

SECONDS = 10.0


class FailingRawStore:
    """Refuses its first reads, as a disk that is away for a while."""

    def __init__(self, raw: Any, failures: int) -> None:
        self._raw = raw
        self._left = failures
        self._lock = threading.Lock()
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def get(self, claim_check: ClaimCheck) -> bytes:
        with self._lock:
            self.reads += 1
            self._left -= 1
            if self._left >= 0:
                message = "the disk is away"
                raise TransientError(message)
        body: bytes = self._raw.get(claim_check)
        return body


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalDeployment]:
    monkeypatch.setattr(pipeline, "FIRST_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(pipeline, "POLL_SECONDS", 0.01)
    with opened(tmp_path) as deployment:
        yield deployment


def run(deployment: LocalDeployment, raw: Any, until: Callable[[Pipeline], bool]) -> Pipeline:
    """Let a pipeline work until something is true, and stop it."""
    running = Pipeline(replace(deployment.application, raw=raw), deployment.backend.lanes, 2)
    running.start()
    give_up_at = time.monotonic() + SECONDS
    while not until(running) and time.monotonic() < give_up_at:
        time.sleep(0.01)
    assert until(running)
    assert running.stop()
    return running


def status(deployment: LocalDeployment) -> tuple[Status, bool]:
    (record,) = deployment.application.queries.events(
        vendor_id=None, received_from=None, received_before=None, after=None, limit=10
    )
    return record.status, record.dispatch_at is not None


def published(deployment: LocalDeployment) -> int:
    # Sequence numbers may leave gaps, so the last of them is no count.
    return len(deployment.backend.feed.after(0, 10_000))


def test_a_failed_message_is_handed_out_again(deployment: LocalDeployment) -> None:
    accept_directly(deployment, [envelope("retried")])
    raw = FailingRawStore(deployment.application.raw, MOST_RECEIVES - 1)
    worked = run(deployment, raw, lambda one: status(deployment)[0] is Status.NORMALIZED and not one.backlog())
    assert worked.dead_letter_count == 0


def test_a_message_that_keeps_failing_is_given_up_and_keeps_its_marker(deployment: LocalDeployment) -> None:
    accept_directly(deployment, [envelope("given-up")])
    raw = FailingRawStore(deployment.application.raw, 1_000)
    # The sweep at the start sends the event a second time: both messages are given up.
    worked = run(deployment, raw, lambda one: one.dead_letter_count == 2 and not one.backlog())
    assert raw.reads == 2 * MOST_RECEIVES
    assert {entry.message.detail_type for entry in worked.dead_letters} == {"ingest.accepted"}
    assert status(deployment) == (Status.RECEIVED, True)


def test_the_next_start_mends_what_was_given_up(deployment: LocalDeployment) -> None:
    accept_directly(deployment, [envelope("mended")])
    run(deployment, FailingRawStore(deployment.application.raw, 1_000), lambda one: one.dead_letter_count == 2)
    run(deployment, deployment.application.raw, lambda one: status(deployment)[0] is Status.NORMALIZED)
    assert published(deployment) == 1


def test_one_bad_message_does_not_hold_up_its_neighbours(deployment: LocalDeployment) -> None:
    accept_directly(deployment, [envelope(f"beside-{number}") for number in range(30)])
    raw = FailingRawStore(deployment.application.raw, 3)
    run(deployment, raw, lambda one: published(deployment) == 30 and not one.backlog())
    assert deployment.backend.stats().pending == 0


def test_a_stop_leaves_the_rest_to_the_markers(deployment: LocalDeployment) -> None:
    accept_directly(deployment, [envelope(f"stopped-{number}") for number in range(500)])
    stopped = Pipeline(deployment.application, deployment.backend.lanes, 2)
    stopped.start()
    assert stopped.is_running()
    assert stopped.stop()
    assert not stopped.is_running()
    pending = deployment.backend.stats().pending
    assert pending + published(deployment) == 500
    run(deployment, deployment.application.raw, lambda _: deployment.backend.stats().pending == 0)
    assert published(deployment) == 500
