"""The tables as the adapters need them: what tests make, and what a plan of the infrastructure can be compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLES: dict[str, dict[str, Any]] = {
    "ingest-records": {
        "keys": ("vendorId", "externalEventId"),
        "indexes": {"byDispatch": ("dispatch", "dispatchAt"), "byIngestId": ("idShard", "ingestId")},
    },
    "quarantine": {"keys": ("vendorId", "itemId"), "indexes": {}},
    "outbox": {"keys": ("pk", "sk"), "indexes": {}},
    "vendor-mappings": {"keys": ("vendorId", "mappingVersion"), "indexes": {}},
}
"""By the name between ``dvss-`` and the environment: hash and range key, all of them texts, of the table and of its
indexes, which hold keys only."""


def table_name(name: str, environment: str) -> str:
    return f"dvss-{name}-{environment}"


def create_tables(client: DynamoDBClient, environment: str) -> None:
    for name, table in TABLES.items():
        attributes = {attribute for keys in (table["keys"], *table["indexes"].values()) for attribute in keys}
        indexes: list[Any] = [
            {"IndexName": index, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for index, keys in table["indexes"].items()
        ]
        more: Any = {"GlobalSecondaryIndexes": indexes} if indexes else {}
        client.create_table(
            TableName=table_name(name, environment),
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in sorted(attributes)],
            KeySchema=_schema(table["keys"]),
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def _schema(keys: tuple[str, str]) -> list[Any]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=True)]
