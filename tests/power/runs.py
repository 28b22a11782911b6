"""A recorded server under load, and what must hold of the disk that a power loss leaves at any moment of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dvss.bootstrap import opened
from dvss.rework import normalize_lanes
from handlers import ingest, steward
from handlers.values import Role
from tests.dvss.wire import request
from tests.kill.harness import PATIENCE_SECONDS, ROOT, Sender, broken_promises, envelope
from tests.power.disk_states import RecordedDisk
from tests.power.launcher import WHOLE
from tests.power.recording import Operation, Recording

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dvss.bootstrap import LocalDeployment
    from tests.power.disk_states import Loss
    from tests.power.recording import Entry

_INGEST_ID = re.compile(rb'"ingestId": ?"([0-9A-Z]{26})"')
_BATCH = 50
_FIRST = "power-000000"


@dataclass(slots=True)
class Started:
    """A recorded server that answers."""

    process: subprocess.Popen[str]
    vendor_key: str
    """That it made; ``-`` where there was one."""
    operator_key: str
    url: str


@dataclass(slots=True)
class Run:
    """What senders hold after one or more recorded servers, and when it was told to them."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Ingest id by external event id."""
    told_at: dict[str, int] = field(default_factory=dict)
    """By ingest id, the place in the recording where the first answer with it was sent."""
    seen: dict[int, tuple[int, Any]] = field(default_factory=dict)
    """By sequence number, an entry of the feed, and a place in the recording by which its consumer had it."""
    key: str = ""
    operator_key: str = ""
    key_told_at: int = 0
    contradictions: list[str] = field(default_factory=list)
    _number: int = 0

    def load(self, server: Started, recording: Recording, groups: int, rng: random.Random) -> None:
        """Send to a whole server, some of it twice at once, some of it known from before."""
        if not self.key:
            self.key, self.operator_key = server.vendor_key, server.operator_key
        sender = Sender(self.key, self.acknowledged, self.contradictions)
        fresh = []
        for _ in range(groups):
            size = rng.choice((1, 1, 1, 1, 1, 1, 4, 12))
            fresh.append([f"power-{self._number + offset:06}" for offset in range(size)])
            self._number += size
        known = [[name] for name in self.acknowledged]
        sending = fresh + rng.sample(fresh, len(fresh) // 5) + rng.sample(known, min(len(known), 5))
        rng.shuffle(sending)
        done = threading.Event()
        consumer = threading.Thread(target=self._consume, args=(server, recording, done))
        consumer.start()
        left = sender.send(server.url, sending)
        done.set()
        consumer.join()
        assert not left, f"a whole server left {left} without a verdict"

    def _consume(self, server: Started, recording: Recording, done: threading.Event) -> None:
        """Follow the feed as a consumer does, which goes on from the last entry that it was given."""
        after = 0
        while not done.is_set() or not self.seen:
            answer = request(server.url, "GET", f"/v1/feed?after={after}", {"x-api-key": self.operator_key})
            place = recording.end
            for entry in answer.document["entries"]:
                self.seen.setdefault(entry["seq"], (place, entry["event"]))
            after = answer.document["next"]

    def note_answers(self, entries: Sequence[Entry]) -> None:
        """Learn from a recording when each answer left."""
        streams: dict[int, bytes] = {}
        for entry in entries:
            if entry.operation is not Operation.SENT:
                continue
            if entry.descriptor == 1:
                self.key_told_at = self.key_told_at or entry.place
                continue
            # An answer may leave in parts; nothing longer than a part is needed to find an id across two of them.
            text = streams.get(entry.descriptor, b"")[-100:] + entry.data
            streams[entry.descriptor] = text
            for found in _INGEST_ID.findall(text):
                self.told_at.setdefault(found.decode(), entry.place)
        untold = [name for name, ingest_id in self.acknowledged.items() if ingest_id not in self.told_at]
        assert not untold, f"the recording does not show the answers for {untold}"

    def told_before(self, place: int) -> dict[str, str]:
        return {name: id_ for name, id_ in self.acknowledged.items() if self.told_at[id_] < place}


def violations_after(run: Run, place: int, data_dir: Path) -> list[str]:
    """Open what a power loss at ``place`` left, send everything again, run it to its end: what is broken then."""
    told = run.told_before(place)
    with opened(data_dir) as deployment:
        keys = deployment.credentials.keys
        is_key_told = 0 < run.key_told_at < place
        key = run.key if is_key_told else keys.add(Role.VENDOR, "vendorA").key
        answers = dict(_sent_again(deployment, key, sorted(run.acknowledged) or [_FIRST]))
        found = [
            f"{name} was told as {ingest_id} and is {answers[name]} after the power loss"
            for name, ingest_id in told.items()
            if answers[name] != ("DUPLICATE", ingest_id)
        ]
        steward.sweep(deployment.application, everything=True)
        normalize_lanes(deployment.application, deployment.backend.lanes)
        feed = {entry.seq: json.loads(entry.detail) for entry in deployment.backend.feed.after(0, 1_000_000)}
        found += [
            f"entry {seq} of the feed is not what its consumer was given"
            for seq, (seen_at, event) in run.seen.items()
            if seen_at < place and feed.get(seq) != event
        ]
        found += broken_promises(deployment, {name: ingest_id for name, (_, ingest_id) in answers.items()})
        with deployment.backend._database.reading() as connection:
            (state,) = connection.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            found.append(f"the database is damaged: {state}")
    return found


def _sent_again(deployment: LocalDeployment, key: str, names: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for start in range(0, len(names), _BATCH):
        some = names[start : start + _BATCH]
        answer = ingest.answer(_batch(key, some), deployment.application)
        document = json.loads(answer["body"])
        assert answer["statusCode"] == 200, document
        for name, result in zip(some, document["results"], strict=True):
            yield name, (result["status"], result.get("ingestId", ""))


def _batch(key: str, names: Sequence[str]) -> Mapping[str, Any]:
    body = json.dumps({"events": [envelope(name) for name in names]}).encode()
    headers = {"x-api-key": key, "content-type": "application/json"}
    return {
        "httpMethod": "POST",
        "resource": "/v1/events/batch",
        "path": "/v1/events/batch",
        "pathParameters": None,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "again"},
    }


class Ground:
    """A folder whose servers are recorded, one after the other."""

    def __init__(self, library: Path, folder: Path, rng: random.Random) -> None:
        self._folder = folder
        self._log = folder / "serve.log"
        self._rng = rng
        root = folder / "disk"
        root.mkdir()
        self.data_dir = root / "data"
        self.run = Run()
        self._disk = RecordedDisk(root)
        self.recording = Recording(library, root, folder / "recording")

    def close(self) -> None:
        self.recording.close()

    @contextmanager
    def server(self, how: str = WHOLE) -> Iterator[Started]:
        """Ends with SIGTERM; SIGKILL for one that does not end."""
        command = [sys.executable, "-m", "tests.power.launcher", str(self.data_dir), how]
        environment = self.recording.environment
        with (
            self._log.open("ab") as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment
            ) as process,
        ):
            try:
                assert process.stdout is not None
                greeting = process.stdout.readline().split()
                assert len(greeting) == 3, self._log.read_text(encoding="utf-8")[-2_000:]
                yield Started(process, *greeting)
            finally:
                process.terminate()
                try:
                    process.wait(PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()

    def violations(self, losses: Sequence[Loss]) -> list[str]:
        """What power losses at as many moments of the recording break."""
        entries = list(self.recording.entries())
        return self._violations(entries, _moments(entries, len(losses), self._rng), losses)

    def violations_while_made(self, loss: Loss, share: float) -> list[str]:
        """What power losses break while the folder is made for the first server; at a share of all moments."""
        entries = list(self.recording.entries())
        made = next(number for number, entry in enumerate(entries) if entry.operation is Operation.SENT)
        moments = [entry.place for entry in entries[: made + 1] if self._rng.random() < share]
        return self._violations(entries, moments, [loss] * len(moments))

    def _violations(self, entries: Sequence[Entry], moments: Sequence[int], losses: Sequence[Loss]) -> list[str]:
        self.run.note_answers(entries)
        found = list(self.run.contradictions)
        left = iter(entries)
        entry = next(left)
        for number, (place, loss) in enumerate(zip(moments, losses, strict=True)):
            while entry.place < place:
                self._disk.play(entry)
                entry = next(left)
            after = self._folder / f"after-{number}"
            loss(self._disk, after, self._rng)
            where = f"{loss.__name__} at {place} of {self.recording.end}"
            found += [f"{where}: {one}" for one in violations_after(self.run, place, after / "data")]
            shutil.rmtree(after)
        return found


def _moments(entries: Sequence[Entry], count: int, rng: random.Random) -> list[int]:
    """Places in a recording: half of them anywhere, half where a sync has just ended or an answer is about to leave."""
    telling = [entry.place for entry in entries if entry.operation in {Operation.SYNCED, Operation.SENT}]
    places = [entry.place for entry in entries]
    return sorted(rng.sample(telling, count // 2) + rng.sample(places, count - count // 2))
