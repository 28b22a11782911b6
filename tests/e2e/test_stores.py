"""What moto cannot answer of the adapters: a transaction sent again under its token, and bytes that changed on the way.

Numbers of 39 digits and tokens by themselves: configs/config_19_platform.json.
"""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from handlers.aws.clients import Clients
from handlers.aws.ingest_index import DynamoIngestIndex
from handlers.aws.raw_store import S3RawStore
from handlers.values import CompletionResult, TransientError
from tests.e2e.emulator.launch import Emulator
from tests.ports.aws_tables import create_tables, table_name
from tests.ports.examples import completion, ingest_record, raw_metadata

_ENVIRONMENT = "e2e"


@pytest.fixture
def session(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return botocore.session.Session()


@pytest.fixture(scope="module")
def _stores(emulator: Emulator) -> None:
    create_tables(emulator.client("dynamodb"), _ENVIRONMENT)
    emulator.client("s3").create_bucket(Bucket="raw")


def _index(session: Any) -> DynamoIngestIndex:
    names = {name: table_name(name, _ENVIRONMENT) for name in ("quarantine", "outbox")}
    return DynamoIngestIndex(Clients(session), ingest_records=table_name("ingest-records", _ENVIRONMENT), **names)


def _once(change: Callable[[Any], Any]) -> tuple[Callable[..., Any], list[bytes]]:
    """A handler that does something to the first request; and the bodies of all."""
    bodies: list[bytes] = []

    def handle(request: Any, **_: Any) -> Any:
        # A stream that is put is still one here.
        request.body = request.body.read() if hasattr(request.body, "read") else request.body
        bodies.append(request.body)
        return change(request) if len(bodies) == 1 else None

    return handle, bodies


@pytest.mark.usefixtures("_stores")
def test_a_transaction_whose_answer_was_lost_is_the_same_when_it_is_sent_again(
    emulator: Emulator, session: Any
) -> None:
    def lost_answer(request: Any) -> None:
        authority: Any = emulator.environment["AWS_CA_BUNDLE"]
        answer = URLLib3Session(verify=authority).send(request)
        assert answer.status_code == 200, answer.text
        raise ReadTimeoutError(endpoint_url=request.url)

    record = ingest_record()
    index = _index(session)
    assert index.accept([record]) == [None]
    handle, bodies = _once(lost_answer)
    session.register("before-send.dynamodb.TransactWriteItems", handle)

    result = _index(session).complete(completion(record))

    assert result is CompletionResult.COMPLETED
    first, second = bodies
    assert first == second, "the token of a transaction is the same when it is sent again"
    assert b'"ClientRequestToken"' in first
    assert _index(session).complete(completion(record)) is CompletionResult.ALREADY_COMPLETED


@pytest.mark.usefixtures("_stores")
def test_bytes_that_changed_on_the_way_are_not_stored(emulator: Emulator, session: Any) -> None:
    def damage(request: Any) -> None:
        request.body = request.body.replace(b"12", b"13")

    handle, bodies = _once(damage)
    session.register("before-send.s3.PutObject", handle)
    store = S3RawStore(Clients(session), "raw")

    with pytest.raises(TransientError, match="BadDigest"):
        store.put_once("raw/vendorA/1.json", b'{"qty": 12}', raw_metadata())

    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket="raw")
    store.put_once("raw/vendorA/1.json", b'{"qty": 12}', raw_metadata())
    assert emulator.client("s3").get_object(Bucket="raw", Key="raw/vendorA/1.json")["Body"].read() == b'{"qty": 12}'
    assert len(bodies) == 2
