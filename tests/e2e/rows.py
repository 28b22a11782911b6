"""Reads rows of the deployment's tables as they lie there."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from tests.e2e.target import Target

type Row = dict[str, Any]

_MOST_KEYS = 100


def ingest_rows(target: Target, vendor: str, ids: Sequence[str]) -> dict[str, Row]:
    """The rows that exist, by external event id."""
    table = target.outputs["ingest_records_table"]
    found: dict[str, Row] = {}
    for some in _chunks(ids, _MOST_KEYS):
        keys = [{"vendorId": {"S": vendor}, "externalEventId": {"S": one}} for one in some]
        while keys:
            answer = target.client("dynamodb").batch_get_item(
                RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
            )
            for item in answer["Responses"].get(table, []):
                row = _plain(item)
                found[row["externalEventId"]] = row
            keys = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
    return found


def quarantine_row(target: Target, vendor: str, item: str) -> Row | None:
    key = {"vendorId": {"S": vendor}, "itemId": {"S": item}}
    answer = target.client("dynamodb").get_item(
        TableName=target.outputs["quarantine_table"], Key=key, ConsistentRead=True
    )
    return _plain(answer["Item"]) if "Item" in answer else None


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _plain(item: Any) -> Row:
    deserializer = TypeDeserializer()
    return {name: _number(deserializer.deserialize(value)) for name, value in item.items()}


def _number(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else value
        case dict():
            return {name: _number(member) for name, member in value.items()}
        case list():
            return [_number(item) for item in value]
        case _:
            return value
