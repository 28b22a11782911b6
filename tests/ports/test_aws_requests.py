"""What the adapters send: how many requests, how large, and what is in them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from generated.registry import REGISTRY
from handlers.aws.clients import CONFIG
from handlers.aws.raw_store import BODY_LENGTH, EVENT, MOST_METADATA_BYTES
from handlers.values import ClaimCheck, CompletionResult, ConfigurationError, PublishedMapping, RawEntry
from tests.ports.aws import NORMALIZED_BUCKET
from tests.ports.examples import (
    NOW,
    SECOND,
    completion,
    failure,
    ingest_record,
    long_object_version,
    outbox_record,
    quarantine_record,
    raw_metadata,
    sha256,
)

if TYPE_CHECKING:
    from handlers.raw_metadata import RawMetadata
    from handlers.values import Completion
    from tests.ports.aws import Cloud

KEY = "raw/acme/1.json"
LATER = NOW + 3600 * SECOND
MOST_ITEM_BYTES = 400 * 1024
MOST_TRANSACTION_BYTES = 4 * 1024 * 1024


def item_size(value: Any) -> int:
    """Bytes of an attribute's value, or of a map of them, as DynamoDB counts them, and rather more than less."""
    kind, content = next(iter(value.items()))
    match kind:
        case "M":
            return 3 + attributes_size(content)
        case "N":
            return len(content)
        case _:
            return len(content.encode())


def attributes_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + 1 + item_size(value) for name, value in item.items())


class TestRawObject:
    def test_an_object_is_put_once_with_its_digest_and_without_waiting(self, cloud: Cloud) -> None:
        cloud.raw.put_once(KEY, b"{}", raw_metadata())
        ((operation, request),) = cloud.wire.sent
        headers: dict[str, Any] = {name.lower(): value for name, value in request.headers.items()}
        assert operation == "s3.PutObject"
        assert headers["if-none-match"] == b"*"
        assert base64.b64decode(headers["x-amz-checksum-sha256"]).hex() == sha256(b"{}")
        assert "expect" not in headers
        # Where Powertools is imported, which other tests do, it adds itself behind.
        assert headers["user-agent"].split()[0] == b"dvss"

    @pytest.mark.parametrize(("over", "beside"), [(0, EVENT), (1, BODY_LENGTH)])
    def test_metadata_lie_beside_the_body_as_long_as_they_fit(self, cloud: Cloud, over: int, beside: str) -> None:
        def metadata(length: int) -> RawMetadata:
            return raw_metadata(headers={"x": "~" * length})

        # Three bytes of the document are four of its text.
        fitting = (MOST_METADATA_BYTES - len(EVENT)) // 4 * 3
        given = metadata(fitting - len(json.dumps(metadata(0).document(), separators=(",", ":"))) + over)
        cloud.raw.put_once(KEY, b"body", given)
        assert set(cloud.clients.s3.head_object(Bucket="raw", Key=KEY)["Metadata"]) == {beside}
        check = ClaimCheck("raw", KEY, sha256(b"body"))
        assert (cloud.raw.metadata(check), cloud.raw.get(check)) == (given, b"body")

    def test_the_body_comes_first_even_with_long_metadata(self, cloud: Cloud) -> None:
        cloud.raw.put_once(KEY, b"body", raw_metadata(headers={"x": "~" * 3_000}))
        stored = cloud.clients.s3.get_object(Bucket="raw", Key=KEY)["Body"].read()
        assert stored.startswith(b'body{"ingestId":')
        assert list(cloud.raw.entries("")) == [RawEntry(KEY, len(stored))]

    def test_reading_is_one_request(self, cloud: Cloud) -> None:
        for key, text in (("small", ""), ("large", "~" * 3_000)):
            cloud.raw.put_once(key, b"body", raw_metadata(headers={"x": text}))
            cloud.wire.reset()
            cloud.raw.get(ClaimCheck("raw", key, ""))
            cloud.raw.get(ClaimCheck("raw", key, "", 1, 2))
            assert cloud.wire.counted() == {"s3.GetObject": 2}


class TestIndex:
    def test_one_record_is_one_write_and_one_read(self, cloud: Cloud) -> None:
        cloud.index.accept([ingest_record()])
        cloud.index.accept([ingest_record()])
        cloud.index.read([ingest_record().key], consistent=False)
        cloud.index.read([], consistent=True)
        assert cloud.wire.counted() == {"dynamodb.PutItem": 2, "dynamodb.GetItem": 1}

    def test_many_keys_are_read_by_the_hundred(self, cloud: Cloud) -> None:
        cloud.index.read([ingest_record(number).key for number in range(201)], consistent=False)
        asked = cloud.wire.bodies("dynamodb.BatchGetItem")
        keys = [len(request["RequestItems"]["dvss-ingest-records-test"]["Keys"]) for request in asked]
        assert keys == [100, 100, 1]

    def test_an_accepted_row_is_within_one_write_unit(self, cloud: Cloud) -> None:
        cloud.index.accept([ingest_record()])
        (put,) = cloud.wire.bodies("dynamodb.PutItem")
        assert attributes_size(put["Item"]) < 1024

    def test_numbers_are_whole_and_short(self, cloud: Cloud) -> None:
        cloud.index.accept([ingest_record(raw=ClaimCheck("raw", KEY, "", 2**63, 2**63))])
        (put,) = cloud.wire.bodies("dynamodb.PutItem")
        numbers = {name: value["N"] for name, value in put["Item"].items() if "N" in value}
        assert set(numbers) == {"receivedAt", "rawOffset", "rawLength", "attempts", "generation", "revision"}
        assert all(text.isdecimal() and len(text) <= 38 for text in numbers.values())
        assert numbers["rawOffset"] == str(2**63)


