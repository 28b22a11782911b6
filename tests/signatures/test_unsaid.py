"""No credential is said by an answer, a log line of any level or a count, whoever sends it and wherever it stands."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dvss.server.logs import JsonLines
from handlers.aws.telemetry import configure_logging
from handlers.values import TransientError
from tests.handlers.test_accept_edges import Around
from tests.handlers.world import envelope
from tests.privacy.pipeline import Lines, Outlets
from tests.signatures.deliveries import SENDERS, Sender, post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.handlers.world import Answer, World
    from tests.signatures.signers import Signed

senders = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)


@pytest.fixture
def outlets(capsys: pytest.CaptureFixture[str]) -> Iterator[Outlets]:
    """With every record at DEBUG, as one machine writes it, as a function does, and as it is."""
    root, ours = logging.getLogger(), logging.getLogger("dvss")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    configure_logging(service="dvss-test", level="DEBUG")
    found = Outlets()
    lines = Lines(found, [JsonLines(), _AsItIs()])
    root.addHandler(lines)
    for logger in (root, ours):
        logger.setLevel(logging.DEBUG)
    yield found
    found.add("stdout", capsys.readouterr().out)
    root.handlers[:] = handlers
    for logger, level in zip((root, ours), levels, strict=True):
        logger.setLevel(level)
    assert {where for where, _ in found.texts} >= {"answer", "log", "stdout"}
    assert found.betrayed() == []


class _AsItIs(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {vars(record)}"


def noted(outlets: Outlets, answer: Answer) -> int:
    outlets.add("answer", f"{answer.text} {answer.headers}")
    return answer.status


def misplaced(sender: Sender, signed: Signed, secret: str) -> Iterator[Signed]:
    """The secret where the signature, or the body, belongs."""
    for name in signed.headers:
        for value in (
            secret,
            f"sha256={secret}",
            f"t=1,v1={secret}",
            f"v1,{base64.b64encode(secret.encode()).decode()}",
        ):
            yield replace(signed, headers=signed.headers | {name: [value]})
    if sender.scheme == "adyen":
        yield replace(signed, body=signed.body.replace(b'"hmacSignature": "', b'"hmacSignature": "' + secret.encode()))
    yield replace(signed, body=secret.encode())
    yield replace(signed, body=b'{"' + secret.encode() + b'": "' + secret.encode() + b'"}')


@senders
def test_a_secret_is_said_nowhere(world: World, outlets: Outlets, sender: Sender) -> None:
    sender.install(world)
    signer = sender.signer
    good = sender.sign(world)
    signatures = {value for values in good.headers.values() for value in values if len(value) > 30}
    outlets.secrets |= {signer.secret, signer.other} | signatures
    outlets.secrets.add(base64.b64encode(signer.secret.encode()).decode())
    refused = [
        *misplaced(sender, good, signer.secret),
        sender.sign(world, secret=signer.other),
        sender.sign(world, later=timedelta(days=-9)),
        replace(good, headers={}, body=sender.body),
    ]
    assert {noted(outlets, post(world, sender, one)) for one in refused} <= {200, 202, 401}
    assert noted(outlets, post(world, sender, good)) in {200, 202}
    index = world.app.index

    def failing(*_: object) -> None:
        message = "the index does not answer"
        raise TransientError(message)

    world.put_in(index=Around(index, accept=failing))
    noted(outlets, post(world, sender, sender.sign(world, body=sender.body)))
    world.put_in(index=index)
    world.drain()
    for counted in world.metrics.counts:
        outlets.add("metrics", counted)
    for kept in world.app.quarantine.records(vendor_id=None, include_released=True, after=None, limit=100):
        outlets.add("quarantine", kept)


def test_a_key_is_said_nowhere(world: World, outlets: Outlets) -> None:
    key = world.api_key
    unknown = key[:-4] + "0000"
    outlets.secrets |= {key, unknown, key.partition("_")[2]}
    places = {
        "good": ({"x-api-key": key}, envelope("good"), 202),
        "unknown": ({"x-api-key": unknown}, envelope("a"), 401),
        "twice": ({"x-api-key": f"{key},{key}"}, envelope("a"), 401),
        "with blanks": ({"x-api-key": f" {key} "}, envelope("a"), 401),
        "elsewhere": ({"authorization": f"Bearer {key}"}, envelope("a"), 401),
        "as the vendor": ({"x-api-key": key}, envelope("a", vendorId=key[:60]), 403),
        "as the content type": ({"x-api-key": key, "content-type": key}, envelope("a"), 415),
        "as the encoding": ({"x-api-key": key, "content-encoding": key}, envelope("a"), 415),
    }
    for name, (headers, body, status) in places.items():
        answer = world.post(body, headers={"content-type": "application/json"} | headers)
        assert (name, noted(outlets, answer)) == (name, status)
    for counted in world.metrics.counts:
        outlets.add("metrics", counted)


def test_a_line_that_says_a_secret_is_seen() -> None:
    found = Outlets(secrets={"a-secret"})
    lines = Lines(found, [JsonLines(), _AsItIs()])
    lines.emit(logging.makeLogRecord({"name": "dvss.loud", "msg": "it is %s", "args": ("a-secret",)}))
    lines.emit(logging.makeLogRecord({"name": "dvss.loud", "msg": "it is there", "detail": "a-secret"}))
    assert len(found.betrayed()) == 3