def big_completion(count: int) -> Completion:
    record = ingest_record()
    return completion(
        record,
        normalized=tuple(map(long_object_version, range(count))),
        outbox=tuple(
            outbox_record(
                event_id=f"{record.ingest_id}-{number}",
                detail_type="FulfilmentOrderStatusChanged",
                normalized=long_object_version(number),
            )
            for number in range(count)
        ),
    )


class TestCompletion:
    @pytest.mark.parametrize("count", [0, 1, 1_000])
    def test_a_completion_is_one_transaction_of_few_writes_whatever_it_holds(self, cloud: Cloud, count: int) -> None:
        cloud.index.accept([ingest_record()])
        cloud.quarantine.put_if_absent(quarantine_record())
        cloud.wire.reset()
        assert cloud.index.complete(big_completion(count)) is CompletionResult.COMPLETED
        (sent,) = cloud.wire.bodies("dynamodb.TransactWriteItems")
        assert len(sent["TransactItems"]) == (3 if count else 2)
        assert len(json.dumps(sent)) < MOST_TRANSACTION_BYTES
        assert cloud.wire.counted() == {"dynamodb.GetItem": 1, "dynamodb.TransactWriteItems": 1}

    def test_a_thousand_events_fit_into_an_item_with_room_to_spare(self, cloud: Cloud) -> None:
        cloud.index.accept([ingest_record()])
        cloud.wire.reset()
        cloud.index.complete(big_completion(1_000))
        row, outbox = (
            next(iter(one.values())) for one in cloud.wire.bodies("dynamodb.TransactWriteItems")[0]["TransactItems"]
        )
        assert attributes_size(outbox["Item"]) < 0.8 * MOST_ITEM_BYTES
        assert attributes_size(row["ExpressionAttributeValues"]) < 0.6 * MOST_ITEM_BYTES

    def test_a_failure_is_one_transaction(self, cloud: Cloud) -> None:
        cloud.index.accept([ingest_record()])
        cloud.wire.reset()
        cloud.index.complete(failure(ingest_record(), quarantine_record()))
        assert cloud.wire.counted() == {"dynamodb.TransactWriteItems": 1}

    @pytest.mark.parametrize(
        ("count", "deleted", "requests"),
        [
            (1, 1, {"DeleteItem": 1}),
            (1_000, 1_000, {"DeleteItem": 1}),
            (3, 2, {"DeleteItem": 2, "UpdateItem": 1}),
            (1_000, 999, {"DeleteItem": 2, "UpdateItem": 10}),
        ],
    )
    def test_what_is_published_at_once_is_deleted_at_once(
        self, cloud: Cloud, count: int, deleted: int, requests: dict[str, int]
    ) -> None:
        cloud.index.accept([ingest_record()])
        done = big_completion(count)
        cloud.index.complete(done)
        cloud.wire.reset()
        cloud.outbox.delete(done.outbox[:deleted])
        assert cloud.wire.counted() == {f"dynamodb.{name}": times for name, times in requests.items()}
        assert list(cloud.outbox.pending(LATER, 10)) == list(done.outbox[deleted:])
        for update in cloud.wire.bodies("dynamodb.UpdateItem"):
            assert len(update["UpdateExpression"]) <= 4_096


def test_a_bucket_without_versions_is_a_mistake_of_the_set_up(cloud: Cloud) -> None:
    cloud.clients.s3.put_bucket_versioning(Bucket=NORMALIZED_BUCKET, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(ConfigurationError, match="versioning"):
        cloud.normalized.put("key", b"{}")


def test_every_vendor_s_mapping_can_be_published(cloud: Cloud) -> None:
    mappings = [
        PublishedMapping(vendor_id, "sha256:1", NOW, REGISTRY.contracts(vendor_id))
        for vendor_id in sorted(REGISTRY.vendor_ids())
    ]
    cloud.mappings.publish(mappings)
    assert list(cloud.mappings.deployed()) == mappings
    for put in cloud.wire.bodies("dynamodb.PutItem"):
        assert len(base64.b64decode(put["Item"]["contracts"]["B"])) < 0.5 * MOST_ITEM_BYTES


def test_a_client_gives_up_in_bounded_time() -> None:
    config: Any = CONFIG
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert config.connect_timeout + config.read_timeout <= 4
